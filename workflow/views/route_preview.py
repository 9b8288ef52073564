"""What would happen after 提出: every step with its posts, people, reasons and days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects import calendar
from bpr_projects.access import authors_of
from roles.enums import Basis
from roles.models import User, holders_of
from workflow import routing
from workflow.access.conflicts import conflicts, facts
from workflow.enums import READING_KINDS, RunKind, RunState
from workflow.inbox import desk_of
from workflow.models import Run
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from typing import Any

    from django.http import HttpRequest

    from bpr_projects.models import Project
    from roles.models import Capacity, Post
    from workflow.routing import Case, PlanStep, Preview, Resolution

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
    """The whole way, and the day on which it would be decided at the standard pace.

    ``absent``: co-proposers who are not asked as they would be otherwise. ``problem``: why there
    is no way while they propose.
    """

    name: str
    reason: str
    steps: tuple[PreviewStep, ...]
    days: int
    decided_on: date
    absent: tuple[str, ...] = ()
    problem: str = ""


def route_for(request: HttpRequest, project: Project, at: datetime) -> RoutePreview | None:
    """The route of the draft as it is stored, when the reader submits it."""
    closures = desk_of(request).load.closures
    return preview_of(project, project.sheet, person_of(request), at, closures)


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
    since = _since(project)
    case = _case(project, answers, by, on)
    partners = _partners(project, answers)
    otherwise = _otherwise(case, partners, on, since)
    absent = _absent(otherwise, partners)
    try:
        found = routing.preview(case, on, since=since)
    except (routing.NoHolder, routing.NoRoute) as gap:
        if otherwise is None or not isinstance(gap, routing.NoHolder):
            return None
        return _blocked(otherwise, gap, absent, on)
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
        absent=tuple(ABSENT % {"name": name} for name in absent),
    )


def foreseen(project: Project, answers: Mapping[str, Any], by: User, on: date) -> Preview:
    """What happens to a sheet when this person submits it; raises what stands in its way."""
    return routing.preview(_case(project, answers, by, on), on, since=_since(project))


def route_problems(route: RoutePreview | None) -> dict[str, str]:
    """Field -> why 提出 would find no way with this answer."""
    return {"partners": route.problem} if route is not None and route.problem else {}


def _since(project: Project) -> date | None:
    return localdate(project.submitted_at) if project.submitted_at else None


def _case(project: Project, answers: Mapping[str, Any], by: User, on: date) -> Case:
    return routing.case_of(project, answers, excluded=_excluded(project, by, on))


ABSENT: Final = gettext_lazy("%(name)sさんは提案者のため、審査から外れます。")
BLOCKED: Final = gettext_lazy(
    "%(names)sさんが提案者として外れると、「%(step)s」を担当できる方が足りません。"
    "このままでは提出できません。"
)


def _partners(project: Project, answers: Mapping[str, Any]) -> dict[int, str]:
    """Co-proposers on the sheet: key -> name."""
    numbers = answers.get("partners")
    if not numbers:
        return {}
    people = User.objects.filter(employee_number__in=numbers).exclude(pk=project.proposer_id)
    return {person.pk: person.name for person in people.order_by("employee_number")}


def _otherwise(
    case: Case, partners: Mapping[int, str], on: date, since: date | None
) -> Preview | None:
    """The way that the case would go if the co-proposers did not propose it."""
    if not partners:
        return None
    try:
        return routing.preview(
            replace(case, excluded=case.excluded - partners.keys()), on, since=since
        )
    except (routing.NoHolder, routing.NoRoute):
        return None


def _absent(otherwise: Preview | None, partners: Mapping[int, str]) -> list[str]:
    """Names of the co-proposers who hold a seat that would be asked."""
    asked = {
        each.person.pk
        for step, found in (otherwise.steps if otherwise else ())
        if step.kind not in READING_KINDS
        for post in found.posts
        for each in found.holders.get(post.pk, [])
        if each.basis == Basis.OWN
    }
    return [name for pk, name in partners.items() if pk in asked]


def _blocked(
    otherwise: Preview, gap: routing.NoHolder, absent: list[str], on: date
) -> RoutePreview:
    names = _("さん、").join(absent)
    return RoutePreview(
        name=otherwise.choice.route.name,
        reason=otherwise.choice.reason,
        steps=(),
        days=0,
        decided_on=on,
        problem=BLOCKED % {"names": names, "step": gap.title},
    )


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
