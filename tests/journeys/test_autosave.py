"""A long sheet comes back exactly as the last state that its page called saved."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.conf import settings
from django.utils.timezone import now
from playwright.sync_api import Error, expect

from bpr_projects import actions
from bpr_projects.models import Project
from roles.models import Post
from tests import make
from tests.browser import axe_violations, scrolls_sideways
from tests.journeys.counter import leader
from tests.journeys.test_keyboard import WITH_JAVASCRIPT, type_login

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route
    from pytest_django.live_server_helper import LiveServer

    from tests.fixtures_city import City

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.slow]

LINES: Final = {
    "title": "書かない窓口",
    "users": "転入する世帯",
    "problem": "同じ住所を何度も書いていただいている。\n月曜の朝は待ち時間が90分になる。",
    "journey": "届を書く。待つ。また書く。",
    "whys-0-why": "申請書が課ごとに別々だから",
    "evidence": "令和7年度の発券機の記録。",
    "simplify_note": "4つの申請書を1枚にまとめる。",
    "reform": "聞き取りで申請書を作り、署名だけをいただく。",
    "as_is-0-what": "申請書を書く",
    "as_is-0-who": "市民",
    "as_is-0-minutes": "42",
    "to_be-0-what": "聞き取って作る",
    "to_be-0-who": "職員",
    "to_be-0-minutes": "25.5",
    "volume": "2,188",
    "minutes_before": "42",
    "minutes_after": "25.5",
    "citizen_minutes_before": "72",
    "citizen_minutes_after": "40",
    "visits_before": "1.2",
    "visits_after": "1",
    "reallocation_note": "子育ての相談に回す。",
    "workplace": "昼休みの交代が確保できる。",
    "pilot_months": "3",
    "starts_on": "令和8年7月1日",
    "ends_on": "令和9年3月31日",
    "cost": "6,800,000",
    "running_cost": "480,000",
    "waves-0-what": "市民課 1番窓口",
    "waves-0-starts_on": "令和8年7月1日",
    "principles-N1": "書く回数を7回から1回にする。",
    "principles-N6": "カードのない方も聞き取りで受け付ける。",
    "alternative": "書いて出す方法も残す。",
    "safeguards": "読み取るのは券面の4情報だけ。",
    "kpis-0-name": "平均手続時間",
    "kpis-0-unit": "分",
    "kpis-0-baseline": "42",
    "kpis-0-target": "25",
    "kpis-0-target_on": "令和9年3月31日",
    "kpis-0-source": "発券機の記録",
    "kpis-0-steps": "R8=38、R9=25",
    "policy_no": "第2版 個別取組2",
}
"""What somebody types, as the page shows it again."""
CHOICES: Final = {"area": "P2", "trigger": "HEARING", "tool": "T-CARD", "budget_measure": "INITIAL"}
BOXES: Final = {
    "simplify": "MERGE",
    "evidence_kind": "MEASURED",
    "as_is-0-flags": "PAPER",
    "sections": "FUKUSHI",
    "articles": "3",
    "digital_rules": "ONCE",
    "has_personal_data": "on",
}
SAVED: Final = re.compile(r"\d\d:\d\d に自動保存しました$")
LOST: Final = "保存できていません。接続を確認しています"
PAIRS: Final = """() => [...new FormData(document.querySelector("#sheet"))].filter(
  ([name, value]) => typeof value === "string"
    && !["csrfmiddlewaretoken", "draft_version", "page", "sent", "post"].includes(name))"""


class Desk:
    """One tab with the sheet."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        page.goto(address)

    def write(self) -> None:
        """The whole sheet, field by field."""
        for name, text in LINES.items():
            self.page.fill(f"[name={name}]", text)
        for name, code in CHOICES.items():
            self.page.select_option(f"[name={name}]", code)
        for name, code in BOXES.items():
            box = f"[name={name}]" + ("" if code == "on" else f"[value='{code}']")
            self.page.check(box)
        self.leave()

    def type(self, name: str, text: str) -> None:
        """Into one field, and out of it."""
        self.page.fill(f"[name={name}]", text)
        self.leave()

    def leave(self) -> None:
        """The field is left, which saves."""
        self.page.locator("#main").focus()

    @property
    def state(self) -> Any:
        """What the page says about saving."""
        return self.page.locator("[data-autosave-state]")

    def saved(self) -> list[list[str]]:
        """Wait until the page calls it all saved; what it was then."""
        expect(self.page.locator("[data-autosave-typing]")).to_be_hidden(timeout=30_000)
        expect(self.state).to_have_text(SAVED, timeout=30_000)
        return self.pairs()

    def pairs(self) -> list[list[str]]:
        """All that is typed."""
        found: list[list[str]] = self.page.evaluate(PAIRS)
        return [[name, value.replace("\r\n", "\n")] for name, value in found]


@pytest.fixture
def address(real_office: City, live_server: LiveServer, monday: Any, page: Page) -> str:
    """The leader's empty draft, and the leader is logged in."""
    draft = a_blank()
    path = f"{live_server.url}/p/{draft.reference}/edit/"
    type_login(page, path, leader().employee_number)
    return path


