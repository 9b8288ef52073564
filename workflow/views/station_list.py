"""The list below the stations: open steps with who holds each, and who is asked when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workflow import access
from workflow.charts import ball_of, seats_today
from workflow.inbox.cursors import cursor_text
from workflow.inbox.links import case_url, rule_url
from workflow.models import Slot
from workflow.views.station_rows import AT_HEADQUARTERS, RUNS, STATIONS, is_late

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from workflow.access import Permit
    from workflow.charts import Ball, People, Seat
    from workflow.enums import StepKind
    from workflow.inbox import Desk
    from workflow.models import StepRun

PAGE: Final = 25
AT_ONCE: Final = 10
"""So many of the cases that wait for headquarters are shown, those that wait longest."""


class Show(NamedTuple):
    """Which open steps are listed, and by which of their moments they are in order."""

    label: StrOrPromise
    field: str
    condition: Callable[[datetime], Q]


SHOWS: Final = {
    "late": Show(gettext_lazy("標準の日数を過ぎた手続"), "due_at", is_late),
    "open": Show(gettext_lazy("進行中の手続すべて"), "opened_at", lambda _at: Q()),
    "paused": Show(gettext_lazy("保留中の手続"), "paused_since", lambda _at: ~RUNS),
}
"""What a number of the table leads to. The first is the list of what is stuck."""

Place = tuple["datetime", int]
"""Where a page of the list begins: the moment and the key of the last row before it."""


@dataclass(frozen=True)
class Waiting:
    """An open step as a row.

    ``ask``: may the reader ask its holders now? None where the reader does not wait for them, or
    where they still have their days.
    """

    step: StepRun
    ball: Ball
    ask: Permit | None

    @property
    def number(self) -> str:
        """R8-012, or RT2-3 of a version of a rule."""
        project, rule = self.step.project, self.step.run.rule
        return (project.number or "") if project else rule.number if rule else ""

    @property
    def title(self) -> str:
        """What the case or the rule is called."""
        project = self.step.project
        return project.title if project else str(self.step.run.rule)

    @property
    def section_name(self) -> str:
        """Whose case it is; a rule is nobody's."""
        project = self.step.project
        if project is None:
            return _("決裁の経路の改正")
        return project.section.name if project.section else ""

    @property
    def url(self) -> str:
        """The page of the case or of the rule."""
        project = self.step.project
        return case_url(project.reference) if project else rule_url(self.number)


@dataclass(frozen=True)
class Listed:
    """A page of the list. ``more``: where the next one begins."""

    rows: list[Waiting]
    more: str = ""

    @property
    def may_ask(self) -> bool:
        """Whether the reader may ask for any of the rows, now or later."""
        return any(row.ask is not None for row in self.rows)

    @property
    def askable(self) -> int:
        """How many may be asked for now."""
        return sum(bool(row.ask) for row in self.rows)


@dataclass(frozen=True)
class Headquarters:
    """What waits for headquarters themselves, the longest first: ``rows`` of ``count``."""

    rows: list[Waiting]
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.rows)


def keys_of(
    steps: QuerySet[StepRun], show: Show, kind: StepKind | None, after: Place | None, at: datetime
) -> list[Place]:
    """A page of keys and one more, longest first, by keyset: one query."""
    found = steps.filter(show.condition(at), closed_at=None, kind__in=[kind] if kind else STATIONS)
    if after is not None:
        moment, key = after
        later = Q(**{f"{show.field}__gt": moment})
        found = found.filter(later | Q(**{show.field: moment, "pk__gt": key}))
    return list(found.order_by(show.field, "pk").values_list(show.field, "pk")[: PAGE + 1])


def keys_at_headquarters(steps: QuerySet[StepRun]) -> list[int]:
    """Every step that waits for headquarters, longest first: one query."""
    found = steps.filter(closed_at=None, kind__in=AT_HEADQUARTERS)
    return list(found.order_by("opened_at", "pk").values_list("pk", flat=True))


def read(desk: Desk, places: list[Place], headquarters: list[int]) -> tuple[Listed, Headquarters]:
    """Both lists with everything that their rows show: two queries."""
    keys = [key for _moment, key in places[:PAGE]]
    shown = headquarters[:AT_ONCE]
    slots = _slots({*keys, *shown})
    everyone = [slot for of_step in slots.values() for slot in of_step]
    people = seats_today(everyone, desk.at)
    rows = {key: _row(desk, of_step, people) for key, of_step in slots.items()}
    more = cursor_text(*places[PAGE - 1]) if len(places) > PAGE else ""
    return (
        Listed([rows[key] for key in keys if key in rows], more),
        Headquarters([rows[key] for key in shown if key in rows], len(headquarters)),
    )


def _slots(keys: Collection[int]) -> dict[int, list[Slot]]:
    found: dict[int, list[Slot]] = {}
    rows = (
        Slot.objects.filter(step_run__in=keys)
        .select_related("step_run__run__rule", "step_run__project__section", "post")
        .defer("step_run__project__sheet", "step_run__run__rule__condition")
        .annotate(**access.last_nudge())
        .order_by("pk")
    )
    for slot in rows:
        found.setdefault(slot.step_run_id, []).append(slot)
    return found


def _row(desk: Desk, slots: list[Slot], people: People) -> Waiting:
    step = slots[0].step_run
    ball = ball_of(slots, people, desk.at, desk.load.closures)
    return Waiting(step, ball, _ask(desk, step, ball, people))


def _ask(desk: Desk, step: StepRun, ball: Ball, people: People) -> Permit | None:
    """What ``access.may_nudge`` and the clock would say of one of the seats, from what was read."""
    capacities = list(desk.capacities.values())
    project = step.project
    waits = (
        access.waits_for(desk.user, project, capacities)
        if project
        else access.waits_for_rules(capacities)
    )
    if not (waits and ball.is_late):
        return None
    others = [seat for seat in ball.seats if not _is_mine(desk, step, seat, people)]
    if not others:
        return access.no(_("ご自身の番です。"))
    asks = [
        access.permit_by_clock(
            step.due_at, seat.nudged_at, desk.at, desk.load.closures, is_paused=ball.is_paused
        )
        for seat in others
    ]
    return next((each for each in asks if each), asks[0])


def _is_mine(desk: Desk, step: StepRun, seat: Seat, people: People) -> bool:
    return seat.post_id in desk.capacities and desk.user.pk not in people.excluded(step)
