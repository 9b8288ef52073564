"""An indicator as the board draws it: months on the axis, measured values against the target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from django.db.models import F
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.charts import KpiSeries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from django.db.models import QuerySet

    from bpr_projects.models import Cycle, Kpi, Project

MOST_POINTS: Final = 13
BANDS: Final = 3
"""So many laps are drawn behind the line."""
RECENT: Final = 12
"""So many measured values are listed."""


@dataclass(frozen=True)
class Value:
    """A measured value and who wrote it down."""

    measured_on: date
    value: Decimal
    note: str
    recorded_by: str


@dataclass(frozen=True)
class Indicator:
    """A KPI with its drawn series, its table and its latest value."""

    kpi: Kpi
    series: KpiSeries
    rows: tuple[tuple[str, float | None, float | None], ...]
    measured: tuple[Value, ...]
    latest: Value | None
    achieved: int | None
    path: tuple[tuple[str, float], ...]
    aimed: float | None

    @property
    def recent(self) -> tuple[Value, ...]:
        """The last values, newest first."""
        return self.measured[: -RECENT - 1 : -1]

    def between(self, since: date, until: date) -> str:
        """「42 → 31分」 over a span, or nothing when nothing was measured in it."""
        values = [each.value for each in self.measured if each.measured_on <= until]
        inside = [each for each in self.measured if since < each.measured_on <= until]
        if not inside:
            return ""
        before = [each.value for each in self.measured if each.measured_on <= since]
        first = before[-1] if before else self.kpi.baseline
        return _("%(name)s %(first)s → %(last)s%(unit)s") % {
            "name": self.kpi.name,
            "first": f"{first.normalize():f}",
            "last": f"{values[-1].normalize():f}",
            "unit": self.kpi.unit,
        }


def indicators_of(project: Project, cycles: Sequence[Cycle], today: date) -> tuple[Indicator, ...]:
    """The indicators of a case with all their values, in one query."""
    start = localdate(min(each.started_at for each in cycles))
    kpis: dict[int, Kpi] = {}
    values: dict[int, dict[date, Value]] = {}
    for kpi in _joined(project):
        kpis.setdefault(kpi.pk, kpi)
        by_day = values.setdefault(kpi.pk, {})
        if kpi.on is not None:  # the last row of a day counts
            name = f"{kpi.family_name} {kpi.given_name}"
            by_day[kpi.on] = Value(kpi.on, kpi.value, kpi.note, name)
    asked = _asked(project)
    return tuple(
        _indicator(
            Way.of(kpi, start, asked.get(kpi.name, [])),
            [values[pk][day] for day in sorted(values[pk])],
            cycles,
            today,
        )
        for pk, kpi in kpis.items()
    )


def _asked(project: Project) -> dict[str, list[dict[str, Any]]]:
    """The yearly steps of each indicator, by its name, as the adopted sheet has them."""
    sheet = project.revision.sheet if project.revision else {}
    return {str(row.get("name")): row.get("steps") or [] for row in sheet.get("kpis") or []}


def _joined(project: Project) -> QuerySet[Any]:
    """Each indicator as often as it was measured, once when it was not."""
    return project.kpis.annotate(
        on=F("measurements__measured_on"),
        value=F("measurements__value"),
        note=F("measurements__note"),
        family_name=F("measurements__recorded_by__family_name"),
        given_name=F("measurements__recorded_by__given_name"),
    ).order_by("order", "pk", "measurements__pk")


@dataclass(frozen=True)
class Way:
    """From the baseline over the yearly steps to the target, straight from one to the next."""

    kpi: Kpi
    start: date
    steps: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, kpi: Kpi, start: date, steps: Sequence[dict[str, Any]]) -> Way:
        """``steps``: fiscal years with their values; those of the last year give way."""
        last = calendar.fiscal_year(kpi.target_on)
        found = sorted((int(each["year"]), float(each["value"])) for each in steps)
        return cls(kpi, start, tuple(step for step in found if step[0] < last))

    def points(self) -> list[tuple[int, float]]:
        """(month, value): the month before the start, each March, the month of the target."""
        first, last = _month(self.start) - 1, _month(self.kpi.target_on)
        marches = [(year * 12 + 14, value) for year, value in self.steps]
        between = [point for point in marches if first < point[0] < last]
        ends = (first, float(self.kpi.baseline)), (max(last, first + 1), float(self.kpi.target))
        return [ends[0], *between, ends[1]]

    def aimed(self, day: date) -> float | None:
        """What should be reached in the month of a day; nothing after the target's."""
        month, points = _month(day), self.points()
        for (since, low), (until, high) in pairwise(points):
            if since <= month <= until:
                return round(low + (high - low) * (month - since) / (until - since), 1)
        return None

    def labelled(self) -> tuple[tuple[str, float], ...]:
        """The yearly path in words, the target last; nothing where there is no path."""
        if not self.steps:
            return ()
        last = calendar.fiscal_year(self.kpi.target_on)
        steps = (*self.steps, (last, float(self.kpi.target)))
        if len({value for _year, value in steps}) == 1:
            return ()
        return tuple((calendar.fiscal_year_label(year), value) for year, value in steps)


