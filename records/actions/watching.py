"""Watch over the ledger: its head goes outside every day, the whole of it is verified every month.

Whatever sweeps calls ``watch``; with zero beats or two the same happens, once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from records import ledger
from records.actions.runs import enqueue
from records.models import BackgroundRun, LedgerCheck
from records.signals import ledger_checked

if TYPE_CHECKING:
    from datetime import datetime

    from records.actions.runs import Progress

CHECK: Final = "ledger-check"
"""Kind of the background run; its subject is the month, ``2026-11``."""

AGAIN: Final = timedelta(days=1)
"""A verification that could not be made is tried anew after a day."""

NOBODY: Final = 0
"""Who asked for a run that nobody asked for."""


def watch(*, at: datetime) -> None:
    """Do what is due of the day and of the month."""
    ledger.anchor_day(settings.ANCHOR_FILE, at=at)
    ask_for_check(at=at)


def ask_for_check(*, at: datetime) -> BackgroundRun | None:
    """Queue the month's verification, unless it is done, under way, or failed just now."""
    month = localdate(at).replace(day=1)
    subject = f"{month:%Y-%m}"
    if LedgerCheck.objects.filter(month=month).exists():
        return None
    asked = BackgroundRun.objects.filter(kind=CHECK, subject=subject)
    if asked.filter(created_at__gt=at - AGAIN).exists():
        return None
    return enqueue(kind=CHECK, subject=subject, by_id=NOBODY, at=at)


def check_month(run: BackgroundRun, progress: Progress, *, at: datetime) -> LedgerCheck:
    """Verify the whole ledger, keep what was found, and tell whoever listens. Once a month."""
    month = localdate(at).replace(year=int(run.subject[:4]), month=int(run.subject[5:]), day=1)
    anchors = settings.ANCHOR_FILE if settings.ANCHOR_FILE.exists() else None
    found = ledger.verify(anchors, progress=progress)
    with transaction.atomic():
        check, is_first = LedgerCheck.objects.get_or_create(
            month=month, defaults=_kept(found, at, has_anchors=anchors is not None)
        )
        if is_first:
            ledger_checked.send(sender=LedgerCheck, check=check, at=at)
    return check


def _kept(found: ledger.Verification, at: datetime, *, has_anchors: bool) -> dict[str, object]:
    return {
        "checked_at": at,
        "is_sound": found.ok,
        "count": found.count,
        "derived": found.derived,
        "disposed": found.disposed,
        "head_hash": found.head_hash,
        "first_bad_seq": found.first_bad_seq,
        "reason": found.reason or "",
        "has_anchors": has_anchors,
    }
