"""What would happen after 提出: every step with its posts, people, reasons and days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.access import authors_of
from roles.enums import Basis
from roles.models import holders_of
from workflow import routing
from workflow.access.conflicts import conflicts, facts
from workflow.enums import READING_KINDS, RunKind, RunState
from workflow.models import Run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from typing import Any

    from bpr_projects.models import Project
    from roles.models import Capacity, Post, User
    from workflow.routing import PlanStep, Preview, Resolution

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
    project: Project,
    answers: Mapping[str, Any],
    by: User,
    at: datetime,
    closures: frozenset[date],
) -> RoutePreview | None:
    """The route of a sheet as it stands; None while it has no 所管課 or asks an empty seat."""
    if not answers.get("section"):
        return None
    on = localdate(at)
    try:
        found = foreseen(project, answers, by, on)
    except (routing.NoHolder, routing.NoRoute):
        return None
    days = found.standard_days
    return RoutePreview(
        name=found.choice.route.name,
        reason=found.choice.reason,
        steps=tuple(
            _line(step, resolution)
            for step, resolution in found.steps
            if resolution.posts or resolution.skipped
        ),
        days=days,
        decided_on=calendar.add_business_days(on, days, closures),
    )


def foreseen(project: Project, answers: Mapping[str, Any], by: User, on: date) -> Preview:
    """What happens to a sheet when this person submits it; raises what stands in its way."""
    since = localdate(project.submitted_at) if project.submitted_at else None
    case = routing.case_of(project, answers, excluded=_excluded(project, by, on))
    return routing.preview(case, on, since=since)


def _excluded(project: Project, by: User, on: date) -> frozenset[int]:
    """The conflicts of the run that this person is about to submit: a draft has none yet."""
    runs = Run.objects.filter(project=project, kind=RunKind.PROJECT, state=RunState.OPEN)
    first, *others = facts(runs.values("pk") if project.number else [], on)
    rows = list(first.union(*others, all=True))
    key = next((run for kind, run, _value in rows if kind == "seat"), 0)
    seat = project.proposer_post
    authors = {by.pk} if key else authors_of(project) | {by.pk}
    rows += [("seat", key, seat.pk), *(("author", key, author) for author in authors)]
    if not seat.is_shared:
        held = [each for each in holders_of([seat.pk], on)[seat.pk] if each.basis == Basis.OWN]
        rows += [("holder", seat.pk, each.person.pk) for each in held]
    return conflicts(rows)[key]


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
