"""The chart of a day: bodies, departments with their sections, seats with their holders."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy

from roles.enums import Role
from roles.models import Appointment, Delegation, Department, Post, Section, StandIn, Suspension

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
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
    """Everything of one day. ``broken``: 代理 in force whose deputy may not act."""

    on: date
    seats: list[Seat]
    broken: list[Any]

    def of(self, role: Role) -> list[Seat]:
        """Seats of a role."""
        return [each for each in self.seats if each.post.role == role]

    @cached_property
    def bodies(self) -> list[Body]:
        """推進本部, PT, and who stands beside the line."""
        return [
            Body(name, [each for role in roles for each in self.of(role)]) for name, roles in BODIES
        ]

    @cached_property
    def branches(self) -> list[Branch]:
        """部 with their sections, as far as there is something of them; two queries."""
        by_section: dict[int, list[Seat]] = defaultdict(list)
        by_department: dict[int, list[Seat]] = defaultdict(list)
        outside = {role for _name, roles in BODIES for role in roles}
        for seat in self.seats:
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
        for section in Section.objects.in_force(self.on).order_by("order", "pk"):
            branches[section.department_id].units.append(Unit(section, by_section[section.pk]))
        return [each for each in branches.values() if each.units or each.seats]

    @cached_property
    def units(self) -> list[Unit]:
        """All sections, in their order."""
        return [unit for branch in self.branches for unit in branch.units]


def chart_of(on: date) -> Chart:
    """Three queries, however large the city is."""
    posts = Post.objects.in_force(on).select_related("section", "department")
    seats = {post.pk: Seat(post) for post in posts.order_by("order", "pk")}
    away = Suspension.objects.in_force(on).filter(person=OuterRef("person"))
    held: QuerySet[Any, Any] = (
        Appointment.objects.in_force(on)
        .filter(person__is_active=True)
        .select_related("person")
        .annotate(is_away=Exists(away))
        .order_by("person__employee_number", "pk")
    )
    for row in held:
        if row.post_id in seats:
            seats[row.post_id].holdings.append(Holding(row, row.is_away))
    broken = []
    for delegation in _delegations(on):
        if not delegation.is_effective:
            broken.append(delegation)
        elif delegation.post_id in seats:
            seats[delegation.post_id].delegations.append(delegation)
    return Chart(on, list(seats.values()), broken)


def _delegations(on: date) -> QuerySet[Any, Any]:
    """In force; ``is_effective``: the deputy may act, ``is_staffed``: holds a post at all."""
    effective = Delegation.objects.effective(on).filter(pk=OuterRef("pk"))
    held = Appointment.objects.in_force(on).filter(person=OuterRef("deputy"))
    rows = Delegation.objects.in_force(on).select_related("post", "deputy").order_by("pk")
    return rows.annotate(
        is_effective=Exists(effective), is_staffed=Exists(held.filter(person__is_active=True))
    )


def stand_ins() -> dict[int, list[StandIn]]:
    """代決 by the rule: post -> who decides for it, in order."""
    found: dict[int, list[StandIn]] = defaultdict(list)
    for row in StandIn.objects.select_related("post", "stand_in_post").order_by("post", "order"):
        found[row.post_id].append(row)
    return found
