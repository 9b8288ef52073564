"""Every kind of page, as each role meets it: readable by machines, no wider than the screen,
light, and silent on the console."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from bpr_projects import glossary
from bpr_projects.enums import Stage
from bpr_projects.models import Project
from notifications.delivery import sweep
from notifications.models import Announcement, Delivery, OutboxMessage
from notifications.outbox import worker_name
from tests.browser import DESK, LARGEST_FIRST_VIEW, PHONE, axe_violations, scrolls_sideways
from tests.make import PASSWORD, holder
from tests.notifications.announced import announce
from workflow.enums import StepKind
from workflow.management import demo
from workflow.models import WorkItem

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response, ViewportSize
    from pytest_django.live_server_helper import LiveServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

TABLET: Final[ViewportSize] = {"width": 1024, "height": 768}
NARROWEST: Final[ViewportSize] = {"width": 320, "height": 640}
"""1280 px at 400 %: WCAG 1.4.10."""

SCREENS: Final = {"desk": DESK, "tablet": TABLET, "phone": PHONE, "narrowest screen": NARROWEST}
BEFORE_AXE: Final = {"desk": (), "phone": ("color-contrast",)}
"""Rules left out: a phone has the desk's colours. `make pages` leaves none out, on all four."""


def standing_at(kind: StepKind) -> str:
    """The case that waits longest at a kind of step."""
    item = WorkItem.objects.filter(kind=kind).select_related("project").earliest("opened_at")
    assert item.project is not None
    return item.project.reference


def running() -> str:
    return Project.objects.filter(stage=Stage.RUNNING).earliest("pk").reference


def draft() -> str:
    """The sheet that the DX推進リーダー of 市民課 is writing."""
    mine = Project.objects.filter(stage=Stage.DRAFT, proposer_post__code="LEADER-SHIMIN")
    return mine.earliest("pk").reference


def spread() -> str:
    """A reform that other sections take over."""
    return Project.objects.filter(rollout__isnull=False).earliest("pk").reference


def pages() -> dict[str, list[str]]:
    """What a role typically opens; nobody has no post."""
    again = standing_at(StepKind.REVISION)
    case, sheet, returned = (f"/p/{name}/" for name in (running(), draft(), again))
    deciding = f"/p/{standing_at(StepKind.DECISION)}/"
    told = f"/announcements/{Announcement.objects.get().pk}/"
    return {
        "": ["/accounts/login/", "/accounts/logout/"],
        "LEADER-SHIMIN": [
            "/",
            "/proposals/new/",
            sheet,
            f"{sheet}edit/",
            f"{sheet}edit/?check=1",
            f"{case}ooda/",
            "/help/leader/",
            "/accounts/password/",
            "/notices/",
            "/me/notifications/",
        ],
        "HEAD-SHIMIN": ["/", "/inbox/?tab=upcoming", "/running/", case, "/announcements/", told],
        "LEADER-ZEIMU": ["/", "/inbox/", f"{case}join/", f"{case}discussion/"],
        "SECRETARIAT": [
            "/",
            "/inbox/",
            "/proposals/",
            "/proposals/?q=窓口",
            "/stations/",
            "/stations/?show=open",
            "/mailbox/",
            "/mailbox/?state=held",
            "/mailbox/?state=dead&q=R8",
            f"/mailbox/{Delivery.objects.latest('pk').pk}/",
            "/announcements/",
            "/announcements/new/",
            told,
            "/notices/",
            "/notices/catalogue/",
            "/notices/catalogue/YOUR_TURN/",
            "/me/notifications/",
            f"/mailbox/facts/{OutboxMessage.objects.latest('pk').pk}/",
            f"/p/{standing_at(StepKind.RECEPTION)}/abandon/",
            f"{case}restrict/",
            f"{case}discussion/",
            f"{case}conditions/",
            f"/p/{spread()}/rollout/",
            f"{returned}versions/",
            "/org/",
            "/org/terms/",
            "/org/deputies/",
            "/org/changes/",
            "/org/rehearsal/",
            "/org/appoint/",
            "/org/reorganize/",
            "/org/import/",
            f"/org/people/{holder('LEADER-ZEIMU', now()).pk}/",
            f"/org/people/{holder('LEADER-SHIMIN', now()).pk}/handover/",
            "/routes/",
            "/routes/RT3/2/",
            "/routes/RT3/2/edit/",
            "/routes/RT3/2/steps/6/",
            "/routes/RT3/2/replay/",
        ],
        "PT-FUKUSHI": [
            "/inbox/",
            f"/p/{standing_at(StepKind.REVIEW)}/decide/",
            f"/p/{standing_at(StepKind.REVIEW)}/review/",
        ],
        "HQ-SHIMINBU": ["/inbox/?tab=done", f"{deciding}decide/", f"{deciding}review/"],
        "HQ-CHAIR": [
            "/",
            "/inbox/?tab=reading",
            "/stations/",
            f"{deciding}decide/?outcome=ADOPTED_WITH_CONDITIONS",
            f"{deciding}files/",
            f"{case}kessai/",
        ],
        "AUDITOR": [
            "/",
            "/proposals/",
            f"{case}history/",
            f"{case}flow/",
            f"{case}versions/",
            f"{returned}history/",
            "/glossary/",
            "/plan/",
            "/routes/RT2/2/",
            "/routes/RT2/compare/?all=1",
            "/help/",
        ],
        "SYSTEM-ADMIN": ["/", "/p/R8-999/", "/accounts/2fa/", "/accounts/reauthenticate/"],
    }


