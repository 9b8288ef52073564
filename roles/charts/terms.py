"""Terms of office as bars over the months of a fiscal year."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from roles.enums import Role
from roles.models import Appointment, Delegation, Post

if TYPE_CHECKING:
    from datetime import date

    from roles.models import User

COLUMNS: Final = 48
"""Four a month."""
DAYS: Final = (1, 8, 16, 24)
"""First days of the quarters of a month."""

SHOWN: Final = (
    Role.HQ_CHAIR,
    Role.HQ_MEMBER,
    Role.PT_CHAIR,
    Role.PT_MEMBER,
    Role.SECRETARIAT,
    Role.DEPARTMENT_HEAD,
    Role.SECTION_HEAD,
    Role.DX_LEADER,
    Role.AUDITOR,
    Role.SYSTEM_ADMIN,
)
"""Whose terms are drawn, in this order; 職員 would fill pages."""


@dataclass(frozen=True)
class Term:
    """A bar: who, which days, and the columns it begins and ends at."""

    row: Appointment | Delegation
    person: User
    begin: int
    end: int
    tone: str

    @property
    def is_deputy(self) -> bool:
        """A 代理 rather than a term of office."""
        return isinstance(self.row, Delegation)


@dataclass
class Line:
    """A post with the terms of a year."""

    post: Post
    terms: list[Term] = field(default_factory=list)
    deputies: list[Term] = field(default_factory=list)


def terms_of(first: date, today: date) -> list[Line]:
    """Posts of the twelve months from ``first``: three queries."""
    after = first.replace(year=first.year + 1)
    posts = Post.objects.filter(role__in=SHOWN, starts_on__lt=after).exclude(ends_on__lte=first)
    order = {role: number for number, role in enumerate(SHOWN)}
    ranked = sorted(posts, key=lambda post: (order[Role(post.role)], post.order, post.pk))
    lines = {post.pk: Line(post) for post in ranked}
    found: dict[int, list[Term]] = defaultdict(list)
    appointments = Appointment.objects.overlapping(first, after)
    delegations = Delegation.objects.filter(revoked_at=None, starts_on__lt=after, ends_on__gt=first)
    for row in appointments.select_related("person").order_by("starts_on", "pk"):
        found[row.post_id].append(_term(row, row.person, first, today))
    for line in lines.values():
        line.terms = found[line.post.pk]
    for each in delegations.select_related("deputy").order_by("starts_on", "pk"):
        if each.post_id in lines:
            lines[each.post_id].deputies.append(_term(each, each.deputy, first, today))
    return list(lines.values())


def _term(row: Any, person: User, first: date, today: date) -> Term:
    end = COLUMNS + 1 if row.ends_on is None else column_of(row.ends_on, first)
    begin = column_of(row.starts_on, first)
    return Term(row, person, min(begin, COLUMNS), max(end, begin + 1), _tone(row, today))


def _tone(row: Appointment | Delegation, today: date) -> str:
    if row.starts_on > today:
        return "plan"
    if not row.is_in_force(today):
        return "done"
    return "late" if isinstance(row, Delegation) else "now"


def column_of(day: date, first: date) -> int:
    """The quarter of a month in which a day lies, from 1; clipped to the year."""
    months = (day.year - first.year) * 12 + day.month - first.month
    quarter = sum(day.day >= begin for begin in DAYS) - 1
    return max(1, min(months * 4 + quarter + 1, COLUMNS + 1))
