"""Routes of the city as data: versions, and the steps each asks for."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bpr_projects.models import Revision
from roles.models import User
from workflow.enums import (
    DeadlineAction,
    DeputyPolicy,
    Mode,
    RouteState,
    RunKind,
    SendBackTarget,
    deadline_action_choices,
    deputy_policy_choices,
    mode_choices,
    route_state_choices,
    run_kind_choices,
    station_choices,
    step_kind_choices,
    who_rule_choices,
)


def every_target() -> list[str]:
    """A step may send back wherever its kind may: what held before the rule could say less."""
    return [each.value for each in SendBackTarget]


class Route(models.Model):
    """One version of a route (RT1..RT9): who decides in which order, from when, by what clause.

    A draft is written by ``authors``, who never decide on it. ``revision`` is the text that was
    proposed last; ``draft_version`` says which save a form was opened on.
    """

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
    purpose = models.TextField(_("改める理由"), max_length=1000, blank=True)
    copied_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="copies"
    )
    authors = models.ManyToManyField(User, related_name="+", blank=True)
    draft_version = models.PositiveIntegerField(default=1)
    revision = models.OneToOneField(
        Revision, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["priority", "code", "-version"]
        verbose_name = _("経路")
        verbose_name_plural = _("経路")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_route_a_version"),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(state__in=[RouteState.DRAFT, RouteState.PROPOSED]),
                name="one_route_draft_a_code",
            ),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gt=F("effective_from")),
                name="route_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}（第{self.version}版）"

    @property
    def number(self) -> str:
        """What work lists call the version."""
        return f"{self.code}-{self.version}"


class RouteStep(models.Model):
    """One step of a route version, as data."""

    route = models.ForeignKey(Route, models.PROTECT, related_name="steps")
    order = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=18, choices=step_kind_choices)
    station = models.CharField(max_length=14, choices=station_choices)
    title = models.CharField(max_length=60)
    who = models.CharField(max_length=16, choices=who_rule_choices)
    who_argument = models.JSONField(default=list, help_text="codes of sections, posts or parts")
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
    at_deadline = models.CharField(
        max_length=8, choices=deadline_action_choices, default=DeadlineAction.REMIND
    )
    escalate_to = models.CharField(max_length=16, choices=who_rule_choices, blank=True)
    may_return_to = models.JSONField(default=every_target, help_text="SendBackTarget codes")

    class Meta:
        ordering = ["route_id", "order"]
        constraints = [
            models.UniqueConstraint(fields=["route", "order"], name="one_route_step_an_order")
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.title}"
