"""Who may act for which post on a day. Computed at the moment of the act, never stored."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from roles.enums import Basis, Role
from roles.models.appointments import Appointment, Delegation
from roles.models.people import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from roles.models.organization import Post

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


def capacities_of(user: User, on: date) -> list[Capacity]:
    """For which posts this person may act that day: own posts first, then deputised ones."""
    known = _read.get()
    if known is None:
        return _capacities(user, on)
    if (user.pk, on) not in known:
        known[user.pk, on] = _capacities(user, on)
    return known[user.pk, on]


def _capacities(user: User, on: date) -> list[Capacity]:
    if not user.is_active:
        return []
    appointments = Appointment.objects.effective(on).filter(person=user)
    delegations = Delegation.objects.effective(on).filter(deputy=user)
    return _distinct(
        [_own(row) for row in appointments.select_related("person", *POST).order_by("pk")]
        + [_deputised(row) for row in delegations.select_related("deputy", *POST).order_by("pk")]
    )


def holders_of(post_ids: Iterable[int], on: date) -> dict[int, list[Capacity]]:
    """Who may act for each of these posts that day: its holders first, then their deputies."""
    holders: dict[int, list[Capacity]] = {post_id: [] for post_id in post_ids}
    appointments = Appointment.objects.effective(on).filter(post__in=holders)
    delegations = Delegation.objects.effective(on).filter(post__in=holders)
    for capacity in _distinct(
        [_own(row) for row in appointments.select_related("person", *POST).order_by("pk")]
        + [_deputised(row) for row in delegations.select_related("deputy", *POST).order_by("pk")]
    ):
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
