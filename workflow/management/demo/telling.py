"""One case of the story: what happens to it next, and when. Only the engine's verbs act."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.utils.timezone import localdate

from bpr_projects import actions as cases
from bpr_projects import calendar, discussion, rollout
from bpr_projects.enums import CommentKind, CommentLevel, ObservationKind, RolloutState
from bpr_projects.models import Project
from bpr_projects.sheet import FIELDS, Field, Kind
from roles import actions as offices
from roles.models import Post, Section, User, holders_of
from workflow import access, engine
from workflow.access import open_slots
from workflow.enums import CYCLE_KINDS, Outcome, RunKind, RunState, StepKind
from workflow.management.demo.files import attach
from workflow.management.demo.script import SCORE_NAMES, Event, Line, Script, dated
from workflow.management.hours import OPEN_MINUTES, OPENING, later, moment
from workflow.models import Condition, Run, Slot, StepRun
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import time
    from random import Random

USUAL: Final[dict[str, Outcome]] = {
    StepKind.CONFIRMATION: Outcome.APPROVED,
    StepKind.RECEPTION: Outcome.RECEIVED,
    StepKind.REVIEW: Outcome.SCORED,
    StepKind.REFERRAL: Outcome.REFERRED,
    StepKind.APPROVAL: Outcome.APPROVED,
    StepKind.CONCURRENCE: Outcome.AGREED,
    StepKind.MEDIATION: Outcome.SETTLED,
    StepKind.DELIBERATION: Outcome.AGREED,
    StepKind.STANDING_DECISION: Outcome.ADOPTED,
    StepKind.DECISION: Outcome.ADOPTED,
}
"""The yes of each kind of step; a step of another kind is not walked past."""

IN_ADVANCE: Final = "事前に内容の説明を受け、不在中に決裁するよう指示を受けているため。"
"""Why somebody decides in another's place."""

WRITTEN_ON: Final = date(2026, 11, 24)
"""The day from which the sheets of the sample ideas look at their first and last days."""


@dataclass
class Calendar:
    """The days of the story: ``today`` is day 0, ``first`` the first day anything may happen."""

    today: date
    first: date
    span: int
    closures: frozenset[date]

    @cached_property
    def room(self) -> int:
        """Business days in which the story is told, at most as many as it needs."""
        between = calendar.business_days_between(self.first, self.today, self.closures) - 1
        return min(between, self.span)

    def paced(self, length: int) -> int:
        """A length of the story; early in the year everything is told faster."""
        return length * self.room // self.span

    def day(self, back: int) -> date:
        """The business day that many before today."""
        back = self.paced(back) if back > 0 else back
        return calendar.add_business_days(self.today, -back, self.closures)

    def moment(self, back: int, at: time) -> datetime:
        """A time of that day; early in the year the same order in a shorter time."""
        if self.room == self.span:
            return moment(self.day(back), at)
        minutes = (at.hour - OPENING.hour) * 60 + at.minute - OPENING.minute
        told = self.paced((self.span - back) * OPEN_MINUTES + minutes)
        return later(moment(self.first, OPENING), told, self.closures)

    def moved(self, sheet: dict[str, Any]) -> dict[str, Any]:
        """The sheet with its days as much later as the story is told after it was written."""
        late = max(self.today - WRITTEN_ON, timedelta())
        return moved_days(sheet, FIELDS, late)


def moved_days(row: dict[str, Any], fields: Iterable[Field], late: timedelta) -> dict[str, Any]:
    """Answers with every day that much later, in rows too."""
    moved = dict(row)
    for field in fields:
        value = row.get(field.name)
        if value and field.kind == Kind.DAY:
            moved[field.name] = (date.fromisoformat(value) + late).isoformat()
        elif value and field.kind == Kind.ROWS:
            moved[field.name] = [moved_days(each, field.columns, late) for each in value]
    return moved


