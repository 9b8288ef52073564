"""What would happen after 提出: every step with its posts, people, reasons and days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.access import authors_of
from workflow import routing
from workflow.enums import READING_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from typing import Any

    from bpr_projects.models import Project
    from roles.models import Capacity, Post
    from workflow.routing import PlanStep, Resolution

NAMED = 2
"""How many seats of a step are named before it says how many there are."""


@dataclass(frozen=True)
class PreviewStep:
    """One line of the preview."""

    title: str
    who: str
    why: str
    days: int
    skipped: str
    is_reading: bool


@dataclass(frozen=True)
class RoutePreview:
    """The whole way, and the day on which it would be decided at the standard pace."""

    name: str
    reason: str
    steps: tuple[PreviewStep, ...]
    days: int
    decided_on: date


def preview_of(
    project: Project, answers: Mapping[str, Any], at: datetime, closures: frozenset[date]
) -> RoutePreview | None:
    """The route of a sheet as it stands; None while it has no 所管課 or asks an empty seat."""
    if not answers.get("section"):
        return None
    on = localdate(at)
    try:
        case = routing.case_of(project, answers, excluded=authors_of(project))
        found = routing.preview(case, on)
    except (routing.NoHolder, routing.NoRoute):
        return None
    days = found.standard_days
    return RoutePreview(
        name=found.choice.route.name,
        reason=found.choice.reason,
        steps=tuple(_line(step, resolution) for step, resolution in found.steps),
        days=days,
        decided_on=calendar.add_business_days(on, days, closures),
    )


def _line(step: PlanStep, resolution: Resolution) -> PreviewStep:
    return PreviewStep(
        title=step.title,
        who=_who(resolution),
        why="、".join(each for each in (step.why, resolution.note) if each),
        days=step.standard_days,
        skipped=resolution.skipped,
        is_reading=step.kind in READING_KINDS,
    )


def _who(resolution: Resolution) -> str:
    seats = [_seat(post, resolution.holders.get(post.pk, [])) for post in resolution.posts]
    if len(seats) <= NAMED:
        return "、".join(seats)
    return _("%(first)s ほか、合わせて%(count)s人") % {"first": seats[0], "count": len(seats)}


def _seat(post: Post, holders: list[Capacity]) -> str:
    if not holders:
        return _("%s（いまは空席）") % post.title
    if post.is_shared:
        return post.title
    return f"{post.title}　{holders[0].person.name}"
