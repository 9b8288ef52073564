"""The chart of a day: bodies, departments with their sections, seats with their holders."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy

from roles.enums import Role
from roles.models import Appointment, Delegation, Department, Post, Section, StandIn, Suspension

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django_stubs_ext import StrOrPromise

BODIES: Final[tuple[tuple[StrOrPromise, tuple[Role, ...]], ...]] = (
    (gettext_lazy("推進本部"), (Role.HQ_CHAIR, Role.HQ_MEMBER)),
    (gettext_lazy("プロジェクトチーム"), (Role.PT_CHAIR, Role.PT_MEMBER)),
    (gettext_lazy("事務局・監査"), (Role.SECRETARIAT, Role.AUDITOR, Role.SYSTEM_ADMIN)),
)
"""Seats outside the line of departments and sections."""


@dataclass(frozen=True)
class Holding:
    """Somebody on a seat; ``is_away``: on leave that day, and not acting."""

    appointment: Appointment
    is_away: bool


@dataclass
class Seat:
    """A post with who holds it that day, and who deputises."""

    post: Post
    holdings: list[Holding] = field(default_factory=list)
    delegations: list[Delegation] = field(default_factory=list)

    @property
    def is_vacant(self) -> bool:
        """Nobody is appointed."""
        return not self.holdings

    @property
    def is_unattended(self) -> bool:
        """Nobody could act: vacant, or everybody is on leave and nobody deputises."""
        return all(each.is_away for each in self.holdings) and not self.delegations


@dataclass
class Unit:
    """A section with its seats."""

    section: Section
    seats: list[Seat] = field(default_factory=list)

    def of(self, role: Role) -> list[Seat]:
        """Seats of a role."""
        return [each for each in self.seats if each.post.role == role]

    @property
    def heads(self) -> list[Seat]:
        """所属長."""
        return self.of(Role.SECTION_HEAD)

    @property
    def leaders(self) -> list[Seat]:
        """DX推進リーダー."""
        return self.of(Role.DX_LEADER)

    @property
    def staff(self) -> list[Holding]:
        """Everybody else who works there."""
        return [each for seat in self.of(Role.STAFF) for each in seat.holdings]


@dataclass
class Branch:
    """A department with its head and its sections."""

    department: Department
    seats: list[Seat] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)


@dataclass(frozen=True)
class Body:
    """本部, PT, 事務局."""

    name: StrOrPromise
    seats: list[Seat]


@dataclass(frozen=True)
class Chart:
    """Everything of one day."""

    on: date
    bodies: list[Body]
    branches: list[Branch]
    seats: list[Seat]

    @cached_property
    def units(self) -> list[Unit]:
        """All sections, in their order."""
        return [unit for branch in self.branches for unit in branch.units]

    def of(self, role: Role) -> list[Seat]:
        """Seats of a role."""
        return [each for each in self.seats if each.post.role == role]


def chart_of(on: date) -> Chart:
    """Six queries, however large the city is."""
    seats = _seats(on)
    by_section: dict[int, list[Seat]] = defaultdict(list)
    by_department: dict[int, list[Seat]] = defaultdict(list)
    outside = {role for _name, roles in BODIES for role in roles}
    for seat in seats:
        if seat.post.role in outside:
            continue
        if seat.post.section_id is not None:
            by_section[seat.post.section_id].append(seat)
        elif seat.post.department_id is not None:
            by_department[seat.post.department_id].append(seat)
    branches = {
        each.pk: Branch(each, by_department[each.pk])
        for each in Department.objects.order_by("order", "pk")
    }
    for section in Section.objects.in_force(on).order_by("order", "pk"):
        branches[section.department_id].units.append(Unit(section, by_section[section.pk]))
    bodies = [
        Body(name, [each for role in roles for each in seats if each.post.role == role])
        for name, roles in BODIES
    ]
    living = [each for each in branches.values() if each.units or each.seats]
    return Chart(on, bodies, living, seats)


def _seats(on: date) -> list[Seat]:
    posts = Post.objects.in_force(on).select_related("section", "department")
    seats = {post.pk: Seat(post) for post in posts.order_by("order", "pk")}
    away = set(Suspension.objects.in_force(on).values_list("person", flat=True))
    held = Appointment.objects.in_force(on).filter(person__is_active=True)
    for row in held.select_related("person").order_by("person__employee_number", "pk"):
        if row.post_id in seats:
            seats[row.post_id].holdings.append(Holding(row, row.person_id in away))
    for delegation in _delegations(on):
        if delegation.post_id in seats:
            seats[delegation.post_id].delegations.append(delegation)
    return list(seats.values())


def _delegations(on: date) -> Iterable[Delegation]:
    return Delegation.objects.effective(on).select_related("deputy").order_by("pk")


def stand_ins() -> dict[int, list[StandIn]]:
    """代決 by the rule: post -> who decides for it, in order."""
    found: dict[int, list[StandIn]] = defaultdict(list)
    for row in StandIn.objects.select_related("post", "stand_in_post").order_by("post", "order"):
        found[row.post_id].append(row)
    return found
