"""Why somebody cannot deputise at a seat on some days, as a sentence beside the field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from roles.models import Absence, Appointment, Delegation, Suspension

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from roles.models import Post, User


def days_of(first: date, last: date) -> str:
    """11/25から11/30まで, as sentences have room for."""
    return _("%(first)sから%(last)sまで") % {
        "first": f"{first.month}/{first.day}",
        "last": f"{last.month}/{last.day}",
    }


def deputy_problem(
    post: Post, deputy: User, starts_on: date, ends_on: date, *, of: User | None = None
) -> str:
    """Why not this deputy for this seat from ``starts_on`` up to ``ends_on``; empty when fit.

    ``of``: whose seat it is; nothing when the 事務局 provides for a seat, whoever holds it.
    """
    seated = Appointment.objects.filter(_meets(starts_on, ends_on), post=post)
    principals = set(seated.values_list("person", flat=True))
    if of is not None and of.pk not in principals:
        return _("この職には就いていないため、代理を置けません。代理している職は委ねられません。")
    if of is not None and deputy.pk == of.pk:
        return _("ご本人は、ご自身の代理になれません。")
    if deputy.pk in principals:
        return _("この職員はその職に就いています。代理は不要です。")
    if not deputy.is_active:
        return _("この職員は無効になっています。")
    if not _is_there_throughout(deputy, starts_on, ends_on):
        return _("%sさんは、この期間を通じて在籍していません。") % deputy.name
    if away := _away(deputy, starts_on, ends_on):
        return away
    return _circle(principals if of is None else {of.pk}, deputy, starts_on, ends_on)


def _meets(starts_on: date, ends_on: date) -> Q:
    return Q(starts_on__lt=ends_on) & (Q(ends_on=None) | Q(ends_on__gt=starts_on))


def _is_there_throughout(deputy: User, starts_on: date, ends_on: date) -> bool:
    """On the staff on the first day and on the last."""
    held = Appointment.objects.filter(person=deputy, starts_on__lt=ends_on)
    spans = list(held.filter(_meets(starts_on, ends_on)).values_list("starts_on", "ends_on"))
    return any(since <= starts_on for since, _until in spans) and any(
        until is None or until >= ends_on for _since, until in spans
    )


def _away(deputy: User, starts_on: date, ends_on: date) -> str:
    absence = Absence.objects.overlapping(starts_on, ends_on).filter(person=deputy).first()
    if absence is not None:
        return _("%(name)sさんは、%(days)s不在のため、代理になれません。") % {
            "name": deputy.name,
            "days": days_of(absence.starts_on, absence.last_day),
        }
    leave = Suspension.objects.filter(_meets(starts_on, ends_on), person=deputy).first()
    if leave is not None:
        return _("%(name)sさんは、この期間に%(kind)sのため、代理になれません。") % {
            "name": deputy.name,
            "kind": leave.get_kind_display(),
        }
    return ""


def _circle(principals: Collection[int], deputy: User, starts_on: date, ends_on: date) -> str:
    """Two who deputise for each other on the same days: nobody would be there for either."""
    theirs = Appointment.objects.filter(_meets(starts_on, ends_on), person=deputy)
    back = (
        Delegation.objects.overlapping(starts_on, ends_on)
        .filter(deputy__in=principals, post__in=theirs.values("post"))
        .select_related("post", "deputy")
        .first()
    )
    if back is None:
        return ""
    return _(
        "%(days)s、%(other)sさんが%(name)sさん（%(post)s）の代理です。互いに代理にはなれません。"
    ) % {
        "days": days_of(back.starts_on, back.last_day),
        "other": back.deputy.name,
        "name": deputy.name,
        "post": back.post.title,
    }
