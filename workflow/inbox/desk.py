"""What waits for a person, read by one statement: rows, counts, closing days, principles.

One UNION ALL over the person's posts (tens): each branch is an index scan that stops at its limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.access import has_left
from roles.enums import Basis
from roles.models import Capacity, capacities_of, places_of
from workflow.access.standing import read_waiting
from workflow.charts import following_words, is_late
from workflow.enums import StepKind
from workflow.inbox.cursors import cursor_text
from workflow.inbox.links import rule_url, work_url
from workflow.inbox.places import in_place_of
from workflow.inbox.sieve import ALL, Sieve
from workflow.inbox.statement import CAP, COLUMNS, UNREAD, ask, statement
from workflow.outcomes import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roles.models import User

PAGE: Final = 25
ICONS: Final = {
    StepKind.CONFIRMATION: "user-check",
    StepKind.RECEPTION: "inbox",
    StepKind.REVIEW: "list-checks",
    StepKind.REFERRAL: "send",
    StepKind.APPROVAL: "stamp",
    StepKind.CONCURRENCE: "handshake",
    StepKind.MEDIATION: "users",
    StepKind.DELIBERATION: "users",
    StepKind.STANDING_DECISION: "gavel",
    StepKind.DECISION: "gavel",
    StepKind.REVISION: "undo-2",
    StepKind.OBSERVE: "repeat",
    StepKind.ORIENT: "repeat",
    StepKind.DECIDE: "repeat",
    StepKind.ACT: "repeat",
}


@dataclass(frozen=True)
class Item:
    """One open task of a post of mine, as a list row shows it."""

    slot_id: int
    post_id: int
    project_id: int | None
    kind: StepKind
    number: str
    title: str
    section_name: str
    step_title: str
    standard_days: int
    opened_at: datetime
    due_at: datetime | None
    due_sort: datetime
    is_paused: bool
    is_seen: bool
    stage: str
    proposer: str
    asked: int
    answered: int
    next_title: str
    nudged_at: datetime | None = None
    nudged_by: str = ""
    claimed_by: int | None = None
    claimer: str = ""
    put_off: date | None = None
    is_late: bool = False
    day_n: int = 1
    capacity: Capacity | None = None
    is_gone: bool = False

    @property
    def reference(self) -> str:
        """What URLs call the case."""
        return self.number or f"draft-{self.project_id}"

    @property
    def icon(self) -> str:
        """The picture of the kind of task."""
        return ICONS[self.kind]

    @property
    def url(self) -> str:
        """Where it is done."""
        if self.project_id is None:
            return rule_url(self.number)
        return work_url(self.reference, self.kind)

    @property
    def key(self) -> str:
        """The slot, as addresses and forms name it."""
        return str(self.slot_id)

    @property
    def days(self) -> str:
        """3日目／標準5日."""
        if not self.standard_days:
            return _("%s日目") % self.day_n
        return _("%(n)s日目／標準%(m)s日") % {"n": self.day_n, "m": self.standard_days}

    @property
    def progress(self) -> str:
        """済み 2/5, of a step that asks several."""
        asked = {"n": self.answered, "m": self.asked}
        return _("済み %(n)s/%(m)s") % asked if self.asked > 1 else ""

    @property
    def goes_together(self) -> bool:
        """Whether it may be chosen for まとめて承認, once it was opened."""
        return self.kind in AT_ONCE and self.project_id is not None

    @property
    def is_deputised(self) -> bool:
        """Whether I act for somebody else here, as a deputy or by the order of 代決."""
        return self.capacity is not None and self.capacity.basis != Basis.OWN

    @property
    def in_place_of(self) -> str:
        """市民課長の代理（11/30まで）; 室長の代決."""
        return in_place_of(self.capacity) if self.capacity and self.is_deputised else ""

    @property
    def cursor(self) -> str:
        """Where the next page begins."""
        return cursor_text(self.due_sort, self.slot_id)


@dataclass(frozen=True)
class Listing:
    """Which rows a page wants: of own or deputised posts, from where, of what kind.

    ``after``: deadline and slot of the row before the first. ``with_saved`` and ``with_choices``:
    what the person saved of しぼり込み, and what its form offers, come along.
    """

    bases: tuple[Basis, ...] = (Basis.OWN,)
    limit: int = PAGE
    after: tuple[datetime, int] | None = None
    sieve: Sieve = ALL
    with_saved: bool = False
    with_choices: bool = False


@dataclass
class Counts:
    """How much waits: capped at 100 a post. ``hidden``: mine to decide, but I proposed it.

    ``later``: put off by the person; counted nowhere else. ``late``, ``today``, ``week``: of the
    own posts. ``unread``: notices.
    """

    own: int = 0
    deputised: int = 0
    hidden: int = 0
    later: int = 0
    late: int = 0
    today: int = 0
    week: int = 0
    readings: int = 0
    unread: int = 0
    by_post: dict[int, int] = field(default_factory=dict)

    @property
    def mine(self) -> int:
        return self.own + self.deputised


@dataclass(frozen=True)
class Saved:
    """A way to narrow the list that the person saved."""

    pk: int
    name: str
    query: str


@dataclass
class Load:
    """What the statement brought."""

    items: list[Item] = field(default_factory=list)
    has_more: bool = False
    counts: Counts = field(default_factory=Counts)
    closures: frozenset[date] = frozenset()
    principles: dict[str, str] = field(default_factory=dict)
    areas: list[tuple[str, str]] = field(default_factory=list)
    sections: list[tuple[str, str]] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)


class Desk:
    """A person at a moment: posts of the day and what waits for them. One for each request."""

    def __init__(self, user: User, at: datetime) -> None:
        self.user, self.at = user, at
        self._load: Load | None = None

    @cached_property
    def capacities(self) -> dict[int, Capacity]:
        """Post -> in which capacity, own posts first."""
        return {each.post.pk: each for each in capacities_of(self.user, localdate(self.at))}

    @cached_property
    def places(self) -> dict[int, Capacity]:
        """Unattended seats for which the order of 代決 names one of mine."""
        found = places_of(self.user, localdate(self.at), self.capacities.values())
        return {each.post.pk: each for each in found}

    @cached_property
    def stood_in(self) -> dict[int, list[int]]:
        """Seat -> open decisions there that are mine to take in its place."""
        found: dict[int, list[int]] = {}
        for post, run, slot, standing in read_waiting(self.places, localdate(self.at)):
            if self.user.pk in standing.persons(post, run):
                found.setdefault(post, []).append(slot)
        return found

    def place_of(self, slot_id: int) -> Capacity | None:
        """In which capacity I stand in at a decision."""
        return next(
            (self.places[post] for post, slots in self.stood_in.items() if slot_id in slots), None
        )

    @property
    def away_until(self) -> date | None:
        """The last day of the person's own absence; nothing while there is none."""
        days = [each.last_day for each in self.capacities.values() if each.basis == Basis.OWN]
        return max((day for day in days if day is not None), default=None)

    @cached_property
    def has_left(self) -> bool:
        """Whether the person holds no post any more: nothing of any case is shown then."""
        return has_left(self.user, self.capacities.values(), localdate(self.at))

    def posts(self, *bases: Basis) -> list[int]:
        """Posts that I hold (OWN) or deputise (DEPUTY)."""
        return [pk for pk, each in self.capacities.items() if each.basis in bases]

    @property
    def load(self) -> Load:
        """Counts and calendar; without rows unless a page asked for them first."""
        return self._load if self._load is not None else self.read(None)

    def read(self, listing: Listing | None) -> Load:
        """Run the statement; remembered, so that header and page share it."""
        rows = ask(*statement(self, listing))
        self._load = _load(self, rows, listing)
        return self._load


