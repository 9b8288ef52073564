"""Rows of the upper apps that an entry vouches for, so that verification can compare them.

The records know nobody: an app that appends entries of a kind registers, in its ``ready()``, how
the payload follows from its own rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from records.enums import Flaw
    from records.ledger.chain import Link

Recompute: TypeAlias = Callable[[Sequence["Link"]], Mapping[int, Mapping[str, Any] | None]]
"""Entries of one kind -> for each number, the part of the payload that follows from today's rows.

``None``, or no answer, says that the row is gone; an empty mapping, that nothing is to compare.
"""

Strays: TypeAlias = Callable[[], "Iterable[int]"]
"""Numbers of entries to which a row appeals although they do not speak of it."""


class Replay(Protocol):
    """Reads the entries in their order and judges each by those before it.

    One is made for each verification. What it remembers must not grow with the chain.
    """

    derived: int
    """How many decisions were judged so far."""

    def read(self, entries: Sequence[Link]) -> tuple[int, Flaw] | None:
        """Take the next entries; the number of the first that does not follow, and why not."""
        ...


@dataclass(frozen=True)
class Evidence:
    """How to check the entries of one kind."""

    recompute: Recompute
    strays: Strays | None = None


_registry: dict[str, Evidence] = {}
_replays: dict[str, Callable[[], Replay]] = {}


def register_evidence(kind: str, recompute: Recompute, strays: Strays | None = None) -> None:
    """Let ``verify`` compare entries of this kind with the rows they speak of."""
    if kind in _registry:
        raise ValueError(f"the evidence of {kind} is registered already")
    _registry[kind] = Evidence(recompute, strays)


def register_replay(name: str, replay: Callable[[], Replay]) -> None:
    """Let ``verify`` judge entries by what the ledger said before them."""
    if name in _replays:
        raise ValueError(f"the replay of {name} is registered already")
    _replays[name] = replay


def replays() -> list[Replay]:
    """A fresh one of each, for one reading of the whole chain."""
    return [begin() for begin in _replays.values()]


def disagreeing(entries: Sequence[Link]) -> int | None:
    """The first entry whose payload no longer follows from the rows it speaks of."""
    found: list[int] = []
    for kind in {entry.kind for entry in entries} & set(_registry):
        batch = [entry for entry in entries if entry.kind == kind]
        answers = _registry[kind].recompute(batch)
        found += [e.seq for e in batch if not agrees(e.payload, answers.get(e.seq))]
    return min(found, default=None)


def strays() -> Iterator[int]:
    """Entries that are misused by a row of another kind."""
    for evidence in _registry.values():
        if evidence.strays is not None:
            yield from evidence.strays()


def agrees(payload: Mapping[str, Any], expected: Mapping[str, Any] | None) -> bool:
    """Whether an entry says what follows from today's rows."""
    if expected is None or not isinstance(payload, dict):
        return False
    return all(key in payload and payload[key] == value for key, value in expected.items())
