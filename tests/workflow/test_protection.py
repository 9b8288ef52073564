"""The database refuses to change, to lose or to empty the ledger and its decisions: raw SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from django.db import IntegrityError, connection, transaction

from records import ledger
from records.models import LedgerEntry, LedgerHead, LedgerText
from tests.make import a_project, dispose, say, withdraw
from tests.records.tampering import run, sealed
from workflow.enums import Outcome
from workflow.models import Decision

if TYPE_CHECKING:
    from tests.fixtures_city import City

PROTECTED: Final = (LedgerEntry, LedgerText, LedgerHead, Decision)

CHANGES: Final = [
    "UPDATE records_ledgerentry SET kind = 'OTHER'",
    "UPDATE records_ledgertext SET text = '別の言葉'",
    "UPDATE records_ledgertext SET text = ''",
    "UPDATE workflow_decision SET outcome = 'SENT_BACK'",
    "UPDATE workflow_decision SET clause = ''",
    "DELETE FROM records_ledgertext",
    "DELETE FROM records_ledgerhead",
    "DELETE FROM workflow_decision",
    "DELETE FROM records_ledgerentry WHERE seq > 1",
]


def counts() -> list[int]:
    return [model._default_manager.count() for model in PROTECTED]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_to_change_or_lose_a_row(office: City, statement: str) -> None:
    say(a_project(), Outcome.APPROVED)
    before = counts()

    with sealed(), pytest.raises(IntegrityError), transaction.atomic():
        run(statement)

    assert counts() == before
    assert ledger.verify().ok


@pytest.mark.postgres_only
@pytest.mark.parametrize("model", PROTECTED)
def test_the_database_refuses_to_be_emptied(office: City, model: type[LedgerEntry]) -> None:
    say(a_project(), Outcome.APPROVED)
    before = counts()
    run("SET CONSTRAINTS ALL IMMEDIATE")

    with sealed(), pytest.raises(IntegrityError), transaction.atomic():
        run(f"TRUNCATE {model._meta.db_table} CASCADE")

    assert counts() == before


def test_the_lawful_blanking_of_a_text_is_let_through(office: City) -> None:
    case = a_project()
    decision = say(case, Outcome.APPROVED)
    withdraw(case)
    case.refresh_from_db()

    with sealed():
        done = dispose(case)

    assert LedgerText.objects.get(entry=decision.entry, name="comment").shown == "廃棄済"
    assert (ledger.verify().ok, ledger.verify().disposed) == (True, done.texts)


def test_every_trigger_is_there(db: None) -> None:
    """A migration that rebuilds a table on SQLite drops them: it has to make them again."""
    asks = {
        "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
        "WHERE NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(asks[connection.vendor])
        found = set(cursor.fetchall())

    expected = {
        ("records_ledgerentry", "ledger_entry_is_permanent"),
        ("records_ledgerentry", "records_ledgerentry_is_sealed"),
        ("records_ledgertext", "ledger_text_is_only_blanked"),
        ("records_ledgertext", "records_ledgertext_is_sealed"),
        ("records_ledgerhead", "records_ledgerhead_is_sealed"),
        ("workflow_decision", "decision_is_permanent"),
        ("workflow_decision", "decision_is_sealed"),
    }
    if connection.vendor == "postgresql":
        expected |= {
            ("records_ledgertext", "ledger_text_is_permanent"),
            ("records_ledgerhead", "records_ledgerhead_stays"),
        }
    assert found == expected
