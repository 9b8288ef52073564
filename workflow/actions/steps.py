"""Opening and closing of steps: how a run walks along its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.access import authors_of
from bpr_projects.enums import ParticipantReason, RevisionKind
from bpr_projects.models import Closure, Participant
from workflow import routing
from workflow.actions.acts import Act, Saying
from workflow.enums import (
    READING_KINDS,
    Mode,
    Outcome,
    RunKind,
    SlotState,
    Station,
    StepKind,
)
from workflow.models import FAR_FUTURE, Decision, Reading, Run, Slot, StepRun, WorkItem
from workflow.outcomes import STAGE_OF, Answer
from workflow.routing import PlanStep

if TYPE_CHECKING:
    from datetime import date, datetime

    from roles.models import Post

YES = (Outcome.APPROVED, Outcome.AGREED, Outcome.AGREED_WITH_OPINION)


def closures() -> frozenset[date]:
    """The city's own closing days, for business-day arithmetic."""
    return frozenset(Closure.objects.values_list("day", flat=True))


def plan_steps(run: Run) -> list[PlanStep]:
    """The snapshot of the route as objects."""
    return [PlanStep.from_json(each) for each in run.plan]


def case_for(run: Run) -> routing.Case:
    """What routing needs for the run's present text: authors excluded, earlier yeses known."""
    assert run.project is not None  # noqa: S101 -- plan and route revisions come with their issue
    approved = Decision.objects.effective().filter(
        run=run, round=run.round, outcome__in=YES, step_run__mode=Mode.ALL
    )
    return routing.case_of(
        run.project,
        run.revision.sheet if run.revision else run.project.sheet,
        kind=RevisionKind(run.revision.kind) if run.revision else RevisionKind.PROJECT,
        excluded=authors_of(run.project),
        approved_by=frozenset(approved.values_list("decided_by", flat=True)),
    )


def advance(run: Run, act: Act, *, reopened: bool = False) -> None:
    """Open the step at ``run.position`` or the first after it that asks somebody.

    後閲 and 供覧 become readings and pass at once; a step that asks nobody is 省略, on record.
    """
    case = case_for(run)
    plan = plan_steps(run)
    while run.position < len(plan):
        step = plan[run.position]
        resolution = routing.resolve(step, case, act.on)
        if step.kind in READING_KINDS:
            owe_readings(run, step, list(resolution.posts), act)
        elif resolution.skipped:
            _skip(run, step, resolution.skipped, act)
        else:
            open_step(run, step, list(resolution.posts), act, resolution.note, reopened=reopened)
            return
        run.position += 1
    raise routing.NoRoute(run.get_kind_display())


def open_step(
    run: Run, step: PlanStep, posts: list[Post], act: Act, note: str = "", *, reopened: bool = False
) -> StepRun:
    """Create the step with one slot a post. Refuses to ask nobody."""
    if not posts:
        raise routing.NoHolder(step.title)
    attempts = StepRun.objects.filter(run=run, round=run.round, position=run.position).count()
    opened = StepRun.objects.create(
        run=run,
        project=run.project,
        revision=run.revision,
        kind=step.kind,
        station=step.station,
        title=step.title,
        position=run.position,
        round=run.round,
        attempt=attempts + 1,
        snapshot={**step.to_json(), "reopened": reopened},
        mode=step.mode,
        quorum=min(step.quorum, len(posts)),
        standard_days=step.standard_days,
        opened_at=act.at,
        due_at=calendar.due_at(act.at, step.standard_days, closures())
        if step.standard_days
        else None,
        note=note,
    )
    Slot.objects.bulk_create(Slot(step_run=opened, post=post, opened_at=act.at) for post in posts)
    _let_read(run, posts, ParticipantReason.STEP, act.at)
    run.step = opened
    run.save()
    if run.kind == RunKind.PROJECT and run.project is not None:
        run.project.move_to(STAGE_OF[StepKind(step.kind)], at=act.at)
    return opened


