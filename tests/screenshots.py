"""Take the pictures of README and guides from the sample city, on the day the story is told.

python -m tests.screenshots [folder] [name …]        needs the system's Chromium
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from tests import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "screenshots"
GUIDES: Final = ROOT / "static" / "guides"
MOMENT: Final = datetime(2026, 11, 25, 10, 42, tzinfo=ZoneInfo("Asia/Tokyo"))
PASSWORD: Final = "kazuno-mihon-2026"
DEMO: Final = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DEMO": "1",
    "DEMO_PASSWORD": PASSWORD,
    "ALLOWED_HOSTS": "127.0.0.1,testserver",
}
"""The environment of the city that is looked at."""
DESK: Final = {"width": 1366, "height": 900}
TALL: Final = {"width": 1366, "height": 1280}
PAGE: Final = {"width": 1180, "height": 760}
"""What a guide shows of a page, read at two thirds of its size."""
PHONE: Final = {"width": 390, "height": 844}
LARGEST: Final = 250_000  # bytes of a picture


@dataclass(frozen=True)
class Shot:
    """A picture: whose screen, which address, and what is done before it is taken."""

    name: str
    post: str
    address: str | Callable[[], str]
    prepare: Callable[[Page], None] = field(default=lambda page: None)
    screen: dict[str, int] = field(default_factory=lambda: DESK)
    folder: Path = FOLDER


def case_at(kind: str, tail: str = "") -> Callable[[], str]:
    """The first case of the story that waits at a kind of step."""

    def address() -> str:
        from workflow.models import WorkItem  # noqa: PLC0415 -- Django is ready only now

        found = WorkItem.objects.filter(kind=kind, project__isnull=False)
        item = found.select_related("project").earliest("due_sort")
        assert item.project is not None
        return f"/p/{item.project.reference}/{tail}"

    return address


def a_draft() -> str:
    """The sheet that the DX推進リーダー of 市民課 is writing."""
    from bpr_projects.models import Project  # noqa: PLC0415 -- Django is ready only now

    found = Project.objects.filter(number=None, proposer_post__code="LEADER-SHIMIN").earliest("pk")
    return f"/p/{found.reference}/edit/"


def open_first(page: Page) -> None:
    """Open the first item of the work list beside it."""
    page.locator(".mail__a").first.click()
    page.locator("#preview-title").wait_for()


def choose_conditions(page: Page) -> None:
    """Begin a conditional adoption."""
    page.check("input[value=ADOPTED_WITH_CONDITIONS]")
    page.fill("[name=conditions-0-text]", "個人情報保護の点検を終えてから開始すること")
    page.select_option("[name=conditions-0-section]", index=1)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


@contextmanager
def city() -> Iterator[str]:
    """The sample city behind a real port, its clock standing on the day of the story."""
    os.environ |= DEMO
    import django  # noqa: PLC0415 -- after the environment
    import time_machine  # noqa: PLC0415

    Path(environment.scratch, "var").mkdir(exist_ok=True)
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: PLC0415

    from config.wsgi import application  # noqa: PLC0415

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name
            """Pictures are what counts here."""

    with time_machine.travel(MOMENT, tick=True):
        call_command("migrate", verbosity=0)
        call_command("load_demo", "--at", MOMENT.isoformat())
        let_headquarters_agree()
        call_command("outbox_sweep", verbosity=0)
        server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
        server.set_app(application)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def let_headquarters_agree() -> None:
    """The last members answer this morning, so that a case waits for the 本部長."""
    from tests import make  # noqa: PLC0415 -- Django is ready only now
    from workflow.enums import Outcome, StepKind  # noqa: PLC0415
    from workflow.models import WorkItem  # noqa: PLC0415

    waiting = WorkItem.objects.filter(kind=StepKind.DELIBERATION).select_related("project")
    at = MOMENT - timedelta(minutes=55)
    while (item := waiting.first()) is not None and item.project is not None:
        make.say(item.project, Outcome.AGREED, at=at, comment="趣旨に賛同する。")
        at += timedelta(minutes=8)


def employee_number(post: str) -> str:
    """Who logs in for a post."""
    from roles.models import Post, holders_of  # noqa: PLC0415 -- Django is ready only now

    found = Post.objects.get(code=post)
    return holders_of([found.pk], MOMENT.date())[found.pk][0].person.employee_number


def take(browser: Browser, address: str, shot: Shot) -> Path:
    """Log in, open, prepare, save."""
    scheme = {"locale": "ja-JP", "timezone_id": "Asia/Tokyo", "reduced_motion": "reduce"}
    context = browser.new_context(viewport=shot.screen, **scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.clock.set_fixed_time(MOMENT)
    if shot.post:
        page.goto(f"{address}/accounts/login/")
        page.fill("#id_login", employee_number(shot.post))
        page.fill("#id_password", PASSWORD)
        page.click("main button[type=submit], form button[type=submit]")
    path = shot.address if isinstance(shot.address, str) else shot.address()
    answer = page.goto(f"{address}{path}", wait_until="networkidle")
    if answer is None or answer.status != 200:
        raise SystemExit(f"{shot.name}: {path} answered {answer.status if answer else 'nothing'}")
    shot.prepare(page)
    file = shot.folder / f"{shot.name}.png"
    page.screenshot(path=file)
    context.close()
    return file


def shrink(file: Path) -> None:
    """Flat colours need no more than a palette."""
    from PIL import Image  # noqa: PLC0415 -- comes with WeasyPrint

    with Image.open(file) as picture:
        flat = picture.convert("RGB").quantize(192, dither=Image.Dither.NONE)
    flat.save(file, optimize=True)


def put_the_tour_away(page: Page) -> None:
    """What is there on every other day."""
    if page.locator(".tour button").count():
        page.click(".tour button")
        page.wait_for_load_state("networkidle")


def show(place: str, prepare: Callable[[Page], None] | None = None) -> Callable[[Page], None]:
    """Scroll to the part of the page that matters."""

    def scroll(page: Page) -> None:
        if prepare is not None:
            prepare(page)
        page.locator(place).first.evaluate("part => part.scrollIntoView({block: 'start'})")
        page.evaluate("scrollBy(0, -84)")  # the page's head covers its top

    return scroll


def of_guide(
    name: str,
    post: str,
    address: str | Callable[[], str],
    prepare: Callable[[Page], None] = lambda page: None,
) -> Shot:
    """A picture of docs/ja, which the system shows too."""
    return Shot(name, post, address, prepare, PAGE, GUIDES)


SHOTS: Final = (
    Shot("login", "", "/accounts/login/"),
    Shot("home", "LEADER-SHIMIN", "/"),
    Shot("inbox", "HQ-CHAIR", "/inbox/", open_first),
    Shot("case", "HQ-CHAIR", case_at("DECISION", "decide/"), choose_conditions, TALL),
    Shot("proposal", "LEADER-SHIMIN", a_draft),
    Shot("board", "LEADER-SHIMIN", "/p/R8-001/ooda/", screen=TALL),
    Shot("mailbox", "SECRETARIAT", "/mailbox/"),
    Shot("home-390", "LEADER-SHIMIN", "/", screen=PHONE),
    Shot("inbox-390", "HQ-CHAIR", "/inbox/", screen=PHONE),
    Shot("case-390", "HQ-CHAIR", case_at("DECISION", "decide/"), choose_conditions, PHONE),
    Shot("board-390", "LEADER-SHIMIN", "/p/R8-001/ooda/", screen=PHONE),
    of_guide("home", "LEADER-SHIMIN", "/", put_the_tour_away),
    of_guide("proposal", "LEADER-SHIMIN", a_draft),
    of_guide("board", "LEADER-SHIMIN", "/p/R8-001/ooda/"),
    of_guide("inbox", "SECRETARIAT", "/inbox/", open_first),
    of_guide("review", "PT-FUKUSHI", case_at("REVIEW", "decide/"), show("#decide")),
    of_guide(
        "case", "HQ-CHAIR", case_at("DECISION", "decide/"), show("#decide", choose_conditions)
    ),
    of_guide("mailbox", "SECRETARIAT", "/mailbox/"),
    of_guide("history", "AUDITOR", "/p/R8-005/history/", show("#tab")),
)


def main(arguments: list[str]) -> int:
    """Take all pictures, or the named ones, into a folder."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- only where pictures are taken

    from tests.browser import CHROMIUM_ARGUMENTS, chromium_path  # noqa: PLC0415

    wanted = [shot for shot in SHOTS if not arguments[1:] or shot.name in arguments[1:]]
    if arguments:
        folder = Path(arguments[0])
        wanted = [replace(shot, folder=folder / shot.folder.name) for shot in wanted]
    with city() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=CHROMIUM_ARGUMENTS,
            env={**os.environ, "LANGUAGE": "ja"},  # fields for days are drawn by the browser
        )
        for shot in wanted:
            file = take(browser, address, shot)
            shrink(file)
            print(f"{file.parent.name}/{file.name}: {file.stat().st_size // 1000} KB")
            if file.stat().st_size > LARGEST:
                raise SystemExit(f"{file.name} is larger than {LARGEST} bytes")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
