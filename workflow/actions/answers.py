"""A holder answers a step: checked, written, and what follows for the run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import actions as cases
from bpr_projects.enums import RevisionKind, Stage
from bpr_projects.models import Revision
from roles.enums import Basis
from workflow import routing
from workflow.actions import route_versions, steps
from workflow.actions.acts import Act, Saying
from workflow.actions.completeness import SCORE_KEYS, problems_of
from workflow.actions.refusals import AlreadyDone, NotAllowed, StaleText, Unanswered
from workflow.enums import (
    ASIDE,
    Outcome,
    RunKind,
    RunState,
    SendBackTarget,
    SlotState,
    StepKind,
)
from workflow.models import Decision, Run, Slot, WorkItem
from workflow.outcomes import (
    OBJECTING,
    RULES,
    STATIONS,
    TARGET_STATION,
    Answer,
    Effect,
    answers_at,
)

if TYPE_CHECKING:
    from datetime import datetime

    from workflow.access import Permit


def standing(slot: Slot) -> Decision | None:
    """The answer that counts for a slot now; an open slot has none, but for a 保留."""
    may_be_held = Outcome.HELD in STATIONS.get(StepKind(slot.step_run.kind), ())
    if slot.state == SlotState.OPEN and not may_be_held:
        return None
    return (
        Decision.objects.effective()
        .filter(slot=slot)
        .select_related("decided_by", "post", "step_run")
        .first()
    )


def check(
    *,
    slot: Slot,
    outcome: Outcome,
    answer: Answer,
    revision_hash: str,
    permit: Permit,
    at: datetime,
) -> Decision | None:
    """Raise the refusal that fits, or return the standing answer that this one replaces.

    Order: somebody was first, not you, not this text, not complete.
    """
    before = standing(slot)
    still_open(slot, outcome, before)
    if not permit:
        raise NotAllowed(permit.reason)
    same_text(slot, revision_hash)
    about = slot.step_run.revision
    text = RevisionKind(about.kind) if about is not None else RevisionKind.PROJECT
    if outcome not in answers_at(StepKind(slot.step_run.kind), text):
        raise NotAllowed(_("この段階では「%s」は選べません。") % outcome.label)
    problems = dict(problems_of(slot, outcome, answer, permit, localdate(at)))
    if "tell_at" not in problems and RULES[outcome].ends:
        hour = answer.not_before
        if hour is not None and hour <= at:
            problems["tell_at"] = _("発表日時は、いまより後の日時を入れてください。")
    if problems:
        raise Unanswered(problems)
    return before


def needed(answer: Answer, outcome: Outcome) -> Answer:
    """Only the parts that the outcome asks for; what was left in other fields is not said."""
    rule = RULES[outcome]
    return replace(
        answer,
        target=answer.target if outcome == Outcome.SENT_BACK else SendBackTarget.PROPOSER,
        until=answer.until if rule.needs_until else "",
        scores=answer.scores if rule.needs_scores else {},
        conditions=answer.conditions if rule.needs_conditions else (),
        reply=answer.reply if rule.ends else "",
        tell_at=answer.tell_at if rule.ends else "",
    )


def still_open(slot: Slot, outcome: Outcome, before: Decision | None) -> None:
    """Raise what somebody did first, unless the slot still takes this answer."""
    step = slot.step_run
    if step.closed_at is not None:
        raise AlreadyDone(before or last_of(step.run))
    revisable = step.kind == StepKind.REVIEW and outcome == Outcome.SCORED
    if slot.state != SlotState.OPEN and not revisable:
        raise AlreadyDone(before)
    if slot.state == SlotState.RECUSED:
        raise AlreadyDone(before)


def last_of(run: Run) -> Decision | None:
    """The last thing that moved a run."""
    return (
        Decision.objects.filter(run=run)
        .exclude(outcome__in=ASIDE)
        .select_related("decided_by", "post")
        .order_by("-pk")
        .first()
    )


def same_text(slot: Slot, revision_hash: str) -> None:
    """Raise unless the form shows the text that is decided."""
    current = slot.step_run.revision
    if current is None or revision_hash == current.content_hash:
        return
    shown = Revision.objects.filter(
        project=slot.step_run.project, content_hash=revision_hash
    ).first()
    raise StaleText(shown, current)


def total_of(scores: dict[str, int]) -> int | None:
    """The six principles as points of 100: 5 everywhere is 100, 1 everywhere is 20."""
    points = [value for key, value in scores.items() if key not in SCORE_KEYS]
    return round(sum(points) * 100 / (5 * len(points))) if points else None


def is_repeat(before: Decision | None, outcome: Outcome, answer: Answer) -> bool:
    """The same score or 保留 sent twice: nothing new was said."""
    return (
        before is not None
        and before.outcome == outcome
        and outcome in (Outcome.SCORED, Outcome.HELD)
        and (before.scores or {}) == dict(answer.scores)
        and (before.until.isoformat() if before.until else "") == answer.until
        and {each.name: each.text for each in before.entry.texts.all()}.get("comment", "")
        == answer.comment
    )


def answer(
    *,
    slot: Slot,
    outcome: Outcome,
    answer: Answer,
    before: Decision | None,
    permit: Permit,
    act: Act,
    why_on_paper: str = "",
) -> bool:
    """Write an answer that ``check`` let pass. True when the slot's engine task is finished."""
    assert permit.capacity is not None  # noqa: S101 -- check refused otherwise
    step, run = slot.step_run, slot.step_run.run
    act.say(
        Saying(
            run=run,
            step_run=step,
            slot=slot,
            outcome=outcome,
            capacity=permit.capacity,
            clause=step.snapshot.get("clause", ""),
            answer=answer,
            total=total_of(answer.scores) if outcome == Outcome.SCORED else None,
            supersedes=before,
            why_on_paper=why_on_paper,
        )
    )
    effect = RULES[outcome].effect
    if effect == Effect.HOLD:
        _hold(slot, answer, act)
        return False
    if slot.state == SlotState.DONE:
        return False
    steps.leave(slot, SlotState.DONE, act)
    steps.resume(step, act.at)
    if act.capacity.basis == Basis.ACTING:
        steps.owe_absentee(step, act)
    _follow(run, slot, outcome, effect, answer, act)
    return True


