"""Effect against ease: which cases are worth doing first."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bpr_projects.charts.svg import element, joined, picture


@dataclass(frozen=True, kw_only=True)
class MatrixPoint:
    """A case on the effect / ease matrix, both 0-10."""

    label: str
    ease: float
    effect: float
    radius: float = 14
    is_highlighted: bool = False


def matrix(points: Sequence[MatrixPoint]) -> SafeString:
    """Effect (up) by ease (right); what is worth doing at once lies in the upper right."""

    def at(ease: float, effect: float) -> tuple[float, float]:
        return round(36 + 27.6 * ease, 1), round(8 + 278 * (1 - effect / 10), 1)

    x5, y5 = at(5, 5)
    parts = [
        element("rect", "matrix__bg", x=36, y=8, width=276, height=278),
        element("rect", "matrix__best", x=x5, y=8, width=138, height=139),
        element("path", "matrix__ax", d=f"M{x5} 8V286M36 {y5}H312"),
        element("text", "chart__x", _("実現しやすさ →"), x=174, y=310),
        element("text", "matrix__yl", _("効果 →"), transform="translate(20 148) rotate(-90)"),
    ]
    quarters = ((_("すぐやる"), 5.2, 9.35), (_("計画的に"), 0.25, 9.35))
    lower = ((_("小さく試す"), 5.2, 0.35), (_("見送る"), 0.25, 0.35))
    for word, ease, effect in (*quarters, *lower):
        x, y = at(ease, effect)
        parts.append(element("text", "matrix__q", word, x=x, y=y))
    for point in points:
        x, y = at(min(max(point.ease, 0), 10), min(max(point.effect, 0), 10))
        heat = "hot" if point.is_highlighted else "cold"
        parts.append(element("circle", f"matrix__p p-{heat}", cx=x, cy=y, r=point.radius))
        parts.append(element("text", f"matrix__t t-{heat}", point.label, x=x, y=y + 4.5))
    label = _("効果と実現しやすさの図。右上ほど優先度が高い。")
    return picture("matrix", 320, 320, joined(parts), label)
