"""How long cases of a route really took, from the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

from django.db.models import F
from django.utils.timezone import localdate

from bpr_projects import calendar
from workflow.enums import Outcome, RunKind, RunState
from workflow.models import Decision, Run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

ENOUGH: Final = 20
"""So many cases of a route must have been decided before their days say anything."""

NEWEST: Final = 200
"""So many of them are looked at."""


@dataclass(frozen=True)
class Experience:
    """Business days from 提出 to the decision, without 保留; of fewer than ``ENOUGH`` none."""

    count: int
    half: int = 0
    most: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether the days are worth showing."""
        return self.count >= ENOUGH


def experience_of(code: str, closures: frozenset[date]) -> Experience:
    """The days in which half (P50) and four of five (P80) cases of a route were decided."""
    runs = list(
        Run.objects.filter(
            kind=RunKind.PROJECT,
            state__in=(RunState.ADOPTED, RunState.NOT_ADOPTED),
            route__code=code,
        )
        .order_by("-ended_at", "-pk")
        .values_list("pk", "started_at", "ended_at")[:NEWEST]
    )
    if len(runs) < ENOUGH:
        return Experience(len(runs))
    held = _held([pk for pk, _start, _end in runs], closures)
    days = sorted(
        _days(localdate(start), localdate(end), closures) - held.get(pk, 0)
        for pk, start, end in runs
        if end is not None
    )
    return Experience(len(runs), percentile(days, 50), percentile(days, 80))


def percentile(ordered: Sequence[int], percent: int) -> int:
    """The smallest value that is at least as large as ``percent`` of them."""
    return ordered[ceil(len(ordered) * percent / 100) - 1]


def _days(since: date, until: date, closures: frozenset[date]) -> int:
    """Business days that passed: none between two acts of one day."""
    return calendar.business_days_between(since + timedelta(days=1), until, closures)


def _held(runs: list[int], closures: frozenset[date]) -> dict[int, int]:
    """Business days in which the clock of each run stood still.

    A 保留 ends on its day, or with what was said in its place before.
    """
    rows = Decision.objects.filter(run__in=runs, outcome=Outcome.HELD).values_list(
        "run", "decided_at", "until", ended=F("superseded_by__decided_at")
    )
    found: dict[int, int] = {}
    for run, since, until, ended in rows:
        last = min(day for day in (until, localdate(ended) if ended else None) if day is not None)
        found[run] = found.get(run, 0) + _days(localdate(since), last, closures)
    return found
