"""One act of one person at one moment, and its recording.

Verbs collect what was said in ``Act.sayings``; ``record`` writes it at the end of the
transaction, because the head of the ledger chain is the last row that is locked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import TYPE_CHECKING, Any, Final

from django.utils.timezone import localdate

from bpr_projects.models import CycleEntry, Participant, Revision, content_hash
from records import ledger
from roles.enums import Basis, Role
from roles.models import Appointment, Section
from workflow.enums import ASIDE, Outcome, StepKind, WhoRule
from workflow.models import Condition, Decision, Reading, Run, Slot, StepRun
from workflow.outcomes import Answer, may_be_taken_back
from workflow.signals import decision_recorded, reading_opened, work_closed, work_unheld

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from roles.models import Capacity, User


@dataclass
class Saying:
    """A decision that is about to be recorded."""

    run: Run
    outcome: Outcome
    capacity: Capacity
    clause: str
    step_run: StepRun | None = None
    slot: Slot | None = None
    answer: Answer = field(default_factory=Answer)
    total: int | None = None
    supersedes: Decision | None = None
    carries: Decision | None = None
    record: CycleEntry | None = None
    why_on_paper: str = ""
    following: str = ""
    """Who is asked instead of whoever left or was relieved, in words."""

    @property
    def may_be_taken_back(self) -> bool:
        """Whether 引戻し may follow."""
        step = self.step_run
        return may_be_taken_back(self.outcome, StepKind(step.kind) if step else None)


@dataclass
class Act:
    """Who acts, when, and what came of it so far.

    ``authors``: who submits right now; the decision that says so is written only at the end.
    ``asked``: slots that were opened and for which the engine has no task yet. ``readers``: who
    may read the case from now on. ``rules``: what the act does to the rules themselves, for the
    ledger beside what was said. ``unheld``: open slots that nobody can answer, so that the 事務局
    has to see to them. ``overtaken``: places at 決裁 that were answered or closed, so that a paper
    that waits for one has come too late.

    ``bundle``: which acts, given at once, are told together.

    ``paper``: of a decision on paper, what the snapshot of authority says about it; ``by`` is who
    confirmed it then, ``capacity`` whose decision it was.
    """

    by: User
    at: datetime
    capacity: Capacity
    sayings: list[Saying] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    authors: frozenset[int] = frozenset()
    asked: list[Slot] = field(default_factory=list)
    readers: list[Participant] = field(default_factory=list)
    rules: list[ledger.Draft] = field(default_factory=list)
    unheld: list[Slot] = field(default_factory=list)
    overtaken: list[int] = field(default_factory=list)
    bundle: UUID | None = None
    paper: dict[str, Any] | None = None

    @property
    def leaving(self) -> frozenset[int]:
        """Who steps aside by this act; the words that say so are written only at its end."""
        recusals = (each for each in self.sayings if each.outcome == Outcome.RECUSED)
        return frozenset(each.capacity.person.pk for each in recusals)

    @property
    def on(self) -> date:
        """The local day of the act."""
        return localdate(self.at)

    @property
    def telling(self) -> dict[str, Any]:
        """What goes with every fact of the act: whose it is, when, and how it is told."""
        hours = [hour for each in self.sayings if (hour := each.answer.not_before)]
        return {
            "by": self.by,
            "at": self.at,
            "bundle": self.bundle,
            "may_be_taken_back": any(each.may_be_taken_back for each in self.sayings),
            "not_before": max(hours, default=None),
        }

    def say(self, saying: Saying) -> None:
        """Remember to record this."""
        self.sayings.append(saying)


def _is_the_chairs(step: StepRun) -> bool:
    """Whether the rule gives the 決裁 to the 本部長."""
    who = {ask["who"] for ask in step.snapshot.get("asks", ())}
    return step.kind == StepKind.DECISION and who == {WhoRule.HQ_CHAIR}


def basis_of(capacity: Capacity, step: StepRun | None) -> Basis:
    """専決 is labelled by the step where its holder takes it; 代決 and 代理 by the capacity.

    決裁 by another seat than the 本部長's, to which the 事務局 moved it, is 代決 by the rule.
    """
    if step is None or capacity.basis != Basis.OWN:
        return capacity.basis
    if _is_the_chairs(step) and capacity.post.role != Role.HQ_CHAIR:
        return Basis.ACTING
    if step.kind == StepKind.STANDING_DECISION:
        return Basis.STANDING
    return capacity.basis


def authority_of(capacity: Capacity, principal: User | None) -> dict[str, Any]:
    """Snapshot of what gave the power: the appointment, delegation or order, as it stood.

    ``through``: the post that acts for a closed one.
    """
    source = capacity.appointment or capacity.delegation
    through = {"through": source.post.title} if source and capacity.is_inherited else {}
    return {
        **_stand_in_of(capacity),
        "appointment": capacity.appointment.pk if capacity.appointment else None,
        "delegation": capacity.delegation.pk if capacity.delegation else None,
        "kind": _kind_of(capacity),
        "post_title": capacity.post.title,
        "section": capacity.post.section.name if capacity.post.section else "",
        "person": capacity.person.name,
        "on_behalf_of": principal.name if principal else "",
        "starts_on": source.starts_on.isoformat() if source else None,
        "ends_on": source.ends_on.isoformat() if source and source.ends_on else None,
        "ledger_entry": source.ledger_entry_id if source else None,
        **through,
    }


def _kind_of(capacity: Capacity) -> str:
    if capacity.stand_in is not None:
        return "STAND_IN"
    return str(capacity.appointment.kind) if capacity.appointment else "DELEGATION"


def _stand_in_of(capacity: Capacity) -> dict[str, Any]:
    """代決: the place in the order by which it was taken, and why nobody of the seat was there."""
    row, away = capacity.stand_in, capacity.away
    if row is None:
        return {}
    return {
        "stand_in": row.pk,
        "stand_in_order": row.order,
        "stand_in_post": row.stand_in_post.title,
        "away": type(away).__name__.upper() if away else "VACANT",
        "away_entry": away.ledger_entry_id if away else None,
        "away_from": away.starts_on.isoformat() if away else None,
        "away_until": away.ends_on.isoformat() if away and away.ends_on else None,
    }


def payload_of(decision: Decision, known: dict[int, str] | None = None) -> dict[str, Any]:
    """What the chain fixes of a decision: ids, codes, hashes; never a word that somebody wrote.

    ``known``: hashes of steps that were computed before.
    """
    step, known = decision.step_run, {} if known is None else known
    if step is not None and step.pk not in known:
        known[step.pk] = _step_hash(step)
    carries = {"carries": decision.carries_id} if decision.carries_id else {}
    return {
        **carries,
        **_paper_of(decision.authority),
        "project": decision.project_id,
        "revision": decision.revision_id,
        "revision_hash": decision.revision.content_hash if decision.revision else None,
        "run": decision.run_id,
        "step_run": decision.step_run_id,
        "slot": decision.slot_id,
        "round": decision.round,
        "outcome": str(decision.outcome),
        "decided_by": decision.decided_by_id,
        "on_behalf_of": decision.on_behalf_of_id,
        "post": decision.post_id,
        "basis": str(decision.basis),
        "clause": ledger.sha256_of(decision.clause),
        "authority": ledger.sha256_of(ledger.canonical(decision.authority)),
        "target": str(decision.target),
        "until": decision.until.isoformat() if decision.until else None,
        "scores": ledger.sha256_of(ledger.canonical(decision.scores)) if decision.scores else None,
        "total": decision.total,
        "supersedes": decision.supersedes_id,
        "decided_at": decision.decided_at.astimezone(UTC).isoformat(),
        "step": known[step.pk] if step is not None else None,
    }


ON_PAPER: Final = ("id", "on", "scan", "recorded_by", "recorded_as", "confirmed_by", "confirmed_as")
"""What the chain says of a decision on paper: no names."""


def _paper_of(authority: Mapping[str, Any]) -> dict[str, Any]:
    match authority:  # the hash of one that no verb wrote agrees with no entry anyway
        case {"paper": {**paper}}:
            return {"paper": {name: paper.get(name) for name in ON_PAPER}}
    return {}


def _step_hash(step: StepRun) -> str:
    """What was asked: kind, title and the rule it was opened from."""
    return ledger.sha256_of(ledger.canonical([str(step.kind), step.title, step.snapshot]))


def _conditions_hash(conditions: Iterable[tuple[str, str, str]]) -> str | None:
    rows = [list(each) for each in conditions]
    return ledger.sha256_of(ledger.canonical(rows)) if rows else None


def recompute(entries: Sequence[ledger.Link]) -> dict[int, dict[str, Any]]:
    """What the payloads should say, from the decision rows and the texts they decided."""
    rows = list(Decision.objects.filter(entry__in=[entry.seq for entry in entries]))
    _read_once(rows)
    return expected_of(rows)


def expected_of(rows: Sequence[Decision]) -> dict[int, dict[str, Any]]:
    """The same of rows whose texts and steps were read before, by the numbers of their entries."""
    conditions = _conditions_of(rows)
    records = _phase_records(rows)
    digests: dict[int, str] = {}
    steps: dict[int, str] = {}
    found = {}
    for row in rows:
        payload = payload_of(row, steps)
        if row.revision is not None:
            digest = digests.get(row.revision.pk) or _digest(row.revision)
            digests[row.revision.pk] = payload["revision_hash"] = digest
        payload["conditions"] = _conditions_hash(conditions.get(row.pk, ()))
        payload["record"] = records.get(row.pk)
        found[row.entry_id] = payload
    return found


def _conditions_of(rows: Iterable[Decision]) -> dict[int, list[tuple[str, str, str]]]:
    """By decision: text, section and day of each condition, in their order."""
    found: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    asked = Condition.objects.filter(decision__in=[row.pk for row in rows]).order_by("pk")
    columns = ("decision_id", "text", "owner__code", "due_on")
    for decision, text, code, due_on in asked.values_list(*columns):
        found[decision].append((text, code, due_on.isoformat()))
    return found


def _read_once(rows: Iterable[Decision]) -> None:
    """Give the decisions their texts and steps, each read once: many decide on the same.

    What is gone is nothing: then the decision disagrees with its entry.
    """
    texts = {row.revision_id for row in rows if row.revision_id is not None}
    asked = {row.step_run_id for row in rows if row.step_run_id is not None}
    revisions = Revision.objects.prefetch_related("attachments").in_bulk(texts)
    steps = StepRun.objects.in_bulk(asked)
    for row in rows:
        if row.revision_id is not None:
            row.revision = revisions.get(row.revision_id)
        if row.step_run_id is not None:
            row.step_run = steps.get(row.step_run_id)


def _phase_records(rows: Iterable[Decision]) -> dict[int, str]:
    """Hashes of what was recorded at phases, by decision: the n-th of a phase is the n-th's."""
    runs = {row.run_id for row in rows if row.outcome == Outcome.RECORDED}
    if not runs:
        return {}
    cycles = Run.objects.filter(pk__in=runs).values("cycle")
    waiting: dict[tuple[int, str], list[CycleEntry]] = defaultdict(list)
    for entry in CycleEntry.objects.filter(cycle__in=cycles).order_by("-pk"):
        waiting[entry.cycle_id, entry.phase].append(entry)
    said = Decision.objects.filter(run__cycle__in=cycles, outcome=Outcome.RECORDED).order_by("pk")
    found = {}
    for decision, cycle, kind in said.values_list("pk", "run__cycle_id", "step_run__kind"):
        if waiting[cycle, kind]:
            found[decision] = _record_hash(waiting[cycle, kind].pop())
    return found


