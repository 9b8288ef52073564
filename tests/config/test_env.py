"""The readers of the environment."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

pytestmark = pytest.mark.once


def test_a_text_without_value_and_default_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVI_TEXT", "  ")

    with pytest.raises(ImproperlyConfigured, match="NAVI_TEXT must be set"):
        env.text("NAVI_TEXT")
    assert env.text("NAVI_TEXT", "otherwise") == "otherwise"
    assert env.text("NAVI_TEXT", "") == ""


def test_a_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n", encoding="utf-8")
    monkeypatch.setenv("NAVI_SECRET", "from the environment")
    assert env.secret("NAVI_SECRET") == "from the environment"

    monkeypatch.setenv("NAVI_SECRET_FILE", str(file))
    assert env.secret("NAVI_SECRET") == "from the file"

    file.unlink()
    with pytest.raises(ImproperlyConfigured, match="NAVI_SECRET_FILE cannot be read"):
        env.secret("NAVI_SECRET")


@pytest.mark.parametrize(
    ("written", "read"), [("1", True), ("Yes", True), ("off", False), ("", False)]
)
def test_a_flag_is_yes_or_no(written: str, read: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 -- a parameter of pytest
    monkeypatch.setenv("NAVI_FLAG", written)

    assert env.flag("NAVI_FLAG", default=not read) is read


def test_a_flag_that_is_neither_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVI_FLAG", "perhaps")

    with pytest.raises(ImproperlyConfigured, match="NAVI_FLAG must be 1 or 0"):
        env.flag("NAVI_FLAG")


def test_a_number_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.whole("NAVI_NUMBER", 7) == 7
    monkeypatch.setenv("NAVI_NUMBER", "12")
    assert env.whole("NAVI_NUMBER", 7) == 12
    monkeypatch.setenv("NAVI_NUMBER", "-1")
    with pytest.raises(ImproperlyConfigured, match="NAVI_NUMBER must be a number"):
        env.whole("NAVI_NUMBER", 7)


def test_a_list_is_cut_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.items("NAVI_LIST", ("a",)) == ["a"]
    monkeypatch.setenv("NAVI_LIST", "a, b,,c ")
    assert env.items("NAVI_LIST") == ["a", "b", "c"]


def test_a_database_address_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVI_DATABASE", "postgres://who:word@db.example:5433/navi")

    config = env.database("NAVI_DATABASE", "sqlite:///x")

    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db.example", 5433, "navi")


def test_an_unknown_database_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVI_DATABASE", "cabinet://drawer/3")

    with pytest.raises(ImproperlyConfigured, match="names no database"):
        env.database("NAVI_DATABASE", "sqlite:///x")


def test_an_unknown_way_of_sending_mail_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVI_MAIL", "pigeon://roof")

    with pytest.raises(ImproperlyConfigured, match="pigeon"):
        env.email("NAVI_MAIL", None)


def test_a_file_fills_only_what_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("NAVI_ONE=file\nNAVI_TWO=file\n", encoding="utf-8")
    monkeypatch.setenv("NAVI_ONE", "environment")
    monkeypatch.setenv("NAVI_TWO", "")
    monkeypatch.delenv("NAVI_TWO")

    env.load_file(file)
    env.load_file(tmp_path / "nowhere")

    assert env.text("NAVI_ONE") == "environment"
    assert env.text("NAVI_TWO") == "file"
    del os.environ["NAVI_TWO"]
