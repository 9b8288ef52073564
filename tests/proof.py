"""What tests prove about the engine: that a refusal changed nothing, and what always holds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from bpr_projects.models import Cycle, Project, Revision
from records import ledger
from records.models import LedgerEntry
from workflow.actions.refusals import Refusal
from workflow.enums import RunKind, RunState, SlotState
from workflow.models import (
    Decision,
    Nudge,
    PaperDecision,
    Reading,
    Run,
    Slot,
    StepRun,
    WorkItem,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

R = TypeVar("R", bound=Refusal)

ENDED = [STATUS.DONE, STATUS.CANCELED]


def state_of() -> dict[str, Any]:
    """Everything that a verb may change, by number and by where each case stands."""
    return {
        "cases": list(
            Project.objects.order_by("pk").values_list(
                "pk", "stage", "draft_version", "is_confidential"
            )
        ),
        "decisions": Decision.objects.count(),
        "entries": LedgerEntry.objects.count(),
        "revisions": Revision.objects.count(),
        "readings": Reading.objects.count(),
        "papers": list(PaperDecision.objects.order_by("pk").values_list("pk", "state")),
        "nudges": Nudge.objects.count(),
        "cycles": Cycle.objects.count(),
        "runs": list(Run.objects.order_by("pk").values_list("pk", "state", "round", "position")),
        "steps": list(
            StepRun.objects.order_by("pk").values_list("pk", "closed_at", "due_at", "paused_until")
        ),
        "slots": list(Slot.objects.order_by("pk").values_list("pk", "state")),
        "work": list(WorkItem.objects.order_by("pk").values_list("pk", "is_paused", "due_at")),
        "tasks": list(Task.objects.order_by("pk").values_list("pk", "status", "owner")),
    }


@contextmanager
def refused(project: Project, kind: type[R]) -> Iterator[pytest.ExceptionInfo[R]]:
    """The verb raises exactly this refusal, and nothing at all has changed."""
    before = state_of()
    with pytest.raises(Refusal) as found:
        yield found  # type: ignore[misc]  # narrowed by the next line
    assert type(found.value) is kind
    assert state_of() == before


def assert_sound() -> None:
    """The invariants of the engine over everything in the database."""
    for run in Run.objects.select_related("step", "process"):
        _assert_run(run)
    opened = set(Slot.objects.filter(state=SlotState.OPEN).values_list("pk", flat=True))
    assert set(WorkItem.objects.values_list("pk", flat=True)) == opened
    assert ledger.verify().ok
    kinds = LedgerEntry.objects.filter(kind="DECISION").count()
    assert Decision.objects.count() == kinds


def _assert_run(run: Run) -> None:
    opened = list(Slot.objects.filter(step_run__run=run, state=SlotState.OPEN))
    tasks = Task.objects.filter(process=run.process_id)
    waiting = set(tasks.filter(flow_task_type="HUMAN", status=STATUS.NEW).values_list("pk"))
    assert {(slot.task_id,) for slot in opened} == waiting
    assert max(len(str(token)) for token in tasks.values_list("token", flat=True)) <= 20
    if run.state != RunState.OPEN:
        assert (run.step, opened) == (None, [])
        assert not tasks.exclude(status__in=ENDED).exists()
        assert run.process is not None
        assert run.process.status in ENDED
        return
    steps = list(StepRun.objects.filter(run=run, closed_at=None))
    if not steps:  # a cycle that waits for headquarters
        assert run.kind == RunKind.CYCLE
        assert Run.objects.filter(
            project=run.project, kind=RunKind.APPROVAL, state=RunState.OPEN
        ).exists()
        return
    assert steps == [run.step]
    assert {slot.step_run_id for slot in opened} == {steps[0].pk}
