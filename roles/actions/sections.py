"""Merge, split and rename sections from a day on: new rows follow the old ones, which stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from records import ledger
from roles.actions.appointments import must_manage, record
from roles.enums import Role
from roles.models import Appointment, Post, Section, Succession

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from roles.models import Department, User

REORGANIZATION: Final = "REORGANIZATION"
OF_EACH_SECTION: Final = (Role.SECTION_HEAD, Role.DX_LEADER, Role.STAFF)
"""Seats that every section has; others move along with the open work."""
LONGEST_CODE: Final = 20


@dataclass(frozen=True)
class Formed:
    """A section that begins: its names and the title of its head."""

    name: str
    short_name: str
    head_title: str
    department: Department
    phone: str = ""


@transaction.atomic
def reorganize(
    *,
    former: Sequence[Section],
    formed: Sequence[Formed],
    on: date,
    by: User,
    at: datetime,
) -> list[Section]:
    """One section becomes another (改称), several become one (統合), one becomes several (分割).

    The first of ``formed`` has what the former ones left open. People stay on their seats; where
    several heads or leaders would meet on one seat, it is left to be filled.
    """
    must_manage(by, at)
    locked = list(Section.objects.select_for_update().filter(pk__in=[each.pk for each in former]))
    _refuse_unfit(locked, formed, on)
    sections = [_found(each, locked, on, number) for number, each in enumerate(formed, 1)]
    heir = sections[0]
    for section in locked:
        section.ends_on, section.succeeded_by = on, heir
        section.save(update_fields=["ends_on", "succeeded_by"])
    seats = {
        section.pk: _seats_of(section, each) for section, each in zip(sections, formed, strict=True)
    }
    _hand_over(locked, heir, seats[heir.pk], on, by=by, at=at)
    ledger.append(
        kind=REORGANIZATION,
        payload={
            "former": [each.pk for each in locked],
            "formed": [each.pk for each in sections],
            "on": on.isoformat(),
            "by": by.pk,
        },
        texts={
            "former": "、".join(each.name for each in locked),
            "formed": "、".join(each.name for each in sections),
        },
        at=at,
    )
    return sections


def _refuse_unfit(former: Sequence[Section], formed: Sequence[Formed], on: date) -> None:
    problems: dict[str, str] = {}
    if not former or not formed or (len(former) > 1 and len(formed) > 1):
        problems["former"] = _("改称・統合・分割のどれか1つにしてください。")
    gone = [each for each in former if each.ends_on is not None]
    young = [each for each in former if each.starts_on >= on]
    if gone:
        words = _("%s は、すでに終わりの日が決まっています。")
        problems["former"] = words % "、".join(each.name for each in gone)
    elif young:
        words = _("%s が置かれる日より後の日にしてください。")
        problems["on"] = words % "、".join(each.name for each in young)
    names = [each.name for each in formed]
    taken = (
        Section.objects.in_force(on)
        .filter(name__in=names)
        .exclude(pk__in=[each.pk for each in former])
    )
    if len(set(names)) < len(names):
        problems["formed"] = _("同じ名称の課が2つあります。")
    elif (other := taken.first()) is not None:
        problems["formed"] = _("「%s」という課等は、すでにあります。") % other.name
    if problems:
        raise ValidationError(problems)


def _found(formed: Formed, former: Sequence[Section], on: date, number: int) -> Section:
    first = former[0]
    section = Section.objects.create(
        code=_code(first, on, number),
        name=formed.name,
        short_name=formed.short_name,
        department=formed.department,
        order=first.order,
        phone=formed.phone or first.phone,
        is_secretariat=number == 1 and any(each.is_secretariat for each in former),
        starts_on=on,
    )
    section.predecessors.set(former)
    return section


def _code(first: Section, on: date, number: int) -> str:
    """The code of the former section with the day; nobody types it."""
    base = f"{first.code[:LONGEST_CODE]}-{on:%y%m}"
    code = base if number == 1 else f"{base}-{number}"
    taken = set(Section.objects.filter(code__startswith=base).values_list("code", flat=True))
    more = number
    while code in taken:
        more += 1
        code = f"{base}-{more}"
    return code


def _seats_of(section: Section, formed: Formed) -> dict[str, Post]:
    """Head, leader and staff of a new section, by role."""
    titles = {
        Role.SECTION_HEAD: formed.head_title,
        Role.DX_LEADER: f"{section.name} DX推進リーダー",
        Role.STAFF: f"{section.name} 職員",
    }
    orders = Post.objects.filter(section__in=section.predecessors.all()).values_list(
        "order", flat=True
    )
    first = min(orders, default=0)
    posts = [
        Post(
            code=f"{PREFIXES[role]}-{section.code}",
            role=role,
            title=title,
            section=section,
            is_shared=role == Role.STAFF,
            order=first,
            starts_on=section.starts_on,
        )
        for role, title in titles.items()
    ]
    Post.objects.bulk_create(posts)
    return {post.role: post for post in posts}


PREFIXES: Final = {
    Role.SECTION_HEAD: "HEAD",
    Role.DX_LEADER: "LEADER",
    Role.STAFF: "STAFF",
}


def _hand_over(
    former: Sequence[Section],
    heir: Section,
    seats: dict[str, Post],
    on: date,
    *,
    by: User,
    at: datetime,
) -> None:
    """Close the posts of the former sections. Holders go along where one seat follows one."""
    closing = Post.objects.select_for_update().filter(section__in=former, ends_on=None)
    pairs = [
        (post, seats.get(post.role) or _moved(post, heir))
        for post in closing.order_by("order", "pk")
    ]
    for post, _new in pairs:
        post.ends_on = on
        post.save(update_fields=["ends_on"])
    for post, new in pairs:
        _succeed(post, new, on, by=by, at=at)
    for post, new in pairs:
        alone = sum(other == new for _post, other in pairs) == 1
        _move_holders(post, new if alone or new.is_shared else None, on, by=by, at=at)


def _moved(post: Post, heir: Section) -> Post:
    """A seat that is not one of every section's goes along: 事務局, 監査, システム管理者."""
    return Post.objects.create(
        code=f"{post.code[:LONGEST_CODE]}-{heir.starts_on:%y%m}-{post.pk}",
        role=post.role,
        title=post.title,
        section=heir,
        part=post.part,
        is_shared=post.is_shared,
        order=post.order,
        starts_on=heir.starts_on,
    )


