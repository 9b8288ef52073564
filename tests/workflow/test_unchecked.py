"""要確認: wherever something is offered or shown that nobody has made sure of, the page says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine

from bpr_projects import glossary
from bpr_projects.models import (
    Area,
    DesignArticle,
    GlossaryTerm,
    NationalTrend,
    PlanFigure,
    Principle,
    Tool,
    UnitPrice,
    UpperPlanItem,
)
from bpr_projects.sheet import Lists
from tests.make import AT, TODAY, a_draft, a_project
from tests.workflow.pages import client_of, text_of
from workflow.enums import StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoAssertNumQueries

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

QUESTION = "利用者の立場で、本質的な課題を捉えていますか。"
ARTICLE = "第1条　利用者のニーズから出発する"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def sheet_of(who: str = "LEADER-SHIMIN") -> str:
    draft = a_draft()
    return text_of(client_of(who).get(f"/p/{draft.reference}/edit/"))


def confirm_everything() -> None:
    """As the 事務局 does, row by row."""
    for model in (Principle, DesignArticle, UpperPlanItem, Tool, GlossaryTerm, UnitPrice):
        model._default_manager.update(is_unchecked=False)


# --- the sheet -------------------------------------------------------------------------------


def test_what_is_not_sure_is_marked_where_the_sheet_offers_it() -> None:
    page = sheet_of()

    assert "AI-OCR（要確認）</option>" in page
    assert f"{QUESTION}（要確認）" in page
    assert "自治体DX推進計画（第4.0版以降）　重点取組事項（要確認）" in page
    assert "第7次鹿角市総合計画　経営戦略3 まちの経営力を高める</span>" in page
    assert "本計画の目的　スマート行政を実現するための目標（要確認）" in page
    assert "から）（要確認）" in page


def test_an_article_shows_under_which_principle_the_city_reads_it() -> None:
    DesignArticle.objects.filter(number=2).update(principle=None)

    lists = Lists.read(TODAY)

    assert [(each.name, each.note) for each in lists.offered("article")][:2] == [
        (ARTICLE, "基本理念：利用者のニーズと考え方から出発する（要確認）"),
        ("第2条　事実を詳細に把握する", "対応する基本理念：要確認"),
    ]
    assert f"{ARTICLE}<small>基本理念：利用者のニーズと考え方から出発する（要確認）</small>" in (
        sheet_of()
    )


def test_what_the_secretariat_has_confirmed_is_not_marked_any_more() -> None:
    confirm_everything()

    page = sheet_of()

    assert "要確認" not in page
    assert f"{ARTICLE}<small>基本理念：利用者のニーズと考え方から出発する</small>" in page


# --- case, review, print ---------------------------------------------------------------------


def test_a_chosen_tool_is_marked_on_the_case_and_before_the_submit() -> None:
    case, draft = a_project(), a_draft()
    leader = client_of("LEADER-SHIMIN")

    page = text_of(leader.get(f"/p/{case.number}/"))
    assert "マイナンバーカード（要確認）" in page
    assert "から（要確認）" in page
    before = text_of(leader.get(f"/p/{draft.reference}/confirm/"))
    assert "マイナンバーカード（要確認）" in before
    assert "から）（要確認）" in before


def test_the_question_of_a_principle_is_marked_on_the_review_sheet() -> None:
    case = a_project(to=StepKind.REVIEW)

    page = text_of(client_of("PT-FUKUSHI").get(f"/p/{case.number}/decide/"))

    assert f"<small>{QUESTION}（要確認）</small>" in page
    assert "利用者のニーズと考え方から出発する</b>" in page


# --- the glossary ----------------------------------------------------------------------------


def test_the_words_of_deciding_are_marked_in_the_glossary_and_where_they_are_explained() -> None:
    page = text_of(client_of("LEADER-ZEIMU").get("/glossary/"))
    assert page.count(">要確認</span>") == 21

    glossary.shelf.clear()
    assert "採択は" in sheet_of()
    term = next(each for each in glossary.shelf.read() if each.word == "採択")
    assert f"{term.meaning}（要確認）" in sheet_of()


# --- 計画と国の動向 --------------------------------------------------------------------------


def test_everybody_reads_what_the_plan_stands_on_with_its_source() -> None:
    page = text_of(client_of("LEADER-ZEIMU").get("/plan/"))

    assert "令和5年5月" in page
    assert "デジタル手続法の改定（アナログ規制改革）" in page
    assert page.count("出典：計画 1-4(1)") == 8
    assert page.count("出典：計画 1-3") == 5
    assert "（サービスデザイン・カスタマージャーニー）" in page
    assert page.count("条　") == 12
    assert "計画の内容を編集する" not in page
    assert "計画の内容を編集する" in text_of(client_of("SECRETARIAT").get("/plan/"))


def test_the_page_of_the_plan_asks_a_fixed_number_of_questions(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_of("LEADER-ZEIMU")
    client.get("/plan/")
    with django_assert_num_queries(11):
        client.get("/plan/")

    for number in range(3):
        trend = NationalTrend.objects.create(month=TODAY, title=f"指針の改定{number}")
        trend.areas.set(Area.objects.all()[:2])
    with django_assert_num_queries(11):
        client.get("/plan/")


def test_what_a_figure_shows_is_read_once_the_secretariat_has_written_it_down() -> None:
    client = client_of("LEADER-ZEIMU")
    assert text_of(client.get("/plan/")).count("計画の図をご覧ください。") == 4

    PlanFigure.objects.filter(place="2-4").update(text="業務を変え、時間を生む。")

    page = text_of(client.get("/plan/"))
    assert page.count("計画の図をご覧ください。") == 3
    assert "業務を変え、時間を生む。" in page


def test_a_plan_without_rows_says_so() -> None:
    for model in (NationalTrend, UpperPlanItem, PlanFigure):
        model._default_manager.all().delete()

    assert text_of(client_of("LEADER-ZEIMU").get("/plan/")).count("まだ登録されていません。") == 3
