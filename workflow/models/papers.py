"""紙決裁の後登録: what somebody decided on paper, who registered it, and who confirmed it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bpr_projects.models import Project, Revision
from records.models import LedgerEntry
from roles.models import Post, User
from workflow.enums import PaperState, outcome_choices, paper_state_choices
from workflow.models.decisions import Decision
from workflow.models.runs import Slot

if TYPE_CHECKING:
    from collections.abc import Collection


def scan_path(paper: PaperDecision, filename: str) -> str:
    """A random name; the original name is data, never a path."""
    return f"papers/{uuid.uuid4().hex}"


class PaperDecisionQuerySet(models.QuerySet["PaperDecision"]):
    """Queries over registered papers."""

    def waiting(self, slots: Collection[int] | None = None) -> Self:
        """Registered and not confirmed yet; of all slots, or of these."""
        found = self.filter(state=PaperState.WAITING)
        return found if slots is None else found.filter(slot__in=slots)

    def for_pages(self) -> Self:
        """With the people and the case that a page names."""
        return self.select_related(
            "decided_by", "recorded_by", "settled_by", "project", "revision", "slot__post", "entry"
        )


class PaperDecision(models.Model):
    """A decision on paper, which counts once a second person of the 事務局 has confirmed it.

    Its words are in ``records.LedgerText`` of ``entry``, as those of any decision. ``conditions``:
    section and day of each. ``recorded_as``: the seat of the 事務局. ``closing``: the entry of who
    refused it. What is confirmed is the ``decision``, whose snapshot of authority names this row.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="papers")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    slot = models.ForeignKey(Slot, models.PROTECT, related_name="papers")
    outcome = models.CharField(max_length=24, choices=outcome_choices)
    target = models.CharField(max_length=12, blank=True)
    conditions = models.JSONField(default=list)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    decided_on = models.DateField()
    scan = models.FileField(upload_to=scan_path, max_length=100)
    scan_name = models.CharField(max_length=120)
    scan_size = models.PositiveIntegerField()
    scan_sha256 = models.CharField(max_length=64)
    entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="paper")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_as = models.ForeignKey(Post, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=paper_state_choices, default=PaperState.WAITING)
    settled_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    closing = models.OneToOneField(
        LedgerEntry, models.PROTECT, related_name="+", null=True, blank=True
    )
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="paper", null=True, blank=True
    )

    objects: PaperDecisionQuerySet = PaperDecisionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["pk"]
        verbose_name = _("紙の決裁")
        verbose_name_plural = _("紙の決裁")
        constraints = [
            models.UniqueConstraint(
                fields=["slot"],
                condition=Q(state=PaperState.WAITING),
                name="one_waiting_paper_a_slot",
            ),
            models.CheckConstraint(
                condition=~Q(recorded_by=F("decided_by")),
                name="who_decides_registers_no_paper",
            ),
            models.CheckConstraint(
                condition=~Q(state=PaperState.CONFIRMED)
                | (~Q(settled_by=F("recorded_by")) & ~Q(settled_by=F("decided_by"))),
                name="a_second_person_confirms_a_paper",
            ),
            models.CheckConstraint(
                condition=Q(state=PaperState.WAITING, settled_by=None, settled_at=None)
                | (
                    ~Q(state=PaperState.WAITING)
                    & Q(settled_by__isnull=False, settled_at__isnull=False)
                ),
                name="a_settled_paper_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(state=PaperState.CONFIRMED, decision__isnull=False)
                | (~Q(state=PaperState.CONFIRMED) & Q(decision=None)),
                name="a_confirmed_paper_is_a_decision",
            ),
            models.CheckConstraint(
                condition=Q(state=PaperState.REFUSED, closing__isnull=False)
                | (~Q(state=PaperState.REFUSED) & Q(closing=None)),
                name="a_refused_paper_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.decided_on}"
