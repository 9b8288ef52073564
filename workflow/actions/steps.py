"""Opening and closing of steps: how a run walks along its plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.enums import ParticipantReason, RevisionKind
from bpr_projects.models import Closure, Participant
from roles.models import Section
from workflow import routing
from workflow.access.conflicts import APPROVING, YES, barred_in
from workflow.actions.acts import Act, Saying
from workflow.enums import (
    ASIDE,
    DECIDING_KINDS,
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
    from collections.abc import Iterable
    from datetime import date, datetime

    from roles.models import Post
    from workflow.access import Barred


def plan_steps(run: Run) -> list[PlanStep]:
    """The snapshot of the route as objects."""
    return [PlanStep.from_json(each) for each in run.plan]


def case_for(run: Run, act: Act) -> routing.Case:
    """What routing needs for the run's present text: who is excluded, who has said yes already.

    What the act itself says counts too, although it is written only at its end.
    """
    now = {
        each.capacity.person.pk
        for each in act.sayings
        if each.outcome in YES and each.step_run is not None and each.step_run.kind in APPROVING
    }
    barred = barred_in(run, act.on, act.leaving)
    case = case_with(run, act.on, barred)
    return replace(case, excluded=case.excluded | act.authors, approved_by=case.approved_by | now)


def case_with(run: Run, on: date, barred: Barred) -> routing.Case:
    """As ``case_for``, for whoever only looks."""
    return matter_of(
        run,
        on,
        excluded=barred.persons,
        approved_by=barred.approved,
        recused=barred.recused,
    )


def matter_of(
    run: Run,
    on: date,
    *,
    excluded: frozenset[int] = frozenset(),
    approved_by: frozenset[int] = frozenset(),
    recused: frozenset[int] = frozenset(),
) -> routing.Case:
    """What a run is about, as routing sees it; who may answer is left to who asks."""
    if run.project is None:
        offices = Section.objects.in_force(on).select_related("department")
        section = offices.filter(is_secretariat=True).first()
        if section is None:
            raise routing.NoHolder(str(_("事務局の課")))
        return routing.case_of_rules(section, excluded=excluded, approved_by=approved_by)
    return routing.case_of(
        run.project,
        run.revision.sheet if run.revision else run.project.sheet,
        kind=RevisionKind(run.revision.kind) if run.revision else RevisionKind.PROJECT,
        excluded=excluded,
        approved_by=approved_by,
        recused=recused,
    )


def with_earlier(case: routing.Case, run: Run, act: Act) -> routing.Case:
    """The case with what was said on earlier texts; a first submission has none."""
    if run.round == 1 or run.revision is None:
        return case
    if any(each.outcome == Outcome.SENT_BACK for each in act.sayings):
        return case
    said = routing.said_in(Run.objects.filter(pk=run.pk), act.on)
    answers = routing.answers_before(said, run.round, run.revision.sheet)
    now = {
        each.step_run.kind
        for each in act.sayings
        if each.step_run is not None and each.outcome not in ASIDE
    }
    return replace(case, earlier=answers.earlier, asked=answers.asked | now)


def advance(run: Run, act: Act, case: routing.Case | None = None) -> None:
    """Open the step at ``run.position`` or the first after it that asks somebody.

    ``case``: see ``case_for``, where the caller has read it already.

    後閲 and 供覧 become readings and pass at once; who is left out (省略) is on record, and so is
    whose answer on an earlier text stands (引継ぎ). A step whose seats may not answer is opened all
    the same and waits at the 事務局; what is submitted just now is refused instead, with the
    reason.
    """
    case = with_earlier(case or case_for(run, act), run, act)
    while run.position < len(run.plan):
        step, found = _settled(plan_steps(run)[run.position], case, act)
        run.plan[run.position] = step.to_json()
        for seat, reason in found.left_out:
            _leave_out(run, step, seat, reason, act)
        if step.kind in READING_KINDS:
            owe_readings(run, step, list(found.posts), act)
        elif found.posts:
            opened = open_step(run, step, list(found.posts), act, found.note)
            carry_over(opened, found.carried, act)
            return
        elif found.carried:
            _pass_step(run, step, found.carried, act)
            if step.kind in APPROVING:
                yes = case.approved_by | routing.approvers(found)
                case = replace(case, approved_by=yes)
        run.position += 1
    raise routing.NoRoute(run.get_kind_display())


def _settled(step: PlanStep, case: routing.Case, act: Act) -> tuple[PlanStep, routing.Resolution]:
    try:
        return routing.settle(step, case, act.on)
    except routing.NoHolder as gap:
        if gap.waiting is None or act.authors:
            raise
        return gap.waiting


def carry_over(step: StepRun, carried: Iterable[routing.Carried], act: Act) -> None:
    """引継ぎ: a slot whose answer was given on an earlier text, as an act of its own."""
    given = list(carried)
    slots = Slot.objects.bulk_create(
        Slot(
            step_run=step,
            post=each.post,
            state=SlotState.DONE,
            opened_at=act.at,
            closed_at=act.at,
        )
        for each in given
    )
    for slot, each in zip(slots, given, strict=True):
        said = each.earlier.decision
        act.say(
            Saying(
                run=step.run,
                step_run=step,
                slot=slot,
                outcome=Outcome.CARRIED_OVER,
                capacity=act.capacity,
                clause=step.snapshot.get("clause", ""),
                answer=Answer(comment=f"{step.title}　{each.words}"),
                carries=said,
            )
        )


def _pass_step(run: Run, step: PlanStep, carried: tuple[routing.Carried, ...], act: Act) -> None:
    """Nobody is asked: all that the step asks for was said on an earlier text and stands."""
    passed = _step_run(run, step, act)
    passed.closed_at = act.at
    passed.outcome = Outcome.CARRIED_OVER
    passed.save()
    carry_over(passed, carried, act)


def open_step(
    run: Run, step: PlanStep, posts: list[Post], act: Act, note: str = "", *, reopened: bool = False
) -> StepRun:
    """Create the step with one slot a post. Refuses to ask nobody.

    Seats that nobody could answer for today are made known, unless they are the authors' own work.
    """
    if not posts:
        raise routing.NoHolder(step.title)
    opened = _step_run(run, step, act, note, reopened=reopened)
    opened.save()
    slots = Slot.objects.bulk_create(
        Slot(step_run=opened, post=post, opened_at=act.at) for post in posts
    )
    if note == str(routing.WAITS):
        act.unheld += slots
    act.asked += slots
    _let_read(run, posts, ParticipantReason.STEP, act)
    run.step = opened
    if run.has_begun:  # else it is saved with its process
        run.save()
    if run.kind == RunKind.PROJECT and run.project is not None:
        run.project.move_to(STAGE_OF[StepKind(step.kind)], at=act.at)
    return opened


def _step_run(
    run: Run, step: PlanStep, act: Act, note: str = "", *, reopened: bool = False
) -> StepRun:
    earlier = StepRun.objects.filter(run=run, round=run.round, position=run.position)
    attempts = earlier.count() if run.has_begun else 0
    return StepRun(
        run=run,
        project=run.project,
        revision=run.revision,
        route_id=run.route_id,
        kind=step.kind,
        station=step.station,
        title=step.title,
        position=run.position,
        round=run.round,
        attempt=attempts + 1,
        snapshot={**step.to_json(), "reopened": reopened},
        mode=step.mode,
        quorum=step.quorum,
        standard_days=step.standard_days,
        opened_at=act.at,
        due_at=calendar.due_at(act.at, step.standard_days, Closure.days())
        if step.standard_days
        else None,
        note=note,
    )


def ask_instead(slot: Slot, state: SlotState, post: Post, act: Act) -> Slot:
    """The place of a slot goes to another post, in the same step and with its deadline."""
    leave(slot, state, act)
    place = Slot.objects.create(step_run=slot.step_run, post=post, opened_at=act.at, replaces=slot)
    act.asked.append(place)
    _let_read(slot.step_run.run, [post], ParticipantReason.STEP, act)
    resume(slot.step_run, act.at)
    return place


def leave(slot: Slot, state: SlotState, act: Act) -> None:
    """A slot is not asked any more: answered, left or moved."""
    slot.state = state
    slot.closed_at = act.at
    slot.save(update_fields=["state", "closed_at"])
    close_work([slot.pk], act)
    overtake(slot.step_run, [slot.pk], act)


def _let_read(run: Run, posts: list[Post], reason: ParticipantReason, act: Act) -> None:
    """Who is asked about a case may read it; a rule is read by everybody."""
    if run.project is None:
        return
    act.readers += [
        Participant(
            project=run.project, post=post, revision=run.revision, reason=reason, since=act.at
        )
        for post in posts
    ]


def owe_readings(
    run: Run, step: PlanStep, posts: list[Post], act: Act, *, is_after_acting: bool = False
) -> None:
    """後閲 or 供覧: rows to be read, that hold nothing up."""
    _let_read(run, posts, ParticipantReason.READING, act)
    rows = [
        Reading(
            project=run.project,
            revision=run.revision,
            run=run,
            post=post,
            kind=step.kind,
            why=step.why or step.title,
            is_after_acting=is_after_acting,
            opened_at=act.at,
            due_at=calendar.due_at(act.at, step.standard_days, Closure.days())
            if step.standard_days
            else None,
        )
        for post in posts
    ]
    act.readings += Reading.objects.bulk_create(rows)


def owe_remaining_readings(run: Run, act: Act) -> None:
    """The matter is decided: what the plan still holds is to be read, not by who decided.

    Nor is it to be judged afterwards (後閲) by somebody who stepped aside (辞退); 供覧 only tells.
    """
    case = case_for(run, act)
    decider = {act.capacity.person.pk}
    for step in plan_steps(run)[run.position + 1 :]:
        if step.kind in READING_KINDS:
            spared = decider | (case.recused if step.kind == StepKind.POST_READING else set())
            found = routing.resolve(step, case, act.on)
            holders = {
                post.pk: {each.person.pk for each in found.holders.get(post.pk, [])}
                for post in found.posts
            }
            posts = [
                post for post in found.posts if not holders[post.pk] or holders[post.pk] - spared
            ]
            owe_readings(run, step, posts, act)


def plan_of(step: StepRun) -> PlanStep:
    """What an opened step was opened from."""
    known = PlanStep.__dataclass_fields__.keys() & step.snapshot.keys()
    return PlanStep.from_json({key: step.snapshot[key] for key in known})


def owe_absentee(step: StepRun, act: Act) -> None:
    """後閲 after 代決: the seat reads what was decided in its place, whatever it was."""
    reading = replace(
        plan_of(step),
        kind=StepKind.POST_READING,
        asks=(),
        title=_("%sさんが代決した件の後閲") % act.by.name,
        standard_days=5,
    )
    owe_readings(step.run, reading, [act.capacity.post], act, is_after_acting=True)


def _leave_out(run: Run, step: PlanStep, seat: str, reason: str, act: Act) -> None:
    """省略 by the rule is recorded with the act that brought the case to the step."""
    act.say(
        Saying(
            run=run,
            outcome=Outcome.SKIPPED,
            capacity=act.capacity,
            clause=step.clause,
            answer=Answer(comment=f"{step.titled(seat)}：{reason}"),
        )
    )


def close_step(step: StepRun, outcome: Outcome, act: Act) -> None:
    """Nobody is asked any more: close open slots and their work items."""
    left = list(step.slots.filter(state=SlotState.OPEN).values_list("pk", flat=True))
    if left:
        Slot.objects.filter(pk__in=left).update(state=SlotState.CANCELED, closed_at=act.at)
        close_work(left, act)
        overtake(step, left, act)
    step.closed_at = act.at
    step.outcome = outcome
    step.paused_since = None
    step.paused_until = None
    step.save(update_fields=["closed_at", "outcome", "paused_since", "paused_until"])


def close_work(slots: list[int], act: Act) -> None:
    """Take work items off the list; mails about them that were not sent yet die with them."""
    WorkItem.objects.filter(slot__in=slots).delete()
    act.closed += slots


def overtake(step: StepRun, slots: list[int], act: Act) -> None:
    """A decision on paper that waits for one of these places has come too late."""
    if step.kind in DECIDING_KINDS:
        act.overtaken += slots


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
    step = PlanStep(
        kind=StepKind.REVISION,
        station=Station.REVISION,
        title=str(_("修正と再提出")),
        asks=(),
        clause="",
        standard_days=5,
    )
    return open_step(run, step, [_asking_post(run, act)], act, note)


def _asking_post(run: Run, act: Act) -> Post:
    """The seat that asked for the decision."""
    asked = Decision.objects.asking(run)
    return asked.post if asked else act.capacity.post


def resume(step: StepRun, at: datetime) -> None:
    """End a 保留: the deadline moves by the business days that the clock stood still."""
    if step.paused_since is None:
        return
    off = Closure.days()
    stood = step.days_stood(off, at)
    if step.due_at is not None:
        step.due_at = calendar.due_at(step.due_at, stood, off)
    step.held_days += stood
    step.paused_since = None
    step.paused_until = None
    step.save(update_fields=["due_at", "held_days", "paused_since", "paused_until"])
    WorkItem.objects.filter(step_run=step).update(
        is_paused=False, due_at=step.due_at, due_sort=step.due_at or FAR_FUTURE
    )
