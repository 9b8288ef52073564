from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction

from records import ledger
from records.models import GENESIS, BackgroundRun, LedgerEntry, LedgerHead, LedgerText, PermanentRow
from tests.make import AT
from tests.records.tampering import protection, run


@pytest.fixture
def entry(db: None) -> LedgerEntry:
    with transaction.atomic():
        ledger.append(kind="TEST", payload={"number": 1}, at=AT, texts={"comment": "可"})
        return ledger.append(kind="TEST", payload={"number": 2}, at=AT)


def test_an_entry_is_neither_saved_again_nor_deleted(entry: LedgerEntry) -> None:
    entry.kind = "OTHER"

    with pytest.raises(PermanentRow):
        entry.save()
    with pytest.raises(PermanentRow):
        entry.delete()
    with pytest.raises(PermanentRow):
        LedgerEntry.objects.update(kind="OTHER")
    with pytest.raises(PermanentRow), transaction.atomic():
        LedgerEntry.objects.bulk_update([entry], ["kind"])
    with pytest.raises(PermanentRow):
        LedgerEntry.objects.all().delete()
    with pytest.raises(PermanentRow):
        LedgerText.objects.all().delete()
    with pytest.raises(PermanentRow):
        LedgerHead.objects.get().delete()

    assert ledger.verify().ok


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records_ledgerentry SET kind = 'OTHER' WHERE seq = 1",
        "UPDATE records_ledgertext SET text = '不可'",
        "UPDATE records_ledgertext SET text = ''",
        "UPDATE records_ledgertext SET text = '', sha256 = 'x', blanked_at = '2026-05-01 00:00:00'",
    ],
)
def test_the_database_refuses_a_change(statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        run(statement)

    assert ledger.verify().ok


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seq", [1, 2])
def test_the_database_refuses_to_lose_a_row(entry: LedgerEntry, seq: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        run(
            "DELETE FROM records_ledgertext",
            f"DELETE FROM records_ledgerentry WHERE seq = {seq}",  # noqa: S608 -- a number
        )

    assert ledger.verify().count == 2


@pytest.mark.usefixtures("entry")
def test_the_database_refuses_a_fork_and_a_gap() -> None:
    columns = "seq, previous_id, kind, payload, prev_hash, hash, recorded_at"
    for seq, previous in [(3, 1), (4, 2), (3, "NULL")]:
        with pytest.raises(IntegrityError), transaction.atomic():
            run(
                f"INSERT INTO records_ledgerentry ({columns}) VALUES"  # noqa: S608 -- constants
                f" ({seq}, {previous}, 'X', '{{}}', 'x', 'y', '2026-05-01 00:00:00')"
            )


def test_an_entry_can_be_written_once_like_any_row(db: None) -> None:
    LedgerEntry.objects.create(
        seq=1, kind="TEST", payload={}, prev_hash=GENESIS, hash="x", recorded_at=AT
    )

    assert LedgerEntry.objects.get().previous is None


@pytest.mark.usefixtures("entry")
def test_there_is_one_head() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerHead.objects.create(pk=2)


@pytest.mark.django_db(transaction=True)
def test_emptying_the_whole_database_still_works(entry: LedgerEntry) -> None:
    call_command("flush", interactive=False, verbosity=0)

    assert LedgerEntry.objects.count() == 0
    with transaction.atomic():
        assert ledger.append(kind="TEST", payload={}, at=AT).seq == 1


@pytest.mark.django_db(transaction=True)
def test_the_protection_and_the_cache_table_can_be_taken_back_and_made_again() -> None:
    cache_table = import_module("records.migrations.0003_cache_entries")

    with connection.schema_editor() as editor:
        cache_table.drop(None, editor)
        protection.unprotect(None, editor)
        assert "cache_entries" not in connection.introspection.table_names()
        protection.protect(None, editor)
        cache_table.create(None, editor)

    assert "cache_entries" in connection.introspection.table_names()


def test_rows_introduce_themselves(entry: LedgerEntry) -> None:
    text = LedgerText.objects.get()
    soon = BackgroundRun(
        kind="PDF", subject="decision:1", owner_id=1, created_at=AT, due_at=AT + timedelta(hours=1)
    )

    assert [str(entry), str(text), str(LedgerHead.objects.get()), str(soon)] == [
        "#2 TEST",
        "#1 comment",
        "#2",
        "PDF decision:1 QUEUED",
    ]
    assert soon.is_open


@pytest.mark.postgres_only
def test_the_role_of_the_readme_works_but_cannot_empty_the_ledger(entry: LedgerEntry) -> None:
    tables = "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
    run("CREATE ROLE navi_of_tests")
    run(f"GRANT {tables} TO navi_of_tests")
    run("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO navi_of_tests")
    run("SET LOCAL ROLE navi_of_tests")

    with transaction.atomic():
        assert ledger.append(kind="TEST", payload={}, at=AT).seq == entry.seq + 1
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        run("TRUNCATE records_ledgerentry CASCADE")
    assert ledger.verify().ok
