"""辞退 and 担当の付替え: a place in an open step goes to somebody else, or waits in the open.

Whoever leaves is never a dead end: others of the seat go on, then the next by the rule is asked in
the same step. Where the rule knows nobody, the place stays open and the 事務局 has to move it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from roles.enums import Role
from workflow import routing
from workflow.actions import answers, steps
from workflow.actions.acts import Saying
from workflow.actions.refusals import AlreadyDone, Unanswered
from workflow.enums import BODY_KINDS, Mode, Outcome, SlotState, StepKind
from workflow.models import Decision, Slot
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models import QuerySet

    from roles.models import User
    from workflow.access import Permit
    from workflow.actions.acts import Act
    from workflow.models import StepRun


def recused_before(slot: Slot, by: User) -> None:
    """Whoever stepped aside at the step already reads when; a second click says nothing new."""
    said = Decision.objects.filter(step_run=slot.step_run, outcome=Outcome.RECUSED, decided_by=by)
    before = said.select_related("decided_by", "post").first()
    if before is not None:
        raise AlreadyDone(before)


def recuse(
    *, slot: Slot, answer: Answer, before: Decision | None, permit: Permit, act: Act
) -> bool:
    """辞退 that ``answers.check`` let pass. True when the slot's engine task is finished.

    The record belongs to the slot when its place is given up, otherwise to the step alone: the seat
    will still be answered by somebody else.
    """
    assert permit.capacity is not None  # noqa: S101 -- check refused otherwise
    step = slot.step_run
    saying = Saying(
        run=step.run,
        step_run=step,
        outcome=Outcome.RECUSED,
        capacity=permit.capacity,
        clause=step.snapshot.get("clause", ""),
        answer=answer,
    )
    act.say(saying)
    case = steps.case_for(step.run, act)
    holders = routing.holders_at([slot.post], step.kind, step.deputy, act.on)[slot.post_id]
    if routing.able(holders, case):
        saying.following = _("同じ席のほかの方が担当します。")
        return False
    if step.kind != StepKind.STANDING_DECISION and _is_missed(slot):
        return _ask_next(slot, saying, before, case, act)
    saying.slot, saying.supersedes = slot, before
    if step.kind == StepKind.STANDING_DECISION:
        saying.following = _("本部長の決裁に移ります。")
        _escalate(slot, SlotState.RECUSED, str(_("専決者が辞退したため")), act)
        return True
    steps.leave(slot, SlotState.RECUSED, act)
    steps.resume(step, act.at)
    if steps.is_complete(step):
        answers.complete(step.run, Outcome.RECUSED, act)
    return True


def _ask_next(
    slot: Slot, saying: Saying, before: Decision | None, case: routing.Case, act: Act
) -> bool:
    """The next by the rule takes the place; without one it stays open and is made known."""
    place = place_of(slot, slots_beside(slot.pk), case, act.on)
    post = routing.next_in_line(place, steps.plan_of(slot.step_run), case, act.on)
    if post is None:
        saying.following = str(routing.WAITS)
        act.unheld.append(slot)
        return False
    saying.slot, saying.supersedes = slot, before
    saying.following = _("%s（規則による次の担当）") % post.title
    steps.ask_instead(slot, SlotState.RECUSED, post, act)
    return False


def _is_missed(slot: Slot) -> bool:
    """Whether the step needs the place: of a body, below its quorum; elsewhere always."""
    step = slot.step_run
    others = step.slots.filter(state__in=[SlotState.OPEN, SlotState.DONE]).exclude(pk=slot.pk)
    if step.kind in BODY_KINDS or step.mode == Mode.QUORUM:
        return others.count() < step.quorum
    return step.mode != Mode.ONE or not others.exists()


def _escalate(slot: Slot, state: SlotState, why: str, act: Act) -> None:
    step = slot.step_run
    steps.leave(slot, state, act)
    steps.resume(step, act.at)
    steps.close_step(step, Outcome(act.sayings[0].outcome), act)
    answers.escalate(step.run, why, act)


def slots_beside(slot_id: int) -> QuerySet[Slot]:
    """All slots of its step, itself among them; ``answered_by``: whose answer counts there."""
    said = Decision.objects.effective().filter(slot=OuterRef("pk"))
    return (
        Slot.objects.filter(step_run__slots=slot_id)
        .select_related("post__section__department", "post__department")
        .annotate(answered_by=Subquery(said.values("decided_by")[:1]))
    )


def place_of(slot: Slot, beside: Iterable[Any], case: routing.Case, on: date) -> routing.Place:
    """The place in its step: who else is there, and whom the rule asked for it first.

    ``beside``: see ``slots_beside``.
    """
    step, slots = slot.step_run, {each.pk: each for each in beside}
    origin = slots[slot.pk]
    others = [
        each
        for each in slots.values()
        if each.state in (SlotState.OPEN, SlotState.DONE) and each != slot
    ]
    while origin.replaces_id is not None:
        origin = slots[origin.replaces_id]
    persons = {each.answered_by for each in others if each.answered_by is not None}
    seats = [slot.post, *(each.post for each in others)]
    holders = routing.holders_at(seats, step.kind, step.deputy, on)
    persons |= routing.able(holders[slot.post_id], case)
    for each in others:
        able = routing.able(holders[each.post_id], case)
        if each.state == SlotState.OPEN and len(able) == 1:
            persons |= able
    return routing.Place(
        post=slot.post,
        origin=origin.post,
        posts=frozenset(each.post_id for each in others),
        persons=frozenset(persons),
    )


def receivers(
    slot: Slot, beside: Iterable[Slot], case: routing.Case, on: date
) -> list[routing.Receiver]:
    """The seats to which the 事務局 may move the place today."""
    place = place_of(slot, beside, case, on)
    return routing.receivers(place, steps.plan_of(slot.step_run), case, on)


def reassign(*, slot: Slot, post_id: int, reason: str, before: Decision | None, act: Act) -> bool:
    """担当の付替え. True when the slot's engine task is finished: 専決 that became 決裁."""
    case = steps.case_for(slot.step_run.run, act)
    offered = receivers(slot, slots_beside(slot.pk), case, act.on)
    post = next((each.post for each in offered if each.post.pk == post_id), None)
    problems = {}
    if post is None:
        problems["post"] = _("新しい担当を、一覧から選んでください。")
    if not reason.strip():
        problems["comment"] = _("理由を入力してください。")
    if problems or post is None:
        raise Unanswered(problems)
    step = slot.step_run
    act.say(
        Saying(
            run=step.run,
            step_run=step,
            slot=slot,
            outcome=Outcome.REASSIGNED,
            capacity=act.capacity,
            clause="",
            answer=Answer(comment=reason),
            supersedes=before,
            following=_("%(post)s（前の担当：%(before)s）")
            % {"post": post.title, "before": slot.post.title},
        )
    )
    if _becomes_decision(step, post.role):
        _escalate(slot, SlotState.MOVED, str(_("専決の担当を本部長に付け替えたため")), act)
        return True
    steps.ask_instead(slot, SlotState.MOVED, post, act)
    return False


def _becomes_decision(step: StepRun, role: str) -> bool:
    return step.kind == StepKind.STANDING_DECISION and role == Role.HQ_CHAIR
