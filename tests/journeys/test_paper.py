"""紙決裁の後登録 in a browser: one registers, another compares with the scan and confirms.

PICTURES=<folder> draws each page for whoever wants to look.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.browser import DESK, PHONE, axe_violations, scrolls_sideways
from tests.make import AT, a_project, holder, the_slot
from tests.workflow.papers import SCAN, WHY, WORDS, keepers
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.counter import Counter

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

PICTURES: Final = os.environ.get("PICTURES", "")


def look_at(page: Page, name: str, *, runs_scripts: bool) -> None:
    """On a desk and on a phone: axe, which is a script, finds nothing; no page is too wide."""
    for width, screen in (("390", PHONE), ("1366", DESK)):
        page.set_viewport_size(screen)
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
        if runs_scripts:
            assert (name, width, axe_violations(page)) == (name, width, [])
            assert (name, width, scrolls_sideways(page)) == (name, width, False)


def test_a_paper_is_registered_by_one_and_confirmed_by_another(
    counter: Counter, request: pytest.FixtureRequest
) -> None:
    runs_scripts = "[with-javascript]" in request.node.name
    look = partial(look_at, runs_scripts=runs_scripts)
    case = a_project(to=StepKind.DECISION)
    recorder, confirmer = keepers(AT)[:2]
    chair, page = holder("HQ-CHAIR"), counter.page
    case_url = f"/p/{case.reference}/"
    paper_url = f"{case_url}steps/{the_slot(case).pk}/paper/"

    counter.log_in(recorder, case_url)
    look(page, "case-before")
    counter.press("紙の決裁を登録する")
    look(page, "form")
    counter.fill({"comment": WORDS, "decided_on": "2026-05-01"})
    counter.press("登録して確認を求める")
    counter.sees("入力を確認してください", "紙の決裁のスキャンを選んでください。")
    look(page, "form-refused")
    counter.fill({"decided_by": chair.pk, "decided_on": "2026-05-11", "reason": WHY})
    page.check("input[name=outcome][value=ADOPTED]")
    page.set_input_files(
        "input[name=scan]",
        {"name": "決裁.pdf", "mimeType": "application/pdf", "buffer": SCAN},
    )
    counter.press("登録して確認を求める")
    counter.sees("登録した方は、ご自身で確認できません。", WORDS, WHY)
    look(page, "waiting-recorder")

    counter.log_in(chair, case_url)
    counter.sees("紙の決裁が登録され、確認を待っています")
    look(page, "case-holder")
    counter.press("登録の内容を見る")
    look(page, "waiting-holder")

    counter.log_in(confirmer)
    look(page, "home")
    page.get_by_role("link", name=case.title).first.click()
    page.wait_for_url(f"**{paper_url}")
    look(page, "waiting-confirmer")
    with page.expect_download() as scan:
        counter.press("スキャンを開く")
    assert Path(scan.value.path()).read_bytes() == SCAN
    counter.press("確認して記録する")
    counter.sees("確認の欄に印を付けてください。")
    page.check("[name=confirmed]")
    counter.press("確認して記録する")
    counter.sees("の紙の決裁を確認し、「採択」として記録しました。")
    look(page, "case-after")

    said = Decision.objects.get(project=case, outcome=Outcome.ADOPTED)
    for name, url in (
        ("evidence", f"{case_url}decisions/{said.pk}/"),
        ("kessai", f"{case_url}kessai/"),
        ("history", f"{case_url}history/"),
    ):
        page.goto(counter.url + url)
        counter.sees("紙で決裁", recorder.name, confirmer.name)
        look(page, name)
        if name == "evidence":
            if not runs_scripts:  # with them, what was computed anew comes by itself
                counter.press("照合する")
            page.get_by_text("下の7つをすべて計算し直しました。").wait_for()
            title = "判断の根拠と照合" if runs_scripts else "判断の照合"
            assert page.title().startswith(f"{title}：")
            counter.sees("記録と一致しています。", "紙の決裁のスキャンは、台帳の照合番号と一致")
            look(page, "checks")
    counter.log_in(holder("AUDITOR"), "/ledger/")
    look(page, "ledger")
