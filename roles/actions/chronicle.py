"""Who held which post, as the ledger tells it: its entries are read in order, no row is asked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from roles.actions.appointments import (
    ABSENCE,
    APPOINTMENT,
    DELEGATION,
    SUCCESSION,
    SUSPENSION,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KINDS: Final = frozenset({ABSENCE, APPOINTMENT, DELEGATION, SUCCESSION, SUSPENSION})
"""Kinds of entries that a chronicle reads; it passes over all others."""

MEANWHILE: Final = timedelta(minutes=1)
"""A change that was recorded while an act was under way does not count against the act."""

KEPT: Final = timedelta(days=400)
"""So long after its end a row is remembered."""

ROOM: Final = 1_000
"""So many rows are kept before the chronicle looks for what it may forget."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one entry says: an appointment, a 代理, a leave or an absence, on which days."""

    seq: int
    kind: str
    post: int | None
    person: int
    starts_on: str
    ends_on: str | None
    revoked_at: datetime | None
    recorded_at: datetime

    def is_in_force(self, at: datetime, on: str) -> bool:
        """``on``: the local day of ``at``, as the ledger spells it."""
        return (
            self.starts_on <= on
            and (self.ends_on is None or on < self.ends_on)
            and (self.revoked_at is None or at < self.revoked_at)
        )


@dataclass(frozen=True, slots=True)
class Heir:
    """What has the work of a closed post, on which days."""

    post: int
    starts_on: str
    ends_on: str | None

    def is_in_force(self, on: str) -> bool:
        return self.starts_on <= on and (self.ends_on is None or on < self.ends_on)


def told_by(seq: int, kind: str, payload: Mapping[str, Any], recorded_at: datetime) -> Told:
    """The entry as facts. A 代理 names its person as the deputy.

    Raises KeyError, TypeError or ValueError where it says what no verb wrote; so does ``_heir``.
    """
    revoked_at = payload.get("revoked_at") or payload.get("ended_at")
    post, ends_on = payload.get("post"), payload["ends_on"]
    ended = datetime.fromisoformat(revoked_at) if revoked_at else None
    if ended is not None and ended.tzinfo is None:
        raise ValueError(revoked_at)
    return Told(
        seq=seq,
        kind=kind,
        post=None if post is None else _key(post),
        person=_key(payload["deputy" if kind == DELEGATION else "person"]),
        starts_on=_day(payload["starts_on"]),
        ends_on=None if ends_on is None else _day(ends_on),
        revoked_at=ended,
        recorded_at=recorded_at,
    )


def _heir(payload: Mapping[str, Any]) -> Heir:
    ends_on = payload["ends_on"]
    return Heir(
        _key(payload["heir"]),
        _day(payload["starts_on"]),
        None if ends_on is None else _day(ends_on),
    )


def _key(value: object) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value


def _day(value: str) -> str:
    """Days are compared as they are spelled."""
    if date.fromisoformat(value).isoformat() != value:
        raise ValueError(value)
    return value


