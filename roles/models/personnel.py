"""A list of transfers that was sent in: what it said, and whether it was applied."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from records.models import Permanent, PermanentQuerySet
from roles.models.people import User


class PersonnelFile(Permanent):
    """The lines of a file as they were read. Applying it is an entry of the ledger."""

    name = models.CharField(_("ファイル名"), max_length=120)
    sha256 = models.CharField(_("ハッシュ値"), max_length=64)
    lines = models.JSONField(_("行"))
    uploaded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("取り込んだ人")
    )
    uploaded_at = models.DateTimeField(_("取り込んだ日時"))
    applied_at = models.DateTimeField(_("反映した日時"), null=True, blank=True)
    ledger_entry = models.OneToOneField(
        "records.LedgerEntry",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("台帳の行"),
    )

    objects = PermanentQuerySet["PersonnelFile"].as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("異動のファイル")
        verbose_name_plural = _("異動のファイル")
        constraints = [
            models.CheckConstraint(
                condition=Q(applied_at=None, ledger_entry=None)
                | Q(applied_at__isnull=False, ledger_entry__isnull=False),
                name="an_applied_file_has_its_entry",
            )
        ]

    def __str__(self) -> str:
        return self.name
