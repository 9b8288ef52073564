"""Who is asked or shown something now: the work list, readings, and polite requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django.db import models
from django.db.models import Q

from bpr_projects.models import CycleEntry, Project, Revision
from roles.models import Post, User
from workflow.enums import (
    step_kind_choices,
)
from workflow.models.runs import Run, Slot, StepRun

FAR_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""``WorkItem.due_sort`` of work without a deadline: last by the same index."""


class WorkItem(models.Model):
    """Read model: one row for each open slot. Deleted when the slot closes; see rebuild_inbox.

    ``due_sort`` is ``due_at`` or the far future, so that 期限なし comes last by index.
    """

    slot = models.OneToOneField(Slot, models.CASCADE, primary_key=True, related_name="work_item")
    post = models.ForeignKey(Post, models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, related_name="work_items", null=True)
    revision = models.ForeignKey(Revision, models.CASCADE, related_name="+", null=True)
    step_run = models.ForeignKey(StepRun, models.CASCADE, related_name="work_items")
    kind = models.CharField(max_length=18, choices=step_kind_choices)
    number = models.CharField(max_length=12)
    title = models.CharField(max_length=60)
    section_name = models.CharField(max_length=60)
    standard_days = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    due_sort = models.DateTimeField()
    is_paused = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["post", "due_sort", "slot"], name="workitem_inbox"),
            models.Index(fields=["project"], name="workitem_by_project"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class Seen(models.Model):
    """A current holder opened the page of a slot. The one write that a GET may cause."""

    slot = models.ForeignKey(Slot, models.CASCADE, related_name="seen")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slot", "person"], name="seen_once_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.slot_id}: {self.person_id}"


class Snooze(models.Model):
    """あとで: a person's list leaves a slot out before ``until``, but never over its deadline."""

    slot = models.ForeignKey(Slot, models.CASCADE, related_name="snoozes")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    until = models.DateField()
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slot", "person"], name="snoozed_once_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.slot_id}: {self.person_id} {self.until}"


class Claim(models.Model):
    """担当: who of a shared seat sees to an open slot. It binds nobody: the seat may answer."""

    slot = models.OneToOneField(Slot, models.CASCADE, primary_key=True, related_name="claim")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.slot_id}: {self.person_id}"


class SavedSieve(models.Model):
    """A way to narrow the work list that a person gave a name. ``query``: as in the address."""

    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    name = models.CharField(max_length=20)
    query = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "name"], name="one_saved_sieve_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class Reading(models.Model):
    """後閲 or 供覧 owed by a post: to be read, never to be answered, never in the way.

    ``is_after_acting``: somebody decided in place of the holder, who reads it in person.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="readings")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, related_name="readings")
    post = models.ForeignKey(Post, models.PROTECT, related_name="readings")
    kind = models.CharField(max_length=18, choices=step_kind_choices)
    why = models.CharField(max_length=200)
    is_after_acting = models.BooleanField(default=False)
    entry = models.ForeignKey(
        CycleEntry, models.PROTECT, related_name="readings", null=True, blank=True
    )
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["post", "opened_at"], condition=Q(read_at=None), name="reading_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.project_id} {self.post_id}"


class Nudge(models.Model):
    """お願いする: somebody who waits asks the holders of an open slot to look at it."""

    slot = models.ForeignKey(Slot, models.PROTECT, related_name="nudges")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.slot_id}: {self.asked_at:%Y-%m-%d}"
