"""The head of the chain, kept outside the database: without it a cut tail cannot be seen.

One JSON object a line: seq, hash, count, at. The file belongs on other storage. A line a local day
is added by whatever sweeps (``anchor_day``).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate

from records.models import AnchorDay, LedgerEntry, LedgerHead
from records.signals import anchor_failed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from records.ledger.single import Kept


AGAIN: Final = timedelta(minutes=10)
"""After a failure, or a process that died at it, the next attempt waits so long."""


class AnchorDisagrees(Exception):
    """The file vouches for a row that the ledger does not have any more."""


class UnreadableAnchor(Exception):
    """A line of the anchor file is not an anchor."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(f"{path}:{line}")


@dataclass(frozen=True)
class Anchor:
    """What the chain ended in at some moment."""

    seq: int
    hash: str
    count: int
    at: datetime

    def as_line(self) -> str:
        return json.dumps(
            {"seq": self.seq, "hash": self.hash, "count": self.count, "at": self.at.isoformat()}
        )


def read_anchors(path: Path) -> list[Anchor]:
    """All anchors of the file. A file that is not there is an error, not an empty one."""
    anchors = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            at = datetime.fromisoformat(row["at"])
            anchors.append(Anchor(int(row["seq"]), str(row["hash"]), int(row["count"]), at))
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableAnchor(path, number) from error
    return anchors


def write_anchor(path: Path, *, at: datetime) -> Anchor:
    """Add today's head to the file, and return it."""
    head = LedgerHead.objects.filter(pk=1).first() or LedgerHead()
    anchor = Anchor(seq=head.seq, hash=head.hash, count=head.seq, at=at.astimezone(UTC))
    with path.open("a", encoding="utf-8") as file:
        file.write(anchor.as_line() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return anchor


def anchor_day(path: Path, *, at: datetime) -> bool:
    """Add the head to the file, once a local day, whoever sweeps; True when this call did it.

    A failure stays on the row of the day, and is told at its first time.
    """
    day = localdate(at)
    if not _claim(day, at):
        return False
    try:
        anchor = _written_on(path, day) or write_anchor(path, at=at)
    except (OSError, UnreadableAnchor, AnchorDisagrees) as error:
        _fail(day, error, at)
        return False
    AnchorDay.objects.filter(day=day).update(
        written_at=at, seq=anchor.seq, hash=anchor.hash, error=""
    )
    return True


def _claim(day: date, at: datetime) -> bool:
    """Of several sweeps one writes: a conditional update, and no lock while the file is written."""
    row, _created = AnchorDay.objects.get_or_create(day=day)
    if row.written_at is not None:
        return False
    free = Q(tried_at=None) | Q(tried_at__lte=at - AGAIN)
    waiting = AnchorDay.objects.filter(free, day=day, written_at=None)
    return bool(waiting.update(tried_at=at))


def _written_on(path: Path, day: date) -> Anchor | None:
    """The line of that day, if a sweep died after writing it. The last line must still hold."""
    anchors = read_anchors(path) if path.exists() else []
    if not anchors:
        return None
    last = anchors[-1]
    if last.seq and not LedgerEntry.objects.filter(seq=last.seq, hash=last.hash).exists():
        raise AnchorDisagrees(f"#{last.seq}")
    return last if localdate(last.at) == day else None


def _fail(day: date, error: Exception, at: datetime) -> None:
    """Only the kind of error is kept."""
    with transaction.atomic():
        is_first = AnchorDay.objects.filter(day=day, error="").update(error=type(error).__name__)
        if is_first:
            anchor_failed.send(sender=AnchorDay, day=AnchorDay.objects.get(day=day), at=at)


@dataclass(frozen=True)
class Covering:
    """Which anchors vouch for an entry."""

    first: Anchor
    last: Anchor
    count: int

    @property
    def seqs(self) -> set[int]:
        """The numbers of the entries that the first and the last name."""
        return {self.first.seq, self.last.seq}

    def is_held_by(self, kept: Mapping[int, Kept]) -> bool:
        """Whether the chain still has what they say."""
        hashes = {seq: each.entry.hash for seq, each in kept.items()}
        return all(hashes.get(each.seq) == each.hash for each in (self.first, self.last))


def covering(path: Path, seq: int) -> Covering | None:
    """The anchors that were written after the entry: it cannot be rewritten without them."""
    later = [anchor for anchor in read_anchors(path) if anchor.seq >= seq]
    return Covering(later[0], later[-1], len(later)) if later else None
