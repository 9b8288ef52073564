"""The hash-chained ledger: append to it, verify it, keep its head outside the database."""

from records.ledger.anchors import Anchor, UnreadableAnchor, read_anchors, write_anchor
from records.ledger.chain import (
    TEXT_DISPOSAL,
    Draft,
    JSONValue,
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
from records.ledger.verification import Verification, verify

__all__ = [
    "TEXT_DISPOSAL",
    "Anchor",
    "Draft",
    "JSONValue",
    "NoTransaction",
    "Recompute",
    "Replay",
    "Strays",
    "UnfitPayload",
    "UnreadableAnchor",
    "Verification",
    "append",
    "append_many",
    "canonical",
    "dispose_of_texts",
    "read_anchors",
    "register_evidence",
    "register_replay",
    "sha256_of",
    "verify",
    "write_anchor",
]
