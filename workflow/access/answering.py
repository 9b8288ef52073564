"""May this person answer this open step?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from roles.enums import Basis
from roles.models import Capacity, User, capacities_of, held_by, holders_of
from workflow.access.conflicts import approved_in, conflicted, is_conflicted
from workflow.access.permits import Permit, no, yes
from workflow.access.standing import acting, is_decision, standing_at
from workflow.enums import ASIDE, DECIDING_KINDS, OWN_WORK, DeputyPolicy, Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bpr_projects.models import Project
    from roles.models import Held
    from workflow.models import Slot, StepRun


def holders(slot: Slot, at: datetime) -> list[Capacity]:
    """Who may act for the slot's post at this moment: nobody in conflict, no deputy where none.

    At a decision that nobody of the seat attends, the holder who may come back goes first, then
    whoever stands in.
    """
    on = localdate(at)
    seated = holders_of([slot.post_id], on)[slot.post_id]
    found = [each for each in seated if slot.step_run.admits(each.basis)]
    if slot.step_run.kind in OWN_WORK:
        return found
    excluded = conflicted(slot.step_run.run, on)
    stand_ins = standing_at([slot], on).get(slot.pk, frozenset())
    people = User.objects.filter(pk__in=stand_ins).order_by("pk") if stand_ins else ()
    return [
        *(each for each in found if each.person.pk not in excluded),
        *(Capacity(slot.post, person, Basis.ACTING) for person in people),
    ]


def may_answer(user: User, slot: Slot, at: datetime, held: Held | None = None) -> Permit:
    """May this person answer this open step now, and for which post?

    ``held``: the person's posts of the day, for verbs that asked before they took the lock.
    """
    on, step = localdate(at), slot.step_run
    held = held or held_by(user, on)
    capacity = held.capacity(user, slot.post)
    stand_ins = frozenset[int]()
    if slot.post_id not in held.own and is_decision(step):
        stand_ins = standing_at([slot], on).get(slot.pk, stand_ins)
        if user.pk in stand_ins:
            capacity = acting(slot, user, on)
    if capacity is None:
        return no(not_yours(slot.post.title, [each.person.name for each in holders(slot, at)]))
    said = _said_by(user, step.run_id)
    capacities = [capacity]
    excluded: frozenset[int] = frozenset()
    if step.kind not in OWN_WORK and is_conflicted(
        user, held, step.run, frozenset(each["outcome"] for each in said), on
    ):
        excluded, capacities = frozenset({user.pk}), capacities_of(user, on)
    is_deputy_above = capacity.basis == Basis.DEPUTY and step.kind in ABOVE
    return permit_to_answer(
        user,
        slot,
        capacities=capacities,
        conflicted=excluded,
        answered_as=next(
            (each["post__title"] for each in said if _is_elsewhere(each, slot)),
            "",
        ),
        approved=approved_in(step.run) if is_deputy_above else frozenset(),
        stand_ins=stand_ins,
        has_recused=any(each["outcome"] == Outcome.RECUSED for each in said),
    )


def _said_by(user: User, run_id: int) -> Sequence[Mapping[str, Any]]:
    """What this person did in a run, not counting what a rule did or what moved no case."""
    said = Decision.objects.filter(run=run_id, decided_by=user).exclude(outcome__in=ASIDE)
    return list(said.values("outcome", "step_run", "slot", "post__title"))


def _is_elsewhere(said: Mapping[str, Any], slot: Slot) -> bool:
    """In the same step, for another seat."""
    return bool(said["step_run"] == slot.step_run_id and said["slot"] != slot.pk)


ABOVE: Final = DECIDING_KINDS | {StepKind.APPROVAL}
"""Steps that somebody who approved below may not answer as a deputy."""


def permit_to_answer(
    user: User,
    slot: Slot,
    *,
    capacities: list[Capacity],
    conflicted: frozenset[int],
    answered_as: str,
    approved: frozenset[int] = frozenset(),
    stand_ins: frozenset[int] = frozenset(),
    has_recused: bool = False,
) -> Permit:
    """The rule of ``may_answer`` on facts that were read before; pages read them all at once.

    ``approved``: who said yes below, see ``approved_in``. ``stand_ins``: see ``standing_at``.
    ``has_recused``: who asks did.
    """
    capacity = _capacity_at(slot, user, capacities, stand_ins)
    if capacity is None:
        return no(not_yours(slot.post.title, []))
    project = slot.step_run.project
    if slot.step_run.kind not in OWN_WORK and user.pk in conflicted:
        if has_recused:
            return no(_("この案件の手続を辞退しているため、判断できません。"))
        return no(_why_conflicted(user, project, capacities))
    if answered_as:
        return no(_("この段階では、すでに別の立場（%s）で回答しています。") % answered_as)
    if not slot.step_run.admits(capacity.basis):
        return no(_why_not_deputy(slot.step_run))
    is_deputy_above = capacity.basis == Basis.DEPUTY and slot.step_run.kind in ABOVE
    if is_deputy_above and user.pk in approved:
        return no(_("同じ案件を先に承認しているため、上位の職の代理はできません。"))
    return yes(capacity)


def _capacity_at(
    slot: Slot, user: User, capacities: list[Capacity], stand_ins: frozenset[int]
) -> Capacity | None:
    """As the holder, as who stands in, or as a deputy: the first that the step lets answer."""
    of_seat = [each for each in capacities if each.post.pk == slot.post_id]
    if user.pk in stand_ins and not any(each.basis == Basis.ACTING for each in of_seat):
        of_seat.append(Capacity(slot.post, user, Basis.ACTING))
    admitted = (each for each in of_seat if slot.step_run.admits(each.basis))
    return next(admitted, of_seat[0] if of_seat else None)


def _why_not_deputy(step: StepRun) -> str:
    if is_decision(step) and step.deputy != DeputyPolicy.NEVER:
        return _("決裁は、指名された代理の方は行えません。不在のときは、規則の順序で代決します。")
    return _("この決裁は、規則により代理の方は行えません。")


def _why_conflicted(user: User, project: Project | None, capacities: list[Capacity]) -> str:
    if project is None:
        return _("この改正案を書いた方又はその代理の方のため、判断できません。")
    if user.pk == project.proposer_id:
        return _("ご自身が提案した案件のため、判断できません。")
    mine = {each.post.pk: each.basis for each in capacities}
    match mine.get(project.proposer_post_id):
        case Basis.DEPUTY:
            return _("提案者の代理をしているため、この案件は判断できません。")
        case Basis.OWN if not project.proposer_post.is_shared:
            return _("提案した職（%s）にあるため、判断できません。") % project.proposer_post.title
    return _("この案件の提案に関わっているため、判断できません。")


def not_yours(title: str, names: list[str]) -> str:
    """Who holds the seat that is asked, for everybody else."""
    if not names:
        return _("この段階の担当は %s ですが、いまは空席です。") % title
    shown = {"post": title, "names": "、".join(names)}
    return _("いまの担当は %(post)s（%(names)s）です。") % shown
