"""Appoint, suspend, delegate. The row and its ledger entry are written together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from records import ledger
from records.models import LedgerEntry
from roles.actions.deputies import deputy_problem
from roles.enums import AppointmentKind, Basis, Role
from roles.grants import permits
from roles.models import (
    Absence,
    Appointment,
    Delegation,
    Post,
    Recorded,
    Succession,
    Suspension,
    capacities_of,
)
from roles.permissions import Perm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from roles.enums import SuspensionKind
    from roles.models import User

ABSENCE: Final = "ABSENCE"
APPOINTMENT: Final = "APPOINTMENT"
DELEGATION: Final = "DELEGATION"
SUSPENSION: Final = "SUSPENSION"
SUCCESSION: Final = "SUCCESSION"

RECORDED: Final[dict[type[Recorded], str]] = {
    Absence: ABSENCE,
    Appointment: APPOINTMENT,
    Delegation: DELEGATION,
    Suspension: SUSPENSION,
    Succession: SUCCESSION,
}


BESIDE: Final = frozenset({"by", "supersedes", "texts"})
"""What an entry says beside the state of its row."""

R = TypeVar("R", bound=Recorded)


class NotEntitled(Exception):
    """This person may not change who acts for the post."""


class ReasonMissing(Exception):
    """The last holder of a seat that decides leaves, and nobody said why. ``field``: where."""

    field = "reason"


class DeputyCannotAct(Exception):
    """The named deputy would not be able to act."""


@transaction.atomic
def appoint(
    *,
    post: Post,
    person: User,
    starts_on: date,
    by: User,
    at: datetime,
    ends_on: date | None = None,
    kind: AppointmentKind = AppointmentKind.MAIN,
) -> Appointment:
    """Give a post to a person from a day on.

    What is wrong is a ``ValidationError`` by field. The post is locked, so that two who appoint at
    once do not both fill a seat of one holder.
    """
    must_manage(by, at)
    seat = Post.objects.select_for_update().get(pk=post.pk)
    row = Appointment(post=seat, person=person, kind=kind, starts_on=starts_on, ends_on=ends_on)
    refuse_unfit(row)
    return record(row, by=by, at=at)


def refuse_unfit(row: Appointment) -> None:
    """Raise ``ValidationError``, by field, unless the person can be appointed so."""
    problems: dict[str, str] = {}
    if not row.person.is_active:
        problems["person"] = _("%s さんの登録は無効です（退職等）。") % row.person.name
    elif not row.person.email:
        problems["person"] = (
            _("%s さんのメールアドレスが登録されていないため、通知を送れません。") % row.person.name
        )
    if row.ends_on is not None and row.ends_on <= row.starts_on:
        problems["ends_on"] = _("終わりの日は、始まりの日より後にしてください。")
    elif not _fits(row, row.post):
        problems["starts_on"] = _("%(post)s は %(days)s の間だけ置かれている職です。") % {
            "post": row.post.title,
            "days": span_of(row.post.starts_on, row.post.ends_on),
        }
    else:
        problems |= _crossing(row)
    if problems:
        raise ValidationError(problems)


def _fits(row: Appointment, post: Post) -> bool:
    return post.starts_on <= row.starts_on and (
        post.ends_on is None or row.starts_on < post.ends_on
    )


def _crossing(row: Appointment) -> dict[str, str]:
    """Who holds the post on one of these days already: the same person, or the one who may."""
    others = Appointment.objects.overlapping(row.starts_on, row.ends_on).filter(post=row.post_id)
    for other in others.select_related("person").exclude(pk=row.pk).order_by("starts_on", "pk"):
        days = span_of(other.starts_on, other.ends_on)
        if other.person_id == row.person_id:
            words = _("%(name)s さんは、すでにこの職にあります（%(days)s）。")
            return {"person": words % {"name": other.person.name, "days": days}}
        if not row.post.is_shared:
            words = _(
                "この職には %(name)s さんが就いています（%(days)s）。"
                "先にその任期を終えるか、始まりの日を変えてください。"
            )
            return {"starts_on": words % {"name": other.person.name, "days": days}}
    return {}


def span_of(starts_on: date, ends_on: date | None) -> str:
    """2026-04-01 to the last day itself, as a refusal tells it."""
    if ends_on is None:
        return _("%sから") % _day(starts_on)
    return f"{_day(starts_on)}〜{_day(ends_on - timedelta(days=1))}"


def _day(day: date) -> str:
    return f"{day.year}/{day.month}/{day.day}"


@transaction.atomic
def revoke_appointment(*, appointment: Appointment, by: User, at: datetime) -> Appointment:
    """Take back an appointment before its first day; afterwards it can only end."""
    must_manage(by, at)
    row = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if row.starts_on <= timezone.localdate(at):
        raise ValidationError(
            _("すでに始まっている任期は、取り消せません。終わりの日を入れてください。")
        )
    if row.revoked_at is not None:
        return row
    row.revoked_at = at
    return record(row, by=by, at=at)


@transaction.atomic
def end_appointment(
    *, appointment: Appointment, ends_on: date, by: User, at: datetime, reason: str = ""
) -> Appointment:
    """From this day on the person no longer holds the post.

    The last 本部長 may leave too, with the reason (任期満了 …) on record: what is to be decided
    then waits, or whoever stands in by the rule decides. Raises ``ReasonMissing``.
    """
    must_manage(by, at)
    rows = Appointment.objects.select_for_update(of=("self",)).select_related("post")
    row = rows.get(pk=appointment.pk)
    if row.revoked_at is not None:
        raise ValidationError(_("この任命は取り消されています。"))
    _refuse_crossed(row.starts_on, ends_on)
    if not reason.strip() and leaves_nobody(row, ends_on):
        raise ReasonMissing(
            _("%sが空席になります。理由（任期満了等）を入力してください。") % row.post.title
        )
    row.ends_on = ends_on
    return record(row, by=by, at=at, texts={"reason": reason} if reason.strip() else None)


def leaves_nobody(appointment: Appointment, ends_on: date) -> bool:
    """Whether no 本部長 is appointed any more on the day on which this one ends."""
    if appointment.post.role != Role.HQ_CHAIR:
        return False
    others = Appointment.objects.in_force(ends_on).filter(post__role=Role.HQ_CHAIR)
    return not others.exclude(pk=appointment.pk).exists()


def _refuse_crossed(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on <= starts_on:
        words = _("終わりの日は、始まりの日（%s）より後にしてください。")
        raise ValidationError({"ends_on": words % _day(starts_on)})


@transaction.atomic
def suspend(
    *,
    person: User,
    kind: SuspensionKind,
    starts_on: date,
    by: User,
    at: datetime,
    ends_on: date | None = None,
) -> Suspension:
    """The person keeps the posts and does not act (休職, 育休)."""
    must_manage(by, at)
    _refuse_crossed(starts_on, ends_on)
    others = Suspension.objects.overlapping(starts_on, ends_on).filter(person=person)
    if (other := others.order_by("starts_on").first()) is not None:
        words = _("この期間には、すでに登録があります（%s）。")
        raise ValidationError({"starts_on": words % span_of(other.starts_on, other.ends_on)})
    row = Suspension(person=person, kind=kind, starts_on=starts_on, ends_on=ends_on)
    return record(row, by=by, at=at)


@transaction.atomic
def end_suspension(*, suspension: Suspension, ends_on: date, by: User, at: datetime) -> Suspension:
    """From this day on the person acts again (復職)."""
    must_manage(by, at)
    row = Suspension.objects.select_for_update().get(pk=suspension.pk)
    _refuse_crossed(row.starts_on, ends_on)
    row.ends_on = ends_on
    return record(row, by=by, at=at)


@transaction.atomic
def delegate(
    *,
    post: Post,
    deputy: User,
    starts_on: date,
    ends_on: date,
    reason: str,
    by: User,
    at: datetime,
) -> Delegation:
    """Name a deputy for some days. Only a holder of the post, or the secretariat, may."""
    if not _holds(by, post, timezone.localdate(at)):
        must_manage(by, at)
    if problem := deputy_problem(post, deputy, starts_on, ends_on):
        raise DeputyCannotAct(problem)
    row = Delegation(
        post=post, deputy=deputy, starts_on=starts_on, ends_on=ends_on, reason=reason, made_by=by
    )
    return record(row, by=by, at=at, texts={"reason": reason})


@transaction.atomic
def revoke_delegation(*, delegation: Delegation, by: User, at: datetime) -> Delegation:
    """The deputy may not act any more, at once."""
    row = Delegation.objects.select_for_update().select_related("post").get(pk=delegation.pk)
    if row.made_by != by and not _holds(by, row.post, timezone.localdate(at)):
        must_manage(by, at)
    if row.revoked_at is not None:
        return row
    row.revoked_at = at
    return record(row, by=by, at=at)


def record(row: R, *, by: User | None, at: datetime, texts: Mapping[str, str] | None = None) -> R:
    """Write the row and the entry that vouches for it. Everything that changes a row ends here."""
    payload = ledger_payload(row, by)
    if row.pk is not None:
        payload["supersedes"] = row.ledger_entry_id
    row.full_clean(exclude=["ledger_entry"])
    row.ledger_entry = ledger.append(kind=RECORDED[type(row)], payload=payload, at=at, texts=texts)
    row.save()
    return row


def ledger_payload(row: Recorded, by: User | None) -> dict[str, str | int | None]:
    """What the entry of a row says: its state, and who made it so (nobody: the city file)."""
    return {**row.ledger_payload(), "by": None if by is None else by.pk}


def evidence_of(model: type[Recorded]) -> tuple[str, ledger.Recompute, ledger.Strays]:
    """How the ledger compares its entries with the rows of this model.

    An entry is either the present state of exactly one row, or superseded by a later entry.
    """
    kind = RECORDED[model]
    rows = model._default_manager  # noqa: SLF001 -- documented by Django

    def recompute(entries: Sequence[ledger.Link]) -> Mapping[int, Mapping[str, Any] | None]:
        seqs = [entry.seq for entry in entries]
        said = {entry.seq: set(entry.payload) - BESIDE for entry in entries}
        present = {row.ledger_entry_id: row for row in rows.filter(ledger_entry__in=seqs)}
        superseding = LedgerEntry.objects.filter(kind=kind, payload__supersedes__in=seqs)
        past = set(superseding.values_list("payload__supersedes", flat=True))
        answers: dict[int, Mapping[str, Any] | None] = {seq: {} for seq in past}
        for seq, row in present.items():
            state = row.ledger_payload()
            answers[seq] = None if seq in past or not said[seq] <= set(state) else state
        return answers

    def strays() -> Iterable[int]:
        return rows.exclude(ledger_entry__kind=kind).values_list("ledger_entry_id", flat=True)

    return kind, recompute, strays


def must_manage(by: User, at: datetime) -> None:
    """Raise ``NotEntitled`` unless the person looks after the organization."""
    if not permits(capacities_of(by, timezone.localdate(at)), Perm.MANAGE_ORGANIZATION):
        raise NotEntitled(_("職の任免と代理の登録は、事務局が行います。"))


def _holds(person: User, post: Post, on: date) -> bool:
    return any(
        capacity.post == post and capacity.basis == Basis.OWN
        for capacity in capacities_of(person, on)
    )
