"""All that a case's page, history and 決裁票 are drawn from, read in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, Exists, F, JSONField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Concat
from django.utils.timezone import localdate

from bpr_projects.access import visible_to
from bpr_projects.prices import rate_of
from records.models import LedgerText
from workflow.access import last_nudge, pullable
from workflow.charts import seats_today
from workflow.enums import ASIDE, GONE, Outcome, RunKind, RunState, SlotState
from workflow.models import Decision, Seen, Slot, StepRun
from workflow.outcomes import standing_objections
from workflow.sheet.belongings import Belongings, belongings_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from bpr_projects.models import Project, ProjectQuerySet
    from bpr_projects.prices import Rate
    from roles.models import User
    from workflow.charts import People
    from workflow.models import Run

NEWEST: Final = 300
"""So many decisions of a case are read for its page; the history page has all."""


@dataclass
class Step:
    """A step with its slots; ``slots`` share the one ``StepRun`` object."""

    run: StepRun
    slots: list[Slot]

    @property
    def is_open(self) -> bool:
        """Whether somebody is asked."""
        return self.run.closed_at is None

    @property
    def asked(self) -> list[Slot]:
        """Slots that count: not those that somebody left, or that were moved to another post."""
        return [slot for slot in self.slots if slot.state not in GONE]

    @property
    def waiting(self) -> list[Slot]:
        """Slots that nobody has answered."""
        return [slot for slot in self.slots if slot.state == SlotState.OPEN]


@dataclass
class Dossier:
    """A case with its steps, decisions (oldest first) and texts by decision."""

    project: Project
    at: datetime
    steps: list[Step]
    decisions: list[Decision]
    texts: dict[int, dict[str, str]]
    people: People
    belongings: Belongings

    @cached_property
    def superseded(self) -> set[int]:
        """Decisions that a later row took back or replaced."""
        return {each.supersedes_id for each in self.decisions if each.supersedes_id}

    @property
    def rate(self) -> Rate:
        """The unit price of the day on which the shown text was frozen; of a draft, today's."""
        frozen = self.project.revision
        return rate_of(self.belongings.prices, localdate(frozen.created_at if frozen else self.at))

    @property
    def open_steps(self) -> list[Step]:
        """At most two: a cycle's and an approval's."""
        return [step for step in self.steps if step.is_open]

    def run_of(self, kind: RunKind) -> Run | None:
        """The last run of a kind."""
        runs = [step.run.run for step in self.steps if step.run.run.kind == kind]
        return max(runs, key=lambda run: run.pk, default=None)

    @property
    def approval(self) -> Run | None:
        """The question about a running case that is being decided now."""
        run = self.run_of(RunKind.APPROVAL)
        return run if run is not None and run.state == RunState.OPEN else None

    @property
    def shown_run(self) -> Run | None:
        """The run whose 決裁欄 the page shows: an open question, else the proposal's."""
        return self.approval or self.run_of(RunKind.PROJECT)

    def steps_of(self, run: Run) -> list[Step]:
        """The steps of a run in the order they were opened."""
        return [step for step in self.steps if step.run.run_id == run.pk]

    def said_in(self, run: Run) -> list[Decision]:
        """What counts of what was said in a run, in its present round."""
        gone = self.superseded
        return [
            each
            for each in self.decisions
            if each.run_id == run.pk and each.round == run.round and each.pk not in gone
        ]

    def answer_of(self, slot: Slot) -> Decision | None:
        """The answer that counts for a slot; of a 引継ぎ the one on an earlier text."""
        said = self._last_of(slot)
        return said.carries if said is not None and said.carries is not None else said

    def carried_to(self, slot: Slot) -> Decision | None:
        """The row that says that the answer of a slot was given on an earlier text."""
        said = self._last_of(slot)
        return said if said is not None and said.outcome == Outcome.CARRIED_OVER else None

    def _last_of(self, slot: Slot) -> Decision | None:
        gone = self.superseded
        said = (each for each in reversed(self.decisions) if each.slot_id == slot.pk)
        return next((each for each in said if each.pk not in gone), None)

    @cached_property
    def by_key(self) -> dict[int, StepRun]:
        """The steps of all runs by their keys."""
        return {step.run.pk: step.run for step in self.steps}

    @cached_property
    def asked_anew(self) -> dict[tuple[int, str, int], int]:
        """Run, kind of step and post that were asked about a later text -> the last such round."""
        return {
            (step.run.run_id, step.run.kind, slot.post_id): step.run.round
            for step in self.steps
            for slot in step.slots
            if self.carried_to(slot) is None
        }

    def objections(self, run: Run) -> list[Decision]:
        """合議 answers of 不同意 that 協議 did not settle: the decider has to reply to them."""
        return standing_objections(self.said_in(run))


def dossier_of(
    project: Project,
    at: datetime,
    *,
    reader: User | None = None,
    posts: Iterable[int] = (),
    among: ProjectQuerySet | None = None,
    with_texts: bool = True,
    is_whole: bool = True,
) -> Dossier:
    """Read a case for a page. ``posts``: the reader's posts of the day; ``among``: what is read.

    Without texts nothing of what people wrote is known, and of a case that is not whole only
    what counts in the present rounds, and why there was another: for pages that show its head.
    """
    steps = _steps(project, reader, is_whole=is_whole)
    decisions = _decisions(project, steps, is_whole=is_whole)
    if among is None and reader is not None:
        among = visible_to(reader, at)
    asked = [slot for step in steps if step.is_open for slot in step.slots]
    return Dossier(
        project=project,
        at=at,
        steps=steps,
        decisions=decisions,
        texts=texts_of(decisions) if with_texts else {},
        people=seats_today(asked, at),
        belongings=belongings_of(project, posts, among),
    )


