"""Which route a case takes, which steps it has, which posts each step asks, and why.

Pure reads: the preview before submit and the opening of a step use the same functions, so what
was previewed is what happens.
"""

from workflow.routing.carrying import (
    ASKED_AGAIN,
    CARRYABLE,
    Answers,
    Carried,
    Change,
    Earlier,
    answers_before,
    changes_between,
    said_in,
)
from workflow.routing.conditions import FACTS, OPERATORS, Facts, Match, facts_of, matches
from workflow.routing.experience import ENOUGH, Experience, experience_of
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
    approvers,
    preview,
    resolve,
    settle,
)
from workflow.routing.seats import able, in_turn

__all__ = [
    "ASKED_AGAIN",
    "CARRYABLE",
    "ENOUGH",
    "FACTS",
    "OPERATORS",
    "Answers",
    "Ask",
    "Carried",
    "Case",
    "Change",
    "Choice",
    "Earlier",
    "Experience",
    "Facts",
    "Match",
    "NoHolder",
    "NoRoute",
    "PlanStep",
    "Preview",
    "Resolution",
    "able",
    "answers_before",
    "approvers",
    "case_of",
    "changes_between",
    "choose_route",
    "escalation",
    "experience_of",
    "facts_of",
    "in_turn",
    "matches",
    "mediation",
    "plan_of",
    "preview",
    "resolve",
    "said_in",
    "settle",
]
