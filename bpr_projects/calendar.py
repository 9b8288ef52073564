"""Fiscal years, Japanese eras and the city hall's business days: pure functions of a date.

Two rules everybody shares:
* the day something opens is 1日目 (``business_days_between``, ``day_number``);
* "標準 n 日" ends at closing time of the n-th business day after it opened (``due_at``), as the
  Civil Code counts: the first day is not part of a period.

``reckon`` takes a due date apart again, for whoever wants to know why it is that day.
"""

import re
import unicodedata
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import jpholiday
from django.utils.translation import gettext as _

JST: Final = ZoneInfo("Asia/Tokyo")
CLOSING_TIME: Final = time(17, 15)
WEEKDAYS: Final = "月火水木金土日"
NO_CLOSURES: Final[frozenset[date]] = frozenset()
FISCAL_YEAR_FIRST_MONTH: Final = 4
LAST_DAY: Final = date(2100, 12, 31)
"""The last day that anything may be planned for."""


class Era(NamedTuple):
    """An era name and the first day it is used."""

    name: str
    letter: str
    since: date


ERAS: Final = (
    Era("令和", "R", date(2019, 5, 1)),
    Era("平成", "H", date(1989, 1, 8)),
    Era("昭和", "S", date(1926, 12, 25)),
    Era("大正", "T", date(1912, 7, 30)),
    Era("明治", "M", date(1868, 10, 23)),
)
"""Newest first."""

_BY_MARK: Final = {mark: era for era in ERAS for mark in (era.name, era.letter)}
_YMD: Final = (
    r"(?P<year>\d{1,4}|元)\s*[年./-]\s*(?P<month>\d{1,2})\s*[月./-]\s*(?P<day>\d{1,2})\s*日?"
)
_DATE: Final = re.compile(rf"(?P<era>{'|'.join(_BY_MARK)})?\s*{_YMD}", re.IGNORECASE)


def era_year(day: date) -> tuple[str, int]:
    """The era's name and the year in it: 2026-11-25 is ("令和", 8)."""
    for era in ERAS:
        if day >= era.since:
            return era.name, day.year - era.since.year + 1
    return "西暦", day.year


def era_year_label(day: date) -> str:
    """令和8年, with 元年 for an era's first year."""
    name, year = era_year(day)
    return f"{name}{'元' if year == 1 else year}年"


def weekday_mark(day: date) -> str:
    """（水）."""
    return f"（{WEEKDAYS[day.weekday()]}）"


def first_of_next_month(day: date) -> date:
    """The day on which a rule that is written now can begin at the earliest month's turn."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def plain_day(day: date) -> str:
    """令和8年11月25日."""
    return f"{era_year_label(day)}{day.month}月{day.day}日"


def wareki(day: date) -> str:
    """令和8年11月25日（水）."""
    return f"{plain_day(day)}{weekday_mark(day)}"


def short_date(day: date, today: date) -> str:
    """11/25（水）; a day of another calendar year carries its year: 令和9年1/8（金）."""
    year = "" if day.year == today.year else era_year_label(day)
    return f"{year}{day.month}/{day.day}{weekday_mark(day)}"


def stamp_date(day: date) -> str:
    """8.11.25, as a date seal writes it."""
    return f"{era_year(day)[1]}.{day.month}.{day.day}"


def parse_date(text: str) -> date | None:
    """Read 令和8年12月1日, R8.12.1, 2026/12/1 or 2026-12-01, full width too; None otherwise."""
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    year = 1 if found["year"] == "元" else int(found["year"])
    mark = found["era"]
    if mark is None and len(found["year"]) != 4:
        return None
    era = _BY_MARK[mark.upper()] if mark else None
    if era is not None:
        year += era.since.year - 1
    try:
        day = date(year, int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    return day if era is None or era_year(day)[0] == era.name else None


def fiscal_year(day: date) -> int:
    """The year in which this fiscal year began: 2027-03-31 is 2026."""
    return day.year if day.month >= FISCAL_YEAR_FIRST_MONTH else day.year - 1


def fiscal_year_label(year: int) -> str:
    """令和8年度 for 2026; a year in which the era changed is called by the new one (令和元年度)."""
    return f"{era_year_label(date(year, 12, 31))}度"


@cache
def is_public_holiday(day: date) -> bool:
    """A holiday of the whole country."""
    return jpholiday.is_holiday(day)


def is_year_end(day: date) -> bool:
    """12/29-1/3, when every office is closed."""
    return (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)


def is_business_day(day: date, closures: frozenset[date] = NO_CLOSURES) -> bool:
    """Neither weekend, public holiday, the year's end nor a closure the city set itself."""
    return not (day.weekday() >= 5 or day in closures or is_year_end(day) or is_public_holiday(day))


def closed_for(day: date, closures: frozenset[date] = NO_CLOSURES) -> str:
    """Why the city hall is closed on a weekday: 勤労感謝の日, 年末年始, 閉庁日; else nothing."""
    if is_public_holiday(day):
        return str(jpholiday.is_holiday_name(day))
    if is_year_end(day):
        return "年末年始"
    return "閉庁日" if day in closures else ""


