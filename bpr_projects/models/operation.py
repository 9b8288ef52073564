"""An adopted case at work: its bounds, its figures and its OODA cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import (
    BudgetMeasure,
    Phase,
    budget_measure_choices,
    cycle_result_choices,
    observation_kind_choices,
    phase_choices,
    rollout_state_choices,
)
from bpr_projects.models.projects import Project, Revision
from roles.models import Section, User

if TYPE_CHECKING:
    from decimal import Decimal


class Bounds(models.Model):
    """自由枠 approved with the case: inside it the section decides alone (plan 2-7)."""

    project = models.OneToOneField(Project, models.PROTECT, related_name="bounds")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    ends_on = models.DateField()
    cost_limit = models.PositiveBigIntegerField(help_text="yen, running total")
    sections = models.ManyToManyField(Section, related_name="+", blank=True)
    budget_measure = models.CharField(
        max_length=16, choices=budget_measure_choices, default=BudgetMeasure.NONE
    )

    class Meta:
        verbose_name = _("自由枠")
        verbose_name_plural = _("自由枠")

    def __str__(self) -> str:
        return f"{self.project_id}: {self.ends_on} {self.cost_limit}"


class Kpi(models.Model):
    """An indicator with baseline and target, fixed by the adopted revision."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="kpis")
    name = models.CharField(max_length=60)
    unit = models.CharField(max_length=12)
    baseline = models.DecimalField(max_digits=14, decimal_places=2)
    target = models.DecimalField(max_digits=14, decimal_places=2)
    target_on = models.DateField()
    source = models.CharField(max_length=60, blank=True)
    order = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name

    def achievement(self, value: Decimal) -> int:
        """Percent of the way from baseline to target; negative when it got worse."""
        way = self.target - self.baseline
        return round((value - self.baseline) / way * 100) if way else 100


class Measurement(models.Model):
    """A measured value. A later row for the same day corrects the earlier one."""

    kpi = models.ForeignKey(Kpi, models.PROTECT, related_name="measurements")
    measured_on = models.DateField()
    value = models.DecimalField(max_digits=14, decimal_places=2)
    note = models.CharField(max_length=200, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["measured_on", "pk"]
        indexes = [models.Index(fields=["kpi", "measured_on"], name="measurement_by_day")]

    def __str__(self) -> str:
        return f"{self.measured_on} {self.value}"


class Cycle(models.Model):
    """One lap of the OODA loop."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="cycles")
    number = models.PositiveSmallIntegerField()
    aim = models.CharField(max_length=200)
    phase = models.CharField(max_length=8, choices=phase_choices, default=Phase.OBSERVE)
    result = models.CharField(max_length=10, choices=cycle_result_choices, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["project_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_cycle_a_number"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(ended_at__isnull=True), name="one_open_cycle"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} 第{self.number}サイクル"


class CycleEntry(models.Model):
    """What was recorded at a phase of a cycle. A phase that is worked on again gets another row."""

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="entries")
    phase = models.CharField(max_length=8, choices=phase_choices)
    content = models.JSONField()
    opened_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    within_bounds = models.BooleanField(default=True)

    class Meta:
        ordering = ["cycle_id", "pk"]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.phase}"


class Observation(models.Model):
    """A short note from the field, open to the staff of the section (plan 2-7)."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="observations")
    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="observations")
    kind = models.CharField(max_length=8, choices=observation_kind_choices)
    text = models.TextField(max_length=2000)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-recorded_at", "-pk"]

    def __str__(self) -> str:
        return self.text[:30]


class RolloutSection(models.Model):
    """横展開: how far one section is. A section without a row has not been asked yet."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="rollout")
    section = models.ForeignKey(Section, models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=rollout_state_choices)
    since = models.DateField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["project_id", "section__order"]
        verbose_name = _("横展開の状況")
        verbose_name_plural = _("横展開の状況")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "section"], name="one_rollout_state_a_section"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.section_id} {self.state}"
