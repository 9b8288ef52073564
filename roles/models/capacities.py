"""Who may act for which post on a day. Computed at the moment of the act, never stored."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db.models import Exists, OuterRef, Q, Subquery

from roles.enums import Basis, Role
from roles.models.appointments import Absence, Appointment, Delegation
from roles.models.organization import Post, Section, StandIn
from roles.models.people import User
from roles.models.periods import days_include
from roles.models.prepared import Prepared
from roles.models.successions import Succession, heirs_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date

    from django.db.models import QuerySet

    from roles.models.appointments import Suspension

POST = ("post__section__department", "post__department")


@dataclass(frozen=True)
class Capacity:
    """A person may act for a post, as its holder, its deputy, or by the order of 代決.

    Of who stands in, ``appointment`` is to the seat that the rule names, ``stand_in`` its place in
    the order, ``away`` why nobody attends and ``until`` the first day after; nothing where the
    seat is vacant. Of a holder who is absent, ``until`` is the first day after, too.

    Whoever holds the heir of a closed post does so for what the closed one left open.
    """

    post: Post
    person: User
    basis: Basis
    appointment: Appointment | None = None
    delegation: Delegation | None = None
    stand_in: StandIn | None = None
    away: Absence | Suspension | None = None
    until: date | None = None

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds, as people say it; nothing where that is open."""
        first_after = self.delegation.ends_on if self.delegation else self.until
        return first_after - timedelta(days=1) if first_after else None

    @property
    def is_inherited(self) -> bool:
        """Whether the post is closed, and another one acts for what it left open."""
        source = self.appointment or self.delegation
        return self.stand_in is None and source is not None and source.post_id != self.post.pk


def _own(appointment: Appointment) -> Capacity:
    return Capacity(
        appointment.post,
        appointment.person,
        Basis.OWN,
        appointment=appointment,
        until=getattr(appointment, "away_until", None),
    )


def _deputised(delegation: Delegation) -> Capacity:
    return Capacity(delegation.post, delegation.deputy, Basis.DEPUTY, delegation=delegation)


_read: Final[ContextVar[dict[tuple[int, date], list[Capacity]] | None]] = ContextVar(
    "capacities", default=None
)


@contextmanager
def read_once() -> Iterator[None]:
    """While one page is drawn, ask for a person's posts once. Never around a verb."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


class Register:
    """Every seat of a day and who may act for it; each table is read at the first question."""

    def __init__(self, on: date) -> None:
        self.on = on

    @cached_property
    def capacities(self) -> list[Capacity]:
        """Everybody's, in the order of ``capacities_of``."""
        return _put_together(ALL_HELD.rows(self.on), ALL_DEPUTISED.rows(self.on), self.on)

    @cached_property
    def posts(self) -> list[Post]:
        """Seats in force, in their order."""
        return list(_seats(self.on))

    @cached_property
    def sections(self) -> dict[str, str]:
        """Code -> name, of sections of every time."""
        return dict(Section.objects.order_by("code").values_list("code", "name"))

    @cached_property
    def successions(self) -> list[Succession]:
        """Of every closed seat, which one acts for what it left open."""
        return list(_successions(self.on))

    @cached_property
    def stand_ins(self) -> list[StandIn]:
        """The order of 代決 of every seat."""
        return list(_stand_ins())


_register: Final[ContextVar[Register | None]] = ContextVar("register", default=None)


@contextmanager
def read_all_once(on: date) -> Iterator[None]:
    """For a page that names the seats of a whole route: each table once, however long it is.

    Within another one of the day, nothing is read again.
    """
    token = _register.set(_register_of(on) or Register(on))
    try:
        yield
    finally:
        _register.reset(token)


def _register_of(on: date) -> Register | None:
    register = _register.get()
    return register if register is not None and register.on == on else None


def seats_of(role: Role, on: date) -> list[Post]:
    """The seats of a role that are in force that day, in their order."""
    register = _register_of(on)
    if register is not None:
        return [post for post in register.posts if post.role == role]
    return list(_seats(on).filter(role=role))


