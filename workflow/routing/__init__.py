"""Which route a case takes, which steps it has, which posts each step asks, and why.

Pure reads: the preview before submit and the opening of a step use the same functions, so what
was previewed is what happens.
"""

from workflow.routing.conditions import FACTS, OPERATORS, Facts, Match, facts_of, matches
from workflow.routing.plans import (
    Ask,
    Case,
    Choice,
    NoRoute,
    PlanStep,
    case_of,
    choose_route,
    escalation,
    mediation,
    plan_of,
)
from workflow.routing.resolution import (
    WAITS,
    NoHolder,
    Preview,
    Resolution,
    preview,
    resolve,
    settle,
)
from workflow.routing.seats import able, holders_at, in_turn
from workflow.routing.succession import (
    RECEIVERS,
    Place,
    Receiver,
    next_in_line,
    receivers,
)

__all__ = [
    "FACTS",
    "OPERATORS",
    "RECEIVERS",
    "WAITS",
    "Ask",
    "Case",
    "Choice",
    "Facts",
    "Match",
    "NoHolder",
    "NoRoute",
    "Place",
    "PlanStep",
    "Preview",
    "Receiver",
    "Resolution",
    "able",
    "case_of",
    "choose_route",
    "escalation",
    "facts_of",
    "holders_at",
    "in_turn",
    "matches",
    "mediation",
    "next_in_line",
    "plan_of",
    "preview",
    "receivers",
    "resolve",
    "settle",
]
