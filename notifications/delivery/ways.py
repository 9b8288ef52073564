"""For when a mail is put down: at once, or the hour its reader chose, but no quiet one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils.timezone import localtime

from bpr_projects.calendar import JST, add_business_days, is_business_day
from notifications.catalogue import MORNING, default_way, ways_of
from notifications.enums import Event, Way
from notifications.models import Preference, QuietHours

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Wishes:
    """How the people of a batch want to be told. Days on which the city hall is closed are none."""

    chosen: dict[tuple[int, str], str]
    quiet: dict[int, QuietHours]
    closures: frozenset[date]

    @classmethod
    def of(cls, people: Collection[int], closures: frozenset[date]) -> Wishes:
        """Look once for all of them."""
        rows = Preference.objects.filter(person__in=people).values_list("person", "event", "way")
        return cls(
            chosen={(person, event): way for person, event, way in rows},
            quiet={row.person_id: row for row in QuietHours.objects.filter(person__in=people)},
            closures=closures,
        )

    def way(self, person: int, event: Event) -> Way:
        """What the person chose, where the catalogue still lets one choose it."""
        chosen = self.chosen.get((person, event))
        return Way(chosen) if chosen in ways_of(event) else default_way(event)

    def hour(self, way: Way, since: datetime) -> datetime:
        """When what happened at ``since`` goes out by this way, were there no quiet hours."""
        if way == Way.MORNING:
            return morning(since, self.closures)
        if way == Way.WEEKLY:
            return first_morning_of_a_week(since, self.closures)
        return since

    def awake(self, person: int, moment: datetime) -> datetime:
        """The moment, or the end of the person's quiet hours around it."""
        quiet = self.quiet.get(person)
        return after_quiet(quiet, moment, self.closures) if quiet else moment


def morning(since: datetime, closures: frozenset[date]) -> datetime:
    """The first 8:30 of a business day that is not before ``since``."""
    local = localtime(since, JST)
    day = local.date()
    if not is_business_day(day, closures) or local.time() > MORNING:
        day = add_business_days(day, 1, closures)
    return datetime.combine(day, MORNING, JST)


def first_morning_of_a_week(since: datetime, closures: frozenset[date]) -> datetime:
    """The first 8:30 of a week's first business day that is not before ``since``."""
    found = morning(since, closures)
    while _has_begun(found.date(), closures):
        found = datetime.combine(add_business_days(found.date(), 1, closures), MORNING, JST)
    return found


def _has_begun(day: date, closures: frozenset[date]) -> bool:
    """Whether the week (from Monday) had a business day before this one."""
    earlier = (day - timedelta(days=n) for n in range(1, day.weekday() + 1))
    return any(is_business_day(each, closures) for each in earlier)


def after_quiet(quiet: QuietHours, moment: datetime, closures: frozenset[date]) -> datetime:
    """The first moment from this one on that is not quiet."""
    local = localtime(moment, JST)
    if quiet.also_days_off and not is_business_day(local.date(), closures):
        day = add_business_days(local.date(), 1, closures)
        return after_quiet(quiet, datetime.combine(day, time.min, JST), closures)
    if not _is_quiet(quiet, local.time()):
        return moment
    is_over_tomorrow = local.time() >= quiet.starts_at > quiet.ends_at
    day = local.date() + timedelta(days=int(is_over_tomorrow))
    return after_quiet(quiet, datetime.combine(day, quiet.ends_at, JST), closures)


def _is_quiet(quiet: QuietHours, hour: time) -> bool:
    if quiet.starts_at < quiet.ends_at:
        return quiet.starts_at <= hour < quiet.ends_at
    return hour >= quiet.starts_at or hour < quiet.ends_at
