"""An indicator as the board draws it: months on the axis, measured values against the target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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
    return tuple(
        _indicator(kpi, [values[pk][day] for day in sorted(values[pk])], cycles, start, today)
        for pk, kpi in kpis.items()
    )


def _joined(project: Project) -> QuerySet[Any]:
    """Each indicator as often as it was measured, once when it was not."""
    return project.kpis.annotate(
        on=F("measurements__measured_on"),
        value=F("measurements__value"),
        note=F("measurements__note"),
        family_name=F("measurements__recorded_by__family_name"),
        given_name=F("measurements__recorded_by__given_name"),
    ).order_by("order", "pk", "measurements__pk")


def _indicator(
    kpi: Kpi, measured: list[Value], cycles: Sequence[Cycle], start: date, today: date
) -> Indicator:
    months = _months(start, max(kpi.target_on, today))
    actual = [
        float(kpi.baseline) if measured else None,
        *(_in_month(measured, each, months) for each in months),
    ]
    target = [float(kpi.baseline), *(_aimed(kpi, start, each) for each in months)]
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
            cycles=_bands(cycles, months),
        ),
        rows=tuple(zip(labels, actual, target, strict=True)),
        measured=tuple(measured),
        latest=latest,
        achieved=kpi.achievement(latest.value) if latest else None,
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


def _aimed(kpi: Kpi, start: date, month: date) -> float | None:
    """A straight way from the baseline to the target; nothing after its day."""
    if (month.year, month.month) > (kpi.target_on.year, kpi.target_on.month):
        return None
    whole = (kpi.target_on.year - start.year) * 12 + kpi.target_on.month - start.month + 1
    gone = (month.year - start.year) * 12 + month.month - start.month + 1
    share = min(gone / max(whole, 1), 1)
    return round(float(kpi.baseline) + share * float(kpi.target - kpi.baseline), 1)


def _label(month: date) -> str:
    return _("%s月") % month.month


def _bands(cycles: Sequence[Cycle], months: Sequence[date]) -> tuple[tuple[int, int, str], ...]:
    """The last laps as spans of the axis; the first point of the axis is 「開始」."""
    bands = []
    for cycle in sorted(cycles, key=lambda each: each.number)[-BANDS:]:
        first = _point(localdate(cycle.started_at), months)
        last = _point(localdate(cycle.ended_at), months) if cycle.ended_at else first + 1
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
