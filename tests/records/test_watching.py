"""The head goes outside every day, the whole ledger is verified every month, whoever sweeps."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils.timezone import localdate

from records import actions, ledger
from records.enums import RunState
from records.models import AnchorDay, BackgroundRun, LedgerCheck, LedgerEntry
from records.signals import anchor_failed
from records.tasks import sweep_background_runs
from tests.make import AT
from tests.records.tampering import tamper

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

NEXT_DAY: Final = AT + timedelta(days=1)
NEXT_MONTH: Final = AT + timedelta(days=40)


@pytest.fixture(autouse=True)
def anchors(settings: Settings, tmp_path: Path) -> Path:
    settings.ANCHOR_FILE = tmp_path / "anchors.jsonl"
    return tmp_path / "anchors.jsonl"


def an_entry() -> LedgerEntry:
    with transaction.atomic():
        return ledger.append(kind="TEST", payload={}, at=AT)


# --- every day ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_head_is_written_once_a_local_day_however_often_somebody_sweeps(anchors: Path) -> None:
    first = an_entry()
    for minutes in (0, 0, 1, 30, 300):
        actions.watch(at=AT + timedelta(minutes=minutes))
    second = an_entry()
    for _beat in range(2):
        actions.watch(at=NEXT_DAY)

    written = ledger.read_anchors(anchors)
    assert [(row.seq, row.hash) for row in written] == [(1, first.hash), (2, second.hash)]
    days = AnchorDay.objects.order_by("day").values_list("day", "seq", "error")
    assert list(days) == [(localdate(AT), 1, ""), (localdate(NEXT_DAY), 2, "")]


@pytest.mark.django_db
def test_cron_and_worker_write_the_anchor_as_well(anchors: Path) -> None:
    an_entry()

    call_command("sweep_background_runs")
    sweep_background_runs()

    assert len(ledger.read_anchors(anchors)) == 1


@pytest.mark.django_db
def test_a_sweep_that_died_after_writing_is_not_repeated(anchors: Path) -> None:
    an_entry()
    ledger.write_anchor(anchors, at=AT)
    AnchorDay.objects.create(day=localdate(AT), tried_at=AT)
    soon, later = AT + timedelta(minutes=5), AT + timedelta(minutes=11)

    assert not ledger.anchor_day(anchors, at=soon)
    assert ledger.anchor_day(anchors, at=later)

    assert len(ledger.read_anchors(anchors)) == 1
    assert AnchorDay.objects.get().written_at == later


@pytest.mark.django_db
def test_a_failure_stays_visible_and_is_tried_again(tmp_path: Path) -> None:
    an_entry()
    nowhere = tmp_path / "away" / "anchors.jsonl"
    told: list[str] = []

    def tell(sender: object, *, day: AnchorDay, **_more: object) -> None:
        told.append(day.error)

    anchor_failed.connect(tell)
    for minutes in (0, 1, 11):
        assert not ledger.anchor_day(nowhere, at=AT + timedelta(minutes=minutes))
    assert AnchorDay.objects.get().error == "FileNotFoundError"
    nowhere.parent.mkdir()
    assert ledger.anchor_day(nowhere, at=AT + timedelta(minutes=22))

    assert told == ["FileNotFoundError"]
    assert AnchorDay.objects.get().error == ""
    assert len(ledger.read_anchors(nowhere)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "error"),
    [
        (ledger.Anchor(1, "0" * 64, 1, AT).as_line(), "AnchorDisagrees"),
        (ledger.Anchor(9, "0" * 64, 9, AT).as_line(), "AnchorDisagrees"),
        ("no anchor", "UnreadableAnchor"),
    ],
)
def test_an_anchor_that_does_not_hold_is_a_failure_and_nothing_is_added(
    anchors: Path, line: str, error: str
) -> None:
    an_entry()
    anchors.write_text(f"{line}\n", encoding="utf-8")

    assert not ledger.anchor_day(anchors, at=NEXT_DAY)

    assert AnchorDay.objects.get().error == error
    assert anchors.read_text(encoding="utf-8") == f"{line}\n"


# --- every month -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_ledger_is_verified_once_a_month_whoever_sweeps() -> None:
    entry = an_entry()
    for _beat in range(3):
        actions.watch(at=AT)
        actions.sweep(worker="w", clock=lambda: AT)
    actions.watch(at=NEXT_DAY)

    check = LedgerCheck.objects.get()
    assert (check.month, check.is_sound, check.count, check.head_hash, check.has_anchors) == (
        localdate(AT).replace(day=1),
        True,
        1,
        entry.hash,
        True,
    )
    assert BackgroundRun.objects.filter(kind=actions.CHECK).count() == 1

    actions.watch(at=NEXT_MONTH)
    actions.sweep(worker="w", clock=lambda: NEXT_MONTH)

    assert LedgerCheck.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_what_is_wrong_is_kept_with_its_row() -> None:
    an_entry()
    tamper("UPDATE records_ledgerentry SET kind = 'OTHER'")

    actions.ask_for_check(at=AT)
    actions.sweep(worker="w", clock=lambda: AT)

    check = LedgerCheck.objects.get()
    assert (check.is_sound, check.first_bad_seq, check.reason) == (False, 1, "ALTERED_ROW")
    assert not check.has_anchors


@pytest.mark.django_db
def test_a_verification_that_could_not_be_made_is_asked_for_again_the_day_after(
    anchors: Path,
) -> None:
    anchors.write_text("no anchor\n", encoding="utf-8")
    actions.ask_for_check(at=AT)
    for minutes in (0, 5, 15, 30):
        actions.sweep(worker="w", clock=lambda m=minutes: AT + timedelta(minutes=m))  # type: ignore[misc]
    assert BackgroundRun.objects.get().state == RunState.FAILED

    assert actions.ask_for_check(at=AT + timedelta(hours=5)) is None
    again = actions.ask_for_check(at=NEXT_DAY + timedelta(hours=1))

    assert again is not None
    assert LedgerCheck.objects.count() == 0
