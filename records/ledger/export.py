"""The ledger as lines of JSON, for whoever verifies it without this system."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from records.ledger.chain import canonical
from records.models import LedgerEntry, LedgerText

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH: Final = 2_000

LEDGER_EXPORT: Final = "LEDGER_EXPORT"
"""Kind of the entry that says who took a copy of the ledger: the last line of the copy itself."""


def lines_of(last: int, *, with_words: bool = False) -> Iterator[str]:
    """One entry a line up to a number, with the hashes of its side texts.

    ``with_words``: the texts too; they may name people, so the ordinary export leaves them out.
    """
    seq = 0
    rows = LedgerEntry.objects.order_by("seq")
    while batch := list(rows.filter(seq__gt=seq, seq__lte=last)[:BATCH]):
        texts = _texts(batch[0].seq, batch[-1].seq, with_words=with_words)
        for entry in batch:
            yield canonical(_line(entry, texts.get(entry.seq, {})))
        seq = batch[-1].seq


def _line(entry: LedgerEntry, texts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "prev_hash": entry.prev_hash,
        "hash": entry.hash,
        "recorded_at": entry.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": entry.kind,
        "payload": entry.payload,
        "texts": texts,
    }


def _texts(first: int, last: int, *, with_words: bool) -> dict[int, dict[str, dict[str, Any]]]:
    rows = LedgerText.objects.filter(entry__gte=first, entry__lte=last).order_by()
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for seq, name, text, digest, blanked_at in rows.values_list(
        "entry_id", "name", "text", "sha256", "blanked_at"
    ):
        is_blanked = blanked_at is not None
        words = {"text": text} if with_words and not is_blanked else {}
        found.setdefault(seq, {})[name] = {"sha256": digest, "blanked": is_blanked, **words}
    return found