def posts_named(codes: Iterable[str], on: date) -> list[Post]:
    """The seats with these codes that are in force that day, in their order."""
    register, wanted = _register_of(on), set(codes)
    if register is not None:
        return [post for post in register.posts if post.code in wanted]
    return list(_seats(on).filter(code__in=wanted))


def names_of_sections(codes: Iterable[str], on: date) -> list[str]:
    """What the sections with these codes are called, by code."""
    register, wanted = _register_of(on), set(codes)
    names = register.sections if register is not None else _names(wanted)
    return [name for code, name in names.items() if code in wanted]


def _names(codes: set[str]) -> dict[str, str]:
    found = Section.objects.filter(code__in=codes).order_by("code")
    return dict(found.values_list("code", "name"))


def closed_heads(on: date) -> list[Succession]:
    """Of the 所属長 of closed sections, which seat acts for each."""
    register = _register_of(on)
    rows = register.successions if register is not None else _successions(on)
    return [row for row in rows if row.post.role == Role.SECTION_HEAD]


def _successions(on: date) -> QuerySet[Succession]:
    return Succession.objects.in_force(on).select_related(*POST).order_by("pk")


def stand_ins_for(posts: Collection[int], on: date) -> list[StandIn]:
    """The order of 代決 of these seats, one after the other."""
    register = _register_of(on)
    rows = register.stand_ins if register is not None else _stand_ins().filter(post__in=posts)
    return [row for row in rows if row.post_id in posts]


def _stand_ins() -> QuerySet[StandIn]:
    seats = ("stand_in_post__section__department", "stand_in_post__department")
    return StandIn.objects.select_related("post", *seats).order_by("post", "order")


def _seats(on: date) -> QuerySet[Post]:
    seats = Post.objects.in_force(on).select_related("section", "department")
    return seats.order_by("order", "pk")


def capacities_of(user: User, on: date) -> list[Capacity]:
    """For which posts this person may act that day: own posts first, then deputised ones."""
    known = _read.get()
    if known is None:
        return _capacities(user, on)
    if (user.pk, on) not in known:
        known[user.pk, on] = _capacities(user, on)
    return known[user.pk, on]


def places_of(user: User, on: date, held: Iterable[Capacity]) -> list[Capacity]:
    """The seats that nobody attends and for which the order of 代決 names a seat of this person.

    Whether the person decides in a case depends on it, too: ``standing_in``. ``held``: the posts of
    the day, see ``capacities_of``. No query for whoever holds no such seat.
    """
    own = {
        each.post.pk: each.appointment
        for each in held
        if each.appointment is not None and getattr(each.appointment, "stands_in", True)
    }
    known = _read.get()
    if not own or known is None:
        return _places(user, own, on)
    if (-user.pk, on) not in known:
        known[-user.pk, on] = _places(user, own, on)
    return known[-user.pk, on]


def _places(user: User, own: dict[int, Appointment], on: date) -> list[Capacity]:
    if not own:
        return []
    there = Appointment.objects.attending(on).filter(person=user, post=OuterRef("stand_in_post"))
    rows = (
        unattended(on)
        .filter(Exists(there), stand_in_post__in=own)
        .select_related(*POST)
        .annotate(away_until=Subquery(_away_from_post(on)))
        .order_by("post", "order")
    )
    found: dict[int, Capacity] = {}
    for row in rows:
        mine = own[row.stand_in_post_id]
        found.setdefault(
            row.post_id,
            Capacity(
                row.post,
                user,
                Basis.ACTING,
                appointment=mine,
                stand_in=row,
                until=row.away_until,
            ),
        )
    return list(found.values())


def _away_from_post(on: date) -> QuerySet[Absence, Any]:
    """The first day on which the absent holder of an order's seat is back."""
    held = Appointment.objects.in_force(on).filter(post=OuterRef(OuterRef("post")))
    away = Absence.objects.in_force(on).filter(person__in=held.values("person"))
    return away.order_by("ends_on").values("ends_on")[:1]


