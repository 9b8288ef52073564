"""Who waits asks politely and compares options, with and without JavaScript."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from bpr_projects.models import CycleEntry
from tests import make
from tests.journeys.test_keyboard import type_login
from workflow.enums import StepKind
from workflow.models import Nudge

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

    from tests.fixtures_city import City

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.slow]


def test_the_first_look_goes_and_a_late_case_is_asked_for(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    case = make.submit(make.a_draft(at=now()), at=now() - timedelta(days=10))
    type_login(page, f"{live_server.url}/", case.proposer.employee_number)
    expect(page.locator(".tour li")).to_have_count(3)

    page.get_by_role("button", name="分かりました").click()
    expect(page.locator(".tour")).to_have_count(0)
    page.get_by_role("button", name="お願いする").click()

    expect(page.get_by_text("市民課長にお願いしました。")).to_be_visible()
    expect(page.get_by_role("button", name="お願いする")).to_be_disabled()
    assert Nudge.objects.get().asked_by == case.proposer


def test_options_are_added_compared_and_chosen(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    case = make.a_project(to=StepKind.OBSERVE, route="RT1", at=now())
    make.record_phase(case, at=now())
    type_login(page, f"{live_server.url}/p/{case.reference}/ooda/", case.proposer.employee_number)
    page.fill("[name=causes]", "予約の枠がない。")
    page.fill("[name=options-0-plan]", "予約制")
    page.get_by_role("button", name="案を追加").click()
    expect(page.locator("[name=options-0-plan]")).to_have_value("予約制")
    page.fill("[name=options-2-plan]", "いまのまま続ける")

    page.get_by_role("button", name="記録して「意思決定」へ進む").click()

    page.get_by_label("いまのまま続ける").check()
    assert page.locator(".option").count() == 2
    assert CycleEntry.objects.latest("pk").content["options"] == [
        {"plan": "予約制"},
        {"plan": "いまのまま続ける"},
    ]
