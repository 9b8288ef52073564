"""The sheet as a table of fields: what is missing, contradicts, differs, saves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpr_projects.sheet import (
    BY_NAME,
    CHECKS,
    FIELDS,
    PARTS,
    SHOWN,
    Effect,
    Kind,
    Lists,
    contradictions,
    differences,
    effect_of,
    malformed,
    missing,
    shown,
    table_of,
    unfinished,
)
from bpr_projects.sheet.lists import PERSON, Entry
from roles.models import Section
from tests.make import SHEET, TODAY, holder
from workflow.routing import FACTS

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

WHOLE = {**SHEET, "section": "SHIMIN"}
KPI = SHEET["kpis"][0]
KPI_NEEDS = ("unit", "baseline", "target", "target_on", "source")
NAMES = Lists.of(
    [
        ("area", Entry("P2", "窓口改革")),
        ("section", Entry("SHIMIN", "市民課")),
        ("section", Entry("OLD", "旧課", is_offered=False)),
        ("tool", Entry("T-CARD", "マイナンバーカード")),
        ("article", Entry("3", "第3条　エンドツーエンドで考える")),
        ("principle", Entry("N1", "利用者のニーズから出発する")),
        (PERSON, Entry("000123", "成田 花子")),
    ]
)


def test_names_are_unique_and_parts_are_known() -> None:
    assert len(BY_NAME) == len(FIELDS)
    assert list(dict.fromkeys(field.part for field in FIELDS)) == list(PARTS)


def test_the_sheet_knows_which_answers_drive_the_route() -> None:
    drives = {field.name for field in FIELDS if field.drives_route}

    assert drives == {*FACTS, "sections"} - {"section_count"}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"title": ""}, ["title"]),
        ({"title": None, "kpis": []}, ["title", "kpis"]),
        ({"principles": {}}, ["principles"]),
        ({"cost": 0, "volume": 0}, []),
        ({"sections": [], "is_pilot": None}, []),
    ],
)
def test_what_is_missing(changes: dict[str, Any], names: list[str]) -> None:
    assert [field.name for field in missing(WHOLE | changes)] == names


def test_an_empty_sheet_lacks_everything_that_is_required() -> None:
    assert missing({}) == [field for field in FIELDS if field.required]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"ends_on": "2026-07-01"}, ["ends_on"]),
        ({"ends_on": ""}, []),
        ({"is_pilot": True}, ["pilot_months"]),
        ({"is_pilot": True, "pilot_months": 3}, []),
        ({"has_my_number": True}, ["has_personal_data"]),
        ({"has_my_number": True, "has_personal_data": True}, []),
        ({"cost": 1}, ["budget_measure"]),
        ({"cost": 1, "budget_measure": "INITIAL"}, []),
        ({"budget_measure": "SUPPLEMENTARY"}, ["budget_request"]),
        ({"budget_measure": "SUPPLEMENTARY", "budget_request": "JUNE"}, []),
        ({"kpis": [KPI | {"target": 42}]}, ["kpis-0-target"]),
        ({"kpis": [KPI | {"baseline": 0, "target": 0}]}, ["kpis-0-target"]),
        ({"kpis": [KPI | {"baseline": None, "target": None}]}, []),
        ({"kpis": [KPI, KPI]}, ["kpis-1-name"]),
        ({"affects_citizens": True, "alternative": ""}, ["alternative"]),
        ({"affects_citizens": True}, []),
        ({"uses_ai": True, "safeguards": ""}, ["safeguards"]),
        ({"crosses_networks": True}, []),
        ({"simplify": ["KEEP"]}, []),
        ({"simplify": ["KEEP", "STOP"]}, ["simplify"]),
        ({"to_be": []}, ["to_be"]),
        ({"as_is": []}, ["as_is"]),
        ({"as_is": [], "to_be": []}, []),
        ({"reallocation": ""}, ["reallocation"]),
        ({"reallocation": "NONE"}, ["reallocation"]),
        ({"reallocation": "NONE", "minutes_after": 42}, []),
    ],
)
def test_what_contradicts(changes: dict[str, Any], names: list[str]) -> None:
    assert [name for name, _sentence in contradictions(WHOLE | changes, TODAY)] == names


@pytest.mark.parametrize(
    ("on", "names"), [(date(2027, 3, 30), []), (date(2027, 3, 31), ["ends_on"])]
)
def test_the_end_is_still_to_come(on: date, names: list[str]) -> None:
    assert [name for name, _sentence in contradictions(WHOLE, on)] == names


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "あ" * 31},
        {"problem": "x\0"},
        {"volume": -1},
        {"volume": "10"},
        {"cost": 10_000_000_001},
        {"minutes_before": "many"},
        {"minutes_before": "Infinity"},
        {"minutes_before": "NaN"},
        {"minutes_before": -1},
        {"starts_on": "7月"},
        {"starts_on": 20260701},
        {"is_pilot": "yes"},
        {"trigger": "RUMOUR"},
        {"tool": "T" * 21},
        {"simplify": "STOP"},
        {"simplify": ["RUMOUR"]},
        {"articles": ["1"]},
        {"principles": ["N1"]},
        {"principles": {"N1": "長" * 201}},
        {"partners": ["1"] * 11},
        {"partners": [17]},
        {"kpis": "42"},
        {"kpis": [KPI] * 6},
        {"kpis": [{**KPI, "more": "?"}]},
        {"whys": ["なぜ"]},
    ],
)
def test_what_is_not_of_its_kind(changes: dict[str, Any]) -> None:
    assert [name for name, _sentence in malformed(WHOLE | changes)] == list(changes)


def test_a_whole_sheet_is_well_formed() -> None:
    assert list(malformed(WHOLE)) == []


@pytest.mark.parametrize(
    ("answers", "effect"),
    [
        ({}, Effect(hours=0, yen=0, payback_years=None)),
        (SHEET, Effect(hours=567, yen=1_701_000, payback_years=None)),
        (
            SHEET | {"cost": 680_000},
            Effect(hours=567, yen=1_701_000, payback_years=Decimal("0.4")),
        ),
        (
            SHEET | {"minutes_after": 60, "cost": 1},
            Effect(hours=-600, yen=-1_800_000, payback_years=None),
        ),
        (SHEET | {"minutes_after": "42.0"}, Effect(hours=0, yen=0, payback_years=None)),
        (SHEET | {"minutes_after": None}, Effect(hours=0, yen=0, payback_years=None)),
        (
            SHEET | {"cost": 680_000, "running_cost": 1_361_000},
            Effect(hours=567, yen=1_701_000, payback_years=Decimal("2.0")),
        ),
        (
            SHEET | {"cost": 680_000, "running_cost": 1_701_000},
            Effect(hours=567, yen=1_701_000, payback_years=None),
        ),
        (
            SHEET
            | {
                "citizen_minutes_before": 90,
                "citizen_minutes_after": 30,
                "visits_before": 1.5,
                "visits_after": 1,
            },
            Effect(567, 1_701_000, None, citizen_hours=2000, visits=1000),
        ),
    ],
)
def test_the_effect_in_hours_yen_and_years(answers: dict[str, Any], effect: Effect) -> None:
    assert effect_of(answers, yen_per_hour=3000) == effect


@given(
    volume=st.integers(0, 10_000_000),
    before=st.decimals(0, 100_000, places=1),
    after=st.decimals(0, 100_000, places=1),
    price=st.integers(0, 100_000),
)
def test_less_work_is_never_called_more(
    volume: int, before: Decimal, after: Decimal, price: int
) -> None:
    sheet = {"volume": volume, "minutes_before": str(before), "minutes_after": str(after)}

    effect = effect_of(sheet, yen_per_hour=price)

    assert (effect.hours > 0) <= (before > after)
    assert (effect.hours < 0) <= (before < after)
    assert effect.yen == effect.hours * price


def test_differences_are_in_the_order_of_the_sheet() -> None:
    kpis = [KPI | {"target": 20}]
    after = WHOLE | {"kpis": kpis, "title": "別の題", "whys": [], "uses_ai": False}

    found = [(each.field.name, each.before, each.after) for each in differences(WHOLE, after)]

    assert found == [("title", "書かない窓口", "別の題"), ("kpis", [KPI], kpis)]
    assert differences(WHOLE, WHOLE) == []


# --- cells -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"kpis": [KPI | {"unit": "", "source": None}]}, ["kpis-0-unit", "kpis-0-source"]),
        ({"kpis": [KPI, {"name": "件数"}]}, [f"kpis-1-{name}" for name in KPI_NEEDS]),
        ({"whys": [{"why": ""}]}, ["whys-0-why"]),
        ({"as_is": [{"what": "書く"}]}, []),
    ],
)
def test_rows_that_were_begun_are_finished(changes: dict[str, Any], names: list[str]) -> None:
    assert [name for name, _sentence in unfinished(WHOLE | changes)] == names


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("unit", "長" * 13),
        ("target", "1000000000.01"),
        ("baseline", -1_000_000_001),
        ("target_on", "来年"),
        ("frequency", "SOMETIMES"),
        ("steps", [{"year": 2026}]),
        ("steps", [{"year": "2026", "value": 1}]),
    ],
)
def test_what_is_wrong_in_a_row_is_said_of_its_cell(cell: str, value: Any) -> None:
    sheet = WHOLE | {"kpis": [KPI, KPI | {cell: value}]}

    assert [name for name, _sentence in malformed(sheet)] == [f"kpis-1-{cell}"]


# --- words -----------------------------------------------------------------------------------


def test_every_kind_is_checked_and_shown() -> None:
    assert set(CHECKS) == set(SHOWN) == set(Kind)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("title", "書かない窓口", "書かない窓口"),
        ("title", "", "－"),
        ("title", None, "－"),
        ("volume", 2000, "2,000件"),
        ("volume", 0, "0件"),
        ("minutes_before", 7.5, "7.5分"),
        ("starts_on", "2026-07-01", "令和8年7月1日（水）"),
        ("uses_ai", True, "はい"),
        ("uses_ai", None, "いいえ"),
        ("trigger", "VOICE", "市民の声"),
        ("area", "P2", "窓口改革"),
        ("tool", "T-CARD", "マイナンバーカード"),
        ("tool", "NONE", "使えるものはない"),
        ("tool", "T-GONE", "T-GONE"),
        ("sections", ["SHIMIN", "OLD"], "市民課、旧課"),
        ("articles", [3], "第3条　エンドツーエンドで考える"),
        ("principles", {"N1": "書かない。"}, "利用者のニーズから出発する：書かない。"),
        ("partners", ["000123", "9"], "成田 花子（000123）、9"),
        ("whys", [{"why": "紙だから"}, {"why": "規則だから"}], "1　紙だから\n2　規則だから"),
        (
            "as_is",
            [{"what": "書く", "who": "市民", "minutes": 20, "flags": ["PAPER", "SEAL"]}],
            "1　書く／だれが 市民／時間 20分／つまずき 紙、押印",
        ),
    ],
)
def test_answers_in_words(name: str, value: Any, text: str) -> None:
    assert shown(BY_NAME[name], value, NAMES) == text


def test_rows_and_notes_are_tables() -> None:
    steps = [{"year": 2026, "value": 38}, {"year": 2027, "value": 30.5}]
    table = table_of(BY_NAME["kpis"], [KPI | {"steps": steps}], NAMES)
    notes = table_of(BY_NAME["principles"], {"N1": "書かない。"}, NAMES)

    assert table is not None
    assert table.head[:2] == ("指標の名前", "単位")
    assert table.body == (
        (
            "平均手続時間",
            "分",
            "42",
            "25",
            "令和9年3月31日（水）",
            "発券機の記録",
            "毎月",
            "令和8年度 38、令和9年度 30.5",
        ),
    )
    assert notes is not None
    assert notes.body == (("利用者のニーズから出発する", "書かない。"),)
    assert table_of(BY_NAME["kpis"], [], NAMES) is None
    assert table_of(BY_NAME["title"], "題", NAMES) is None


def test_lists_are_read_in_one_query(
    office: City, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    person = holder("LEADER-ZEIMU")
    Section.objects.filter(code="SPORTS").update(ends_on=TODAY)

    with django_assert_num_queries(1):
        lists = Lists.read(TODAY, people=[person.employee_number])

    assert [each.code for each in lists.offered("area")][:2] == ["P1", "P2"]
    assert [each.code for each in lists.offered("principle")] == [f"N{n}" for n in range(1, 7)]
    assert [each.code for each in lists.offered("article")] == [str(n) for n in range(1, 13)]
    assert "SPORTS" not in {each.code for each in lists.offered("section")}
    assert lists.name("section", "SPORTS") == "スポーツ振興課"
    assert lists.name("article", 1).startswith("第1条")
    assert lists.person(person.employee_number).startswith(person.name)
    assert Lists.read(TODAY).person(person.employee_number) == person.employee_number
