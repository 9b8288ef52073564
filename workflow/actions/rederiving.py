"""Read decisions batch by batch and judge each by the ledger before it."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.db.models import Case, F, Q, Value, When
from django.utils.timezone import localdate

from records.enums import Flaw
from records.models import LedgerEntry
from roles.actions import ABSENCE, KINDS, Chronicle
from roles.enums import Basis
from roles.models import StandIn
from workflow.access.conflicts import INTERESTED
from workflow.actions.authority import UNREADABLE, Said, Situation, flaw_of
from workflow.actions.paper_trail import KINDS as PAPER_KINDS
from workflow.actions.paper_trail import Trail
from workflow.actions.route_data import LEDGER_KIND
from workflow.enums import ASIDE, Outcome, StepKind
from workflow.models import Decision, RouteStep, StepRun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from records.ledger import Link

DECISION: Final = "DECISION"

COLUMNS: Final = {
    "seq": "entry_id",
    "outcome": "outcome",
    "basis": "basis",
    "person": "decided_by_id",
    "post": "post_id",
    "on_behalf_of": "on_behalf_of_id",
    "clause": "clause",
    "authority": "authority",
    "at": "decided_at",
    "slot": "slot_id",
    "slot_step": "slot__step_run_id",
    "slot_post": "slot__post_id",
    "step": "step_run_id",
    "route": "step_run__route_id",
    "run_route": "run__route_id",
    "run": "run_id",
    "project": "project_id",
    "proposer": "project__proposer_id",
    "proposing_post": "project__proposer_post_id",
    "is_shared": "project__proposer_post__is_shared",
    "writer": "revision__created_by_id",
    "undone_person": "supersedes__decided_by_id",
    "undone_post": "supersedes__post_id",
    "carried_seq": "carries__entry_id",
    "carried_run": "carries__run_id",
    "carried_post": "carries__post_id",
}
"""Field of ``Said`` -> column."""


class Replay:
    """One reading of the whole chain. What it keeps grows with the organization, not the chain."""

    def __init__(self) -> None:
        self.derived = 0
        self.chronicle = Chronicle()
        self.rules = _Rules()
        self.trail = Trail()

    def read(self, entries: Sequence[Link]) -> tuple[int, Flaw] | None:
        """Judge the decisions among the next entries, each by those before it."""
        first, last = entries[0].seq, entries[-1].seq
        decisions = Decision.objects.filter(entry__gte=first, entry__lte=last)
        try:
            said = said_in(decisions)
        except UNREADABLE:
            return _first_unreadable(decisions), Flaw.ALTERED_ROW
        situation = self._situation(said.values())
        for entry in entries:
            try:
                self.chronicle.read(entry.seq, entry.kind, entry.payload, entry.recorded_at)
                self.trail.read(entry.kind, entry.payload, entry.recorded_at)
            except UNREADABLE:
                return entry.seq, Flaw.ALTERED_ROW
            judged = said.get(entry.seq) if entry.kind == DECISION else None
            if judged is None:
                continue
            if (flaw := flaw_of(judged, situation)) is not None:
                return entry.seq, flaw
            self.trail.use(judged)
            self.derived += 1
        return None

    def _situation(self, said: Collection[Said]) -> Situation:
        return situation_of(said, self.chronicle, self.rules, self.trail)


JOINED: Final = (
    "entry",
    "project__proposer_post",
    "revision",
    "run",
    "step_run",
    "slot",
    "supersedes",
    "carries",
)
"""What a decision that is judged alone is read with."""


def flaw_in(decision: Decision) -> Flaw | None:
    """Judge one decision alone, by what the ledger said of people and papers before it.

    Absences, of which there are most, count only where somebody stood in. From an entry that no
    verb wrote nothing follows; to name it is for the reading of the whole chain.
    """
    try:
        said = _said_by(decision)
    except UNREADABLE:
        return Flaw.ALTERED_ROW
    chronicle, rules, trail = Chronicle(), _Rules(), Trail()
    passed_over = set() if "stand_in" in said.authority else {ABSENCE}
    kinds = KINDS - passed_over | PAPER_KINDS
    told = Q(kind__in=kinds, seq__lt=said.seq) | Q(kind=LEDGER_KIND)
    entries = LedgerEntry.objects.filter(told).order_by()
    for seq, kind, payload, at in sorted(
        entries.values_list("seq", "kind", "payload", "recorded_at"), key=itemgetter(0)
    ):
        try:
            chronicle.read(seq, kind, payload, at)
            trail.read(kind, payload, at)
        except UNREADABLE:
            continue
        rules.read(kind, at)
    return flaw_of(said, situation_of([said], chronicle, rules, trail))


def _said_by(decision: Decision) -> Said:
    """The facts of one row; see ``JOINED``."""
    facts = {name: _followed(decision, path) for name, path in COLUMNS.items()}
    step = decision.step_run
    asked = (StepKind(step.kind), step.snapshot, step.opened_at) if step else NO_STEP
    return _said(facts, asked, decision.entry.payload if _snapshot(facts).get("paper") else {})


def _followed(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = None if row is None else getattr(row, name)
    return row


def said_in(decisions: QuerySet[Decision]) -> dict[int, Said]:
    """The facts of decisions, by the number of their entries."""
    names = list(COLUMNS)
    found = decisions.order_by().values_list(*COLUMNS.values())
    rows = [dict(zip(names, row, strict=True)) for row in found]
    asked = {row["step"] for row in rows if row["step"] is not None}
    steps = {
        pk: (StepKind(kind), snapshot, opened_at)
        for pk, kind, snapshot, opened_at in StepRun.objects.filter(pk__in=asked)
        .order_by()
        .values_list("pk", "kind", "snapshot", "opened_at")
    }
    payloads = _payloads_on_paper(rows)
    return {
        row["seq"]: _said(row, steps.get(row["step"], NO_STEP), payloads.get(row["seq"], {}))
        for row in rows
    }


def _first_unreadable(decisions: QuerySet[Decision]) -> int:
    """The number of the entry whose row holds what no verb wrote."""
    for decision in decisions.order_by("entry"):
        try:
            said_in(decisions.filter(pk=decision.pk))
        except UNREADABLE:
            break
    return decision.entry_id


def _payloads_on_paper(rows: Iterable[dict[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Of decisions on paper, which are few, what their entries say."""
    on_paper = [row["seq"] for row in rows if _snapshot(row).get("paper")]
    if not on_paper:
        return {}
    return dict(LedgerEntry.objects.filter(seq__in=on_paper).values_list("seq", "payload"))


