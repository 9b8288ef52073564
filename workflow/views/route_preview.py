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
from roles.enums import Basis, Role
from roles.models import everybody, holders_of, seats_of
from workflow import routing
from workflow.access.conflicts import Barred, conflicts, facts, recused_by_run
from workflow.actions.refusals import Unroutable
from workflow.enums import READING_KINDS, RunKind, RunState, StepKind
from workflow.inbox import desk_of
from workflow.models import Run
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from typing import Any

    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    from bpr_projects.models import Project
    from roles.models import Capacity, Post, User
    from workflow.routing import Case, Choice, Experience, PlanStep, Preview, Resolution

NAMED = 2
"""How many seats of a step are named before it says how many there are."""


@dataclass(frozen=True)
class PreviewStep:
    """One line of the preview.

    ``capacity``: what is asked of them there. ``names``: all seats, where ``who`` only counts them.
    ``carried``: whose answer on an earlier text stands; ``again``: why the others are asked again.
    ``until``: the day on which it is through at the standard pace.
    """

    title: str
    capacity: str
    who: str
    why: str
    days: int
    skipped: tuple[str, ...]
    is_reading: bool
    names: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    until: date | None = None


@dataclass(frozen=True)
class RoutePreview:
    """The whole way, and the day on which it would be decided at the standard pace.

    ``absent``: co-proposers who are not asked as they would be otherwise. ``problem``: why there
    is no way while they propose. ``gap``: at which step it would halt, whoever proposes.
    ``half_on``, ``most_on``: by when half and four of five cases like it were decided.
    """

    name: str
    reason: str
    steps: tuple[PreviewStep, ...]
    days: int
    decided_on: date
    absent: tuple[str, ...] = ()
    problem: str = ""
    gap: str = ""
    experience: Experience | None = None
    half_on: date | None = None
    most_on: date | None = None

    @property
    def sum(self) -> str:
        """2＋3＋8: the standard days of the steps that somebody is asked at."""
        asked = (step for step in self.steps if step.who and not step.is_reading)
        return "＋".join(str(step.days) for step in asked)

    @property
    def is_returned(self) -> bool:
        """Whether some are not asked again, or are told why they are."""
        return any(step.carried or step.again for step in self.steps)


def route_for(
    request: HttpRequest, project: Project, at: datetime, *, with_experience: bool = False
) -> RoutePreview | None:
    """The route of the draft as it is stored, when the reader submits it."""
    closures = desk_of(request).load.closures
    by = person_of(request)
    return preview_of(project, project.sheet, by, at, closures, with_experience=with_experience)


def preview_of(
    project: Project,
    answers: Mapping[str, Any],
    by: User,
    at: datetime,
    closures: frozenset[date],
    *,
    with_experience: bool = False,
) -> RoutePreview | None:
    """The route of a sheet as it stands; None while it has no 所管課 or no route takes it.

    ``with_experience``: also how long such cases took, for the last look before a first 提出.
    """
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
    shown = RoutePreview(
        name=found.choice.route.name,
        reason=found.choice.reason,
        steps=tuple(_lines(found, on, closures)),
        days=days,
        decided_on=calendar.add_business_days(on, days, closures),
        absent=tuple(ABSENT % {"name": name} for name in absent),
    )
    if not with_experience or project.number:
        return shown
    return _experienced(shown, choice.route.code, on, closures)


def _experienced(
    shown: RoutePreview, code: str, on: date, closures: frozenset[date]
) -> RoutePreview:
    found = routing.experience_of(code, closures)
    return replace(
        shown,
        experience=found,
        half_on=calendar.add_business_days(on, found.half, closures),
        most_on=calendar.add_business_days(on, found.most, closures),
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
    code = answers.get("section")
    heads = seats_of(Role.SECTION_HEAD, on)
    named = (post.section for post in heads if post.section and post.section.code == code)
    case = routing.case_of(
        project,
        answers,
        excluded=barred.persons,
        recused=barred.recused,
        section=next(named, None),
    )
    if not project.number:
        return case
    runs = Run.objects.filter(project=project, kind=RunKind.PROJECT, state=RunState.OPEN)
    said = routing.said_in(runs, on)
    if not said:
        return case
    found = routing.answers_before(said, said[0].run.round + 1, answers)
    return replace(case, earlier=found.earlier)


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


CAPACITIES: Final[dict[StepKind, StrOrPromise]] = {
    StepKind.CONFIRMATION: gettext_lazy("確認"),
    StepKind.RECEPTION: gettext_lazy("受付"),
    StepKind.REVIEW: gettext_lazy("審査"),
    StepKind.REFERRAL: gettext_lazy("上申"),
    StepKind.APPROVAL: gettext_lazy("承認"),
    StepKind.CONCURRENCE: gettext_lazy("合議"),
    StepKind.MEDIATION: gettext_lazy("協議"),
    StepKind.DELIBERATION: gettext_lazy("審議"),
    StepKind.STANDING_DECISION: gettext_lazy("専決"),
    StepKind.DECISION: gettext_lazy("決裁"),
    StepKind.POST_READING: gettext_lazy("後閲"),
    StepKind.CIRCULATION: gettext_lazy("供覧"),
}
"""Kind of a step on a route -> in which capacity its holders act, in one word."""


def _lines(found: Preview, on: date, closures: frozenset[date]) -> Iterator[PreviewStep]:
    """The steps at which somebody is asked, left out or not asked again, with the days added up."""
    days = 0
    for step, resolution in found.steps:
        line = _line(step, resolution)
        if line.who and not line.is_reading:
            days += step.standard_days
            line = replace(line, until=calendar.add_business_days(on, days, closures))
        if line.who or line.skipped or line.carried:
            yield line


def _line(step: PlanStep, resolution: Resolution) -> PreviewStep:
    seats = tuple(_seats(resolution))
    return PreviewStep(
        title=step.title,
        capacity=str(CAPACITIES[StepKind(step.kind)]),
        who=_who(seats) + _in_place(resolution),
        names=seats if len(seats) > NAMED else (),
        carried=tuple(each.words for each in resolution.carried),
        again=resolution.again,
        why="、".join(each for each in (step.why, resolution.note) if each),
        days=step.standard_days,
        skipped=tuple(
            "：".join(each for each in (seat, reason) if each)
            for seat, reason in resolution.left_out
        ),
        is_reading=step.kind in READING_KINDS,
    )


def _seats(resolution: Resolution) -> Iterator[str]:
    for post in resolution.posts:
        yield _seat(post, resolution.holders.get(post.pk, []))


def _who(seats: tuple[str, ...]) -> str:
    if len(seats) <= NAMED:
        return "、".join(seats)
    return _("%(first)s ほか、合わせて%(count)s人") % {"first": seats[0], "count": len(seats)}


def _in_place(resolution: Resolution) -> str:
    """（代決 児玉さん）, while nobody of a deciding seat is there."""
    names = "、".join(_("%sさん") % name for name in resolution.stand_ins)
    return _("（代決 %s）") % names if names else ""


def _seat(post: Post, holders: list[Capacity]) -> str:
    if not holders:
        return _("%s（いまは空席）") % post.title
    if post.is_shared:
        return post.title
    last = holders[0].last_day if holders[0].basis == Basis.OWN else None
    away = _("（不在中 %(m)s/%(d)sまで）") % {"m": last.month, "d": last.day} if last else ""
    return f"{post.title}　{holders[0].person.name}{away}"
