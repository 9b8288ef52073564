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
from workflow.routing.checking import findings_of
from workflow.routing.comparing import compare
from workflow.routing.conditions import FACTS, OPERATORS, Facts, Match, facts_of, matches
from workflow.routing.experience import ENOUGH, Experience, experience_of
from workflow.routing.findings import Finding, Ground
from workflow.routing.plans import (
    Ask,
    Case,
    Choice,
    NoRoute,
    PlanStep,
    case_of,
    case_of_rules,
    choose,
    choose_route,
    escalation,
    in_force,
    in_force_beside,
    mediation,
    plan_of,
)
from workflow.routing.replaying import Replay, replay
from workflow.routing.resolution import (
    WAITS,
    NoHolder,
    Preview,
    Resolution,
    approvers,
    preview,
    resolve,
    settle,
)
from workflow.routing.seats import able, holders_at, in_turn, posts_meant
from workflow.routing.succession import (
    RECEIVERS,
    Place,
    Receiver,
    next_in_line,
    receivers,
)
from workflow.routing.terms import Names
from workflow.routing.texts import RouteText, StepText

__all__ = [
    "ASKED_AGAIN",
    "CARRYABLE",
    "ENOUGH",
    "FACTS",
    "OPERATORS",
    "RECEIVERS",
    "WAITS",
    "Answers",
    "Ask",
    "Carried",
    "Case",
    "Change",
    "Choice",
    "Earlier",
    "Experience",
    "Facts",
    "Finding",
    "Ground",
    "Match",
    "Names",
    "NoHolder",
    "NoRoute",
    "Place",
    "PlanStep",
    "Preview",
    "Receiver",
    "Replay",
    "Resolution",
    "RouteText",
    "StepText",
    "able",
    "answers_before",
    "approvers",
    "case_of",
    "case_of_rules",
    "changes_between",
    "choose",
    "choose_route",
    "compare",
    "escalation",
    "experience_of",
    "facts_of",
    "findings_of",
    "holders_at",
    "in_force",
    "in_force_beside",
    "in_turn",
    "matches",
    "mediation",
    "next_in_line",
    "plan_of",
    "posts_meant",
    "preview",
    "receivers",
    "replay",
    "resolve",
    "said_in",
    "settle",
]
