"""Which route a case takes and which steps it has: the plan that a run keeps as its snapshot."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db.models import Q
from django.utils.translation import gettext as _

from bpr_projects.enums import RevisionKind
from roles.models import Section
from workflow.enums import (
    DeadlineAction,
    DeputyPolicy,
    Mode,
    RouteState,
    RunKind,
    SendBackTarget,
    Station,
    StepKind,
    WhoRule,
)
from workflow.models import Route, RouteStep
from workflow.routing.conditions import Facts, Match, facts_of, matches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from django.db.models import QuerySet

    from bpr_projects.models import Project
    from workflow.routing.carrying import Earlier


class NoRoute(Exception):
    """No active route fits the case; with the shipped routes this cannot happen."""


@dataclass(frozen=True)
class Ask:
    """How some posts of a step are found, why they are asked, and what if they cannot be.

    ``fallback``: codes of the sections whose heads are asked, the first who may be, when those who
    should be are authors. ``may_skip``: 省略 rather than a halt when nobody can be asked.
    """

    who: str
    argument: tuple[str, ...] = ()
    why: str = ""
    may_skip: bool = False
    fallback: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ask:
        return cls(**{**data, **{name: tuple(data[name]) for name in ("argument", "fallback")}})


@dataclass(frozen=True)
class PlanStep:
    """One step of a plan: what a ``StepRun`` is opened from.

    ``inserted``: put in on the way (協議, 上申); a 差戻し to an earlier station takes it out.
    """

    kind: str
    station: str
    title: str
    asks: tuple[Ask, ...]
    clause: str
    standard_days: int
    mode: str = Mode.ALL
    quorum: int = 1
    deputy: str = DeputyPolicy.ALLOWED
    inserted: bool = False
    at_deadline: str = DeadlineAction.REMIND
    escalate_to: str = ""
    may_return_to: tuple[str, ...] = tuple(SendBackTarget)

    @property
    def why(self) -> str:
        """Why the step is there, as sentences; empty when every case of the route has it."""
        return "、".join(dict.fromkeys(ask.why for ask in self.asks if ask.why))

    def titled(self, seat: str) -> str:
        """The step with the seat of it that is meant; without a seat, the whole of it."""
        return f"{self.title}（{seat}）" if seat else self.title

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PlanStep:
        read: dict[str, Any] = {"asks": tuple(Ask.from_json(each) for each in data["asks"])}
        if "may_return_to" in data:
            read["may_return_to"] = tuple(data["may_return_to"])
        return cls(**{**data, **read})


@dataclass(frozen=True)
class Case:
    """What routing needs to know of a case. ``approved_by``: persons who said yes on this text.

    ``earlier``: by kind of step and post, what was said on earlier texts (see ``carrying``).
    ``asked``: kinds of steps that were asked about this text.

    ``recused``: who of the excluded stepped aside in it. A seat of theirs is never 省略 for that.

    A route version that is to be decided is a case without ``project``.
    """

    project: Project | None
    section: Section
    kind: RevisionKind
    facts: Facts
    related: tuple[str, ...] = ()
    excluded: frozenset[int] = frozenset()
    approved_by: frozenset[int] = frozenset()
    recused: frozenset[int] = frozenset()
    earlier: Mapping[tuple[str, int], Earlier] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()


def case_of(
    project: Project,
    sheet: Mapping[str, Any],
    *,
    kind: RevisionKind = RevisionKind.PROJECT,
    excluded: frozenset[int] = frozenset(),
    approved_by: frozenset[int] = frozenset(),
    recused: frozenset[int] = frozenset(),
    section: Section | None = None,
) -> Case:
    """The case of a sheet. ``excluded``: persons with a conflict of interest (authors).

    ``section``: the 所管課 that the sheet names, where the caller has it already.
    """
    code = sheet.get("section")
    section = section or project.section
    if section is None or (code and section.code != code):
        section = Section.objects.select_related("department").get(code=code)
    return Case(
        project=project,
        section=section,
        kind=kind,
        facts=facts_of(sheet),
        related=tuple(
            sorted({each for each in sheet.get("sections") or [] if each != section.code})
        ),
        excluded=excluded | {project.proposer_id},
        approved_by=approved_by,
        recused=recused,
    )


def case_of_rules(
    section: Section,
    *,
    excluded: frozenset[int] = frozenset(),
    approved_by: frozenset[int] = frozenset(),
) -> Case:
    """What is decided is a rule itself: the 事務局 asks, and no fact of a sheet holds."""
    return Case(
        project=None,
        section=section,
        kind=RevisionKind.ROUTE,
        facts=facts_of({}),
        excluded=excluded,
        approved_by=approved_by,
    )


@dataclass(frozen=True)
class Choice:
    """The route of a case with its steps, and the reason as a sentence for the page."""

    route: Route
    reason: str
    steps: tuple[RouteStep, ...]


Version: TypeAlias = tuple[Route, tuple[RouteStep, ...]]
"""A version of a route with its steps in order."""


def choose_route(case: Case, on: date) -> Choice:
    """First match by priority among the versions in force that day; raises ``NoRoute``."""
    return choose(case, in_force(on, kind_of(case)))


def kind_of(case: Case) -> RunKind:
    """Which flow decides such a case."""
    return RunKind.PROJECT if case.kind == RevisionKind.PROJECT else RunKind.APPROVAL


def in_force(on: date, kind: RunKind | None = None) -> list[Version]:
    """The versions that hold on a day, in the order in which they are tried. One query."""
    return _grouped(_in_force(on, kind))


def in_force_beside(route: Route, on: date, kind: RunKind) -> tuple[list[Version], Version]:
    """``in_force``, and a version that may hold or not, with its steps. One query for both."""
    found = _grouped(_in_force(on, kind) | RouteStep.objects.filter(route=route))
    rules = [each for each in found if each[0].state == RouteState.ACTIVE and holds_on(each[0], on)]
    return rules, (route, next((steps for each, steps in found if each == route), ()))


def _in_force(on: date, kind: RunKind | None) -> QuerySet[RouteStep]:
    rows = RouteStep.objects.filter(
        Q(route__effective_to=None) | Q(route__effective_to__gt=on),
        route__state=RouteState.ACTIVE,
        route__effective_from__lte=on,
    )
    return rows if kind is None else rows.filter(route__kind=kind)


def from_day(on: date) -> list[Version]:
    """The versions that hold on a day or after it, as ``in_force`` reads them."""
    rows = RouteStep.objects.filter(
        Q(route__effective_to=None) | Q(route__effective_to__gt=on), route__state=RouteState.ACTIVE
    )
    return _grouped(rows)


def holds_on(route: Route, on: date) -> bool:
    """Whether a decided version holds on a day."""
    return route.effective_from <= on and (route.effective_to is None or route.effective_to > on)


def _grouped(rows: QuerySet[RouteStep]) -> list[Version]:
    ordered = rows.select_related("route").order_by(
        "route__priority", "route__code", "-route__version", "order"
    )
    return [(route, tuple(steps)) for route, steps in groupby(ordered, attrgetter("route"))]


def choose(case: Case, rules: Sequence[Version]) -> Choice:
    """First match among these rules; raises ``NoRoute``."""
    kind = kind_of(case)
    for route, steps in rules:
        if route.kind != kind or (
            kind == RunKind.APPROVAL and case.kind not in route.revision_kinds
        ):
            continue
        match = matches(route.condition, case.facts)
        if match.holds:
            return Choice(route, _reason(route, match), steps)
    raise NoRoute(case.kind.label)


def with_version(rules: Sequence[Version], version: Version) -> list[Version]:
    """The rules as they will be when this version takes the place of its code's present one."""
    route, _steps = version
    others = [each for each in rules if each[0].code != route.code]
    return sorted([*others, version], key=lambda each: (each[0].priority, each[0].code))


