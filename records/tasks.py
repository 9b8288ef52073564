"""Entry points of the worker: fetch, call."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

from celery import shared_task
from django.utils import timezone

from records import actions

if TYPE_CHECKING:
    from records.actions import Progress
    from records.models import BackgroundRun


@shared_task(name="records.tasks.sweep_background_runs", soft_time_limit=540, time_limit=570)
def sweep_background_runs(**_later: Any) -> int:
    """Watch over the ledger, do the background runs that are due. Safe with zero or two beats.

    A long ledger takes minutes to verify: the limits are just under the broker's patience.
    """
    actions.watch(at=timezone.now())
    return actions.sweep(worker=f"{socket.gethostname()}:{os.getpid()}", clock=timezone.now)


def check_ledger(run: BackgroundRun, progress: Progress) -> str:
    """The runner of the monthly verification; what it found is a row, not a file."""
    actions.check_month(run, progress, at=timezone.now())
    return ""
