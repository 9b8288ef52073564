"""The "ball" line of a case: who holds it, since when, until when, what comes next.

Home, lists, the case page and the board draw it from here. Three queries for any
number of cases (two where the page already knows the closing days).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.enums import Phase
from bpr_projects.models import Closure
from workflow.access.nudging import last_nudge, permit_by_clock
from workflow.access.permits import Permit, yes
from workflow.charts.seats import seats_today
from workflow.enums import (
    CYCLE_KINDS,
    DECIDING_KINDS,
    GONE,
    OWN_WORK,
    READING_KINDS,
    RunKind,
    SlotState,
    StepKind,
)
from workflow.models import Slot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime

    from django.db.models import QuerySet

    from workflow.charts.seats import People, Seat
    from workflow.models import StepRun

ALLOWED: Final = yes()
SHOWN: Final = 2
"""How many seats a line names before it says ほか n."""


@dataclass(frozen=True)
class Ball:
    """Who holds a case. ``day_n`` counts business days, ``held`` those of 保留; 1日目: opening."""

    step_id: int
    kind: StepKind
    title: str
    seats: tuple[Seat, ...]
    answered: int
    asked: int
    since: datetime
    day_n: int
    standard: int
    due_at: datetime | None
    paused_until: date | None
    is_paused: bool
    is_late: bool
    next_title: str
    nudge: Permit = ALLOWED
    held: int = 0

    @property
    def holder(self) -> str:
        """The seats that have not answered yet, by name; more than two are counted."""
        shown = "、".join(seat.text for seat in self.seats[:SHOWN])
        more = len(self.seats) - SHOWN
        return _("%(shown)s ほか%(more)s人") % {"shown": shown, "more": more} if more > 0 else shown

    @property
    def nudged_on(self) -> tuple[str, datetime] | None:
        """Who asked the holders last to look at it, and when."""
        asked = [(seat.nudged_at, seat.nudged_by) for seat in self.seats if seat.nudged_at]
        return (max(asked)[1], max(asked)[0]) if asked else None

    @property
    def is_vacant(self) -> bool:
        """Whether a seat is asked that nobody holds today."""
        return any(not seat.is_held for seat in self.seats)

    @property
    def unheld(self) -> str:
        """Why the case waits at the 事務局: the seats that nobody may answer for, or nothing.

        What is the authors' own work waits for them.
        """
        if self.kind in OWN_WORK or not self.is_vacant:
            return ""
        seats = "、".join(seat.why_unheld for seat in self.seats if not seat.is_held)
        return _("担当できる職がありません：%s") % seats

    @property
    def is_stuck(self) -> bool:
        """Whether nobody at all may answer the step now."""
        return bool(self.unheld) and not any(seat.is_held for seat in self.seats)


def is_late(due_at: datetime | None, at: datetime, *, is_paused: bool) -> bool:
    """The deadline has passed and the clock runs: what the inbox counts as 期限超過."""
    return due_at is not None and not is_paused and due_at < at


def closing_days() -> frozenset[date]:
    """The city's own closing days; pages load them once and pass them on."""
    return frozenset(Closure.objects.values_list("day", flat=True))


class Proposed(Protocol):
    """A case as these questions need it: a ``Project``, or a row that was read for a list."""

    @property
    def pk(self) -> int: ...


def ball_lines(
    projects: Iterable[Proposed], at: datetime, closures: frozenset[date] | None = None
) -> dict[int, Ball]:
    """Who holds each of these cases; a case that nobody holds (draft, ended) is left out."""
    keys = {project.pk for project in projects}
    return lines_of(open_slots(keys), at, closures) if keys else {}


def lines_of(
    slots: Iterable[Slot], at: datetime, closures: frozenset[date] | None = None
) -> dict[int, Ball]:
    """``ball_lines`` of the cases that these ``open_slots`` belong to."""
    steps: dict[int, list[Slot]] = {}
    for slot in slots:
        steps.setdefault(slot.step_run_id, []).append(slot)
    people = seats_today([slot for slots in steps.values() for slot in slots], at)
    days = closing_days() if closures is None else closures
    balls: dict[int, Ball] = {}
    for slots in steps.values():
        project_id = slots[0].step_run.project_id
        if project_id is not None:
            balls[project_id] = ball_of(slots, people, at, days)
    return balls