def _month(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month - 1


def _indicator(way: Way, measured: list[Value], cycles: Sequence[Cycle], today: date) -> Indicator:
    kpi, start = way.kpi, way.start
    months = _months(start, max(kpi.target_on, today))
    actual = [
        float(kpi.baseline) if measured else None,
        *(_in_month(measured, each, months) for each in months),
    ]
    target = [float(kpi.baseline), *(way.aimed(each) for each in months)]
    labels = [_("開始"), *(_label(each) for each in months)]
    latest = measured[-1] if measured else None
    return Indicator(
        kpi=kpi,
        series=KpiSeries(
            title=_("%sの推移") % kpi.name,
            unit=kpi.unit,
            labels=labels,
            actual=actual,
            target=target,
            description=_description(kpi, latest),
            key=f"kpi-{kpi.pk}",
            cycles=_bands(cycles, months, today),
        ),
        rows=tuple(zip(labels, actual, target, strict=True)),
        measured=tuple(measured),
        latest=latest,
        achieved=kpi.achievement(latest.value) if latest else None,
        path=way.labelled(),
        aimed=way.aimed(latest.measured_on) if latest else None,
    )


def _months(start: date, end: date) -> list[date]:
    """First days of the months of a span, thinned to what fits on the axis."""
    count = (end.year - start.year) * 12 + end.month - start.month + 1
    step = -(-count // (MOST_POINTS - 1))
    first = start.year * 12 + start.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(first, first + count, step)]


def _in_month(measured: Sequence[Value], month: date, months: Sequence[date]) -> float | None:
    """The last value from a point of the axis up to the next."""
    index = months.index(month)
    after = months[index + 1] if index + 1 < len(months) else date.max
    values = [each.value for each in measured if month <= each.measured_on < after]
    return float(values[-1]) if values else None


def _label(month: date) -> str:
    return _("%s月") % month.month


def _bands(
    cycles: Sequence[Cycle], months: Sequence[date], today: date
) -> tuple[tuple[int, int, str], ...]:
    """The last laps as spans of the axis; the first point of the axis is 「開始」."""
    bands = []
    for cycle in sorted(cycles, key=lambda each: each.number)[-BANDS:]:
        first = _point(localdate(cycle.started_at), months)
        until = localdate(cycle.ended_at) if cycle.ended_at else today
        last = max(_point(until, months), first + 1 if cycle.ended_at is None else 0)
        if last > first:
            bands.append((first, min(last, len(months)), _("第%s") % cycle.number))
    return tuple(bands)


def _point(day: date, months: Sequence[date]) -> int:
    return sum(month <= day for month in months)


def _description(kpi: Kpi, latest: Value | None) -> str:
    goal = _("%(day)sまでに%(target)s%(unit)sをめざしています。") % {
        "day": calendar.wareki(kpi.target_on),
        "target": f"{kpi.target.normalize():f}",
        "unit": kpi.unit,
    }
    if latest is None:
        return _("開始時は%(value)s%(unit)s。まだ記録がありません。") % {
            "value": f"{kpi.baseline.normalize():f}",
            "unit": kpi.unit,
        } + str(goal)
    return _("開始時の%(first)s%(unit)sから%(last)s%(unit)sになりました。") % {
        "first": f"{kpi.baseline.normalize():f}",
        "last": f"{latest.value.normalize():f}",
        "unit": kpi.unit,
    } + str(goal)
