"""Read-only pages over runs, steps and decisions, and over viewflow's own tables.

Viewflow registers pages on which tasks could be edited; they are loaded first and replaced.
"""

from __future__ import annotations

from typing import Any

import viewflow.workflow.admin  # noqa: F401 -- registers what is taken off below
from django.contrib import admin
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


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin[Run]):
    """Cases on their way."""

    list_display = ["pk", "kind", "project", "state", "round", "started_at", "ended_at"]
    list_filter = ["kind", "state"]
    list_select_related = ["project"]
    ordering = ["-pk"]


@admin.register(StepRun)
class StepRunAdmin(ReadOnlyAdmin[StepRun]):
    """Steps that were opened."""

    list_display = ["pk", "project", "title", "round", "attempt", "opened_at", "closed_at"]
    list_filter = ["kind"]
    list_select_related = ["project"]
    ordering = ["-pk"]


@admin.register(Slot)
class SlotAdmin(ReadOnlyAdmin[Slot]):
    """Which posts a step asked."""

    list_display = ["pk", "step_run", "post", "state", "opened_at", "closed_at"]
    list_filter = ["state"]
    list_select_related = ["step_run", "post"]
    ordering = ["-pk"]


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin[Decision]):
    """What was said. The words are read on the page of the case."""

    list_display = ["pk", "project", "outcome", "post", "basis", "decided_at"]
    list_filter = ["outcome", "basis"]
    list_select_related = ["project", "post"]
    ordering = ["-pk"]


@admin.register(Condition)
class ConditionAdmin(ReadOnlyAdmin[Condition]):
    """Conditions of 条件付き採択."""

    list_display = ["project", "owner", "due_on", "reported_at", "confirmed_at"]
    list_select_related = ["project", "owner"]


@admin.register(WorkItem)
class WorkItemAdmin(ReadOnlyAdmin[WorkItem]):
    """The work list."""

    list_display = ["slot_id", "post", "kind", "number", "title", "opened_at", "due_at"]
    list_filter = ["kind"]
    list_select_related = ["post"]


@admin.register(Reading)
class ReadingAdmin(ReadOnlyAdmin[Reading]):
    """後閲 and 供覧."""

    list_display = ["pk", "project", "post", "kind", "opened_at", "read_at"]
    list_select_related = ["project", "post"]
    ordering = ["-pk"]