def open_slots(projects: Collection[int] | QuerySet[Any, Any]) -> QuerySet[Slot]:
    """Slots of open steps; where a case has a cycle and an approval open, the approval is last."""
    return (
        Slot.objects.filter(step_run__closed_at=None, step_run__project__in=projects)
        .select_related("step_run__run", "post")
        .only(
            "state",
            "post__title",
            "post__is_shared",
            *(f"step_run__{name}" for name in STEP_FIELDS),
            *(f"step_run__run__{name}" for name in ("kind", "plan", "position")),
        )
        .annotate(**last_nudge())
        .order_by("-step_run__run__kind", "step_run", "pk")
    )


STEP_FIELDS: Final = (
    "project_id",
    "kind",
    "title",
    "opened_at",
    "due_at",
    "held_days",
    "paused_since",
    "paused_until",
    "standard_days",
    "snapshot",
)


def ball_of(slots: list[Slot], people: People, at: datetime, closures: frozenset[date]) -> Ball:
    """The line of one open step, from its slots and whoever may act today."""
    step = slots[0].step_run
    slots = [slot for slot in slots if slot.state not in GONE]
    waiting = [slot for slot in slots if slot.state == SlotState.OPEN]
    seats = tuple(people.seat(slot) for slot in waiting)
    return Ball(
        step_id=step.pk,
        kind=StepKind(step.kind),
        title=step.title,
        seats=seats,
        answered=len(slots) - len(waiting),
        asked=len(slots),
        since=step.opened_at,
        day_n=calendar.day_number(
            localdate(step.opened_at), localdate(step.paused_since or at), closures
        ),
        standard=step.standard_days,
        due_at=step.due_at,
        paused_until=step.paused_until,
        is_paused=step.paused_since is not None,
        is_late=is_late(step.due_at, at, is_paused=step.paused_since is not None),
        next_title=next_title(step),
        nudge=_nudge(step, seats, at, closures),
        held=step.held_days,
    )


def _nudge(step: StepRun, seats: Iterable[Seat], at: datetime, closures: frozenset[date]) -> Permit:
    """May whoever waits ask the holders now? Yes as soon as one of them may be asked."""
    permits = [
        permit_by_clock(
            step.due_at, seat.nudged_at, at, closures, is_paused=step.paused_since is not None
        )
        for seat in seats
    ]
    return next((each for each in permits if each), permits[0] if permits else ALLOWED)


def next_title(step: StepRun) -> str:
    """What comes after a step, in words; the plan of its run says it."""
    is_case = step.project_id is not None
    begins_again = step.kind == StepKind.REVISION and not is_case
    plan = step.run.plan if begins_again else step.run.plan[step.run.position + 1 :]
    coming = list(_asking(plan))
    kind, title = (coming[0]["kind"], coming[0]["title"]) if coming else (None, None)
    return following_words(StepKind(step.kind), step.run.kind, kind, title, is_case=is_case)


def following_words(
    kind: StepKind,
    run_kind: str,
    next_kind: str | None,
    next_title: str | None,
    *,
    is_case: bool = True,
) -> str:
    """What follows a step of this kind, given the step that the plan holds after it.

    After the correction of a rule (no ``is_case``) its plan begins again.
    """
    if kind in CYCLE_KINDS:
        return _after_phase(kind)
    if kind == StepKind.REVISION and is_case:
        return str(StepKind.CONFIRMATION.label)
    if next_title and next_kind not in READING_KINDS:
        return next_title
    if kind in DECIDING_KINDS and run_kind == RunKind.PROJECT:
        return _("採択なら実行（OODA第1サイクル）")
    return _("決定")


def _asking(plan: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    return (step for step in plan if step["kind"] not in READING_KINDS)


def _after_phase(kind: StepKind) -> str:
    """観察 → 方向づけ → 意思決定 → 行動 → the section says how it goes on."""
    phases = list(Phase)
    index = phases.index(Phase(kind.value))
    if index + 1 < len(phases):
        return str(phases[index + 1].label)
    return _("続ける・方向を変える等の結論")
