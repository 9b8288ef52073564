"""Two texts compared word by word, as Japanese has words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.sheet.wording import Piece, pieces, replaced


def told(before: str, after: str) -> str:
    marks = {"": "%s", "ins": "{+%s+}", "del": "[-%s-]"}
    return "".join(marks[piece.op] % piece.text for piece in pieces(before, after))


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("", "", ""),
        ("同じ文。", "同じ文。", "同じ文。"),
        ("", "新しい文。", "{+新しい文。+}"),
        ("消えた文。", "", "[-消えた文。-]"),
        ("42分かかる。", "25分かかる。", "[-42-]{+25+}分かかる。"),
        ("転入届を出す。", "転出届を出す。", "転[-入-]{+出+}届を出す。"),
        (
            "一年目は市民課。二年目に広げる。",
            "一年目は市民課。三か月ごとに見直す。二年目に広げる。",
            "一年目は市民課。{+三か月ごとに見直す。+}二年目に広げる。",
        ),
        ("1行目\n2行目", "1行目\n3行目", "1行目\n[-2-]{+3+}行目"),
        ("システムへ入力", "データベースへ入力", "[-システム-]{+データベース+}へ入力"),
        ("甲に乙", "丙に丁", "[-甲に乙-]{+丙に丁+}"),
    ],
)
def test_what_changed_is_marked_by_words(before: str, after: str, wanted: str) -> None:
    assert told(before, after) == wanted


@given(st.text("あア字a1。\n、 ", max_size=60), st.text("あア字a1。\n、 ", max_size=60))
def test_both_texts_can_be_read_from_the_pieces(before: str, after: str) -> None:
    found = pieces(before, after)

    assert "".join(piece.text for piece in found if piece.op != "ins") == before
    assert "".join(piece.text for piece in found if piece.op != "del") == after
    assert all(piece.text for piece in found)


def test_texts_of_full_length_that_share_nothing_take_no_time() -> None:
    before, after = "あア字" * 1333, "字アあ" * 1333

    begun = time.perf_counter()
    found = pieces(before, after)

    assert time.perf_counter() - begun < 2
    assert found == (Piece("del", before), Piece("ins", after))


def test_a_choice_is_replaced_as_a_whole() -> None:
    assert replaced("12円", "13円") == (Piece("del", "12円"), Piece("ins", "13円"))
    assert replaced("", "13円") == (Piece("ins", "13円"),)
    assert replaced("13円", "13円") == (Piece("", "13円"),)
