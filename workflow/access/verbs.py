"""May this person do this to the case? What is not a step's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.access import authors_of, granted, has_left
from bpr_projects.enums import ADOPTED, IN_DECISION, UNDERWAY, Phase, Stage
from bpr_projects.models import Closure, CycleEntry
from roles.enums import Role
from roles.grants import permits
from roles.models import capacities_of
from roles.permissions import Perm
from workflow.access.conflicts import conflicted
from workflow.access.permits import NO_POST, Permit, clock, no, yes
from workflow.enums import ASIDE, Outcome, RunKind, RunState, SlotState, StepKind
from workflow.models import Decision, Run, Seen, StepRun
from workflow.outcomes import may_be_taken_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from bpr_projects.models import Project
    from roles.models import Capacity, User
    from workflow.models import Slot


def may(user: User, verb: str, project: Project, at: datetime) -> Permit:
    """May this person do this to the case now? ``verb`` is a key of ``VERBS``."""
    return VERBS[verb](user, project, at)


def _edit_draft(user: User, project: Project, at: datetime) -> Permit:
    """Who holds the proposing seat has it as the capacity; who else writes, none."""
    if project.stage not in (Stage.DRAFT, Stage.RETURNED):
        return no(_("提出済み（%s）のため、編集できません。") % project.get_stage_display())
    on = localdate(at)
    capacities = capacities_of(user, on)
    for each in capacities:
        if each.post.pk == project.proposer_post_id:
            return yes(each)
    if has_left(user, capacities, on):
        return no(str(NO_POST))
    if user.pk == project.proposer_id:
        return yes()
    if granted(user, "edit_draft").filter(content_object=project).exists():
        return yes()
    return no(_("編集できるのは、提案者（%s さん）と共同提案者です。") % project.proposer.name)


def _submit(user: User, project: Project, at: datetime) -> Permit:
    permit = _edit_draft(user, project, at)
    if not permit or permit.capacity is not None:
        return permit
    return no(_("提出できるのは、%s の職にある方です。") % project.proposer_post.title)


def _withdraw(user: User, project: Project, at: datetime) -> Permit:
    asked = project.stage == Stage.RUNNING and open_question(project) is not None
    return permit_to_withdraw(project, capacities_of(user, localdate(at)), asked=asked)


def permit_to_withdraw(project: Project, capacities: list[Capacity], *, asked: bool) -> Permit:
    """The rule of 取下げ. ``asked``: a question about the running case is being decided."""
    asked = asked and project.stage == Stage.RUNNING
    pulled_back = project.stage == Stage.DRAFT and project.number is not None
    if not (asked or pulled_back or project.stage in IN_DECISION | {Stage.RETURNED}):
        return no(_("「%s」の案件は取り下げられません。") % project.get_stage_display())
    for each in capacities:
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
    step = (
        StepRun.objects.filter(project=project, kind__in=CLOSABLE, closed_at__isnull=True)
        .select_related("run__project", "run__revision")
        .first()
    )
    if step is None:
        return no(_("締め切れる審査・審議がありません。"))
    if user.pk in conflicted(step.run, localdate(at)):
        return no(_("この案件の提案に関わっている又は手続を辞退しているため、締め切れません。"))
    return permit_to_close_region(capacities_of(user, localdate(at)), StepKind(step.kind))


CLOSABLE: Final = (StepKind.REVIEW, StepKind.DELIBERATION)
"""Steps of a body, which the one entitled may close above the quorum."""


def permit_to_close_region(capacities: list[Capacity], kind: StepKind = StepKind.REVIEW) -> Permit:
    """The rule of 締切: PT長 and 事務局 for the review, the 事務局 for the 本部会議."""
    perm = Perm.CLOSE_REGION if kind == StepKind.REVIEW else Perm.RECEIVE_PROJECT
    for each in capacities:
        if permits([each], perm):
            return yes(each)
    if kind == StepKind.REVIEW:
        return no(_("審査を締め切れるのは、PT長と事務局です。"))
    return no(_("本部会議（持ち回り）を締め切れるのは、事務局です。"))


def _abandon(user: User, project: Project, at: datetime) -> Permit:
    capacities = capacities_of(user, localdate(at))
    is_author = bool(capacities) and user.pk in authors_of(project)
    return permit_to_abandon(project, capacities, is_author=is_author)


def permit_to_abandon(project: Project, capacities: list[Capacity], *, is_author: bool) -> Permit:
    """The rule of 廃案."""
    if project.number is None or project.stage not in IN_DECISION | {Stage.RETURNED, Stage.DRAFT}:
        return no(_("「%s」の案件では行えません。") % project.get_stage_display())
    if is_author:
        return no(_("ご自身が提案した案件は、廃案にできません。取下げをしてください。"))
    for each in capacities:
        if permits([each], Perm.ABANDON_PROJECT):
            return yes(each)
    return no(_("廃案の手続ができるのは、事務局です。"))


def _restrict(user: User, project: Project, at: datetime) -> Permit:
    return _change_readers(user, project, at, wanted=True)


def _unrestrict(user: User, project: Project, at: datetime) -> Permit:
    return _change_readers(user, project, at, wanted=False)


def _change_readers(user: User, project: Project, at: datetime, *, wanted: bool) -> Permit:
    capacities = capacities_of(user, localdate(at))
    is_author = bool(capacities) and user.pk in authors_of(project)
    return permit_to_restrict(project, capacities, is_author=is_author, wanted=wanted)


def permit_to_restrict(
    project: Project, capacities: list[Capacity], *, is_author: bool, wanted: bool
) -> Permit:
    """The rule of 関係者限り, to set it (``wanted``) and to lift it."""
    if project.number is None or project.stage not in UNDERWAY | ADOPTED:
        return no(
            _("「%s」の案件は全職員に公開されないため、行えません。") % project.get_stage_display()
        )
    if project.is_confidential == wanted:
        return no(
            _("この案件は、すでに「関係者限り」です。")
            if wanted
            else _("この案件は、「関係者限り」ではありません。")
        )
    for each in capacities:
        if permits([each], Perm.RESTRICT_PROJECT):
            if is_author:
                return no(_("ご自身が提案した案件の公開の範囲は、事務局のほかの方が決めます。"))
            return yes(each)
    return no(_("公開の範囲を決められるのは、事務局です。"))


def _pull_back(user: User, project: Project, at: datetime) -> Permit:
    run = Run.objects.filter(project=project, ended_at=None, step__isnull=False).first()
    return may_pull_back(user, run, at)


def may_pull_back(user: User, run: Run | None, at: datetime) -> Permit:
    """引戻し of the act that opened the present step of a run, about a case or a rule."""
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
        words = {"name": opened[0], "when": clock(opened[1])}
        sentence = _("%(name)sさんが %(when)s に開いたため、引き戻せません。") % words
        return no(sentence + _instead(last))
    for each in capacities:
        if each.post.pk == last.post_id:
            return yes(each)
    return no(_("いまは %s の職にないため、引き戻せません。") % last.post.title)


def _instead(last: Decision) -> str:
    """What helps when an act can no longer be pulled back; a rule has no 事務局 beside its own."""
    if last.project_id is None:
        return _("直すときは、取り下げるか、担当の方に差戻しを依頼してください。")
    return _("事務局に差戻しを依頼してください。")


def last_act(run: Run) -> Decision | None:
    """The act that opened the run's present step, if it is of a kind that may be pulled back."""
    step = run.step
    if step is None:
        return None
    said = Decision.objects.filter(run=run, superseded_by=None).exclude(outcome__in=ASIDE)
    untouched = (
        not step.slots.exclude(state__in=[SlotState.OPEN, SlotState.MOVED])
        .exclude(decisions__outcome=Outcome.CARRIED_OVER)
        .exists()
        and not Decision.objects.filter(step_run=step).exclude(outcome__in=ASIDE).exists()
    )
    last = said.select_related("decided_by", "post", "step_run").order_by("-pk").first()
    return pullable(step, last) if untouched else None