def a_blank() -> Project:
    """A draft in which nothing is answered."""
    post = Post.objects.select_related("section").get(code="LEADER-SHIMIN")
    return actions.start_draft(by=leader(), post=post, at=now())


@WITH_JAVASCRIPT
def test_a_session_that_ended(page: Page, context: BrowserContext, address: str) -> None:
    desk = Desk(page, address)
    desk.write()
    desk.saved()
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    desk.type("reform", "期限が切れた後に書いた文章")
    expect(page.locator("#session-ended")).to_be_visible()
    expect(desk.state).to_have_text(re.compile("保存できていません"))
    assert Project.objects.get().sheet["reform"] == LINES["reform"]

    other = context.new_page()
    type_login(other, address, leader().employee_number)
    expect(other.locator("[data-kept]")).to_be_visible()
    other.close()
    page.keyboard.press("Escape")
    desk.type("workplace", "ログインし直した")
    after = desk.saved()

    assert Project.objects.get().sheet["reform"] == "期限が切れた後に書いた文章"
    page.reload()
    assert desk.pairs() == after
    expect(page.locator("[data-kept]")).to_be_hidden()


@WITH_JAVASCRIPT
def test_a_server_that_refuses_and_a_proxy_that_waits_for_it(page: Page, address: str) -> None:
    desk = Desk(page, address)
    desk.write()
    desk.saved()
    answers: list[Any] = [
        lambda route: route.abort("connectionrefused"),
        lambda route: route.fulfill(status=502, content_type="text/html", body="Bad Gateway"),
    ]

    def answer(route: Route) -> None:
        answers[0](route)

    page.route(address, answer)
    for name in ("reform", "workplace"):
        desk.type(name, "止まっている間に書いた文章")
        expect(desk.state).to_have_text(LOST)
        answers.reverse()
    page.unroute(address)
    desk.type("users", "動き出した")
    before = desk.saved()
    page.reload()

    assert desk.pairs() == before
    assert Project.objects.get().sheet["reform"] == "止まっている間に書いた文章"


@WITH_JAVASCRIPT
def test_one_preview_of_the_route_at_a_time(page: Page, address: str) -> None:
    desk = Desk(page, address)
    desk.write()
    desk.saved()
    expect(page.locator("[data-route] li")).not_to_have_count(0)
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    def held() -> Route:
        for _turn in range(1_500):
            if asked:
                return asked.pop()
            page.wait_for_timeout(20)
        raise AssertionError("no preview is asked for")

    def choose(*names: str) -> None:
        for name in names:
            page.locator(f"[name={name}]").click()
            desk.saved()

    page.route(f"{address}?part=route", hold)
    choose("has_personal_data")
    first = held()
    choose("uses_ai", "has_personal_data")
    assert not asked

    first.abort("connectionrefused")
    expect(page.locator("[data-trouble]")).not_to_be_empty()
    choose("uses_ai")
    second = held()
    choose("has_personal_data")
    assert not asked

    second.fulfill(body="さきの経路", content_type="text/html")
    held().fulfill(body="いまの経路", content_type="text/html")
    expect(page.locator("[data-route]")).to_have_text("いまの経路")
    expect(page.locator("[data-trouble]")).to_be_empty()
    assert not asked


@WITH_JAVASCRIPT
def test_two_tabs_overwrite_nothing_silently(
    page: Page, context: BrowserContext, address: str
) -> None:
    first, second = Desk(page, address), Desk(context.new_page(), address)
    first.type("title", "一つ目の画面")
    first.saved()
    second.type("reform", "二つ目の画面")
    banner = second.page.locator("[data-conflict]")
    expect(banner).to_be_visible()
    expect(second.state).to_have_text("保存を止めています")
    assert Project.objects.get().title == "一つ目の画面"
    assert axe_violations(second.page) == []

    banner.get_by_role("button", name="違いを確かめる").click()
    expect(second.page.locator("#theirs-title")).to_be_checked()
    expect(second.page.locator("#mine-reform")).to_be_checked()
    second.page.get_by_role("button", name="選んだ内容で保存する").click()
    second.page.wait_for_url(address)

    stored = Project.objects.get().sheet
    assert (stored["title"], stored["reform"]) == ("一つ目の画面", "二つ目の画面")
    expect(second.page.locator("[data-kept]")).to_be_hidden()


@WITH_JAVASCRIPT
def test_a_network_that_was_cut(page: Page, context: BrowserContext, address: str) -> None:
    page.clock.install()
    desk = Desk(page, address)
    desk.write()
    saved = desk.saved()
    context.set_offline(True)
    desk.type("reform", "つながらない間に書いた文章")
    expect(desk.state).to_have_text(LOST)
    page.clock.fast_forward("02:00")
    expect(desk.state).to_have_text(LOST)
    assert Project.objects.get().sheet["reform"] == LINES["reform"]
    context.set_offline(False)
    after = desk.saved()

    assert after != saved
    page.reload()
    assert desk.pairs() == after


