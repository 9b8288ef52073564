"""Who may answer what, and what each answer needs and does: the two tables of the engine.

Source: design decision "who may do what" (plan 2-6: the PT 協議, the 事務局 調整・助言, so neither
may end a leader's proposal); ``tests/architecture`` keeps both tables complete.
"""

from workflow.outcomes.rules import BACK_TARGETS, IT_ENDS, RULES, Effect, Rule, Tone
from workflow.outcomes.stations import (
    AT_ONCE,
    CAVEATS,
    FINAL,
    MEASURES,
    OBJECTING,
    ON_PAPER,
    ONE_BY_ONE,
    PASSING,
    PULLABLE,
    STAGE_OF,
    STATIONS,
    TARGET_STATION,
    UNFIT,
    Answer,
    answers_at,
    answers_on_paper,
    caveats_in,
    may_be_taken_back,
    send_back_targets,
    standing_objections,
)

__all__ = [
    "AT_ONCE",
    "BACK_TARGETS",
    "CAVEATS",
    "FINAL",
    "IT_ENDS",
    "MEASURES",
    "OBJECTING",
    "ONE_BY_ONE",
    "ON_PAPER",
    "PASSING",
    "PULLABLE",
    "RULES",
    "STAGE_OF",
    "STATIONS",
    "TARGET_STATION",
    "UNFIT",
    "Answer",
    "Effect",
    "Rule",
    "Tone",
    "answers_at",
    "answers_on_paper",
    "caveats_in",
    "may_be_taken_back",
    "send_back_targets",
    "standing_objections",
]