def _load(desk: Desk, rows: Sequence[Sequence[Any]], listing: Listing | None) -> Load:
    load = Load()
    named = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    by_tag: dict[str, list[dict[str, Any]]] = {}
    for row in named:
        by_tag.setdefault(row["tag"], []).append(row)
    load.closures = frozenset(
        date.fromisoformat(row["number"]) for row in by_tag.get("closure", ())
    )
    load.principles = {
        row["number"]: row["title"]
        for row in sorted(by_tag.get("principle", ()), key=lambda row: row["slot_id"])
    }
    for tag, choices in (("area", load.areas), ("section", load.sections)):
        found = sorted(by_tag.get(tag, ()), key=lambda row: (row["slot_id"], row["number"]))
        choices += [(row["number"], row["title"]) for row in found]
    load.saved = [
        Saved(row["slot_id"], row["number"], row["title"])
        for row in sorted(by_tag.get("saved", ()), key=lambda row: row["slot_id"])
    ]
    load.counts = _counts(desk, by_tag)
    items = sorted(
        (_item(desk, row, load.closures) for row in by_tag.get("item", ())),
        key=lambda item: (item.due_sort, item.slot_id),
    )
    limit = listing.limit if listing else 0
    load.items, load.has_more = items[:limit], len(items) > limit
    return load


