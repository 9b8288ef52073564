"""Typed makers with honest defaults: name only what matters to the test.

They write rows directly, without asking who may; verbs are tested through the verbs.
"""

from __future__ import annotations

from datetime import date, datetime
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction

from roles.actions import record
from roles.enums import AppointmentKind, Role, SuspensionKind
from roles.models import Appointment, Delegation, Department, Post, Section, Suspension, User

JST: Final = ZoneInfo("Asia/Tokyo")
AT: Final = datetime(2026, 5, 11, 9, 0, tzinfo=JST)
"""A Monday morning in the first year of the plan."""
TODAY: Final = AT.date()
SINCE: Final = date(2026, 4, 1)
PASSWORD: Final = "correct-horse-battery"

_numbers = count(1)


def a_user(*, name: str = "成田 花子", **fields: Any) -> User:
    """An active person without any post."""
    family_name, given_name = name.split()
    number = fields.pop("employee_number", f"9{next(_numbers):05}")
    return User.objects.create_user(
        employee_number=number,
        family_name=family_name,
        given_name=given_name,
        **{"password": PASSWORD, "email": f"{number}@kazuno.example", **fields},
    )


def a_department(*, name: str = "市民部", **fields: Any) -> Department:
    number = next(_numbers)
    return Department.objects.create(**{"code": f"D{number}", "name": name, **fields})


def a_section(*, name: str = "市民課", **fields: Any) -> Section:
    number = next(_numbers)
    return Section.objects.create(
        **{
            "code": f"S{number}",
            "name": name,
            "short_name": name[:2],
            "department": fields.get("department") or a_department(),
            "starts_on": SINCE,
            **fields,
        }
    )


def a_post(role: Role = Role.SECTION_HEAD, **fields: Any) -> Post:
    """A living post; of a section or department only when the test says which."""
    number = next(_numbers)
    return Post.objects.create(
        **{
            "code": f"P{number}",
            "role": role,
            "title": str(role.label),
            "starts_on": SINCE,
            **fields,
        }
    )


def an_appointment(
    *,
    post: Post | None = None,
    person: User | None = None,
    starts_on: date = SINCE,
    ends_on: date | None = None,
    kind: AppointmentKind = AppointmentKind.MAIN,
) -> Appointment:
    with transaction.atomic():
        return record(
            Appointment(
                post=post or a_post(),
                person=person or a_user(),
                kind=kind,
                starts_on=starts_on,
                ends_on=ends_on,
            ),
            by=None,
            at=AT,
        )


def a_holder(role: Role, **post_fields: Any) -> User:
    """A person with a new post of this role."""
    return an_appointment(post=a_post(role, **post_fields)).person


def a_delegation(
    *,
    post: Post,
    deputy: User,
    starts_on: date = SINCE,
    ends_on: date = date(2027, 4, 1),
    made_by: User | None = None,
) -> Delegation:
    with transaction.atomic():
        return record(
            Delegation(
                post=post,
                deputy=deputy,
                starts_on=starts_on,
                ends_on=ends_on,
                reason="出張のため",
                made_by=made_by or a_user(),
            ),
            by=None,
            at=AT,
        )


def a_suspension(
    *,
    person: User,
    starts_on: date = SINCE,
    ends_on: date | None = None,
    kind: SuspensionKind = SuspensionKind.PARENTAL,
) -> Suspension:
    with transaction.atomic():
        return record(
            Suspension(person=person, kind=kind, starts_on=starts_on, ends_on=ends_on),
            by=None,
            at=AT,
        )