def unattended(on: date) -> QuerySet[StandIn]:
    """The order of 代決 of living seats that nobody attends that day."""
    attended = Appointment.objects.attending(on).filter(post=OuterRef("post"))
    return StandIn.objects.filter(days_include(on, "post__")).exclude(Exists(attended))


def is_on_the_staff(user: User, on: date) -> bool:
    """Whether the person holds a post that day. 休職 and 育休 suspend acts, not appointments."""
    return user.is_active and Appointment.objects.in_force(on).filter(person=user).exists()


def everybody(on: date) -> list[Capacity]:
    """All who may act for a post that day, with every post for which they may."""
    return (_register_of(on) or Register(on)).capacities


@dataclass(frozen=True)
class Held:
    """The posts of one person that day by their keys, for verbs: rows without their company."""

    own: dict[int, Appointment]
    deputised: dict[int, Delegation]

    def capacity(self, user: User, post: Post) -> Capacity | None:
        """In which capacity the person may act for the post; as its holder rather than deputy."""
        if post.pk in self.own:
            return Capacity(post, user, Basis.OWN, appointment=self.own[post.pk])
        if post.pk in self.deputised:
            return Capacity(post, user, Basis.DEPUTY, delegation=self.deputised[post.pk])
        return None


def held_by(user: User, on: date) -> Held:
    """One small query, a second for whoever deputises."""
    if not user.is_active:
        return Held({}, {})
    own = OWN_ROWS.rows(on, user.pk)
    deputised = DEPUTISED_ROWS.rows(on, user.pk) if _may_deputise(own) else []
    sources = own, deputised
    closed = _inherited([each for rows in sources for each in rows], on)
    found: list[dict[int, Any]] = []
    for rows in sources:
        of_closed = {post.pk: each for each in rows for post in closed.get(each.post_id, [])}
        found.append(of_closed | {each.post_id: each for each in rows})
    return Held(*found)


def _capacities(user: User, on: date) -> list[Capacity]:
    if not user.is_active:
        return []
    register = _register_of(on)
    if register is not None:
        return [each for each in register.capacities if each.person.pk == user.pk]
    own = OWN.rows(on, user.pk)
    return _put_together(own, DEPUTISED.rows(on, user.pk) if _may_deputise(own) else [], on)


def _may_deputise(own: Sequence[Any]) -> bool:
    """Whether the posts that the person deputises are to be asked for.

    ``own``: the appointments, of which one says so for all; without any, nothing is known.
    """
    return not own or bool(own[0].deputises)


def _deputising(rows: QuerySet[Appointment], on: date) -> QuerySet[Appointment]:
    """Say of each appointment whether its person was named as a deputy that day."""
    named = Delegation.objects.in_force(on).filter(deputy=OuterRef("person"))
    return rows.annotate(deputises=Exists(named))


def _appointments(on: date) -> QuerySet[Appointment]:
    """Who acts that day; of each, whether the post stands in for a seat that nobody attends."""
    named = unattended(on).filter(stand_in_post=OuterRef("post"))
    return Appointment.objects.effective(on).annotate(stands_in=Exists(named))


def _holding(appointments: QuerySet[Appointment], on: date) -> QuerySet[Appointment]:
    """With their company, and the first day after an absence."""
    away = Absence.objects.in_force(on).filter(person=OuterRef("person")).order_by("-ends_on")
    own = _inheriting(appointments, on).select_related("person", *POST).order_by("pk")
    return own.annotate(away_until=Subquery(away.values("ends_on")[:1]))


def _deputised_in(delegations: QuerySet[Delegation], on: date) -> QuerySet[Delegation]:
    """With their company."""
    return _inheriting(delegations, on).select_related("deputy", *POST).order_by("pk")


