"""The sheet as a table of fields: what is missing, contradicts, differs, saves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpr_projects.sheet import (
    BY_NAME,
    FIELDS,
    PARTS,
    Effect,
    contradictions,
    differences,
    effect_of,
    malformed,
    missing,
)
from tests.make import SHEET, TODAY
from workflow.routing import FACTS

WHOLE = {**SHEET, "section": "SHIMIN"}


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
        ({"title": None, "kpi_source": ""}, ["title", "kpi_source"]),
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
        ({"kpi_target": 42}, ["kpi_target"]),
        ({"kpi_baseline": 0, "kpi_target": 0}, ["kpi_target"]),
        ({"kpi_baseline": "", "kpi_target": ""}, []),
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
        {"kpi_target": "1000000000.01"},
        {"kpi_baseline": -1_000_000_001},
        {"starts_on": "7月"},
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
    after = WHOLE | {"kpi_target": 20, "title": "別の題"}

    found = [(each.field.name, each.before, each.after) for each in differences(WHOLE, after)]

    assert found == [("title", "書かない窓口", "別の題"), ("kpi_target", 25, 20)]
    assert differences(WHOLE, WHOLE) == []
