"""Bars and sparks: a figure's size at a glance, beside the figure itself."""

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString

from bpr_projects.charts.svg import element, joined, path_through


def bar(
    value: float, maximum: float = 100, tone: str = "key", mark: float | None = None
) -> SafeString:
    """A plain bar beside the figure it shows; ``mark`` is a target."""
    top = maximum if maximum > 0 else 1

    def share(amount: float) -> float:
        return round(100 * min(max(amount / top, 0), 1), 1)

    parts = [
        element("rect", "bar__bg", width=100, height=8),
        element("rect", "bar__fg", width=share(value), height=8),
    ]
    if mark is not None:
        x = max(share(mark) - 0.4, 0)
        parts.append(element("rect", "bar__mark", x=x, y=0, width=0.8, height=8))
    return format_html(
        '<svg class="bar" data-tone="{}" viewBox="0 0 100 8" preserveAspectRatio="none"'
        ' focusable="false" aria-hidden="true">{}</svg>',
        tone,
        joined(parts),
    )


def spark(values: Sequence[float], tone: str = "key") -> SafeString:
    """A 96 px line of the last values; nothing for fewer than two."""
    if len(values) < 2:
        return SafeString("")
    low, high = min(values), max(values)
    span = (high - low) or 1
    points = [
        (round(2 + 88 * i / (len(values) - 1), 1), round(23 - 18 * (v - low) / span, 1))
        for i, v in enumerate(values)
    ]
    x, y = points[-1]
    body = joined(
        (
            element("path", "spark__line", d=path_through(points)),
            element("circle", "spark__dot", cx=x, cy=y, r=3),
        )
    )
    return format_html(
        '<svg class="spark" data-tone="{}" viewBox="0 0 96 28" focusable="false"'
        ' aria-hidden="true">{}</svg>',
        tone,
        body,
    )
