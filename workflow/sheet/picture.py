"""The way of a run as stops and returns: what the 図 draws, and the list that says the same.

It is drawn from the run's plan and its steps, not from the engine's chart, which shows a station
that was opened again as done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects.charts import RouteLoop, RouteStop
from bpr_projects.enums import Stage
from workflow.enums import (
    READING_KINDS,
    Outcome,
    RunKind,
    RunState,
    SendBackTarget,
    SlotState,
    Station,
    StepKind,
)
from workflow.outcomes import TARGET_STATION
from workflow.sheet.lines import coming_of, who_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from django_stubs_ext import StrOrPromise

    from workflow.models import Decision, Run, Slot
    from workflow.sheet.dossier import Dossier, Step
    from workflow.sheet.lines import Planned

WORDS: Final[dict[str, StrOrPromise]] = {
    "done": gettext_lazy("済み"),
    "now": gettext_lazy("いま"),
    "coming": gettext_lazy("これから"),
    "skipped": gettext_lazy("省略"),
    "off": gettext_lazy("行わない"),
}
"""State of a stop -> the word in its corner."""

ENDS: Final[dict[RunState, tuple[str, str]]] = {
    RunState.ADOPTED: ("done", "採択"),
    RunState.NOT_ADOPTED: ("bad", "不採択"),
    RunState.WITHDRAWN: ("off", "取下げ"),
    RunState.ABANDONED: ("off", "廃案"),
    RunState.FINISHED: ("done", "終了"),
}


@dataclass(frozen=True)
class StopSeat:
    """A post at a stop: who answered what and when, or that nobody has yet."""

    title: str
    state: str
    said: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Stop:
    """A station of the way."""

    title: str
    state: str
    seats: tuple[StopSeat, ...] = ()
    who: str = ""
    why: str = ""
    day: date | None = None
    until: date | None = None
    days: int = 0
    held: int = 0
    is_paused: bool = False
    is_aside: bool = False
    kind: str = ""

    @property
    def word(self) -> str:
        """済み, いま, これから …, as the corner of the box says it."""
        if self.is_paused:
            return _("保留中")
        if self.state == "bad":
            return _("終了")
        return str(WORDS[self.state])

    def drawn(self) -> RouteStop:
        """As the picture needs it: one seat is named beside the title's box, more are listed."""
        names = tuple((seat.title, seat.state) for seat in self.seats)
        if not names and self.who:
            names = ((self.who, ""),)
        word = self.word
        if self.state == "done" and self.day is not None:
            word = f"{word} {self.day.month}/{self.day.day}"
        return RouteStop(self.title, self.state, word, names, is_aside=self.is_aside)


@dataclass(frozen=True)
class Return:
    """差戻し from one stop to an earlier one; several of a kind are one loop."""

    source: int
    target: int
    days: tuple[date, ...]

    @property
    def label(self) -> str:
        """差戻し2回"""
        if len(self.days) > 1:
            return _("差戻し%s回") % len(self.days)
        return _("差戻し%(month)s/%(day)s") % {
            "month": self.days[0].month,
            "day": self.days[0].day,
        }

    def drawn(self) -> RouteLoop:
        """As the picture needs it."""
        return RouteLoop(self.source, self.target, self.label)


class Told(NamedTuple):
    """A return in words."""

    words: str
    days: tuple[date, ...]


@dataclass(frozen=True)
class Way:
    """The stops of a run in order, and where it went back."""

    run: Run
    title: str
    stops: tuple[Stop, ...]
    returns: tuple[Return, ...]

    @property
    def told(self) -> list[Told]:
        """The returns for the list."""
        return [
            Told(
                _("「%(source)s」から「%(target)s」へ")
                % {
                    "source": self.stops[each.source].title,
                    "target": self.stops[each.target].title,
                },
                each.days,
            )
            for each in self.returns
        ]


def ways_of(dossier: Dossier) -> list[Way]:
    """One for each question that was decided or is being decided, the newest first."""
    runs = {
        step.run.run_id: step.run.run
        for step in dossier.steps
        if step.run.run.kind in (RunKind.PROJECT, RunKind.APPROVAL)
    }
    return [way_of(dossier, runs[pk]) for pk in sorted(runs, reverse=True)]


def way_of(dossier: Dossier, run: Run) -> Way:
    """The way of one run in its present round."""
    coming = iter(coming_of(dossier, run))
    skip = len(run.plan) - len(list(coming_of(dossier, run)))
    stops = [_begun(dossier, run)]
    for position, planned in enumerate(run.plan):
        following = next(coming) if position >= skip else None
        stops.append(_stop(dossier, run, position, planned, following))
    stops.append(_end(run))
    if run.kind == RunKind.PROJECT and run.state == RunState.ADOPTED:
        stops.append(_afterwards(dossier))
    return Way(run, _title(run), tuple(stops), tuple(_returns(dossier, run)))


def _title(run: Run) -> str:
    if run.kind == RunKind.PROJECT:
        return _("提案の決裁")
    return _("%sの決裁") % (run.revision.get_kind_display() if run.revision else "")


# --- stops -------------------------------------------------------------------------------------