def _let_read(run: Run, posts: list[Post], reason: ParticipantReason, at: datetime) -> None:
    Participant.objects.bulk_create(
        (
            Participant(
                project=run.project, post=post, revision=run.revision, reason=reason, since=at
            )
            for post in posts
        ),
        ignore_conflicts=True,
    )


def owe_readings(run: Run, step: PlanStep, posts: list[Post], act: Act) -> None:
    """後閲 or 供覧: rows to be read, that hold nothing up."""
    _let_read(run, posts, ParticipantReason.READING, act.at)
    rows = [
        Reading(
            project=run.project,
            revision=run.revision,
            run=run,
            post=post,
            kind=step.kind,
            why=step.why or step.title,
            opened_at=act.at,
            due_at=calendar.due_at(act.at, step.standard_days, closures())
            if step.standard_days
            else None,
        )
        for post in posts
    ]
    act.readings += Reading.objects.bulk_create(rows)


def owe_remaining_readings(run: Run, act: Act) -> None:
    """The matter is decided: what the plan still holds after it is to be read."""
    case = case_for(run)
    for step in plan_steps(run)[run.position + 1 :]:
        if step.kind in READING_KINDS:
            resolution = routing.resolve(step, case, act.on)
            owe_readings(run, step, list(resolution.posts), act)


def _skip(run: Run, step: PlanStep, reason: str, act: Act) -> None:
    """省略 by the rule is recorded with the act that brought the case to the step."""
    act.say(
        Saying(
            run=run,
            outcome=Outcome.SKIPPED,
            capacity=act.capacity,
            clause=step.clause,
            answer=Answer(comment=f"{step.title}：{reason}"),
        )
    )


def close_step(step: StepRun, outcome: Outcome, act: Act) -> None:
    """Nobody is asked any more: close open slots and their work items."""
    left = list(step.slots.filter(state=SlotState.OPEN).values_list("pk", flat=True))
    if left:
        Slot.objects.filter(pk__in=left).update(state=SlotState.CANCELED, closed_at=act.at)
        close_work(left, act)
    step.closed_at = act.at
    step.outcome = outcome
    step.paused_since = None
    step.paused_until = None
    step.save(update_fields=["closed_at", "outcome", "paused_since", "paused_until"])


def close_work(slots: list[int], act: Act) -> None:
    """Take work items off the list; mails about them that were not sent yet die with them."""
    WorkItem.objects.filter(slot__in=slots).delete()
    act.closed += slots


def is_complete(step: StepRun) -> bool:
    """Whether the step's mode is satisfied by the slots that are done."""
    states = list(step.slots.values_list("state", flat=True))
    done = states.count(SlotState.DONE)
    waiting = states.count(SlotState.OPEN)
    match step.mode:
        case Mode.ONE:
            return done >= 1
        case Mode.QUORUM:
            return done >= step.quorum
        case _:
            return waiting == 0


def open_revision(run: Run, act: Act, *, note: str) -> StepRun:
    """Ask the proposer's seat to correct the text and submit it again."""
    assert run.project is not None  # noqa: S101 -- see case_for
    step = PlanStep(
        kind=StepKind.REVISION,
        station=Station.REVISION,
        title=str(_("修正と再提出")),
        asks=(),
        clause="",
        standard_days=5,
    )
    return open_step(run, step, [run.project.proposer_post], act, note)


def resume(step: StepRun, at: datetime) -> None:
    """End a 保留: the deadline moves by the business days that the clock stood still."""
    if step.paused_since is None:
        return
    off = closures()
    stood = calendar.business_days_between(localdate(step.paused_since), localdate(at), off)
    if step.due_at is not None:
        step.due_at = calendar.due_at(step.due_at, max(stood - 1, 0), off)
    step.paused_since = None
    step.paused_until = None
    step.save(update_fields=["due_at", "paused_since", "paused_until"])
    WorkItem.objects.filter(step_run=step).update(
        is_paused=False, due_at=step.due_at, due_sort=step.due_at or FAR_FUTURE
    )
