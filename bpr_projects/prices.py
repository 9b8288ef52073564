"""The unit price of a staff hour: which one holds, of how many yen, since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Subquery

from bpr_projects.models import UnitPrice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models import OuterRef


class Rate(NamedTuple):
    """Yen that an hour stands for, and since when; 0 when no price is registered."""

    yen: int = 0
    since: date | None = None
    is_unchecked: bool = False


def rate_of(prices: Iterable[Rate], on: date) -> Rate:
    """The price in force that day."""
    begun = [(each.since, each) for each in prices if each.since and each.since <= on]
    return max(begun)[1] if begun else Rate()


def rate_on(day: date) -> Rate:
    """The price in force that day, asked of the database."""
    row = UnitPrice.objects.filter(starts_on__lte=day).order_by("-starts_on").first()
    return Rate(row.yen_per_hour, row.starts_on, row.is_unchecked) if row else Rate()


def rate_columns(on: date | OuterRef) -> dict[str, Subquery]:
    """The price in force that day as columns of another query: ``annotated_rate`` reads them."""
    prices = UnitPrice.objects.filter(starts_on__lte=on).order_by("-starts_on")
    return {
        "unit_price": Subquery(prices.values("yen_per_hour")[:1]),
        "unit_price_since": Subquery(prices.values("starts_on")[:1]),
        "unit_price_is_unchecked": Subquery(prices.values("is_unchecked")[:1]),
    }


def annotated_rate(row: Any) -> Rate:
    """What ``rate_columns`` found."""
    return Rate(row.unit_price or 0, row.unit_price_since, bool(row.unit_price_is_unchecked))
