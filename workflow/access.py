"""Who may act, now, and why not: the one predicate behind every button, verb and refusal.

A verb asks inside its lock; a page asks before it draws a button. The same answer carries the
reason that a person reads (「なぜ押せない?」).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.access import authors_of, granted
from bpr_projects.enums import IN_DECISION, Phase, Stage
from roles.enums import Basis, Role
from roles.grants import permits
from roles.models import capacities_of, holders_of
from roles.permissions import Perm
from workflow.enums import (
    CYCLE_KINDS,
    DeputyPolicy,
    Outcome,
    RunKind,
    RunState,
    SlotState,
    StepKind,
)
from workflow.models import Decision, Run, Seen, Slot, StepRun
from workflow.outcomes import PULLABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bpr_projects.models import CycleEntry, Project
    from roles.models import Capacity, User


@dataclass(frozen=True)
class Permit:
    """Yes with the capacity in which, or no with the reason. Truthy when allowed."""

    allowed: bool
    reason: str = ""
    capacity: Capacity | None = None

    def __bool__(self) -> bool:
        return self.allowed


def no(reason: str) -> Permit:
    """A refusal with its reason."""
    return Permit(allowed=False, reason=reason)


def yes(capacity: Capacity | None = None) -> Permit:
    """An allowance, in a capacity where there is one."""
    return Permit(allowed=True, capacity=capacity)


OWN_WORK: Final = CYCLE_KINDS | {StepKind.REVISION}
"""Steps that belong to the authors; everywhere else authors are excluded."""


def said_by(decision: Decision) -> str:
    """「財政課長 佐藤 誠さんが 11/16 10:42 に差し戻しました」, for refusals and banners."""
    return _("%(post)s %(name)sさんが %(when)s に「%(outcome)s」としました。") % {
        "post": decision.post.title,
        "name": decision.decided_by.name,
        "when": clock(decision.decided_at),
        "outcome": decision.get_outcome_display(),
    }


def clock(moment: datetime) -> str:
    """Local month, day and time, as refusals tell it."""
    local = localtime(moment)
    return f"{local.month}/{local.day} {local:%H:%M}"


def holders(slot: Slot, at: datetime) -> list[Capacity]:
    """Who may act for the slot's post at this moment, without those in conflict of interest."""
    found = holders_of([slot.post_id], localdate(at))[slot.post_id]
    if slot.step_run.kind in OWN_WORK or slot.step_run.project is None:
        return found
    excluded = authors_of(slot.step_run.project)
    return [each for each in found if each.person.pk not in excluded]


def may_answer(user: User, slot: Slot, at: datetime) -> Permit:
    """May this person answer this open step now, and for which post?"""
    capacities = capacities_of(user, localdate(at))
    if not any(each.post.pk == slot.post_id for each in capacities):
        return no(not_yours(slot.post.title, [each.person.name for each in holders(slot, at)]))
    project = slot.step_run.project
    other = (
        Decision.objects.filter(step_run=slot.step_run, decided_by=user)
        .exclude(slot=slot)
        .exclude(outcome=Outcome.SKIPPED)
        .select_related("post")
        .first()
    )
    return permit_to_answer(
        user,
        slot,
        capacities=capacities,
        authors=authors_of(project) if project is not None else frozenset(),
        answered_as=other.post.title if other else "",
    )


def permit_to_answer(
    user: User,
    slot: Slot,
    *,
    capacities: list[Capacity],
    authors: frozenset[int],
    answered_as: str,
) -> Permit:
    """The rule of ``may_answer`` on facts that were read before; pages read them all at once."""
    capacity = next((each for each in capacities if each.post.pk == slot.post_id), None)
    if capacity is None:
        return no(not_yours(slot.post.title, []))
    if slot.step_run.kind not in OWN_WORK and slot.step_run.project is not None:
        conflict = _conflict(user, slot.step_run.project, capacities, authors)
        if conflict:
            return no(conflict)
    if answered_as:
        return no(_("この段階では、すでに別の立場（%s）で回答しています。") % answered_as)
    if (
        capacity.basis == Basis.DEPUTY
        and slot.step_run.snapshot.get("deputy") == DeputyPolicy.NEVER
    ):
        return no(_("この決裁は、規則により代理の方は行えません。"))
    return yes(capacity)


