"""What a load balancer sees."""

import json
import socket
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.test import RequestFactory
from pytest_django import Settings

from config import health
from notifications.delivery.trouble import trouble_at
from notifications.enums import DeliveryState, Event, Reason
from notifications.models import Delivery
from tests.make import AT, a_user


def test_alive_while_the_database_answers(rf: RequestFactory, db: None) -> None:
    response = health.alive(rf.get("/healthz"))

    assert (response.status_code, response.content) == (200, b'{"status": "ok"}')
    assert "no-store" in response.headers["Cache-Control"]


def test_down_when_the_database_does_not(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def cursor(self) -> None:
            raise DatabaseError("no route")

    monkeypatch.setattr(health, "connection", Refusing())

    response = health.alive(rf.get("/healthz"))

    assert (response.status_code, response.content) == (503, b'{"status": "down"}')


def test_health_only_reads(rf: RequestFactory) -> None:
    assert health.alive(rf.post("/healthz")).status_code == 405


def test_a_broker_that_runs_answers_and_a_missing_one_does_not(
    broker_url: str, settings: Settings
) -> None:
    assert health.broker_answers() is False

    settings.CELERY_BROKER_URL = broker_url
    assert health.broker_answers() is True


def test_a_broker_that_hangs_is_given_up_in_time(tmp_path: Path, settings: Settings) -> None:
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(tmp_path / "s"))
        hanging.listen()
        settings.CELERY_BROKER_URL = f"redis+socket://{tmp_path}/s"
        began = time.monotonic()

        assert health.broker_answers() is False
        assert time.monotonic() - began < 3


def test_ready_names_what_does_not_flow_and_stays_up(rf: RequestFactory, db: None) -> None:
    response = health.ready(rf.get("/readyz"))

    assert response.status_code == 200
    assert json.loads(response.content) == {
        "status": "degraded",
        "database": True,
        "mails": True,
        "broker": False,
        "dead_mails": 0,
    }


def test_dead_mails_are_a_warning_and_change_nothing_else(
    rf: RequestFactory, db: None, broker_url: str, settings: Settings
) -> None:
    settings.CELERY_BROKER_URL = broker_url
    Delivery.objects.create(
        person=a_user(),
        event=Event.ADOPTED,
        state=DeliveryState.DEAD,
        reason=Reason.REFUSED,
        due_at=AT,
        created_at=AT,
        message_id="<1@kazuno.example>",
    )

    response = health.ready(rf.get("/readyz"))

    assert response.status_code == 200
    assert json.loads(response.content) == {
        "status": "ok",
        "database": True,
        "mails": True,
        "broker": True,
        "dead_mails": 1,
    }


def test_not_ready_without_the_database(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "database_answers", lambda: False)

    response = health.ready(rf.get("/readyz"))

    assert response.status_code == 503
    assert json.loads(response.content)["status"] == "down"


def test_a_mail_that_waited_ten_minutes_is_late(db: None) -> None:
    Delivery.objects.create(
        person=a_user(),
        event=Event.ADOPTED,
        due_at=AT,
        created_at=AT,
        message_id="<1@kazuno.example>",
    )

    assert trouble_at(AT + timedelta(minutes=9)).late_since is None
    assert trouble_at(AT + timedelta(minutes=11)).late_since == AT
