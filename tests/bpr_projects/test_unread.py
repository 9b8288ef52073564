"""Cells that cannot be read: all others are kept, the stored answer stays, and each is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpr_projects import sheet
from bpr_projects.forms import SheetForm
from bpr_projects.forms.sheet import data_of
from bpr_projects.sheet import Kind
from bpr_projects.sheet.values import is_empty
from tests.bpr_projects.test_forms import LISTS
from tests.make import SHEET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.once

GOOD: Final[dict[Kind, tuple[str, Any]]] = {
    Kind.LINE: ("窓口", "窓口"),
    Kind.TEXT: ("窓口", "窓口"),
    Kind.COUNT: ("12", 12),
    Kind.YEN: ("12", 12),
    Kind.DECIMAL: ("12.5", 12.5),
    Kind.DAY: ("R8.12.1", "2026-12-01"),
    Kind.PATH: ("R8=38", [{"year": 2026, "value": 38}]),
    Kind.PEOPLE: ("", []),
}
"""Kind -> what is typed and how it is stored."""
BAD: Final = {Kind.LINE: "長" * 4001, Kind.TEXT: "長" * 4001}
UNREAD: Final = "あ\x00い"
TYPED: Final = [each for each in sheet.FIELDS if each.kind in GOOD]
ROWED: Final = [each for each in sheet.FIELDS if each.kind == Kind.ROWS]
NOTED: Final = [each for each in sheet.FIELDS if each.kind == Kind.NOTES]


def a_form(typed: Mapping[str, Any]) -> SheetForm:
    form = SheetForm(dict(typed), lists=LISTS)
    form.is_valid()
    return form


def cells() -> Iterator[tuple[str, sheet.Field]]:
    """Every cell into which somebody types, with three rows of each question."""
    yield from ((each.name, each) for each in TYPED)
    for spec in NOTED:
        yield from ((f"{spec.name}-N{n}", spec) for n in range(1, 7))
    for spec in ROWED:
        for index in range(3):
            for cell in spec.columns:
                if cell.kind in GOOD:
                    yield sheet.cell_name(spec, index, cell), cell


def stored_at(answers: Mapping[str, Any], name: str) -> Any:
    """The answer of a cell by the name of its field."""
    question, *path = name.split("-")
    value = answers.get(question)
    for step in path:
        if isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = (value or {}).get(step)
    return value


CELLS: Final = dict(cells())


@given(st.dictionaries(st.sampled_from(sorted(CELLS)), st.booleans(), min_size=1))
def test_every_cell_is_stored_or_named_as_unsaved(readable: dict[str, bool]) -> None:
    whole = {f"{each.name}-{n}-{each.columns[0].name}": True for each in ROWED for n in range(3)}
    sent = whole | readable
    typed = {
        name: _good(CELLS[name])[0] if is_read else BAD.get(CELLS[name].kind, UNREAD)
        for name, is_read in sent.items()
    }
    form = a_form(typed)

    answers = form.over({})
    assert set(form.errors) == {name for name, is_read in sent.items() if not is_read}
    for name, is_read in sent.items():
        expected = _good(CELLS[name])[1] if is_read else None
        assert (stored_at(answers, name) or None) == (expected or None), name


def _good(spec: sheet.Field) -> tuple[str, Any]:
    return GOOD[Kind.LINE if spec.kind == Kind.NOTES else spec.kind]


@given(st.sets(st.sampled_from(sorted(data_of(SHEET)))))
def test_an_unreadable_cell_stays_as_stored(names: set[str]) -> None:
    form = a_form({**data_of(SHEET), **dict.fromkeys(names, UNREAD)})

    kept = {**SHEET, **form.over(SHEET)}
    assert {name: kept[name] for name in SHEET} == SHEET
    assert set(form.errors) == names


KPI: Final = SHEET["kpis"][0]


def test_a_further_row_and_what_stands_beside_are_kept() -> None:
    second = {"kpis-1-name": "待ち時間", "kpis-1-baseline": "90"}
    form = a_form({**data_of(SHEET), **second, "kpis-0-baseline": "約四十"})

    rows = form.over(SHEET)["kpis"]
    assert rows[0] == KPI
    assert (rows[1]["name"], rows[1]["baseline"]) == ("待ち時間", 90)
    assert list(form.errors) == ["kpis-0-baseline"]


def test_a_row_keeps_its_place_while_its_only_cell_cannot_be_read() -> None:
    typed = {"whys-0-why": "長" * 101, "whys-1-why": "様式が別々だから"}
    first = a_form(typed).over({})
    again = a_form(typed).over(first)

    assert again["whys"] == first["whys"] == [{"why": None}, {"why": "様式が別々だから"}]


def test_a_row_does_not_take_over_what_one_before_it_said() -> None:
    stored = {"whys": [{"why": "紙だから"}, {"why": "規則だから"}]}

    assert a_form({"whys-1-why": "長" * 101}).over(stored)["whys"] == [{"why": None}]


def test_a_new_row_does_not_take_over_what_another_said_when_one_was_taken_off() -> None:
    stored = {"whys": [{"why": each} for each in ("紙だから", "規則だから", "様式が別だから")]}
    typed = {"whys-1-why": "規則だから", "whys-2-why": "様式が別だから", "whys-3-why": "長" * 101}

    assert a_form(typed).over(stored)["whys"] == [
        {"why": "規則だから"},
        {"why": "様式が別だから"},
        {"why": None},
    ]


def test_rows_in_which_nothing_could_be_read_are_no_answer() -> None:
    assert is_empty([{"name": None, "unit": ""}])
    assert not is_empty([{"name": None, "baseline": 0}])


def test_rows_are_read_whatever_their_numbers() -> None:
    form = a_form({"whys-100-why": "規則だから", "whys-99-why": "紙だから"})

    assert form.cleaned_data["whys"] == [{"why": "紙だから"}, {"why": "規則だから"}]


def test_a_row_too_many_is_named_cell_by_cell_and_the_others_are_kept() -> None:
    typed = {f"kpis-{n}-{cell}": "1" for n in range(6) for cell in ("name", "unit")}
    form = a_form({**typed, "kpis-5-baseline": "約四十"})

    said = ["指標は5件までです。6件目から後は保存できません。"]
    unread = ["数字で入力してください。小数は2けたまでです（例：12.5）。"]
    assert dict(form.errors) == {
        "kpis-5-name": said,
        "kpis-5-unit": said,
        "kpis-5-baseline": unread,
    }
    assert [row["name"] for row in form.cleaned_data["kpis"]] == ["1"] * 5