def _begun(dossier: Dossier, run: Run) -> Stop:
    """起案: done, or open again after a 差戻し."""
    revising = [step for step in dossier.steps_of(run) if step.run.kind == StepKind.REVISION]
    is_open = bool(revising) and revising[-1].is_open
    sent = [
        said
        for said in dossier.decisions
        if said.run_id == run.pk
        and said.outcome in (Outcome.SUBMITTED, Outcome.RESUBMITTED)
        and said.pk not in dossier.superseded
    ]
    last = sent[-1] if sent else None
    seat = (StopSeat(who_of(last), "done", str(last.get_outcome_display())),) if last else ()
    return Stop(
        title=_("修正と再提出") if is_open else _("起案・提出"),
        state="now" if is_open else "done",
        seats=() if is_open else seat,
        who=revising[-1].slots[0].post.title if is_open else "",
        day=None if is_open or last is None else localdate(last.decided_at),
        kind=StepKind.REVISION,
    )


def _stop(
    dossier: Dossier, run: Run, position: int, planned: dict[str, str], coming: Planned | None
) -> Stop:
    kind = StepKind(planned["kind"])
    if coming is not None:
        return Stop(
            title=coming.title,
            state="coming",
            who=coming.who,
            why=coming.why,
            until=coming.until,
            days=coming.days,
            is_aside=coming.is_reading,
            kind=kind,
        )
    opened = [
        step
        for step in dossier.steps_of(run)
        if (step.run.round, step.run.position, step.run.kind) == (run.round, position, kind)
    ]
    if opened:
        return _opened(dossier, opened[-1])
    is_past = position < run.position or run.state in (RunState.ADOPTED, RunState.NOT_ADOPTED)
    is_reading = kind in READING_KINDS
    state = ("done" if is_reading else "skipped") if is_past else "off"
    return Stop(planned["title"], state, is_aside=is_reading, kind=kind)


def _opened(dossier: Dossier, step: Step) -> Stop:
    seats = tuple(_seat(dossier, step, slot) for slot in step.slots)
    if step.is_open:
        return Stop(
            step.run.title,
            "now",
            seats,
            day=localdate(step.run.opened_at),
            until=_day(step.run.due_at),
            days=step.run.standard_days,
            held=step.run.held_days,
            is_paused=step.run.paused_since is not None,
            kind=step.run.kind,
        )
    closed = _day(step.run.closed_at)
    is_off = step.run.run.state in (RunState.WITHDRAWN, RunState.ABANDONED) and not any(
        seat.state == "done" for seat in seats
    )
    return Stop(step.run.title, "off" if is_off else "done", seats, day=closed, kind=step.run.kind)


def _seat(dossier: Dossier, step: Step, slot: Slot) -> StopSeat:
    said = dossier.answer_of(slot)
    if said is not None and said.outcome not in (Outcome.HELD, Outcome.SKIPPED):
        return _answered(said)
    state = "now" if slot.state == SlotState.OPEN and step.is_open else "skipped"
    return StopSeat(slot.post.title, state)


def _answered(said: Decision) -> StopSeat:
    """Who said what; of a score it says that it was given, never how it was."""
    word = str(said.get_outcome_display())
    return StopSeat(who_of(said), "done", word, localdate(said.decided_at))


def _afterwards(dossier: Dossier) -> Stop:
    """What became of an adopted case: it runs, or how it ended."""
    case = dossier.project
    if case.stage == Stage.RUNNING:
        return Stop(_("実行（OODA）"), "now", day=_day(case.decided_at))
    return Stop(str(case.get_stage_display()), "done", day=_day(case.ended_at))


def _day(at: datetime | None) -> date | None:
    return localdate(at) if at else None


def _end(run: Run) -> Stop:
    """How it ended, or what is waited for."""
    if run.state == RunState.OPEN:
        word = _("採択なら実行（OODA）") if run.kind == RunKind.PROJECT else _("決まれば実施")
        return Stop(word, "coming")
    state, word = ENDS[RunState(run.state)]
    return Stop(word, state, day=_day(run.ended_at))


# --- returns -----------------------------------------------------------------------------------


def _returns(dossier: Dossier, run: Run) -> list[Return]:
    """差戻し of all rounds, joined where they led the same way."""
    gone = dossier.superseded
    found: dict[tuple[int, int], list[date]] = {}
    for said in dossier.decisions:
        if said.run_id != run.pk or said.outcome != Outcome.SENT_BACK or said.pk in gone:
            continue
        source = _place(run, said.step_run.kind if said.step_run else "")
        target = _target(run, said)
        if source is not None and target is not None and target < source:
            found.setdefault((source, target), []).append(localdate(said.decided_at))
    return [Return(source, target, tuple(days)) for (source, target), days in found.items()]


def _place(run: Run, kind: str) -> int | None:
    """The stop of a kind of step in the plan as it is now; 起案 is stop 0."""
    kinds = [step["kind"] for step in run.plan]
    return kinds.index(kind) + 1 if kind in kinds else None


def _target(run: Run, said: Decision) -> int | None:
    station = TARGET_STATION[SendBackTarget(said.target or SendBackTarget.PROPOSER)]
    if station == Station.REVISION:
        return 0
    stations = [step["station"] for step in run.plan]
    return stations.index(station) + 1 if station in stations else None
