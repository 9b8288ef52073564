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
    NoHolder,
    Preview,
    Resolution,
    preview,
    resolve,
    settle,
)
from workflow.routing.seats import able, in_turn

__all__ = [
    "FACTS",
    "OPERATORS",
    "Ask",
    "Case",
    "Choice",
    "Facts",
    "Match",
    "NoHolder",
    "NoRoute",
    "PlanStep",
    "Preview",
    "Resolution",
    "able",
    "case_of",
    "choose_route",
    "escalation",
    "facts_of",
    "in_turn",
    "matches",
    "mediation",
    "plan_of",
    "preview",
    "resolve",
    "settle",
]
