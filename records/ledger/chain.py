"""Append to the chain.

Entry n is SHA-256 over the canonical JSON of [hash n-1, n, UTC time, kind, payload].
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from django.db import transaction

from records.models import LedgerEntry, LedgerHead, LedgerText

if TYPE_CHECKING:
    from datetime import datetime

JSONValue: TypeAlias = str | int | bool | Sequence["JSONValue"] | Mapping[str, "JSONValue"] | None
"""What a payload may hold. No floats: two databases need not print one the same way."""

TEXTS: Final = "texts"
"""Key of the payload under which ``append`` itself writes the hashes of the side texts."""

TEXT_DISPOSAL: Final = "TEXT_DISPOSAL"


_encoder: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


class Link(NamedTuple):
    """An entry as it is verified. A chain has millions, and a model's object of each takes time."""

    seq: int
    prev_hash: str
    hash: str
    kind: str
    payload: Any
    recorded_at: datetime

    @classmethod
    def of(cls, entry: LedgerEntry) -> Link:
        return cls(*(getattr(entry, name) for name in cls._fields))

    @property
    def computed(self) -> str:
        """The hash that it should have."""
        return hash_of(
            prev_hash=self.prev_hash,
            seq=self.seq,
            at=self.recorded_at,
            kind=self.kind,
            payload=self.payload,
        )


class NoTransaction(Exception):
    """An entry is part of the act it records: both in one transaction, or neither."""


class UnfitPayload(ValueError):
    """The payload holds something that cannot be hashed the same way everywhere."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An entry that has no number yet."""

    kind: str
    payload: Mapping[str, JSONValue]
    texts: Mapping[str, str] = field(default_factory=dict)


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: object) -> str:
    """One spelling of a JSON value, whatever database it went through."""
    return _encoder.encode(value)


def hash_of(*, prev_hash: str, seq: int, at: datetime, kind: str, payload: object) -> str:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return sha256_of(canonical([prev_hash, seq, moment, kind, payload]))


def append(
    *,
    kind: str,
    payload: Mapping[str, JSONValue],
    at: datetime,
    texts: Mapping[str, str] | None = None,
) -> LedgerEntry:
    """Add one entry. Call it last in the business transaction: it locks the head row."""
    return append_many([Draft(kind=kind, payload=payload, texts=texts or {})], at=at)[0]


def append_many(drafts: Iterable[Draft], *, at: datetime) -> list[LedgerEntry]:
    """Add entries in order under one lock of the head row."""
    prepared = [(draft, _prepared(draft)) for draft in drafts]
    if not transaction.get_connection().in_atomic_block:
        raise NoTransaction
    head, _created = LedgerHead.objects.select_for_update(no_key=True).get_or_create(pk=1)
    entries: list[LedgerEntry] = []
    texts: list[LedgerText] = []
    for draft, payload in prepared:
        entry = _linked(head, draft.kind, payload, at)
        head.last, head.hash = entry, entry.hash
        entries.append(entry)
        texts += [
            LedgerText(entry=entry, name=name, text=text, sha256=sha256_of(text))
            for name, text in draft.texts.items()
        ]
    LedgerEntry.objects.bulk_create(entries)
    LedgerText.objects.bulk_create(texts)
    head.save(update_fields=["last", "hash"])
    return entries


def dispose_of_texts(
    *, entry: LedgerEntry, names: Sequence[str], ground: Mapping[str, JSONValue], at: datetime
) -> LedgerEntry:
    """Blank side texts for good. ``ground`` names the approval (ids) that allows the 廃棄."""
    with transaction.atomic():
        texts = LedgerText.objects.filter(entry=entry, name__in=names, blanked_at=None)
        if texts.update(text="", blanked_at=at) != len(set(names)):
            raise LedgerText.DoesNotExist(f"#{entry.seq}: {sorted(names)}")
        return append(
            kind=TEXT_DISPOSAL,
            payload={"entry": entry.seq, "names": sorted(names), "ground": ground},
            at=at,
        )


def _prepared(draft: Draft) -> dict[str, Any]:
    """The payload as it is stored: plain JSON, with the hashes of its texts."""
    if TEXTS in draft.payload:
        raise UnfitPayload(f"{TEXTS!r} is written by the ledger itself")
    _refuse_unfit(draft.payload)
    payload: dict[str, Any] = json.loads(canonical(draft.payload))
    if draft.texts:
        payload[TEXTS] = {name: sha256_of(text) for name, text in draft.texts.items()}
    return payload


def _refuse_unfit(value: object) -> None:
    match value:
        case str():
            if "\x00" in value:
                raise UnfitPayload("a NUL character cannot be stored")
        case dict():
            if not all(isinstance(key, str) for key in value):
                raise UnfitPayload("a key is not text")
            _refuse_unfit([*value, *value.values()])
        case list() | tuple():
            for item in value:
                _refuse_unfit(item)
        case None | int():
            return
        case _:
            raise UnfitPayload(f"{type(value).__name__} has no one spelling in JSON")


def _linked(head: LedgerHead, kind: str, payload: dict[str, Any], at: datetime) -> LedgerEntry:
    seq = head.seq + 1
    return LedgerEntry(
        seq=seq,
        previous_id=head.last_id,
        kind=kind,
        payload=payload,
        prev_hash=head.hash,
        hash=hash_of(prev_hash=head.hash, seq=seq, at=at, kind=kind, payload=payload),
        recorded_at=at,
    )
