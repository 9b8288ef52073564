"""Taking mails under a lease and settling them. Leases run by the database's clock."""

from __future__ import annotations

from datetime import timedelta
from random import uniform
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from django.db.models import Case, F, PositiveSmallIntegerField, When
from django.utils import timezone

from notifications.enums import DeliveryState, Reason
from notifications.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

TABLE: Final[Any] = Delivery._meta  # noqa: SLF001 -- documented by Django
LEASE: Final = timedelta(minutes=5)
"""After this another sweeper takes over from one that died."""

MAX_ATTEMPTS: Final = 40
"""With these pauses a server that says "later" is asked for more than a day."""

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)
"""Pauses double with each attempt up to this: 30 s, 1, 2, 4 … 32 minutes, then one hour."""

JITTER: Final = 0.25
"""Each pause is up to this part shorter or longer."""

MAX_LOSSES: Final = 6
"""A mail that took its sweeper down so often is not tried any more."""


def database_now() -> datetime:
    """The one clock that all hosts share. SQLite has no other host: there it is our own."""
    if connection.vendor != "postgresql":
        return timezone.now()  # noqa: TID251 -- the database's host is this one
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def claim(*, worker: str, at: datetime, limit: int) -> list[int]:
    """Take up to ``limit`` mails that are due; the attempt counts from here."""
    now = database_now()
    _bury_the_deadly(now)
    lease = {
        "state": DeliveryState.SENDING,
        "lease_by": worker,
        "lease_until": now + LEASE,
        "attempts": F("attempts") + 1,
        "losses": Case(
            When(state=DeliveryState.SENDING, then=F("losses") + 1),
            default=F("losses"),
            output_field=PositiveSmallIntegerField(),
        ),
    }
    with transaction.atomic():  # SQLite locks no rows: there it keeps every other writer out
        due = Delivery.objects.due(at, now).select_for_update(skip_locked=True, no_key=True)
        taken = list(due.values_list("pk", flat=True)[:limit])
        Delivery.objects.filter(pk__in=taken).update(**lease)
    return taken


def is_anything_due(at: datetime) -> bool:
    """Whether it is worth to open a line to the mail server."""
    return Delivery.objects.due(at, database_now()).exists()


def is_ours(delivery: Delivery, worker: str) -> bool:
    """Whether the lease still holds; until the transaction ends nobody takes the mail over."""
    mine = Delivery.objects.leased_to(worker).filter(pk=delivery.pk)
    return mine.select_for_update(no_key=True).exists()


def settle(delivery: Delivery, worker: str, **fields: Any) -> bool:
    """Write how it went, if the mail is still ours. A secret's words go with it."""
    if delivery.is_secret and fields.get("state") != DeliveryState.QUEUED:
        fields |= {"text": "", "html": "", "subject": ""}
    return _write(delivery.pk, worker, {**fields, "lease_by": "", "lease_until": None})


def _write(pk: int, worker: str, fields: dict[str, Any]) -> bool:
    """``leased_to(worker).filter(pk=pk).update(**fields)``, spelled here.

    Django takes three times as long for it, at every single mail.
    """
    columns = [(TABLE.get_field(name), value) for name, value in fields.items()]
    assigned = ", ".join(f'"{column.column}" = %s' for column, _value in columns)
    values = [column.get_db_prep_save(value, connection) for column, value in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{TABLE.db_table}" SET {assigned} '  # noqa: S608 -- names of our columns
            "WHERE id = %s AND state = %s AND lease_by = %s",
            [*values, pk, DeliveryState.SENDING.value, worker],
        )
        return bool(cursor.rowcount)


def postpone(delivery: Delivery, worker: str, *, error: str, at: datetime) -> bool:
    """Try again later, each time after a longer pause; not for ever."""
    if delivery.attempts >= MAX_ATTEMPTS:
        return settle(
            delivery, worker, state=DeliveryState.DEAD, reason=Reason.EXHAUSTED, error=error
        )
    jitter = uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 -- spreads load, guards nothing
    return settle(
        delivery,
        worker,
        state=DeliveryState.QUEUED,
        reason=Reason.LATER,
        error=error,
        due_at=at + pause_after(delivery.attempts) * jitter,
    )


def pause_after(attempts: int) -> timedelta:
    """How long a mail rests that was tried so often."""
    doublings: int = min(attempts - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def release(keys: Collection[int], worker: str) -> None:
    """Give back what was taken and not tried; it costs no attempt."""
    Delivery.objects.leased_to(worker).filter(pk__in=keys).update(
        state=DeliveryState.QUEUED, attempts=F("attempts") - 1, lease_by="", lease_until=None
    )


def _bury_the_deadly(now: datetime) -> None:
    """A mail whose sweepers died again and again is not tried for ever; no secret outlives it."""
    deadly = Delivery.objects.filter(
        state=DeliveryState.SENDING, lease_until__lt=now, losses__gte=MAX_LOSSES - 1
    )
    with transaction.atomic():
        deadly.filter(is_secret=True).update(subject="", text="", html="")
        deadly.update(
            state=DeliveryState.DEAD, reason=Reason.WORKER_LOST, lease_by="", lease_until=None
        )
