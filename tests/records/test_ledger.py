from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from records import ledger
from records.enums import Flaw
from records.ledger import chain, evidence
from records.ledger.chain import canonical
from records.models import GENESIS, LedgerEntry, LedgerHead, LedgerText
from tests.make import AT
from tests.records.tampering import set_of, tamper

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import DjangoAssertNumQueries


def an_entry(number: int = 1, **texts: str) -> LedgerEntry:
    with transaction.atomic():
        return ledger.append(kind="TEST", payload={"number": number}, at=AT, texts=texts)


def rehash_everything() -> None:
    """What an administrator with a script does after a change: a chain that agrees with itself."""
    prev_hash = GENESIS
    statements = []
    for entry in LedgerEntry.objects.order_by("seq"):
        new = chain.hash_of(
            prev_hash=prev_hash,
            seq=entry.seq,
            at=entry.recorded_at,
            kind=entry.kind,
            payload=entry.payload,
        )
        statements.append(
            set_of("records_ledgerentry", prev_hash=prev_hash, hash=new)
            + f" WHERE seq = {entry.seq}"
        )
        prev_hash = new
    tamper(*statements, set_of("records_ledgerhead", hash=prev_hash))


# --- append ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_entry_hashes_its_predecessor_number_time_kind_and_payload() -> None:
    at = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
    first = ledger.append(kind="A", payload={"b": 1, "a": "あ"}, at=at)
    second = ledger.append(kind="B", payload={}, at=at)

    spelled = f'["{GENESIS}",1,"2026-04-01T00:00:00.000000+00:00","A",{{"a":"あ","b":1}}]'
    assert first.hash == hashlib.sha256(spelled.encode()).hexdigest()
    assert (second.seq, second.prev_hash, second.previous) == (2, first.hash, first)
    assert LedgerHead.objects.get().hash == second.hash


@pytest.mark.django_db
def test_texts_are_kept_beside_the_chain_and_only_their_hashes_in_it() -> None:
    entry = ledger.append(kind="A", payload={"case": 1}, at=AT, texts={"comment": "異議なし"})

    digest = hashlib.sha256("異議なし".encode()).hexdigest()
    assert entry.payload == {"case": 1, "texts": {"comment": digest}}
    assert [(t.name, t.text, t.sha256) for t in entry.texts.all()] == [
        ("comment", "異議なし", digest)
    ]


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(ledger.NoTransaction):
        ledger.append(kind="A", payload={}, at=AT)

    assert LedgerEntry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_entry_goes_with_the_transaction_of_its_act() -> None:
    def act() -> None:
        with transaction.atomic():
            ledger.append(kind="A", payload={}, at=AT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()

    assert LedgerEntry.objects.count() == 0
    assert an_entry().seq == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "payload",
    [{"cost": 1.5}, {"a": "\x00"}, {"a": [object()]}, {1: "a"}, {"texts": {}}, {"a": {"b\x00": 1}}],
)
def test_a_payload_without_one_spelling_is_refused(payload: dict[str, ledger.JSONValue]) -> None:
    with pytest.raises(ledger.UnfitPayload):
        ledger.append(kind="A", payload=payload, at=AT)

    assert LedgerEntry.objects.count() == 0


@pytest.mark.django_db
def test_many_entries_cost_as_much_as_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    an_entry()
    drafts = [ledger.Draft(kind="A", payload={}, texts={"t": "x"}) for _ in range(50)]

    with django_assert_num_queries(4):
        entries = ledger.append_many(drafts, at=AT)

    assert [entry.seq for entry in entries] == list(range(2, 52))
    assert ledger.verify().ok


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_the_canonical_spelling_survives_a_round_trip(value: object) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


# --- verify ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_empty_ledger_is_sound() -> None:
    assert ledger.verify() == ledger.Verification(ok=True, count=0, head_hash=GENESIS)


