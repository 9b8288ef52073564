"""廃棄: the words of an ended case are blanked when two people have said so."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bpr_projects.models import Project
from records.models import LedgerEntry
from roles.models import User


class Disposal(models.Model):
    """Who asked for the 廃棄 of a case's words, and who, another person, approved it."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="disposals")
    reason = models.CharField(_("理由"), max_length=200)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    entry = models.OneToOneField(
        LedgerEntry,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="the approval, on which every blanking rests",
    )
    texts = models.PositiveIntegerField(default=0, help_text="how many were blanked")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("本文の廃棄")
        verbose_name_plural = _("本文の廃棄")
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(approved_at=None), name="one_open_disposal_a_case"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by")),
                name="a_second_person_approves_a_disposal",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None, entry=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False, entry__isnull=False),
                name="an_approved_disposal_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.asked_at:%Y-%m-%d}"
