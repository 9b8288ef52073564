"""Without a mouse: log in, write, score, record, decide. And no stray Enter ever sends a form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.timezone import now

from bpr_projects.enums import Stage
from bpr_projects.models import Observation, Project
from tests import make
from tests.journeys.counter import leader
from tests.make import PASSWORD
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Request
    from pytest_django.live_server_helper import LiveServer

    from tests.fixtures_city import City

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.slow]

WITH_JAVASCRIPT = pytest.mark.parametrize("context", [True], indirect=True, ids=["with-javascript"])


def tab_to(page: Page, selector: str, limit: int = 160) -> None:
    """Press Tab until the element has the focus."""
    for _press in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with Tab on {page.url}")


def type_login(page: Page, url: str, employee_number: str) -> None:
    """Log in with the keyboard alone."""
    page.goto(url)
    tab_to(page, "#id_login")
    page.keyboard.type(employee_number)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(url)


def test_from_the_login_to_a_decision(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    case = make.submit(make.a_draft(at=now()), at=now())
    following = make.submit(make.a_draft(at=now()), at=now())
    head = make.holder("HEAD-SHIMIN")
    type_login(page, live_server.url + "/inbox/", head.employee_number)
    tab_to(page, ".mail__a")
    page.keyboard.press("Enter")
    page.locator("#preview-title").wait_for()
    tab_to(page, ".decide a[href*='outcome=APPROVED']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/p/{case.number}/decide/**")
    tab_to(page, "input[name=outcome][value=APPROVED]:checked")
    tab_to(page, "[data-submit-label]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/inbox/\?tab=todo&item={make.the_slot(following).pk}(#|$)"))
    assert page.locator("#preview-title").inner_text() == following.title
    assert Project.objects.get(pk=case.pk).stage == Stage.RECEPTION


def retype(page: Page, selector: str, words: str) -> None:
    """Go to a field and type something else."""
    tab_to(page, selector)
    page.keyboard.press("Control+A")
    page.keyboard.type(words)


def test_a_sheet_is_written_and_submitted(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    draft = make.a_draft(at=now())
    type_login(page, f"{live_server.url}/p/{draft.reference}/edit/", leader().employee_number)
    retype(page, "[name=title]", "書かない窓口の試行")
    tab_to(page, "[name^='whys-'][name$='-why']")
    page.keyboard.type("様式が別々だから")
    tab_to(page, "[name=simplify][value=REDUCE]")
    page.keyboard.press("Space")
    tab_to(page, "[value=confirm]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm/")
    tab_to(page, "main form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/p/R\d+-\d+/$"))
    case = Project.objects.get(pk=draft.pk)
    assert (case.title, case.stage) == ("書かない窓口の試行", Stage.WITH_HEAD)
    assert case.sheet["whys"] == [{"why": "様式が別々だから"}]
    assert case.sheet["simplify"] == ["REDUCE", "MERGE"]


@WITH_JAVASCRIPT
def test_a_row_is_added_and_taken_off(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    draft = make.a_draft(at=now())
    type_login(page, f"{live_server.url}/p/{draft.reference}/edit/", leader().employee_number)
    tab_to(page, "[value=add-kpis]")
    page.keyboard.press("Enter")
    page.keyboard.type("待ち時間")
    assert page.locator("[name=kpis-1-name]").input_value() == "待ち時間"
    tab_to(page, "[value=remove-kpis-1]")
    page.keyboard.press("Enter")
    assert page.locator("[name=kpis-1-name]").count() == 0
    assert page.evaluate("document.activeElement.value") == "add-kpis"


def test_a_proposal_is_scored(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    case = make.a_project(to=StepKind.REVIEW, at=now())
    path = f"/p/{case.reference}/decide/"
    type_login(page, live_server.url + path, make.holder("PT-SOMU").employee_number)
    tab_to(page, "input[name=outcome][value=SCORED]")
    page.keyboard.press("Space")
    for code in make.SCORES:
        tab_to(page, f"input[name=scores_{code}]")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
    tab_to(page, "[name=comment]")
    page.keyboard.type("様式の統一から始めるとよい。")
    tab_to(page, "[data-submit-label]")
    page.keyboard.press("Enter")
    page.get_by_text("として記録しました").wait_for()
    said = Decision.objects.get(outcome=Outcome.SCORED)
    assert said.scores == dict.fromkeys(make.SCORES, 4)


def test_an_observation_is_recorded(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    case = make.a_project(route="RT1", to=StepKind.OBSERVE, at=now())
    type_login(page, f"{live_server.url}/p/{case.reference}/ooda/", leader().employee_number)
    tab_to(page, "#notes input[name=kind]")
    page.keyboard.press("Space")
    tab_to(page, "#notes textarea")
    page.keyboard.type("窓口で待つ方が減った。")
    tab_to(page, "#notes button[type=submit]")
    page.keyboard.press("Enter")
    page.locator("#notes").get_by_text("窓口で待つ方が減った。").wait_for()
    assert Observation.objects.get().text == "窓口で待つ方が減った。"


@WITH_JAVASCRIPT
def test_the_keys_of_the_list_open_and_never_decide(
    page: Page, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    case = make.submit(make.a_draft(at=now()), at=now())
    type_login(page, live_server.url + "/inbox/", make.holder("HEAD-SHIMIN").employee_number)
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.locator("#preview-title").wait_for()
    page.keyboard.press("a")
    page.wait_for_url(f"**/p/{case.number}/decide/**")
    assert Project.objects.get(pk=case.pk).stage == Stage.WITH_HEAD


@WITH_JAVASCRIPT
def test_enter_submits_no_long_form(
    page: Page, context: BrowserContext, real_office: City, live_server: LiveServer, monday: Any
) -> None:
    draft = make.a_draft(at=now())
    path = f"/p/{draft.reference}/edit/"
    type_login(page, live_server.url + path, leader().employee_number)
    sent: list[str] = []
    # leaving a field saves it in the background; what must not happen is that the form is sent
    page.on("request", lambda each: sent.append(each.method) if is_sent(each) else None)
    title = page.locator("[name=title]")
    title.press("End")
    compose(context, page, "書かない窓口の試行")
    page.locator("[name=volume]").press("Enter")
    page.locator("[name=starts_on]").press("Enter")
    page.wait_for_timeout(300)
    assert "POST" not in sent
    assert page.url == live_server.url + path
    assert title.input_value().endswith("書かない窓口の試行")


def is_sent(request: Request) -> bool:
    """The browser goes to another page."""
    return request.is_navigation_request()


def compose(context: BrowserContext, page: Page, words: str) -> None:
    """Type with an input method: Enter ends the conversion, a second Enter is a plain one."""
    session = context.new_cdp_session(page)
    session.send(
        "Input.imeSetComposition",
        {"text": words, "selectionStart": len(words), "selectionEnd": len(words)},
    )
    enter = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    session.send("Input.insertText", {"text": words})
    page.keyboard.press("Enter")