EXPECTED: Final = {"/p/R8-999/": 404}


@dataclass
class Watch:
    """What went wrong behind a page."""

    problems: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("response", self._answered)

    def _said(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "404 (Not Found)" not in text:
            self.problems.append(f"{kind}: {text}")

    def _answered(self, response: Response) -> None:
        is_page = response.request.resource_type == "document"
        if response.status >= 400 and not is_page:
            self.problems.append(f"{response.status}: {response.url}")


def look_at(page: Page, watch: Watch, url: str, path: str) -> list[str]:
    """Everything that is wrong with a page: as it is answered, and on each screen."""
    page.set_viewport_size(DESK)
    watch.problems.clear()
    answer = page.goto(url + path)
    found = []
    if answer is None or answer.status != EXPECTED.get(path, 200):
        found.append(f"{path} answered {answer.status if answer else 'nothing'}")
    elif len(answer.body()) > LARGEST_FIRST_VIEW:
        found.append(f"{path} has {len(answer.body())} bytes")
    for screen, size in SCREENS.items():
        page.set_viewport_size(size)
        wrong = ["scrolls sideways"] * scrolls_sideways(page)
        if screen in BEFORE_AXE:
            wrong += axe_violations(page, but=BEFORE_AXE[screen])
        found += [f"{path} on the {screen}: {each}" for each in wrong]
    return found + [f"{path}: {each}" for each in watch.problems]


def cookies_of(post: str, url: str) -> list[Any]:
    """The session of somebody who holds a post."""
    if not post:
        return []
    client = Client()
    client.force_login(
        holder(post, now()), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    name = settings.SESSION_COOKIE_NAME
    return [{"name": name, "value": client.cookies[name].value, "url": url}]


def test_pages_are_sound(browser: Browser, live_server: LiveServer) -> None:
    demo.load(password=PASSWORD, at=now(), seed=1)
    glossary.shelf.clear()  # words are explained, as they are in a city
    announce(at=now())
    sweep(at=now(), worker=worker_name())
    found = []
    for post, paths in pages().items():
        context = browser.new_context(locale="ja-JP", timezone_id="Asia/Tokyo")
        context.add_cookies(cookies_of(post, live_server.url))
        page, watch = context.new_page(), Watch()
        watch.attach(page)
        for path in paths:
            wrong = look_at(page, watch, live_server.url, path)
            found += [f"{post or 'nobody'}: {each}" for each in wrong]
        context.close()
    assert found == []
