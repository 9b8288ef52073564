"""Working time: what happens in city hall happens on business days between 8:30 and 17:15."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from django.utils.timezone import localtime

from bpr_projects import calendar

OPENING: Final = time(8, 30)
OPEN_MINUTES: Final = 525


def moment(day: date, at: time) -> datetime:
    """A local time of a day."""
    return datetime.combine(day, at, calendar.JST)


def later(start: datetime, minutes: int, closures: frozenset[date]) -> datetime:
    """``minutes`` of working time after a moment, always inside working time."""
    day, used = _position(localtime(start, calendar.JST), closures)
    used += minutes
    day = calendar.add_business_days(day, used // OPEN_MINUTES, closures)
    return moment(day, OPENING) + timedelta(minutes=used % OPEN_MINUTES)


def _position(local: datetime, closures: frozenset[date]) -> tuple[date, int]:
    """The business day a moment counts to, and the working minutes of it that are gone."""
    day = local.date()
    gone = (local.hour - OPENING.hour) * 60 + local.minute - OPENING.minute
    if not calendar.is_business_day(day, closures) or gone >= OPEN_MINUTES:
        return calendar.add_business_days(day, 1, closures), 0
    return day, max(gone, 0)
