"""What a reform is worth in a year: hours of the staff, time and visits of citizens, yen.

``static/js/calc.js`` shows the same while people type; ``tests/bpr_projects/effects.json`` holds
both to the same results.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping

ZERO: Final = Decimal(0)
TENTH: Final = Decimal("0.1")
NEVER: Final = "－"


@dataclass(frozen=True)
class Effect:
    """Yearly effect; negative when the work grows, and that may be honest (plan 2-5(3))."""

    hours: int
    yen: int
    payback_years: Decimal | None
    citizen_hours: int = 0
    visits: int = 0

    @property
    def hours_words(self) -> str:
        """567時間の減"""
        return change(self.hours, _("時間"))

    @property
    def yen_words(self) -> str:
        """1,417.5千円の減"""
        return change(in_thousands(self.yen), _("千円"))

    @property
    def citizen_words(self) -> str:
        """2,000時間の減"""
        return change(self.citizen_hours, _("時間"))

    @property
    def visits_words(self) -> str:
        """1,000回の減"""
        return change(self.visits, _("回"))

    @property
    def payback_words(self) -> str:
        """2.0年; a dash when the cost is never earned back."""
        years = self.payback_years
        return NEVER if years is None else _("%s年") % f"{years:,}"


def change(saved: Decimal | int, unit: str) -> str:
    """567時間の減, 90時間の増 or ±0時間: more work is said as plainly as less."""
    if not saved:
        return f"±0{unit}"
    figure = f"{plain(abs(Decimal(saved))):,}{unit}"
    return _("%sの減") % figure if saved > 0 else _("%sの増") % figure


def in_thousands(yen: float) -> Decimal:
    """Yen in thousands, as budgets are written, with one decimal."""
    return (Decimal(str(yen)) / 1000).quantize(TENTH, ROUND_HALF_UP)


def plain(number: Decimal) -> Decimal | int:
    """2,760 rather than 2,760.0, and never −0."""
    return int(number) if number == int(number) else number


def whole(number: Decimal) -> int:
    """Rounded as people round: a half goes up, and below zero down."""
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))


def effect_of(sheet: Mapping[str, Any], *, yen_per_hour: int) -> Effect:
    """count × (before − after) ÷ 60; payback is cost ÷ (yen − running cost), one decimal."""
    volume = int(sheet.get("volume") or 0)
    hours = whole(volume * _saved(sheet, "minutes") / 60)
    yen = hours * yen_per_hour
    return Effect(
        hours=hours,
        yen=yen,
        payback_years=_payback(sheet, yen),
        citizen_hours=whole(volume * _saved(sheet, "citizen_minutes") / 60),
        visits=whole(volume * _saved(sheet, "visits")),
    )


def _payback(sheet: Mapping[str, Any], yen: int) -> Decimal | None:
    """Years until the cost of the first year is earned back; None when it never is."""
    cost = int(sheet.get("cost") or 0)
    left = yen - int(sheet.get("running_cost") or 0)
    if cost <= 0 or left <= 0:
        return None
    return (Decimal(cost) / left).quantize(TENTH, ROUND_HALF_UP)


def _saved(sheet: Mapping[str, Any], what: str) -> Decimal:
    """Before less after; nothing is claimed while one of the two is open."""
    before, after = sheet.get(f"{what}_before"), sheet.get(f"{what}_after")
    if before in (None, "") or after in (None, ""):
        return ZERO
    return Decimal(str(before)) - Decimal(str(after))
