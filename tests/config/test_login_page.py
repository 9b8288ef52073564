"""The first page that everybody sees, in a real browser."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser import DESK, PHONE, axe_violations, scrolls_sideways
from tests.make import PASSWORD, a_user

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.mark.parametrize("context", [True], indirect=True)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_login_page_is_accessible(
    page: Page, live_server: LiveServer, size: ViewportSize
) -> None:
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.set_viewport_size(size)

    page.goto(f"{live_server.url}/accounts/login/")

    assert axe_violations(page) == []
    assert not scrolls_sideways(page)
    assert problems == []


def test_a_wrong_password_is_answered_on_the_page(page: Page, live_server: LiveServer) -> None:
    number = a_user().employee_number
    page.goto(f"{live_server.url}/accounts/login/")
    page.locator("[name=login]").fill(number)
    page.locator("[name=password]").fill(f"{PASSWORD}!")
    page.locator("main button[type=submit], form button[type=submit]").first.click()

    expect(page.locator("[name=login]")).to_have_value(number)
    expect(page.locator("body")).to_contain_text("パスワード")