def pullable(step: StepRun, last: Decision | None) -> Decision | None:
    """The last act, if the step that it opened (untouched since) lets it be taken back."""
    if step.closed_at is not None or step.snapshot.get("reopened"):
        return None
    if last is None:
        return None
    kind = StepKind(last.step_run.kind) if last.step_run is not None else None
    return last if may_be_taken_back(Outcome(last.outcome), kind) else None


def _observe(user: User, project: Project, at: datetime) -> Permit:
    if project.stage != Stage.RUNNING:
        return no(_("実行中の案件ではないため、記録できません。"))
    for each in capacities_of(user, localdate(at)):
        if each.post.section_id == project.section_id or permits([each], Perm.RECEIVE_PROJECT):
            return yes(each)
    return no(_("観察を記録できるのは、所管課の職員と事務局です。"))


def _roll_out(user: User, project: Project, at: datetime) -> Permit:
    if project.stage not in (Stage.RUNNING, Stage.ROLLED_OUT):
        return no(_("「%s」の案件では、横展開を記録できません。") % project.get_stage_display())
    for each in capacities_of(user, localdate(at)):
        if _leads(each, project) or permits([each], Perm.RECEIVE_PROJECT):
            return yes(each)
    return no(_("横展開の状況を記録できるのは、所管課のDX推進リーダーと事務局です。"))


