from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from django.core.management import call_command

from records import actions
from records.actions import LEASE, MAX_ATTEMPTS, Progress
from records.enums import RunState
from records.models import BackgroundRun
from records.tasks import sweep_background_runs
from tests.make import AT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_runners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.actions.runs._runners", {})


def a_run(subject: str = "decision:1", kind: str = "PDF") -> BackgroundRun:
    return actions.enqueue(kind=kind, subject=subject, by_id=1, at=AT)


def sweep(minutes: int = 0) -> int:
    return actions.sweep(worker="w", clock=lambda: AT + timedelta(minutes=minutes))


def test_a_subject_has_one_open_run() -> None:
    first = a_run()

    assert a_run() == first
    assert a_run("decision:2") != first
    assert BackgroundRun.objects.count() == 2


def test_a_finished_subject_can_be_queued_again() -> None:
    actions.register_runner("PDF", lambda _run, _progress: "a.pdf")
    first = a_run()
    sweep()

    assert a_run() != first


def test_a_run_is_done_with_its_result() -> None:
    def work(run: BackgroundRun, progress: Progress) -> str:
        progress(40)
        assert BackgroundRun.objects.get(pk=run.pk).progress == 40
        return "decisions/1.pdf"

    actions.register_runner("PDF", work)
    run = a_run()

    assert sweep() == 1

    run.refresh_from_db()
    assert (run.state, run.progress, run.result_path) == (RunState.DONE, 100, "decisions/1.pdf")
    assert (run.finished_at, run.lease_by, run.error) == (AT, "", "")
    assert sweep() == 0


def test_what_is_not_due_waits() -> None:
    actions.register_runner("PDF", lambda _run, _progress: "")
    actions.enqueue(kind="PDF", subject="x", by_id=1, at=AT, due_at=AT + timedelta(minutes=5))

    assert sweep() == 0
    assert sweep(minutes=5) == 1


def test_a_failure_keeps_only_its_class_and_is_tried_again_later() -> None:
    def work(_run: BackgroundRun, _progress: Progress) -> str:
        raise ValueError("成田 花子")

    actions.register_runner("PDF", work)
    run = a_run()

    assert sweep() == 1
    run.refresh_from_db()
    assert (run.state, run.error, run.finished_at) == (RunState.QUEUED, "ValueError", None)
    assert run.due_at == AT + timedelta(minutes=2)

    assert [sweep(minutes) for minutes in (1, 2, 6, 600)] == [0, 1, 1, 0]
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.FAILED, MAX_ATTEMPTS)


def test_a_run_nobody_can_do_fails_at_once() -> None:
    run = a_run(kind="UNKNOWN")

    sweep()

    run.refresh_from_db()
    assert (run.state, run.error, run.attempts) == (RunState.FAILED, "NoRunner", 1)


def test_a_run_left_behind_is_taken_over_when_its_lease_ends() -> None:
    run = a_run()
    assert actions.claim(worker="dead", at=AT) == run

    assert actions.claim(worker="w", at=AT + LEASE) is None
    taken = actions.claim(worker="w", at=AT + LEASE + timedelta(seconds=1))

    assert taken is not None
    assert (taken.pk, taken.lease_by, taken.attempts) == (run.pk, "w", 2)


def test_a_heartbeat_keeps_the_lease() -> None:
    a_run()
    mine = actions.claim(worker="w", at=AT)
    assert mine is not None

    actions.heartbeat(mine, progress=150, at=AT + LEASE)

    assert mine.progress == 100
    assert actions.claim(worker="other", at=AT + LEASE * 2) is None


def test_whoever_lost_the_lease_writes_nothing() -> None:
    a_run()
    slow = actions.claim(worker="w", at=AT)
    later = AT + LEASE * 2
    fast = actions.claim(worker="w", at=later)
    assert slow is not None
    assert fast is not None

    with pytest.raises(actions.LeaseLost):
        actions.finish(slow, result_path="old", at=later)
    actions.finish(fast, result_path="new", at=later)

    assert BackgroundRun.objects.get().result_path == "new"


@pytest.mark.parametrize("ends_in", ["result", "error"])
def test_a_sweeper_that_lost_its_lease_goes_on_with_the_next_run(ends_in: str) -> None:
    hours = count(0)
    started = []

    def work(run: BackgroundRun, _progress: Progress) -> str:
        started.append(run.subject)
        if run.subject == "slow":
            BackgroundRun.objects.filter(pk=run.pk).update(lease_by="other")
            if ends_in == "error":
                raise ValueError
        return ""

    actions.register_runner("PDF", work)
    a_run("slow")
    a_run("next")

    assert actions.sweep(worker="w", clock=lambda: AT + timedelta(seconds=next(hours))) == 2
    assert started == ["slow", "next"]
    assert BackgroundRun.objects.get(subject="slow").state == RunState.RUNNING


def test_a_run_that_takes_its_worker_down_is_given_up() -> None:
    run = a_run()
    at = AT
    for _ in range(MAX_ATTEMPTS):
        assert actions.claim(worker="w", at=at) is not None
        at += LEASE * 2

    assert actions.claim(worker="w", at=at) is None
    run.refresh_from_db()
    assert (run.state, run.error, run.finished_at) == (RunState.FAILED, "WorkerLost", at)


def test_a_kind_has_one_runner() -> None:
    def work(_run: BackgroundRun, _progress: Progress) -> str:
        return ""

    actions.register_runner("PDF", work)
    actions.register_runner("PDF", work)
    with pytest.raises(ValueError, match="PDF"):
        actions.register_runner("PDF", lambda _run, _progress: "")


def test_task_and_command_do_what_is_due(capsys: pytest.CaptureFixture[str]) -> None:
    actions.register_runner("PDF", lambda _run, _progress: "")
    a_run("decision:1")
    assert sweep_background_runs(added_later=True) == 2  # and the month's check of the ledger

    a_run("decision:2")
    call_command("sweep_background_runs")
    assert capsys.readouterr().out == "1件を実行しました。\n"
