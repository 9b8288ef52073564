"""What was previewed at each (re)submission against what was executed, step by step."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.db.models import F
from django.utils.timezone import localdate

from roles.models import Post, everybody
from workflow import access
from workflow.actions.refusals import Unroutable
from workflow.enums import (
    DECIDING_KINDS,
    READING_KINDS,
    Outcome,
    RunKind,
    RunState,
    SendBackTarget,
    StepKind,
)
from workflow.management.simulation.tally import Failure
from workflow.models import Decision, Reading, Run, StepRun
from workflow.outcomes import OBJECTING, TARGET_STATION
from workflow.routing import NoHolder, NoRoute, PlanStep, Resolution
from workflow.views.route_preview import foreseen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from django.db.models import QuerySet

    from bpr_projects.models import Project
    from roles.models import User
    from workflow.management.simulation.tally import Tally

Seats = dict[int, frozenset[tuple[int, str]]]
"""Post -> who could act for it on a day, and on what basis."""


@dataclass(frozen=True)
class Cause:
    """Acts at the step before that put another one in. ``opens``: the act itself opened it."""

    kinds: frozenset[StepKind]
    outcomes: tuple[Outcome, ...]
    opens: bool


INSERTED_BY: Final = {
    StepKind.MEDIATION: Cause(OBJECTING, (Outcome.OBJECTED,), opens=False),
    StepKind.DECISION: Cause(
        frozenset({StepKind.STANDING_DECISION}),
        (Outcome.ESCALATED, Outcome.RECUSED, Outcome.REASSIGNED),
        opens=True,
    ),
}
"""Step that no preview has -> what put it in: 専決 by nobody becomes 決裁."""


def seats_on(on: date) -> Seats:
    """Who could act for what that day."""
    found: dict[int, set[tuple[int, str]]] = defaultdict(set)
    for each in everybody(on):
        found[each.post.pk].add((each.person.pk, str(each.basis)))
    return {post: frozenset(people) for post, people in found.items()}


def _asked(step: StepRun) -> set[int]:
    """Posts that were asked when the step was opened, or after somebody's 辞退."""
    slots = step.slots.exclude(decisions__outcome=Outcome.CARRIED_OVER)
    return set(slots.values_list("post", flat=True))


def _carried(step: StepRun) -> dict[int, str]:
    """Posts whose answer on an earlier text stands, with the words that say so."""
    said = step.decisions.filter(outcome=Outcome.CARRIED_OVER, entry__texts__name="comment")
    return dict(said.values_list("slot__post", "entry__texts__text"))


