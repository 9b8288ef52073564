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
    Principle,
    Tool,
    UnitPrice,
    UpperPlanItem,
)
from bpr_projects.plan import LISTS, load_plan
from tests.fixtures_city import CITIES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

PLAN = CITIES / "plan.toml"


def counts() -> dict[str, int]:
    return {name: model._default_manager.count() for name, (model, _make) in LISTS.items()}


def test_the_shipped_file_fills_every_list() -> None:
    assert load_plan(PLAN)

    assert counts() == {
        "areas": 10,
        "principles": 6,
        "articles": 12,
        "upper_plans": 5,
        "trends": 8,
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


def test_what_the_plan_does_not_say_is_marked() -> None:
    load_plan(PLAN)

    assert not Tool.objects.filter(is_unchecked=False).exists()
    assert not DesignArticle.objects.filter(is_unchecked=False).exists()
    [known] = UpperPlanItem.objects.filter(is_unchecked=False)
    assert known.name == "経営戦略3 まちの経営力を高める"


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
