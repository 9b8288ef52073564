"""What would happen after 提出: every step with its posts, people, reasons and days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.db.models import CharField, Value
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects import calendar
from bpr_projects.access import AUTHORING
from bpr_projects.models import ProjectUserObjectPermission
from roles.enums import Basis
from roles.models import everybody, holders_of
from workflow import routing
from workflow.access.conflicts import Barred, conflicts, facts, recused_by_run
from workflow.actions.refusals import Unroutable
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
    from roles.models import Capacity, Post, User
    from workflow.routing import Case, Choice, PlanStep, Preview, Resolution

NAMED = 2
"""How many seats of a step are named before it says how many there are."""


@dataclass(frozen=True)
class PreviewStep:
    """One line of the preview."""

    title: str
    who: str
    why: str
    days: int
    skipped: tuple[str, ...]
    is_reading: bool


@dataclass(frozen=True)
class RoutePreview:
    """The whole way, and the day on which it would be decided at the standard pace.

    ``absent``: co-proposers who are not asked as they would be otherwise. ``problem``: why there
    is no way while they propose. ``gap``: at which step it would halt, whoever proposes.
    """

    name: str
    reason: str
    steps: tuple[PreviewStep, ...]
    days: int
    decided_on: date
    absent: tuple[str, ...] = ()
    problem: str = ""
    gap: str = ""


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
    """The route of a sheet as it stands; None while it has no 所管課 or no route takes it."""
    if not answers.get("section"):
        return None
    on = localdate(at)
    case = _case(project, answers, by, on)
    try:
        choice = routing.choose_route(case, _since(project) or on)
    except routing.NoRoute:
        return None
    partners = _partners(project, answers, on)
    otherwise = _otherwise(case, partners, on, choice)
    absent = _absent(otherwise, partners)
    try:
        found = routing.preview(case, on, choice)
    except routing.NoHolder as gap:
        stops = RoutePreview(choice.route.name, choice.reason, steps=(), days=0, decided_on=on)
        if otherwise is None:
            return replace(stops, gap=Unroutable(gap).message)
        names = _("さん、").join(absent)
        return replace(stops, problem=BLOCKED % {"names": names, "step": gap.title})
    days = found.standard_days
    return RoutePreview(
        name=found.choice.route.name,
        reason=found.choice.reason,
        steps=tuple(
            _line(step, resolution)
            for step, resolution in found.steps
            if resolution.posts or resolution.left_out
        ),
        days=days,
        decided_on=calendar.add_business_days(on, days, closures),
        absent=tuple(ABSENT % {"name": name} for name in absent),
    )


def foreseen(project: Project, answers: Mapping[str, Any], by: User, on: date) -> Preview:
    """What happens to a sheet when this person submits it; raises what stands in its way."""
    case = _case(project, answers, by, on)
    return routing.preview(case, on, routing.choose_route(case, _since(project) or on))


def route_problems(route: RoutePreview | None) -> dict[str, str]:
    """Field -> why 提出 would find no way with this answer."""
    return {"partners": route.problem} if route is not None and route.problem else {}


def _since(project: Project) -> date | None:
    return localdate(project.submitted_at) if project.submitted_at else None


def _case(project: Project, answers: Mapping[str, Any], by: User, on: date) -> Case:
    barred = _barred(project, by, on)
    return routing.case_of(project, answers, excluded=barred.persons, recused=barred.recused)


ABSENT: Final = gettext_lazy("%(name)sさんは提案者のため、審査から外れます。")
BLOCKED: Final = gettext_lazy(
    "%(names)sさんが提案者として外れると、「%(step)s」を担当できる方が足りません。"
    "このままでは提出できません。"
)


def _partners(project: Project, answers: Mapping[str, Any], on: date) -> dict[int, str]:
    """Co-proposers on the sheet who hold a seat: key -> name."""
    numbers = answers.get("partners")
    if not numbers:
        return {}
    people = {each.person.pk: each.person for each in everybody(on)}.values()
    named = [each for each in people if each.employee_number in numbers]
    named.sort(key=lambda each: each.employee_number)
    return {each.pk: each.name for each in named if each.pk != project.proposer_id}


def _otherwise(case: Case, partners: Mapping[int, str], on: date, choice: Choice) -> Preview | None:
    """The way that the case would go if the co-proposers did not propose it."""
    if not partners:
        return None
    try:
        return routing.preview(replace(case, excluded=case.excluded - partners.keys()), on, choice)
    except routing.NoHolder:
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


def _barred(project: Project, by: User, on: date) -> Barred:
    """The conflicts of the run that this person is about to submit: a draft has none yet."""
    runs = Run.objects.filter(project=project, kind=RunKind.PROJECT, state=RunState.OPEN)
    writing = ProjectUserObjectPermission.objects.filter(
        content_object=project, permission__codename__in=AUTHORING
    )
    rows = list(
        writing.values_list(Value("author", CharField()), Value(0), "user").union(
            *facts(runs.values("pk") if project.number else [], on), all=True
        )
    )
    key = next((run for kind, run, _value in rows if kind == "seat"), 0)
    seat = project.proposer_post
    rows += [("seat", key, seat.pk), ("author", key, by.pk), ("author", key, project.proposer_id)]
    if not seat.is_shared:
        held = [each for each in holders_of([seat.pk], on)[seat.pk] if each.basis == Basis.OWN]
        rows += [("holder", seat.pk, each.person.pk) for each in held]
    return Barred(conflicts(rows)[key], recused_by_run(rows)[key])


def _line(step: PlanStep, resolution: Resolution) -> PreviewStep:
    return PreviewStep(
        title=step.title,
        who=_who(resolution),
        why="、".join(each for each in (step.why, resolution.note) if each),
        days=step.standard_days,
        skipped=tuple(
            "：".join(each for each in (seat, reason) if each)
            for seat, reason in resolution.left_out
        ),
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
