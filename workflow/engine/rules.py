"""A version of a route on its way: 提出, 再提出, 引戻し and 取下げ. It is answered as a case is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from viewflow.workflow.models import Process

from workflow import access
from workflow.actions import answers, route_versions, submission, undo
from workflow.actions.acts import Saying
from workflow.actions.answers import last_of
from workflow.actions.refusals import AlreadyDone, NotFound, Refusal
from workflow.engine.locking import locked, refusing, run_of, slot_of
from workflow.engine.settling import act_of, allowed, settle
from workflow.engine.tokens import cancel_tasks, execute, reopen
from workflow.enums import Outcome, RunKind, RunState, SlotState, StepKind
from workflow.flows import ApprovalFlow
from workflow.models import Route, Run
from workflow.routing import findings_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from roles.models import User
    from workflow.outcomes import Answer
    from workflow.routing import Finding


class Unclean(Refusal):
    """The version does not stand up to the checks; ``findings`` say where."""

    status = 422

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(_("直すところが%sか所あるため、提出できません。") % len(findings))


def propose_route(*, route: Route, draft_version: int, by: User, at: datetime) -> Run:
    """提出 of a clean draft: its text is frozen, and the route of rules begins."""
    with refusing(), transaction.atomic():
        act = act_of(by, at, allowed(access.may_write_rules(by, at)))
        route = route_versions.write(route, draft_version, by)
        if Run.objects.filter(rule=route, state=RunState.OPEN).exists():
            raise Refusal(_("差戻しに応じて直した案は、「再提出する」から出してください。"))
        _clean(route, act.on)
        run = Run.objects.create(
            kind=RunKind.APPROVAL,
            rule=route,
            revision=route_versions.freeze(route, by, at),
            started_by=by,
            started_at=at,
        )
        act.say(Saying(run=run, outcome=Outcome.SUBMITTED, capacity=act.capacity, clause=""))
        submission.choose_way(run, act)
        ApprovalFlow.submit.run(run=run)
        settle(run, act)
        return run


def propose_route_again(
    *, route: Route, slot_id: int, draft_version: int, comment: str, by: User, at: datetime
) -> Run:
    """再提出 after 差戻し, with the text as it was corrected."""
    with locked(run_of(slot_id, None)) as run:
        slot = slot_of(slot_id, run)
        if run.rule_id != route.pk:
            raise NotFound
        if slot.state != SlotState.OPEN or slot.step_run.kind != StepKind.REVISION:
            raise AlreadyDone(answers.standing(slot))
        act = act_of(by, at, allowed(access.may_answer(by, slot, at)))
        draft = route_versions.write(route, draft_version, by)
        _clean(draft, act.on)
        run.revision = route_versions.freeze(draft, by, at)
        submission.hand_in_again(slot, comment, act)
        execute(slot, by)
        settle(slot.step_run.run, act)
        return run


def pull_back_route(*, route: Route, by: User, at: datetime) -> Run:
    """引戻し of the last act on a version, until a holder of the next seat has seen it."""
    found = Run.objects.filter(rule=route).order_by("-pk").first()
    if found is None:
        raise NotFound
    with locked(found) as run:
        if run.state != RunState.OPEN:
            raise AlreadyDone(last_of(run))
        act = act_of(by, at, allowed(access.may_pull_back(by, run, at)))
        last = undo.pull_back(run, act)
        cancel_tasks(run)
        reopen(run, last)
        settle(run, act)
        return run


def withdraw_route(*, route: Route, answer: Answer, by: User, at: datetime) -> Run:
    """取下げ by the 事務局 before 決裁: the text is a draft again."""
    found = Run.objects.filter(rule=route).order_by("-pk").first()
    if found is None:
        raise NotFound
    with locked(found) as run:
        if run.state != RunState.OPEN:
            raise AlreadyDone(last_of(run))
        act = act_of(by, at, allowed(access.may_write_rules(by, at)))
        undo.stop(run, Outcome.WITHDRAWN, answer, act)
        ApprovalFlow.instance.cancel(Process.objects.get(pk=run.process_id))
        route_versions.reopen(run)
        settle(run, act)
        return run


def _clean(route: Route, today: date) -> None:
    text = route_versions.text_of(route)
    findings = findings_of(text, route_versions.ground_of(text, today))
    if findings:
        raise Unclean(findings)