RULES: Final = ("condition", "revision_kinds")
"""What a route is chosen by; its choice stands in the run."""

PRESENT: Final = Q(step_run__round=F("step_run__run__round"))
"""Slots of the rounds that the runs are in."""

TURNS: Final = (
    Outcome.SUBMITTED,
    Outcome.RESUBMITTED,
    Outcome.SENT_BACK,
    Outcome.PULLED_BACK,
)
"""What begins a round, and what asks for another."""


def first_look() -> dict[str, Subquery]:
    """Annotations for slots: who opened one first, and when."""
    first_seen = Seen.objects.filter(slot=OuterRef("pk")).order_by("seen_at", "pk")
    name = Concat("person__family_name", Value(" "), "person__given_name")
    return {
        "opened_by": Subquery(first_seen.annotate(name=name).values("name")[:1]),
        "opened_when": Subquery(first_seen.values("seen_at")[:1]),
    }


def opening_act(
    step: StepRun, slots: Iterable[Slot], decisions: Collection[Decision]
) -> Decision | None:
    """The act that opened a step, while nobody has touched the step: what 引戻し would take back.

    ``access.last_act`` on rows that were read before. ``decisions``: of the run at least, oldest
    first.
    """
    gone = {each.supersedes_id for each in decisions}
    said = [each for each in decisions if each.run_id == step.run_id and each.outcome not in ASIDE]
    carried = {each.slot_id for each in decisions if each.outcome == Outcome.CARRIED_OVER}
    is_touched = any(each.step_run_id == step.pk for each in said) or any(
        slot.state not in {SlotState.OPEN, SlotState.MOVED} and slot.pk not in carried
        for slot in slots
    )
    counting = [each for each in said if each.pk not in gone]
    return None if is_touched or not counting else pullable(step, counting[-1])


def opened_first(slots: Iterable[Slot]) -> tuple[str, datetime] | None:
    """Who opened any of these slots first, and when; they carry ``first_look``."""
    looks = [
        (slot.opened_when, slot.opened_by)  # type: ignore[attr-defined]  # annotated
        for slot in slots
        if slot.opened_when  # type: ignore[attr-defined]
    ]
    return (min(looks)[1], min(looks)[0]) if looks else None


def _steps(project: Project, reader: User | None, *, is_whole: bool) -> list[Step]:
    slots = (
        Slot.objects.filter(Q() if is_whole else PRESENT, step_run__project=project)
        .select_related("post__section", "step_run__revision", "step_run__run__route")
        .defer("step_run__revision__sheet", *(f"step_run__run__route__{each}" for each in RULES))
        .annotate(
            is_seen=Exists(Seen.objects.filter(slot=OuterRef("pk"), person=reader)),
            **first_look(),
            **last_nudge(),
            question=Case(
                When(
                    step_run__closed_at=None,
                    step_run__run__kind=RunKind.APPROVAL,
                    then="step_run__revision__sheet",
                ),
                default=None,
                output_field=JSONField(),
            ),
        )
        .order_by("step_run", "pk")
    )
    steps: dict[int, Step] = {}
    runs: dict[int, Run] = {}
    for slot in slots:
        step = steps.setdefault(slot.step_run_id, Step(slot.step_run, []))
        run = runs.setdefault(step.run.run_id, step.run.run)
        run.project = step.run.project = project
        step.run.run = run
        if step.run.revision is not None and step.run.revision_id == run.revision_id:
            run.revision = step.run.revision
        slot.step_run = step.run
        step.slots.append(slot)
    return list(steps.values())


def rows_of(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Decisions with what a line of the history shows, without the long texts of revisions."""
    return decisions.select_related(
        "decided_by", "post__section", "on_behalf_of", "revision", "entry"
    ).defer("revision__sheet", "entry__payload")


def _decisions(project: Project, steps: list[Step], *, is_whole: bool) -> list[Decision]:
    by_step = {step.run.pk: step.run for step in steps}
    runs = {step.run.run_id: step.run.run for step in steps}
    said = Decision.objects.filter(project=project)
    if not is_whole:
        carried = said.exclude(carries=None).values("carries")
        present = Q(round=F("run__round")) | Q(outcome__in=TURNS) | Q(pk__in=carried)
        said = said.filter(present)
    decisions = list(reversed(rows_of(said).order_by("-pk")[:NEWEST]))
    by_pk = {decision.pk: decision for decision in decisions}
    for decision in decisions:
        if decision.carries_id in by_pk:
            decision.carries = by_pk[decision.carries_id]
        decision.run = runs[decision.run_id]
        if decision.step_run_id in by_step:
            decision.step_run = by_step[decision.step_run_id]
    return decisions


def texts_of(decisions: Iterable[Decision]) -> dict[int, dict[str, str]]:
    """The words of each decision by name: comment, reply, urgent_reason, condition_n."""
    by_entry = {each.entry_id: each.pk for each in decisions}
    texts: dict[int, dict[str, str]] = {}
    found = LedgerText.objects.filter(entry__in=list(by_entry)).defer("sha256")
    for text in found:
        texts.setdefault(by_entry[text.entry_id], {})[text.name] = text.shown
    return texts


def question_of(step: Step) -> dict[str, Any]:
    """The text of an open question about a running case (what, reason, cost …)."""
    found: dict[str, Any] | None = getattr(step.slots[0], "question", None)
    return found or {}
