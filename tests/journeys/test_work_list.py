"""The work list in a browser: its keys, its news, and what a session that ended does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.sessions.models import Session
from django.utils.timezone import now
from playwright.sync_api import expect

from tests import make
from tests.browser import axe_violations
from tests.journeys.test_keyboard import type_login
from workflow.enums import Outcome, StepKind
from workflow.models import Claim, Decision, Snooze

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

    from bpr_projects.models import Project
    from roles.models import User
    from tests.fixtures_city import City

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.slow]

WITH_JAVASCRIPT = pytest.mark.parametrize("context", [True], indirect=True, ids=["with-javascript"])
MINUTE = 61_000


def two_at_the_reception(office: City) -> tuple[User, User, list[Project]]:
    """Two of the 事務局, and two cases that wait for their seat."""
    first, second = sorted(office.holders("SECRETARIAT"), key=lambda each: each.pk)[:2]
    cases = [make.a_project(title=f"案件{n}", to=StepKind.RECEPTION, at=now()) for n in range(2)]
    return first, second, cases


@WITH_JAVASCRIPT
def test_what_a_colleague_answered_turns_grey_without_reloading(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    first, second, cases = two_at_the_reception(real_office)
    page.clock.install()
    type_login(page, live_server.url + "/inbox/", first.employee_number)
    own = page.locator(".tabs [data-badge=own]")
    expect(own).to_have_text("2件")

    make.say(cases[0], Outcome.RECEIVED, by=second, at=now())
    page.clock.fast_forward(MINUTE)

    grey = page.locator(".mail.is-gone")
    expect(grey).to_contain_text(f"{second.name}さんが")
    expect(grey).to_contain_text("案件0")
    expect(own).to_have_text("1件")
    expect(page.locator(".side [data-badge=inbox]")).to_have_text("1件")
    assert axe_violations(page) == []


@WITH_JAVASCRIPT
def test_nothing_is_asked_while_somebody_types_and_a_lost_session_loses_nothing(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    first, second, cases = two_at_the_reception(real_office)
    page.clock.install()
    type_login(page, live_server.url + "/inbox/", first.employee_number)
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if "fresh" in each.url else None)

    page.keyboard.press("/")
    page.keyboard.type("案件")
    make.say(cases[0], Outcome.RECEIVED, by=second, at=now())
    page.clock.fast_forward(MINUTE)
    assert asked == []
    page.locator("#find").blur()
    Session.objects.all().delete()
    with page.expect_response("**/inbox/fresh/**") as answer:
        page.clock.fast_forward(MINUTE)

    assert answer.value.status == 204
    assert page.locator("#find").input_value() == "案件"
    assert page.locator(".mail").count() == 2
    page.locator(".mail__a").first.click()
    expect(page.locator("#session-ended")).to_be_visible()


@WITH_JAVASCRIPT
def test_the_keys_are_told_and_lead_on(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    case = make.submit(make.a_draft(at=now()), at=now())
    type_login(page, live_server.url + "/inbox/", make.holder("HEAD-SHIMIN").employee_number)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("j")  # not while the dialog is open
    page.keyboard.press("Escape")
    assert page.locator(".mail.is-open").count() == 0
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#preview-title").wait_for()
    page.keyboard.press("e")
    page.wait_for_url(f"**/p/{case.number}/discussion/")


def test_work_is_put_off_and_taken_on_with_the_keyboard(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    first, _second, cases = two_at_the_reception(real_office)
    slot = make.the_slot(cases[0])
    type_login(page, live_server.url + "/inbox/", first.employee_number)
    page.locator(f"#item-{slot.pk}").press("Enter")
    page.locator(".arrange summary").press("Enter")
    page.get_by_role("button", name="担当する", exact=True).press("Enter")
    page.get_by_text("を担当します").wait_for()
    assert Claim.objects.get().person == first
    page.locator(".arrange summary").press("Enter")
    page.get_by_role("button", name="あとでにする").press("Enter")
    page.get_by_text("「あとで」にしました").wait_for()

    assert Snooze.objects.get().slot_id == slot.pk
    assert page.locator(".mail__a").all_inner_texts() == ["案件1"]
    assert page.locator("#preview-title").inner_text() == "案件1"


@WITH_JAVASCRIPT
def test_several_are_approved_at_once_with_the_keys(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    cases = [make.submit(make.a_draft(title=f"案件{n}", at=now()), at=now()) for n in range(3)]
    type_login(page, live_server.url + "/inbox/", make.holder("HEAD-SHIMIN").employee_number)
    for _case in cases[:2]:
        page.keyboard.press("j")
        page.keyboard.press("o")
        page.locator(".mail.is-open:not(.is-unread)").wait_for()
        page.keyboard.press("x")
    assert page.locator(".mail .check:checked").count() == 2
    assert page.locator(".mail .check:disabled").count() == 1
    assert axe_violations(page) == []
    page.get_by_role("button", name="まとめて承認へ").press("Enter")
    page.get_by_role("button", name="選んだ案件を「承認」とする").press("Enter")
    page.get_by_text("2件のうち2件を記録しました。").wait_for()

    said = Decision.objects.filter(outcome=Outcome.APPROVED)
    assert set(said.values_list("project", flat=True)) == {case.pk for case in cases[:2]}
