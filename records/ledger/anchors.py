"""The head of the chain, kept outside the database: without it a cut tail cannot be seen.

One JSON object a line: seq, hash, count, at. The file belongs on other storage.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from records.models import LedgerHead

if TYPE_CHECKING:
    from pathlib import Path


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
    return anchor
