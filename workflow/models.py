"""Runs, steps, slots, decisions, work items: what people were asked and what they said.

``Run.process`` is the only foreign key to viewflow. Tasks are referred to by plain id.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from viewflow.workflow.models import Process

from bpr_projects.models import Cycle, CycleEntry, Frozen, Project, Revision
from records.models import LedgerEntry
from roles.enums import basis_choices
from roles.models import Post, Section, User
from workflow.enums import (
    DeputyPolicy,
    Mode,
    Outcome,
    RouteState,
    RunKind,
    RunState,
    SlotState,
    deputy_policy_choices,
    mode_choices,
    outcome_choices,
    route_state_choices,
    run_kind_choices,
    run_state_choices,
    slot_state_choices,
    station_choices,
    step_kind_choices,
    who_rule_choices,
)

FAR_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""``WorkItem.due_sort`` of work without a deadline: last by the same index."""


class WorkflowProcess(Process):
    """Viewflow's process; a proxy has its own permissions and costs no join."""

    class Meta:
        proxy = True
        default_permissions = ("view", "manage")


class Route(models.Model):
    """One version of a route (RT1..RT8): who decides in which order, from when, by what clause."""

    code = models.CharField(max_length=8)
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=run_kind_choices, default=RunKind.PROJECT)
    revision_kinds = models.JSONField(default=list, help_text="for APPROVAL: RevisionKind codes")
    priority = models.PositiveSmallIntegerField(help_text="lowest first; first match wins")
    condition = models.JSONField(default=dict, help_text="see routing.matches")
    clause = models.CharField(max_length=120)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=route_state_choices, default=RouteState.DRAFT)

    class Meta:
        ordering = ["priority", "code", "-version"]
        verbose_name = _("経路")
        verbose_name_plural = _("経路")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_route_a_version"),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gt=F("effective_from")),
                name="route_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}（第{self.version}版）"


class RouteStep(models.Model):
    """One step of a route version, as data."""

    route = models.ForeignKey(Route, models.PROTECT, related_name="steps")
    order = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=18, choices=step_kind_choices)
    station = models.CharField(max_length=14, choices=station_choices)
    title = models.CharField(max_length=60)
    who = models.CharField(max_length=16, choices=who_rule_choices)
    who_argument = models.JSONField(default=list, help_text="section codes for HEADS_OF")
    condition = models.JSONField(default=dict, help_text="empty: always; see routing.matches")
    mode = models.CharField(max_length=6, choices=mode_choices, default=Mode.ALL)
    quorum = models.PositiveSmallIntegerField(default=1)
    standard_days = models.PositiveSmallIntegerField(help_text="business days")
    clause = models.CharField(max_length=120)
    deputy = models.CharField(
        max_length=8, choices=deputy_policy_choices, default=DeputyPolicy.ALLOWED
    )
    may_skip = models.BooleanField(
        default=False, help_text="省略 when the post is missing or its holder already approved"
    )
    fallback = models.JSONField(
        default=list, help_text="section codes: their heads, when all who should be are authors"
    )

    class Meta:
        ordering = ["route_id", "order"]
        constraints = [
            models.UniqueConstraint(fields=["route", "order"], name="one_route_step_an_order")
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.title}"


