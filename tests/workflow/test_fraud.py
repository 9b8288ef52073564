"""Every kind of tampering, found and named: in the chain, in the rows, in what they allow."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.db import connection

from records import ledger
from records.enums import Flaw
from records.ledger import chain
from records.models import GENESIS, LedgerEntry
from roles.actions import evidence_of, revoke_delegation
from roles.models import Appointment, Post
from tests.make import (
    AT,
    a_delegation,
    a_project,
    a_suspension,
    dispose,
    holder,
    say,
    withdraw,
)
from tests.records.tampering import protections_off, run
from workflow.actions import disposals
from workflow.actions.acts import recompute
from workflow.actions.rederiving import flaw_in
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.fixtures_city import City

pytestmark = pytest.mark.django_db(transaction=True)

LATER: Final = AT + timedelta(hours=2)


def verdict(anchor: Path | None = None) -> tuple[bool, int | None, Flaw | None]:
    found = ledger.verify(anchor)
    return found.ok, found.first_bad_seq, found.reason


# --- what is left as it was changed ------------------------------------------------------------


def rewrite() -> None:
    """A chain that agrees with itself and with every row, however these were changed."""
    _kind, recompute_appointments, _strays = evidence_of(Appointment)
    tellers = {"DECISION": recompute, "APPOINTMENT": recompute_appointments}
    previous = GENESIS
    for entry in LedgerEntry.objects.order_by("seq"):
        told = (
            tellers[entry.kind]([ledger.Link.of(entry)]).get(entry.seq)
            if entry.kind in tellers
            else None
        )
        payload = {**entry.payload, **(told or {})}
        made = chain.hash_of(
            prev_hash=previous,
            seq=entry.seq,
            at=entry.recorded_at,
            kind=entry.kind,
            payload=payload,
        )
        write(
            "UPDATE records_ledgerentry SET payload = %s, prev_hash = %s, hash = %s WHERE seq = %s",
            [ledger.canonical(payload), previous, made, entry.seq],
        )
        previous = made
    write("UPDATE records_ledgerhead SET hash = %s", [previous])


def write(statement: str, values: list[str | int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@dataclass(frozen=True)
class Fraud:
    """What was done to a ledger whose last row adopted a case, and how it is found.

    ``at``: the row that is named, counted from that last row, or the moment's own.
    """

    flaw: Flaw
    at: Callable[[Decision], int]
    statements: tuple[str, ...] = ()
    rewrites: bool = False
    needs_anchor: bool = False


def last(decision: Decision) -> int:
    return decision.entry_id


def before(decision: Decision) -> int:
    return decision.entry_id - 1


def of_the_head_s_appointment(decision: Decision) -> int:
    return Appointment.objects.get(post__code="HEAD-SHIMIN").ledger_entry_id


def of_the_decider(decision: Decision) -> int:
    seq: int = decision.authority["ledger_entry"]
    return seq


def of_the_routes(decision: Decision) -> int:
    return LedgerEntry.objects.get(kind="ROUTES").seq


def first_said(decision: Decision) -> int:
    return Decision.objects.order_by("pk")[0].entry_id


WORDS: Final = {
    "adoption": "WHERE outcome = 'ADOPTED'",
    "below": "(SELECT max(seq) FROM records_ledgerentry WHERE seq < 999999)",
    "columns": "seq, previous_id, kind, payload, prev_hash, hash, recorded_at",
    "last": "(SELECT max(seq) FROM records_ledgerentry)",
}
"""What the statements say in braces."""

CUT: Final = (
    "DELETE FROM records_ledgertext WHERE entry_id = (SELECT max(seq) FROM records_ledgerentry)",
    "DELETE FROM workflow_decision {adoption}",
    "DELETE FROM records_ledgerentry WHERE seq = {last}",
    (
        "UPDATE records_ledgerhead SET last_id = {last}, "
        "hash = (SELECT hash FROM records_ledgerentry WHERE seq = {last})"
    ),
)

FRAUDS: Final[dict[str, Fraud]] = {
    "a row was edited": Fraud(
        Flaw.ALTERED_ROW,
        last,
        ("UPDATE records_ledgerentry SET recorded_at = '2026-04-02 00:00:00Z' WHERE seq = {last}",),
    ),
    "a row was inserted": Fraud(
        Flaw.WRONG_HEAD,
        lambda decision: decision.entry_id + 1,
        (
            (
                "INSERT INTO records_ledgerentry ({columns}) SELECT seq + 1, seq, kind, payload, "
                "hash, 'x', recorded_at FROM records_ledgerentry WHERE seq = {last}"
            ),
        ),
    ),
    "a row was taken out": Fraud(
        Flaw.MISSING_ROW,
        before,
        ("DELETE FROM records_ledgerentry WHERE seq = {last} - 1",),
    ),
    "two rows changed places": Fraud(
        Flaw.BROKEN_LINK,
        before,
        (
            (
                "UPDATE records_ledgerentry SET seq = 999999, previous_id = 999998 "
                "WHERE seq = {last} - 1"
            ),
            (
                "UPDATE records_ledgerentry SET seq = seq - 1, previous_id = seq - 2 "
                "WHERE seq = {below}"
            ),
            (
                "UPDATE records_ledgerentry SET seq = {below} + 1, previous_id = {below} "
                "WHERE seq = 999999"
            ),
        ),
    ),
    "the end was cut of": Fraud(Flaw.CUT_TAIL, last, CUT, needs_anchor=True),
    "everything was rewritten with its hashes": Fraud(
        Flaw.WRONG_ANCHOR,
        last,
        ("UPDATE workflow_decision SET round = 9",),
        rewrites=True,
        needs_anchor=True,
    ),
    "an appointment was changed without its row": Fraud(
        Flaw.WRONG_EVIDENCE,
        of_the_head_s_appointment,
        (
            (
                "UPDATE roles_appointment SET ends_on = '2026-05-01' WHERE post_id = "
                "(SELECT id FROM roles_post WHERE code = 'HEAD-SHIMIN')"
            ),
        ),
    ),
    "an appointment was taken away": Fraud(
        Flaw.WRONG_EVIDENCE,
        of_the_decider,
        ("DELETE FROM roles_appointment WHERE ledger_entry_id = {decider}",),
    ),
    "an appointment was ended before it was used, hashes and all": Fraud(
        Flaw.NO_AUTHORITY,
        last,
        ("UPDATE roles_appointment SET ends_on = '2026-04-02' WHERE ledger_entry_id = {decider}",),
        rewrites=True,
    ),
    "a step of a route was changed": Fraud(
        Flaw.WRONG_EVIDENCE, of_the_routes, ("UPDATE workflow_routestep SET deputy = 'NEVER'",)
    ),
    "what a step had asked was changed": Fraud(
        Flaw.WRONG_EVIDENCE,
        last,
        ("UPDATE workflow_steprun SET title = 'x' WHERE kind = 'STANDING_DECISION'",),
    ),
    "another post": Fraud(
        Flaw.WRONG_EVIDENCE, last, ("UPDATE workflow_decision SET post_id = 1 {adoption}",)
    ),
    "another post, hashes and all": Fraud(
        Flaw.NO_AUTHORITY,
        last,
        ("UPDATE workflow_decision SET post_id = 1 {adoption}",),
        rewrites=True,
    ),
    "another basis": Fraud(
        Flaw.WRONG_EVIDENCE, last, ("UPDATE workflow_decision SET basis = 'OWN' {adoption}",)
    ),
    "another basis, hashes and all": Fraud(
        Flaw.WRONG_BASIS,
        last,
        ("UPDATE workflow_decision SET basis = 'OWN' {adoption}",),
        rewrites=True,
    ),
    "another route": Fraud(
        Flaw.WRONG_RULE,
        lambda decision: Decision.objects.filter(step_run__isnull=False).earliest("pk").entry_id,
        (
            (
                "UPDATE workflow_steprun SET route_id = "
                "(SELECT id FROM workflow_route WHERE code = 'RT5')"
            ),
        ),
    ),
    "another route for one step": Fraud(
        Flaw.WRONG_RULE,
        lambda decision: Decision.objects.filter(step_run__isnull=False).earliest("pk").entry_id,
        (
            (
                "UPDATE workflow_steprun SET route_id = (SELECT id FROM workflow_route "
                "WHERE code = 'RT5') WHERE kind = 'STANDING_DECISION'"
            ),
        ),
    ),
    "a basis that there is not, hashes and all": Fraud(
        Flaw.ALTERED_ROW,
        last,
        ("UPDATE workflow_decision SET basis = 'XX' {adoption}",),
        rewrites=True,
    ),
    "another person": Fraud(
        Flaw.WRONG_EVIDENCE, last, ("UPDATE workflow_decision SET decided_by_id = 1 {adoption}",)
    ),
    "another person, hashes and all": Fraud(
        Flaw.NO_AUTHORITY,
        last,
        ("UPDATE workflow_decision SET decided_by_id = 1 {adoption}",),
        rewrites=True,
    ),
    "another clause, hashes and all": Fraud(
        Flaw.WRONG_RULE,
        last,
        ("UPDATE workflow_decision SET clause = '別の規程' {adoption}",),
        rewrites=True,
    ),
    "the text that was decided": Fraud(
        Flaw.WRONG_EVIDENCE,
        first_said,
        ("""UPDATE bpr_projects_revision SET sheet = '{{"title": "別の案"}}'""",),
    ),
    "the words of a decision": Fraud(
        Flaw.ALTERED_TEXT,
        last,
        ("UPDATE records_ledgertext SET text = '別の言葉' WHERE entry_id = {last}",),
    ),
    "words blanked without an act": Fraud(
        Flaw.ALTERED_TEXT,
        last,
        (
            (
                "UPDATE records_ledgertext SET text = '', blanked_at = '2026-05-01 00:00:00Z' "
                "WHERE entry_id = {last}"
            ),
        ),
    ),
}


@pytest.mark.parametrize("fraud", FRAUDS.values(), ids=FRAUDS)
def test_every_fraud_is_found_and_named(real_office: City, tmp_path: Path, fraud: Fraud) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    decision = say(case, Outcome.ADOPTED)
    anchor = tmp_path / "anchors.jsonl"
    ledger.write_anchor(anchor, at=AT)
    assert verdict(anchor) == (True, None, None)
    named = fraud.at(decision)

    with protections_off():
        for statement in fraud.statements:
            run(statement.format(**WORDS, decider=of_the_decider(decision)))
        if fraud.rewrites:
            rewrite()

    assert verdict(anchor if fraud.needs_anchor else None) == (False, named, fraud.flaw)


# --- 廃棄 without its two people ----------------------------------------------------------------


def retell(kind: str, **payload: Any) -> None:
    """Rows of a kind say something else; the chain is written anew afterwards."""
    for entry in LedgerEntry.objects.filter(kind=kind):
        write(
            "UPDATE records_ledgerentry SET payload = %s WHERE seq = %s",
            [ledger.canonical({**entry.payload, **payload}), entry.seq],
        )


def by_who_asked() -> None:
    approval = LedgerEntry.objects.get(kind=disposals.APPROVED).payload
    retell(disposals.APPROVED, by=approval["asked_by"])


def never_asked_for() -> None:
    approval = LedgerEntry.objects.get(kind=disposals.APPROVED).payload
    retell(disposals.APPROVED, asked_by=approval["asked_by"] + 1)


def of_another_case() -> None:
    for kind in (disposals.ASKED, disposals.APPROVED):
        retell(kind, project=0)


def no_approval() -> None:
    write("UPDATE records_ledgerentry SET kind = 'NOTE' WHERE kind = %s", [disposals.APPROVED])


DISPOSAL_FRAUDS: Final[dict[str, Callable[[], None]]] = {
    "no ground": lambda: retell(ledger.TEXT_DISPOSAL, ground={}),
    "no ground at all": lambda: retell(ledger.TEXT_DISPOSAL, ground=None),
    "a row of another kind": lambda: retell(ledger.TEXT_DISPOSAL, ground={"approval": 1}),
    "a row that is not there": lambda: retell(ledger.TEXT_DISPOSAL, ground={"approval": 9_999}),
    "no approval": no_approval,
    "approved by who asked": by_who_asked,
    "never asked for": never_asked_for,
    "the words of another case": of_another_case,
}


@pytest.mark.parametrize("tamper", DISPOSAL_FRAUDS.values(), ids=DISPOSAL_FRAUDS)
def test_words_blanked_without_a_second_person_are_found(
    real_office: City, tamper: Callable[[], None]
) -> None:
    case = a_project()
    say(case, Outcome.APPROVED)
    withdraw(case)
    case.refresh_from_db()
    dispose(case)
    assert verdict() == (True, None, None)
    first = LedgerEntry.objects.filter(kind=ledger.TEXT_DISPOSAL).earliest("seq")

    with protections_off():
        tamper()
        rewrite()

    assert verdict() == (False, first.seq, Flaw.NO_APPROVAL)


# --- what an administrator of the database does, and undoes ------------------------------------


@contextmanager
def for_a_while(statement: str, undo: str) -> Iterator[None]:
    """Rows changed past the verbs, used, and changed back: afterwards every row agrees again."""
    with protections_off():
        run(statement)
    yield
    with protections_off():
        run(undo)


def test_an_appointment_that_was_changed_used_and_changed_back_is_found(
    real_office: City,
) -> None:
    case = a_project()
    row = Appointment.objects.get(post__code="HEAD-SHIMIN")
    other = holder("HEAD-ZEIMU")
    table = "UPDATE roles_appointment SET person_id = "
    where = f"WHERE id = {row.pk}"

    with for_a_while(f"{table}{other.pk} {where}", f"{table}{row.person_id} {where}"):
        assert verdict() == (False, row.ledger_entry_id, Flaw.WRONG_EVIDENCE)
        said = say(case, Outcome.APPROVED, by=other)

    assert verdict() == (False, said.entry_id, Flaw.NO_AUTHORITY)
    assert flaw_in(said) == Flaw.NO_AUTHORITY


def test_a_delegation_that_was_revoked_and_used_is_found(real_office: City) -> None:
    case = a_project()
    deputy = holder("HEAD-ZEIMU")
    row = a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)
    row = revoke_delegation(delegation=row, by=holder("SECRETARIAT"), at=AT)
    table, where = "UPDATE roles_delegation SET revoked_at = ", f"WHERE id = {row.pk}"
    revoked = f"{AT.astimezone(UTC):%Y-%m-%d %H:%M:%S}"

    with for_a_while(f"{table}NULL {where}", f"{table}'{revoked}' {where}"):
        said = say(case, Outcome.APPROVED, by=deputy, at=LATER)

    assert verdict() == (False, said.entry_id, Flaw.NOT_IN_FORCE)


def test_somebody_on_leave_who_decided_is_found(real_office: City) -> None:
    case = a_project()
    head = holder("HEAD-SHIMIN")
    row = a_suspension(person=head, starts_on=AT.date())
    table, where = "UPDATE roles_suspension SET starts_on = ", f"WHERE id = {row.pk}"

    with for_a_while(f"{table}'2030-01-01' {where}", f"{table}'{row.starts_on}' {where}"):
        said = say(case, Outcome.APPROVED, by=head)

    assert verdict() == (False, said.entry_id, Flaw.NOT_IN_FORCE)


def test_a_route_step_that_was_changed_used_and_changed_back_is_found(real_office: City) -> None:
    table = "UPDATE workflow_routestep SET deputy = "
    where = "WHERE kind = 'CONFIRMATION'"

    with for_a_while(f"{table}'NEVER' {where}", f"{table}'ALLOWED' {where}"):
        case = a_project()
        said = say(case, Outcome.APPROVED)

    assert verdict() == (False, said.entry_id, Flaw.WRONG_RULE)


def test_a_case_that_was_given_to_its_decider_is_found(real_office: City) -> None:
    case = a_project()
    said = say(case, Outcome.APPROVED)

    run(f"UPDATE bpr_projects_project SET proposer_id = {said.decided_by_id}")  # noqa: S608

    assert verdict() == (False, said.entry_id, Flaw.CONFLICT)
