"""What a reform is worth stands wherever it is judged, in the same words and at the same price."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
import time_machine
from django.utils.timezone import localdate

from bpr_projects.models import UnitPrice
from tests.make import AT, a_draft, a_project, the_slot
from tests.workflow.pages import client_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("office")]

LATER: Final = AT + timedelta(days=3)
RATE: Final = "時間単価 2,500円（令和7年4月1日（火）から）"
PAID: Final[dict[str, Any]] = {"cost": 680_000, "budget_measure": "INITIAL"}
MORE: Final[dict[str, Any]] = {
    "minutes_before": 10,
    "minutes_after": 20,
    "volume": 540,
    "reallocation": "",
}


@pytest.fixture(autouse=True)
def _after_a_new_price() -> Iterator[None]:
    """The case is looked at after the unit price changed."""
    UnitPrice.objects.all().delete()
    UnitPrice.objects.create(starts_on=date(2025, 4, 1), yen_per_hour=2500, basis="令和7年度")
    UnitPrice.objects.create(starts_on=localdate(LATER), yen_per_hour=4000, basis="改定")
    with time_machine.travel(LATER, tick=False):
        yield


def words_at(address: str, post: str = "HEAD-SHIMIN") -> str:
    page = text_of(client_of(post).get(address))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def overview(project: Project) -> str:
    return words_at(f"/p/{project.reference}/")


def paper(project: Project) -> str:
    return words_at(f"/p/{project.reference}/kessai/")


def preview(project: Project) -> str:
    return words_at(f"/inbox/?item={the_slot(project).pk}")


def test_the_case_is_priced_on_the_day_its_text_was_frozen() -> None:
    words = overview(a_project(**PAID))

    assert "効果の見込み 実測" in words
    assert "職員の時間（1年） 567時間の減" in words
    assert "金額に直すと（1年） 1,417.5千円の減" in words
    assert "費用の回収 0.5年" in words
    assert "時間単価 2,500円 令和7年4月1日（火）から" in words


def test_the_paper_says_the_same() -> None:
    words = paper(a_project(**PAID, evidence_kind="ESTIMATED"))

    assert "職員の時間 年 567時間の減、金額に直すと 1,417.5千円の減" in words
    assert RATE in words
    assert "費用の回収 0.5年" in words
    assert "根拠の確かさ：推計" in words


def test_the_preview_says_the_same() -> None:
    words = preview(a_project(**PAID, evidence_kind="ESTIMATED"))

    assert "職員の時間（1年） 567時間の減 推計" in words
    assert "金額に直すと（1年） 1,417.5千円の減" in words
    assert "回収見込み 0.5年" in words
    assert "時間単価 2,500円（令和7年4月1日から）" in words


def test_a_draft_is_priced_as_of_today() -> None:
    draft = a_draft(**PAID)
    words = words_at(f"/p/{draft.reference}/confirm/", "LEADER-SHIMIN")

    assert "金額に直すと 2,268千円の減、費用の回収 0.3年 時間単価 4,000円" in words


@pytest.mark.parametrize("look", [overview, paper, preview])
def test_more_work_is_called_more(look: Any) -> None:
    words = look(a_project(**MORE))

    assert "90時間の増" in words
    assert "225千円の増" in words
    assert "減" not in "".join(re.findall(r"(?:時間|千円)の.", words))


def test_the_last_page_before_submission_calls_more_work_more() -> None:
    draft = a_draft(**MORE)
    words = words_at(f"/p/{draft.reference}/confirm/", "LEADER-SHIMIN")

    assert "職員の時間 年 90時間の増、金額に直すと 360千円の増" in words
    assert "削減" not in words


def test_without_a_price_that_is_said() -> None:
    UnitPrice.objects.all().delete()

    assert "時間単価は登録されていません" in paper(a_project())