def _record_hash(entry: CycleEntry) -> str:
    return ledger.sha256_of(ledger.canonical([entry.phase, entry.content, entry.within_bounds]))


def reading_payload(reading: Reading) -> dict[str, Any]:
    """What the chain fixes of a reading: who read what for which post, and when."""
    return {
        "reading": reading.pk,
        "project": reading.project_id,
        "revision": reading.revision_id,
        "post": reading.post_id,
        "read_by": reading.read_by_id,
        "read_at": reading.read_at.astimezone(UTC).isoformat() if reading.read_at else None,
    }


def recompute_readings(entries: Sequence[ledger.Link]) -> dict[int, dict[str, Any]]:
    """What the payloads of readings should say, from the rows."""
    by_id = {pk: each.seq for each in entries if type(pk := each.payload.get("reading")) is int}
    return {
        by_id[reading.pk]: reading_payload(reading)
        for reading in Reading.objects.filter(pk__in=by_id)
    }


def strays() -> list[int]:
    """Entries of another kind to which a decision appeals that nobody took."""
    foreign = Decision.objects.exclude(entry__kind="DECISION")
    return list(foreign.values_list("entry", flat=True).order_by("entry"))


def _digest(revision: Revision) -> str:
    files = [(each.name, each.sha256, each.size) for each in revision.attachments.all()]
    return content_hash(revision.kind, revision.sheet, files)


