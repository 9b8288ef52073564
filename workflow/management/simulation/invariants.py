"""What must be true of every case at any moment between two acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.db.models.functions import Length
from django.utils.timezone import localdate
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from bpr_projects.calendar import add_business_days, due_at
from bpr_projects.enums import IN_DECISION, RevisionKind, Stage
from bpr_projects.models import Closure, NumberSeries, Project
from records import ledger
from records.models import LedgerEntry
from roles.enums import Basis
from roles.models import Post, holders_of
from workflow import access
from workflow.access import NUDGE_DAYS
from workflow.enums import (
    ASIDE,
    DECIDING_KINDS,
    GONE,
    OWN_WORK,
    Outcome,
    RouteState,
    RunKind,
    RunState,
    StepKind,
)
from workflow.management import worklist
from workflow.models import Decision, Nudge, Reading, Route, Run, Slot, StepRun, WorkItem
from workflow.outcomes import STAGE_OF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

LONGEST_TOKEN: Final = 20
OVER: Final = (STATUS.DONE, STATUS.CANCELED, STATUS.REVIVED)


def violations(at: datetime) -> Iterator[str]:
    """Every sentence names a bad row; none when all is well."""
    for rule in (
        _one_step_a_live_case,
        _steps_of_runs,
        _stages,
        _engine_rows,
        _decisions,
        _stood_in,
        _places,
        _numbers,
        _rules,
        _ledger,
    ):
        yield from rule()
    yield from _polite_requests()
    yield from _work_list(at)
    yield from _posts_without_anybody()


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


def _stood_in() -> Iterator[str]:
    """代決: at decisions alone, by a row of the order, by no author, with the 後閲 it owes."""
    said = Decision.objects.exclude(basis=Basis.OWN).exclude(basis=Basis.STANDING)
    for row in said.select_related("project", "step_run", "post__section", "slot"):
        is_decision = row.step_run is not None and row.step_run.kind in DECIDING_KINDS
        if is_decision != (row.basis == Basis.ACTING):
            yield f"decision {row.pk} was taken as {row.basis}"
        if not is_decision:
            continue
        stand_in = row.authority.get("stand_in")
        if stand_in is None and row.slot is not None and row.slot.replaces_id is not None:
            continue  # the 事務局 moved the place to this seat, on record
        if not row.post.stand_ins.filter(pk=stand_in).exists():
            yield f"decision {row.pk} follows no order"
        if row.project is not None and row.decided_by_id == row.project.proposer_id:
            yield f"decision {row.pk} was taken by who proposed"
        owed = Reading.objects.filter(
            run=row.run_id, post=row.post_id, opened_at=row.decided_at, is_after_acting=True
        )
        if row.outcome not in (Outcome.HELD, Outcome.RECUSED) and not owed.exists():
            yield f"decision {row.pk} owes a reading to nobody"


def _numbers() -> Iterator[str]:
    given = Project.objects.filter(number__isnull=False).count()
    promised = sum(NumberSeries.objects.values_list("last", flat=True))
    if given != promised:
        yield f"{promised} numbers were given, {given} are there"


def _rules() -> Iterator[str]:
    """Each code is ruled without a gap, and a case keeps the version of its first day."""
    begun: dict[str, Route] = {}
    for route in Route.objects.filter(state=RouteState.ACTIVE).order_by("code", "effective_from"):
        before = begun.get(route.code)
        if before is not None and before.effective_to != route.effective_from:
            yield f"{before} ends on {before.effective_to}, {route} begins {route.effective_from}"
        begun[route.code] = route
    for route in begun.values():
        if route.effective_to is not None:
            yield f"{route} ends on {route.effective_to}, and nothing follows"
    for run in Run.objects.exclude(route=None).select_related("route", "project"):
        taken, day = run.route, localdate(run.started_at)
        assert taken is not None  # noqa: S101 -- filtered
        is_over = taken.effective_to is not None and taken.effective_to <= day
        if day < taken.effective_from or is_over or taken.state != RouteState.ACTIVE:
            yield f"run {run.pk} of {run.project} began on {day}, under {taken}"


def _ledger() -> Iterator[str]:
    found = ledger.verify()
    if not found.ok:
        yield f"ledger row {found.first_bad_seq}: {found.reason}"


def _polite_requests() -> Iterator[str]:
    """お願い: never twice within two business days, never before the deadline."""
    closures = Closure.days()
    last: dict[int, date] = {}
    for nudge in Nudge.objects.select_related("slot__step_run").order_by("asked_at", "pk"):
        asked_on = localdate(nudge.asked_at)
        step = nudge.slot.step_run
        before = last.get(nudge.slot_id)
        if before and asked_on < add_business_days(before, NUDGE_DAYS, closures):
            yield f"slot {nudge.slot_id} was asked on {before} and again on {asked_on}"
        if nudge.asked_at <= due_at(step.opened_at, step.standard_days, closures):
            yield f"slot {nudge.slot_id} was asked on {asked_on} without being late"
        last[nudge.slot_id] = asked_on


def _work_list(at: datetime) -> Iterator[str]:
    """What ``check_inbox`` finds, but for seats that wait in the open for a holder.

    Whoever holds them left, stepped aside or came into conflict: the 事務局 has each on its list of
    what it has to move, and nothing else on it. The authors' own work waits for a successor.
    """
    listed = {slot.pk for slot in access.unheld(at)}
    for fault in worklist.faults(at):
        if fault.rule != worklist.NO_HOLDER:
            yield f"{fault.rule}: {fault.sentence}"
        elif fault.row in listed:
            listed.remove(fault.row)
        elif not _is_own_work_of_an_empty_seat(fault.row, at):
            yield f"{fault.rule}: {fault.sentence}"
    for slot_id in sorted(listed):
        yield f"slot {slot_id} is held, and on the list of those that are not"


def _is_own_work_of_an_empty_seat(slot_id: int, at: datetime) -> bool:
    slot = Slot.objects.select_related("step_run").get(pk=slot_id)
    holders = holders_of([slot.post_id], localdate(at))[slot.post_id]
    return slot.step_run.kind in OWN_WORK and all(each.basis != Basis.OWN for each in holders)


def _places() -> Iterator[str]:
    """Who was asked instead stands in the same step; nobody answered in a step for two seats."""
    for slot in Slot.objects.exclude(replaces=None).select_related("replaces"):
        before = slot.replaces
        if before is None or before.step_run_id != slot.step_run_id or before.state not in GONE:
            yield f"slot {slot.pk} replaces {slot.replaces_id}, which is still asked"
    answers = Decision.objects.effective().exclude(slot=None).exclude(outcome__in=ASIDE)
    seats = Count("slot", distinct=True)
    twice = answers.values("step_run", "decided_by").annotate(seats=seats).filter(seats__gt=1)
    for row in twice.order_by("step_run"):
        yield f"person {row['decided_by']} answered {row['seats']} seats of step {row['step_run']}"


def _posts_without_anybody() -> Iterator[str]:
    """A post that is asked stands empty only because a row says so: its holders' days or leave."""
    asked = WorkItem.objects.values("post")
    for post in Post.objects.filter(pk__in=asked, appointments=None):
        yield f"{post.title} is asked and never had a holder"
