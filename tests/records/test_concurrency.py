from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from records import actions, ledger
from records.models import BackgroundRun, LedgerEntry
from tests.make import AT


def _append(number: int) -> int:
    try:
        with transaction.atomic():
            return ledger.append(kind="TEST", payload={"number": number}, at=AT).seq
    finally:
        connection.close()


def _claim(worker: int) -> int | None:
    try:
        run = actions.claim(worker=f"worker:{worker}", at=AT)
        return None if run is None else run.pk
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_twenty_writers_make_one_chain() -> None:
    with ThreadPoolExecutor(20) as pool:
        numbers = list(pool.map(_append, range(60)))

    assert sorted(numbers) == list(range(1, 61))
    assert sorted(e.payload["number"] for e in LedgerEntry.objects.all()) == list(range(60))
    assert ledger.verify().count == 60


@pytest.mark.django_db(transaction=True)
def test_one_run_is_claimed_by_one_worker() -> None:
    run = actions.enqueue(kind="PDF", subject="decision:1", by_id=1, at=AT)

    with ThreadPoolExecutor(10) as pool:
        claimed = [pk for pk in pool.map(_claim, range(10)) if pk]

    assert claimed == [run.pk]
    assert BackgroundRun.objects.get().attempts == 1
