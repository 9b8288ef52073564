"""The pure rule of 代決, over whatever order, absences and conflicts there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roles.models import standing_in

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.once, pytest.mark.long]

PERSONS = st.integers(1, 8)
SOME = st.frozensets(PERSONS, max_size=4)
ORDER = st.lists(st.frozensets(PERSONS, max_size=3), max_size=5)

many: Callable[[Callable[..., None]], Callable[..., None]] = settings(
    max_examples=2000, deadline=None
)


@pytest.mark.long
@many
@given(principals=SOME, there=SOME, ranks=ORDER, conflicted=SOME, approved=SOME)
def test_who_stands_in_follows_the_rule(
    principals: frozenset[int],
    there: frozenset[int],
    ranks: list[frozenset[int]],
    conflicted: frozenset[int],
    approved: frozenset[int],
) -> None:
    attending = principals & there

    found = standing_in(principals, attending, ranks, conflicted=conflicted, approved=approved)

    barred = principals | conflicted | approved
    assert not found & barred
    if attending or principals & conflicted:
        assert found == frozenset()
        return
    able = [rank - barred for rank in ranks]
    first = next((place for place, each in enumerate(able) if each), None)
    assert found == (frozenset() if first is None else able[first])


@pytest.mark.long
@many
@given(principals=SOME, ranks=ORDER, conflicted=SOME, approved=SOME, more=PERSONS)
def test_barring_one_more_never_lets_an_earlier_rank_decide(
    principals: frozenset[int],
    ranks: list[frozenset[int]],
    conflicted: frozenset[int],
    approved: frozenset[int],
    more: int,
) -> None:
    def place(persons: frozenset[int]) -> int:
        return next((n for n, rank in enumerate(ranks) if persons & rank), len(ranks))

    before = standing_in(principals, (), ranks, conflicted=conflicted, approved=approved)
    after = standing_in(principals, (), ranks, conflicted=conflicted, approved=approved | {more})

    assert place(after) >= place(before)
    assert more not in after
    assert before - {more} <= after or not before - {more}


def test_nobody_is_left_when_the_order_is_empty_or_everybody_is_away() -> None:
    assert standing_in({1}, (), []) == frozenset()
    assert standing_in({1}, (), [(), ()]) == frozenset()
    assert standing_in({1}, (), [(), {2, 3}]) == frozenset({2, 3})
