"""Routes of the city as data: versions, and the steps each asks for."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from workflow.enums import (
    DeputyPolicy,
    Mode,
    RouteState,
    RunKind,
    deputy_policy_choices,
    mode_choices,
    route_state_choices,
    run_kind_choices,
    station_choices,
    step_kind_choices,
    who_rule_choices,
)


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
        default=False, help_text="省略, not a halt, when the post is missing or held by authors"
    )
    fallback = models.JSONField(
        default=list,
        help_text="section codes: the first free head, when all who should be are authors",
    )

    class Meta:
        ordering = ["route_id", "order"]
        constraints = [
            models.UniqueConstraint(fields=["route", "order"], name="one_route_step_an_order")
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.title}"
