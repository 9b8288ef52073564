"""Fill an empty database from a city's file. Afterwards the rows win, whatever the file says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.hashers import make_password
from django.db import transaction

from records import ledger
from roles.actions.appointments import APPOINTMENT, ledger_payload
from roles.enums import AppointmentKind, Role
from roles.models import Appointment, Department, Post, Section, StandIn, User

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

CITY: Final = "CITY"


class CityFileError(Exception):
    """The file names something that it does not define."""


@dataclass
class _City:
    """What the file says, as rows that are not saved yet."""

    since: date
    departments: dict[str, Department] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    people: list[User] = field(default_factory=list)
    seats: list[tuple[Post, User, AppointmentKind]] = field(default_factory=list)
    stand_ins: list[StandIn] = field(default_factory=list)

    def post(self, code: str) -> Post:
        try:
            return self.posts[code]
        except KeyError:
            raise CityFileError(f"no such post: {code}") from None

    def add_post(self, code: str, role: Role, title: str, **fields: Any) -> None:
        if code in self.posts:
            raise CityFileError(f"post defined twice: {code}")
        order = len(self.posts) + 1
        self.posts[code] = Post(
            code=code, role=role, title=title, starts_on=self.since, order=order, **fields
        )


@transaction.atomic
def load_city(path: Path, *, password: str | None, at: datetime, provisional: bool = False) -> bool:
    """Fill an empty database; leave any other as it is and return False.

    Everybody gets the one password, hashed once; with ``None`` nobody can log in yet. A
    provisional password is good for choosing an own one.
    """
    if Department.objects.exists() or User.objects.exists():
        return False
    content = path.read_bytes()
    city = _read(tomllib.loads(content.decode()), make_password(password))
    Department.objects.bulk_create(city.departments.values())
    Section.objects.bulk_create(city.sections.values())
    Post.objects.bulk_create(city.posts.values())
    for person in city.people:
        person.must_change_password = provisional
    User.objects.bulk_create(city.people)
    StandIn.objects.bulk_create(city.stand_ins)
    _fill_seats(city, ledger.sha256_of(content.decode()), at)
    return True


def _fill_seats(city: _City, file_hash: str, at: datetime) -> None:
    """Appointments, now that posts and people have ids: one entry each, after one for the file."""
    appointments = [
        Appointment(post=post, person=person, kind=kind, starts_on=city.since)
        for post, person, kind in city.seats
    ]
    drafts = [ledger.Draft(kind=CITY, payload={"file": file_hash})] + [
        ledger.Draft(kind=APPOINTMENT, payload=ledger_payload(row, None)) for row in appointments
    ]
    entries = ledger.append_many(drafts, at=at)
    for row, entry in zip(appointments, entries[1:], strict=True):
        row.ledger_entry = entry
    Appointment.objects.bulk_create(appointments)


def _read(data: dict[str, Any], hashed: str) -> _City:
    city = _City(since=data["city"]["since"])
    for row in data["departments"]:
        _read_department(city, row)
    for row in data["posts"]:
        _read_post(city, row)
    for code, stand_ins in data["stand_ins"].items():
        city.stand_ins += [
            StandIn(post=city.post(code), stand_in_post=city.post(other), order=order)
            for order, other in enumerate(stand_ins, start=1)
        ]
    for number, row in data["people"].items():
        city.people.append(
            _person(number, row, password=hashed, mail_domain=data["city"]["mail_domain"])
        )
        _appoint(city, city.people[-1], row["posts"])
    return city


def _read_department(city: _City, row: dict[str, Any]) -> None:
    """A department, its head if it has one, and its sections with their posts."""
    department = Department(
        code=row["code"],
        name=row["name"],
        order=len(city.departments) + 1,
        is_independent=row.get("independent", False),
    )
    city.departments[department.code] = department
    if head := row.get("head"):
        city.add_post(f"DEPT-{department.code}", Role.DEPARTMENT_HEAD, head, department=department)
    for section_row in row["sections"]:
        _read_section(city, department, section_row)


def _read_section(city: _City, department: Department, row: dict[str, Any]) -> None:
    section = Section(
        code=row["code"],
        name=row["name"],
        short_name=row["short"],
        phone=row["phone"],
        department=department,
        order=len(city.sections) + 1,
        starts_on=city.since,
        is_secretariat=row.get("secretariat", False),
    )
    city.sections[section.code] = section
    name = section.name
    city.add_post(f"HEAD-{section.code}", Role.SECTION_HEAD, row["head"], section=section)
    city.add_post(
        f"LEADER-{section.code}", Role.DX_LEADER, f"{name} DX推進リーダー", section=section
    )
    city.add_post(
        f"STAFF-{section.code}", Role.STAFF, f"{name} 職員", section=section, is_shared=True
    )


def _read_post(city: _City, row: dict[str, Any]) -> None:
    """A post outside the line of departments and sections."""
    section = row.get("section")
    if section is not None and section not in city.sections:
        raise CityFileError(f"no such section: {section}")
    city.add_post(
        row["code"],
        Role(row["role"]),
        row["title"],
        part=row.get("part", ""),
        section=city.sections[section] if section else None,
        is_shared=row.get("shared", False),
    )


def _person(number: str, row: dict[str, Any], *, password: str, mail_domain: str) -> User:
    family_name, given_name = row["name"].split()
    return User(
        employee_number=number,
        family_name=family_name,
        given_name=given_name,
        kana=row["kana"],
        email=f"{number}@{mail_domain}",
        password=password,
    )


def _appoint(city: _City, person: User, names: list[str]) -> None:
    """The first post is the main one, the others are 兼務 unless the file says more."""
    for place, name in enumerate(names):
        code, _colon, kind = name.partition(":")
        usual = AppointmentKind.CONCURRENT if place else AppointmentKind.MAIN
        city.seats.append((city.post(code), person, AppointmentKind(kind) if kind else usual))
