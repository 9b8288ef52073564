"""紙の決裁 as the ledger tells it, and what a decision that appeals to one has to agree with.

Entries are read in order; no row is asked. A paper is remembered until it was used or is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.timezone import localdate

from records.enums import Flaw
from workflow.actions.papers import LAPSED, RECORDED, REFUSED
from workflow.enums import DECIDING_KINDS, Outcome
from workflow.outcomes import ON_PAPER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from workflow.actions.authority import Said, Situation

KINDS: Final = frozenset({RECORDED, REFUSED, LAPSED})
"""Kinds of entries that a trail reads."""


WITH_AN_ANSWER: Final = frozenset({Outcome.SKIPPED, Outcome.CARRIED_OVER})
"""What the rules do in the act of an answer; it is recorded with the same authority."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What one entry registered, by whom and when."""

    payload: Mapping[str, Any]
    at: datetime


class Trail:
    """The papers that were registered and are still to be confirmed."""

    def __init__(self) -> None:
        self._waiting: dict[str, Registered] = {}
        self._used: tuple[str, Registered, datetime, int] | None = None

    def read(self, kind: str, payload: Mapping[str, Any], at: datetime) -> None:
        """Take the next entry."""
        if kind == RECORDED:
            self._waiting[payload["paper"]] = Registered(payload, at)
        elif kind in KINDS:
            self._waiting.pop(payload["paper"], None)

    def named(self, said: Said) -> Registered | None:
        """The paper that a decision appeals to: one answer, and what the rules did with it."""
        key = said.authority["paper"]["id"]
        if said.answers:
            return self._waiting.get(key)
        if said.outcome not in WITH_AN_ANSWER or self._used is None:
            return None
        used, told, *act = self._used
        return told if (used, *act) == (key, said.at, said.run) else None

    def use(self, said: Said) -> None:
        """A sound decision was taken on a paper: no other one is."""
        paper = said.authority.get("paper")
        if paper is not None and said.answers and paper["id"] in self._waiting:
            told = self._waiting.pop(paper["id"])
            self._used = paper["id"], told, said.at, said.run


def on_paper(said: Said, situation: Situation) -> Flaw | None:
    """Registered as it stands, of a day that fits, by two of the 事務局 who did not decide."""
    paper = said.authority.get("paper")
    if paper is None:
        return None
    told = situation.trail.named(said)
    if told is None or not _may_stand_on_paper(said) or not _agrees(said, paper, told.payload):
        return Flaw.NO_PAPER
    opened_on = localdate(said.opened_at).isoformat() if said.opened_at else said.on
    if not opened_on <= said.on <= localdate(told.at).isoformat():
        return Flaw.WRONG_DAY
    return _two_people(said, paper, told, situation)


def _may_stand_on_paper(said: Said) -> bool:
    """決裁 or 差戻し at a deciding step, by whoever holds the seat."""
    if not said.answers:
        return True
    is_holder = not any(said.authority.get(each) for each in ("delegation", "stand_in"))
    return said.outcome in ON_PAPER and said.kind in DECIDING_KINDS and is_holder


REPEATED: Final = ("slot", "outcome", "target", "revision_hash", "texts")
"""What the answer says as the paper said it."""


def _agrees(said: Said, paper: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """The snapshot repeats the entry; the answer says what the paper said."""
    names = ("on", "scan", "by", "as", "decided_by", "post", "run")
    stated = [paper[name] for name in ("on", "scan", "recorded_by", "recorded_as")]
    if [told[name] for name in names] != [*stated, said.person, said.post, said.run]:
        return False
    words = [(said.payload.get(name), told[name]) for name in REPEATED]
    return not said.answers or all(one == other for one, other in words)


def _two_people(
    said: Said, paper: Mapping[str, Any], told: Registered, situation: Situation
) -> Flaw | None:
    keepers = {paper["recorded_by"], paper["confirmed_by"]}
    held = (
        (paper["recorded_by"], paper["recorded_as"], told.at),
        (paper["confirmed_by"], paper["confirmed_as"], said.at),
    )
    are_seated = all(
        person in situation.chronicle.acting(seat, at, localdate(at).isoformat())
        for person, seat, at in held
    )
    if len(keepers) < 2 or said.person in keepers or not are_seated:
        return Flaw.ONE_PERSON
    return Flaw.CONFLICT if keepers & situation.authors(said) else None
