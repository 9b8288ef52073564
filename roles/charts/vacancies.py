"""What is vacant on a day, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Max
from django.utils.translation import gettext as _

from roles.enums import Role
from roles.models import Appointment

if TYPE_CHECKING:
    from datetime import date

    from roles.charts.board import Chart, Seat
    from roles.models import Post

NEEDED: Final = (
    Role.HQ_CHAIR,
    Role.PT_CHAIR,
    Role.DEPARTMENT_HEAD,
    Role.SECTION_HEAD,
    Role.DX_LEADER,
    Role.HQ_MEMBER,
    Role.PT_MEMBER,
    Role.SECRETARIAT,
)
"""Seats that somebody has to fill, the most pressing first."""


@dataclass(frozen=True)
class Vacancy:
    """A seat nobody fills, or a body with too few members. ``since``: when the last term ended."""

    text: str
    post: Post | None = None
    since: date | None = None
    is_away: bool = False
    """Somebody is appointed, but on leave, and nobody deputises."""


def vacancies_of(chart: Chart, *, quorum: int) -> list[Vacancy]:
    """Vacant seats with the end of the last term (one query), then a PT below its quorum."""
    empty = [seat for role in NEEDED for seat in chart.of(role) if seat.is_unattended]
    ends = _last_ends([seat.post.pk for seat in empty if seat.is_vacant], chart.on)
    found = [_vacancy(seat, ends.get(seat.post.pk)) for seat in empty]
    able = sum(not seat.is_unattended for seat in chart.of(Role.PT_MEMBER))
    if able < quorum:
        words = _("プロジェクトチームで審査できる方は%(able)s人です。定足数は%(quorum)s人です。")
        found.append(Vacancy(words % {"able": able, "quorum": quorum}))
    return found


def _vacancy(seat: Seat, since: date | None) -> Vacancy:
    if not seat.is_vacant:
        return Vacancy(
            _("%s が休職・育休中で、代理がいません。") % seat.post.title, seat.post, is_away=True
        )
    return Vacancy(_("%s が空席です。") % seat.post.title, seat.post, since)


def _last_ends(posts: list[int], on: date) -> dict[int, date]:
    ended = Appointment.objects.standing().filter(post__in=posts, ends_on__lte=on)
    return dict(ended.order_by().values_list("post").annotate(last=Max("ends_on")))