Step: TypeAlias = "tuple[StepKind | None, Mapping[str, Any], datetime | None]"
"""Kind, snapshot and opening of a step: many decisions answer the same one."""

NO_STEP: Final[Step] = (None, {}, None)


def _said(row: dict[str, Any], step: Step, payload: Mapping[str, Any]) -> Said:
    kind, snapshot, opened_at = step
    row["outcome"], row["basis"] = Outcome(row["outcome"]), Basis(row["basis"])
    row["is_shared"] = bool(row["is_shared"])
    run_route = row.pop("run_route")
    if row["step"] is not None and row["route"] is None:  # opened while an upgrade was under way
        row["route"] = run_route
    row["authority"] = authority = _snapshot(row)
    match authority:
        case {"paper": {"on": str(day)}}:
            pass
        case _:
            day = localdate(row["at"]).isoformat()
    return Said(**row, on=day, kind=kind, snapshot=snapshot, opened_at=opened_at, payload=payload)


def _snapshot(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of the authority; one that is none rests on nothing."""
    return row["authority"] if isinstance(row["authority"], dict) else {}


def situation_of(
    said: Collection[Said], chronicle: Chronicle, rules: _Rules, trail: Trail | None = None
) -> Situation:
    """What the ledger and the rules say about these decisions; two queries, three with 代決."""
    heard = _heard(said)
    return Situation(
        chronicle=chronicle,
        interested=heard.interested,
        answered=heard.answered,
        rules=rules.of({each.route for each in said if each.route is not None}),
        order=rules.order if any("stand_in" in each.authority for each in said) else {},
        rules_since=rules.since,
        astray=heard.astray(),
        trail=trail or Trail(),
    )


NOW, BEFORE = "NOW", "BEFORE"
"""A step of the run's present round, and one of an earlier round, among what was heard."""


def _heard(said: Collection[Said]) -> _Heard:
    """One statement about the runs and steps of these decisions."""
    steps, runs = {each.step for each in said if each.step is not None}, {each.run for each in said}
    begun = Decision.objects.filter(run__in=runs, outcome__in=INTERESTED)
    filled = Decision.objects.filter(step_run__in=steps, slot__isnull=False)
    when = Case(When(round=F("run__round"), then=Value(NOW)), default=Value(BEFORE))
    asked = StepRun.objects.filter(run__in=runs).order_by().annotate(when=when)
    columns = ("run_id", "step_run_id", "outcome", "entry_id", "decided_by_id", "slot_id")
    rows = (
        begun.order_by()
        .values_list(*columns)
        .union(
            filled.exclude(outcome__in=ASIDE).order_by().values_list(*columns),
            asked.values_list("run_id", "pk", "when", "route_id", "run__route_id", "round"),
            all=True,
        )
    )
    heard = _Heard()
    for run, step, outcome, *told in rows:
        if outcome in (NOW, BEFORE):
            heard.take_step(run, step, *told, is_now=outcome == NOW)
        else:
            heard.take_decision(run, step, outcome, *told)
    return heard


class _Heard:
    """By run, who submitted it or stepped aside; by step and person, which slots were filled.

    Each with the number of the entry that says so. By run and round, which routes asked.
    """

    def __init__(self) -> None:
        self.interested: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.answered: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        self._steps: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._routes: dict[tuple[int, int], set[int | None]] = defaultdict(set)

    def take_decision(
        self, run: int, step: int, outcome: str, seq: int, person: int, slot: int | None
    ) -> None:
        if outcome in INTERESTED:
            self.interested[run].append((seq, person))
        if slot is not None and outcome not in ASIDE:
            self.answered[step, person].append((seq, slot))

    def take_step(
        self,
        run: int,
        step: int,
        route: int | None,
        run_route: int | None,
        of_round: int,
        *,
        is_now: bool,
    ) -> None:
        self._steps[run, of_round].append(step)
        self._routes[run, of_round] |= {route or run_route, *([run_route] * is_now)}

    def astray(self) -> frozenset[int]:
        """Steps of rounds that did not go one way: that of the run, in its present round."""
        mixed = [key for key, routes in self._routes.items() if len(routes) > 1]
        return frozenset(step for key in mixed for step in self._steps[key])


class _Rules:
    """Steps of route versions, each version read once, and the order of 代決."""

    def __init__(self) -> None:
        self._known: dict[int, list[RouteStep]] = {}

    @cached_property
    def since(self) -> datetime | None:
        """When routes were last changed on record, whatever comes after the decisions."""
        newest = LedgerEntry.objects.filter(kind=LEDGER_KIND).order_by("-seq")
        return newest.values_list("recorded_at", flat=True).first()

    def read(self, kind: str, at: datetime) -> None:
        """Take the next entry, where all that changed the routes are read anyway."""
        if kind == LEDGER_KIND:
            self.since = at

    @cached_property
    def order(self) -> Mapping[int, tuple[int, int]]:
        """Row -> the seat, and the seat that stands in for it."""
        rows = StandIn.objects.values_list("pk", "post_id", "stand_in_post_id")
        return {pk: (post, stand_in) for pk, post, stand_in in rows}

    def of(self, routes: Collection[int]) -> Mapping[int, Sequence[RouteStep]]:
        if missing := set(routes) - self._known.keys():
            self._known |= {route: [] for route in missing}
            for step in RouteStep.objects.filter(route__in=missing).order_by("route_id", "order"):
                self._known[step.route_id].append(step)
        return self._known