@dataclass
class Promise:
    """The way that a submission was told it would go, and how far it has gone it.

    ``place``: the step of the preview that comes next. ``seen``: the last step that was compared.
    ``is_shaken``: who may act for a seat of the way, or who may not in the case, has changed since.
    """

    name: str
    round: int
    steps: tuple[tuple[PlanStep, Resolution], ...]
    seats: Seats
    excluded: frozenset[int]
    tally: Tally
    place: int = 0
    seen: int = 0
    is_shaken: bool = False
    is_over: bool = False
    roles: Mapping[int, str] = field(default_factory=dict)

    def compare(self, project: Project, at: datetime) -> None:
        """Look at the steps that were opened since the last time; raises ``Failure``."""
        if self.is_over:
            return
        run = Run.objects.select_related("project__proposer_post", "revision").get(
            project=project, kind=RunKind.PROJECT
        )
        opened = StepRun.objects.filter(run=run, round=self.round, pk__gt=self.seen)
        steps = list(opened.exclude(kind=StepKind.REVISION).order_by("pk"))
        if not steps and run.state == RunState.OPEN:
            return
        now = seats_on(localdate(at))
        excluded = access.conflicted(run, localdate(at))
        for step in steps:
            self.is_shaken |= excluded != self.excluded
            self._compare_step(step, now, excluded)
            self.seen = step.pk
        if run.state in (RunState.ADOPTED, RunState.NOT_ADOPTED):
            self._compare_end(run, now)
        self.is_over = run.state != RunState.OPEN or run.round != self.round

    def _compare_step(self, step: StepRun, now: Seats, excluded: frozenset[int]) -> None:
        planned = PlanStep.from_json(
            {key: step.snapshot[key] for key in PlanStep.__dataclass_fields__}
        )
        if step.snapshot.get("reopened"):
            self._must_be_pulled_back(step)
            self.place = self._find(planned, 0, step) + 1 if not planned.inserted else self.place
            return
        if planned.inserted:
            self._must_be_caused(step, INSERTED_BY[StepKind(planned.kind)])
            return
        self.is_shaken |= self._has_changed(_asked(step), now)
        sent_back_to = self._sent_back_to(step)
        place = self._find(planned, 0 if planned.station in sent_back_to else self.place, step)
        for passed, resolution in self.steps[self.place : place]:
            self._must_be_left_out(step, passed, resolution)
        self.place = place + 1
        self._compare_seats(step, self.steps[place][1], now, excluded)
        self.tally.previews["steps"] += 1

    def _find(self, planned: PlanStep, since: int, step: StepRun) -> int:
        for place in range(since, len(self.steps)):
            if self.steps[place][0] == planned:
                return place
        told = self._told(since)
        if self.is_shaken and planned.kind in DECIDING_KINDS:  # 専決 by somebody who may no more
            return next(n for n, each in enumerate(self.steps) if each[0].kind in DECIDING_KINDS)
        raise Failure(self.name, f"round {self.round}: {step.title} was not previewed, but {told}")

    def _told(self, since: int) -> str:
        titles = [each.title for each, found in self.steps[since:] if found.posts]
        return "、".join(titles) or "nothing"

    def _sent_back_to(self, step: StepRun) -> frozenset[str]:
        """Stations to which the last act of the round before this step sent it back."""
        last = (
            Decision.objects.filter(run=step.run_id, round=self.round, decided_at=step.opened_at)
            .filter(outcome=Outcome.SENT_BACK)
            .order_by("-pk")
            .first()
        )
        if last is None:
            return frozenset()
        return frozenset({str(TARGET_STATION[SendBackTarget(last.target)])})

    def _was_sent_back(self, step: StepRun) -> bool:
        said = self._said(step).filter(superseded_by=None, outcome=Outcome.SENT_BACK)
        return said.filter(decided_at__lte=step.opened_at).exists()

    def _must_be_pulled_back(self, step: StepRun) -> None:
        """A seat is asked again: its own act was taken back in the same moment."""
        said = self._said(step).filter(
            outcome=Outcome.PULLED_BACK,
            decided_at=step.opened_at,
            step_run__kind=step.kind,
            step_run__position=step.position,
        )
        self._explain(step, said, "no PULLED_BACK of its own act")

    def _must_be_caused(self, step: StepRun, cause: Cause) -> None:
        """A step was put in: by an answer that counts, of a seat of the step that closed for it."""
        said = self._said(step).filter(
            superseded_by=None,
            outcome__in=cause.outcomes,
            step_run__kind__in=cause.kinds,
            step_run__closed_at=step.opened_at,
            slot__step_run=F("step_run"),
        )
        if cause.opens:
            said = said.filter(decided_at=step.opened_at)
        self._explain(step, said, f"no {' or '.join(cause.outcomes)} at the step before")

    def _said(self, step: StepRun) -> QuerySet[Decision]:
        return Decision.objects.filter(run=step.run_id, round=self.round)

    def _explain(self, step: StepRun, said: QuerySet[Decision], missing: str) -> None:
        last = said.order_by("-pk").first()
        if last is None:
            raise Failure(self.name, f"round {self.round}: {step.title}, but {missing}")
        self.tally.previews[f"explained by {last.outcome}"] += 1

    def _must_be_left_out(self, step: StepRun, passed: PlanStep, told: Resolution) -> None:
        """A previewed step that asked nobody: nobody was meant, or its 省略 is on record."""
        if passed.kind in READING_KINDS or not (told.posts or told.left_out):
            return
        if not self._is_skipped(step, passed):
            raise Failure(self.name, f"round {self.round}: {passed.title} was previewed, passed")
        if told.posts:
            self.tally.previews[f"explained by {Outcome.SKIPPED}"] += 1

    def _is_skipped(self, step: StepRun, passed: PlanStep) -> bool:
        skipped = Decision.objects.filter(run=step.run_id, round=self.round)
        words = skipped.filter(outcome=Outcome.SKIPPED, entry__texts__name="comment")
        return words.filter(entry__texts__text__startswith=passed.title).exists()

    def _compare_seats(
        self, step: StepRun, told: Resolution, now: Seats, excluded: frozenset[int]
    ) -> None:
        asked, carried = _asked(step), _carried(step)
        meant = {post.pk for post in told.posts}
        stands = {each.post.pk: f"{step.title}　{each.words}" for each in told.carried}
        everybody_meant = asked | carried.keys() | meant | stands.keys()
        if self._has_changed(everybody_meant, now) or excluded != self.excluded:
            self.is_shaken = True
            self.tally.previews["people changed"] += 1
            return
        if (asked, carried) == (meant, stands):
            self.tally.previews["names"] += 1
            self.tally.previews["carried over"] += len(carried)
            return
        # Sent back inside the round, it is judged anew: no earlier answer stands any more.
        if stands and not carried and self._was_sent_back(step):
            self.tally.previews[f"explained by {Outcome.SENT_BACK}"] += 1
            return
        # Somebody who said yes below was not certain to: the 省略 of the seat is on record.
        if asked < meant and self._is_skipped(step, self.steps[self.place - 1][0]):
            self.tally.previews[f"explained by {Outcome.SKIPPED}"] += 1
            return
        if not self.is_shaken:
            differing = (asked ^ meant) | (carried.keys() ^ stands.keys())
            titles = sorted(post.title for post in Post.objects.filter(pk__in=differing))
            said = [each for each in carried.values() if each not in stands.values()]
            where = f"round {self.round}: {step.title}"
            raise Failure(self.name, f"{where} differs in {titles or said}")
        self.tally.previews["people changed"] += 1

    def _has_changed(self, posts: set[int], now: Seats) -> bool:
        """Whether other people than before could act for these seats or for others of their kind.

        Whose turn it is in a body, and who stands in for whom, depends on all of a kind.
        """
        kinds = {self.roles[post] for post in posts if post in self.roles}
        return any(
            self.seats.get(post, frozenset()) != now.get(post, frozenset())
            for post in self.seats.keys() | now.keys()
            if post in posts or self.roles.get(post) in kinds
        )

    def _compare_end(self, run: Run, now: Seats) -> None:
        """Decided: every step that was told has been gone, and who was to read is to read."""
        last = StepRun.objects.filter(run=run, round=self.round).latest("pk")
        for passed, told in self.steps[self.place :]:
            self._must_be_left_out(last, passed, told)
        for kind in READING_KINDS:
            self._compare_readings(run, StepKind(kind), now)
        self.tally.previews["decided as previewed"] += 1

    def _compare_readings(self, run: Run, kind: StepKind, now: Seats) -> None:
        told = [found for each, found in self.steps if each.kind == kind]
        meant = {post.pk for each in told for post in each.posts}
        spared = {post for each in told for post in each.holders} - meant
        # A 後閲 after 代決 is no step of the way: it was told to nobody.
        found = Reading.objects.filter(run=run, kind=kind, entry=None, is_after_acting=False)
        owed = set(found.values_list("post", flat=True))
        said = run.decisions.filter(round=self.round, step_run__kind__in=DECIDING_KINDS)
        final = said.latest("pk")
        if final.on_behalf_of_id is not None or self._has_changed(owed | meant, now):
            return
        own = {
            post
            for post, people in now.items()
            if {person for person, _basis in people} == {final.decided_by_id}
        }
        # Who was to decide was spared the reading, and reads when somebody else decided.
        most = (meant | spared) - own
        if not meant - own <= owed - own <= most and not self.is_shaken:
            raise Failure(self.name, f"round {self.round}: {kind} is owed by {owed}, told {meant}")
        self.tally.previews["readings"] += 1


def promise_of(project: Project, by: User, tally: Tally, at: datetime) -> Promise | None:
    """What the preview says when this person submits the draft now; None where it sees no way."""
    on = localdate(at)
    run = Run.objects.filter(project=project, kind=RunKind.PROJECT).first()
    try:
        shown = foreseen(project, project.sheet, by, on)
    except (NoHolder, NoRoute) as gap:
        tally.previews[f"halt: {Unroutable(gap).message}"] += 1
        return None
    tally.previews["submissions"] += 1
    return Promise(
        name=project.reference,
        round=run.round + 1 if run else 1,
        steps=shown.steps,
        seats=seats_on(on),
        excluded=shown.case.excluded,
        tally=tally,
        seen=StepRun.objects.filter(run=run).order_by("-pk").values_list("pk", flat=True).first()
        or 0,
        roles=dict(Post.objects.values_list("pk", "role")),
    )
