"""A case, its frozen texts, their files, and who may read it because of its part in it."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from bpr_projects.enums import (
    ADOPTED,
    ALLOWED,
    UNDERWAY,
    RevisionKind,
    Stage,
    participant_reason_choices,
    revision_kind_choices,
    stage_choices,
)
from bpr_projects.models.masters import Area
from roles.models import Post, Section, User

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class StageError(Exception):
    """A case cannot move from where it stands to where it was sent."""

    def __init__(self, project: Project, target: Stage) -> None:
        self.project, self.target = project, target
        super().__init__(
            _("この案件は「%(now)s」のため、「%(target)s」にできません。")
            % {"now": project.get_stage_display(), "target": target.label}
        )


class Frozen(Exception):
    """Somebody tried to change a text that decisions refer to."""


class ProjectQuerySet(models.QuerySet["Project"]):
    """Queries that read after the noun."""

    def adopted(self) -> ProjectQuerySet:
        """Cases that were adopted at some time, running or ended."""
        return self.filter(stage__in=ADOPTED)

    def underway(self) -> ProjectQuerySet:
        """Cases that are being decided or are back with their proposer."""
        return self.filter(stage__in=UNDERWAY)

    def for_rows(self) -> ProjectQuerySet:
        """With what a list row shows, at a fixed number of queries."""
        return self.select_related("section", "area", "proposer")


class Project(models.Model):
    """案件: one row from the first draft to the end; the text lives in ``sheet`` and revisions."""

    number = models.CharField(_("案件番号"), max_length=12, unique=True, null=True, blank=True)
    title = models.CharField(_("提案名"), max_length=30, blank=True)
    stage = models.CharField(max_length=16, choices=stage_choices, default=Stage.DRAFT)
    section = models.ForeignKey(Section, models.PROTECT, related_name="projects", null=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="projects", null=True, blank=True)
    proposer = models.ForeignKey(User, models.PROTECT, related_name="proposed")
    proposer_post = models.ForeignKey(Post, models.PROTECT, related_name="proposed")
    sheet = models.JSONField(default=dict, help_text="working copy: field name -> value")
    draft_version = models.PositiveIntegerField(default=1)
    revision = models.ForeignKey(
        "Revision", models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_confidential = models.BooleanField(default=False)
    copied_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="copies"
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("案件")
        verbose_name_plural = _("案件")
        permissions = [
            ("read_project", "May read this case"),
            ("edit_draft", "May edit the draft"),
            ("wrote_draft", "Wrote the proposal, and never decides on it"),
        ]
        indexes = [
            models.Index(fields=["stage", "-updated_at"], name="project_by_stage"),
            models.Index(fields=["section", "-updated_at"], name="project_by_section"),
            models.Index(fields=["-updated_at", "-id"], name="project_recent"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=list(Stage)), name="project_stage_is_known"
            ),
            models.CheckConstraint(
                condition=Q(stage=Stage.DRAFT) | Q(number__isnull=False) | Q(stage=Stage.WITHDRAWN),
                name="submitted_project_has_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number or _('下書き')} {self.title}"

    @property
    def reference(self) -> str:
        """What URLs call the case: its number, or ``draft-<id>`` before the first submit."""
        return self.number or f"draft-{self.pk}"

    def mark_changed(self, *, at: datetime) -> None:
        """The working copy has a new version: whoever read it before has not read this."""
        self.draft_version += 1
        self.updated_at = at
        self.save(update_fields=["draft_version", "updated_at"])

    def move_to(self, target: Stage, *, at: datetime) -> None:
        """Change the stage, or raise ``StageError``. Nothing else writes ``stage``."""
        if target != self.stage and target not in ALLOWED[Stage(self.stage)]:
            raise StageError(self, target)
        self.stage = target
        self.updated_at = at
        self.save(update_fields=["stage", "updated_at"])


def content_hash(
    kind: str, sheet: Mapping[str, Any], attachments: list[tuple[str, str, int]]
) -> str:
    """SHA-256 of the canonical JSON of what is decided: kind, text and files (name, hash, size)."""
    canonical = json.dumps(
        [kind, sheet, sorted(attachments)],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


class RevisionQuerySet(models.QuerySet["Revision"]):
    """Revisions are written once."""

    def update(self, **kwargs: Any) -> int:
        raise Frozen(_("提出された版は変更できません。"))

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Frozen(_("提出された版は削除できません。"))


class Revision(models.Model):
    """A frozen text that decisions name. ``content_hash`` fixes text and attachments."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="revisions", null=True, blank=True
    )
    kind = models.CharField(
        max_length=12, choices=revision_kind_choices, default=RevisionKind.PROJECT
    )
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=60)
    sheet = models.JSONField()
    content_hash = models.CharField(max_length=64)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["project_id", "kind", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "number"], name="one_revision_a_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} 第{self.number}版"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Frozen(_("提出された版は変更できません。"))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Frozen(_("提出された版は削除できません。"))


def attachment_path(attachment: Attachment, filename: str) -> str:
    """A random name; the original name is data, never a path."""
    return f"attachments/{uuid.uuid4().hex}"


class Attachment(models.Model):
    """A checked file of a case. Revisions keep the files that they were submitted with."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="attachments")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.FileField(upload_to=attachment_path, max_length=100)
    name = models.CharField(max_length=120)
    extension = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    revisions = models.ManyToManyField(Revision, related_name="attachments", blank=True)

    class Meta:
        ordering = ["uploaded_at", "pk"]

    def __str__(self) -> str:
        return self.name


class Participant(models.Model):
    """A post or a section that may read a case because of its part in it."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="participants")
    post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="+")
    section = models.ForeignKey(Section, models.PROTECT, null=True, blank=True, related_name="+")
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=12, choices=participant_reason_choices)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "post"],
                condition=Q(post__isnull=False),
                name="one_participation_a_post",
            ),
            models.UniqueConstraint(
                fields=["project", "section"],
                condition=Q(section__isnull=False),
                name="one_participation_a_section",
            ),
            models.CheckConstraint(
                condition=Q(post__isnull=False) ^ Q(section__isnull=False),
                name="participant_is_post_or_section",
            ),
        ]
        indexes = [models.Index(fields=["post", "project"], name="participant_by_post")]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.post_id or self.section_id}"


class ProjectUserObjectPermission(UserObjectPermissionBase):
    """Explicit grant to a person: co-proposers, invited reviewers, readers."""

    content_object = models.ForeignKey(Project, models.CASCADE)


class ProjectGroupObjectPermission(GroupObjectPermissionBase):
    """Guardian wants the pair; groups get no grants in this product."""

    content_object = models.ForeignKey(Project, models.CASCADE)
