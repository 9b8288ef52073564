"""Entry points of the worker: fetch, call."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from notifications import reminders
from notifications.delivery import sweep
from notifications.outbox import worker_name
from workflow import engine


@shared_task(name="notifications.tasks.sweep_outbox")
def sweep_outbox(**_later: Any) -> int:
    """Tell what is due. Safe with zero, one or two beats. Returns how many mails were sent."""
    at = timezone.now()
    engine.resume_due(at=at)  # what is not late any more is not reminded of
    reminders.remind(at=at)
    return sweep(at=at, worker=worker_name()).sent
