"""Tell all stories at once, in the order of time, until now."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from bpr_projects import calendar
from bpr_projects.models import Closure, Project
from bpr_projects.plan import load_plan
from roles import actions as offices
from roles.actions import load_city
from roles.enums import AppointmentKind, Role
from roles.models import Appointment, Post, User, holders_of, people_who
from workflow import engine
from workflow.actions.route_data import load_routes
from workflow.management.demo import crowd, rules, script
from workflow.management.demo.telling import WRITTEN_ON, Calendar, Tale
from workflow.management.hours import OPENING, later, moment
from workflow.models import Reading, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.management.demo.script import Script, Story

CITIES: Final = Path(settings.BASE_DIR) / "cities"
FIRST_DAY: Final = date(2026, 4, 3)
LAST_DAY: Final = date(2027, 3, 31)
TRANSFER: Final = date(2027, 4, 1)
"""The story belongs to the first year of the plan, whose numbers begin with R8."""

READ_AFTER_MINUTES: Final = 900
RULES_AMENDED: Final = 7
"""So many business days before the last one a change of a route is proposed."""


@dataclass(frozen=True)
class Loaded:
    """What was there afterwards. ``filled`` is false when the database held somebody before."""

    filled: bool
    people: int
    cases: int


def load(
    *, password: str | None, at: datetime, seed: int = 1, people: int = 0, cases: int = 0
) -> Loaded:
    """Fill an empty database with the sample city and its cases as they stand at a moment.

    Beside the story there are others until there are so many ``people`` and ``cases``.
    """
    if User.objects.exists() or Project.objects.exists():
        if Route.objects.exists():
            with transaction.atomic():
                load_routes(CITIES / "routes.toml", at=at)  # codes that an older demo has not
        return Loaded(filled=False, people=User.objects.count(), cases=Project.objects.count())
    with transaction.atomic():
        start = moment(FIRST_DAY, OPENING)
        _found(password, start)
        words = crowd.read(CITIES / "sample_crowd.toml")
        crowd.hire(words, people, start, Random(f"{seed} people"))  # noqa: S311 -- a sample
        story = script.read(CITIES / "sample_ideas.json", CITIES / "sample_story.toml")
        others = crowd.scripts(
            words,
            max(cases - len(story.scripts), 0),
            WRITTEN_ON,
            Random(f"{seed} cases"),  # noqa: S311 -- a sample
        )
        _tell(story, list(others), at, seed)
    return Loaded(filled=True, people=User.objects.count(), cases=Project.objects.count())


def _reserve(at: datetime) -> None:
    """The next 人事異動, as far as it is known: one leader has a successor, one has none."""
    by = people_who(Role.SECRETARIAT, localdate(at))[0]
    for code in ("LEADER-ZEIMU", "LEADER-KENKO"):
        row = Appointment.objects.in_force(localdate(at)).get(post__code=code)
        offices.end_appointment(appointment=row, ends_on=TRANSFER, by=by, at=at)
    offices.appoint(
        post=Post.objects.get(code="LEADER-ZEIMU"),
        person=User.objects.get(employee_number="100502"),
        kind=AppointmentKind.CONCURRENT,
        starts_on=TRANSFER,
        by=by,
        at=at,
    )


def _found(password: str | None, at: datetime) -> None:
    load_city(CITIES / f"{settings.CITY}.toml", password=password, at=at)
    load_plan(CITIES / "plan.toml")
    load_routes(CITIES / "routes.toml", at=at)


def _tell(story: Story, others: list[Script], at: datetime, seed: int) -> None:
    off = Closure.days()
    today = calendar.add_business_days(min(localdate(at), LAST_DAY), 1, off)
    days = Calendar(
        today=calendar.add_business_days(today, -1, off),
        first=FIRST_DAY,
        span=max(event.day for each in story.scripts for event in each.events),
        closures=off,
    )
    tales = [
        Tale(each, story.usual, days, Random(f"{seed} {each.code}"))  # noqa: S311 -- a sample
        for each in (*story.scripts, *others)
    ]
    until = min(at, moment(days.today, OPENING))
    amended = moment(calendar.add_business_days(days.today, -RULES_AMENDED, off), OPENING)
    lives = [tale.moments() for tale in tales]
    if localdate(amended) >= FIRST_DAY:
        lives.append(rules.moments(amended, off))
    _in_order(lives, until)
    _read_what_was_circulated(until, off)
    if moment(days.first, OPENING) <= until and localdate(at) < TRANSFER:
        _reserve(until)


def _in_order(lives: list[Iterator[datetime]], until: datetime) -> None:
    """Always go on with the case whose next moment is the earliest."""
    queue = [(next(life), number) for number, life in enumerate(lives)]
    heapq.heapify(queue)
    while queue and queue[0][0] <= until:
        _at, number = heapq.heappop(queue)
        following = next(lives[number], None)
        if following is not None:
            heapq.heappush(queue, (following, number))


def _read_what_was_circulated(until: datetime, off: frozenset[date]) -> None:
    """供覧 and 後閲 are read after some days; some of the latest are still unread."""

    for reading in Reading.objects.filter(read_at=None).order_by("opened_at", "pk"):
        at = later(reading.opened_at, READ_AFTER_MINUTES * (1 + reading.pk % 11), off)
        if at > until:
            continue
        by = holders_of([reading.post_id], localdate(at))[reading.post_id][0].person
        engine.mark_read(reading_id=reading.pk, by=by, at=at)
