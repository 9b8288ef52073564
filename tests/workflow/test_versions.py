"""Two sheets compared: fields, choices, rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bpr_projects.sheet import Lists
from bpr_projects.sheet.lists import Entry
from workflow.sheet.versions import FieldChange, compared

if TYPE_CHECKING:
    from workflow.sheet.wording import Piece

pytestmark = pytest.mark.once

LISTS = Lists.of([("section", Entry("SHIMIN", "市民課")), ("section", Entry("ZEIMU", "税務課"))])


def changes(
    before: dict[str, Any], after: dict[str, Any], *, is_whole: bool = False
) -> list[FieldChange]:
    return [
        field for part in compared(before, after, LISTS, is_whole=is_whole) for field in part.fields
    ]


def told(pieces: tuple[Piece, ...]) -> str:
    marks = {"": "%s", "ins": "{+%s+}", "del": "[-%s-]"}
    return "".join(marks[piece.op] % piece.text for piece in pieces)


def test_only_what_differs_is_shown_and_all_on_demand() -> None:
    before, after = {"title": "書かない窓口", "cost": 0}, {"title": "書かない窓口", "cost": 680_000}

    assert [(each.name, told(each.pieces)) for each in changes(before, after)] == [
        ("cost", "[-0円-]{+680,000円+}")
    ]
    assert [each.name for each in changes(before, after, is_whole=True)] == ["title", "cost"]
    assert changes(before, before) == []


def test_no_answer_has_no_spelling() -> None:
    assert changes({"journey": "", "is_pilot": False, "whys": []}, {}) == []


def test_a_mark_that_was_set_is_said_in_words() -> None:
    (change,) = changes({}, {"is_pilot": True})

    assert told(change.pieces) == "[-いいえ-]{+はい+}"


def test_each_choice_of_a_list_comes_or_goes_for_itself() -> None:
    (change,) = changes({"sections": ["SHIMIN"]}, {"sections": ["SHIMIN", "ZEIMU"]})

    assert told(change.pieces) == "市民課、{+税務課+}"


def test_rows_are_compared_row_by_row() -> None:
    before = {
        "as_is": [
            {"what": "記入台で記入", "who": "市民", "minutes": 12, "flags": ["PAPER"]},
            {"what": "受付", "who": "市民課", "minutes": 3},
            {"what": "台帳へ転記", "who": "市民課", "minutes": 8},
        ]
    }
    after = {
        "as_is": [
            {"what": "記入台で記入", "who": "市民", "minutes": 10, "flags": ["PAPER"]},
            {"what": "受付", "who": "市民課", "minutes": 3},
            {"what": "交付", "who": "市民課", "minutes": 2},
        ]
    }

    (change,) = changes(before, after)

    assert [row.mark for row in change.rows] == ["mod", "", "ins", "del"]
    assert [told(cell.pieces) for cell in change.rows[0].cells] == [
        "記入台で記入",
        "市民",
        "[-12分-]{+10分+}",
        "紙",
    ]


def test_notes_on_principles_are_compared_one_by_one() -> None:
    (change,) = changes({"principles": {"N1": "市民の声"}}, {"principles": {"N2": "通年"}})

    assert [(row.mark, told(row.cells[0].pieces)) for row in change.rows] == [
        ("del", "[-市民の声-]"),
        ("ins", "{+通年+}"),
    ]


def test_what_a_change_asks_for_stands_above_the_sheet() -> None:
    parts = compared(
        {"cost": 100, "ends_on": "2027-03-31"},
        {"cost": 900, "ends_on": "2027-03-31", "what": "機器を増やす", "beyond": ["費用"]},
        LISTS,
        is_whole=False,
    )

    assert [part.title for part in parts] == ["変更で求めること", "進め方・費用"]
    assert [field.name for field in parts[0].fields] == ["what", "beyond"]
