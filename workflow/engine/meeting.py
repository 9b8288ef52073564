"""Conditions of an adoption: its owner's report, and the check of the 事務局.

They hold the condition's row; the case goes on meanwhile, so they are no rows of the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from workflow import access
from workflow.actions.refusals import AlreadyDone, NotFound
from workflow.engine.locking import refusing
from workflow.engine.settling import allowed
from workflow.models import Condition, ConditionReport
from workflow.signals import condition_checked, condition_reported

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Project
    from roles.models import User


def report_condition(
    *, condition_id: int, project: Project, text: str, by: User, at: datetime
) -> ConditionReport:
    """Say what was done. One report waits at a time; the same click is the same report."""
    with refusing(), transaction.atomic():
        condition = _locked(condition_id, project)
        allowed(access.may_report(by, condition, at))
        last = _last(condition)
        if last is not None and last.is_enough is None:
            if (last.reported_by_id, last.text) == (by.pk, text):
                return last
            raise AlreadyDone(None, access.standing_report(last))
        if last is not None and last.is_enough:
            raise AlreadyDone(None, access.standing_report(last))
        report = ConditionReport.objects.create(
            condition=condition, text=text, reported_by=by, reported_at=at
        )
        condition_reported.send(sender=ConditionReport, report=report, at=at)
        return report


def check_condition(
    *,
    condition_id: int,
    project: Project,
    is_enough: bool,
    reply: str,
    by: User,
    at: datetime,
) -> ConditionReport:
    """Find the report enough, or ask for another one with what is missing."""
    with refusing(), transaction.atomic():
        condition = _locked(condition_id, project)
        last = _last(condition)
        allowed(access.may_check(by, last, at))
        if last is None:
            raise AlreadyDone(None, access.standing_report(last))
        if last.is_enough is not None:
            if (last.checked_by_id, last.is_enough, last.reply) == (by.pk, is_enough, reply):
                return last
            raise AlreadyDone(None, access.standing_report(last))
        last.is_enough, last.reply = is_enough, reply
        last.checked_by, last.checked_at = by, at
        last.save(update_fields=["is_enough", "reply", "checked_by", "checked_at"])
        condition_checked.send(sender=ConditionReport, report=last, at=at)
        return last


def _locked(condition_id: int, project: Project) -> Condition:
    found = (
        Condition.objects.select_for_update(of=("self",))
        .select_related("owner", "project")
        .filter(pk=condition_id, project=project, decision__superseded_by=None)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _last(condition: Condition) -> ConditionReport | None:
    rows = condition.reports.select_related("reported_by", "checked_by", "condition__owner")
    return rows.order_by("-pk").first()
