"""Deadlines, and steps that nobody may answer: what a sweep over the open work finds out.

A deadline is told on the business day before it, on its day and once when it has passed; then the
post that the rule of the step names is told as well. Days of a 保留 do not count.

Running the sweep twice, late or twice at once tells nobody twice. Work that cannot be told of is
named to the 事務局 and never keeps the others waiting; so is a 保留 that should have ended.
"""

from __future__ import annotations

import logging
from datetime import datetime, time
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from django.db.models import Exists, OuterRef
from django.utils.timezone import localdate

from bpr_projects.calendar import JST, add_business_days, is_business_day
from notifications import outbox
from notifications.catalogue import MORNING, NOTICES, event_on
from notifications.enums import Event, MessageState
from notifications.models import OutboxMessage
from notifications.outbox import Fact
from notifications.recipients import Delay
from roles.models import read_all_once
from workflow import access
from workflow.actions.lateness import told_when_late
from workflow.charts import closing_days
from workflow.enums import DeadlineAction
from workflow.models import WorkItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import date

    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

AT_ONCE: Final = 500
"""Rows that are looked at together."""

Due: TypeAlias = "tuple[int, datetime | None, datetime]"
"""Key of a work item, when it is due, when it was opened."""


def remind(*, at: datetime) -> int:
    """Write the reminders that are due on this day, unless the city hall is closed.

    The 事務局 hears once of each step for which nobody is left who may answer. Returns how many are
    new.
    """
    today, closures = localdate(at), closing_days()
    if not is_business_day(today, closures):
        return 0
    with read_all_once(today):
        return _remind(today, closures, at)


def _remind(today: date, closures: frozenset[date], at: datetime) -> int:
    morning = datetime.combine(today, MORNING, JST)
    horizon = datetime.combine(add_business_days(today, 1, closures), time.max, JST)
    due = WorkItem.objects.filter(is_paused=False, due_at__lt=horizon).order_by("pk")
    due = due.exclude(Exists(_asked_later(at)))
    rows = due.values_list("pk", "due_at", "opened_at").iterator(chunk_size=AT_ONCE)
    count = 0
    while some := list(islice(rows, AT_ONCE)):
        facts = list(_facts(_keys(some, today), today))
        outbox.post(facts, at=at, not_before=morning)
        count += len(facts)
    stuck = [outbox.unheld(slot) for slot in access.unheld(at)] + list(_not_resumed(today))
    told = _told([fact.key for fact in stuck])
    fresh = [fact for fact in stuck if fact.key not in told]
    outbox.post(fresh, at=at, not_before=morning)
    return count + len(fresh)


def _asked_later(at: datetime) -> QuerySet[OutboxMessage]:
    """The request for a work item that itself still waits, for a 発表日時 say."""
    return OutboxMessage.objects.filter(
        slot=OuterRef("slot"),
        event=Event.YOUR_TURN,
        state=MessageState.PENDING,
        reason="",
        hold_until__gt=at,
    )


def _not_resumed(today: date) -> Iterator[Fact]:
    """Whose 保留 was over before this day and stands all the same: once a step."""
    left = WorkItem.objects.filter(is_paused=True, step_run__paused_until__lt=today)
    by_step = {item.step_run: item for item in left.select_related("step_run").order_by("-pk")}
    for step, item in by_step.items():
        key = f"not_resumed:{step.pk}:{step.paused_until:%Y%m%d}"
        yield _fact(Event.NOT_RESUMED, key, item, item)


def _keys(rows: Iterable[Due], today: date) -> dict[str, int]:
    """Key of the reminder -> work item. What was opened today was told today."""
    found = {}
    for pk, due_at, opened_at in rows:
        assert due_at is not None  # noqa: S101 -- without a deadline it is not among them
        due_on = localdate(due_at)
        event = event_on(today, due_on)
        if event != Event.DUE_SOON or localdate(opened_at) < today:
            found[f"{event.lower()}:{pk}:{due_on:%Y%m%d}"] = pk
    return found


def _told(keys: Collection[str]) -> set[str]:
    return set(OutboxMessage.objects.filter(fact__in=keys).values_list("fact", flat=True))


def _facts(keys: Mapping[str, int], today: date) -> Iterator[Fact]:
    """What was not told yet; of work that was answered meanwhile nothing."""
    told = _told(keys)
    fresh = {key: pk for key, pk in keys.items() if key not in told}
    items = (
        WorkItem.objects.select_related(
            "step_run__run__revision", "step_run__run__project__section"
        )
        .defer("step_run__run__plan", "step_run__run__project__sheet")
        .in_bulk(list(fresh.values()))
    )
    asked = _asked({item.step_run_id for item in items.values()})
    for key, item in ((key, items[pk]) for key, pk in fresh.items() if pk in items):
        facts: list[Fact] = []
        try:
            facts.extend(_of(item, key, today, asked.get(item.step_run_id, ())))
        except Exception:
            logger.exception("a reminder of slot %s cannot be written", item.pk)
            # Under the key of the reminder itself where there is none: it is tried once.
            of_failure = f"not_reminded:{key}" if facts else key
            facts.append(_fact(Event.NOT_REMINDED, of_failure, item, item))
        yield from facts


def _asked(steps: Collection[int]) -> Mapping[int, set[int]]:
    """Step -> the posts that it waits for."""
    found: dict[int, set[int]] = {}
    rows = WorkItem.objects.filter(step_run__in=steps).values_list("step_run", "post")
    for step, post in rows:
        found.setdefault(step, set()).add(post)
    return found


def _of(item: WorkItem, key: str, today: date, asked: Collection[int]) -> Iterator[Fact]:
    """What is told of a work item; nothing where the rule of its step says so."""
    step = item.step_run
    if item.due_at is None or step.at_deadline == DeadlineAction.NOTHING:
        return
    due_on = localdate(item.due_at)
    event = event_on(today, due_on)
    yield _fact(event, key, item, item)
    if event == Event.OVERDUE and (posts := told_when_late(step, today)):
        of_step = f"delay_told:{step.pk}:{due_on:%Y%m%d}"
        yield _fact(Event.DELAY_TOLD, of_step, item, Delay(step, posts, asked))


def _fact(event: Event, key: str, item: WorkItem, about: WorkItem | Delay) -> Fact:
    return Fact(
        event=event,
        key=key,
        addressees=NOTICES[event].recipients(about),
        project_id=item.project_id,
        run_id=item.step_run.run_id,
    )
