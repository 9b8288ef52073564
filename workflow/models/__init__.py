"""Routes, runs, steps, slots, decisions, work items: what people were asked and what they said."""

from workflow.models.decisions import Condition, ConditionReport, Decision, DecisionQuerySet
from workflow.models.disposals import Disposal
from workflow.models.papers import PaperDecision
from workflow.models.routes import Route, RouteStep
from workflow.models.runs import Run, Slot, StepRun, WorkflowProcess
from workflow.models.work import FAR_FUTURE, Nudge, Reading, Seen, WorkItem

__all__ = [
    "FAR_FUTURE",
    "Condition",
    "ConditionReport",
    "Decision",
    "DecisionQuerySet",
    "Disposal",
    "Nudge",
    "PaperDecision",
    "Reading",
    "Route",
    "RouteStep",
    "Run",
    "Seen",
    "Slot",
    "StepRun",
    "WorkItem",
    "WorkflowProcess",
]
