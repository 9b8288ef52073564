"""One act of one person at one moment, and its recording.

Verbs collect what was said in ``Act.sayings``; ``record`` writes it at the end of the
transaction, because the head of the ledger chain is the last row that is locked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import TYPE_CHECKING, Any

from django.utils.timezone import localdate

from bpr_projects.models import CycleEntry, content_hash
from records import ledger
from roles.enums import Basis
from roles.models import Section
from workflow.enums import Outcome, StepKind
from workflow.models import Condition, Decision, Reading, Run, Slot, StepRun
from workflow.outcomes import Answer
from workflow.signals import decision_recorded, reading_opened, work_closed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bpr_projects.models import Revision
    from records.models import LedgerEntry
    from roles.models import Capacity, Post, User


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


@dataclass
class Act:
    """Who acts, when, and what came of it so far.

    ``authors``: who submits right now; the decision that says so is written only at the end.
    ``asks``: a slot was opened for which the engine has no task yet.
    """

    by: User
    at: datetime
    capacity: Capacity
    sayings: list[Saying] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    authors: frozenset[int] = frozenset()
    asks: bool = False

    @property
    def on(self) -> date:
        """The local day of the act."""
        return localdate(self.at)

    def say(self, saying: Saying) -> None:
        """Remember to record this."""
        self.sayings.append(saying)


def basis_of(capacity: Capacity, step: StepRun | None) -> Basis:
    """専決 and 代決 are labelled by the step, 代理 by the capacity."""
    if capacity.basis == Basis.DEPUTY and step is not None and step.kind == StepKind.DECISION:
        return Basis.ACTING
    if step is not None and step.kind == StepKind.STANDING_DECISION:
        return Basis.STANDING
    return capacity.basis


def authority_of(capacity: Capacity, principal: User | None) -> dict[str, Any]:
    """Snapshot of what gave the power: the appointment or delegation, as it stood."""
    source = capacity.appointment or capacity.delegation
    return {
        "appointment": capacity.appointment.pk if capacity.appointment else None,
        "delegation": capacity.delegation.pk if capacity.delegation else None,
        "kind": str(capacity.appointment.kind) if capacity.appointment else "DELEGATION",
        "post_title": capacity.post.title,
        "section": capacity.post.section.name if capacity.post.section else "",
        "person": capacity.person.name,
        "on_behalf_of": principal.name if principal else "",
        "starts_on": source.starts_on.isoformat() if source else None,
        "ends_on": source.ends_on.isoformat() if source and source.ends_on else None,
        "ledger_entry": source.ledger_entry_id if source else None,
    }


def payload_of(decision: Decision) -> dict[str, Any]:
    """What the chain fixes of a decision: ids, codes, hashes; never a word that somebody wrote."""
    carries = {"carries": decision.carries_id} if decision.carries_id else {}
    return {
        **carries,
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
        "step": _step_hash(decision.step_run) if decision.step_run else None,
    }


def _step_hash(step: StepRun) -> str:
    """What was asked: kind, title and the rule it was opened from."""
    return ledger.sha256_of(ledger.canonical([str(step.kind), step.title, step.snapshot]))


def _conditions_hash(conditions: Iterable[tuple[str, str, str]]) -> str | None:
    rows = [list(each) for each in conditions]
    return ledger.sha256_of(ledger.canonical(rows)) if rows else None


def recompute(entries: Sequence[LedgerEntry]) -> dict[int, dict[str, Any]]:
    """What the payloads should say, from the decision rows and the texts they decided."""
    rows = (
        Decision.objects.filter(entry__in=entries)
        .select_related("revision", "step_run", "run")
        .prefetch_related("conditions__owner", "revision__attachments")
    )
    records = _phase_records(rows)
    digests: dict[int, str] = {}
    found = {}
    for row in rows:
        payload = payload_of(row)
        if row.revision is not None:
            digest = digests.get(row.revision.pk) or _digest(row.revision)
            digests[row.revision.pk] = payload["revision_hash"] = digest
        payload["conditions"] = _conditions_hash(
            (each.text, each.owner.code, each.due_on.isoformat())
            for each in sorted(row.conditions.all(), key=lambda each: each.pk)
        )
        payload["record"] = records.get(row.pk)
        found[row.entry_id] = payload
    return found


def _phase_records(rows: Iterable[Decision]) -> dict[int, str]:
    """Hashes of what was recorded at phases, by decision: the n-th of a phase is the n-th's."""
    cycles = {row.run.cycle_id for row in rows if row.outcome == Outcome.RECORDED}
    if not cycles:
        return {}
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


def recompute_readings(entries: Sequence[LedgerEntry]) -> dict[int, dict[str, Any]]:
    """What the payloads of readings should say, from the rows."""
    by_id = {entry.payload.get("reading"): entry.seq for entry in entries}
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
    """Write all sayings to the ledger and as decisions, then tell whoever listens."""
    decisions = [_decision(act, saying) for saying in act.sayings]
    entries = ledger.append_many(
        [
            ledger.Draft(
                kind="DECISION", payload=_payload(row, saying), texts=_texts(saying.answer)
            )
            for row, saying in zip(decisions, act.sayings, strict=True)
        ],
        at=act.at,
    )
    for decision, entry in zip(decisions, entries, strict=True):
        decision.entry = entry
    Decision.objects.bulk_create(decisions)
    for decision, saying in zip(decisions, act.sayings, strict=True):
        _conditions(decision, saying.answer)
    if act.closed:
        work_closed.send(sender=Slot, slot_ids=act.closed, at=act.at)
    for decision in decisions:
        decision_recorded.send(sender=Decision, decision=decision, at=act.at)
    if act.readings:
        reading_opened.send(sender=Run, readings=act.readings, by=act.by, at=act.at)
    return decisions


def _payload(decision: Decision, saying: Saying) -> dict[str, Any]:
    return {
        **payload_of(decision),
        "conditions": _conditions_hash(saying.answer.conditions),
        "record": _record_hash(saying.record) if saying.record else None,
    }


def _decision(act: Act, saying: Saying) -> Decision:
    basis = basis_of(saying.capacity, saying.step_run)
    deputised = saying.capacity.basis == Basis.DEPUTY
    principal = _principal(saying.capacity.post, act) if deputised else None
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
        authority=authority_of(saying.capacity, principal),
        target=answer.target if saying.outcome == "SENT_BACK" else "",
        until=date.fromisoformat(answer.until) if answer.until else None,
        scores=dict(answer.scores) or None,
        total=saying.total,
        supersedes=saying.supersedes,
        carries=saying.carries,
        decided_at=act.at,
    )


def _principal(post: Post, act: Act) -> User | None:
    """The person whose power is used, if the post is not vacant."""
    held = post.appointments.in_force(act.on).select_related("person").order_by("pk").first()
    return held.person if held else None


def _texts(answer: Answer) -> dict[str, str]:
    texts = {
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
