from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import transaction

from records import ledger
from tests.make import AT
from tests.records.tampering import tamper

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.django_db
def test_a_sound_ledger_is_reported_and_anchored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = ledger.append(kind="TEST", payload={}, at=AT)
    anchor = tmp_path / "anchor.jsonl"

    call_command("verify_ledger", "--write-anchor", str(anchor), "--json")
    call_command("verify_ledger", "--anchor", str(anchor))

    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[2]) == {
        "ok": True,
        "count": 1,
        "head_hash": entry.hash,
        "disposed": 0,
        "derived": 0,
        "first_bad_seq": None,
        "reason": None,
    }
    assert [(row.seq, row.hash, row.count) for row in ledger.read_anchors(anchor)] == [
        (1, entry.hash, 1)
    ]


@pytest.mark.django_db(transaction=True)
def test_the_first_bad_row_is_named_and_the_command_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with transaction.atomic():
        ledger.append(kind="TEST", payload={}, at=AT)
    tamper("UPDATE records_ledgerentry SET kind = 'OTHER'")
    anchor = tmp_path / "anchor.jsonl"

    with pytest.raises(CommandError, match="#1") as failure:
        call_command("verify_ledger", "--json", "--write-anchor", str(anchor))

    assert failure.value.returncode == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["reason"] == "ALTERED_ROW"
    assert not anchor.exists()


@pytest.mark.django_db
def test_a_missing_anchor_file_is_a_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="控えを読めません"):
        call_command("verify_ledger", "--anchor", str(tmp_path / "nowhere"))


@pytest.mark.django_db
def test_the_cache_lives_in_the_database() -> None:
    cache.set("greeting", "おはよう")

    assert cache.get("greeting") == "おはよう"
