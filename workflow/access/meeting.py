"""Conditions of an adoption: who may report that one is met, and who may find that enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from roles.grants import permits
from roles.models import capacities_of
from roles.permissions import Perm
from workflow.access.permits import Permit, clock, no, yes

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from roles.models import Capacity, User
    from workflow.models import Condition, ConditionReport


def may_report(user: User, condition: Condition, at: datetime) -> Permit:
    """The people of the section that has to meet the condition."""
    return permit_to_report(condition, capacities_of(user, localdate(at)))


def permit_to_report(condition: Condition, capacities: Collection[Capacity]) -> Permit:
    """The rule on facts that were read before."""
    for each in capacities:
        if each.post.section_id == condition.owner_id:
            return yes(each)
    return no(_("報告できるのは、条件を担当する %s の職員です。") % condition.owner.name)


def may_check(user: User, report: ConditionReport | None, at: datetime) -> Permit:
    """The 事務局, but nobody their own report."""
    return permit_to_check(user, report, capacities_of(user, localdate(at)))


def permit_to_check(
    user: User, report: ConditionReport | None, capacities: Collection[Capacity]
) -> Permit:
    """The rule on facts that were read before."""
    for each in capacities:
        if permits([each], Perm.RECEIVE_PROJECT):
            if report is not None and report.reported_by_id == user.pk:
                return no(_("ご自身の報告は、事務局のほかの方が確認します。"))
            return yes(each)
    return no(_("報告を確認できるのは、事務局です。"))


def standing_report(report: ConditionReport | None) -> str:
    """What became of the last report of a condition, for refusals; empty when there is none."""
    if report is None:
        return _("この条件の報告は、まだありません。")
    if report.is_enough is None or report.checked_by is None or report.checked_at is None:
        return _("この条件は、%(name)sさんが %(when)s に報告し、事務局の確認を待っています。") % {
            "name": report.reported_by.name,
            "when": clock(report.reported_at),
        }
    sentence = (
        _("この条件の報告は、%(name)sさんが %(when)s に「確認済み」としています。")
        if report.is_enough
        else _("この条件の報告は、%(name)sさんが %(when)s に「再報告のお願い」としています。")
    )
    return sentence % {"name": report.checked_by.name, "when": clock(report.checked_at)}