def _counts(desk: Desk, by_tag: dict[str, list[dict[str, Any]]]) -> Counts:
    readings, unread = (
        sum(row["slot_id"] for row in by_tag.get(tag, ())) for tag in ("readings", UNREAD)
    )
    counts = Counts(readings=readings, unread=unread)
    counts.by_post = dict.fromkeys(desk.capacities, 0)
    for post, slots in desk.stood_in.items():
        counts.deputised += min(len(slots), CAP)
        counts.by_post[post] = min(len(slots), CAP)
    for row in by_tag.get("count", ()):
        hidden, later = row["project_id"] or 0, row["answered"] or 0
        found = row["slot_id"]
        waiting = found if found >= CAP else found - hidden - later
        counts.hidden += hidden
        counts.later += later
        counts.by_post[row["post_id"]] = waiting + counts.by_post.get(row["post_id"], 0)
        if desk.capacities[row["post_id"]].basis == Basis.DEPUTY:
            counts.deputised += waiting
        else:
            counts.own += waiting
            counts.late += row["standard_days"] or 0
            counts.today += row["claimed_by"] or 0
            counts.week += row["asked"] or 0
    return counts


def moment(value: datetime | str | None) -> datetime | None:
    """A moment as a cursor gives it: SQLite knows no zone and may spell it as text, in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _item(desk: Desk, row: dict[str, Any], closures: frozenset[date]) -> Item:
    opened_at, due_sort = moment(row["opened_at"]), moment(row["due_sort"])
    assert opened_at is not None and due_sort is not None  # noqa: S101, PT018 -- NOT NULL columns
    kind, due_at, is_paused = StepKind(row["kind"]), moment(row["due_at"]), bool(row["is_paused"])
    return Item(
        slot_id=row["slot_id"],
        post_id=row["post_id"],
        project_id=row["project_id"],
        kind=kind,
        number=row["number"],
        title=row["title"],
        section_name=row["section_name"],
        step_title=row["step_title"],
        standard_days=row["standard_days"],
        opened_at=opened_at,
        due_at=due_at,
        due_sort=due_sort,
        is_paused=is_paused,
        is_seen=bool(row["is_seen"]),
        stage=row["stage"] or "",
        proposer=row["proposer"] or "",
        asked=row["asked"],
        answered=row["answered"],
        next_title=following_words(
            kind,
            row["run_kind"],
            row["next_kind"],
            row["next_title"],
            is_case=row["project_id"] is not None,
        ),
        nudged_at=moment(row["nudged_at"]),
        nudged_by=row["nudged_by"] or "",
        claimed_by=row["claimed_by"],
        claimer=row["claimer"] or "",
        put_off=date.fromisoformat(row["put_off"]) if row["put_off"] else None,
        is_late=is_late(due_at, desk.at, is_paused=is_paused),
        day_n=calendar.day_number(localdate(opened_at), localdate(desk.at), closures),
        capacity=desk.place_of(row["slot_id"]) or desk.capacities[row["post_id"]],
    )