class Tale:
    """A case on its way. ``moments`` yields when the next thing happens, then lets it happen."""

    def __init__(
        self, script: Script, usual: dict[str, list[str]], days: Calendar, random: Random
    ) -> None:
        self.script = script
        self.usual = usual
        self.days = days
        self.random = random
        self.lines = list(script.lines)
        self.now = moment(days.first, OPENING)
        self._project: Project | None = None

    def moments(self) -> Iterator[datetime]:
        """Every moment of the story in order; what happens then happens on the next ``next``."""
        for event in self.script.events:
            yield from self._reach(self.days.moment(event.day, event.at))
            if self._project is None:
                self._project = self._draft()
            if event.do == "resume":  # in a short year the story gets there before the day
                yield from self._reach(self._end_of_hold(event))
            if event.do == "walk":
                yield from self._walk(event)
            elif event.do in VERBS:
                VERBS[event.do](self, event)

    def _reach(self, at: datetime) -> Iterator[datetime]:
        self.now = max(self.now, at)
        yield self.now

    def _end_of_hold(self, event: Event) -> datetime:
        steps = StepRun.objects.filter(project=self._project).exclude(paused_until=None)
        until = steps.values_list("paused_until", flat=True).first()
        return moment(until, event.at) if until else self.now

    def _draft(self) -> Project:
        """Begun a while before anything else happens."""
        post = Post.objects.select_related("section").get(code=f"LEADER-{self.script.section}")
        at = self.now - timedelta(minutes=25)
        return cases.start_draft(
            by=self.leader, post=post, at=at, **self.days.moved(self.script.sheet)
        )

    @property
    def project(self) -> Project:
        """The case as it is now."""
        assert self._project is not None  # noqa: S101 -- the first event makes it
        return Project.objects.get(pk=self._project.pk)

    # --- walking along the route -----------------------------------------------------------

    def _walk(self, event: Event) -> Iterator[datetime]:
        """Answer step after step, until the named step has its answers or nothing is open."""
        answered = 0
        while (run := self._open_run()) is not None and run.step is not None:
            step = run.step
            arrived = step.kind == event.more.get("to")
            if step.kind not in USUAL or step.paused_since is not None:
                return
            if arrived and answered >= event.more.get("answers", 0):
                return
            slots = open_slots(step)
            yield from self._pause(event.more["hours"], len(slots))
            spoken = [slot for slot in slots if self._line(run, slot) is not None]
            self._answer(run, self.random.choice(spoken or slots))
            answered += arrived

    def _open_run(self) -> Run | None:
        return (
            Run.objects.filter(project=self._project, state=RunState.OPEN)
            .exclude(kind=RunKind.CYCLE)
            .select_related("step", "revision")
            .first()
        )

    def _pause(self, hours: int, posts: int) -> Iterator[datetime]:
        """Posts that are asked together answer in a shorter time each."""
        minutes = hours * 60 * self.random.randint(60, 140) // 100 // min(posts, 3)
        self.now = later(self.now, max(self.days.paced(minutes), 10), self.days.closures)
        yield self.now

    def _answer(self, run: Run, slot: Slot) -> None:
        assert run.revision is not None  # noqa: S101 -- every run that is walked has one
        today = localdate(self.now)
        by = self.random.choice(holders_of([slot.post_id], today)[slot.post_id]).person
        stand_ins = access.standing_at([slot], today).get(slot.pk)
        by = User.objects.get(pk=min(stand_ins)) if stand_ins else by
        line = self._line(run, slot) or Line(slot.post.code, None, Answer())
        if line in self.lines:
            self.lines.remove(line)
        outcome = line.outcome or USUAL[slot.step_run.kind]
        if not self.script.is_hurried:
            engine.mark_seen(slot=slot, by=by, at=self.now - timedelta(minutes=7))
        engine.decide(
            project=self.project,
            slot_id=slot.pk,
            revision_hash=run.revision.content_hash,
            outcome=outcome,
            answer=replace(
                self._complete(line.answer, outcome, slot),
                urgent_reason=IN_ADVANCE if stand_ins else "",
            ),
            by=by,
            at=self.now,
        )

    def _line(self, run: Run, slot: Slot) -> Line | None:
        """What the story lets the post say next, if anything in particular."""
        kind = run.revision.kind if run.revision else ""
        for line in self.lines:
            fits = line.kind in ("", slot.step_run.kind) and line.run in ("", kind)
            if line.post == slot.post.code and fits:
                return line
        return None

    def _complete(self, answer: Answer, outcome: Outcome, slot: Slot) -> Answer:
        if not answer.comment:
            answer = replace(answer, comment=self._sentence(slot))
        if outcome == Outcome.SCORED and not answer.scores:
            scores = {name: self.random.choice((3, 4, 4, 4, 5)) for name in SCORE_NAMES}
            answer = replace(answer, scores=scores)
        return replace(
            answer,
            until=self._dated(answer.until, paced=True),
            conditions=tuple(
                (text, section, self._dated(due)) for text, section, due in answer.conditions
            ),
        )

    def _sentence(self, slot: Slot) -> str:
        choices = self.usual.get(slot.post.code) or self.usual.get(slot.step_run.kind) or [""]
        return self.random.choice(choices)

    def _dated(self, value: Any, *, paced: bool = False) -> Any:
        if paced and value.startswith("+"):
            value = f"+{max(self.days.paced(int(value)), 1)}"
        return dated(value, localdate(self.now), self.days.closures)

    # --- everything else -------------------------------------------------------------------

    def _person(self, code: str) -> User:
        post = Post.objects.get(code=code)
        return holders_of([post.pk], localdate(self.now))[post.pk][0].person

    @property
    def leader(self) -> User:
        """Who proposed it, or runs it now."""
        return self._person(f"LEADER-{self.script.section}")

    def submit(self, event: Event) -> None:
        project = self.project
        engine.submit(
            project=project, draft_version=project.draft_version, by=self.leader, at=self.now
        )

    def _open_slot(self, kinds: frozenset[StepKind]) -> Slot:
        return (
            Slot.objects.filter(
                step_run__project=self._project, state="OPEN", step_run__kind__in=kinds
            )
            .select_related("step_run")
            .get()
        )

    def resubmit(self, event: Event) -> None:
        before = self.project
        project = cases.save_draft(
            project=before,
            version=before.draft_version,
            answers=event.more.get("answers", {}),
            by=self.leader,
            at=self.now,
        )
        engine.resubmit(
            project=project,
            slot_id=self._open_slot(frozenset({StepKind.REVISION})).pk,
            draft_version=project.draft_version,
            comment=event.more["comment"],
            by=self.leader,
            at=self.now,
        )

    def pull_back(self, event: Event) -> None:
        engine.pull_back(project=self.project, by=self.leader, at=self.now)

    def withdraw(self, event: Event) -> None:
        answer = Answer(comment=event.more["comment"], confirmed=True)
        engine.withdraw(project=self.project, answer=answer, by=self.leader, at=self.now)

    def resume(self, event: Event) -> None:
        engine.resume_due(at=self.now)

    def record(self, event: Event) -> None:
        content = {key: self._dated(value) for key, value in event.more["content"].items()}
        engine.record_phase(
            project=self.project,
            slot_id=self._open_slot(CYCLE_KINDS).pk,
            content=content,
            by=self.leader,
            at=self.now,
        )

    def observe(self, event: Event) -> None:
        kind = ObservationKind(event.more["kind"])
        cases.observe(
            project=self.project, kind=kind, text=event.more["text"], by=self.leader, at=self.now
        )

    def measure(self, event: Event) -> None:
        cases.measure(
            kpi=self.project.kpis.get(order=event.more.get("kpi", 1)),
            measured_on=localdate(self.now),
            value=Decimal(str(event.more["value"])),
            note=event.more["note"],
            by=self.leader,
            at=self.now,
        )

    def attach(self, event: Event) -> None:
        name, text = event.more["file"], event.more.get("text", "")
        attach(self.project, name, text, by=self.leader, at=self.now)

    def say(self, event: Event) -> None:
        discussion.write(
            project=self.project,
            kind=CommentKind(event.more.get("kind", CommentKind.REMARK)),
            level=CommentLevel(event.more["level"]),
            text=event.more["text"],
            by=self._person(event.more["post"]),
            at=self.now,
        )

    def answer(self, event: Event) -> None:
        thread = self.project.comments.filter(parent=None).latest("pk")
        by = self._person(event.more["post"])
        discussion.answer(thread=thread, text=event.more["text"], by=by, at=self.now)

    def report(self, event: Event) -> None:
        condition = Condition.objects.get(project=self._project, owner__code=event.more["section"])
        engine.report_condition(
            condition_id=condition.pk,
            project=self.project,
            text=event.more["text"],
            by=self._person(f"LEADER-{event.more['section']}"),
            at=self.now,
        )

    def check(self, event: Event) -> None:
        condition = Condition.objects.get(project=self._project, owner__code=event.more["section"])
        engine.check_condition(
            condition_id=condition.pk,
            project=self.project,
            is_enough=True,
            reply=event.more.get("text", ""),
            by=self._person("SECRETARIAT"),
            at=self.now,
        )

    def roll_out(self, event: Event) -> None:
        rollout.record_rollout(
            project=self.project,
            sections=Section.objects.filter(code__in=event.more["sections"]),
            state=RolloutState(event.more["state"]),
            since=date.fromisoformat(self._dated(event.more.get("since", "+0"))),
            by=self.leader,
            at=self.now,
        )

    def away(self, event: Event) -> None:
        person = self._person(event.more["post"])
        post = Post.objects.get(code=event.more["post"])
        deputy = event.more.get("deputy")
        starts_on = max(self.days.day(event.more["from"]), localdate(self.now))
        offices.register_absence(
            person=person,
            starts_on=starts_on,
            ends_on=max(self.days.day(event.more["to"]), starts_on + timedelta(days=1)),
            reason=event.more["reason"],
            deputies={post: self._person(deputy)} if deputy else {},
            by=person,
            at=self.now,
        )


VERBS: Final[dict[str, Callable[[Tale, Event], None]]] = {
    "submit": Tale.submit,
    "resubmit": Tale.resubmit,
    "pull_back": Tale.pull_back,
    "withdraw": Tale.withdraw,
    "resume": Tale.resume,
    "record": Tale.record,
    "observe": Tale.observe,
    "measure": Tale.measure,
    "attach": Tale.attach,
    "say": Tale.say,
    "answer": Tale.answer,
    "report": Tale.report,
    "check": Tale.check,
    "roll_out": Tale.roll_out,
    "away": Tale.away,
}
"""Word of the story -> what it does."""