def _halt(user: User, project: Project, at: datetime) -> Permit:
    decided = halting(project)
    closures = Closure.days() if decided else frozenset()
    on = localdate(at)
    return permit_to_halt(project, capacities_of(user, on), decided, on, closures)


def permit_to_halt(
    project: Project,
    capacities: Iterable[Capacity],
    decided: CycleEntry | None,
    on: date,
    closures: frozenset[date],
) -> Permit:
    """The rule on facts that were read before; ``decided``: see ``halting``."""
    if decided is None:
        return no(_("止められる意思決定がありません。"))
    gone = calendar.business_days_between(localdate(decided.recorded_at), on, closures) - 1
    if gone > HALT_DAYS:
        return no(_("記録から%s営業日を過ぎたため、止められません。") % HALT_DAYS)
    for each in capacities:
        if each.post.role == Role.SECTION_HEAD and each.post.section_id == project.section_id:
            return yes(each)
    return no(_("止められるのは、所管課の所属長です。"))


HALT_DAYS: Final = 2
"""Business days in which the 所属長 may stop what was decided inside the bounds."""


def halting(project: Project) -> CycleEntry | None:
    """The decision inside the bounds that is being acted on, if there is one."""
    acting = Run.objects.filter(
        project=project, kind=RunKind.CYCLE, state=RunState.OPEN, step__kind=StepKind.ACT
    )
    decided = CycleEntry.objects.filter(phase=Phase.DECIDE, cycle__in=acting.values("cycle"))
    last = decided.order_by("-pk").first()
    return last if last is not None and last.within_bounds else None


def _copy(user: User, project: Project, at: datetime) -> Permit:
    return permit_to_copy(project, capacities_of(user, localdate(at)))


def permit_to_copy(project: Project, capacities: list[Capacity]) -> Permit:
    """Again by the proposer's seat when it ended; what was adopted, for whoever may propose."""
    if project.stage not in COPYABLE:
        return no(
            _("「%s」の案件は、まだ決まっていないため複製できません。")
            % project.get_stage_display()
        )
    for each in capacities:
        if each.post.pk == project.proposer_post_id:
            return yes(each)
    for each in capacities:
        if permits([each], Perm.PROPOSE_PROJECT) and project.stage in ADOPTED:
            return yes(each)
    if project.stage in ADOPTED:
        return no(_("複製できるのは、提案を書ける職（DX推進リーダー等）の方です。"))
    return no(
        _("採択されずに終わった案件を複製できるのは、%s の職にある方です。")
        % project.proposer_post.title
    )


COPYABLE: Final = ADOPTED | {Stage.NOT_ADOPTED, Stage.WITHDRAWN, Stage.ABANDONED}
"""Stages of cases that were decided or ended without it."""


VERBS: Final[dict[str, Callable[[User, Project, datetime], Permit]]] = {
    "edit": _edit_draft,
    "submit": _submit,
    "withdraw": _withdraw,
    "pull_back": _pull_back,
    "abandon": _abandon,
    "restrict": _restrict,
    "unrestrict": _unrestrict,
    "copy": _copy,
    "close_region": _close_region,
    "observe": _observe,
    "roll_out": _roll_out,
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
