"""From a bare Python to an installed environment. Standard library only; must parse on old Pythons.

python3 -m config.bootstrap demo      environment, then the supervisor
python3 -m config.bootstrap dev       environment with the tools
python3 -m config.bootstrap runtime   environment alone
"""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
# What pip says when it could not reach a registry at all.
UNREACHABLE = (
    "NewConnectionError",
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "Network is unreachable",
)


class Refusal(Exception):
    """A start that cannot go on, said in a sentence with the way out."""


def say(line: str) -> None:
    """Tell the terminal at once."""
    print(line, flush=True)


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Refuse to go on where this place cannot be written to, naming it and the reason."""
    try:
        yield
    except OSError as problem:
        raise Refusal(unwritable(Path(problem.filename or path), problem)) from problem


def unwritable(path: Path, problem: OSError) -> str:
    """Say which place cannot be used, why, and what to do about it."""
    advice = {
        errno.ENOSPC: ("ディスクの空きを増やして", "free some space on the disk"),
        errno.EDQUOT: ("ディスクの空きを増やして", "free some space on the disk"),
        errno.EEXIST: ("その名前のファイルを移して", "move the file of that name away"),
        errno.ENOTDIR: ("その途中にあるファイルを移して", "move the file in its way"),
    }
    usual = ("書き込みの権限を確かめて", "check who may write there")
    japanese, english = advice.get(problem.errno or 0, usual)
    return (
        f"{path} に書き込めません（{problem.strerror}）。{japanese}、もう一度実行してください。\n"
        f"{path} cannot be written to ({problem.strerror}): {english}, then try again."
    )


def require_python(version: tuple[int, ...]) -> None:
    """Refuse a Python that cannot run the system."""
    if version[:2] < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        found = ".".join(map(str, version[:3]))
        raise Refusal(
            f"Python {wanted} 以上が必要です（いまは {found}）。"
            f"新しい Python を入れ、PYTHON=python{wanted} を付けて実行してください。\n"
            f"Python {wanted} or newer is needed; this is {found}. "
            f"Install it and run: make demo PYTHON=python{wanted}"
        )


class Environment:
    """The virtual environment of this directory and what a lock file puts into it."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.home = root / ".venv"
        self.python = self.home / "bin" / "python"

    def ensure(self, kind: str) -> None:
        """Make it and install the lock of this kind, unless that has been done already."""
        self._make()
        lock = self.root / "requirements" / f"{kind}.txt"
        stamp = self.home / f"installed-{kind}"
        wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return
        say(f"必要な部品を入れています（初回だけ数分かかります）: {lock.relative_to(self.root)}")
        self._install(lock)
        with writing_to(stamp):
            stamp.write_text(wanted, encoding="utf-8")

    def _make(self) -> None:
        if self._works():
            return
        try:
            with writing_to(self.home):
                venv.create(self.home, with_pip=True, clear=self.home.exists())
        except subprocess.CalledProcessError as problem:
            raise Refusal(explain_venv(self.home, problem.output or b"")) from problem

    def _works(self) -> bool:
        """Tell whether the environment is there, runs and is new enough."""
        probe = f"import sys, pip; sys.exit(sys.version_info[:2] < {OLDEST!r})"
        try:
            return subprocess.run([self.python, "-c", probe], check=False).returncode == 0
        except OSError:
            return False

    def _install(self, lock: Path) -> None:
        log = self.root / "var" / "log" / "install.log"
        with writing_to(log):
            log.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            log.touch()
        # The lock names everything that is needed. Left to look for itself, an older pip takes the
        # newest of what is asked for with an extra, although one is locked, and finds no hash.
        command = [str(self.python), "-m", "pip", "install", "--require-hashes", "--no-deps"]
        command += ["--no-input", "--disable-pip-version-check", "--requirement", str(lock)]
        with log.open("wb") as output:
            done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise Refusal(explain_pip(log.read_text(encoding="utf-8", errors="replace"), log))


def explain_venv(home: Path, printed: bytes) -> str:
    """Turn what the installer of pip printed into a sentence."""
    output = printed.decode(errors="replace")
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if str(full.strerror) in output:
        return unwritable(home, full)
    last = " ".join(output.strip().splitlines()[-1:])
    return (
        "Python の仮想環境（.venv）を作れません。Debian・Ubuntu では "
        "`apt install python3-venv` のあと、もう一度実行してください。\n"
        f"The virtual environment could not be made; on Debian or Ubuntu: "
        f"apt install python3-venv ({last})"
    )


def explain_pip(output: str, log: Path) -> str:
    """Turn what pip printed into a sentence."""
    if any(sign in output for sign in UNREACHABLE):
        return (
            "インターネット（Python の部品の配布元）につながりません。ネットワークとプロキシ"
            "（HTTPS_PROXY）を確かめて、もう一度実行してください。\n"
            f"The package index cannot be reached. Check the network or HTTPS_PROXY. Log: {log}"
        )
    reason = next((ln for ln in output.splitlines() if ln.startswith("ERROR")), "")
    return (
        f"部品を入れられませんでした。{reason}\n"
        f"記録を見て、もう一度実行してください。Installation failed. Log: {log}"
    )


def main(arguments: list[str]) -> int:
    """Prepare what was asked for; `demo` goes on in the new environment."""
    kind = arguments[0] if arguments else "runtime"
    environment = Environment()
    try:
        require_python(sys.version_info[:3])
        environment.ensure("dev" if kind == "dev" else "runtime")
    except Refusal as refusal:
        say(f"\n{refusal}\n")
        return 1
    if kind == "demo":
        os.chdir(environment.root)
        os.execv(environment.python, [str(environment.python), "-m", "config.supervisor"])  # noqa: S606 -- the same program, in its environment
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
