"""Where the loop of a case stands, as plain data: phases, turn, bounds, notes, past laps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import OuterRef, Subquery
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.enums import CycleResult, Phase, Stage
from bpr_projects.models import CycleEntry
from records.models import LedgerText
from roles.models import capacities_of
from workflow import access
from workflow.actions.cycles import STANDARD_DAYS
from workflow.charts import Ball, ball_lines
from workflow.enums import CYCLE_KINDS, Outcome, SlotState
from workflow.models import Slot
from workflow.views.figures import Indicator, indicators_of
from workflow.views.phase_records import (
    Carry,
    Option,
    PhaseRecord,
    carry_of,
    options_of,
    record_of,
    row_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from bpr_projects.models import Bounds, Cycle, Observation, Project
    from roles.models import User
    from workflow.access import Permit

NOTES: Final = 8
ALL_NOTES: Final = 100
SILENT_DAYS: Final = 14
"""After so many calendar days without an observation the board says so."""

RESULT_LOOKS: Final = {
    CycleResult.CONTINUE: ("ok", "check"),
    CycleResult.PIVOT: ("cond", "corner-up-left"),
    CycleResult.SCALE: ("ok", "git-branch"),
    CycleResult.STOP: ("", "circle-x"),
    CycleResult.COMPLETE: ("ok", "check-check"),
}
"""How a lap ended -> tone and icon."""


@dataclass(frozen=True)
class Round:
    """A cycle with what was recorded in it, by phase."""

    cycle: Cycle
    entries: Mapping[str, CycleEntry]


@dataclass(frozen=True)
class PhaseLine:
    """One of the four steps in the present lap."""

    label: str
    state: str
    note: str


@dataclass(frozen=True)
class Turn:
    """The open step of the loop and whether this person may record it."""

    slot: Slot
    phase: Phase
    permit: Permit
    due_at: datetime | None
    initial: dict[str, Any]
    note: str
    halted_because: str


@dataclass(frozen=True)
class Room:
    """自由枠 and how much of it is left."""

    ends_on: date
    days_left: int
    cost_limit: int
    cost_left: int


@dataclass(frozen=True)
class Lap:
    """A cycle in the list."""

    cycle: Cycle
    days: int
    tone: str
    icon: str
    result: str
    words: str
    figures: str
    record: tuple[PhaseRecord, ...]


@dataclass(frozen=True)
class Board:
    """Everything the page shows, read with a fixed number of queries."""

    cycle: Cycle
    day: int
    phases: tuple[PhaseLine, ...]
    turn: Turn | None
    carry: Carry | None
    options: tuple[Option, ...]
    room: Room
    laps: tuple[Lap, ...]
    indicators: tuple[Indicator, ...]
    notes: tuple[Observation, ...]
    has_more_notes: bool
    is_silent: bool
    waiting: Ball | None
    may_note: Permit
    may_halt: bool

    @property
    def plain_options(self) -> list[tuple[Option, None]]:
        """The options for readers: nothing to choose."""
        return [(option, None) for option in self.options]

    @property
    def lap_days(self) -> list[int]:
        """Business days of the last three laps, oldest first."""
        return [lap.days for lap in reversed(self.laps[:3])]


def board_of(
    project: Project,
    user: User,
    at: datetime,
    closures: frozenset[date],
    *,
    all_notes: bool = False,
) -> Board:
    """Read the board of an adopted case."""
    slot = _open_slot(project)
    rounds = _rounds(project, slot)
    cycle, entries = rounds[0].cycle, rounds[0].entries
    today = localdate(at)
    turn = _turn(slot, entries, user, at) if slot else None
    limit = ALL_NOTES if all_notes else NOTES
    notes = tuple(project.observations.select_related("recorded_by", "cycle")[: limit + 1])
    indicators = indicators_of(project, [each.cycle for each in rounds], today)
    silent_since = notes[0].recorded_at if notes else cycle.started_at
    return Board(
        cycle=cycle,
        day=calendar.day_number(localdate(_since(turn, rounds[0])), today, closures),
        phases=_phases(entries, turn, today, closures),
        turn=turn,
        carry=_carry(turn, rounds),
        options=options_of(entries),
        room=_room(project.bounds, rounds, today),
        laps=tuple(_lap(each, indicators, today, closures) for each in rounds),
        indicators=indicators,
        notes=notes[:limit],
        has_more_notes=len(notes) > limit and not all_notes,
        is_silent=project.stage == Stage.RUNNING
        and (today - localdate(silent_since)).days >= SILENT_DAYS,
        waiting=None if turn else ball_lines([project], at, closures).get(project.pk),
        may_note=access.may(user, "observe", project, at),
        may_halt=_may_halt(user, project, rounds[0], today, closures),
    )


def _open_slot(project: Project) -> Slot | None:
    """The open step of the loop, with the reason if its being stopped opened it."""
    said = LedgerText.objects.filter(
        entry__decision__run=OuterRef("step_run__run"),
        entry__decision__outcome=Outcome.HALTED,
        entry__decision__decided_at=OuterRef("opened_at"),
        name="comment",
        blanked_at=None,
    )
    return (
        Slot.objects.filter(
            step_run__project=project, step_run__kind__in=CYCLE_KINDS, state=SlotState.OPEN
        )
        .select_related("post", "step_run__project", "step_run__run__cycle")
        .annotate(halted_because=Subquery(said.values("text")[:1]))
        .first()
    )


def _rounds(project: Project, slot: Slot | None) -> list[Round]:
    """Cycles, newest first, in one query: one without any record is open and has the slot."""
    cycles: dict[int, Cycle] = {}
    entries: dict[int, dict[str, CycleEntry]] = {}
    if slot is not None and slot.step_run.run.cycle is not None:
        cycles[slot.step_run.run.cycle.pk] = slot.step_run.run.cycle
    for entry in _entries(project):
        cycles.setdefault(entry.cycle_id, entry.cycle)
        entries.setdefault(entry.cycle_id, {})[entry.phase] = entry
    newest = sorted(cycles.values(), key=lambda each: -each.number)
    return [Round(each, entries.get(each.pk, {})) for each in newest]


def _entries(project: Project) -> Iterable[CycleEntry]:
    return CycleEntry.objects.filter(cycle__project=project).select_related("cycle", "recorded_by")


def _since(turn: Turn | None, last: Round) -> datetime:
    """Since when the loop stands where it stands."""
    if turn is not None:
        return turn.slot.opened_at
    recorded = [each.recorded_at for each in last.entries.values()]
    return max(recorded, default=last.cycle.started_at)


def _turn(slot: Slot, entries: Mapping[str, CycleEntry], user: User, at: datetime) -> Turn:
    phase = Phase(slot.step_run.kind)
    return Turn(
        slot=slot,
        phase=phase,
        permit=_permit(user, slot, at),
        due_at=slot.step_run.due_at,
        initial={"actor": user.name, **_typed_before(entries.get(phase))},
        note=slot.step_run.note,
        halted_because=getattr(slot, "halted_because", None) or "",
    )


def _permit(user: User, slot: Slot, at: datetime) -> Permit:
    """``may_answer`` for a step with one seat that excludes nobody; who holds it, if not you."""
    capacities = capacities_of(user, localdate(at))
    if not any(each.post.pk == slot.post_id for each in capacities):
        names = [each.person.name for each in access.holders(slot, at)]
        return access.no(access.not_yours(slot.post.title, names))
    return access.permit_to_answer(
        user, slot, capacities=capacities, conflicted=frozenset(), answered_as=""
    )


def _may_halt(
    user: User, project: Project, last: Round, today: date, closures: frozenset[date]
) -> bool:
    """``may(…, "halt", …)`` by what the page knows: a fresh decision inside the bounds."""
    decided = last.entries.get(Phase.DECIDE)
    if last.cycle.phase != Phase.ACT or last.cycle.ended_at or not decided:
        return False
    standing = decided if decided.within_bounds else None
    held = capacities_of(user, today)
    return bool(access.permit_to_halt(project, held, standing, today, closures))


def _typed_before(entry: CycleEntry | None) -> dict[str, Any]:
    """The record of a phase that is asked again, as it was typed."""
    if entry is None:
        return {}
    rows = [row_of(each) for each in entry.content.get("options") or []]
    return {**entry.content, **({"options": rows} if rows else {})}


def _phases(
    entries: Mapping[str, CycleEntry],
    turn: Turn | None,
    today: date,
    closures: frozenset[date],
) -> tuple[PhaseLine, ...]:
    lines = []
    for phase in Phase:
        entry = entries.get(phase)
        if turn is not None and turn.phase == phase:
            day = calendar.day_number(localdate(turn.slot.opened_at), today, closures)
            lines.append(PhaseLine(str(phase.label), "now", _("%s日目") % day))
        elif entry is not None:
            days = calendar.day_number(
                localdate(entry.opened_at), localdate(entry.recorded_at), closures
            )
            lines.append(PhaseLine(str(phase.label), "done", _("%s日") % days))
        else:
            lines.append(PhaseLine(str(phase.label), "", _("標準%s日") % STANDARD_DAYS[phase]))
    return tuple(lines)


def _carry(turn: Turn | None, rounds: list[Round]) -> Carry | None:
    """The conclusion of the step before; for 観察 that of the lap before; else the last one."""
    entries = rounds[0].entries
    if turn is None:
        done = [entries[phase] for phase in Phase if phase in entries]
        return carry_of(done[-1]) if done else None
    if turn.phase == Phase.OBSERVE:
        ended = rounds[1].entries.get(Phase.ACT) if len(rounds) > 1 else None
    else:
        ended = entries.get(list(Phase)[list(Phase).index(turn.phase) - 1])
    return carry_of(ended) if ended else None


def _room(bounds: Bounds, rounds: list[Round], today: date) -> Room:
    spent = sum(
        int(each.entries[Phase.DECIDE].content.get("cost") or 0)
        for each in rounds
        if Phase.DECIDE in each.entries and each.cycle.phase != Phase.DECIDE
    )
    return Room(
        ends_on=bounds.ends_on,
        days_left=(bounds.ends_on - today).days,
        cost_limit=bounds.cost_limit,
        cost_left=max(bounds.cost_limit - spent, 0),
    )


def _lap(
    lap: Round, indicators: tuple[Indicator, ...], today: date, closures: frozenset[date]
) -> Lap:
    cycle = lap.cycle
    since = localdate(cycle.started_at)
    until = localdate(cycle.ended_at) if cycle.ended_at else today
    tone, icon = RESULT_LOOKS[CycleResult(cycle.result)] if cycle.result else ("solid", "repeat")
    decided = lap.entries.get(Phase.DECIDE)
    return Lap(
        cycle=cycle,
        days=calendar.day_number(since, until, closures),
        tone=tone,
        icon=icon,
        result=str(cycle.get_result_display()) if cycle.result else _("進行中"),
        words=str(decided.content.get("choice") or cycle.aim) if decided else cycle.aim,
        figures=indicators[0].between(since, until) if indicators else "",
        record=tuple(record_of(lap.entries, phase) for phase in Phase if phase in lap.entries),
    )
