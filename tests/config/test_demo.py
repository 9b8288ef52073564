"""How the demo's database is prepared and forgotten."""

from pathlib import Path

import pytest
from pytest_django import Settings

from config import demo
from tests.make import a_user

pytestmark = pytest.mark.once


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the management commands that were called."""
    called: list[str] = []
    monkeypatch.setattr(demo, "call_command", lambda name, **_options: called.append(name))
    return called


@pytest.fixture(autouse=True)
def var(tmp_path: Path, settings: Settings) -> Path:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ANCHOR_FILE = tmp_path / "anchors.jsonl"
    return tmp_path


def test_an_empty_database_is_filled(db: None, commands: list[str], var: Path) -> None:
    demo.prepare()

    assert commands == ["migrate", "load_demo", "demo_accounts"]
    assert list(var.iterdir()) == []


def test_a_second_start_keeps_the_data(db: None, commands: list[str]) -> None:
    a_user()

    demo.prepare()

    assert commands == ["migrate", "demo_accounts"]


def test_a_start_that_was_cut_short_begins_again(
    db: None,
    commands: list[str],
    var: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    forgotten: list[bool] = []
    monkeypatch.setattr(demo, "forget", lambda: forgotten.append(True))
    (var / "demo-is-loading").touch()

    demo.prepare()

    assert forgotten == [True]
    assert "はじめからやり直します" in capsys.readouterr().out
    assert not (var / "demo-is-loading").exists()


def test_without_pango_the_demo_goes_on_and_says_what_is_missing(
    db: None,
    commands: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("ctypes.util.find_library", lambda _name: None)

    demo.prepare()

    assert "PDF未作成" in capsys.readouterr().out
    assert commands[-1] == "demo_accounts"


class Database:
    """As much of a connection as forgetting needs."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_forgetting_removes_the_demos_own_files(
    var: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "connection", Database("sqlite"))
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(var / "db.sqlite3"))
    (var / "media").mkdir()
    files = ("db.sqlite3", "db.sqlite3-wal", "beat-schedule.dat", "anchors.jsonl", "media/a")
    for name in (*files, "secret_key"):
        (var / name).touch()

    said = demo.forget()

    assert [file.name for file in var.iterdir()] == ["secret_key"]
    assert said.startswith(f"見本のデータ（{var / 'db.sqlite3'} と添付ファイル）を消しました。")


def test_a_database_server_is_left_alone(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Database("postgresql")
    monkeypatch.setattr(demo, "connection", server)
    (var / "db.sqlite3").touch()

    said = demo.forget()

    assert "何も消していません" in said
    assert "を消しました" not in said
    assert not server.closed
    assert (var / "db.sqlite3").exists()


def test_the_words_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    monkeypatch.setattr(demo, "prepare", lambda: said.append("prepare"))
    monkeypatch.setattr(demo, "forget", lambda: "この件は消しました。")

    assert demo.main(["reset"]) == demo.main(["prepare"]) == 0

    assert said == ["prepare"]
    assert capsys.readouterr().out == "この件は消しました。\n"


@pytest.mark.parametrize(("vendor", "kept"), [("sqlite", []), ("postgresql", ["demo_password"])])
def test_the_password_is_kept_as_long_as_the_accounts(
    var: Path, monkeypatch: pytest.MonkeyPatch, vendor: str, kept: list[str]
) -> None:
    monkeypatch.setattr(demo, "connection", Database(vendor))
    monkeypatch.setattr(demo, "forget", lambda: "")
    (var / "demo_password").touch()

    demo.main(["reset"])

    assert [file.name for file in var.iterdir()] == kept
