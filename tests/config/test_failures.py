"""A failing request, over HTTP: no trace, and 503 is not 500."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError
from django.test import Client
from pytest_django import Settings

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


@pytest.fixture
def not_collected(settings: Settings, tmp_path: Path) -> None:
    """A production where nobody has run `collectstatic`."""
    manifest = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": manifest}}


def test_pages_of_failures_do_not_need_the_collected_files(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, not_collected: None
) -> None:
    break_with(DatabaseError("syntax error in a secret"), monkeypatch)

    response = visitor.get("/healthz")

    assert response.status_code == 500
    assert "申し訳ありません。エラーが起きました" in response.content.decode()
    assert response.headers["X-Incident-Number"] in response.content.decode()


def test_the_page_of_a_busy_database_does_not_need_them_either(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, not_collected: None
) -> None:
    break_with(OperationalError("canceling statement due to lock timeout"), monkeypatch)

    response = visitor.get("/healthz")

    assert response.status_code == 503
    assert "いま使えない状態です" in response.content.decode()


@pytest.mark.once
@pytest.mark.slow
def test_what_is_collected_is_complete(
    not_collected: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("collectstatic", interactive=False)

    assert (tmp_path / "staticfiles.json").is_file()
    assert not (tmp_path / "viewflow").exists()
    assert (tmp_path / "css" / "app.css").is_file()


def test_a_page_that_is_not_there_is_a_404(visitor: Client, db: None) -> None:
    assert visitor.get("/nowhere/").status_code == 404


def test_a_request_that_cannot_be_read_gets_a_page_of_ours(
    visitor: Client, db: None, not_collected: None
) -> None:
    answers = [
        visitor.get("/healthz", headers={"host": "elsewhere.example"}),
        visitor.post("/accounts/login/", {f"field-{n}": "x" for n in range(5000)}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    for answer in answers:
        assert "送られた内容を受け取れませんでした" in answer.content.decode()