class Run(models.Model):
    """A process of viewflow and what it is about. ``plan`` is the snapshot of its route.

    ``plan``: list of steps as ``routing.PlanStep`` writes them. ``position``: index of the step
    that is open, or the length of the plan. ``round``: how often the subject was (re)submitted.
    """

    process = models.OneToOneField(
        Process, models.PROTECT, related_name="run", null=True, blank=True
    )
    kind = models.CharField(max_length=10, choices=run_kind_choices)
    state = models.CharField(max_length=12, choices=run_state_choices, default=RunState.OPEN)
    project = models.ForeignKey(Project, models.PROTECT, related_name="runs", null=True, blank=True)
    revision = models.ForeignKey(
        Revision, models.PROTECT, related_name="runs", null=True, blank=True
    )
    cycle = models.OneToOneField(Cycle, models.PROTECT, related_name="run", null=True, blank=True)
    route = models.ForeignKey(Route, models.PROTECT, related_name="+", null=True, blank=True)
    route_reason = models.CharField(max_length=200, blank=True)
    plan = models.JSONField(default=list)
    position = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveSmallIntegerField(default=1)
    step = models.ForeignKey("StepRun", models.PROTECT, null=True, blank=True, related_name="+")
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-started_at"], name="run_by_project")]
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(kind=RunKind.PROJECT, state=RunState.OPEN),
                name="one_open_project_run",
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(kind=RunKind.APPROVAL, state=RunState.OPEN),
                name="one_open_approval_run",
            ),
            models.CheckConstraint(
                condition=Q(state=RunState.OPEN, ended_at__isnull=True)
                | (~Q(state=RunState.OPEN) & Q(ended_at__isnull=False)),
                name="run_is_ended_with_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.project_id}"


class StepRun(models.Model):
    """A step of a route that was opened, with the snapshot it was opened from.

    ``due_at`` is the only deadline. While ``paused_since`` is set (保留) it does not run; on
    resume it moves by the business time that passed.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="steps")
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="steps", null=True, blank=True
    )
    revision = models.ForeignKey(
        Revision, models.PROTECT, related_name="steps", null=True, blank=True
    )
    kind = models.CharField(max_length=18, choices=step_kind_choices)
    station = models.CharField(max_length=14, choices=station_choices)
    title = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    round = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)
    snapshot = models.JSONField(help_text="the PlanStep it was opened from")
    mode = models.CharField(max_length=6, choices=mode_choices)
    quorum = models.PositiveSmallIntegerField()
    standard_days = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    paused_since = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=24, choices=outcome_choices, blank=True)
    note = models.CharField(max_length=200, blank=True, help_text="why it was opened, if unusual")

    class Meta:
        ordering = ["run_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "round", "position", "attempt"], name="one_step_an_attempt"
            ),
            models.UniqueConstraint(
                fields=["run"], condition=Q(closed_at__isnull=True), name="one_open_step_a_run"
            ),
            models.CheckConstraint(
                condition=Q(paused_since__isnull=True, paused_until__isnull=True)
                | Q(paused_since__isnull=False, paused_until__isnull=False),
                name="pause_has_both_ends",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(closed_at__isnull=True, paused_since__isnull=True),
                name="step_due",
            ),
            models.Index(fields=["project", "-opened_at"], name="step_by_project"),
        ]

    def __str__(self) -> str:
        return self.title


class Slot(models.Model):
    """The place of one post in one step. One person, one slot; one root decision a slot."""

    step_run = models.ForeignKey(StepRun, models.PROTECT, related_name="slots")
    post = models.ForeignKey(Post, models.PROTECT, related_name="slots")
    state = models.CharField(max_length=8, choices=slot_state_choices, default=SlotState.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    task_id = models.BigIntegerField(null=True, blank=True, db_index=True)

    class Meta:
        ordering = ["step_run_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["step_run", "post"], name="one_slot_a_post"),
            models.CheckConstraint(
                condition=Q(state=SlotState.OPEN, closed_at__isnull=True)
                | (~Q(state=SlotState.OPEN) & Q(closed_at__isnull=False)),
                name="slot_is_closed_with_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_run_id}: {self.post_id}"


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

    def update(self, **kwargs: Any) -> int:
        raise Frozen(_("決裁等の記録は変更できません。"))

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Frozen(_("決裁等の記録は削除できません。"))


class Decision(models.Model):
    """What somebody said or did, on which text, for which post, by what authority.

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
        ]
        indexes = [
            models.Index(fields=["project", "id"], name="decision_by_project"),
            models.Index(fields=["decided_by", "-id"], name="decision_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Frozen(_("決裁等の記録は変更できません。"))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Frozen(_("決裁等の記録は削除できません。"))


class Condition(models.Model):
    """A condition of 条件付き採択: who meets it, by when, and that it was met."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="conditions")
    project = models.ForeignKey(Project, models.PROTECT, related_name="conditions")
    text = models.CharField(max_length=200)
    owner = models.ForeignKey(Section, models.PROTECT, related_name="+")
    due_on = models.DateField()
    reported_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_on", "pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.due_on}"


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


class Reading(models.Model):
    """後閲 or 供覧 owed by a post: to be read, never to be answered, never in the way."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="readings")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, related_name="readings")
    post = models.ForeignKey(Post, models.PROTECT, related_name="readings")
    kind = models.CharField(max_length=18, choices=step_kind_choices)
    why = models.CharField(max_length=200)
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