class Chronicle:
    """The appointments, 代理, leaves and absences that the entries read so far leave standing.

    It remembers rows, not entries: a row that took many changes is kept once, and what ended long
    ago is forgotten, so its size is that of the organization.
    """

    def __init__(self) -> None:
        self._standing: dict[int, Told] = {}
        self._replaced: dict[int, tuple[Told, datetime]] = {}
        self._heirs: dict[int, dict[int, Heir]] = defaultdict(dict)
        self._of_post: dict[int, set[int]] = defaultdict(set)
        self._of_person: dict[int, set[int]] = defaultdict(set)
        self._deputised: dict[int, int] = {}
        self._room = ROOM

    def read(self, seq: int, kind: str, payload: Mapping[str, Any], recorded_at: datetime) -> None:
        """Take the next entry."""
        if kind == SUCCESSION:
            heirs, heir = self._heirs[_key(payload["post"])], _heir(payload)
            heirs.pop(payload.get("supersedes") or 0, None)
            heirs[seq] = heir
        elif kind in KINDS:
            self._remember(seq, kind, payload, recorded_at)

    def seats(self, post: int, on: str) -> set[int]:
        """The post, and what has its work since it was closed."""
        heirs = self._heirs.get(post, {}).values()
        return {post, *(heir.post for heir in heirs if heir.is_in_force(on))}

    def _remember(
        self, seq: int, kind: str, payload: Mapping[str, Any], recorded_at: datetime
    ) -> None:
        told = told_by(seq, kind, payload, recorded_at)
        before = self._standing.get(payload.get("supersedes") or 0)
        if before is not None:
            self._forget(before)
            self._replaced[before.seq] = before, recorded_at
        self._standing[seq] = told
        self._of_person[told.person].add(seq)
        if told.post is not None:
            self._of_post[told.post].add(seq)
            self._count(told, 1)
        if len(self._standing) + len(self._replaced) > self._room:
            self._make_room(recorded_at)

    def named(self, seq: int, at: datetime) -> Told | None:
        """What an act at that moment appeals to: an entry that stands, or stood until just now."""
        standing = self._standing.get(seq)
        if standing is not None:
            return standing
        told, replaced_at = self._replaced.get(seq, (None, at))
        return told if at <= replaced_at + MEANWHILE else None

    def holders(self, post: int, at: datetime, on: str) -> set[int]:
        """Who holds the post that day, on leave or not."""
        return {each.person for each in self._at_post(post, APPOINTMENT, at, on)}

    def acting(self, post: int, at: datetime, on: str) -> set[int]:
        """Who holds the post that day and is not on leave."""
        return {
            person for person in self.holders(post, at, on) if not self.is_on_leave(person, at, on)
        }

    def deputies(self, post: int, at: datetime, on: str) -> set[int]:
        """Who may act in place of the holders: on the staff, not on leave, not a holder too."""
        if post not in self._deputised:  # nearly every post on nearly every day
            return set()
        named = {each.person for each in self._at_post(post, DELEGATION, at, on)}
        able = {
            person
            for person in named
            if self._posts(person, at, on) and not self.is_on_leave(person, at, on)
        }
        return able - self.holders(post, at, on)

    def deputies_of(self, person: int, at: datetime, on: str) -> set[int]:
        """Whoever stands for this person, at any of the posts."""
        posts = self._posts(person, at, on) & self._deputised.keys()
        return set[int]().union(*(self.deputies(post, at, on) for post in posts))

    def is_on_leave(self, person: int, at: datetime, on: str) -> bool:
        """休職 or 育休."""
        return any(
            told.kind == SUSPENSION and told.is_in_force(at, on) for told in self._about(person)
        )

    def is_left(self, post: int, at: datetime, on: str) -> bool:
        """Whether nobody of the seat is there: all on leave or absent, or no holder at all.

        Who came back only just now was away when the act began.
        """
        until_now = [
            told for told, replaced_at in self._replaced.values() if at <= replaced_at + MEANWHILE
        ]
        return all(
            any(
                told.kind in (SUSPENSION, ABSENCE) and told.is_in_force(at, on)
                for told in (*self._about(person), *until_now)
                if told.person == person
            )
            for person in self.holders(post, at, on)
        )

    def is_on_the_staff(self, person: int, at: datetime, on: str) -> bool:
        """Whether the person holds any post that day."""
        return bool(self._posts(person, at, on))

    def _posts(self, person: int, at: datetime, on: str) -> set[int]:
        return {
            told.post
            for told in self._about(person)
            if told.kind == APPOINTMENT and told.post is not None and told.is_in_force(at, on)
        }

    def _about(self, person: int) -> Iterable[Told]:
        return (self._standing[seq] for seq in self._of_person.get(person, ()))

    def _at_post(self, post: int, kind: str, at: datetime, on: str) -> Iterable[Told]:
        seats = (self._of_post.get(seat, ()) for seat in self.seats(post, on))
        rows = (self._standing[seq] for seqs in seats for seq in seqs)
        return (told for told in rows if told.kind == kind and told.is_in_force(at, on))

    def _forget(self, told: Told) -> None:
        del self._standing[told.seq]
        self._of_person[told.person].discard(told.seq)
        if told.post is not None:
            self._of_post[told.post].discard(told.seq)
            self._count(told, -1)

    def _count(self, told: Told, more: int) -> None:
        """How many 代理 a post has; most have none."""
        if told.kind == DELEGATION and told.post is not None:
            left = self._deputised.pop(told.post, 0) + more
            if left:
                self._deputised[told.post] = left

    def _make_room(self, at: datetime) -> None:
        """Forget what ended long ago, and what was replaced before any act that is under way."""
        ended = (at - KEPT).date().isoformat()
        for told in list(self._standing.values()):
            if told.ends_on is not None and told.ends_on < ended:
                self._forget(told)
        self._replaced = {
            seq: (told, replaced_at)
            for seq, (told, replaced_at) in self._replaced.items()
            if replaced_at > at - KEPT
        }
        self._room = max(ROOM, 2 * (len(self._standing) + len(self._replaced)))