def add_business_days(day: date, count: int, closures: frozenset[date] = NO_CLOSURES) -> date:
    """The ``count``-th business day after ``day``, or before it when negative; 0 is ``day``."""
    step = timedelta(days=1 if count >= 0 else -1)
    for _each in range(abs(count)):
        day += step
        while not is_business_day(day, closures):
            day += step
    return day


def business_days_between(start: date, end: date, closures: frozenset[date] = NO_CLOSURES) -> int:
    """Business days from ``start`` to ``end``, both included; 0 when ``end`` is earlier."""
    span = range((end - start).days + 1)
    return sum(is_business_day(start + timedelta(days=n), closures) for n in span)


def day_number(opened_on: date, today: date, closures: frozenset[date] = NO_CLOSURES) -> int:
    """The n of "n日目": 1 on the day of opening, also when that was a holiday."""
    return max(1, business_days_between(opened_on, today, closures))


def days_taken(
    spans: Collection[tuple[date, date]], closures: frozenset[date] = NO_CLOSURES
) -> list[int]:
    """Business days from the day after each opening to each end, as 標準 n 日 counts them.

    For thousands of spans: each day of the whole time is judged once.
    """
    if not spans:
        return []
    first, last = min(start for start, _end in spans), max(end for _start, end in spans)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    until = list(accumulate(is_business_day(day, closures) for day in days))
    return [until[(end - first).days] - until[(start - first).days] for start, end in spans]


def due_at(opened_at: datetime, days: int, closures: frozenset[date] = NO_CLOSURES) -> datetime:
    """Closing time (17:15 JST) of the ``days``-th business day after the moment of opening."""
    opened_on = opened_at.astimezone(JST).date()
    return datetime.combine(add_business_days(opened_on, days, closures), CLOSING_TIME, JST)


def days_late(due_on: date, today: date, closures: frozenset[date] = NO_CLOSURES) -> int:
    """Business days since the day on which it was due; 0 until the first of them begins."""
    return business_days_between(due_on + timedelta(days=1), today, closures)


def days_late_label(days: int) -> str:
    """2営業日超過: the one wording of a delay, on pages and in mails."""
    return _("%s営業日超過") % days


def days_stood(since: datetime, until: datetime, closures: frozenset[date] = NO_CLOSURES) -> int:
    """Business days for which a clock that was stopped stood still, the last one not included.

    What is stopped or goes on after closing time is stopped or goes on with the next morning.
    """
    return business_days_between(_runs_on(since), _runs_on(until) - timedelta(days=1), closures)


def _runs_on(moment: datetime) -> date:
    local = moment.astimezone(JST)
    return local.date() + timedelta(days=local.time() >= CLOSING_TIME)


class Reckoning(NamedTuple):
    """The parts of a due date: ``standard + held - added + dropped`` business days after opening.

    ``closed``: the weekdays in between on which the city hall is closed, with the reason.
    ``added``, ``dropped``: closures that were set, or taken back, when the date was told already.
    """

    due_on: date
    standard: int
    held: int
    closed: tuple[tuple[date, str], ...]
    added: int
    dropped: int

    def words(self, today: date) -> str:
        """標準5営業日 = 12/1（火）まで（11/23（月・勤労感謝の日）を除く、保留2営業日を加算）."""
        sum_of_days = _("標準%(days)s営業日 = %(day)sまで") % {
            "days": self.standard,
            "day": short_date(self.due_on, today),
        }
        notes = "、".join(filter(None, self._notes(today)))
        return f"{sum_of_days}（{notes}）" if notes else sum_of_days

    def _notes(self, today: date) -> tuple[str, ...]:
        return (
            self._left_out(today),
            _("保留%s営業日を加算") % self.held if self.held else "",
            _("後から加わった閉庁日%s日を含む") % self.added if self.added else "",
            _("後から取り消された閉庁日%s日を除く") % self.dropped if self.dropped else "",
        )

    def _left_out(self, today: date) -> str:
        """The days that were not counted; which of them came later, nobody wrote down."""
        count = len(self.closed) - self.added
        if count <= 0:
            return ""
        if self.added or count > 1:
            return _("休日%s日を除く") % count
        day, reason = self.closed[0]
        return _("%sを除く") % f"{short_date(day, today).removesuffix('）')}・{reason}）"


def reckon(
    opened_on: date,
    standard: int,
    due_on: date,
    closures: frozenset[date] = NO_CLOSURES,
    *,
    held: int = 0,
) -> Reckoning:
    """How a due date came about. ``held``: business days for which its clock stood still.

    A date that was told stays although closures change: the difference is a part of its own.
    """
    days = [opened_on + timedelta(days=n) for n in range(1, (due_on - opened_on).days + 1)]
    closed = tuple(
        (day, closed_for(day, closures))
        for day in days
        if day.weekday() < 5 and not is_business_day(day, closures)
    )
    counted = sum(is_business_day(day, closures) for day in days)
    more = counted - standard - held
    return Reckoning(due_on, standard, held, closed, max(-more, 0), max(more, 0))
