"""Where the loop of a case stands, as plain data: phases, turn, bounds, notes, past laps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects import calendar
from bpr_projects.enums import CycleResult, Phase, Stage
from workflow import access
from workflow.actions.cycles import STANDARD_DAYS
from workflow.charts import Ball, ball_lines
from workflow.enums import CYCLE_KINDS, SlotState
from workflow.models import Slot
from workflow.views.figures import Indicator, indicators_of

if TYPE_CHECKING:
    from datetime import datetime

    from django_stubs_ext import StrOrPromise

    from bpr_projects.models import Bounds, Cycle, CycleEntry, Observation, Project
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
class PhaseLine:
    """One of the four steps in the present lap."""

    label: str
    state: str
    note: str


@dataclass(frozen=True)
class Carry:
    """What the step before concluded; the next one starts from it."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Turn:
    """The open step of the loop and whether this person may record it."""

    slot: Slot
    phase: Phase
    permit: Permit
    due_at: datetime | None
    initial: dict[str, Any]


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


@dataclass(frozen=True)
class Board:
    """Everything the page shows, read with a fixed number of queries."""

    cycle: Cycle
    day: int
    phases: tuple[PhaseLine, ...]
    turn: Turn | None
    carry: Carry | None
    options: tuple[str, ...]
    room: Room
    laps: tuple[Lap, ...]
    indicators: tuple[Indicator, ...]
    notes: tuple[Observation, ...]
    has_more_notes: bool
    is_silent: bool
    waiting: Ball | None
    may_note: Permit

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
    cycles = list(project.cycles.prefetch_related("entries").order_by("-number"))
    cycle, today = cycles[0], localdate(at)
    entries = {each.phase: each for each in cycle.entries.all()}
    turn = _turn(project, cycle, entries, user, at)
    limit = ALL_NOTES if all_notes else NOTES
    notes = tuple(project.observations.select_related("recorded_by", "cycle")[: limit + 1])
    indicators = indicators_of(project, cycles, today)
    silent_since = notes[0].recorded_at if notes else cycle.started_at
    return Board(
        cycle=cycle,
        day=calendar.day_number(localdate(_since(turn, cycle)), today, closures),
        phases=_phases(cycle, entries, turn, today, closures),
        turn=turn,
        carry=_carry(turn, entries, cycles),
        options=options_of(cycle),
        room=_room(project.bounds, cycles, today),
        laps=tuple(_lap(each, indicators, today, closures) for each in cycles),
        indicators=indicators,
        notes=notes[:limit],
        has_more_notes=len(notes) > limit and not all_notes,
        is_silent=project.stage == Stage.RUNNING
        and (today - localdate(silent_since)).days >= SILENT_DAYS,
        waiting=None if turn else ball_lines([project], at, closures).get(project.pk),
        may_note=access.may(user, "observe", project, at),
    )


def options_of(cycle: Cycle) -> tuple[str, ...]:
    """The options that 方向づけ left for 意思決定."""
    for entry in cycle.entries.all():
        if entry.phase == Phase.ORIENT:
            return tuple(str(each) for each in entry.content.get("options") or [])
    return ()


def _since(turn: Turn | None, cycle: Cycle) -> datetime:
    return turn.slot.opened_at if turn else cycle.started_at


def _turn(
    project: Project, cycle: Cycle, entries: dict[str, CycleEntry], user: User, at: datetime
) -> Turn | None:
    slot = (
        Slot.objects.filter(
            step_run__project=project, step_run__kind__in=CYCLE_KINDS, state=SlotState.OPEN
        )
        .select_related("post", "step_run__project", "step_run__run")
        .first()
    )
    if slot is None:
        return None
    phase = Phase(slot.step_run.kind)
    before = entries.get(phase)
    return Turn(
        slot=slot,
        phase=phase,
        permit=access.may_answer(user, slot, at),
        due_at=slot.step_run.due_at,
        initial=_typed_before(before),
    )


def _typed_before(entry: CycleEntry | None) -> dict[str, Any]:
    """The record of a phase that is asked again, as it was typed."""
    if entry is None:
        return {}
    options = "\n".join(entry.content.get("options") or [])
    return {**entry.content, **({"options": options} if options else {})}


def _phases(
    cycle: Cycle,
    entries: dict[str, CycleEntry],
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


def _carry(turn: Turn | None, entries: dict[str, CycleEntry], cycles: list[Cycle]) -> Carry | None:
    """The conclusion of the step before; for 観察 that of the lap before."""
    if turn is None:
        return None
    if turn.phase == Phase.OBSERVE:
        if len(cycles) < 2:
            return None
        acts = [each for each in cycles[1].entries.all() if each.phase == Phase.ACT]
        return _carry_of(acts[0]) if acts else None
    before = list(Phase)[list(Phase).index(turn.phase) - 1]
    return _carry_of(entries[before]) if before in entries else None


def _carry_of(entry: CycleEntry) -> Carry:
    content = entry.content
    lines = [
        (str(label), _words(name, content[name]))
        for name, label in _CARRIED[entry.phase]
        if content.get(name)
    ]
    return Carry(
        title=_("%(phase)s（%(when)s）の結論")
        % {
            "phase": entry.get_phase_display(),
            "when": f"{localdate(entry.recorded_at).month}/{localdate(entry.recorded_at).day}",
        },
        lines=tuple(lines),
    )


def _words(name: str, value: Any) -> str:
    return calendar.wareki(date.fromisoformat(value)) if name == "until" else str(value)


_CARRIED: Final[dict[str, tuple[tuple[str, StrOrPromise], ...]]] = {
    Phase.OBSERVE: (("findings", ""),),
    Phase.ORIENT: (("causes", ""),),
    Phase.DECIDE: (
        ("choice", gettext_lazy("選んだ案")),
        ("actor", gettext_lazy("行動する人")),
        ("until", gettext_lazy("期日")),
    ),
    Phase.ACT: (
        ("effect", gettext_lazy("結果")),
        ("lesson", gettext_lazy("学んだこと")),
        ("next_aim", gettext_lazy("次のねらい")),
    ),
}
"""What of a phase's record the next phase starts from."""


def _room(bounds: Bounds, cycles: list[Cycle], today: date) -> Room:
    spent = [
        int(entry.content.get("cost") or 0)
        for cycle in cycles
        for entry in cycle.entries.all()
        if entry.phase == Phase.DECIDE and entry.within_bounds
    ]
    return Room(
        ends_on=bounds.ends_on,
        days_left=(bounds.ends_on - today).days,
        cost_limit=bounds.cost_limit,
        cost_left=max(bounds.cost_limit - max(spent, default=0), 0),
    )


def _lap(
    cycle: Cycle, indicators: tuple[Indicator, ...], today: date, closures: frozenset[date]
) -> Lap:
    since = localdate(cycle.started_at)
    until = localdate(cycle.ended_at) if cycle.ended_at else today
    tone, icon = RESULT_LOOKS[CycleResult(cycle.result)] if cycle.result else ("solid", "repeat")
    change = indicators[0].between(since, until) if indicators else None
    return Lap(
        cycle=cycle,
        days=calendar.business_days_between(since, until, closures) or 1,
        tone=tone,
        icon=icon,
        result=str(cycle.get_result_display()) if cycle.result else _("進行中"),
        words=_lap_words(cycle),
        figures=change or "",
    )


def _lap_words(cycle: Cycle) -> str:
    """What was chosen in the lap; before that, its aim."""
    for entry in cycle.entries.all():
        if entry.phase == Phase.DECIDE:
            return str(entry.content.get("choice") or cycle.aim)
    return cycle.aim
