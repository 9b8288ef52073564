"""The one door to every state change of a case.

Each verb locks the process row, reads everything again inside the lock, asks ``access`` and the
verbs of ``actions``, lets viewflow move the tokens, keeps the work items in step and records what
was said, last of all the ledger. All of it commits or nothing does.

Lock order: process row of an approval, then of a cycle; draft row, then number series; the ledger
head last. Raises ``actions.refusals.Refusal``; after any of them nothing has changed.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from viewflow.workflow import STATUS, FlowLockFailed, Token
from viewflow.workflow.models import Process, Task

from bpr_projects.actions import SheetIncomplete
from bpr_projects.enums import RevisionKind, Stage
from bpr_projects.models import Project, StageError
from records import ledger
from workflow import access
from workflow.actions import acts, answers, cycles, steps, submission, undo
from workflow.actions.acts import Act, record
from workflow.actions.refusals import (
    AlreadyDone,
    Busy,
    NotAllowed,
    NotFound,
    Refusal,
    Unanswered,
    Unroutable,
)
from workflow.enums import CYCLE_KINDS, Outcome, RunKind, RunState, SlotState, StepKind
from workflow.flows import ApprovalFlow, CycleFlow, ProjectFlow
from workflow.models import FAR_FUTURE, Decision, Reading, Run, Seen, Slot, StepRun, WorkItem
from workflow.signals import work_opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from roles.models import Capacity, Post, Section, User
    from workflow.access import Permit
    from workflow.outcomes import Answer
from workflow.routing import NoHolder, NoRoute

logger = logging.getLogger(__name__)

FLOWS: dict[str, Any] = {
    RunKind.PROJECT: ProjectFlow,
    RunKind.APPROVAL: ApprovalFlow,
    RunKind.CYCLE: CycleFlow,
}

LOCK_NOT_AVAILABLE = ("55P03", "57014", "40P01")
"""SQLSTATE of lock_timeout, statement_timeout and a deadlock that was broken."""


@contextmanager
def _refusing() -> Iterator[None]:
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
def _locked(run: Run) -> Iterator[Run]:
    """Hold the flow lock of a run in one transaction; the run is read again inside."""
    with _refusing(), FLOWS[run.kind].lock(run.process_id), transaction.atomic():
        yield _fresh(run.pk)


def _is_busy(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", "")
    return state in LOCK_NOT_AVAILABLE or "locked" in str(error)


def _fresh(run_id: int) -> Run:
    return (
        Run.objects.select_related(
            "project__section__department",
            "project__proposer_post",
            "project__revision",
            "revision",
            "cycle",
            "step",
        )
        .defer("process")
        .get(pk=run_id)
    )


# --- proposing -----------------------------------------------------------------------------


def submit(*, project: Project, draft_version: int, by: User, at: datetime) -> Run:
    """提出: exactly once. A draft saved elsewhere meanwhile is a ``Refusal``."""
    with _refusing(), transaction.atomic():
        project = (
            Project.objects.select_for_update(of=("self",))
            .select_related("section__department", "proposer_post")
            .get(pk=project.pk)
        )
        _still_draft(project)
        permit = _allowed(access.may(by, "submit", project, at))
        _same_draft(project, draft_version)
        act = _act(by, at, permit)
        run = submission.submit(project, act)
        ProjectFlow.submit.run(run=run)
        _settle(run, act)
        return run


def _same_draft(project: Project, draft_version: int) -> None:
    if project.draft_version != draft_version:
        raise Refusal(_("提出の前に、下書きが別の画面で保存されています。内容を確かめてください。"))


def _still_draft(project: Project) -> None:
    if project.stage == Stage.DRAFT and not project.runs.exists():
        return
    first = (
        Decision.objects.filter(project=project, outcome=Outcome.SUBMITTED)
        .select_related("decided_by", "post")
        .first()
    )
    raise AlreadyDone(first)


def resubmit(
    *,
    project: Project,
    slot_id: int,
    draft_version: int,
    comment: str,
    by: User,
    at: datetime,
    corrections: Mapping[str, Any] | None = None,
) -> Run:
    """再提出 after 差戻し or 引戻し: the working copy becomes the next revision.

    ``corrections`` changes the text of a change, stop, roll-out or completion.
    """
    with _locked(_run_of(slot_id, project)) as run:
        slot = _slot(slot_id, run)
        if slot.state != SlotState.OPEN or slot.step_run.kind != StepKind.REVISION:
            raise AlreadyDone(answers.standing(slot))
        permit = _allowed(access.may_answer(by, slot, at))
        assert run.project is not None  # noqa: S101 -- revision steps belong to cases
        draft = Project.objects.select_for_update(no_key=True).get(pk=run.project.pk)
        _same_draft(draft, draft_version)
        act = _act(by, at, permit)
        submission.resubmit(slot, act, comment, corrections or {})
        _execute(slot, by)
        _settle(slot.step_run.run, act)
        return slot.step_run.run


# --- answering -----------------------------------------------------------------------------


def decide(
    *,
    project: Project,
    slot_id: int,
    revision_hash: str,
    outcome: Outcome,
    answer: Answer,
    by: User,
    at: datetime,
) -> Decision:
    """Answer an open step. Returns the recorded decision; an equal repeat of a score its first.

    Raises ``NotFound`` for a slot of another case, ``AlreadyDone``, ``NotAllowed``,
    ``StaleText`` or ``Unanswered``.
    """
    answer = answers.needed(answer, outcome)
    with _locked(_run_of(slot_id, project)) as run:
        slot = _slot(slot_id, run)
        if slot.step_run.kind in CYCLE_KINDS or slot.step_run.kind == StepKind.REVISION:
            raise NotFound
        permit = access.may_answer(by, slot, at)
        act = Act(by, at, permit.capacity) if permit.capacity else None
        before = answers.check(
            slot=slot,
            outcome=outcome,
            answer=answer,
            revision_hash=revision_hash,
            permit=permit,
            at=at,
        )
        if act is None:
            raise NotAllowed(permit.reason)
        if before is not None and answers.is_repeat(before, outcome, answer):
            return before
        finished = answers.answer(
            slot=slot, outcome=outcome, answer=answer, before=before, permit=permit, act=act
        )
        if finished:
            _ask_also(slot)
            _execute(slot, by)
        return _settle(slot.step_run.run, act)[0]


def record_phase(
    *, project: Project, slot_id: int, content: Mapping[str, Any], by: User, at: datetime
) -> Run:
    """Record a phase of the OODA cycle; goes to headquarters by itself where it has to."""
    with _locked(_run_of(slot_id, project)) as run:
        slot = _slot(slot_id, run)
        if slot.step_run.kind not in CYCLE_KINDS:
            raise NotFound
        if slot.state != SlotState.OPEN:
            raise AlreadyDone(answers.standing(slot))
        act = _act(by, at, _allowed(access.may_answer(by, slot, at)))
        asked = cycles.record(slot, content, act)
        _execute(slot, by)
        if asked is not None:
            ApprovalFlow.submit.run(run=asked)
            _bind(asked, act)
        elif run.state == RunState.FINISHED:
            _begin_cycle(run, str(content.get("next_aim") or run.cycle.aim), act)  # type: ignore[union-attr]
        _settle(run, act)
        return run


# --- turning back and ending ---------------------------------------------------------------


def pull_back(*, project: Project, by: User, at: datetime) -> Run:
    """引戻し: until a holder of the next station has seen it."""
    with _locked(_open_run(project)) as run:
        assert run.project is not None  # noqa: S101 -- asked for by project
        permit = _allowed(access.may(by, "pull_back", run.project, at))
        act = _act(by, at, permit)
        last = undo.pull_back(run, act)
        _cancel_tasks(run)
        _reopen(run, last)
        _settle(run, act)
        return run


def withdraw(*, project: Project, answer: Answer, by: User, at: datetime) -> Run:
    """取下げ by the proposer, before 決裁."""
    return _stop(project, "withdraw", Outcome.WITHDRAWN, answer, by, at)


def abandon(*, project: Project, answer: Answer, by: User, at: datetime) -> Run:
    """廃案 by the 事務局 with the consent of the 本部長 (in the reason)."""
    return _stop(project, "abandon", Outcome.ABANDONED, answer, by, at)


def _stop(
    project: Project, verb: str, outcome: Outcome, answer: Answer, by: User, at: datetime
) -> Run:
    with _locked(_open_run(project)) as run:
        assert run.project is not None  # noqa: S101 -- asked for by project
        if run.state != RunState.OPEN:
            raise AlreadyDone(_last(run))
        act = _act(by, at, _allowed(access.may(by, verb, run.project, at)))
        undo.stop(run, outcome, answer, act)
        process = Process.objects.get(pk=run.process_id)
        FLOWS[run.kind].instance.cancel(process)
        _settle(run, act)
        return run


def close_region(*, project: Project, reason: str, by: User, at: datetime) -> Run:
    """締切 of the PT review by the PT長 or the 事務局, with a reason, not below the quorum."""
    with _locked(_open_run(project)) as run:
        assert run.project is not None  # noqa: S101 -- asked for by project
        act = _act(by, at, _allowed(access.may(by, "close_region", run.project, at)))
        undo.close_region(run, reason, act)
        _poke_join(run)
        _settle(run, act)
        return run


def halt(*, project: Project, reason: str, by: User, at: datetime) -> Run:
    """停止: the 所属長 stops what was decided inside the bounds, within two business days."""
    waiting = Run.objects.filter(project=project, kind=RunKind.CYCLE, state=RunState.OPEN).first()
    if waiting is None:
        raise NotFound
    with _locked(waiting) as run:
        assert run.project is not None  # noqa: S101 -- cycles belong to cases
        act = _act(by, at, _allowed(access.may(by, "halt", run.project, at)))
        last = Decision.objects.filter(run=run, step_run__kind=StepKind.DECIDE).latest("pk")
        cycles.halt(run, reason, act)
        _cancel_tasks(run)
        _reopen(run, last)
        _settle(run, act)
        return run


# --- reading -------------------------------------------------------------------------------


def mark_seen(*, slot_id: int, by: User, at: datetime) -> None:
    """A present holder opened the page of a slot: the one write that a GET may cause.

    Anybody else leaves no trace: only a holder's look ends the time for 引戻し.
    """
    slot = Slot.objects.filter(pk=slot_id).only("post_id").first()
    if slot is not None and access.holds(by, slot.post_id, at):
        Seen.objects.bulk_create(
            [Seen(slot_id=slot_id, person=by, seen_at=at)], ignore_conflicts=True
        )


def mark_read(*, reading_id: int, by: User, at: datetime) -> Reading:
    """後閲 or 供覧 done, by a holder of the post of the day; on record in the ledger."""
    with _refusing(), transaction.atomic():
        reading = (
            Reading.objects.select_for_update(of=("self",))
            .select_related("post", "project")
            .filter(pk=reading_id)
            .first()
        )
        if reading is None:
            raise NotFound
        if not access.holds(by, reading.post_id, at):
            raise NotAllowed(_("既読にできるのは、%s の職にある方です。") % reading.post.title)
        if reading.read_at is None:
            reading.read_at, reading.read_by = at, by
            reading.save(update_fields=["read_at", "read_by"])
            ledger.append(kind="READING", payload=acts.reading_payload(reading), at=at)
        return reading


def resume_due(*, at: datetime) -> int:
    """End every 保留 whose day has come. Safe to run twice or not at all; returns how many.

    A case that is being worked on right now is left for the next time.
    """
    count = 0
    due = StepRun.objects.filter(closed_at=None, paused_until__lte=localdate(at))
    for step in due.select_related("run").order_by("pk"):
        try:
            with _locked(step.run):
                count += _resume(step.pk, at)
        except Busy:
            logger.info("step %s is busy, it is resumed by the next sweep", step.pk)
    return count


def _resume(step_id: int, at: datetime) -> bool:
    step = StepRun.objects.get(pk=step_id)
    if step.closed_at is not None or step.paused_until is None:
        return False
    if step.paused_until > localdate(at):
        return False
    steps.resume(step, at)
    return True


# --- inside the lock -----------------------------------------------------------------------


def _run_of(slot_id: int, project: Project) -> Run:
    run = Run.objects.filter(steps__slots=slot_id, project=project).first()
    if run is None:
        raise NotFound
    return run


def _open_run(project: Project) -> Run:
    run = (
        Run.objects.filter(project=project)
        .exclude(kind=RunKind.CYCLE)
        .order_by("-started_at", "-pk")
        .first()
    )
    if run is None:
        raise NotFound
    return run


def _slot(slot_id: int, run: Run) -> Slot:
    """The slot as it is inside the lock, with the one ``Run`` object that the verbs change."""
    slot = Slot.objects.select_related("post__section", "step_run__revision").get(pk=slot_id)
    slot.step_run.run = run
    slot.step_run.project = run.project
    if run.step is not None and run.step.pk == slot.step_run.pk:
        run.step = slot.step_run
    return slot


def _allowed(permit: Permit) -> Permit:
    if not permit:
        raise NotAllowed(permit.reason)
    return permit


def _act(by: User, at: datetime, permit: Permit) -> Act:
    capacity: Capacity | None = permit.capacity
    if capacity is None:
        raise NotAllowed(_("職に就いている方だけが行えます。"))
    return Act(by, at, capacity)


def _last(run: Run) -> Decision | None:
    return (
        Decision.objects.filter(run=run)
        .exclude(outcome=Outcome.SKIPPED)
        .select_related("decided_by", "post")
        .order_by("-pk")
        .first()
    )


def _execute(slot: Slot, by: User) -> None:
    """Let viewflow finish the slot's task and create what its gates say."""
    task = Task.objects.get(pk=slot.task_id)
    activation = task.flow_task.activation_class(task)
    activation.assign(by)
    activation.start(None)
    activation.execute()