def _conflict(
    user: User, project: Project, capacities: list[Capacity], authors: frozenset[int]
) -> str:
    if user.pk in authors:
        return _("ご自身が提案した案件のため、判断できません。")
    deputised = {each.post.pk for each in capacities if each.basis == Basis.DEPUTY}
    if project.proposer_post_id in deputised:
        return _("提案者の代理をしているため、この案件は判断できません。")
    return ""


def not_yours(title: str, names: list[str]) -> str:
    """Who holds the seat that is asked, for everybody else."""
    if not names:
        return _("この段階の担当は %s ですが、いまは空席です。") % title
    shown = {"post": title, "names": "、".join(names)}
    return _("いまの担当は %(post)s（%(names)s）です。") % shown


def may(user: User, verb: str, project: Project, at: datetime) -> Permit:
    """May this person do this to the case now? ``verb`` is a key of ``VERBS``."""
    return VERBS[verb](user, project, at)


def _edit_draft(user: User, project: Project, at: datetime) -> Permit:
    if project.stage not in (Stage.DRAFT, Stage.RETURNED):
        return no(_("提出済み（%s）のため、編集できません。") % project.get_stage_display())
    for each in capacities_of(user, localdate(at)):
        if each.post.pk == project.proposer_post_id:
            return yes(each)
    if user.pk == project.proposer_id:
        return yes()
    if granted(user, "bpr_projects.edit_draft").filter(pk=project.pk).exists():
        return yes()
    return no(_("編集できるのは、提案者（%s さん）と共同提案者です。") % project.proposer.name)


def _submit(user: User, project: Project, at: datetime) -> Permit:
    permit = _edit_draft(user, project, at)
    if not permit:
        return permit
    for each in capacities_of(user, localdate(at)):
        if each.post.pk == project.proposer_post_id:
            return yes(each)
    return no(_("提出できるのは、%s の職にある方です。") % project.proposer_post.title)


def _withdraw(user: User, project: Project, at: datetime) -> Permit:
    asked = project.stage == Stage.RUNNING and open_question(project) is not None
    pulled_back = project.stage == Stage.DRAFT and project.number is not None
    if not (asked or pulled_back or project.stage in IN_DECISION | {Stage.RETURNED}):
        return no(_("「%s」の案件は取り下げられません。") % project.get_stage_display())
    for each in capacities_of(user, localdate(at)):
        if each.post.pk == project.proposer_post_id or (asked and _leads(each, project)):
            return yes(each)
    return no(_("取り下げできるのは、提案者です。"))


def _leads(capacity: Capacity, project: Project) -> bool:
    post = capacity.post
    return post.role == Role.DX_LEADER and post.section_id == project.section_id


def open_question(project: Project) -> Run | None:
    """The change, stop, roll-out or completion that is being decided now, if there is one."""
    return Run.objects.filter(project=project, kind=RunKind.APPROVAL, state=RunState.OPEN).first()


def _close_region(user: User, project: Project, at: datetime) -> Permit:
    if not StepRun.objects.filter(
        project=project, kind=StepKind.REVIEW, closed_at__isnull=True
    ).exists():
        return no(_("審査中の案件ではありません。"))
    return permit_to_close_region(capacities_of(user, localdate(at)))


def permit_to_close_region(capacities: list[Capacity]) -> Permit:
    """The rule of 締切 for a case whose region is known to be open."""
    for each in capacities:
        if permits([each], Perm.CLOSE_REGION):
            return yes(each)
    return no(_("審査を締め切れるのは、PT長と事務局です。"))


def _with_perm(perm: Perm, stages: frozenset[Stage], label: str) -> Callable[..., Permit]:
    def predicate(user: User, project: Project, at: datetime) -> Permit:
        if project.stage not in stages:
            return no(_("「%s」の案件では行えません。") % project.get_stage_display())
        for each in capacities_of(user, localdate(at)):
            if permits([each], perm):
                return yes(each)
        return no(label)

    return predicate


def _pull_back(user: User, project: Project, at: datetime) -> Permit:
    run = Run.objects.filter(project=project, ended_at=None, step__isnull=False).first()
    last = last_act(run) if run else None
    seen = (
        Seen.objects.filter(slot__step_run=run.step_id).select_related("person").first()
        if run and last
        else None
    )
    opened = (seen.person.name, seen.seen_at) if seen else None
    return permit_to_pull_back(user, last, opened, capacities_of(user, localdate(at)))


