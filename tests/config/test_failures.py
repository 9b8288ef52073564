"""A failing request, over HTTP: no trace, and 503 is not 500."""

import pytest
from django.db import DatabaseError, OperationalError
from django.test import Client

from config import health


@pytest.fixture
def visitor(client: Client) -> Client:
    """A client that sees the page instead of the exception."""
    client.raise_request_exception = False
    return client


def break_with(problem: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> bool:
        raise problem

    monkeypatch.setattr(health, "database_answers", broken)


def test_a_database_that_does_not_answer_in_time_is_a_503_with_a_way_on(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_with(OperationalError("canceling statement due to lock timeout"), monkeypatch)

    response = visitor.get("/healthz")

    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert "読み込み直して" in response.content.decode()
    assert "lock timeout" not in response.content.decode()


def test_a_mistake_is_a_500_with_the_number_of_the_request(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_with(DatabaseError("syntax error in a secret"), monkeypatch)

    response = visitor.get("/healthz")

    assert response.status_code == 500
    assert response.headers["X-Incident-Number"] in response.content.decode()
    assert "secret" not in response.content.decode()


def test_a_page_that_is_not_there_is_a_404(visitor: Client, db: None) -> None:
    assert visitor.get("/nowhere/").status_code == 404
