"""今週: Monday to Friday with holidays and with what falls due, for me and for whom I wait."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from workflow.charts import is_late
from workflow.inbox.links import case_url

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from workflow.inbox.desk import Item
    from workflow.inbox.rows import CaseRow

OFFICE_DAYS: Final = 5
SATURDAY: Final = 5


@dataclass(frozen=True)
class Deadline:
    """Something that falls due. ``tone`` is that of its pin."""

    due_at: datetime
    number: str
    what: str
    title: str
    url: str
    is_mine: bool
    tone: str = ""

    @property
    def look(self) -> str:
        """The pin: hollow while it is somebody else's turn."""
        return self.tone if self.is_mine else "wait"


@dataclass(frozen=True)
class Day:
    """A day of the week; ``closed`` names the reason why the city hall is closed."""

    day: date
    mark: str
    closed: str
    is_today: bool
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True)
class Week:
    """Five days, and the first deadline after them."""

    days: tuple[Day, ...]
    following: Deadline | None
    overdue: int
    is_next: bool

    @property
    def is_free(self) -> bool:
        """Whether nothing falls due in it."""
        return not any(day.deadlines for day in self.days)


def week_of(
    at: datetime, closures: frozenset[date], items: Iterable[Item], waiting: Iterable[CaseRow]
) -> Week:
    """The week of the moment; on a weekend the coming one."""
    today = localdate(at)
    monday = today - timedelta(days=today.weekday())
    if is_next := today.weekday() >= SATURDAY:
        monday += timedelta(days=7)
    known = sorted(_deadlines(at, items, waiting), key=lambda each: each.due_at)
    days = [monday + timedelta(days=n) for n in range(OFFICE_DAYS)]
    after = (each for each in known if localdate(each.due_at) > days[-1])
    return Week(
        days=tuple(_day(day, today, closures, known) for day in days),
        following=next(after, None),
        overdue=sum(each.is_mine and localdate(each.due_at) < monday for each in known),
        is_next=is_next,
    )


def _deadlines(
    at: datetime, items: Iterable[Item], waiting: Iterable[CaseRow]
) -> Iterable[Deadline]:
    for item in items:
        if item.due_at is not None and not item.is_paused:
            what = str(item.kind.label)
            yield _toned(
                Deadline(item.due_at, item.number, what, item.title, item.url, is_mine=True), at
            )
    for row in waiting:
        ball = row.ball
        if ball is not None and ball.due_at is not None and not ball.is_paused:
            url = case_url(row.number)
            yield Deadline(
                ball.due_at, row.number, str(ball.kind.label), row.title, url, is_mine=False
            )


def _toned(deadline: Deadline, at: datetime) -> Deadline:
    if is_late(deadline.due_at, at, is_paused=False):
        return replace(deadline, tone="bad")
    is_today = localdate(deadline.due_at) == localdate(at)
    return replace(deadline, tone="warn") if is_today else deadline


def _mark(day: date, closures: frozenset[date]) -> str:
    """月, 月・祝 on a public holiday, 月・休 when the city hall is closed for another reason."""
    weekday = calendar.weekday_mark(day).strip("（）")
    if calendar.is_public_holiday(day):
        return _("%s・祝") % weekday
    return _("%s・休") % weekday if calendar.closed_for(day, closures) else weekday


def _day(day: date, today: date, closures: frozenset[date], known: list[Deadline]) -> Day:
    return Day(
        day=day,
        mark=_mark(day, closures),
        closed=calendar.closed_for(day, closures),
        is_today=day == today,
        deadlines=tuple(each for each in known if localdate(each.due_at) == day),
    )
