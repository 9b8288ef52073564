"""不在登録: a person is away for some days, and who deputises at which seat meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from roles.actions.appointments import NotEntitled, record
from roles.actions.deputies import days_of, deputy_problem
from roles.enums import Role
from roles.grants import covers, permits
from roles.models import Absence, Appointment, Delegation, User, capacities_of
from roles.permissions import Perm
from roles.signals import absence_ended, absence_registered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from roles.models import Post

LONGEST: Final = timedelta(days=366)
"""Whoever is away for longer is on leave (休職), or gave up the posts."""

HEADS: Final = (Role.SECTION_HEAD, Role.DEPARTMENT_HEAD)


class AbsenceRefused(Exception):
    """An absence that cannot be registered as it was sent. ``problems``: field -> sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(self.problems.values()))


def deputy_field(post_id: int) -> str:
    """What forms and refusals call the deputy for a seat."""
    return f"deputy_{post_id}"


@transaction.atomic
def register_absence(
    *,
    person: User,
    starts_on: date,
    ends_on: date,
    reason: str,
    by: User,
    at: datetime,
    basis: str = "",
    deputies: Mapping[Post, User] | None = None,
) -> Absence:
    """Away from ``starts_on`` up to, but not on, ``ends_on``; open work is covered at once.

    By the person, or with the basis stated by who heads the section and by the 事務局. Raises
    ``NotEntitled`` or ``AbsenceRefused``; two clicks on one form register one absence.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    deputies = deputies or {}
    if not may_register(by, person, at):
        raise NotEntitled(_("不在を登録できるのは、ご本人、所属長と事務局です。"))
    row = Absence(
        person=person,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
        recorded_by=by,
        recorded_at=at,
        basis="" if by.pk == person.pk else basis,
    )
    problems = dict(_problems(row, deputies, timezone.localdate(at)))
    if problems:
        raise AbsenceRefused(problems)
    texts = {name: text for name, text in (("reason", reason), ("basis", row.basis)) if text}
    record(row, by=by, at=at, texts=texts)
    why = _("不在のため")  # why somebody is away is not for everybody who reads of the deputy
    for post, deputy in deputies.items():
        delegation = Delegation(
            post=post,
            deputy=deputy,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=why,
            made_by=by,
            absence=row,
        )
        record(delegation, by=by, at=at, texts={"reason": why})
    absence_registered.send(sender=Absence, absence=row, by=by, at=at)
    return row


@transaction.atomic
def end_absence(*, absence: Absence, by: User, at: datetime) -> Absence:
    """Back early, or not away after all: nobody stands in any more, at once."""
    row = (
        Absence.objects.select_for_update(of=("self",)).select_related("person").get(pk=absence.pk)
    )
    if by.pk != row.recorded_by_id and not may_register(by, row.person, at):
        raise NotEntitled(_("不在を終えられるのは、ご本人、登録した方、所属長と事務局です。"))
    if row.ended_at is not None:
        return row
    row.ended_at = at
    record(row, by=by, at=at)
    for each in Delegation.objects.select_for_update().filter(absence=row, revoked_at=None):
        each.revoked_at = at
        record(each, by=by, at=at)
    absence_ended.send(sender=Absence, absence=row, by=by, at=at)
    return row


def may_register(by: User, person: User, at: datetime) -> bool:
    """For oneself; for the people of one's section or department, as its head; for all, 事務局."""
    if by.pk == person.pk:
        return by.is_active
    on = timezone.localdate(at)
    capacities = capacities_of(by, on)
    if permits(capacities, Perm.MANAGE_ORGANIZATION):
        return True
    headed = [each.post for each in capacities if each.appointment and each.post.role in HEADS]
    if not headed:
        return False
    held = Appointment.objects.in_force(on).filter(person=person, post__section__isnull=False)
    sections = [each.post.section for each in held.select_related("post__section")]
    return any(
        section is not None and covers(post, section) for post in headed for section in sections
    )


def _problems(
    row: Absence, deputies: Mapping[Post, User], today: date
) -> Iterator[tuple[str, str]]:
    """Field and sentence of everything that stands in the way."""
    if not row.reason.strip():
        yield "reason", _("不在の理由を入力してください（例：出張、休暇、病気）。")
    if row.is_by_another and not row.basis.strip():
        yield "basis", _("本人に代わって登録する根拠を入力してください（例：本人から電話で連絡）。")
    if not Appointment.objects.in_force(row.starts_on).filter(person=row.person).exists():
        yield "starts_on", _("始まりの日に、職に就いていません。")
    assert row.ends_on is not None  # noqa: S101 -- required by the signature
    if row.ends_on <= row.starts_on:
        yield "ends_on", _("終わりの日は、始まりの日以後の日にしてください。")
        return
    yield from _unfit_days(row, row.ends_on, today)
    for post, deputy in deputies.items():
        if sentence := deputy_problem(post, deputy, row.starts_on, row.ends_on, of=row.person):
            yield deputy_field(post.pk), sentence


def _unfit_days(row: Absence, ends_on: date, today: date) -> Iterator[tuple[str, str]]:
    if row.starts_on < today:
        yield "starts_on", _("始まりの日は、本日以後の日にしてください。")
    if ends_on - row.starts_on > LONGEST:
        yield "ends_on", _("1年を超える不在は、休職等として事務局が登録します。")
    clashes = Absence.objects.overlapping(row.starts_on, ends_on).filter(person=row.person)
    clash = clashes.order_by("starts_on").first()
    if clash is not None:
        days = days_of(clash.starts_on, clash.last_day)
        yield "starts_on", _("%sの不在が、すでに登録されています。") % days
