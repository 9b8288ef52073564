"""Read decisions batch by batch and judge each by the ledger before it."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.db.models import Q
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
        said = said_in(Decision.objects.filter(entry__gte=first, entry__lte=last))
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
    said = _said_by(decision)
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
    interested, answered = _heard(said)
    return Situation(
        chronicle=chronicle,
        interested=interested,
        answered=answered,
        rules=rules.of({each.route for each in said if each.route is not None}),
        order=rules.order if any("stand_in" in each.authority for each in said) else {},
        rules_since=rules.since,
        trail=trail or Trail(),
    )


def _heard(
    said: Collection[Said],
) -> tuple[Mapping[int, Sequence[tuple[int, int]]], Mapping[tuple[int, int], Sequence[Any]]]:
    """By run, who submitted it or stepped aside; by step and person, which slots were filled.

    Each with the number of the entry that says so.
    """
    steps = {each.step for each in said if each.step is not None}
    begun = Decision.objects.filter(run__in={each.run for each in said}, outcome__in=INTERESTED)
    filled = Decision.objects.filter(step_run__in=steps, slot__isnull=False)
    columns = ("run_id", "step_run_id", "outcome", "entry_id", "decided_by_id", "slot_id")
    rows = begun.order_by().values_list(*columns)
    rows = rows.union(filled.exclude(outcome__in=ASIDE).order_by().values_list(*columns), all=True)
    interested: dict[int, list[tuple[int, int]]] = defaultdict(list)
    answered: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for run, step, outcome, seq, person, slot in rows:
        if outcome in INTERESTED:
            interested[run].append((seq, person))
        if slot is not None and outcome not in ASIDE:
            answered[step, person].append((seq, slot))
    return interested, answered


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