def record(act: Act) -> list[Decision]:
    """Write who may read, all sayings to the ledger and as decisions; then tell who listens."""
    Participant.objects.bulk_create(act.readers, ignore_conflicts=True)
    decisions = [_decision(act, saying) for saying in act.sayings]
    entries = ledger.append_many(
        [
            ledger.Draft(kind="DECISION", payload=_payload(row, saying), texts=_texts(saying))
            for row, saying in zip(decisions, act.sayings, strict=True)
        ]
        + act.rules,
        at=act.at,
    )
    for decision, entry in zip(decisions, entries[: len(decisions)], strict=True):
        decision.entry = entry
    Decision.objects.bulk_create(decisions)
    for decision, saying in zip(decisions, act.sayings, strict=True):
        _conditions(decision, saying.answer)
    if act.closed:
        work_closed.send(sender=Slot, slot_ids=act.closed, at=act.at)
    for decision in decisions:
        decision_recorded.send(sender=Decision, decision=decision, **act.telling)
    if act.unheld:
        work_unheld.send(sender=Slot, slots=act.unheld, **act.telling)
    if act.readings:
        reading_opened.send(sender=Run, readings=act.readings, **act.telling)
    return decisions


def _payload(decision: Decision, saying: Saying) -> dict[str, Any]:
    return {
        **payload_of(decision),
        "conditions": _conditions_hash(saying.answer.conditions),
        "record": _record_hash(saying.record) if saying.record else None,
    }