@pytest.mark.django_db
def test_a_ledger_longer_than_a_batch_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.ledger.verification.BATCH", 3)
    entries = [an_entry(number, comment="可") for number in range(7)]

    assert ledger.verify() == ledger.Verification(ok=True, count=7, head_hash=entries[-1].hash)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "seq", "reason"),
    [
        ("UPDATE records_ledgerentry SET kind = 'B' WHERE seq = 2", 2, Flaw.ALTERED_ROW),
        (
            "UPDATE records_ledgerentry SET payload = '{\"number\": 9}' WHERE seq = 2",
            2,
            Flaw.ALTERED_ROW,
        ),
        (
            "UPDATE records_ledgerentry SET recorded_at = '2026-04-02 00:00:00' WHERE seq = 3",
            3,
            Flaw.ALTERED_ROW,
        ),
        ("DELETE FROM records_ledgerentry WHERE seq = 2", 2, Flaw.MISSING_ROW),
        ("DELETE FROM records_ledgerentry WHERE seq = 3", 3, Flaw.WRONG_HEAD),
        ("UPDATE records_ledgerentry SET prev_hash = hash WHERE seq = 2", 2, Flaw.BROKEN_LINK),
        ("UPDATE records_ledgerhead SET hash = 'x'", 3, Flaw.WRONG_HEAD),
        ("UPDATE records_ledgerhead SET last_id = 2", 2, Flaw.WRONG_HEAD),
        ("DELETE FROM records_ledgerhead", 1, Flaw.WRONG_HEAD),
        (
            "UPDATE records_ledgertext SET text = '不可' WHERE entry_id = 2",
            2,
            Flaw.ALTERED_TEXT,
        ),
        (
            "UPDATE records_ledgertext SET sha256 = 'x' WHERE entry_id = 2",
            2,
            Flaw.ALTERED_TEXT,
        ),
        (
            "UPDATE records_ledgertext SET text = '', blanked_at = '2026-05-01 00:00:00'",
            1,
            Flaw.ALTERED_TEXT,
        ),
        ("DELETE FROM records_ledgertext WHERE entry_id = 2", 2, Flaw.ALTERED_TEXT),
    ],
)
def test_a_change_is_found_and_named(statement: str, seq: int, reason: Flaw) -> None:
    for number in (1, 2, 3):
        an_entry(number, comment="可")

    tamper(statement)

    found = ledger.verify()
    assert (found.ok, found.first_bad_seq, found.reason) == (False, seq, reason)


@pytest.mark.django_db(transaction=True)
def test_a_row_added_behind_the_head_is_found() -> None:
    an_entry(1)
    an_entry(2)
    first = LedgerEntry.objects.get(seq=1)

    tamper(set_of("records_ledgerhead", last_id=1, hash=first.hash))

    found = ledger.verify()
    assert (found.count, found.first_bad_seq, found.reason) == (1, 2, Flaw.WRONG_HEAD)


