"""Two texts compared word by word, as Japanese has words."""

from __future__ import annotations

import time
from contextlib import contextmanager
from difflib import SequenceMatcher
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.sheet import wording
from workflow.sheet.wording import Piece, pieces, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.once


@contextmanager
def compared() -> Iterator[list[int]]:
    """The steps that each question to difflib may take."""
    asked: list[int] = []

    def matcher(junk: None, old: list[str], new: list[str], **more: bool) -> SequenceMatcher[str]:
        asked.extend([wording.steps(old, new)] if old and new else [])
        return SequenceMatcher(junk, old, new, **more)

    with patch.object(wording, "SequenceMatcher", matcher):
        yield asked


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


SAME_AGAIN = st.lists(st.sampled_from(["。", "あ。", "い。", "行\n", "\n", "a1 a1 "]), max_size=40)


@given(SAME_AGAIN, SAME_AGAIN, st.integers(1, 40))
def test_texts_that_repeat_themselves_are_read_back_too(
    before: list[str], after: list[str], times: int
) -> None:
    old, new = "".join(before) * times, "".join(after) * times

    with compared() as asked:
        found = pieces(old, new)

    assert "".join(piece.text for piece in found if piece.op != "ins") == old
    assert "".join(piece.text for piece in found if piece.op != "del") == new
    assert all(each <= wording.MOST_STEPS for each in asked)


@pytest.mark.parametrize(
    ("before", "after"),
    [("。あ。", "。い。"), ("行\n", "行\n\n"), ("あ\n", "い\n あ\n"), ("a あ", "あ a")],
)
def test_what_repeats_itself_too_often_is_replaced_as_a_whole(before: str, after: str) -> None:
    with compared() as asked:
        found = pieces(before * 1000, after * 1000)

    assert not any(asked)
    assert [piece.op for piece in found if piece.op] == ["del", "ins"]


def test_what_both_begin_and_end_with_is_set_aside() -> None:
    lines = "".join(f"{n}行目\n" for n in range(1000)) + "同じ行\n" * 1000

    assert told(f"{lines}甲{lines}", f"{lines}乙{lines}") == f"{lines}[-甲-]{{+乙+}}{lines}"


def test_a_choice_is_replaced_as_a_whole() -> None:
    assert replaced("12円", "13円") == (Piece("del", "12円"), Piece("ins", "13円"))
    assert replaced("", "13円") == (Piece("ins", "13円"),)
    assert replaced("13円", "13円") == (Piece("", "13円"),)
