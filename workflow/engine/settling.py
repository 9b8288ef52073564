"""What follows every act: cycles that begin or go on, work items, the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from viewflow.workflow import STATUS, FlowRuntimeError
from viewflow.workflow.models import Task

from bpr_projects.enums import RevisionKind
from workflow.actions import cycles, papers
from workflow.actions.acts import Act, record
from workflow.actions.refusals import NotAllowed
from workflow.enums import RunKind, RunState
from workflow.flows import CycleFlow
from workflow.models import FAR_FUTURE, Decision, Run, Slot, StepRun, WorkItem
from workflow.signals import work_opened

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Project
    from roles.models import Capacity, Post, Section, User
    from workflow.access import Permit


def allowed(permit: Permit) -> Permit:
    if not permit:
        raise NotAllowed(permit.reason)
    return permit


def act_of(by: User, at: datetime, permit: Permit) -> Act:
    capacity: Capacity | None = permit.capacity
    if capacity is None:
        raise NotAllowed(_("職に就いている方だけが行えます。"))
    return Act(by, at, capacity)


def settle(run: Run, act: Act) -> list[Decision]:
    """What follows an act: cycles that begin or go on, work items, the record."""
    bind(run, act)
    if run.ended_at == act.at and run.project is not None:
        _after_end(run, act)
    papers.lapse(act)
    return record(act)


def _after_end(run: Run, act: Act) -> None:
    project = run.project
    assert project is not None  # noqa: S101 -- asked by the caller
    if run.kind == RunKind.PROJECT and run.state == RunState.ADOPTED:
        following = cycles.begin(project.cycles.get(), act)
        CycleFlow.begin.run(run=following)
        bind(following, act)
    if run.kind != RunKind.APPROVAL or not cycles.still_running(project):
        return
    if run.revision is not None and run.revision.kind == RevisionKind.CHANGE:
        _settle_change(project, run, act)
    else:
        last = project.cycles.order_by("-number")[0]
        begin_cycle(run, last.aim, act)


def _settle_change(project: Project, run: Run, act: Act) -> None:
    waiting = (
        Run.objects.filter(project=project, kind=RunKind.CYCLE, state=RunState.OPEN)
        .filter(step=None)
        .first()
    )
    if waiting is None:
        return
    with CycleFlow.lock(waiting.process_id):
        going = cycles.settle_change(project, adopted=run.state == RunState.ADOPTED, act=act)
        if going is None:
            return
        task = Task.objects.get(
            process=going.process_id, flow_task=CycleFlow.headquarters, status=STATUS.NEW
        )
        CycleFlow.headquarters.run(task)
        bind(going, act)


def begin_cycle(run: Run, aim: str, act: Act) -> None:
    assert run.project is not None  # noqa: S101 -- cycles belong to cases
    following = cycles.next_cycle(run.project, aim, act)
    CycleFlow.begin.run(run=following)
    bind(following, act)


def bind(run: Run, act: Act) -> None:
    """Tie the slots that the act opened to the engine's tasks and put them on the work list."""
    step = run.step
    asked = [slot for slot in act.asked if step is not None and slot.step_run_id == step.pk]
    if step is None or not asked:
        return
    act.asked = [slot for slot in act.asked if slot not in asked]
    tasks = Task.objects.filter(
        Q(seed_object_id=OuterRef("pk")) | Q(seed_object_id=None),
        process=run.process_id,
        flow_task_type="HUMAN",
        status=STATUS.NEW,
    ).order_by(F("seed_object_id").asc(nulls_last=True))
    tied = Slot.objects.filter(Exists(tasks), pk__in=[slot.pk for slot in asked]).update(
        task_id=Subquery(tasks.values("pk")[:1])
    )
    if tied != len(asked):
        raise FlowRuntimeError(f"{step} asks {len(asked)} posts and has {tied} tasks")
    items = WorkItem.objects.bulk_create(work_item(run, step, slot) for slot in asked)
    work_opened.send(sender=WorkItem, work_items=items, **act.telling)


def work_item(run: Run, step: StepRun, slot: Slot) -> WorkItem:
    """The row of the work list for an open slot; ``rebuild_inbox`` writes the same."""
    project = run.project
    section: Section | None = project.section if project else None
    post: Post = slot.post
    return WorkItem(
        slot=slot,
        post=post,
        project=project,
        revision=run.revision,
        step_run=step,
        kind=step.kind,
        number=(project.number or "") if project else run.rule.number if run.rule else "",
        title=(project.title if project else run.revision.title if run.revision else ""),
        section_name=section.name if section else "",
        standard_days=step.standard_days,
        opened_at=slot.opened_at,
        due_at=step.due_at,
        due_sort=step.due_at or FAR_FUTURE,
    )
