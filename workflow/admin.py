"""Read-only pages over runs, steps and decisions, and over viewflow's own tables.

Viewflow registers pages on which tasks could be edited; they are loaded first and replaced.
"""

from __future__ import annotations

from typing import Any, TypeVar

import viewflow.workflow.admin  # noqa: F401 -- registers what is taken off below
from django.contrib import admin
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from viewflow.workflow.models import Process, Task

from records.admin import ReadOnlyAdmin
from workflow.models import (
    Condition,
    Decision,
    Reading,
    Route,
    RouteStep,
    Run,
    Slot,
    StepRun,
    WorkItem,
)

M = TypeVar("M", bound=Model)

admin.site.unregister([Process, Task])


@admin.register(Process)
class ProcessAdmin(ReadOnlyAdmin[Any]):
    """What the engine holds of a process: no business data."""

    list_display = ["pk", "flow_class", "status", "created", "finished"]
    list_filter = ["status"]
    fields = ["flow_class", "status", "created", "finished"]
    ordering = ["-pk"]


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin[Any]):
    """Nodes that the engine has entered."""

    list_display = ["pk", "flow_task", "flow_task_type", "status", "owner", "created", "finished"]
    list_filter = ["status", "flow_task_type"]
    list_select_related = ["owner"]
    fields = ["flow_task", "flow_task_type", "status", "token", "owner", "created", "finished"]
    ordering = ["-pk"]


@admin.register(Route)
class RouteAdmin(ReadOnlyAdmin[Route]):
    """Versions of routes."""

    list_display = ["code", "version", "name", "state", "effective_from", "effective_to"]


@admin.register(RouteStep)
class RouteStepAdmin(ReadOnlyAdmin[RouteStep]):
    """Their steps."""

    list_display = ["route", "order", "title", "who", "standard_days", "deputy"]
    list_select_related = ["route"]


class CaseAdmin(ReadOnlyAdmin[M]):
    """A table of what happens to cases: which case by its number, never a word of what it says.

    The administrator reads no case (``visible_to``): neither titles and texts nor what a step or
    a reason tells of them.
    """

    list_select_related = ["project"]

    @admin.display(description=_("案件"))
    def case(self, row: Any) -> str:
        """The number, or the id of what has none."""
        return f"{row.project.number or row.project_id}" if row.project else "－"


@admin.register(Run)
class RunAdmin(CaseAdmin[Run]):
    """Cases on their way."""

    list_display = ["pk", "kind", "case", "state", "round", "started_at", "ended_at"]
    list_filter = ["kind", "state"]
    fields = [
        "case",
        "kind",
        "state",
        "revision_id",
        "cycle_id",
        "route",
        "position",
        "round",
        "step_id",
        "process_id",
        "started_by",
        "started_at",
        "ended_at",
    ]
    ordering = ["-pk"]


@admin.register(StepRun)
class StepRunAdmin(CaseAdmin[StepRun]):
    """Steps that were opened."""

    list_display = ["pk", "case", "kind", "round", "attempt", "opened_at", "closed_at"]
    list_filter = ["kind"]
    fields = [
        "case",
        "run_id",
        "revision_id",
        "kind",
        "station",
        "position",
        "round",
        "attempt",
        "mode",
        "quorum",
        "standard_days",
        "opened_at",
        "due_at",
        "held_days",
        "paused_since",
        "paused_until",
        "closed_at",
    ]
    ordering = ["-pk"]


@admin.register(Slot)
class SlotAdmin(ReadOnlyAdmin[Slot]):
    """Which posts a step asked."""

    list_display = ["pk", "step_run_id", "post", "state", "opened_at", "closed_at"]
    list_filter = ["state"]
    list_select_related = ["post"]
    fields = ["step_run_id", "post", "state", "opened_at", "closed_at", "task_id"]
    ordering = ["-pk"]


@admin.register(Decision)
class DecisionAdmin(CaseAdmin[Decision]):
    """That something was said, by whom and when. The words are read on the page of the case."""

    list_display = ["pk", "case", "outcome", "post", "basis", "decided_at"]
    list_filter = ["outcome", "basis"]
    list_select_related = ["project", "post"]
    fields = [
        "case",
        "entry_id",
        "revision_id",
        "run_id",
        "step_run_id",
        "slot_id",
        "round",
        "outcome",
        "decided_by",
        "post",
        "on_behalf_of",
        "basis",
        "clause",
        "supersedes_id",
        "decided_at",
    ]
    ordering = ["-pk"]


@admin.register(Condition)
class ConditionAdmin(CaseAdmin[Condition]):
    """Conditions of 条件付き採択."""

    list_display = ["pk", "case", "owner", "due_on"]
    list_select_related = ["project", "owner"]
    fields = ["case", "decision_id", "owner", "due_on"]


@admin.register(WorkItem)
class WorkItemAdmin(CaseAdmin[WorkItem]):
    """The work list."""

    list_display = ["slot_id", "post", "kind", "case", "opened_at", "due_at"]
    list_filter = ["kind"]
    list_select_related = ["project", "post"]
    fields = ["slot_id", "post", "case", "kind", "opened_at", "due_at", "is_paused"]


@admin.register(Reading)
class ReadingAdmin(CaseAdmin[Reading]):
    """後閲 and 供覧."""

    list_display = ["pk", "case", "post", "kind", "opened_at", "read_at"]
    list_select_related = ["project", "post"]
    fields = [
        "case",
        "revision_id",
        "run_id",
        "post",
        "kind",
        "opened_at",
        "due_at",
        "read_at",
        "read_by",
    ]
    ordering = ["-pk"]