def crash(page: Page) -> None:
    """Ends the page's process as a power cut does: nothing runs at its end."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    page.close()


@WITH_JAVASCRIPT
def test_what_a_device_kept_is_offered_again(
    page: Page, context: BrowserContext, address: str
) -> None:
    desk = Desk(page, address)
    desk.write()
    desk.saved()
    context.set_offline(True)
    desk.page.get_by_role("button", name="なぜを追加").click()
    cause = "規則でそう決まっているから"
    desk.type("whys-1-why", cause)
    expect(desk.state).to_have_text(LOST)
    kept = desk.pairs()
    page.wait_for_function("text => Object.values(localStorage).join().includes(text)", arg=cause)
    crash(page)  # a page that is closed still tries to save, on the line that comes back
    context.set_offline(False)

    again = Desk(context.new_page(), address)
    expect(again.page.locator("[data-kept]")).to_be_visible()
    assert axe_violations(again.page) == []
    assert again.pairs() != kept
    again.page.get_by_role("button", name="復元する").click()
    again.saved()

    assert again.pairs() == kept
    assert Project.objects.get().sheet["whys"][1] == {"why": cause}
    again.page.reload()
    expect(again.page.locator("[data-kept]")).to_be_hidden()
    assert again.pairs() == kept


@WITH_JAVASCRIPT
def test_a_new_sheet_begins_its_draft_by_itself(
    page: Page, live_server: LiveServer, address: str
) -> None:
    desk = Desk(page, f"{live_server.url}/proposals/new/")
    assert Project.objects.count() == 1
    desk.type("title", "新しい提案")
    desk.saved()

    draft = Project.objects.latest("pk")
    assert page.url.endswith(f"/p/{draft.reference}/edit/")
    desk.type("users", "市民")
    before = desk.saved()
    page.reload()
    assert (Project.objects.count(), desk.pairs()) == (2, before)


@WITH_JAVASCRIPT
def test_a_tab_that_lives_is_told_that_another_one_restored_its_text(
    page: Page, context: BrowserContext, address: str
) -> None:
    first = Desk(page, address)
    page.route(address, lambda route: route.abort("connectionrefused"))
    first.type("reform", "一つ目の画面")
    expect(first.state).to_have_text(LOST)

    second = Desk(context.new_page(), address)
    second.page.get_by_role("button", name="復元する").click()
    second.saved()
    second.type("problem", "二つ目の画面で書いた課題")
    second.saved()
    page.unroute(address)
    first.type("reform", "一つ目の画面のつづき")

    expect(page.locator("[data-conflict]")).to_be_visible()
    stored = Project.objects.get().sheet
    assert (stored["reform"], stored["problem"]) == ("一つ目の画面", "二つ目の画面で書いた課題")


@WITH_JAVASCRIPT
def test_a_click_on_save_sends_a_new_sheet_once(
    page: Page, live_server: LiveServer, address: str
) -> None:
    desk = Desk(page, f"{live_server.url}/proposals/new/")
    posts: list[str] = []
    page.on("request", lambda each: posts.append(each.url) if each.method == "POST" else None)
    page.fill("[name=title]", "押して保存")
    page.get_by_role("button", name="下書きを保存").last.click()
    page.wait_for_url(re.compile("/edit/$"))

    assert posts == [desk.address]
    assert Project.objects.filter(title="押して保存").count() == 1


@WITH_JAVASCRIPT
def test_rows_and_keys(page: Page, address: str) -> None:
    desk = Desk(page, address)
    rows = page.locator("[data-row-of=kpis]")
    for _row in range(4):
        page.get_by_role("button", name="指標を追加").click()
    expect(rows).to_have_count(5)
    expect(page.get_by_role("button", name="指標を追加")).to_be_hidden()
    assert page.evaluate("document.activeElement.name") == "kpis-4-name"
    page.keyboard.type("処理時間")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile(r"外す\s*：指標\s*1")).click()
    expect(rows).to_have_count(4)
    expect(rows.nth(3).locator("legend")).to_have_text("指標4")
    page.fill("[name=volume]", "多い")
    desk.leave()

    expect(desk.state).to_have_text(re.compile("年間の件数$"))
    expect(page.locator("[data-q=volume] .err")).to_have_text(re.compile("整数で"))
    stored = Project.objects.get().sheet
    assert [row["name"] for row in stored["kpis"]] == ["処理時間"]
    assert page.url == address
    assert axe_violations(page) == []


@WITH_JAVASCRIPT
def test_the_sheet_fits_every_screen(page: Page, address: str) -> None:
    draft = Project.objects.get()
    whole = make.SHEET | {"title": "長" * 30, "problem": "長い語" * 900, "section": "SHIMIN"}
    Project.objects.filter(pk=draft.pk).update(sheet=whole, title=whole["title"])
    written, last = address, address.replace("/edit/", "/confirm/")
    for url in (written, f"{written}?check=1", f"{written}?more=as_is", last):
        page.goto(url)
        for width in (1366, 1024, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert not scrolls_sideways(page), (url, width)
            if width in {1366, 390}:
                assert axe_violations(page) == [], (url, width)
