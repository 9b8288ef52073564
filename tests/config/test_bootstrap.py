"""From a bare Python to an environment: the sentences on the way."""

import errno
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from config import bootstrap
from config.bootstrap import Environment, Refusal

pytestmark = pytest.mark.once


def test_an_old_python_gets_a_sentence_and_the_way_out() -> None:
    with pytest.raises(Refusal, match=r"Python 3\.11 以上が必要です（いまは 3\.9\.2）"):
        bootstrap.require_python((3, 9, 2))
    bootstrap.require_python((3, 11, 0))
    bootstrap.require_python((4, 0, 0))


def test_without_network_pip_is_translated(tmp_path: Path) -> None:
    output = "WARNING: Retrying … NewConnectionError(…)\nERROR: No matching distribution found"

    assert bootstrap.explain_pip(output, tmp_path).startswith("インターネット")


def test_any_other_failure_of_pip_is_quoted(tmp_path: Path) -> None:
    said = bootstrap.explain_pip("Collecting\nERROR: hashes differ\n", tmp_path / "install.log")

    assert "hashes differ" in said
    assert "install.log" in said


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A project with one lock and an environment that is this very Python."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "runtime.txt").write_text("# nothing\n", encoding="utf-8")
    made = Environment(tmp_path)
    made.home.mkdir()
    made.python = Path(sys.executable)
    return made


def test_what_is_installed_is_not_installed_again(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.ensure("runtime")
    assert "必要な部品" in capsys.readouterr().out

    environment.ensure("runtime")
    assert capsys.readouterr().out == ""

    lock = environment.root / "requirements" / "runtime.txt"
    lock.write_text("# changed\n", encoding="utf-8")
    environment.ensure("runtime")
    assert "必要な部品" in capsys.readouterr().out


def test_what_cannot_be_installed_is_told(environment: Environment) -> None:
    lock = environment.root / "requirements" / "runtime.txt"
    lock.write_text("navi-of-nowhere @ file:///nowhere/navi.whl\n", encoding="utf-8")

    with pytest.raises(Refusal, match=r"部品を入れられませんでした"):
        environment.ensure("runtime")
    assert not (environment.home / "installed-runtime").exists()


def test_an_environment_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    blocked = Environment(tmp_path / "nowhere" / "file")
    (tmp_path / "nowhere").write_text("not a directory", encoding="utf-8")

    with pytest.raises(Refusal) as refusal:
        blocked.ensure("runtime")

    assert str(tmp_path / "nowhere" / "file") in str(refusal.value)
    assert "に書き込めません" in str(refusal.value)
    assert "cannot be written to" in str(refusal.value)
    assert "python3-venv" not in str(refusal.value)


@pytest.mark.parametrize(
    ("printed", "advice"),
    [
        (b"/usr/bin/python3: No module named ensurepip\n", "apt install python3-venv"),
        (b"OSError: [Errno 28] No space left on device: 'x'\n", "ディスクの空きを増やして"),
    ],
)
def test_what_keeps_pip_from_being_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: bytes, advice: str
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise subprocess.CalledProcessError(1, "ensurepip", output=printed)

    monkeypatch.setattr("venv.create", fail)

    with pytest.raises(Refusal, match=advice):
        Environment(tmp_path)._make()


def test_a_full_disk_is_told_as_one() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")

    told = r"^/x/y に書き込めません.*ディスクの空きを増やして"

    with pytest.raises(Refusal, match=told), bootstrap.writing_to(Path("/x/y")):
        raise full


def test_a_file_in_the_way_of_the_log_is_told(environment: Environment) -> None:
    (environment.root / "var").write_text("a file", encoding="utf-8")

    with pytest.raises(Refusal, match=rf"{environment.root}/var/log に書き込めません"):
        environment.ensure("runtime")


@pytest.mark.slow
def test_a_broken_environment_is_made_again(tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    environment.home.mkdir()
    (environment.home / "leftover").touch()

    environment._make()

    assert environment._works()
    assert not (environment.home / "leftover").exists()


def a_wheel(directory: Path, name: str, version: str, *needs: str) -> str:
    """Write a package of nothing but its name; return its line in a lock."""
    wheel = directory / f"{name}-{version}-py3-none-any.whl"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: more\n"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            f"{info}/METADATA", about + "".join(f"Requires-Dist: {need}\n" for need in needs)
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.mark.slow
def test_a_release_newer_than_the_lock_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    locked = a_wheel(tmp_path, "navi_tool", "1.0")
    user = a_wheel(tmp_path, "navi_user", "1.0", "navi_tool[more]>=1.0")
    a_wheel(tmp_path, "navi_tool", "1.1")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "runtime.txt").write_text(locked + user, encoding="utf-8")
    environment = Environment(tmp_path)

    environment.ensure("runtime")

    pip = [str(environment.python), "-m", "pip", "list", "--format=freeze"]
    installed = subprocess.run(pip, check=True, capture_output=True, text=True).stdout
    assert [line for line in installed.splitlines() if line.startswith("navi")] == [
        "navi_tool==1.0",
        "navi_user==1.0",
    ]


def test_main_says_the_refusal_instead_of_a_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 1))

    assert bootstrap.main(["demo"]) == 1
    assert "make demo PYTHON=python3.11" in capsys.readouterr().out


def test_main_goes_on_in_the_new_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prepared: list[str] = []
    continued: list[list[str]] = []
    monkeypatch.setattr(Environment, "ensure", lambda _self, kind: prepared.append(kind))
    monkeypatch.setattr("os.execv", lambda _path, arguments: continued.append(arguments))
    monkeypatch.setattr("os.chdir", lambda _path: None)

    assert [bootstrap.main([word]) for word in ("dev", "runtime", "demo")] == [0, 0, 0]

    assert prepared == ["dev", "runtime", "runtime"]
    assert [arguments[1:] for arguments in continued] == [["-m", "config.supervisor"]]
