"""Entry points of the worker: fetch, call."""

from __future__ import annotations

import os
import socket
from typing import Any

from celery import shared_task
from django.utils import timezone

from records import actions


@shared_task(name="records.tasks.sweep_background_runs")
def sweep_background_runs(**_later: Any) -> int:
    """Do the background runs that are due. Safe with zero, one or two beats."""
    return actions.sweep(worker=f"{socket.gethostname()}:{os.getpid()}", clock=timezone.now)
