"""What must be true of every case at any moment between two acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Count, Exists, F, Max, OuterRef, Q
from django.db.models.functions import Length
from django.utils.timezone import localdate
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from bpr_projects.enums import IN_DECISION, RevisionKind, Stage
from bpr_projects.models import NumberSeries, Project
from records import ledger
from records.models import LedgerEntry
from roles.models import Post, holders_of
from workflow.enums import RunKind, RunState, SlotState, StepKind
from workflow.models import Decision, Run, Slot, StepRun, WorkItem
from workflow.outcomes import STAGE_OF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

LONGEST_TOKEN: Final = 20
OVER: Final = (STATUS.DONE, STATUS.CANCELED, STATUS.REVIVED)


def violations(at: datetime) -> Iterator[str]:
    """Every sentence names a bad row; none when all is well."""
    for rule in (
        _one_step_a_live_case,
        _steps_of_runs,
        _stages,
        _slots_and_tasks,
        _work_items,
        _engine_rows,
        _decisions,
        _numbers,
        _ledger,
    ):
        yield from rule()
    yield from _posts_without_anybody(at)


def _one_step_a_live_case() -> Iterator[str]:
    count = Count("steps", filter=Q(steps__closed_at=None))
    steps = dict(Project.objects.annotate(count=count).values_list("pk", "count"))
    for project in Project.objects.all():
        lives = project.stage in IN_DECISION | {Stage.RETURNED, Stage.RUNNING} or (
            project.stage == Stage.DRAFT and project.number
        )
        opened = steps[project.pk]
        if opened != (1 if lives else 0):
            yield f"{project.reference}: {opened} open steps in stage {project.stage}"


def _steps_of_runs() -> Iterator[str]:
    opened = Count("steps", filter=Q(steps__closed_at=None))
    for run in Run.objects.annotate(opened=opened).select_related("step", "project"):
        name = f"{run.project} run {run.pk}"
        if run.opened != (0 if run.step is None else 1):
            yield f"{name}: {run.opened} open steps, but step is {run.step_id}"
        if run.step is not None and run.step.closed_at is not None:
            yield f"{name}: its step {run.step_id} is closed"
        if run.state != RunState.OPEN and (run.step is not None or run.ended_at is None):
            yield f"{name}: ended as {run.state}, but step {run.step_id}, ended {run.ended_at}"
        if run.state == RunState.OPEN and run.step is None and not _waits_for_a_change(run):
            yield f"{name}: open without a step"


def _waits_for_a_change(run: Run) -> bool:
    asked = Run.objects.filter(
        project=run.project,
        kind=RunKind.APPROVAL,
        state=RunState.OPEN,
        revision__kind=RevisionKind.CHANGE,
    )
    return run.kind == RunKind.CYCLE and asked.exists()


def _stages() -> Iterator[str]:
    steps = StepRun.objects.filter(closed_at=None, run__kind=RunKind.PROJECT)
    for step in steps.select_related("project"):
        assert step.project is not None  # noqa: S101 -- project runs have their case
        wanted = STAGE_OF[StepKind(step.kind)]
        taken_back = step.kind == StepKind.REVISION and step.project.stage == Stage.DRAFT
        if step.project.stage != wanted and not taken_back:
            yield f"{step.project.reference}: stage {step.project.stage} at step {step.kind}"


def _slots_and_tasks() -> Iterator[str]:
    """Every open slot has its NEW task in the process of its run, and no other task is open."""
    waiting = Task.objects.filter(flow_task_type="HUMAN", status=STATUS.NEW)
    tasks = {task.pk: task for task in waiting.only("pk", "process_id", "seed_object_id")}
    slots = Slot.objects.filter(state=SlotState.OPEN).select_related("step_run__run")
    for slot in slots:
        task = tasks.pop(slot.task_id or 0, None)
        if slot.step_run.closed_at is not None:
            yield f"slot {slot.pk} is open in the closed step {slot.step_run_id}"
        if task is None:
            yield f"slot {slot.pk} ({slot.step_run.title}) has no open task"
        elif task.process_id != slot.step_run.run.process_id:
            yield f"slot {slot.pk} has a task of another process"
        elif task.seed_object_id not in (None, slot.pk):
            yield f"slot {slot.pk} has the task of slot {task.seed_object_id}"
    for pk in tasks:
        yield f"task {pk} is open for no slot"
    for step in StepRun.objects.filter(closed_at=None).exclude(slots__state=SlotState.OPEN):
        yield f"step {step.pk} ({step.title}) is open and asks nobody"


def _work_items() -> Iterator[str]:
    missing = Slot.objects.filter(state=SlotState.OPEN, work_item=None)
    for pk in missing.values_list("pk", flat=True):
        yield f"slot {pk} is on nobody's work list"
    wrong = WorkItem.objects.exclude(
        slot__state=SlotState.OPEN,
        post=F("slot__post"),
        step_run=F("slot__step_run"),
    )
    for pk in wrong.values_list("pk", flat=True):
        yield f"work item {pk} does not fit its slot"
    for item in WorkItem.objects.select_related("step_run"):
        if item.due_at != item.step_run.due_at:
            yield f"work item {item.pk} has another deadline than its step"
        if item.is_paused != (item.step_run.paused_since is not None):
            yield f"work item {item.pk} is paused, or not, unlike its step"


def _engine_rows() -> Iterator[str]:
    long = Task.objects.annotate(length=Length("token")).aggregate(longest=Max("length"))
    if (long["longest"] or 0) > LONGEST_TOKEN:
        yield f"a token of {long['longest']} characters"
    for pk in Task.objects.filter(status=STATUS.ERROR).values_list("pk", flat=True):
        yield f"task {pk} is in ERROR"
    active = Task.objects.filter(process=OuterRef("process")).exclude(status__in=OVER)
    for run in Run.objects.annotate(active=Exists(active)).select_related("process"):
        status = run.process.status if run.process else "no process"
        if run.state == RunState.OPEN and (status != STATUS.NEW or not run.active):
            yield f"run {run.pk} is open, its process {status}"
        if run.state != RunState.OPEN and (status not in OVER or run.active):
            yield f"run {run.pk} ended as {run.state}, its process {status}"


def _decisions() -> Iterator[str]:
    said, entered = Decision.objects.count(), LedgerEntry.objects.filter(kind="DECISION").count()
    if said != entered:
        yield f"{said} decisions, {entered} of them in the ledger"
    ended = Run.objects.filter(
        state__in=[RunState.ADOPTED, RunState.NOT_ADOPTED],
    ).exclude(decisions__outcome__in=["ADOPTED", "ADOPTED_WITH_CONDITIONS", "NOT_ADOPTED"])
    for pk in ended.values_list("pk", flat=True):
        yield f"run {pk} was decided without a decision"


def _numbers() -> Iterator[str]:
    given = Project.objects.filter(number__isnull=False).count()
    promised = sum(NumberSeries.objects.values_list("last", flat=True))
    if given != promised:
        yield f"{promised} numbers were given, {given} are there"


def _ledger() -> Iterator[str]:
    found = ledger.verify()
    if not found.ok:
        yield f"ledger row {found.first_bad_seq}: {found.reason}"


def _posts_without_anybody(at: datetime) -> Iterator[str]:
    """A post that is asked stands empty only because a row says so: its holders' days or leave."""
    asked = set(WorkItem.objects.values_list("post", flat=True))
    held = holders_of(asked, localdate(at))
    for post in Post.objects.filter(pk__in=[pk for pk in asked if not held[pk]]):
        if not post.appointments.exists():
            yield f"{post.title} is asked and never had a holder"
