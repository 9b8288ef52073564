"""The plan's content: what the shipped file fills, and that rows of the secretariat win."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

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
from bpr_projects.plan import LISTS, load_plan
from tests.fixtures_city import CITIES

if TYPE_CHECKING:
    from pathlib import Path

    from django.db.models import Model

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PLAN = CITIES / "plan.toml"


def counts() -> dict[str, int]:
    return {name: model._default_manager.count() for name, (model, _make) in LISTS.items()}


def test_the_shipped_file_fills_every_list() -> None:
    assert load_plan(PLAN)

    assert counts() == {
        "areas": 10,
        "principles": 6,
        "articles": 12,
        "upper_plans": 6,
        "trends": 8,
        "figures": 4,
        "tools": 7,
        "terms": 44,
        "unit_prices": 1,
    }


def test_the_terms_are_the_plan_s_and_those_of_deciding() -> None:
    load_plan(PLAN)

    assert GlossaryTerm.objects.filter(source="計画 4. 用語集").count() == 23
    assert GlossaryTerm.objects.filter(source="決裁用語").count() == 21
    assert GlossaryTerm.objects.get(word="ノーコード").meaning == (
        "プログラム言語を使わずに、アプリや Web サービスを開発する手法である。"
    )
    headings = list(GlossaryTerm.objects.values_list("heading", flat=True))
    assert headings == sorted(headings)


def test_the_principles_are_named_as_the_plan_prints_them() -> None:
    load_plan(PLAN)

    assert list(Principle.objects.values_list("code", "name", "subtitle")) == [
        ("N1", "利用者のニーズと考え方から出発する", "サービスデザイン・カスタマージャーニー"),
        (
            "N2",
            "最初から最後までオンラインで完結する行政手続",
            "デジタルファーストかつエンドツーエンド",
        ),
        ("N3", "実行しながら改善を続ける", "チャレンジ&アジャイル"),
        ("N4", "市民サービス・業務のあり方に課題意識を持つ", ""),
        ("N5", "組織横断で取り組み効果を最大化する", ""),
        ("N6", "誰一人取り残さない", ""),
    ]


def test_the_articles_are_read_under_a_principle_until_the_secretariat_says_otherwise() -> None:
    load_plan(PLAN)

    proposed = dict(DesignArticle.objects.values_list("number", "principle__code"))
    assert [proposed[number] for number in range(1, 13)] == [
        *("N1", "N4", "N2", "N6", "N1", "N2"),
        *("N1", "N5", "N5", "N3", "N3", "N4"),
    ]


@pytest.mark.parametrize("model", [Principle, DesignArticle, Tool, PlanFigure, UnitPrice])
def test_what_the_plan_does_not_say_is_marked(model: type[Model]) -> None:
    load_plan(PLAN)

    marks = set(model._default_manager.values_list("is_unchecked", flat=True))
    assert marks == {True}


def test_of_the_plans_above_one_item_is_printed_and_of_the_terms_the_plan_s_own() -> None:
    load_plan(PLAN)

    [known] = UpperPlanItem.objects.filter(is_unchecked=False)
    assert known.name == "経営戦略3 まちの経営力を高める"
    printed = GlossaryTerm.objects.filter(is_unchecked=False)
    assert set(printed.values_list("source", flat=True)) == {"計画 4. 用語集"}
    assert printed.count() == 23


def test_what_the_text_lacks_has_a_row_to_be_filled() -> None:
    load_plan(PLAN)

    assert list(PlanFigure.objects.values_list("place", "text")) == [
        ("2-2", ""),
        ("2-4", ""),
        ("2-6", ""),
        ("2-7", ""),
    ]
    goal = UpperPlanItem.objects.get(source="計画 2-2")
    assert (goal.name, goal.is_unchecked) == ("スマート行政を実現するための目標", True)


def test_the_trends_are_in_the_order_of_months() -> None:
    load_plan(PLAN)

    months = list(NationalTrend.objects.values_list("month", flat=True))
    assert (months[0], months[-1]) == (date(2023, 5, 1), date(2026, 1, 1))


def test_a_second_load_changes_nothing() -> None:
    load_plan(PLAN)
    Principle.objects.filter(code="N1").update(question="市の問い")
    before = counts()

    assert not load_plan(PLAN)

    assert counts() == before
    assert Principle.objects.get(code="N1").question == "市の問い"


def test_an_older_database_gets_the_lists_it_lacks_and_keeps_its_own() -> None:
    Area.objects.create(code="P1", name="市の取組", is_priority=True, order=1)
    UnitPrice.objects.create(starts_on=date(2026, 4, 1), yen_per_hour=3000, basis="人件費")

    assert load_plan(PLAN)

    assert counts() | {"areas": 1, "unit_prices": 1} == counts()
    assert GlossaryTerm.objects.exists()


def test_a_file_that_lacks_a_list_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "plan.toml"
    broken.write_text("areas = []\n", encoding="utf-8")

    with pytest.raises(KeyError, match="principles"):
        load_plan(broken)
