"""Rows that are in force for some days, and rows whose state the ledger knows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TypeAlias

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from records.models import Permanent

Payload: TypeAlias = dict[str, str | int | None]


def iso(moment: date | None) -> str | None:
    """A day, or a moment in UTC, spelled the same way on every database."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat(timespec="microseconds")
    return None if moment is None else moment.isoformat()


def days_include(on: date, prefix: str = "") -> Q:
    """The condition that ``on`` lies in [starts_on, ends_on)."""
    ends_on = f"{prefix}ends_on"
    return Q(**{f"{prefix}starts_on__lte": on}) & (
        Q(**{f"{ends_on}__isnull": True}) | Q(**{f"{ends_on}__gt": on})
    )


def ends_after_it_starts(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name=name
    )


class Dated(Permanent):
    """A row that is in force from the first day up to, but not on, the last."""

    starts_on = models.DateField(_("開始日"))
    ends_on = models.DateField(_("終了日（この日から効力なし）"), null=True, blank=True)

    class Meta:
        abstract = True

    def is_in_force(self, on: date) -> bool:
        return self.starts_on <= on and (self.ends_on is None or on < self.ends_on)


class Recorded(Permanent):
    """A row whose present state is the content of one ledger entry; a change takes a new entry."""

    ledger_entry = models.OneToOneField(
        "records.LedgerEntry", models.PROTECT, related_name="+", verbose_name=_("台帳の行")
    )

    class Meta:
        abstract = True

    def ledger_payload(self) -> Payload:
        raise NotImplementedError
