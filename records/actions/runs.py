"""Queue long work and do it: enqueue, claim under a lease, run, settle.

A run is a row written in the caller's transaction. Whoever sweeps (beat, or cron through the
command) claims what is due by a conditional update, so two sweepers never do the same run at once;
a worker that dies leaves a lease that runs out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from django.db import transaction
from django.db.models import F

from records.enums import RunState
from records.models import BackgroundRun

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=10)
MAX_ATTEMPTS: Final = 3

Clock: TypeAlias = Callable[[], datetime]
Progress: TypeAlias = Callable[[int], None]
Runner: TypeAlias = Callable[[BackgroundRun, Progress], str]
"""Does the work of a run, reports percentages, returns the path of the result ("" for none)."""

_runners: dict[str, Runner] = {}


class LeaseLost(Exception):
    """Somebody else took the run over; this worker must stop without a trace."""


class NoRunner(Exception):
    """Nobody registered for runs of this kind."""


def register_runner(kind: str, runner: Runner) -> None:
    """Say who does the runs of a kind. Called in ``ready()`` of the app that queues them."""
    if _runners.setdefault(kind, runner) is not runner:
        raise ValueError(f"the runner of {kind} is registered already")


def enqueue(
    *, kind: str, subject: str, by_id: int, at: datetime, due_at: datetime | None = None
) -> BackgroundRun:
    """Queue a run in the caller's transaction, or return the open one for the same subject."""
    with transaction.atomic():
        run, _created = BackgroundRun.objects.open().get_or_create(
            kind=kind,
            subject=subject,
            defaults={"owner_id": by_id, "created_at": at, "due_at": due_at or at},
        )
    return run


def claim(*, worker: str, at: datetime) -> BackgroundRun | None:
    """Take the run that is due longest. ``None`` when nothing is due."""
    _give_up_on_lost_runs(at)
    for pk in BackgroundRun.objects.due(at).values_list("pk", flat=True)[:20]:
        taken = (
            BackgroundRun.objects.due(at)
            .filter(pk=pk)
            .order_by()
            .update(
                state=RunState.RUNNING,
                lease_by=worker,
                lease_until=at + LEASE,
                attempts=F("attempts") + 1,
                progress=0,
            )
        )
        if taken:
            return BackgroundRun.objects.get(pk=pk)
    return None


def heartbeat(run: BackgroundRun, *, progress: int, at: datetime) -> None:
    """Show how far it is, and keep the lease."""
    _settle(run, progress=max(0, min(progress, 100)), lease_until=at + LEASE)


def finish(run: BackgroundRun, *, result_path: str, at: datetime) -> None:
    """The work is done."""
    _settle(
        run,
        state=RunState.DONE,
        progress=100,
        result_path=result_path,
        error="",
        finished_at=at,
        lease_until=None,
        lease_by="",
    )


def fail(run: BackgroundRun, *, error: BaseException, at: datetime) -> None:
    """Try again later, or give up. Only the kind of error is kept: a message may hold names."""
    name = type(error).__name__
    if run.attempts < MAX_ATTEMPTS and not isinstance(error, NoRunner):
        due_at = at + timedelta(minutes=2**run.attempts)
        _settle(
            run, state=RunState.QUEUED, error=name, due_at=due_at, lease_until=None, lease_by=""
        )
    else:
        _settle(
            run, state=RunState.FAILED, error=name, finished_at=at, lease_until=None, lease_by=""
        )


def sweep(*, worker: str, clock: Clock, limit: int = 20) -> int:
    """Do what is due, one run after the other; return how many were taken."""
    taken = 0
    while taken < limit and (run := claim(worker=worker, at=clock())) is not None:
        taken += 1
        _run(run, clock)
    return taken


def _run(run: BackgroundRun, clock: Clock) -> None:
    def progress(percent: int) -> None:
        heartbeat(run, progress=percent, at=clock())

    try:
        if (runner := _runners.get(run.kind)) is None:
            raise NoRunner(run.kind)  # noqa: TRY301 -- settled like any failure of the work
        finish(run, result_path=runner(run, progress), at=clock())
    except LeaseLost:
        logger.warning("background run %s was taken over", run.pk)
    except Exception as error:  # noqa: BLE001 -- whatever the work raises is the run's failure
        logger.error("background run %s failed: %s", run.pk, type(error).__name__)  # noqa: TRY400
        with suppress(LeaseLost):
            fail(run, error=error, at=clock())


def _settle(run: BackgroundRun, **fields: object) -> None:
    """Write only while the lease is ours; ``attempts`` tells two leases of one worker apart."""
    mine = BackgroundRun.objects.leased_to(run.lease_by).filter(pk=run.pk, attempts=run.attempts)
    if not mine.update(**fields):
        raise LeaseLost
    for name, value in fields.items():
        setattr(run, name, value)


def _give_up_on_lost_runs(at: datetime) -> None:
    """A run that took its worker down every time is not tried for ever."""
    lost = BackgroundRun.objects.filter(
        state=RunState.RUNNING, lease_until__lt=at, attempts__gte=MAX_ATTEMPTS
    )
    lost.update(
        state=RunState.FAILED, error="WorkerLost", finished_at=at, lease_until=None, lease_by=""
    )
