"""Whatever stands in an entry or in a snapshot of authority, it is judged, and nothing breaks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.urls import reverse

from records import ledger
from records.enums import Flaw
from records.ledger import chain
from records.models import GENESIS, LedgerEntry
from roles.models import Post
from tests.make import (
    AT,
    a_delegation,
    a_project,
    a_suspension,
    an_absence,
    dispose,
    holder,
    say,
    withdraw,
)
from tests.records.tampering import protections_off
from tests.workflow.pages import client_of
from tests.workflow.papers import confirm, refuse, register
from tests.workflow.test_fraud import verdict, write
from workflow import engine
from workflow.actions.rederiving import flaw_in
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.fixtures_city import City

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.django_db(transaction=True)]

PERSONNEL: Final = ("APPOINTMENT", "DELEGATION", "SUSPENSION", "ABSENCE")
LACKING: Final = object()
WRONG: Final[list[Any]] = [LACKING, None, "x", -1, True, [[]], {"a": 1}]
WHOLE: Final[list[Any]] = [None, "x", 1, []]
"""Payloads that are none."""

UNJUDGED: Final = {
    *((kind, f"{no}by") for kind in PERSONNEL for no in ("", "no ")),
    *((kind, f"{no}file") for kind in ("CITY", "ROUTES") for no in ("", "no ")),
    ("ROUTES", "no rows"),
    ("ROUTES", "no terms"),
}
"""Said for readers, or left out by older versions: no row repeats it and no judgement rests on it.
Its hash and the anchors guard it."""


@pytest.fixture
def acts(real_office: City) -> None:
    """Something of every kind that a judgement rests on."""
    deputy = holder("HEAD-ZEIMU")
    a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)
    a_suspension(person=holder("LEADER-ZEIMU"))
    an_absence(person=holder("HEAD-SHIMIN"))
    say(a_project(), Outcome.APPROVED, by=deputy)
    confirm(register(a_project(route="RT1", to=StepKind.STANDING_DECISION)))
    owed = Reading.objects.earliest("pk")
    engine.mark_read(reading_id=owed.pk, by=holder(owed.post.code), at=AT)
    refuse(register(a_project(route="RT1", to=StepKind.STANDING_DECISION)))
    gone = a_project()
    say(gone, Outcome.APPROVED)
    withdraw(gone)
    gone.refresh_from_db()
    dispose(gone)
    assert verdict() == (True, None, None)


def retold(
    told: dict[str, Any], values: Sequence[Any] = WRONG
) -> Iterator[tuple[str, dict[str, Any]]]:
    """One thing at a time is of another kind, or is not there."""
    for name, value in told.items():
        for wrong in values:
            if wrong is LACKING:
                yield f"no {name}", {other: told[other] for other in told if other != name}
            elif wrong != value:
                yield name, {**told, name: wrong}


def chained(changed: LedgerEntry, payload: Any) -> None:
    """The chain from an entry on agrees with itself, whatever the entry says."""
    before = LedgerEntry.objects.filter(seq=changed.seq - 1).first()
    previous = before.hash if before else GENESIS
    for entry in LedgerEntry.objects.filter(seq__gte=changed.seq).order_by("seq"):
        said = payload if entry.seq == changed.seq else entry.payload
        made = chain.hash_of(
            prev_hash=previous, seq=entry.seq, at=entry.recorded_at, kind=entry.kind, payload=said
        )
        write(
            "UPDATE records_ledgerentry SET payload = %s, prev_hash = %s, hash = %s WHERE seq = %s",
            [ledger.canonical(said), previous, made, entry.seq],
        )
        previous = made
    write("UPDATE records_ledgerhead SET hash = %s", [previous])


def test_no_entry_breaks_the_verification(acts: None) -> None:
    last = {entry.kind: entry for entry in LedgerEntry.objects.order_by("seq")}
    sound = set()

    with protections_off():
        for kind, entry in last.items():
            for name, payload in retold(entry.payload):
                chained(entry, payload)
                if verdict() == (True, None, None):
                    sound.add((kind, name))
            for whole in WHOLE:
                chained(entry, whole)
                assert verdict() == (False, entry.seq, Flaw.ALTERED_ROW)
            chained(entry, entry.payload)

    assert sound == UNJUDGED
    assert verdict() == (True, None, None)


def test_no_entry_and_no_snapshot_breaks_the_judgement_of_one_decision(acts: None) -> None:
    said = Decision.objects.select_related("entry").order_by("pk")
    decisions = list({(each.outcome, each.basis): each for each in said}.values())
    last = {entry.kind: entry for entry in LedgerEntry.objects.order_by("seq")}

    with protections_off():
        for kind in (*PERSONNEL, "PAPER_RECORDED"):
            for _name, payload in retold(last[kind].payload):
                chained(last[kind], payload)
                for decision in decisions:
                    flaw_in(decision)
            chained(last[kind], last[kind].payload)

    for decision in decisions:
        snapshot = decision.authority
        for _name, told in retold(snapshot):
            decision.authority = told
            flaw_in(decision)
        for wrong in WRONG[1:]:
            decision.authority = wrong
            assert flaw_in(decision) is not None, wrong
        decision.authority = snapshot
        assert flaw_in(decision) is None


PAGES: Final = {
    "decision-evidence": True,
    "decision-checks": True,
    "decision-evidence-json": True,
    "project-history": False,
}
"""Address -> whether it is about one decision."""


def test_no_snapshot_breaks_the_verification_or_a_page(acts: None) -> None:
    said = Decision.objects.select_related("project").order_by("pk")
    appealed = {
        name: next(each for each in said if each.authority.get(name) is not None)
        for name in ("delegation", "paper")
    }
    auditor = client_of("AUDITOR")

    with protections_off():
        for decision in appealed.values():
            assert decision.project is not None
            reference = decision.project.reference
            urls = [
                reverse(name, args=[reference, *([decision.pk] * is_of_one)])
                for name, is_of_one in PAGES.items()
            ]
            for told in snapshots_like(decision.authority):
                keep(decision, told)
                assert verdict() == (False, decision.entry_id, Flaw.WRONG_EVIDENCE), told
                assert {auditor.get(url).status_code for url in urls} == {200}, told
            keep(decision, decision.authority)

    assert verdict() == (True, None, None)


def snapshots_like(authority: dict[str, Any]) -> Iterator[Any]:
    """One thing at a time is of another kind, in the snapshot and in what it says of a paper."""
    yield from WHOLE
    for name in ("starts_on", "ledger_entry", "paper"):
        yield from (
            {**authority, name: wrong} for wrong in WRONG[1:] if wrong != authority.get(name)
        )
    for _name, paper in retold(authority.get("paper") or {}, [LACKING, "x", [[]]]):
        yield {**authority, "paper": paper}


def keep(decision: Decision, authority: Any) -> None:
    """As somebody could who writes past the verbs."""
    write(
        "UPDATE workflow_decision SET authority = %s WHERE id = %s",
        [json.dumps(authority), decision.pk],
    )
