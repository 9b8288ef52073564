"""引戻し, 取下げ, 廃案 and 停止: what turns back or ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewflow.workflow.models import Process

from workflow import access
from workflow.actions import cycles, undo
from workflow.actions.answers import last_of
from workflow.actions.refusals import AlreadyDone, NotFound
from workflow.engine.locking import FLOWS, locked, open_run
from workflow.engine.settling import act_of, allowed, settle
from workflow.engine.tokens import cancel_tasks, reopen
from workflow.enums import Outcome, RunKind, RunState, StepKind
from workflow.models import Decision, Run

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Project
    from roles.models import User
    from workflow.outcomes import Answer


def pull_back(*, project: Project, by: User, at: datetime) -> Run:
    """引戻し: until a holder of the next station has seen it."""
    with locked(open_run(project)) as run:
        assert run.project is not None  # noqa: S101 -- asked for by project
        permit = allowed(access.may(by, "pull_back", run.project, at))
        act = act_of(by, at, permit)
        last = undo.pull_back(run, act)
        cancel_tasks(run)
        reopen(run, last)
        settle(run, act)
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
    with locked(open_run(project)) as run:
        assert run.project is not None  # noqa: S101 -- asked for by project
        if run.state != RunState.OPEN:
            raise AlreadyDone(last_of(run))
        act = act_of(by, at, allowed(access.may(by, verb, run.project, at)))
        undo.stop(run, outcome, answer, act)
        process = Process.objects.get(pk=run.process_id)
        FLOWS[run.kind].instance.cancel(process)
        settle(run, act)
        return run


def halt(*, project: Project, reason: str, by: User, at: datetime) -> Run:
    """停止: the 所属長 stops what was decided inside the bounds, within two business days."""
    waiting = Run.objects.filter(project=project, kind=RunKind.CYCLE, state=RunState.OPEN).first()
    if waiting is None:
        raise NotFound
    with locked(waiting) as run:
        assert run.project is not None  # noqa: S101 -- cycles belong to cases
        act = act_of(by, at, allowed(access.may(by, "halt", run.project, at)))
        last = Decision.objects.filter(run=run, step_run__kind=StepKind.DECIDE).latest("pk")
        cycles.halt(run, reason, act)
        cancel_tasks(run)
        reopen(run, last)
        settle(run, act)
        return run
