"""議論: what is said about a case beside its decisions, and who asks to take part."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import (
    CommentKind,
    CommentLevel,
    comment_kind_choices,
    comment_level_choices,
)
from bpr_projects.models.projects import Project
from roles.models import Post, Section, User


class Comment(models.Model):
    """A remark, as it was written: never edited. Its author may take it back; the row stays.

    An answer names what it answers (one level deep) and has the level of it. A question is open
    until ``settled_at``.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="comments")
    parent = models.ForeignKey(
        "self", models.PROTECT, related_name="answers", null=True, blank=True
    )
    kind = models.CharField(max_length=8, choices=comment_kind_choices, default=CommentKind.REMARK)
    level = models.CharField(
        max_length=8, choices=comment_level_choices, default=CommentLevel.PARTIES
    )
    text = models.TextField(max_length=2000)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", null=True, blank=True)
    written_at = models.DateTimeField()
    mentions = models.ManyToManyField(User, related_name="+", blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("コメント")
        verbose_name_plural = _("コメント")
        indexes = [models.Index(fields=["project", "-id"], name="comment_by_project")]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="settled_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.pk} {self.kind}"


class JoinRequest(models.Model):
    """A section asks to take part in a case that concerns it too (plan 2-6(2))."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="join_requests")
    section = models.ForeignKey(Section, models.PROTECT, related_name="+")
    reason = models.CharField(_("理由"), max_length=400)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    is_accepted = models.BooleanField(null=True)
    reply = models.CharField(_("返事"), max_length=400, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "section"],
                condition=Q(is_accepted__isnull=True),
                name="one_open_join_request",
            ),
            models.CheckConstraint(
                condition=Q(is_accepted__isnull=True, answered_at__isnull=True)
                | Q(is_accepted__isnull=False, answered_at__isnull=False),
                name="an_answer_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.section_id}"
