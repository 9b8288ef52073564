"""監査 hears every month what the ledger is worth; the 事務局 hears when an anchor fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notifications.enums import Event
from records import actions
from records.models import LedgerCheck
from records.signals import ledger_checked
from tests.make import AT, holder
from tests.notifications.mails import assert_accounted, names, send, the_mail, told

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

    from tests.fixtures_city import City


@pytest.fixture(autouse=True)
def anchors(settings: Settings, tmp_path: Path) -> Path:
    settings.ANCHOR_FILE = tmp_path / "anchors.jsonl"
    return tmp_path / "anchors.jsonl"


def test_an_auditor_is_told_once_a_month_whoever_sweeps(office: City) -> None:
    for _beat in range(3):
        actions.watch(at=AT)
        actions.sweep(worker="w", clock=lambda: AT)
        send()

    check = LedgerCheck.objects.get()
    mail = the_mail(Event.LEDGER_CHECKED)
    assert told(Event.LEDGER_CHECKED) == names(holder("AUDITOR"))
    assert mail.subject.endswith("台帳の月次検証：正常")
    for words in (check.head_hash, f"行数：{check.count}", "照合しました", "/ledger/"):
        assert words in mail.text
    assert_accounted()


def test_something_wrong_is_told_to_the_office_as_well(office: City) -> None:
    check = LedgerCheck.objects.create(
        month=AT.date().replace(day=1),
        checked_at=AT,
        is_sound=False,
        count=6,
        derived=3,
        disposed=0,
        head_hash="0" * 64,
        first_bad_seq=7,
        reason="NO_AUTHORITY",
        has_anchors=False,
    )

    ledger_checked.send(sender=LedgerCheck, check=check, at=AT)
    send()

    everybody = [*office.holders("AUDITOR"), *office.holders("SECRETARIAT")]
    assert sorted(told(Event.LEDGER_CHECKED)) == sorted(names(*everybody))
    mail = the_mail(Event.LEDGER_CHECKED)
    assert mail.subject.endswith("台帳の月次検証：異常があります")
    assert "#7 に異常があります" in mail.text
    assert "末尾の切取りは見つけられません" in mail.text


def test_a_failed_anchor_is_told_to_the_office_once_a_day(
    office: City, settings: Settings, tmp_path: Path
) -> None:
    settings.ANCHOR_FILE = tmp_path / "away" / "anchors.jsonl"

    for _beat in range(2):
        actions.watch(at=AT)
        send()

    assert sorted(told(Event.ANCHOR_FAILED)) == sorted(names(*office.holders("SECRETARIAT")))
    mail = the_mail(Event.ANCHOR_FAILED)
    assert "まだ書き出されていません" in mail.text
    assert "/ledger/" in mail.text
    assert_accounted()