@pytest.mark.django_db(transaction=True)
def test_a_cut_tail_is_found_only_with_the_anchor(tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.jsonl"
    for number in (1, 2, 3):
        an_entry(number)
    ledger.write_anchor(anchor, at=AT)
    second = LedgerEntry.objects.get(seq=2)

    tamper(
        "DELETE FROM records_ledgerentry WHERE seq = 3",
        set_of("records_ledgerhead", last_id=2, hash=second.hash),
    )

    assert ledger.verify().ok
    found = ledger.verify(anchor)
    assert (found.ok, found.first_bad_seq, found.reason) == (False, 3, Flaw.CUT_TAIL)


@pytest.mark.django_db(transaction=True)
def test_a_full_rewrite_is_found_only_with_the_anchor(tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.jsonl"
    for number in (1, 2, 3):
        an_entry(number)
    ledger.write_anchor(anchor, at=AT)
    an_entry(4)

    tamper("UPDATE records_ledgerentry SET payload = '{\"number\": 9}' WHERE seq = 2")
    rehash_everything()

    assert ledger.verify().ok
    found = ledger.verify(anchor)
    assert (found.ok, found.first_bad_seq, found.reason) == (False, 3, Flaw.WRONG_ANCHOR)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("payload", ["[]", "null", "7"])
def test_an_entry_that_no_verb_wrote_is_named(payload: str) -> None:
    for number in (1, 2, 3):
        an_entry(number)

    tamper(f"{set_of('records_ledgerentry', payload=payload)} WHERE seq = 2")
    rehash_everything()

    found = ledger.verify()
    assert (found.ok, found.first_bad_seq, found.reason) == (False, 2, Flaw.ALTERED_ROW)


@pytest.mark.django_db(transaction=True)
def test_an_emptied_ledger_is_found_with_the_anchor(tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.jsonl"
    ledger.write_anchor(anchor, at=AT)
    an_entry(1)
    ledger.write_anchor(anchor, at=AT)
    assert ledger.verify(anchor).ok

    tamper("DELETE FROM records_ledgerhead", "DELETE FROM records_ledgerentry")

    assert ledger.verify(anchor).reason == Flaw.CUT_TAIL


@pytest.mark.parametrize("line", ["nonsense", "{}", '{"seq": null}', "[]"])
def test_an_anchor_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    anchor = tmp_path / "anchor.jsonl"
    anchor.write_text(f"\n{line}\n", encoding="utf-8")

    with pytest.raises(ledger.UnreadableAnchor, match=r":2$"):
        ledger.read_anchors(anchor)


# --- disposal ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_approved_disposal_blanks_the_words_and_the_chain_stays_sound() -> None:
    entry = an_entry(1, comment="個人の事情", reason="残す理由")

    disposal = ledger.dispose_of_texts(
        entry=entry, names=["comment"], ground={"decision": 7}, at=AT
    )

    assert disposal.payload == {"entry": 1, "names": ["comment"], "ground": {"decision": 7}}
    assert [(t.name, t.shown) for t in entry.texts.all()] == [
        ("comment", "廃棄済"),
        ("reason", "残す理由"),
    ]
    assert ledger.verify(hashes_only=True) == ledger.Verification(
        ok=True, count=2, head_hash=disposal.hash, disposed=1
    )


@pytest.mark.django_db
def test_nothing_is_disposed_of_twice() -> None:
    entry = an_entry(1, comment="個人の事情")
    ledger.dispose_of_texts(entry=entry, names=["comment"], ground={}, at=AT)

    with pytest.raises(LedgerText.DoesNotExist):
        ledger.dispose_of_texts(entry=entry, names=["comment"], ground={}, at=AT)

    assert ledger.verify(hashes_only=True).count == 2


# --- evidence ----------------------------------------------------------------------------------


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "_registry", {})


@pytest.mark.django_db
@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("answers", "first_bad_seq"),
    [
        ({1: {"number": 1}, 2: {}}, None),
        ({1: {"number": 1}, 2: {"number": 3}}, 2),
        ({1: {"number": 1}, 2: {"other": 3}}, 2),
        ({1: None, 2: {}}, 1),
        ({2: {}}, 1),
    ],
)
def test_entries_are_compared_with_the_rows_they_speak_of(
    answers: dict[int, dict[str, object] | None], first_bad_seq: int | None
) -> None:
    ledger.register_evidence("TEST", lambda _entries: answers)
    an_entry(1)
    an_entry(2)

    found = ledger.verify()

    assert found.first_bad_seq == first_bad_seq
    assert found.reason == (None if found.ok else Flaw.WRONG_EVIDENCE)


@pytest.mark.django_db
@pytest.mark.usefixtures("registry")
def test_an_entry_misused_by_a_foreign_row_is_found() -> None:
    ledger.register_evidence("TEST", lambda entries: {e.seq: {} for e in entries}, lambda: [1])
    an_entry(1)

    found = ledger.verify()

    assert (found.first_bad_seq, found.reason) == (1, Flaw.UNRECORDED)


@pytest.mark.usefixtures("registry")
def test_a_kind_has_one_evidence() -> None:
    ledger.register_evidence("TEST", lambda _entries: {})

    with pytest.raises(ValueError, match="TEST"):
        ledger.register_evidence("TEST", lambda _entries: {})
