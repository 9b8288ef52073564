"""Which ways of being told a person may choose, and which one holds without a choice."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Final

from django.conf import settings

from notifications.catalogue.notices import NOTICES
from notifications.enums import Event, Topic, Urgency, Way
from roles.enums import Role

if TYPE_CHECKING:
    from collections.abc import Collection

MORNING: Final = time(8, 30)
"""When the office opens, in the city's time: nobody is reminded before, digests go out now."""

KEEPERS: Final = frozenset({Role.SECRETARIAT, Role.AUDITOR})
"""Who is told of what belongs to ``Topic.KEEPING``."""

OF_A_DAY: Final = frozenset({Event.DUE_SOON, Event.DUE_TODAY, Event.OVERDUE, Event.DELAY_TOLD})
"""Facts that are no longer true after their day: a week is too long for them."""

ON_THE_LIST: Final = frozenset(
    {
        Event.YOUR_TURN,
        Event.POST_READING,
        Event.CIRCULATION,
        Event.DUE_SOON,
        Event.DUE_TODAY,
        Event.OVERDUE,
    }
)
"""Facts that 承認・確認 shows and counts already: the bell does not ring for them again."""


def default_way(event: Event) -> Way:
    """How everybody is told who chose nothing."""
    is_urgent = NOTICES[event].urgency == Urgency.NOW
    return Way.NOW if is_urgent or not settings.MAIL_DIGEST else Way.MORNING


def ways_of(event: Event) -> tuple[Way, ...]:
    """What may be chosen, in the order of a form: nobody loses sight of what has to be done."""
    if not NOTICES[event].may_be_switched_off:
        return (Way.NOW, Way.MORNING)
    if event in OF_A_DAY:
        return (Way.NOW, Way.MORNING, Way.SCREEN)
    return (Way.NOW, Way.MORNING, Way.WEEKLY, Way.SCREEN)


def may_choose(roles: Collection[str]) -> list[Event]:
    """The facts of which somebody with these roles may be told, in the order of the catalogue."""
    keeps = not KEEPERS.isdisjoint(roles)
    return [event for event, notice in NOTICES.items() if keeps or notice.topic != Topic.KEEPING]