def _ask_also(answered: Slot) -> None:
    """A seat was added to the region of the answered slot: give it a task there."""
    task: Any = None
    for slot in answered.step_run.slots.filter(state=SlotState.OPEN, task_id=None):
        task = task or Task.objects.get(pk=answered.task_id)
        split = task.previous.get()
        token = Token(f"{split.token}/{split.pk}_{split.leading.count() + 1}")
        activation = split.flow_task.activation_class(split)
        task.flow_task._create(activation, token, seed=slot)  # noqa: SLF001


def _cancel_tasks(run: Run) -> None:
    """Cancel every open task of a process, the Join included."""
    open_tasks = Task.objects.filter(process=run.process_id).exclude(
        status__in=[STATUS.DONE, STATUS.CANCELED, STATUS.REVIVED]
    )
    for task in open_tasks:
        task.flow_task.activation_class(task).cancel()


def _reopen(run: Run, last: Decision) -> None:
    """Enter the fixed node ``reopen``; its token is the top one, so tokens never grow."""
    flow_class = FLOWS[run.kind]
    if last.slot_id is None:
        done = Task.objects.get(process=run.process_id, flow_task=flow_class.submit)
    else:
        done = Task.objects.get(pk=last.slot.task_id)  # type: ignore[union-attr]
    activation = done.flow_task.activation_class(done)
    entered = flow_class.reopen._create(activation, token=Token("start"))  # noqa: SLF001
    activation._activate_next({entered})  # noqa: SLF001


