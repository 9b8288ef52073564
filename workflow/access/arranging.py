"""あとで and 担当: how people arrange their own work, without a word on any case."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from roles.enums import Basis
from roles.models import holders_of
from workflow.access.answering import holders, may_answer
from workflow.access.permits import Permit, clock, no

if TYPE_CHECKING:
    from datetime import date, datetime

    from roles.models import User
    from workflow.models import Claim, Slot

MOST_DAYS: Final = 31
"""Calendar days for which a task may be put off that has no deadline, or a far one."""


def last_day_off(due_at: datetime | None, at: datetime) -> date | None:
    """The latest day on which a task that is put off comes back; None once it is overdue."""
    latest = localdate(at) + timedelta(days=MOST_DAYS)
    if due_at is None:
        return latest
    due_on = localdate(due_at)
    return min(latest, due_on) if due_on > localdate(at) else None


def problem_of_day(until: date, due_at: datetime | None, at: datetime) -> str:
    """What is wrong with a day to put a task off to; empty when it will do."""
    today, latest = localdate(at), last_day_off(due_at, at)
    if latest is None:
        return _("期限が今日か、すでに過ぎているため、「あとで」にはできません。")
    if until <= today:
        return _("明日以降の日を選んでください。")
    if until > latest:
        shown = calendar.short_date(latest, today)
        if due_at is not None and latest == localdate(due_at):
            return _("期限の%sまでの日を選んでください。期限は延びません。") % shown
        return _("%sまでの日を選んでください。") % shown
    return ""


def may_claim(user: User, slot: Slot, at: datetime) -> Permit:
    """May this person say who sees to the slot? Those who may answer it for a shared seat."""
    permit = may_answer(user, slot, at)
    if not permit:
        return permit
    if permit.capacity is not None and permit.capacity.basis != Basis.OWN:
        return no(_("担当を決めるのは、その席にある方です。代理の方は、そのまま判断できます。"))
    if not slot.post.is_shared:
        return no(_("%sは1人の席のため、担当を決める必要はありません。") % slot.post.title)
    return permit


def claimants(slot: Slot, at: datetime) -> list[User]:
    """The holders of the seat who may answer the slot today, in the order of their numbers."""
    able = {each.person.pk: each.person for each in holders(slot, at) if each.basis == Basis.OWN}
    return [able[key] for key in sorted(able)]


def standing_claim(claim: Claim | None, slot: Slot, on: date) -> Claim | None:
    """The claim of somebody who still holds the seat; that of anybody else counts no more."""
    if claim is None:
        return None
    seated = holders_of([slot.post_id], on)[slot.post_id]
    return claim if claim.person_id in {each.person.pk for each in seated} else None


def claimed_by(claim: Claim) -> str:
    """関 航平さんが 11/25 10:42 から担当しています。"""
    shown = {"name": claim.person.name, "when": clock(claim.claimed_at)}
    return _("%(name)sさんが %(when)s から担当しています。") % shown
