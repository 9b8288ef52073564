"""What the settings become under the environments that matter."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

pytestmark = pytest.mark.once

SETTINGS = Path(__file__).resolve().parents[2] / "config" / "settings.py"
PRODUCTION = {
    "SECRET_KEY": "k" * 60,
    "BASE_URL": "https://bpr.example/",
    "ALLOWED_HOSTS": "bpr.example",
    "EMAIL_URL": "smtp+tls://mail.example:587",
    "DEFAULT_FROM_EMAIL": "業務改革ナビ <bpr@bpr.example>",
    "DATABASE_URL": "postgres://navi:word@db.example/navi",
    "REDIS_URL": "redis://redis.example",
}


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "type[Settings]":
    """Evaluate the settings under a production environment that a test may change."""
    for name in ("DEBUG", "DEMO", "PLAIN_HTTP", "COLLECTED_STATIC"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (PRODUCTION | {"VAR_DIR": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(env, "load_file", lambda path: None)
    return Settings


class Settings(dict[str, Any]):
    """The names of the settings module, evaluated afresh."""

    def __init__(self) -> None:
        super().__init__(runpy.run_path(str(SETTINGS)))


def test_production_has_the_strict_cookies_and_transport(settings_of: type[Settings]) -> None:
    settings = settings_of()

    assert settings["SESSION_COOKIE_NAME"] == "__Host-bpr-session"
    assert settings["CSRF_COOKIE_NAME"] == "__Host-bpr-csrf"
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is True
    assert settings["SECURE_SSL_REDIRECT"] is True
    assert settings["SECURE_HSTS_SECONDS"] == 31_536_000
    assert settings["BASE_URL"] == "https://bpr.example"
    assert "SECURE_PROXY_SSL_HEADER" not in settings


def test_plain_http_is_one_switch(
    settings_of: type[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAIN_HTTP", "1")

    settings = settings_of()

    assert settings["SESSION_COOKIE_NAME"] == "bpr-session"
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is False
    assert settings["SECURE_SSL_REDIRECT"] is False
    assert settings["SECURE_HSTS_SECONDS"] == 0


@pytest.mark.parametrize("name", PRODUCTION)
@pytest.mark.parametrize("value", [None, "", " "])
def test_production_does_not_start_without(
    name: str, value: str | None, settings_of: type[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name)
    if value is not None:
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=f"環境変数 {name} を設定してください"):
        settings_of()


def test_the_readme_lists_what_production_needs() -> None:
    readme = (SETTINGS.parents[1] / "README.md").read_text(encoding="utf-8")
    table = [line.split("`")[1] for line in readme.splitlines() if line.startswith("| **`")]

    assert sorted(table) == sorted(PRODUCTION)


def test_the_readme_lists_everything_that_the_settings_read() -> None:
    readme = (SETTINGS.parents[1] / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in readme.splitlines() if line.startswith("| ")]
    read = re.findall(r"""\benv\.\w+\(\s*"([A-Z_]+)\"""", SETTINGS.read_text(encoding="utf-8"))

    assert sorted(set(read)) == sorted(set(re.findall(r"`([A-Z][A-Z_]+)`", " ".join(rows))))


def test_postgresql_gets_its_timeouts_and_plans_once(settings_of: type[Settings]) -> None:
    database = settings_of()["DATABASES"]["default"]

    assert database["OPTIONS"]["options"] == (
        "-c lock_timeout=3s -c statement_timeout=15s -c idle_in_transaction_session_timeout=60s"
        " -c plan_cache_mode=force_generic_plan"
    )
    assert database["CONN_HEALTH_CHECKS"] is True
    assert "ATOMIC_REQUESTS" not in database or not database["ATOMIC_REQUESTS"]


def test_sqlite_waits_instead_of_failing(
    settings_of: type[Settings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("DEMO", "1")

    database = settings_of()["DATABASES"]["default"]

    assert database["NAME"] == str(tmp_path / "db.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_the_demo_needs_nothing_but_a_key(
    settings_of: type[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PRODUCTION.keys() - {"SECRET_KEY"}:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DEMO", "1")

    settings = settings_of()

    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.dummy.EmailBackend"
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["COLLECTED_STATIC"] is False


def test_single_sign_on_is_a_matter_of_environment(
    settings_of: type[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings_of()["SOCIALACCOUNT_PROVIDERS"] == {}
    monkeypatch.setenv("OIDC_SERVER_URL", "https://login.city.example")
    monkeypatch.setenv("OIDC_CLIENT_ID", "navi")
    monkeypatch.setenv("OIDC_SECRET", "word")
    monkeypatch.setenv("BEHIND_TLS_PROXY", "1")

    settings = settings_of()

    (app,) = settings["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"]
    assert (app["client_id"], app["settings"]["server_url"]) == (
        "navi",
        "https://login.city.example",
    )
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_the_content_policy_allows_nothing_inline(settings_of: type[Settings]) -> None:
    directives = settings_of()["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]

    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == directives["style-src"] == ["'self'"]
    assert directives["frame-ancestors"] == ["'none'"]


def test_no_task_lives_longer_than_the_broker_waits(settings_of: type[Settings]) -> None:
    settings = settings_of()

    patience = settings["CELERY_BROKER_TRANSPORT_OPTIONS"]["visibility_timeout"]
    assert settings["CELERY_TASK_SOFT_TIME_LIMIT"] < settings["CELERY_TASK_TIME_LIMIT"] < patience
    assert (
        settings["CELERY_TASK_ACKS_LATE"] is settings["CELERY_TASK_REJECT_ON_WORKER_LOST"] is True
    )
