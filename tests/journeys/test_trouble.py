"""What a person sees when something goes wrong on the way, and on the narrowest screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.conf import settings
from django.utils.timezone import now
from playwright.sync_api import expect

from tests import make
from tests.browser import axe_violations, scrolls_sideways
from tests.journeys.test_every_page import NARROWEST
from tests.journeys.test_keyboard import WITH_JAVASCRIPT, type_login
from tests.workflow.pages import TYPED
from workflow.models import Decision

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route
    from pytest_django.live_server_helper import LiveServer

    from tests.fixtures_city import City

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.slow]


def test_a_session_that_ended_loses_no_word(
    page: Page, context: BrowserContext, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    case = make.submit(make.a_draft(at=now()), at=now())
    head = make.holder("HEAD-SHIMIN")
    address = f"{live_server.url}/p/{case.number}/decide/?from=inbox"
    type_login(page, address, head.employee_number)
    page.check("input[name=outcome][value=SENT_BACK]")
    page.fill("textarea[name=comment]", TYPED)
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.click("[data-submit-label]")
    expect(page.locator("#typed-1")).to_have_value(TYPED)

    with context.expect_page() as opened:
        page.get_by_role("link", name="別のタブでログインする").click()
    again = opened.value
    again.fill("#id_login", head.employee_number)
    again.fill("#id_password", make.PASSWORD)
    again.click("main button[type=submit]")
    again.wait_for_url(address)

    assert again.locator("textarea[name=comment]").is_visible()
    assert page.locator("#typed-1").input_value() == TYPED
    assert Decision.objects.filter(decided_by=head).count() == 0


@WITH_JAVASCRIPT
def test_a_pane_that_cannot_be_fetched_says_so(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    make.submit(make.a_draft(at=now()), at=now())
    type_login(page, live_server.url + "/inbox/", make.holder("HEAD-SHIMIN").employee_number)
    pane = re.compile(r"/inbox/\?tab=todo&item=")
    answers: list[Any] = [lambda route: route.abort(), lambda route: route.fulfill(status=500)]

    def answer(route: Route) -> None:
        answers.pop(0)(route) if answers else route.continue_()

    page.route(pane, answer)
    line = page.locator("[data-trouble]")
    expect(line).to_have_text("")
    page.click(".mail__a")
    expect(line).to_have_text("通信できませんでした。接続を確かめて、もう一度操作してください。")
    page.click(".mail__a")
    expect(line).to_have_text("表示できませんでした。画面を読み込み直してください。")
    assert axe_violations(page) == []
    page.click(".mail__a")
    page.locator("#preview-title").wait_for()
    expect(line).to_have_text("")


@WITH_JAVASCRIPT
def test_the_narrowest_screen_has_the_menu_and_hides_no_focus(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    draft = make.a_draft(at=now())
    page.set_viewport_size(NARROWEST)
    leader = make.holder("LEADER-SHIMIN")
    type_login(page, f"{live_server.url}/p/{draft.reference}/edit/", leader.employee_number)

    assert not scrolls_sideways(page)
    for _press in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(IS_CLEAR), page.evaluate("document.activeElement.outerHTML")
    page.goto(live_server.url)
    page.locator("summary.who").click()
    expect(page.get_by_role("button", name="ログアウト")).to_be_in_viewport(ratio=1)
    assert not scrolls_sideways(page)


IS_CLEAR: Final = """() => {
  const focused = document.activeElement;
  const menu = document.querySelector(".bottomnav");
  if (focused === document.body || menu.contains(focused)) return true;
  return focused.getBoundingClientRect().bottom <= menu.getBoundingClientRect().top
    || focused.getBoundingClientRect().height > 300;
}"""
"""Whether the element with the focus stands above the menu at the bottom."""