def _reason(route: Route, match: Match) -> str:
    if match.reasons:
        return "、".join(dict.fromkeys(match.reasons))
    return str(_("ほかの経路の条件に当てはまらないため")) if route.kind == RunKind.PROJECT else ""


def plan_of(choice: Choice, case: Case) -> list[PlanStep]:
    """The steps of the chosen route for a case, in order; neighbouring 合議 are one step."""
    plan: list[PlanStep] = []
    for row in choice.steps:
        match = matches(row.condition, case.facts)
        if not match.holds:
            continue
        step = _plan_step(row, match)
        if step.kind == StepKind.STANDING_DECISION and case.section.is_secretariat:
            step = escalation(str(_("事務局の案件は専決できないため")), step, inserted=False)
        if plan and step.kind == plan[-1].kind == StepKind.CONCURRENCE:
            plan[-1] = replace(plan[-1], asks=plan[-1].asks + step.asks)
        else:
            plan.append(step)
    return plan


def _plan_step(row: RouteStep, match: Match) -> PlanStep:
    ask = Ask(
        row.who,
        tuple(row.who_argument),
        "、".join(match.reasons),
        may_skip=row.may_skip,
        fallback=tuple(row.fallback),
    )
    return PlanStep(
        kind=row.kind,
        station=row.station,
        title=row.title,
        asks=(ask,),
        clause=row.clause,
        standard_days=row.standard_days,
        mode=row.mode,
        quorum=row.quorum,
        deputy=row.deputy,
        at_deadline=row.at_deadline,
        escalate_to=row.escalate_to,
        may_return_to=tuple(row.may_return_to),
    )


def escalation(why: str, after: PlanStep, *, inserted: bool = True) -> PlanStep:
    """決裁 by the 本部長 where 専決 does not do."""
    return PlanStep(
        kind=StepKind.DECISION,
        station=Station.HEADQUARTERS,
        title=str(_("本部長 決裁")),
        asks=(Ask(WhoRule.HQ_CHAIR, (), why),),
        clause=after.clause,
        standard_days=5,
        deputy=DeputyPolicy.NEVER,
        inserted=inserted,
    )


def mediation(why: str, after: PlanStep, *, fallback: tuple[str, ...] = ()) -> PlanStep:
    """協議 arranged by the 事務局 after an objection; in its own case by who receives for it.

    Where nobody is free to arrange it, the objection goes on to 決裁 as it stands.
    """
    return PlanStep(
        kind=StepKind.MEDIATION,
        station=Station.HEADQUARTERS,
        title=str(_("事務局 協議の調整")),
        asks=(Ask(WhoRule.SECRETARIAT, (), why, may_skip=True, fallback=fallback),),
        clause=after.clause,
        standard_days=5,
        inserted=True,
    )