def _decision(act: Act, saying: Saying) -> Decision:
    answered = None if saying.outcome in ASIDE else saying.step_run
    basis = basis_of(saying.capacity, answered)
    is_own = saying.capacity.basis == Basis.OWN
    principal = None if is_own else _principal(saying.capacity, act)
    answer = saying.answer
    return Decision(
        project=saying.run.project,
        revision=saying.run.revision,
        run=saying.run,
        step_run=saying.step_run,
        slot=saying.slot,
        round=saying.run.round if saying.step_run is None else saying.step_run.round,
        outcome=saying.outcome,
        decided_by=saying.capacity.person,
        post=saying.capacity.post,
        on_behalf_of=principal,
        basis=basis,
        clause=saying.clause,
        authority=authority_of(saying.capacity, principal)
        | ({"paper": act.paper} if act.paper else {}),
        target=answer.target if saying.outcome == "SENT_BACK" else "",
        until=date.fromisoformat(answer.until) if answer.until else None,
        scores=dict(answer.scores) or None,
        total=saying.total,
        supersedes=saying.supersedes,
        carries=saying.carries,
        decided_at=act.at,
    )


def _principal(capacity: Capacity, act: Act) -> User | None:
    """The person whose power is used, if the post is not vacant."""
    post_id = capacity.delegation.post_id if capacity.delegation else capacity.post.pk
    rows = Appointment.objects.in_force(act.on).filter(post=post_id)
    held = rows.select_related("person").order_by("pk").first()
    return held.person if held else None


def _texts(saying: Saying) -> dict[str, str]:
    answer = saying.answer
    texts = {
        "following": saying.following,
        "why_on_paper": saying.why_on_paper,
        "comment": answer.comment,
        "reply": answer.reply,
        "urgent_reason": answer.urgent_reason,
        "correction": answer.correction,
        **{f"condition_{n}": each[0] for n, each in enumerate(answer.conditions, 1)},
    }
    return {name: text for name, text in texts.items() if text}


def _conditions(decision: Decision, answer: Answer) -> None:
    if not answer.conditions:
        return
    sections = {
        section.code: section
        for section in Section.objects.filter(code__in=[each[1] for each in answer.conditions])
    }
    Condition.objects.bulk_create(
        Condition(
            decision=decision,
            project=decision.project,
            text=text,
            owner=sections[code],
            due_on=date.fromisoformat(due),
        )
        for text, code, due in answer.conditions
    )
