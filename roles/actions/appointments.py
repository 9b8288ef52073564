"""Appoint, suspend, delegate. The row and its ledger entry are written together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from records import ledger
from records.models import LedgerEntry
from roles.actions.deputies import deputy_problem
from roles.enums import AppointmentKind, Basis, Role
from roles.grants import permits
from roles.models import Absence, Appointment, Delegation, Recorded, Suspension, capacities_of
from roles.permissions import Perm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from roles.enums import SuspensionKind
    from roles.models import Post, User

ABSENCE: Final = "ABSENCE"
APPOINTMENT: Final = "APPOINTMENT"
DELEGATION: Final = "DELEGATION"
SUSPENSION: Final = "SUSPENSION"

RECORDED: Final[dict[type[Recorded], str]] = {
    Absence: ABSENCE,
    Appointment: APPOINTMENT,
    Delegation: DELEGATION,
    Suspension: SUSPENSION,
}


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
    """Give a post to a person from a day on."""
    _must_manage(by, at)
    row = Appointment(post=post, person=person, kind=kind, starts_on=starts_on, ends_on=ends_on)
    return record(row, by=by, at=at)


@transaction.atomic
def end_appointment(
    *, appointment: Appointment, ends_on: date, by: User, at: datetime, reason: str = ""
) -> Appointment:
    """From this day on the person no longer holds the post.

    The last 本部長 may leave too, with the reason (任期満了 …) on record: what is to be decided
    then waits, or whoever stands in by the rule decides. Raises ``ReasonMissing``.
    """
    _must_manage(by, at)
    rows = Appointment.objects.select_for_update(of=("self",)).select_related("post")
    row = rows.get(pk=appointment.pk)
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
    _must_manage(by, at)
    row = Suspension(person=person, kind=kind, starts_on=starts_on, ends_on=ends_on)
    return record(row, by=by, at=at)


@transaction.atomic
def end_suspension(*, suspension: Suspension, ends_on: date, by: User, at: datetime) -> Suspension:
    """From this day on the person acts again (復職)."""
    _must_manage(by, at)
    row = Suspension.objects.select_for_update().get(pk=suspension.pk)
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
        _must_manage(by, at)
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
        _must_manage(by, at)
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

    def recompute(entries: Sequence[LedgerEntry]) -> Mapping[int, Mapping[str, Any] | None]:
        seqs = [entry.seq for entry in entries]
        present = {row.ledger_entry_id: row for row in rows.filter(ledger_entry__in=seqs)}
        superseding = LedgerEntry.objects.filter(kind=kind, payload__supersedes__in=seqs)
        past = set(superseding.values_list("payload__supersedes", flat=True))
        answers: dict[int, Mapping[str, Any] | None] = {seq: {} for seq in past}
        for seq, row in present.items():
            answers[seq] = None if seq in past else row.ledger_payload()
        return answers

    def strays() -> Iterable[int]:
        return rows.exclude(ledger_entry__kind=kind).values_list("ledger_entry_id", flat=True)

    return kind, recompute, strays


def _must_manage(by: User, at: datetime) -> None:
    if not permits(capacities_of(by, timezone.localdate(at)), Perm.MANAGE_ORGANIZATION):
        raise NotEntitled(_("職の任免と代理の登録は、事務局が行います。"))


def _holds(person: User, post: Post, on: date) -> bool:
    return any(
        capacity.post == post and capacity.basis == Basis.OWN
        for capacity in capacities_of(person, on)
    )
