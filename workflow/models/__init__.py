"""Routes, runs, steps, slots, decisions, work items: what people were asked and what they said."""

from workflow.models.decisions import (
    Condition,
    ConditionReport,
    Decision,
    DecisionQuerySet,
    OnPaper,
)
from workflow.models.disposals import Disposal
from workflow.models.papers import PaperDecision
from workflow.models.routes import Route, RouteStep
from workflow.models.runs import Run, Slot, StepRun, WorkflowProcess
from workflow.models.work import (
    FAR_FUTURE,
    Claim,
    Nudge,
    Reading,
    SavedSieve,
    Seen,
    Snooze,
    WorkItem,
)

__all__ = [
    "FAR_FUTURE",
    "Claim",
    "Condition",
    "ConditionReport",
    "Decision",
    "DecisionQuerySet",
    "Disposal",
    "Nudge",
    "OnPaper",
    "PaperDecision",
    "Reading",
    "Route",
    "RouteStep",
    "Run",
    "SavedSieve",
    "Seen",
    "Slot",
    "Snooze",
    "StepRun",
    "WorkItem",
    "WorkflowProcess",
]
