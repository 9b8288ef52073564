"""お願いする: may somebody who waits ask the holders of an open slot to look at it?

Two rules: who waits (``waits_for``), and when it is polite (``permit_by_clock``). Pages draw the
button from the same two, on what they have read before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import OuterRef, Subquery
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.enums import Stage
from bpr_projects.models import Closure
from roles.enums import Role
from roles.grants import permits
from roles.models import capacities_of
from roles.permissions import Perm
from workflow.access.answering import may_answer
from workflow.access.permits import Permit, no, yes
from workflow.models import Nudge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from bpr_projects.models import Project
    from roles.models import Capacity, User
    from workflow.models import Slot

NUDGE_DAYS: Final = 2
"""Business days from one お願い to the next at the same slot, whoever asks."""


def last_nudge() -> dict[str, Subquery]:
    """What to annotate slots with: when they were last asked to hurry, and by whom."""
    last = Nudge.objects.filter(slot=OuterRef("pk")).order_by("-pk")
    return {
        "nudged_at": Subquery(last.values("asked_at")[:1]),
        "nudged_by": Subquery(last.values("asked_by__family_name")[:1]),
    }


def may_nudge(user: User, slot: Slot, at: datetime) -> Permit:
    """May this person ask the holders of the slot to look at it, however lately it was done?"""
    project, capacities = slot.step_run.project, capacities_of(user, localdate(at))
    permit = waits_for(user, project, capacities) if project else waits_for_rules(capacities)
    if not permit:
        return permit
    if may_answer(user, slot, at):
        return no(_("ご自身の番です。"))
    step = slot.step_run
    late = permit_by_clock(step.due_at, None, at, frozenset(), is_paused=bool(step.paused_since))
    return permit if late else late


def nudged_lately(slot: Slot, at: datetime) -> str:
    """Why the slot is left in peace for now; empty when it may be asked again."""
    last = slot.nudges.order_by("-pk").first()
    return _lately(last.asked_at if last else None, at, Closure.days())


def waits_for(user: User, project: Project, capacities: Iterable[Capacity]) -> Permit:
    """The waiting side: who proposes, who leads the running case, and the 事務局."""
    for each in capacities:
        leads = (
            project.stage == Stage.RUNNING
            and each.post.role == Role.DX_LEADER
            and each.post.section_id == project.section_id
        )
        if each.post.pk == project.proposer_post_id or leads or is_secretariat(each):
            return yes(each)
    if user.pk == project.proposer_id:
        return yes()
    return no(_("確認をお願いできるのは、提案した側の方と事務局です。"))


def waits_for_rules(capacities: Iterable[Capacity]) -> Permit:
    """The waiting side of a rule that is to be decided: the 事務局, which writes them all."""
    for each in capacities:
        if permits([each], Perm.MANAGE_ROUTES):
            return yes(each)
    return no(_("改正案の確認をお願いできるのは、案を出した事務局です。"))


def is_secretariat(capacity: Capacity) -> bool:
    """Whether this is a seat of the 事務局, which keeps every case moving."""
    return permits([capacity], Perm.RECEIVE_PROJECT)


def permit_by_clock(
    due_at: datetime | None,
    nudged_at: datetime | None,
    at: datetime,
    closures: frozenset[date],
    *,
    is_paused: bool,
) -> Permit:
    """Not before the step is over its standard days, and not twice within two business days."""
    if is_paused:
        return no(_("保留中のため、お願いできません。"))
    if due_at is None:
        return no(_("期限のない手続のため、お願いできません。"))
    if at <= due_at:
        until = calendar.short_date(localdate(due_at), localdate(at))
        return no(_("標準の日数のうちです。%sの期限を過ぎると、お願いできます。") % until)
    lately = _lately(nudged_at, at, closures)
    return no(lately) if lately else yes()


def _lately(nudged_at: datetime | None, at: datetime, closures: frozenset[date]) -> str:
    if nudged_at is None:
        return ""
    today, asked_on = localdate(at), localdate(nudged_at)
    again_on = calendar.add_business_days(asked_on, NUDGE_DAYS, closures)
    if today >= again_on:
        return ""
    return _("%(asked)sにお願い済みです。次は%(again)sからです。") % {
        "asked": calendar.short_date(asked_on, today),
        "again": calendar.short_date(again_on, today),
    }