def _poke_join(run: Run) -> None:
    """The region was closed by hand: its Join lets go of the tasks that are left."""
    join = Task.objects.get(process=run.process_id, flow_task_type="JOIN", status=STATUS.STARTED)
    activation = join.flow_task.activation_class(join)
    activation.complete()
    activation.activate_next()


def _begin_cycle(run: Run, aim: str, act: Act) -> None:
    assert run.project is not None  # noqa: S101 -- cycles belong to cases
    following = cycles.next_cycle(run.project, aim, act)
    CycleFlow.begin.run(run=following)
    _bind(following, act)


def _settle(run: Run, act: Act) -> list[Decision]:
    """What follows an act: cycles that begin or go on, work items, the record."""
    _bind(run, act)
    if run.ended_at == act.at and run.project is not None:
        _after_end(run, act)
    return record(act)


def _after_end(run: Run, act: Act) -> None:
    project = run.project
    assert project is not None  # noqa: S101 -- asked by the caller
    if run.kind == RunKind.PROJECT and run.state == RunState.ADOPTED:
        following = cycles.begin(project.cycles.get(), act)
        CycleFlow.begin.run(run=following)
        _bind(following, act)
    if run.kind != RunKind.APPROVAL or not cycles.still_running(project):
        return
    if run.revision is not None and run.revision.kind == RevisionKind.CHANGE:
        _settle_change(project, run, act)
    else:
        last = project.cycles.order_by("-number")[0]
        _begin_cycle(run, last.aim, act)


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
        _bind(going, act)


def _bind(run: Run, act: Act) -> None:
    """Tie the open slots to the engine's tasks and put them on the work list."""
    if run.step is None:
        return
    waiting = list(run.step.slots.filter(state=SlotState.OPEN, task_id=None).select_related("post"))
    if not waiting:
        return
    tasks = list(
        Task.objects.filter(
            process=run.process_id, flow_task_type="HUMAN", status=STATUS.NEW
        ).values_list("pk", "seed_object_id")
    )
    by_seed = {seed: pk for pk, seed in tasks if seed is not None}
    for slot in waiting:
        slot.task_id = by_seed.get(slot.pk) or next(pk for pk, seed in tasks if seed is None)
    Slot.objects.bulk_update(waiting, ["task_id"])
    items = WorkItem.objects.bulk_create(work_item(run, run.step, slot) for slot in waiting)
    work_opened.send(sender=WorkItem, work_items=items, by=act.by, at=act.at)


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
        number=(project.number or "") if project else "",
        title=(project.title if project else run.revision.title if run.revision else ""),
        section_name=section.name if section else "",
        standard_days=step.standard_days,
        opened_at=slot.opened_at,
        due_at=step.due_at,
        due_sort=step.due_at or FAR_FUTURE,
    )