def _succeed(post: Post, heir: Post, on: date, *, by: User, at: datetime) -> None:
    """The heir follows the post, and everything that the post had followed itself."""
    followed = [post]
    for row in Succession.objects.filter(heir=post, ends_on=None).select_related("post"):
        row.ends_on = on
        record(row, by=by, at=at)
        followed.append(row.post)
    for each in followed:
        record(Succession(post=each, heir=heir, starts_on=on), by=by, at=at)


def _move_holders(post: Post, new: Post | None, on: date, *, by: User, at: datetime) -> None:
    """Appointments end with the post; who was on it goes on on the new one."""
    for row in _reaching(post, on):
        rest = row.ends_on
        if row.starts_on >= on:
            row.revoked_at = at
        else:
            row.ends_on = on
        record(row, by=by, at=at)
        if new is None or row.person_id in _holding(new, on):
            continue
        moved = Appointment(
            post=new,
            person=row.person,
            kind=row.kind,
            starts_on=max(on, row.starts_on),
            ends_on=rest,
        )
        record(moved, by=by, at=at)


def _reaching(post: Post, on: date) -> Iterable[Appointment]:
    """Appointments that were to be in force on the day or later."""
    rows = Appointment.objects.overlapping(on, None).filter(post=post)
    return list(rows.select_related("person").order_by("starts_on", "pk"))


def _holding(post: Post, on: date) -> set[int]:
    rows = Appointment.objects.overlapping(on, None).filter(post=post)
    return set(rows.values_list("person", flat=True))
