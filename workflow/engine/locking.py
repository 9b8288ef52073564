"""The lock around every verb, and what is read again inside it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, transaction
from viewflow.workflow import FlowLockFailed

from bpr_projects.actions import SheetIncomplete
from bpr_projects.models import Project, StageError
from workflow.actions.refusals import Busy, NotFound, Refusal, Unanswered, Unroutable
from workflow.enums import RunKind
from workflow.flows import ApprovalFlow, CycleFlow, ProjectFlow
from workflow.models import Run, Slot
from workflow.routing import NoHolder, NoRoute

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOWS: dict[str, Any] = {
    RunKind.PROJECT: ProjectFlow,
    RunKind.APPROVAL: ApprovalFlow,
    RunKind.CYCLE: CycleFlow,
}

LOCK_NOT_AVAILABLE = ("55P03", "57014", "40P01")
"""SQLSTATE of lock_timeout, statement_timeout and a deadlock that was broken."""


@contextmanager
def refusing() -> Iterator[None]:
    """What the layers below cannot do becomes a ``Refusal`` with words for people."""
    try:
        yield
    except FlowLockFailed:
        raise Busy from None
    except (NoHolder, NoRoute) as gap:
        raise Unroutable(gap) from gap
    except SheetIncomplete as gaps:
        raise Unanswered(gaps.problems) from gaps
    except StageError as error:
        raise Refusal(str(error)) from error
    except OperationalError as error:
        if _is_busy(error):
            raise Busy from None
        raise


@contextmanager
def locked(run: Run) -> Iterator[Run]:
    """Hold the flow lock of a run in one transaction; the run is read again inside."""
    with refusing(), FLOWS[run.kind].lock(run.process_id), transaction.atomic(savepoint=False):
        yield _fresh(run.pk)


def _is_busy(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", "")
    return state in LOCK_NOT_AVAILABLE or "locked" in str(error)


def _fresh(run_id: int) -> Run:
    run = Run.objects.select_related(
        "project__section__department",
        "project__proposer_post",
        "revision",
        "cycle",
        "rule",
        "step",
    ).get(pk=run_id)
    if run.project is not None and run.revision_id == run.project.revision_id:
        run.project.revision = run.revision
    return run


def run_of(slot_id: int, project: Project | None) -> Run:
    """The run that a slot belongs to; without a case, one about a rule."""
    found = Run.objects.filter(steps__slots=slot_id, project=project)
    run = found.only("kind", "process_id").first()
    if run is None:
        raise NotFound
    return run


def open_run(project: Project) -> Run:
    run = (
        Run.objects.filter(project=project)
        .exclude(kind=RunKind.CYCLE)
        .order_by("-started_at", "-pk")
        .first()
    )
    if run is None:
        raise NotFound
    return run


def slot_of(slot_id: int, run: Run) -> Slot:
    """The slot as it is inside the lock, with the one ``Run`` object that the verbs change."""
    slot = Slot.objects.select_related("post__section", "step_run").get(pk=slot_id)
    slot.step_run.run = run
    slot.step_run.project = run.project
    if slot.step_run.revision_id == run.revision_id:
        slot.step_run.revision = run.revision
    if run.step is not None and run.step.pk == slot.step_run.pk:
        run.step = slot.step_run
    return slot
