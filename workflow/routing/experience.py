"""How long cases of a route really took, from the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

from django.db.models import FilteredRelation, Q
from django.utils.timezone import localdate

from bpr_projects import calendar
from workflow.enums import Outcome, RunKind, RunState
from workflow.models import Run

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
    """The days in which half (P50) and four of five (P80) cases of a route were decided.

    One query. A 保留 ends on its day, or with what was said in its place before.
    """
    decided = Run.objects.filter(
        kind=RunKind.PROJECT,
        state__in=(RunState.ADOPTED, RunState.NOT_ADOPTED),
        route__code=code,
        ended_at__isnull=False,
    )
    held = FilteredRelation("decisions", condition=Q(decisions__outcome=Outcome.HELD))
    newest = decided.order_by("-ended_at", "-pk").values("pk")[:NEWEST]
    rows = Run.objects.filter(pk__in=newest).annotate(held=held)
    days: dict[int, int] = {}
    for pk, start, end, since, until, instead in rows.values_list(
        "pk",
        "started_at",
        "ended_at",
        "held__decided_at",
        "held__until",
        "held__superseded_by__decided_at",
    ):
        if pk not in days:
            days[pk] = _days(localdate(start), localdate(end), closures)
        if since is not None:
            last = min(until, localdate(instead)) if instead else until
            days[pk] -= _days(localdate(since), last, closures)
    if len(days) < ENOUGH:
        return Experience(len(days))
    ordered = sorted(days.values())
    return Experience(len(days), percentile(ordered, 50), percentile(ordered, 80))


def percentile(ordered: Sequence[int], percent: int) -> int:
    """The smallest value that is at least as large as ``percent`` of them."""
    return ordered[ceil(len(ordered) * percent / 100) - 1]


def _days(since: date, until: date, closures: frozenset[date]) -> int:
    """Business days that passed: none between two acts of one day."""
    return calendar.business_days_between(since + timedelta(days=1), until, closures)
