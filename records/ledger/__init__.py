"""The hash-chained ledger: append to it, verify it, keep its head outside the database."""

from records.ledger.anchors import (
    Anchor,
    AnchorDisagrees,
    Covering,
    UnreadableAnchor,
    anchor_day,
    covering,
    read_anchors,
    write_anchor,
)
from records.ledger.chain import (
    TEXT_DISPOSAL,
    Draft,
    JSONValue,
    Link,
    NoTransaction,
    UnfitPayload,
    append,
    append_many,
    canonical,
    dispose_of_texts,
    sha256_of,
)
from records.ledger.evidence import (
    Recompute,
    Replay,
    Strays,
    register_evidence,
    register_replay,
)
from records.ledger.export import LEDGER_EXPORT, lines_of
from records.ledger.single import Kept, Standing, around, entries_at, standing_of
from records.ledger.verification import Verification, verify

__all__ = [
    "LEDGER_EXPORT",
    "TEXT_DISPOSAL",
    "Anchor",
    "AnchorDisagrees",
    "Covering",
    "Draft",
    "JSONValue",
    "Kept",
    "Link",
    "NoTransaction",
    "Recompute",
    "Replay",
    "Standing",
    "Strays",
    "UnfitPayload",
    "UnreadableAnchor",
    "Verification",
    "anchor_day",
    "append",
    "append_many",
    "around",
    "canonical",
    "covering",
    "dispose_of_texts",
    "entries_at",
    "lines_of",
    "read_anchors",
    "register_evidence",
    "register_replay",
    "sha256_of",
    "standing_of",
    "verify",
    "write_anchor",
]
