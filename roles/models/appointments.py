"""Who holds which post on which days, who is on leave or absent, and who deputises."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from records.models import PermanentQuerySet
from roles.enums import AppointmentKind, appointment_kinds, suspension_kinds
from roles.models.organization import Post
from roles.models.people import User
from roles.models.periods import (
    Dated,
    Payload,
    Recorded,
    days_include,
    ends_after_it_starts,
    iso,
)

if TYPE_CHECKING:
    from datetime import date


class AppointmentQuerySet(PermanentQuerySet["Appointment"]):
    """Queries over who holds which post."""

    def standing(self) -> Self:
        """Not taken back before they began."""
        return self.filter(revoked_at=None)

    def in_force(self, on: date) -> Self:
        """Appointed on that day, whether or not the person can act."""
        return self.standing().filter(days_include(on))

    def overlapping(self, starts_on: date, ends_on: date | None) -> Self:
        """In force on one of these days."""
        begun = Q() if ends_on is None else Q(starts_on__lt=ends_on)
        return self.standing().filter(begun, Q(ends_on=None) | Q(ends_on__gt=starts_on))

    def effective(self, on: date) -> Self:
        """Appointed to a living post, and able to act: active, not suspended."""
        return (
            self.in_force(on)
            .filter(days_include(on, "post__"), person__is_active=True)
            .exclude(person__in=Suspension.objects.in_force(on).values("person"))
        )

    def attending(self, on: date) -> Self:
        """Able to act, and not registered as absent: while one attends, nobody stands in."""
        return self.effective(on).exclude(person__in=Absence.objects.in_force(on).values("person"))


class Appointment(Dated, Recorded):
    """A person holds a post for some days. Revoked before the first of them, for none."""

    post = models.ForeignKey(
        Post, models.PROTECT, related_name="appointments", verbose_name=_("職")
    )
    person = models.ForeignKey(
        User, models.PROTECT, related_name="appointments", verbose_name=_("職員")
    )
    kind = models.CharField(
        _("区分"), max_length=12, choices=appointment_kinds, default=AppointmentKind.MAIN
    )
    revoked_at = models.DateTimeField(_("取消日時"), null=True, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["post", "starts_on", "pk"]
        verbose_name = _("任用")
        verbose_name_plural = _("任用")
        indexes = [
            models.Index(fields=["person", "starts_on"], name="appointment_person"),
            models.Index(fields=["post", "starts_on"], name="appointment_post"),
        ]
        constraints = [ends_after_it_starts("appointment_ends_after_it_starts")]

    def __str__(self) -> str:
        return f"{self.post_id} {self.person_id} {self.starts_on}"

    def is_in_force(self, on: date) -> bool:
        return self.revoked_at is None and super().is_in_force(on)

    def ledger_payload(self) -> Payload:
        """Whether it was revoked is said only of those that were."""
        revoked: Payload = {} if self.revoked_at is None else {"revoked_at": iso(self.revoked_at)}
        return {
            "post": self.post_id,
            "person": self.person_id,
            "kind": str(self.kind),
            "starts_on": iso(self.starts_on),
            "ends_on": iso(self.ends_on),
            **revoked,
        }


class SuspensionQuerySet(PermanentQuerySet["Suspension"]):
    """Queries over leave."""

    def in_force(self, on: date) -> Self:
        return self.filter(days_include(on))

    def overlapping(self, starts_on: date, ends_on: date | None) -> Self:
        """In force on one of these days."""
        begun = Q() if ends_on is None else Q(starts_on__lt=ends_on)
        return self.filter(begun, Q(ends_on=None) | Q(ends_on__gt=starts_on))


class Suspension(Dated, Recorded):
    """A person does not act for some days, and keeps the appointments."""

    person = models.ForeignKey(
        User, models.PROTECT, related_name="suspensions", verbose_name=_("職員")
    )
    kind = models.CharField(_("区分"), max_length=12, choices=suspension_kinds)

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        ordering = ["person", "starts_on"]
        verbose_name = _("休職・育休")
        verbose_name_plural = _("休職・育休")
        constraints = [ends_after_it_starts("suspension_ends_after_it_starts")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.starts_on}"

    def ledger_payload(self) -> Payload:
        return {
            "person": self.person_id,
            "kind": str(self.kind),
            "starts_on": iso(self.starts_on),
            "ends_on": iso(self.ends_on),
        }


class AbsenceQuerySet(PermanentQuerySet["Absence"]):
    """Queries over 不在."""

    def in_force(self, on: date) -> Self:
        return self.filter(days_include(on), ended_at=None)

    def overlapping(self, starts_on: date, ends_on: date) -> Self:
        """In force on one of the days from ``starts_on`` up to, but not on, ``ends_on``."""
        return self.filter(ended_at=None, starts_on__lt=ends_on, ends_on__gt=starts_on)


class Absence(Dated, Recorded):
    """不在: a person is away for some days. The posts stay; others stand in, or deputise.

    Whoever comes back early may act at once: an absence lets others act, it bars nobody.
    """

    person = models.ForeignKey(
        User, models.PROTECT, related_name="absences", verbose_name=_("職員")
    )
    reason = models.CharField(_("不在の理由"), max_length=100)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登録者")
    )
    recorded_at = models.DateTimeField(_("登録日時"))
    basis = models.CharField(_("本人に代わって登録する根拠"), max_length=200, blank=True)
    ended_at = models.DateTimeField(_("終了の登録日時"), null=True, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["person", "starts_on", "pk"]
        verbose_name = _("不在")
        verbose_name_plural = _("不在")
        indexes = [models.Index(fields=["starts_on", "ends_on"], name="absence_by_days")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=False, ends_on__gt=F("starts_on")),
                name="absence_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(recorded_by=F("person")) | ~Q(basis=""),
                name="absence_of_another_has_a_basis",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.starts_on}"

    @property
    def last_day(self) -> date:
        """The last day of the absence, as people say it."""
        assert self.ends_on is not None  # noqa: S101 -- see the constraint
        return self.ends_on - timedelta(days=1)

    @property
    def is_by_another(self) -> bool:
        """Whether somebody else registered it for the person."""
        return self.recorded_by_id != self.person_id

    def is_in_force(self, on: date) -> bool:
        return self.ended_at is None and super().is_in_force(on)

    def ledger_payload(self) -> Payload:
        return {
            "person": self.person_id,
            "recorded_by": self.recorded_by_id,
            "starts_on": iso(self.starts_on),
            "ends_on": iso(self.ends_on),
            "ended_at": iso(self.ended_at),
        }


class DelegationQuerySet(PermanentQuerySet["Delegation"]):
    """Queries over 代理."""

    def in_force(self, on: date) -> Self:
        return self.filter(days_include(on), revoked_at=None)

    def overlapping(self, starts_on: date, ends_on: date) -> Self:
        """In force on one of the days from ``starts_on`` up to, but not on, ``ends_on``."""
        return self.filter(revoked_at=None, starts_on__lt=ends_on, ends_on__gt=starts_on)

    def effective(self, on: date) -> Self:
        """For a living post, by a deputy on the staff who is able to act."""
        return (
            self.in_force(on)
            .filter(days_include(on, "post__"), deputy__is_active=True)
            .filter(deputy__in=Appointment.objects.in_force(on).values("person"))
            .exclude(deputy__in=Suspension.objects.in_force(on).values("person"))
        )


class Delegation(Dated, Recorded):
    """A named deputy acts for a post for some days. A deputy cannot pass it on, or decide.

    ``absence``: what it was registered with, and ends with.
    """

    post = models.ForeignKey(Post, models.PROTECT, related_name="delegations", verbose_name=_("職"))
    deputy = models.ForeignKey(
        User, models.PROTECT, related_name="delegations", verbose_name=_("代理者")
    )
    reason = models.CharField(_("理由"), max_length=200)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登録者"))
    absence = models.ForeignKey(
        Absence,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="delegations",
        verbose_name=_("不在"),
    )
    revoked_at = models.DateTimeField(_("取消日時"), null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["post", "starts_on", "pk"]
        verbose_name = _("代理")
        verbose_name_plural = _("代理")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="delegation_has_an_end"
            )
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.deputy_id} {self.starts_on}"

    def is_in_force(self, on: date) -> bool:
        return self.revoked_at is None and super().is_in_force(on)

    @property
    def last_day(self) -> date:
        """The last day of the deputy, as people say it."""
        assert self.ends_on is not None  # noqa: S101 -- see the constraint
        return self.ends_on - timedelta(days=1)

    def ledger_payload(self) -> Payload:
        """The absence only where there is one: entries from before there were any stay true."""
        absence: Payload = {} if self.absence_id is None else {"absence": self.absence_id}
        return {
            "post": self.post_id,
            "deputy": self.deputy_id,
            "made_by": self.made_by_id,
            "starts_on": iso(self.starts_on),
            "ends_on": iso(self.ends_on),
            "revoked_at": iso(self.revoked_at),
            **absence,
        }
