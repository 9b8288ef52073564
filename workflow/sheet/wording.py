"""What changed inside a text, word by word: difflib over runs of letters as Japanese has them.

A run of kana or Latin letters is one token, every kanji is its own, so that 転入届 and 転出届 share
two of three. A single letter that stayed between two changes is read as changed too: islands of
one letter tell nobody anything.

What both texts begin and end with is set aside first. Where the rest repeats itself so often that
comparing it would take seconds (``MOST_STEPS``), it is shown as replaced as a whole.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LATIN: Final = r"0-9A-Za-z\uff10-\uff19\uff21-\uff3a\uff41-\uff5a.,"
"""Figures and letters, half and full width."""
TOKEN: Final = re.compile(rf"[{LATIN}]+|[ァ-ヶー]+|[ぁ-ん]+|.", re.DOTALL)
SENTENCE: Final = re.compile(r"[^。\n]*[。\n]|[^。\n]+")
MOST_STEPS: Final = 1_000_000
"""``steps`` of two lists that are compared; larger ones are replaced as a whole."""

Op = Literal["", "ins", "del"]


class Piece(NamedTuple):
    """Some words that stayed, came or went."""

    op: Op
    text: str


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """Both texts as one: what stayed, what went, what came, in reading order."""
    if before == after:
        return (Piece("", after),) if after else ()
    return tuple(_tidy(_by_sentence(SENTENCE.findall(before), SENTENCE.findall(after))))


def replaced(before: str, after: str) -> tuple[Piece, ...]:
    """Two answers of which none is a text: the one went, the other came."""
    if before == after:
        return (Piece("", after),)
    both: tuple[Piece, ...] = (Piece("del", before), Piece("ins", after))
    return tuple(piece for piece in both if piece.text)


def _by_sentence(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    """Whole sentences that stayed first: what is long is compared in short parts."""
    for tag, a, b in _blocks(before, after):
        if tag == "equal":
            yield Piece("", "".join(b))
        elif tag == "whole":
            yield from replaced("".join(a), "".join(b))
        elif len(a) == len(b):
            for old, new in zip_longest(a, b, fillvalue=""):
                yield from _by_token(old, new)
        else:
            yield from _by_token("".join(a), "".join(b))


def _by_token(before: str, after: str) -> Iterator[Piece]:
    for tag, a, b in _blocks(TOKEN.findall(before), TOKEN.findall(after)):
        if tag == "equal":
            yield Piece("", "".join(b))
        else:
            yield from replaced("".join(a), "".join(b))


def _blocks(
    before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """What difflib says of the middle of two lists; "whole" where it is not asked."""
    head = _same_at_the_start(before, after)
    tail = _same_at_the_start(before[head:][::-1], after[head:][::-1])
    if head:
        yield "equal", before[:head], after[:head]
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if steps(old, new) > MOST_STEPS:
        yield "whole", old, new
    else:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
            yield tag, old[a_from:a_to], new[b_from:b_to]
    if tail:
        yield "equal", before[len(before) - tail :], after[len(after) - tail :]


def steps(before: Sequence[str], after: Sequence[str]) -> int:
    """How often difflib compares at worst: every pair of equals, once for each block it finds."""
    known = Counter(before)
    return sum(known[each] for each in after) * min(len(before), len(after))


def _same_at_the_start(before: Sequence[str], after: Sequence[str]) -> int:
    pairs = zip(before, after, strict=False)
    same = next((n for n, (old, new) in enumerate(pairs) if old != new), None)
    return min(len(before), len(after)) if same is None else same


def _tidy(found: Iterable[Piece]) -> Iterator[Piece]:
    """Islands of one letter drowned, neighbours of a kind joined, what went before what came."""
    went: list[str] = []
    came: list[str] = []
    row = list(found)
    for piece, following in zip_longest(row, row[1:], fillvalue=Piece("", "")):
        is_island = piece.op == "" and len(piece.text) == 1 and following.op
        if piece.op == "" and not (is_island and (went or came)):
            yield from _flushed(went, came)
            yield piece
            continue
        if piece.op != "ins":
            went.append(piece.text)
        if piece.op != "del":
            came.append(piece.text)
    yield from _flushed(went, came)


def _flushed(went: list[str], came: list[str]) -> Iterator[Piece]:
    if went:
        yield Piece("del", "".join(went))
    if came:
        yield Piece("ins", "".join(came))
    went.clear()
    came.clear()
