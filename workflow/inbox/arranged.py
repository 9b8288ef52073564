"""あとで and 担当 of an opened item: how it stands, and what is offered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Subquery
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from roles.enums import Basis
from roles.models import Appointment
from workflow import access
from workflow.models import Slot, Snooze

if TYPE_CHECKING:
    from datetime import date, datetime

    from workflow.inbox.desk import Desk
    from workflow.models import Claim


@dataclass(frozen=True)
class Arranged:
    """``days``: when an item may come back that is put off, each with its words."""

    is_shared: bool
    claim: Claim | None
    is_mine: bool
    put_off: date | None
    days: tuple[tuple[date, str], ...]


def arrangement(desk: Desk) -> dict[str, Any]:
    """What to annotate slots with; ``claim__person`` has to be selected too."""
    on = localdate(desk.at)
    off = Snooze.objects.filter(slot=OuterRef("pk"), person=desk.user, until__gt=on)
    seated = Appointment.objects.in_force(on).filter(
        post=OuterRef("post"), person=OuterRef("claim__person")
    )
    return {"put_off": Subquery(off.values("until")), "claim_stands": Exists(seated)}


def arranged_of(desk: Desk, slot: Slot) -> Arranged:
    """Of a slot that carries ``arrangement``."""
    claim = getattr(slot, "claim", None) if slot.claim_stands else None  # type: ignore[attr-defined]
    held = desk.capacities.get(slot.post_id)
    due_at = slot.step_run.due_at
    is_late = due_at is not None and due_at <= desk.at
    return Arranged(
        is_shared=slot.post.is_shared and held is not None and held.basis == Basis.OWN,
        claim=claim,
        is_mine=claim is not None and claim.person_id == desk.user.pk,
        put_off=None if is_late else slot.put_off,  # type: ignore[attr-defined]
        days=tuple(days_off(due_at, desk.at, desk.load.closures)),
    )


def days_off(
    due_at: datetime | None, at: datetime, closures: frozenset[date]
) -> list[tuple[date, str]]:
    """Tomorrow's office, next week's first, the day of the deadline: those that are before it."""
    today, latest = localdate(at), access.last_day_off(due_at, at)
    if latest is None:
        return []
    tomorrow = calendar.add_business_days(today, 1, closures)
    sunday = today + timedelta(days=6 - today.weekday())
    found = {tomorrow: _("次の開庁日"), calendar.add_business_days(sunday, 1, closures): _("来週")}
    if due_at is not None and latest == localdate(due_at):
        found.setdefault(latest, _("期限の日"))
    return [
        (day, f"{words} {calendar.short_date(day, today)}")
        for day, words in sorted(found.items())
        if today < day <= latest
    ]
