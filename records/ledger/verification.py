"""Read the whole chain and say where, if anywhere, it is broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from records.enums import Flaw
from records.ledger.anchors import read_anchors
from records.ledger.chain import TEXT_DISPOSAL, TEXTS, Link, sha256_of
from records.ledger.evidence import disagreeing, replays, strays
from records.models import GENESIS, LedgerEntry, LedgerHead, LedgerText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from records.ledger.anchors import Anchor

BATCH: Final = 2_000


@dataclass(frozen=True)
class Verification:
    """What the reading found. ``count`` is the number of sound rows before the first flaw.

    ``derived``: decisions whose authority follows from the entries before them.
    """

    ok: bool
    count: int
    head_hash: str
    disposed: int = 0
    derived: int = 0
    first_bad_seq: int | None = None
    reason: Flaw | None = None


class _Text(NamedTuple):
    """A side text as it is stored."""

    text: str
    sha256: str
    blanked_at: datetime | None


class _Broken(Exception):
    def __init__(self, seq: int, reason: Flaw) -> None:
        self.seq = seq
        self.reason = reason
        super().__init__(f"#{seq} {reason}")


def verify(
    anchor: Path | None = None,
    *,
    hashes_only: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Verification:
    """Check every row up to the head as it is now; rows appended meanwhile are left for later.

    The rows are read in batches by number, so memory and snapshots stay small at any length.
    ``hashes_only``: the chain, its texts and anchors, but neither rows nor authority.
    ``progress`` is told percentages.
    """
    reading = _Reading(read_anchors(anchor) if anchor else [], hashes_only=hashes_only)
    return reading.result(progress)


class _Reading:
    """One pass over the chain."""

    def __init__(self, anchors: Sequence[Anchor], *, hashes_only: bool) -> None:
        self.anchors = {(anchor.seq, anchor.hash) for anchor in anchors}
        self.anchored = {anchor.seq for anchor in anchors}
        self.hashes_only = hashes_only
        self.replays = [] if hashes_only else replays()
        self.disposals = _disposals()
        self.seq = 0
        self.hash = GENESIS
        self.disposed = 0

    def result(self, progress: Callable[[int], None] | None) -> Verification:
        found: _Broken | None = None
        try:
            self._read(progress)
        except _Broken as broken:
            found = broken
        return Verification(
            ok=found is None,
            count=self.seq,
            head_hash=self.hash,
            disposed=self.disposed,
            derived=sum(replay.derived for replay in self.replays),
            first_bad_seq=found.seq if found else None,
            reason=found.reason if found else None,
        )

    def _read(self, progress: Callable[[int], None] | None) -> None:
        head = LedgerHead.objects.filter(pk=1).first() or LedgerHead()
        self._check_anchor()
        for batch in _batches(head.seq):
            for entry in batch:
                self._link(entry)
            self._check_texts(batch)
            if not self.hashes_only:
                self._check_rows(batch)
            if progress is not None:
                progress(100 * self.seq // max(head.seq, self.seq))
        if (self.seq, self.hash) != (head.seq, head.hash):
            raise _Broken(self.seq + 1 if self.seq < head.seq else self.seq, Flaw.WRONG_HEAD)
        self._check_ends(head.seq)

    def _check_rows(self, batch: Sequence[Link]) -> None:
        """The rows that the entries speak of, then what the entries allow."""
        if (seq := disagreeing(batch)) is not None:
            raise _Broken(seq, Flaw.WRONG_EVIDENCE)
        for replay in self.replays:
            if (found := replay.read(batch)) is not None:
                raise _Broken(*found)

    def _link(self, entry: Link) -> None:
        if entry.seq != self.seq + 1:
            raise _Broken(self.seq + 1, Flaw.MISSING_ROW)
        if entry.prev_hash != self.hash:
            raise _Broken(entry.seq, Flaw.BROKEN_LINK)
        if entry.computed != entry.hash or not isinstance(entry.payload, dict):
            raise _Broken(entry.seq, Flaw.ALTERED_ROW)
        self.seq, self.hash = entry.seq, entry.hash
        self._check_anchor()

    def _check_anchor(self) -> None:
        if self.seq in self.anchored and (self.seq, self.hash) not in self.anchors:
            raise _Broken(self.seq, Flaw.WRONG_ANCHOR)

    def _check_texts(self, batch: Sequence[Link]) -> None:
        found: dict[int, dict[str, _Text]] = {}
        rows = LedgerText.objects.filter(entry__gte=batch[0].seq, entry__lte=batch[-1].seq)
        columns = ("entry_id", "name", "text", "sha256", "blanked_at")
        for seq, name, words, digest, blanked_at in rows.order_by().values_list(*columns):
            found.setdefault(seq, {})[name] = _Text(words, digest, blanked_at)
        for entry in batch:
            texts = found.get(entry.seq, {})
            expected = entry.payload.get(TEXTS, {})
            if not isinstance(expected, dict) or texts.keys() != expected.keys():
                raise _Broken(entry.seq, Flaw.ALTERED_TEXT)
            for name, text in texts.items():
                self._check_text(entry.seq, name, text, expected[name])

    def _check_text(self, seq: int, name: str, text: _Text, expected: str) -> None:
        is_whole = text.blanked_at is None and sha256_of(text.text) == expected
        if text.sha256 == expected and is_whole:
            return
        lawful = text.blanked_at and (seq, name) in self.disposals
        if text.sha256 != expected or text.text or not lawful:
            raise _Broken(seq, Flaw.ALTERED_TEXT)
        self.disposed += 1

    def _check_ends(self, head_seq: int) -> None:
        if (seq := _first_after_the_head()) is not None:
            raise _Broken(seq, Flaw.WRONG_HEAD)
        if (beyond := [seq for seq in self.anchored if seq > head_seq]) and not (
            LedgerEntry.objects.filter(seq=min(beyond)).exists()
        ):
            raise _Broken(head_seq + 1, Flaw.CUT_TAIL)
        for seq in () if self.hashes_only else strays():
            raise _Broken(seq, Flaw.UNRECORDED)


def _batches(last: int) -> Iterator[list[Link]]:
    seq = 0
    rows = LedgerEntry.objects.order_by("seq").values_list(*Link._fields)
    while batch := [Link._make(row) for row in rows.filter(seq__gt=seq, seq__lte=last)[:BATCH]]:
        yield batch
        seq = batch[-1].seq


def _first_after_the_head() -> int | None:
    """A row that was not appended by moving the head. One statement: appends go on meanwhile."""
    last = Subquery(LedgerHead.objects.filter(pk=1).values("last"))
    beyond = LedgerEntry.objects.filter(seq__gt=Coalesce(last, 0)).order_by("seq")
    return beyond.values_list("seq", flat=True).first()


def _disposals() -> set[tuple[int, str]]:
    """Which texts an approved 廃棄 has blanked; these entries are part of the chain themselves.

    An entry that no verb wrote blanks nothing.
    """
    rows = LedgerEntry.objects.filter(kind=TEXT_DISPOSAL).values_list("payload", flat=True)
    found: set[tuple[int, str]] = set()
    for payload in rows.iterator(chunk_size=BATCH):
        match payload:
            case {"entry": int(seq), "names": [*names]}:
                found |= {(seq, name) for name in names if isinstance(name, str)}
    return found
