"""Stations of the city in figures: what is open where, how long it waits, how long it took."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncDate
from django.utils.timezone import localdate

from bpr_projects import calendar
from workflow.enums import CYCLE_KINDS, READING_KINDS, Outcome, StepKind
from workflow.inbox.desk import ICONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from workflow.models import StepRun

STATIONS: Final = tuple(kind for kind in StepKind if kind not in READING_KINDS)
"""What holds a case, in the order of the flow."""

AT_HEADQUARTERS: Final = (StepKind.DELIBERATION, StepKind.DECISION)
"""Where a case waits for headquarters themselves."""

SPAN: Final = timedelta(days=365)
SAMPLE: Final = 2_000
"""Medians are of the newest so many closed steps of the last 12 months, however many there are.

A city of 300 cases a year closes some 3,000 steps, so these are the last half year and more, with
hundreds for each of the usual stations. They are read off the end of one index (``step_closed``):
what was closed before costs nothing, be it a hundred thousand.
"""

UNANSWERED: Final = frozenset(
    {
        Outcome.CARRIED_OVER,
        Outcome.PULLED_BACK,
        Outcome.WITHDRAWN,
        Outcome.ABANDONED,
        Outcome.HALTED,
        Outcome.RECUSED,
        Outcome.REASSIGNED,
    }
)
"""Ends of a step that say nothing about how long its station takes: others ended it, or a rule."""

RUNS: Final = Q(paused_since=None)
"""The clock of the step runs: what is held (保留) is not late and waits for nobody."""

LEVELS: Final = (1, 3, 6, 10)
"""From so many open steps on a cell is shaded by one degree more."""


def is_late(at: datetime) -> Q:
    """Open steps over their standard days, as ``charts.is_late`` says of one."""
    return RUNS & Q(due_at__lt=at)


@dataclass
class Taken:
    """How many business days closed steps took, and the standards they had."""

    days: list[int] = field(default_factory=list)
    standards: set[int] = field(default_factory=set)

    @property
    def median(self) -> float | None:
        """The middle one; None where nothing was closed."""
        return float(median(self.days)) if self.days else None

    @property
    def longest(self) -> int:
        """The most."""
        return max(self.days, default=0)

    @property
    def is_over(self) -> bool:
        """Whether the middle one is over every standard there was."""
        return bool(self.days and self.standards) and median(self.days) > max(self.standards)


@dataclass
class Station:
    """One line of the table. ``day_n``, ``standard``: of the step that waits longest.

    Of all together, ``kind`` is where that one waits.
    """

    kind: StepKind | None
    open: int = 0
    late: int = 0
    paused: int = 0
    since: datetime | None = None
    day_n: int = 0
    standard: int = 0
    next_due: datetime | None = None
    taken: Taken = field(default_factory=Taken)
    standards: set[int] = field(default_factory=set)

    @property
    def icon(self) -> str:
        """The picture of what is asked there."""
        return ICONS[self.kind] if self.kind else ""

    @property
    def is_cycle(self) -> bool:
        """Whether it belongs to the OODA loop of a running case."""
        return self.kind in CYCLE_KINDS

    @property
    def level(self) -> int:
        """How full it is, in five degrees."""
        return sum(self.open >= least for least in LEVELS)

    @property
    def usual(self) -> tuple[int, int] | None:
        """The least and the most standard days, of what is open and what was closed."""
        known = self.standards | self.taken.standards
        return (min(known), max(known)) if known else None


def stations_of(
    steps: QuerySet[StepRun], at: datetime, closures: frozenset[date]
) -> dict[StepKind, Station]:
    """All stations, also those where nothing waits: two queries."""
    found = {kind: Station(kind) for kind in STATIONS}
    for row in _open(steps, at):
        _count(found[StepKind(row["kind"])], row)
    for station in found.values():
        if station.since is not None:
            opened_on = localdate(station.since)
            station.day_n = calendar.day_number(opened_on, localdate(at), closures)
    for kind, taken in taken_by_kind(steps, at, closures).items():
        found[kind].taken = taken
    return found


def total_of(stations: Iterable[Station]) -> Station:
    """All together, and the longest wait."""
    every = list(stations)
    longest = max(every, key=lambda each: each.day_n)
    return Station(
        longest.kind if longest.day_n else None,
        open=sum(each.open for each in every),
        late=sum(each.late for each in every),
        paused=sum(each.paused for each in every),
        day_n=longest.day_n,
        standard=longest.standard,
        next_due=min((each.next_due for each in every if each.next_due), default=None),
    )


def _open(steps: QuerySet[StepRun], at: datetime) -> QuerySet[Any, Any]:
    """A row for each station and standard, which is few, however much is open."""
    return (
        steps.filter(closed_at=None, kind__in=STATIONS)
        .values("kind", "standard_days")
        .annotate(
            open=Count("pk"),
            late=Count("pk", filter=is_late(at)),
            paused=Count("pk", filter=~RUNS),
            since=Min("opened_at", filter=RUNS),
            next_due=Min("due_at", filter=RUNS & Q(due_at__gte=at)),
        )
    )


def _count(station: Station, row: dict[str, Any]) -> None:
    """Add what is open with one of its standards."""
    standard, since, due = row["standard_days"], row["since"], row["next_due"]
    station.open += row["open"]
    station.late += row["late"]
    station.paused += row["paused"]
    if standard:
        station.standards.add(standard)
    if since is not None and (station.since is None or since < station.since):
        station.since, station.standard = since, standard
    if due is not None and (station.next_due is None or due < station.next_due):
        station.next_due = due


def taken_by_kind(
    steps: QuerySet[StepRun], at: datetime, closures: frozenset[date]
) -> dict[StepKind, Taken]:
    """How long the newest closed steps of the last 12 months took, 保留 included: one query.

    Counted as 標準 n 日 is: business days after the day of opening.
    """
    columns = ("kind", "standard_days", TruncDate("opened_at"), TruncDate("closed_at"))
    rows = list(
        steps.filter(closed_at__gte=at - SPAN, kind__in=STATIONS)
        .exclude(outcome__in=UNANSWERED)
        .order_by("-closed_at")
        .values_list(*columns)[:SAMPLE]
    )
    spans = [(opened_on, closed_on) for *_more, opened_on, closed_on in rows]
    found: dict[StepKind, Taken] = {}
    for (kind, standard, *_span), days in zip(
        rows, calendar.days_taken(spans, closures), strict=True
    ):
        taken = found.setdefault(StepKind(kind), Taken())
        taken.days.append(days)
        if standard:
            taken.standards.add(standard)
    return found
