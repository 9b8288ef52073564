"""An indicator's way towards its target."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bpr_projects.charts.svg import FONT, element, joined, path_through


@dataclass(frozen=True, kw_only=True)
class KpiSeries:
    """One indicator over its measuring points; None where nothing was measured or aimed at."""

    title: str
    unit: str
    labels: Sequence[str]
    actual: Sequence[float | None]
    target: Sequence[float | None]
    description: str = ""
    key: str = "kpi"
    cycles: Sequence[tuple[int, int, str]] = ()


class _Scale:
    """Where a value and a measuring point lie in the 720 x 264 frame of ``kpi_line``."""

    left, right, top, bottom = 48, 628, 22, 230

    def __init__(self, values: Sequence[float], count: int) -> None:
        self.step = _tidy_step(max(*values, 0) - min(*values, 0) if values else 1)
        self.low = self.step * floor(min([*values, 0]) / self.step)
        self.high = max(self.step * ceil(max([*values, 0]) / self.step), self.low + self.step)
        self.count = count

    def x(self, index: float) -> float:
        return round(self.left + (self.right - self.left) * index / max(self.count - 1, 1), 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.bottom - (self.bottom - self.top) * share, 1)

    def ticks(self) -> list[float]:
        number = round((self.high - self.low) / self.step)
        return [self.low + self.step * i for i in range(number + 1)]


def _tidy_step(span: float) -> float:
    """1, 2 or 5 times a power of ten, giving about five lines."""
    raw = (span or 1) / 5
    power: float = 10.0 ** floor(log10(raw))
    return next(power * times for times in (1, 2, 5, 10) if power * times >= raw)


def figure(value: float) -> str:
    """A number without a needless fraction: 12,000 or 3.5."""
    return f"{round(value, 2):,g}" if abs(value) < 1_000_000 else f"{value:,.0f}"


def kpi_line(series: KpiSeries) -> SafeString:
    """Actual against target. The description should say in words what the line shows."""
    known = [v for v in (*series.actual, *series.target) if v is not None]
    scale = _Scale(known, len(series.labels))
    parts = [
        *_kpi_bands(series, scale),
        *_kpi_frame(series, scale),
        *_kpi_target(series, scale),
        *_kpi_actual(series, scale),
    ]
    body = format_html(
        '<title id="{0}-t">{1}</title><desc id="{0}-d">{2}</desc>{3}',
        series.key,
        series.title,
        series.description,
        joined(parts),
    )
    return format_html(
        '<svg class="chart" viewBox="0 0 720 264" font-family="{}" role="img" focusable="false"'
        ' aria-labelledby="{}-t {}-d">{}</svg>',
        FONT,
        series.key,
        series.key,
        body,
    )


def _kpi_bands(series: KpiSeries, scale: _Scale) -> list[SafeString]:
    """A tinted band for each cycle given as (first point, last point, label)."""
    height = scale.bottom - scale.top
    bands = []
    for first, last, label in series.cycles:
        x, width = scale.x(first), max(scale.x(last) - scale.x(first) - 2, 0)
        bands.append(element("rect", "chart__band", x=x, y=scale.top, width=width, height=height))
        bands.append(element("text", "chart__bandlab", label, x=x + 6, y=scale.top + 15))
    return bands


def _kpi_frame(series: KpiSeries, scale: _Scale) -> list[SafeString]:
    """Grid, figures of the value axis, the unit and the measuring points' names."""
    parts = [element("text", "chart__unit", series.unit, x=scale.left - 8, y=scale.top - 8)]
    for value in scale.ticks():
        y = scale.y(value)
        parts.append(element("path", "chart__grid", d=f"M{scale.left} {y}H{scale.right}"))
        parts.append(element("text", "chart__y", figure(value), x=scale.left - 8, y=y + 4.5))
    names = enumerate(series.labels)
    parts += [element("text", "chart__x", name, x=scale.x(i), y=254) for i, name in names]
    return parts


def _kpi_target(series: KpiSeries, scale: _Scale) -> list[SafeString]:
    known = [(i, v) for i, v in enumerate(series.target) if v is not None]
    if not known:
        return []
    line = path_through((scale.x(i), scale.y(v)) for i, v in known)
    word = _("目標 %(value)s") % {"value": f"{figure(known[-1][1])}{series.unit}"}
    y = scale.y(known[-1][1]) + 5
    return [
        element("path", "chart__target", d=line),
        element("text", "chart__lab lab-target", word, x=scale.right + 8, y=y),
    ]


def _kpi_actual(series: KpiSeries, scale: _Scale) -> list[SafeString]:
    known = [(i, v) for i, v in enumerate(series.actual) if v is not None]
    if not known:
        return []
    points = [(scale.x(i), scale.y(v)) for i, v in known]
    base, line = scale.y(scale.low), path_through(points)
    area = f"{line}L{points[-1][0]} {base}L{points[0][0]} {base}Z"
    x, y = points[-1]
    word = f"{figure(known[-1][1])}{series.unit}"
    width = 16 + 9 * len(word)
    left = round(x - width / 2, 1)
    return [
        element("path", "chart__area", d=area),
        element("path", "chart__actual", d=line),
        *(element("circle", "chart__dot", cx=px, cy=py, r=4) for px, py in points),
        element("rect", "chart__tip", x=left, y=y - 36, width=width, height=24, rx=4),
        element("text", "chart__tipt", word, x=x, y=y - 19.5),
    ]