def permit_to_pull_back(
    user: User,
    last: Decision | None,
    opened: tuple[str, datetime] | None,
    capacities: list[Capacity],
) -> Permit:
    """The rule of 引戻し on facts read before. ``opened``: who saw the next step, and when."""
    if last is None:
        return no(_("引き戻せる操作がありません。"))
    if last.decided_by_id != user.pk:
        return no(_("引き戻せるのは、直前に操作した %s さんです。") % last.decided_by.name)
    if opened is not None:
        return no(
            _(
                "%(name)sさんが %(when)s に開いたため、引き戻せません。"
                "事務局に差戻しを依頼してください。"
            )
            % {"name": opened[0], "when": clock(opened[1])}
        )
    for each in capacities:
        if each.post.pk == last.post_id:
            return yes(each)
    return no(_("いまは %s の職にないため、引き戻せません。") % last.post.title)


def last_act(run: Run) -> Decision | None:
    """The act that opened the run's present step, if it is of a kind that may be pulled back."""
    step = run.step
    if step is None:
        return None
    said = Decision.objects.filter(run=run, superseded_by=None).exclude(outcome=Outcome.SKIPPED)
    untouched = (
        not step.slots.exclude(state=SlotState.OPEN).exists()
        and not Decision.objects.filter(step_run=step).exclude(outcome=Outcome.SKIPPED).exists()
    )
    last = said.select_related("decided_by", "post", "step_run").order_by("-pk").first()
    return pullable(step, last) if untouched else None


def pullable(step: StepRun, last: Decision | None) -> Decision | None:
    """The last act, if the step that it opened (untouched since) lets it be taken back."""
    if step.closed_at is not None or step.snapshot.get("reopened"):
        return None
    if last is None or last.outcome in (Outcome.PULLED_BACK, Outcome.CLOSED):
        return None
    if last.step_run is None:
        return last if last.outcome == Outcome.SUBMITTED else None
    return last if last.step_run.kind in PULLABLE else None


def _observe(user: User, project: Project, at: datetime) -> Permit:
    if project.stage != Stage.RUNNING:
        return no(_("実行中の案件ではないため、記録できません。"))
    for each in capacities_of(user, localdate(at)):
        if each.post.section_id == project.section_id or permits([each], Perm.RECEIVE_PROJECT):
            return yes(each)
    return no(_("観察を記録できるのは、所管課の職員と事務局です。"))


def _halt(user: User, project: Project, at: datetime) -> Permit:
    entry = halting(project)
    if entry is None:
        return no(_("止められる意思決定がありません。"))
    since = calendar.business_days_between(localdate(entry.recorded_at), localdate(at)) - 1
    if since > HALT_DAYS:
        return no(_("記録から%s営業日を過ぎたため、止められません。") % HALT_DAYS)
    for each in capacities_of(user, localdate(at)):
        if each.post.role == Role.SECTION_HEAD and each.post.section_id == project.section_id:
            return yes(each)
    return no(_("止められるのは、所管課の所属長です。"))


HALT_DAYS: Final = 2
"""Business days in which the 所属長 may stop what was decided inside the bounds."""


def halting(project: Project) -> CycleEntry | None:
    """The decision inside the bounds that is being acted on, if there is one."""
    run = (
        Run.objects.filter(project=project, kind=RunKind.CYCLE, state=RunState.OPEN)
        .select_related("step", "cycle")
        .first()
    )
    if run is None or run.cycle is None or run.step is None or run.step.kind != StepKind.ACT:
        return None
    last = run.cycle.entries.filter(phase=Phase.DECIDE).order_by("-pk").first()
    return last if last is not None and last.within_bounds else None


VERBS: Final[dict[str, Callable[[User, Project, datetime], Permit]]] = {
    "edit": _edit_draft,
    "submit": _submit,
    "withdraw": _withdraw,
    "pull_back": _pull_back,
    "abandon": _with_perm(
        Perm.ABANDON_PROJECT,
        IN_DECISION | {Stage.RETURNED},
        "廃案の手続きができるのは、事務局です。",
    ),
    "close_region": _close_region,
    "observe": _observe,
    "halt": _halt,
}
"""Verb -> predicate. What is not a step's answer is here."""


def open_slots(step: StepRun) -> list[Slot]:
    """Slots of a step that nobody has answered yet, with their posts."""
    return list(step.slots.filter(state=SlotState.OPEN).select_related("post", "step_run__project"))


def holds(user: User, post_id: int, at: datetime) -> Permit:
    """Is this person, today, the holder or deputy of the post?"""
    for each in capacities_of(user, localdate(at)):
        if each.post.pk == post_id:
            return yes(each)
    return no(_("担当の職にありません。"))