def _put_together(
    own: Sequence[Appointment], deputised: Sequence[Delegation], on: date
) -> list[Capacity]:
    """Holders first, then deputies. One more query where one of the posts is an heir."""
    found = [_own(row) for row in own] + [_deputised(row) for row in deputised]
    closed = _inherited([each.appointment or each.delegation for each in found], on)
    left = [replace(each, post=post) for each in found for post in closed.get(each.post.pk, [])]
    return _distinct(sorted(found + left, key=lambda each: each.basis == Basis.DEPUTY))


R = TypeVar("R", Appointment, Delegation)


def _inheriting(rows: QuerySet[R], on: date) -> QuerySet[R]:
    """Say of each row whether its post is the heir of closed ones that day."""
    closed = Succession.objects.in_force(on).filter(heir=OuterRef("post"))
    return rows.annotate(inherits=Exists(closed))


def _inherited(rows: Sequence[Any], on: date) -> dict[int, list[Post]]:
    """Heir -> the closed posts for which its holders act; asked only where there are some."""
    heirs = {each.post_id for each in rows if each.inherits}
    if not heirs:
        return {}
    posts: dict[int, list[Post]] = {}
    register = _register_of(on)
    for row in register.successions if register else _successions(on).filter(heir__in=heirs):
        posts.setdefault(row.heir_id, []).append(row.post)
    return posts


def holders_of(post_ids: Iterable[int], on: date) -> dict[int, list[Capacity]]:
    """Who may act for each of these posts that day: its holders first, then their deputies.

    Of a closed post these are the holders of its heir.
    """
    holders: dict[int, list[Capacity]] = {post_id: [] for post_id in post_ids}
    register = _register_of(on)
    if register is not None:
        found = register.capacities
    elif holders:
        found = _put_together(HELD_AT.rows(on, *holders), DEPUTISED_AT.rows(on, *holders), on)
    else:
        found = []
    for capacity in found:
        if capacity.post.pk in holders:
            holders[capacity.post.pk].append(capacity)
    return holders


def _at(posts: Iterable[int], on: date) -> Q:
    return Q(post__in=posts) | Q(post__in=heirs_of(posts, on))


def people_who(role: Role, on: date) -> list[User]:
    """Everybody who holds a post of this role that day in their own right."""
    held = Appointment.objects.effective(on).filter(post__role=role)
    return list(User.objects.filter(pk__in=held.values("person")).order_by("employee_number"))


def _distinct(capacities: list[Capacity]) -> list[Capacity]:
    """One capacity a person and post: whoever holds a post is not its deputy as well."""
    first: dict[tuple[int, int], Capacity] = {}
    for capacity in capacities:
        first.setdefault((capacity.post.pk, capacity.person.pk), capacity)
    return list(first.values())


# --- what is asked at every page and verb --------------------------------------------------------

OWN: Final = Prepared(
    lambda on, person: _holding(_deputising(_appointments(on).filter(person=person), on), on)
)
DEPUTISED: Final = Prepared(
    lambda on, person: _deputised_in(Delegation.objects.effective(on).filter(deputy=person), on)
)
OWN_ROWS: Final = Prepared(
    lambda on, person: _inheriting(
        _deputising(Appointment.objects.effective(on).filter(person=person), on), on
    ).order_by("-pk")
)
DEPUTISED_ROWS: Final = Prepared(
    lambda on, person: _inheriting(
        Delegation.objects.effective(on).filter(deputy=person), on
    ).order_by("-pk")
)
ALL_HELD: Final = Prepared(lambda on: _holding(_appointments(on), on))
ALL_DEPUTISED: Final = Prepared(lambda on: _deputised_in(Delegation.objects.effective(on), on))
HELD_AT: Final = Prepared(
    lambda on, *posts: _holding(Appointment.objects.effective(on).filter(_at(posts, on)), on)
)
DEPUTISED_AT: Final = Prepared(
    lambda on, *posts: _deputised_in(Delegation.objects.effective(on).filter(_at(posts, on)), on)
)
