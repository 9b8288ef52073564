"""Does one entry still agree: with itself, its neighbours, its texts, and the rows it speaks of?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from records.ledger.chain import TEXTS, hash_of, sha256_of
from records.ledger.evidence import disagreeing
from records.models import LedgerEntry, LedgerHead

if TYPE_CHECKING:
    from collections.abc import Collection

    from records.models import LedgerText


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


def standing_of(entry: LedgerEntry, texts: Collection[LedgerText]) -> Standing:
    """Compute the entry anew. ``texts``: its side texts, read before."""
    computed = hash_of(
        prev_hash=entry.prev_hash,
        seq=entry.seq,
        at=entry.recorded_at,
        kind=entry.kind,
        payload=entry.payload,
    )
    return Standing(
        row=computed == entry.hash,
        links=_links(entry),
        texts=_agree(entry, texts),
        rows=disagreeing([entry]) is None,
    )


def _links(entry: LedgerEntry) -> bool:
    """The entry before ends in what this one begins with, and so on: the next, or the head."""
    beside = LedgerEntry.objects.filter(seq__in=[entry.seq - 1, entry.seq + 1])
    hashes = {seq: (prev, own) for seq, prev, own in beside.values_list("seq", "prev_hash", "hash")}
    before = hashes.get(entry.seq - 1)
    after = hashes.get(entry.seq + 1)
    follows = entry.seq == 1 or (before is not None and before[1] == entry.prev_hash)
    if after is not None:
        return follows and after[0] == entry.hash
    return follows and LedgerHead.objects.filter(last=entry.seq, hash=entry.hash).exists()


def _agree(entry: LedgerEntry, texts: Collection[LedgerText]) -> bool:
    expected = entry.payload.get(TEXTS, {})
    if {text.name for text in texts} != expected.keys():
        return False
    return all(
        text.sha256 == expected[text.name]
        and (text.blanked_at is not None or sha256_of(text.text) == expected[text.name])
        for text in texts
    )
