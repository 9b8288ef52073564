"""The sheet after something died without a word: the browser, and the server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.db import connection
from playwright.sync_api import Error, expect

from bpr_projects.models import Project
from tests.browser import CHROMIUM_ARGUMENTS, chromium_path
from tests.journeys.counter import leader
from tests.journeys.test_autosave import LINES, LOST, Desk, a_blank
from tests.journeys.test_keyboard import WITH_JAVASCRIPT, type_login

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page, Playwright
    from pytest_django.live_server_helper import LiveServer

    from tests.fixtures_city import City

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.slow]

STARTS_WITHIN: Final = 60  # seconds


class Web:
    """The web process of production, on this test's database."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        command += ["--workers", "2", "--threads", "4", "--no-control-socket"]
        database = f"sqlite:///{connection.settings_dict['NAME']}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=os.environ | {"DATABASE_URL": database, "BASE_URL": self.url},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + STARTS_WITHIN
        while not self._answers():
            assert time.monotonic() < until, "the server does not start"
            time.sleep(0.1)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self) -> None:
        """All of its processes at once: nobody says goodbye."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def web(real_office: City) -> Iterator[Web]:
    if connection.vendor != "sqlite":
        pytest.skip("the server is given a file")
    web = Web()
    web.start()
    yield web
    web.kill()


@WITH_JAVASCRIPT
def test_a_server_that_was_killed(page: Page, web: Web, monday: Any) -> None:
    address = f"{web.url}/p/{a_blank().reference}/edit/"
    type_login(page, address, leader().employee_number)
    desk = Desk(page, address)
    desk.write()
    saved = desk.saved()

    web.kill()
    desk.type("reform", "止まっている間に書いた文章")
    expect(desk.state).to_have_text(LOST)
    assert Project.objects.get().sheet["reform"] == LINES["reform"]
    web.start()
    desk.type("users", "動き出した")
    after = desk.saved()

    assert len([pair for pair in saved if pair[1]]) >= 50
    page.reload()
    assert desk.pairs() == after
    assert Project.objects.get().sheet["reform"] == "止まっている間に書いた文章"


def a_browser(driver: Playwright, profile: Path) -> BrowserContext:
    """A browser that keeps its profile on disk, as people's browsers do."""
    return driver.chromium.launch_persistent_context(
        profile,
        executable_path=chromium_path(),
        args=CHROMIUM_ARGUMENTS,
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        viewport={"width": 1366, "height": 900},
    )


def kill(profile: Path) -> int:
    """Every process of the browser with this profile, at once; returns how many there were."""
    named = f"--user-data-dir={profile}".encode()
    killed = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if named in (process / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
                killed += 1
    return killed


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are found in /proc")
def test_a_browser_that_was_killed(
    driver: Playwright, live_server: LiveServer, real_office: City, monday: Any, tmp_path: Path
) -> None:
    address = f"{live_server.url}/p/{a_blank().reference}/edit/"
    page = a_browser(driver, tmp_path).new_page()
    type_login(page, address, leader().employee_number)
    desk = Desk(page, address)
    desk.write()
    before = desk.saved()
    page.fill("[name=reform]", "まだ保存したと言われていない文章")
    assert kill(tmp_path) >= 1
    with suppress(Error):
        page.context.close()

    again = a_browser(driver, tmp_path)
    page = again.new_page()
    page.goto(address)
    if "/login/" in page.url:  # the session was not written to the disk before
        type_login(page, address, leader().employee_number)

    assert Desk(page, address).pairs() == before
    assert len([pair for pair in before if pair[1]]) >= 50
    again.close()
