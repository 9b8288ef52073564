"""Who may act for which post on a day. Computed at the moment of the act, never stored."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from roles.enums import Basis, Role
from roles.models.appointments import Appointment, Delegation
from roles.models.organization import Post, Section
from roles.models.people import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from django.db.models import QuerySet

POST = ("post__section__department", "post__department")


@dataclass(frozen=True)
class Capacity:
    """A person may act for a post, as its holder or as its deputy."""

    post: Post
    person: User
    basis: Basis
    appointment: Appointment | None = None
    delegation: Delegation | None = None


def _own(appointment: Appointment) -> Capacity:
    return Capacity(appointment.post, appointment.person, Basis.OWN, appointment=appointment)


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
        return _read_capacities(
            Appointment.objects.effective(self.on), Delegation.objects.effective(self.on)
        )

    @cached_property
    def posts(self) -> list[Post]:
        """Seats in force, in their order."""
        return list(_seats(self.on))

    @cached_property
    def sections(self) -> dict[str, str]:
        """Code -> name, of sections of every time."""
        return dict(Section.objects.order_by("code").values_list("code", "name"))


_register: Final[ContextVar[Register | None]] = ContextVar("register", default=None)


@contextmanager
def read_all_once(on: date) -> Iterator[None]:
    """For a page that names the seats of a whole route: three queries, however long it is."""
    token = _register.set(Register(on))
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


def _seats(on: date) -> QuerySet[Post]:
    seats = Post.objects.in_force(on).select_related("section", "department")
    return seats.order_by("order", "pk")


def capacities_of(user: User, on: date) -> list[Capacity]:
    """For which posts this person may act that day: own posts first, then deputised ones."""
    register = _register_of(on)
    if register is not None:
        everybody = register.capacities if user.is_active else []
        return [each for each in everybody if each.person.pk == user.pk]
    known = _read.get()
    if known is None:
        return _capacities(user, on)
    if (user.pk, on) not in known:
        known[user.pk, on] = _capacities(user, on)
    return known[user.pk, on]


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
    """Two small queries."""
    if not user.is_active:
        return Held({}, {})
    own = Appointment.objects.effective(on).filter(person=user).order_by("-pk")
    deputised = Delegation.objects.effective(on).filter(deputy=user).order_by("-pk")
    return Held({each.post_id: each for each in own}, {each.post_id: each for each in deputised})


def _capacities(user: User, on: date) -> list[Capacity]:
    if not user.is_active:
        return []
    return _read_capacities(
        Appointment.objects.effective(on).filter(person=user),
        Delegation.objects.effective(on).filter(deputy=user),
    )


def _read_capacities(
    appointments: QuerySet[Appointment], delegations: QuerySet[Delegation]
) -> list[Capacity]:
    """Two queries: holders first, then deputies."""
    own = appointments.select_related("person", *POST).order_by("pk")
    deputised = delegations.select_related("deputy", *POST).order_by("pk")
    return _distinct([_own(row) for row in own] + [_deputised(row) for row in deputised])


def holders_of(post_ids: Iterable[int], on: date) -> dict[int, list[Capacity]]:
    """Who may act for each of these posts that day: its holders first, then their deputies."""
    holders: dict[int, list[Capacity]] = {post_id: [] for post_id in post_ids}
    register = _register_of(on)
    if register is not None:
        found = [each for each in register.capacities if each.post.pk in holders]
    else:
        found = _read_capacities(
            Appointment.objects.effective(on).filter(post__in=holders),
            Delegation.objects.effective(on).filter(post__in=holders),
        )
    for capacity in found:
        holders[capacity.post.pk].append(capacity)
    return holders


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
