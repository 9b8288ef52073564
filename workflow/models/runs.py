"""Runs, steps and slots: what people are asked, and where a case stands.

``Run.process`` is the only foreign key to viewflow. Tasks are referred to by plain id.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.timezone import localdate
from viewflow.workflow.models import Process

from bpr_projects import calendar
from bpr_projects.models import Cycle, Project, Revision
from roles.models import Post, User
from workflow.enums import (
    DeadlineAction,
    DeputyPolicy,
    RunKind,
    RunState,
    SlotState,
    mode_choices,
    outcome_choices,
    run_kind_choices,
    run_state_choices,
    slot_state_choices,
    station_choices,
    step_kind_choices,
)
from workflow.models.routes import Route

if TYPE_CHECKING:
    from datetime import date

    from bpr_projects.calendar import Reckoning
    from roles.enums import Basis


class WorkflowProcess(Process):
    """Viewflow's process; a proxy has its own permissions and costs no join."""

    class Meta:
        proxy = True
        default_permissions = ("view", "manage")


class Run(models.Model):
    """A process of viewflow and what it is about. ``plan`` is the snapshot of its route.

    About a case, or about a ``rule``: a version of a route that is to be decided.

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
    rule = models.ForeignKey(Route, models.PROTECT, related_name="runs", null=True, blank=True)
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
            models.UniqueConstraint(
                fields=["rule"],
                condition=Q(rule__isnull=False, state=RunState.OPEN),
                name="one_open_run_a_rule",
            ),
            models.CheckConstraint(
                condition=Q(state=RunState.OPEN, ended_at__isnull=True)
                | (~Q(state=RunState.OPEN) & Q(ended_at__isnull=False)),
                name="run_is_ended_with_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.project_id}"

    @property
    def has_begun(self) -> bool:
        """Whether viewflow has its process. What a verb opens before is the run's first step."""
        return self.process_id is not None


class StepRun(models.Model):
    """A step of a route that was opened, with the snapshot it was opened from.

    ``due_at`` is the only deadline. While ``paused_since`` is set (保留) it does not run; on
    resume it moves by the business days that passed, and ``held_days`` grows by them.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="steps")
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="steps", null=True, blank=True
    )
    revision = models.ForeignKey(
        Revision, models.PROTECT, related_name="steps", null=True, blank=True
    )
    route = models.ForeignKey(
        Route,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="that asked for it, if one did: the run may take another in its next round",
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
    held_days = models.PositiveSmallIntegerField(default=0)
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
            models.Index(
                fields=["-closed_at"], condition=Q(closed_at__isnull=False), name="step_closed"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def deputy(self) -> DeputyPolicy:
        """Whether somebody may stand in, by the rule that the step was opened from."""
        return DeputyPolicy(self.snapshot.get("deputy", DeputyPolicy.ALLOWED))

    def admits(self, basis: Basis) -> bool:
        """Whether somebody may answer on this basis; who that is, ``access`` says."""
        return self.deputy.admits(basis, self.kind)

    @property
    def at_deadline(self) -> DeadlineAction:
        """What happens when its days are over, by the rule that the step was opened from."""
        return DeadlineAction(self.snapshot.get("at_deadline", DeadlineAction.REMIND))

    def reckoned(self, closures: frozenset[date]) -> Reckoning | None:
        """How its due date came about; nothing without one, or while its clock stands still."""
        if self.due_at is None or self.paused_since is not None:
            return None
        opened_on, due_on = localdate(self.opened_at), localdate(self.due_at)
        return calendar.reckon(opened_on, self.standard_days, due_on, closures, held=self.held_days)

    def days_stood(self, closures: frozenset[date], at: datetime | None = None) -> int:
        """Business days for which a 保留 stops its clock: until ``at``, or else to its end.

        The clock goes on with the day that was set, however late a sweep comes to say so.
        """
        if self.paused_since is None or self.paused_until is None:
            return 0
        end = datetime.combine(self.paused_until, time.min, calendar.JST)
        return calendar.days_stood(self.paused_since, min(end, at or end), closures)


class Slot(models.Model):
    """The place of one post in one step. One person, one slot; one root decision a slot.

    ``replaces``: the place that somebody left (辞退) or that was moved (付替え) to this post.
    """

    step_run = models.ForeignKey(StepRun, models.PROTECT, related_name="slots")
    post = models.ForeignKey(Post, models.PROTECT, related_name="slots")
    state = models.CharField(max_length=8, choices=slot_state_choices, default=SlotState.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    task_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, related_name="replaced_by", null=True, blank=True
    )

    class Meta:
        ordering = ["step_run_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["step_run", "post"],
                condition=~Q(state__in=[SlotState.RECUSED, SlotState.MOVED]),
                name="one_slot_a_post",
            ),
            models.CheckConstraint(
                condition=Q(state=SlotState.OPEN, closed_at__isnull=True)
                | (~Q(state=SlotState.OPEN) & Q(closed_at__isnull=False)),
                name="slot_is_closed_with_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_run_id}: {self.post_id}"
