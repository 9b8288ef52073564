"""What a reform is worth in a year: hours of the staff, time and visits of citizens, yen."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Effect:
    """Yearly effect; negative when the work grows, and that may be honest (plan 2-5(3))."""

    hours: int
    yen: int
    payback_years: Decimal | None
    citizen_hours: int = 0
    visits: int = 0


def effect_of(sheet: Mapping[str, Any], *, yen_per_hour: int) -> Effect:
    """count × (before − after) ÷ 60; payback is cost ÷ (yen − running cost), one decimal."""
    volume = int(sheet.get("volume") or 0)
    hours = round(volume * _saved(sheet, "minutes") / 60)
    yen = hours * yen_per_hour
    return Effect(
        hours=hours,
        yen=yen,
        payback_years=_payback(sheet, yen),
        citizen_hours=round(volume * _saved(sheet, "citizen_minutes") / 60),
        visits=round(volume * _saved(sheet, "visits")),
    )


def _payback(sheet: Mapping[str, Any], yen: int) -> Decimal | None:
    """Years until the cost of the first year is earned back; None when it never is."""
    cost = int(sheet.get("cost") or 0)
    left = yen - int(sheet.get("running_cost") or 0)
    if cost <= 0 or left <= 0:
        return None
    return (Decimal(cost) / left).quantize(Decimal("0.1"))


def _saved(sheet: Mapping[str, Any], what: str) -> Decimal:
    """Before less after; nothing is claimed while one of the two is open."""
    before, after = sheet.get(f"{what}_before"), sheet.get(f"{what}_after")
    if before in (None, "") or after in (None, ""):
        return ZERO
    return Decimal(str(before)) - Decimal(str(after))
