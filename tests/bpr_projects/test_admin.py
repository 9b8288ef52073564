"""The plan's lists: the 事務局 edits them, the administrator looks, nobody else enters."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.contrib import admin
from django.urls import reverse

from bpr_projects.admin import ListAdmin
from bpr_projects.models import (
    Area,
    Closure,
    DesignArticle,
    GlossaryTerm,
    NationalTrend,
    PlanFigure,
    Principle,
    Tool,
    UnitPrice,
    UpperPlanItem,
)
from tests.make import AT
from tests.workflow.pages import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model
    from django.test import Client

    from tests.fixtures_city import City

LISTS = [model for model, page in admin.site._registry.items() if isinstance(page, ListAdmin)]
NAMED = [Area, Principle, DesignArticle, UpperPlanItem, Tool, UnitPrice, PlanFigure]
"""What sheets, scores and computed effects refer to."""

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]


@pytest.fixture(autouse=True)
def _on_the_day() -> Iterator[None]:
    with time_machine.travel(AT):
        yield


@pytest.fixture
def secretariat(office: City) -> Client:
    return client_of("SECRETARIAT")


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def form_of(browser: Client, url: str) -> dict[str, Any]:
    """What the form of a page would send back untouched."""
    form = browser.get(url).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in values.items()}


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model.__name__)
def test_who_gets_which_page(secretariat: Client, model: type[Model]) -> None:
    administrator, leader = client_of("SYSTEM-ADMIN"), client_of("LEADER-SHIMIN")

    assert secretariat.get(address(model, "changelist")).status_code == 200
    assert administrator.get(address(model, "changelist")).status_code == 200
    assert administrator.get(address(model, "add")).status_code == 403
    assert leader.get(address(model, "changelist")).status_code == 302


def test_the_secretariat_sees_nothing_else_of_the_administration(secretariat: Client) -> None:
    index = secretariat.get(reverse("admin:index")).content.decode()

    assert "/admin/bpr_projects/glossaryterm/" in index
    for other in ("roles/user", "records/ledgerentry", "workflow/decision"):
        assert f"/admin/{other}/" not in index
        assert secretariat.get(f"/admin/{other}/").status_code == 403


def test_a_term_is_written_anew_and_a_new_one_stands_last(secretariat: Client) -> None:
    add = address(GlossaryTerm, "add")
    typed = form_of(secretariat, add)
    assert typed["order"] == "45"

    typed |= {"word": "庁議", "heading": "ち", "meaning": "市の会議", "source": "市"}
    assert secretariat.post(add, typed).status_code == 302

    term = GlossaryTerm.objects.get(word="庁議")
    page = address(GlossaryTerm, "change", term.pk)
    secretariat.post(page, form_of(secretariat, page) | {"meaning": "重要な会議"})
    secretariat.post(address(GlossaryTerm, "delete", term.pk), {"post": "yes"})
    assert not GlossaryTerm.objects.filter(word="庁議").exists()


@pytest.mark.parametrize("model", NAMED, ids=lambda model: model.__name__)
def test_what_a_sheet_may_name_is_never_deleted(secretariat: Client, model: type[Model]) -> None:
    row = model._default_manager.all()[0]

    response = secretariat.post(address(model, "delete", row.pk), {"post": "yes"})

    assert response.status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


def test_a_code_is_never_changed(secretariat: Client) -> None:
    tool = Tool.objects.get(code="T-RPA")
    page = address(Tool, "change", tool.pk)

    secretariat.post(page, form_of(secretariat, page) | {"code": "X", "name": "庁内RPA"})

    tool.refresh_from_db()
    assert (tool.code, tool.name) == ("T-RPA", "庁内RPA")


@pytest.mark.parametrize("model", [Principle, DesignArticle])
def test_the_plan_has_six_principles_and_twelve_articles(
    secretariat: Client, model: type[Model]
) -> None:
    assert secretariat.get(address(model, "add")).status_code == 403


def test_what_is_to_be_confirmed_is_found_and_confirmed(secretariat: Client) -> None:
    listed = address(DesignArticle, "changelist")
    article = DesignArticle.objects.get(number=1)
    page = address(DesignArticle, "change", article.pk)
    principle = Principle.objects.get(code="N1")

    typed = form_of(secretariat, page) | {"principle": principle.pk}
    typed.pop("is_unchecked")
    secretariat.post(page, typed)

    article.refresh_from_db()
    assert (article.principle, article.is_unchecked) == (principle, False)
    rows = secretariat.get(f"{listed}?is_unchecked__exact=1").context["cl"].result_list
    assert len(rows) == 11


def test_a_trend_may_go(secretariat: Client) -> None:
    trend = NationalTrend.objects.all()[0]

    secretariat.post(address(NationalTrend, "delete", trend.pk), {"post": "yes"})

    assert not NationalTrend.objects.filter(pk=trend.pk).exists()


def test_a_price_of_the_past_stays_and_one_to_come_changes(secretariat: Client) -> None:
    past = UnitPrice.objects.get()
    later = UnitPrice.objects.create(
        starts_on=date(2028, 4, 1), yen_per_hour=2600, basis="人件費の改定"
    )

    started = address(UnitPrice, "change", past.pk)
    wrong = {"starts_on": "2028-05-01", "yen_per_hour": 1, "basis": "給与の決算"}
    secretariat.post(started, wrong)
    page = address(UnitPrice, "change", later.pk)
    secretariat.post(page, form_of(secretariat, page) | {"yen_per_hour": 2700})

    past.refresh_from_db()
    later.refresh_from_db()
    assert (past.starts_on, past.yen_per_hour) == (date(2026, 4, 1), 2500)
    assert (past.basis, past.is_unchecked) == ("給与の決算", False)
    assert later.yen_per_hour == 2700


def test_no_price_begins_in_the_past(secretariat: Client) -> None:
    later = UnitPrice.objects.create(
        starts_on=date(2028, 4, 1), yen_per_hour=2600, basis="人件費の改定"
    )
    before = list(UnitPrice.objects.values_list())
    new = {"starts_on": "2026-05-01", "yen_per_hour": 9999, "basis": "取り違え"}
    moved = address(UnitPrice, "change", later.pk)

    added = secretariat.post(address(UnitPrice, "add"), new)
    changed = secretariat.post(moved, form_of(secretariat, moved) | {"starts_on": "2026-05-01"})

    for answer in (added, changed):
        assert "明日以降の日を入れてください。" in answer.content.decode()
    assert list(UnitPrice.objects.values_list()) == before


def typed_day(day: str) -> dict[str, str]:
    return {"day": day, "reason": "創立記念日"}


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-05-10", "過ぎた日は登録できません。これまでの日数の数え方が変わるためです。"),
        (
            "2026-05-16",
            "令和8年5月16日は土曜日のため、もともと休みです。登録は要りません。",
        ),
        (
            "2026-11-23",
            "令和8年11月23日は勤労感謝の日のため、もともと休みです。登録は要りません。",
        ),
        (
            "2026-12-29",
            "令和8年12月29日は年末年始のため、もともと休みです。登録は要りません。",
        ),
        ("2026-07-15", "令和8年7月15日は、すでに閉庁日です（理由：庁舎点検）。"),
        ("2101-01-04", "2100年までの日を入れてください。"),
        ("きのう", "日付を正しく入力してください。"),
    ],
)
def test_a_day_that_is_no_closure_is_refused_beside_the_field(
    secretariat: Client, day: str, why: str
) -> None:
    known = Closure.objects.create(day=date(2026, 7, 15), reason="庁舎点検")

    answer = secretariat.post(address(Closure, "add"), typed_day(day))

    form = answer.context["adminform"].form
    assert form.errors == {"day": [why]}
    assert (form["day"].value(), form["reason"].value()) == (day, "創立記念日")
    assert list(Closure.objects.all()) == [known]


@pytest.mark.parametrize("day", [date(2026, 5, 11), date(2026, 7, 15)])
def test_a_closure_comes_moves_and_goes_while_it_has_not_been(
    secretariat: Client, day: date
) -> None:
    add = address(Closure, "add")
    assert "すでにお知らせした期限は動きません。" in secretariat.get(add).content.decode()

    assert secretariat.post(add, typed_day(f"{day}")).status_code == 302
    closure = Closure.objects.get(day=day)
    page = address(Closure, "change", closure.pk)
    secretariat.post(page, form_of(secretariat, page) | {"day": "2026-07-16"})
    closure.refresh_from_db()
    assert closure.day == date(2026, 7, 16)
    secretariat.post(address(Closure, "delete", closure.pk), {"post": "yes"})

    assert not Closure.objects.exists()


def test_of_a_closure_that_has_been_only_the_reason_is_put_right(secretariat: Client) -> None:
    past = Closure.objects.create(day=date(2026, 5, 8), reason="点検")
    page = address(Closure, "change", past.pk)

    deleted = secretariat.post(address(Closure, "delete", past.pk), {"post": "yes"})
    secretariat.post(page, {"day": "2026-07-15", "reason": "庁舎点検"})

    past.refresh_from_db()
    assert deleted.status_code == 403
    assert (past.day, past.reason) == (date(2026, 5, 8), "庁舎点検")


def test_a_nul_in_the_address_of_a_list_is_refused(office: City) -> None:
    answer = client_of("SECRETARIAT").get("/admin/bpr_projects/glossaryterm/?source=%00")

    assert answer.status_code == 400
    assert "送られた内容を受け取れませんでした" in answer.content.decode()
