"""Cron alone is enough: no worker, no beat, no Redis."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.management import CommandError, call_command

from notifications.enums import DeliveryState
from notifications.models import Delivery
from notifications.tasks import sweep_outbox
from records.actions import enqueue
from records.enums import RunState
from records.management.moments import moment
from tests.make import AT, a_project, say
from workflow.enums import Outcome, StepKind
from workflow.models import StepRun

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.fixtures_city import City


def swept(*options: str) -> str:
    out = StringIO()
    call_command("outbox_sweep", *options, stdout=out)
    return out.getvalue()


def test_the_sweep_reports_in_one_json_object(office: City) -> None:
    a_project()

    with time_machine.travel(AT, tick=False):
        report = json.loads(swept("--json").splitlines()[-1])

    assert report == {
        "resumed": 0,
        "reminded": 0,
        "expanded": 1,
        "settled": {"SENT": 1},
        "unreachable": "",
        "runs": 1,  # the month's verification of the ledger
    }


def test_the_sweep_takes_the_background_runs_that_a_worker_would_take(office: City) -> None:
    by = office.holder("SECRETARIAT")
    run = enqueue(kind="OF-NOBODY", subject="x", by_id=by.pk, at=AT)

    with time_machine.travel(AT, tick=False):
        report = json.loads(swept("--json").splitlines()[-1])

    run.refresh_from_db()
    assert (report["runs"], run.state, run.error) == (2, RunState.FAILED, "NoRunner")


def test_the_sweep_ends_a_hold_whose_day_has_come(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD)

    with time_machine.travel(AT.replace(day=18), tick=False):
        said = swept()

    assert "再開 1件" in said
    assert StepRun.objects.get(project=case, closed_at=None).paused_since is None


@pytest.mark.parametrize("command", ["outbox_sweep", "check_outbox", "load_demo"])
def test_a_moment_that_is_none_is_refused_in_words(command: str) -> None:
    with pytest.raises(CommandError, match="日時として読めません: きのう（例: "):
        call_command(command, "--at", "きのう")


def test_a_moment_without_a_zone_is_the_citys_own_time(office: City) -> None:
    """Read as UTC, the evening before would be the next morning here."""
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD)

    evening = swept("--at", "2026-05-17T23:30")
    night = swept("--at", "2026-05-18T00:30")

    assert ("再開 0件" in evening, "再開 1件" in night) == (True, True)
    assert moment(f"{AT:%Y-%m-%dT%H:%M}") == moment(AT.isoformat()) == AT


def test_a_server_that_is_down_fails_the_command_loudly(office: City, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    a_project()

    with time_machine.travel(AT, tick=False), pytest.raises(SystemExit):
        swept()

    assert Delivery.objects.get().state == DeliveryState.QUEUED


def test_the_workers_task_sends_and_may_run_twice(office: City) -> None:
    a_project()

    with time_machine.travel(AT, tick=False):
        assert [sweep_outbox(), sweep_outbox()] == [1, 0]
