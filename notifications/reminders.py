"""Deadlines of the OODA cycles, and steps that nobody may answer: what a sweep finds out.

A deadline is told one business day before, and once when it has passed.

A sweep over the open work; running it twice, or late, tells nobody twice.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate

from bpr_projects.calendar import JST, add_business_days, is_business_day
from notifications import outbox
from notifications.catalogue import NOTICES
from notifications.enums import Event
from notifications.models import OutboxMessage
from notifications.outbox import Fact
from workflow import access
from workflow.charts import closing_days
from workflow.enums import CYCLE_KINDS, DeadlineAction
from workflow.models import WorkItem

if TYPE_CHECKING:
    from datetime import date

MORNING: Final = time(8, 30)
"""Nobody is reminded before the office opens."""


def remind(*, at: datetime) -> int:
    """Write the reminders that are due on this day, unless the city hall is closed.

    The 事務局 hears once of each step for which nobody is left who may answer. Returns how many are
    new.
    """
    today, closures = localdate(at), closing_days()
    if not is_business_day(today, closures):
        return 0
    horizon = add_business_days(today, 1, closures)
    items = (
        WorkItem.objects.filter(kind__in=CYCLE_KINDS, is_paused=False)
        .filter(due_at__lt=datetime.combine(horizon, time.max, JST))
        .select_related("step_run")
        .order_by("pk")
    )
    facts = [
        _fact(item, item.due_at, today)
        for item in items
        if item.due_at is not None and item.step_run.at_deadline != DeadlineAction.NOTHING
    ]
    facts += [outbox.unheld(slot) for slot in access.unheld(at)]
    told = set(
        OutboxMessage.objects.filter(fact__in=[fact.key for fact in facts]).values_list(
            "fact", flat=True
        )
    )
    fresh = [fact for fact in facts if fact.key not in told]
    outbox.post(fresh, at=at, hold_until=datetime.combine(today, MORNING, JST))
    return len(fresh)


def _fact(item: WorkItem, due_at: datetime, today: date) -> Fact:
    """One fact a work item, deadline and kind of reminder."""
    due_on = localdate(due_at)
    event = Event.CYCLE_OVERDUE if today > due_on else Event.CYCLE_DUE
    return Fact(
        event=event,
        key=f"{event.lower()}:{item.pk}:{due_on:%Y%m%d}",
        addressees=NOTICES[event].recipients(item),
        project_id=item.project_id,
        run_id=item.step_run.run_id,
    )
