"""The table of what is told: event -> whom, in which words, how urgently.

``TURNS`` has a line for every kind of step that asks somebody, ``CORRECTIONS`` for every text that
comes back, ``OF_OUTCOME`` for every outcome that is mailed; ``NO_TURN`` and ``NO_MAIL`` say why the
rest is not. Tests keep them complete.
"""

from notifications.catalogue.deadlines import event_on
from notifications.catalogue.lines import Notice, Turn
from notifications.catalogue.notices import NO_MAIL, NOTICES, OF_OUTCOME, OF_READING, event_of
from notifications.catalogue.places import OF_OTHERS, place_of, turn_of, work_of
from notifications.catalogue.turns import CORRECTIONS, NO_TURN, TURNS
from notifications.catalogue.wishes import (
    MORNING,
    OF_A_DAY,
    ON_THE_LIST,
    default_way,
    may_choose,
    ways_of,
)

__all__ = [
    "CORRECTIONS",
    "MORNING",
    "NOTICES",
    "NO_MAIL",
    "NO_TURN",
    "OF_A_DAY",
    "OF_OTHERS",
    "OF_OUTCOME",
    "OF_READING",
    "ON_THE_LIST",
    "TURNS",
    "Notice",
    "Turn",
    "default_way",
    "event_of",
    "event_on",
    "may_choose",
    "place_of",
    "turn_of",
    "ways_of",
    "work_of",
]
