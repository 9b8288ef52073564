"""Does one entry still agree: with itself, its neighbours, its texts, and the rows it speaks of?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, F, OuterRef

from records.ledger.chain import TEXTS, Link, sha256_of
from records.ledger.evidence import agrees
from records.models import LedgerEntry, LedgerHead, LedgerText

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

COLUMNS: Final = ("pk", "name", "text", "sha256", "blanked_at")
"""What is read of a side text."""


@dataclass(frozen=True)
class Kept:
    """An entry as the database has it now, with its side texts.

    ``is_head``: the chain ends in it.
    """

    entry: LedgerEntry
    is_head: bool
    texts: list[LedgerText] = field(default_factory=list)


def entries_at(seqs: Iterable[int]) -> dict[int, Kept]:
    """Entries by their numbers, all of them and their texts in one statement."""
    head = LedgerHead.objects.filter(last=OuterRef("pk"), hash=OuterRef("hash"))
    texts = {f"text_{name}": F(f"texts__{name}") for name in COLUMNS}
    rows = LedgerEntry.objects.filter(seq__in=set(seqs)).annotate(is_head=Exists(head), **texts)
    found: dict[int, Kept] = {}
    for row in rows.order_by("seq", "texts__name"):
        kept = found.setdefault(row.seq, Kept(row, row.is_head))
        columns = {name: getattr(row, f"text_{name}") for name in COLUMNS}
        if columns["pk"] is not None:
            kept.texts.append(LedgerText(entry=row, **columns))
    return found


@dataclass(frozen=True)
class Standing:
    """What was found of one entry. Whether the whole chain holds, ``verify`` alone can say."""

    row: bool
    links: bool
    texts: bool
    rows: bool

    @property
    def is_sound(self) -> bool:
        return self.row and self.links and self.texts and self.rows


def around(seq: int) -> set[int]:
    """The numbers that have to be read to judge an entry: its own, and its neighbours'."""
    return {seq - 1, seq, seq + 1}


def standing_of(seq: int, kept: Mapping[int, Kept], expected: Mapping[str, Any] | None) -> Standing:
    """Compute an entry anew. ``kept``: what is ``around`` it; ``expected``: what its rows say."""
    entry = kept[seq].entry
    return Standing(
        row=Link.of(entry).computed == entry.hash,
        links=_links(kept[seq], kept.get(seq - 1), kept.get(seq + 1)),
        texts=_agree(entry, kept[seq].texts),
        rows=agrees(entry.payload, expected),
    )


def _links(own: Kept, before: Kept | None, after: Kept | None) -> bool:
    """The entry before ends in what this one begins with, and so on: the next, or the head."""
    entry = own.entry
    follows = before.entry.hash == entry.prev_hash if before else entry.seq == 1
    return follows and (after.entry.prev_hash == entry.hash if after else own.is_head)


def _agree(entry: LedgerEntry, texts: Collection[LedgerText]) -> bool:
    if not isinstance(entry.payload, dict):
        return False
    expected = entry.payload.get(TEXTS, {})
    if {text.name for text in texts} != expected.keys():
        return False
    return all(
        text.sha256 == expected[text.name]
        and (text.blanked_at is not None or sha256_of(text.text) == expected[text.name])
        for text in texts
    )
