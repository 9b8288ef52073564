"""What people said: decisions, their conditions, and what became of those."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bpr_projects.models import Frozen, Project, Revision
from records.models import LedgerEntry
from roles.enums import basis_choices
from roles.models import Post, Section, User
from workflow.enums import (
    Outcome,
    outcome_choices,
)
from workflow.models.runs import Run, Slot, StepRun


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Append-only."""

    def effective(self) -> DecisionQuerySet:
        """Rows that no later row supersedes."""
        return self.filter(superseded_by=None)

    def of_project(self, project: Project) -> DecisionQuerySet:
        """All that was said on a case, oldest first, with what a history row shows."""
        return (
            self.filter(project=project)
            .select_related(
                "decided_by", "post__section", "on_behalf_of", "revision", "step_run", "entry"
            )
            .order_by("pk")
        )

    def asking(self, run: Run) -> Decision | None:
        """The 提出 that began a run: it names the seat that asks for the decision."""
        begun = self.filter(run=run, outcome=Outcome.SUBMITTED).order_by("pk")
        return begun.select_related("post").first()

    def update(self, **kwargs: Any) -> int:
        raise Frozen(_("決裁等の記録は変更できません。"))

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Frozen(_("決裁等の記録は削除できません。"))


@dataclass(frozen=True)
class OnPaper:
    """The paper for which a decision stands, as the snapshot of authority has it."""

    key: UUID
    on: date
    scan: str
    recorder: str
    confirmer: str
    confirmed_by: int

    @property
    def words(self) -> str:
        """5月12日 紙で決裁（登録 佐藤 健、確認 畠山 理恵）."""
        facts = {"recorder": self.recorder, "confirmer": self.confirmer}
        day = {"month": self.on.month, "day": self.on.day}
        return gettext("%(month)s月%(day)s日 紙で決裁（登録 %(recorder)s、確認 %(confirmer)s）") % {
            **day,
            **facts,
        }


class Decision(models.Model):
    """What somebody said or did, on which text, for which post, by what authority.

    ``carries``: the answer on an earlier text that stands for the slot of this row (引継ぎ).

    Texts (comment, reasons) are in ``records.LedgerText`` of ``entry``; this row holds what can
    be counted. ``authority`` is the snapshot of the appointment or delegation at the moment.
    """

    entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="decision")
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="decisions", null=True, blank=True
    )
    revision = models.ForeignKey(
        Revision, models.PROTECT, related_name="decisions", null=True, blank=True
    )
    run = models.ForeignKey(Run, models.PROTECT, related_name="decisions")
    step_run = models.ForeignKey(
        StepRun, models.PROTECT, related_name="decisions", null=True, blank=True
    )
    slot = models.ForeignKey(Slot, models.PROTECT, related_name="decisions", null=True, blank=True)
    round = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=24, choices=outcome_choices)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="decisions")
    post = models.ForeignKey(Post, models.PROTECT, related_name="decisions")
    on_behalf_of = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    basis = models.CharField(max_length=8, choices=basis_choices)
    clause = models.CharField(max_length=120)
    authority = models.JSONField()
    target = models.CharField(max_length=12, blank=True)
    until = models.DateField(null=True, blank=True)
    scores = models.JSONField(null=True, blank=True)
    total = models.PositiveSmallIntegerField(null=True, blank=True, help_text="of 100")
    supersedes = models.OneToOneField(
        "self", models.PROTECT, related_name="superseded_by", null=True, blank=True
    )
    carries = models.ForeignKey(
        "self", models.PROTECT, related_name="carried_by", null=True, blank=True
    )
    decided_at = models.DateTimeField()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["slot"],
                condition=Q(supersedes__isnull=True, slot__isnull=False),
                name="one_root_decision_a_slot",
            ),
            models.UniqueConstraint(
                fields=["run"],
                condition=Q(
                    outcome__in=["ADOPTED", "ADOPTED_WITH_CONDITIONS", "NOT_ADOPTED"],
                    supersedes__isnull=True,
                ),
                name="one_final_decision_a_run",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=list(Outcome)), name="decision_outcome_is_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.CARRIED_OVER, carries__isnull=False)
                | (~Q(outcome=Outcome.CARRIED_OVER) & Q(carries__isnull=True)),
                name="a_carry_over_names_its_answer",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "id"], name="decision_by_project"),
            models.Index(fields=["decided_by", "-id"], name="decision_by_person"),
            models.Index(  # what bars somebody from deciding: access.conflicts.INTERESTED
                fields=["decided_by", "run"],
                condition=Q(outcome__in=["SUBMITTED", "RESUBMITTED", "RECUSED"]),
                name="decision_of_interest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Frozen(_("決裁等の記録は変更できません。"))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Frozen(_("決裁等の記録は削除できません。"))

    @property
    def snapshot(self) -> dict[str, Any]:
        """What ``authority`` says; nothing where the row holds what no verb wrote."""
        return self.authority if isinstance(self.authority, dict) else {}

    @property
    def on_paper(self) -> OnPaper | None:
        """The paper that the snapshot names; None also for one that no verb wrote."""
        match self.snapshot.get("paper"):
            case {
                "id": str(key),
                "on": str(on),
                "scan": str(scan),
                "recorder": str(recorder),
                "confirmer": str(confirmer),
                "confirmed_by": int(by),
            }:
                try:
                    return OnPaper(UUID(key), date.fromisoformat(on), scan, recorder, confirmer, by)
                except ValueError:
                    return None
        return None


class Condition(models.Model):
    """A condition of 条件付き採択: who meets it, and by when. Reports say that it was met."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="conditions")
    project = models.ForeignKey(Project, models.PROTECT, related_name="conditions")
    text = models.CharField(max_length=200)
    owner = models.ForeignKey(Section, models.PROTECT, related_name="+")
    due_on = models.DateField()

    class Meta:
        ordering = ["due_on", "pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.due_on}"


class ConditionReport(models.Model):
    """What the owner of a condition did about it, and whether the 事務局 found that enough."""

    condition = models.ForeignKey(Condition, models.PROTECT, related_name="reports")
    text = models.TextField(_("報告"), max_length=1000)
    reported_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    is_enough = models.BooleanField(null=True)
    reply = models.CharField(_("確認の内容"), max_length=400, blank=True)
    checked_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["condition"],
                condition=Q(is_enough__isnull=True),
                name="one_unchecked_report",
            ),
            models.CheckConstraint(
                condition=Q(is_enough__isnull=True, checked_at__isnull=True)
                | Q(is_enough__isnull=False, checked_at__isnull=False),
                name="a_check_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.condition_id}: {self.pk}"