def _hold(slot: Slot, answer: Answer, act: Act) -> None:
    step = slot.step_run
    if step.paused_until is not None and step.paused_until <= localdate(act.at):
        steps.resume(step, act.at)  # over, although no sweep came by
    step.paused_since = step.paused_since or act.at
    step.paused_until = date.fromisoformat(answer.until)
    step.save(update_fields=["paused_since", "paused_until"])
    WorkItem.objects.filter(step_run=step).update(is_paused=True)
    steps.overtake(step, [slot.pk], act)


def _follow(
    run: Run, slot: Slot, outcome: Outcome, effect: Effect, answer: Answer, act: Act
) -> None:
    step = slot.step_run
    match effect:
        case Effect.BACK:
            steps.close_step(step, outcome, act)
            send_back(run, answer, act)
        case Effect.ESCALATE:
            steps.close_step(step, outcome, act)
            why = str(_("室長が異例又は疑義ありとして上申したため"))
            escalate(run, why, act)
        case Effect.ADOPT | Effect.REFUSE:
            steps.close_step(step, outcome, act)
            _end(run, adopted=effect == Effect.ADOPT, act=act)
        case _:
            if steps.is_complete(step):
                complete(run, outcome, act)


def complete(run: Run, outcome: Outcome, act: Act) -> None:
    """The open step is answered: close it and open what comes next."""
    step = run.step
    assert step is not None  # noqa: S101 -- callers hold an open step
    objected = step.kind in OBJECTING and _objected_now(step.pk, act)
    steps.close_step(step, Outcome.OBJECTED if objected else outcome, act)
    if objected:
        why = str(_("不同意があったため"))
        insert(run, _mediation(run, why))
    _onwards(run, act)


def _mediation(run: Run, why: str) -> routing.PlanStep:
    """協議, by whoever receives in place of the 事務局 when the case is its own."""
    plan = steps.plan_steps(run)
    received = (each.asks[0] for each in plan if each.kind == StepKind.RECEPTION)
    instead = next((ask.fallback for ask in received), ())
    return routing.mediation(why, plan[run.position], fallback=instead)


def _objected_now(step_id: int, act: Act) -> bool:
    said = any(
        saying.outcome == Outcome.OBJECTED
        for saying in act.sayings
        if saying.step_run is not None and saying.step_run.pk == step_id
    )
    return (
        said
        or Decision.objects.effective().filter(step_run=step_id, outcome=Outcome.OBJECTED).exists()
    )


def escalate(run: Run, why: str, act: Act) -> None:
    """専決 does not do: the present step is closed, 決裁 by the 本部長 comes next."""
    insert(run, routing.escalation(why, steps.plan_steps(run)[run.position]))
    _onwards(run, act)


def insert(run: Run, step: routing.PlanStep) -> None:
    """Put a step into the plan after the present one."""
    run.plan = [
        *run.plan[: run.position + 1],
        step.to_json(),
        *run.plan[run.position + 1 :],
    ]


def _onwards(run: Run, act: Act) -> None:
    run.position += 1
    steps.advance(run, act)


def send_back(run: Run, answer: Answer, act: Act) -> None:
    """To the proposer for a new text, or to an earlier station on the same text."""
    if answer.target == SendBackTarget.PROPOSER:
        if run.project is None:
            route_versions.reopen(run)
        steps.open_revision(run, act, note=str(_("差戻し")))
        return
    plan = steps.plan_steps(run)
    wanted = TARGET_STATION[answer.target]
    run.position = next(index for index, step in enumerate(plan) if step.station == wanted)
    run.plan = [
        step.to_json()
        for index, step in enumerate(plan)
        if index < run.position or not step.inserted
    ]
    steps.advance(run, act)


def _end(run: Run, *, adopted: bool, act: Act) -> None:
    steps.owe_remaining_readings(run, act)
    run.state = RunState.ADOPTED if adopted else RunState.NOT_ADOPTED
    run.ended_at = act.at
    run.step = None
    run.save()
    if run.kind == RunKind.PROJECT and run.project is not None:
        if adopted:
            assert run.revision is not None  # noqa: S101 -- a project run decides a revision
            cases.adopt(project=run.project, revision=run.revision, at=act.at)
        else:
            cases.end_project(project=run.project, stage=Stage.NOT_ADOPTED, at=act.at)
    elif run.project is None:
        route_versions.settle(run, adopted=adopted, act=act)
    elif adopted and run.revision is not None:
        _take_effect(run, act)


def _take_effect(run: Run, act: Act) -> None:
    """An adopted change, stop, roll-out or completion changes the case in the same transaction."""
    assert run.project is not None and run.revision is not None  # noqa: S101, PT018 -- see _end
    kind = RevisionKind(run.revision.kind)
    if kind == RevisionKind.CHANGE:
        cases.widen_bounds(project=run.project, revision=run.revision)
        return
    stage = {
        RevisionKind.STOP: Stage.STOPPED,
        RevisionKind.COMPLETION: Stage.COMPLETED,
        RevisionKind.ROLLOUT: Stage.ROLLED_OUT,
    }[kind]
    cases.end_project(project=run.project, stage=stage, at=act.at)
