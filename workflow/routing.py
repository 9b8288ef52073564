"""Which route a case takes, which steps it has, which posts each step asks, and why.

Pure reads: the preview before submit and the opening of a step use the same functions, so what
was previewed is what happens. Conditions are data::

    {}                                                     always
    {"fact": "cost", "op": ">=", "value": 500000, "text": "費用が50万円以上"}
    {"any": [...]}  {"all": [...]}  {"not": {...}}
"""

from __future__ import annotations

import operator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import RevisionKind
from roles.enums import Role
from roles.models import Section, holders_of, seats_of
from workflow.enums import (
    DeputyPolicy,
    Mode,
    RouteState,
    RunKind,
    Station,
    StepKind,
    WhoRule,
)
from workflow.models import Route, RouteStep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from bpr_projects.models import Project
    from roles.models import Capacity, Post

Facts = dict[str, int | bool | str]

OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

FACTS: Final = (
    "cost",
    "section_count",
    "pilot_months",
    "is_pilot",
    "is_reversible",
    "affects_citizens",
    "collects_money",
    "has_personal_data",
    "has_my_number",
    "uses_cloud",
    "uses_ai",
    "crosses_networks",
)
"""Names that a condition may use; ``facts_of`` answers each."""


class NoRoute(Exception):
    """No active route fits the case; with the shipped routes this cannot happen."""


class NoHolder(Exception):
    """A step would ask nobody."""


@dataclass(frozen=True)
class Match:
    """Whether a condition holds, and the sentences that made it hold."""

    holds: bool
    reasons: tuple[str, ...] = ()


def matches(condition: Mapping[str, Any], facts: Facts) -> Match:
    """Evaluate a condition; an unknown fact or operator raises ``KeyError``."""
    if not condition:
        return Match(holds=True)
    if "any" in condition:
        parts = [matches(part, facts) for part in condition["any"]]
        held = [part for part in parts if part.holds]
        return Match(bool(held), tuple(reason for part in held for reason in part.reasons))
    if "all" in condition:
        parts = [matches(part, facts) for part in condition["all"]]
        return Match(
            all(part.holds for part in parts),
            tuple(reason for part in parts for reason in part.reasons),
        )
    if "not" in condition:
        return Match(not matches(condition["not"], facts).holds)
    holds = OPERATORS[condition["op"]](facts[condition["fact"]], condition["value"])
    return Match(holds, (condition["text"],) if holds and condition.get("text") else ())


def facts_of(sheet: Mapping[str, Any]) -> Facts:
    """The answers of a sheet that drive the route. Missing answers count as no and 0."""
    related = {code for code in sheet.get("sections") or [] if code != sheet.get("section")}
    return {
        "cost": int(sheet.get("cost") or 0),
        "section_count": 1 + len(related),
        "pilot_months": int(sheet.get("pilot_months") or 0),
        **{
            name: bool(sheet.get(name))
            for name in FACTS
            if name not in ("cost", "section_count", "pilot_months")
        },
    }


@dataclass(frozen=True)
class Ask:
    """How some posts of a step are found, and why they are asked."""

    who: str
    argument: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class PlanStep:
    """One step of a plan: what a ``StepRun`` is opened from."""

    kind: str
    station: str
    title: str
    asks: tuple[Ask, ...]
    clause: str
    standard_days: int
    mode: str = Mode.ALL
    quorum: int = 1
    deputy: str = DeputyPolicy.ALLOWED
    may_skip: bool = False

    @property
    def why(self) -> str:
        """Why the step is there, as sentences; empty when every case of the route has it."""
        return "、".join(dict.fromkeys(ask.why for ask in self.asks if ask.why))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PlanStep:
        asks = tuple(
            Ask(each["who"], tuple(each["argument"]), each["why"]) for each in data["asks"]
        )
        return cls(**{**data, "asks": asks})


@dataclass(frozen=True)
class Case:
    """What routing needs to know of a case. ``approved_by``: persons who said yes on this text."""

    project: Project
    section: Section
    kind: RevisionKind
    facts: Facts
    related: tuple[str, ...] = ()
    excluded: frozenset[int] = frozenset()
    approved_by: frozenset[int] = frozenset()


def case_of(
    project: Project,
    sheet: Mapping[str, Any],
    *,
    kind: RevisionKind = RevisionKind.PROJECT,
    excluded: frozenset[int] = frozenset(),
    approved_by: frozenset[int] = frozenset(),
) -> Case:
    """The case of a sheet. ``excluded``: persons with a conflict of interest (authors)."""
    code = sheet.get("section")
    section = project.section
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
    )


@dataclass(frozen=True)
class Choice:
    """The route of a case and the reason, as a sentence for the page."""

    route: Route
    reason: str


def choose_route(case: Case, on: date) -> Choice:
    """First match by priority among the versions in force that day; raises ``NoRoute``."""
    kind = RunKind.PROJECT if case.kind == RevisionKind.PROJECT else RunKind.APPROVAL
    routes = (
        Route.objects.filter(
            Q(effective_to=None) | Q(effective_to__gt=on),
            kind=kind,
            state=RouteState.ACTIVE,
            effective_from__lte=on,
        )
        .prefetch_related("steps")
        .order_by("priority", "code", "-version")
    )
    for route in routes:
        if kind == RunKind.APPROVAL and case.kind not in route.revision_kinds:
            continue
        match = matches(route.condition, case.facts)
        if match.holds:
            return Choice(route, _reason(route, match))
    raise NoRoute(case.kind.label)


def _reason(route: Route, match: Match) -> str:
    if match.reasons:
        return "、".join(dict.fromkeys(match.reasons)) + str(_("のため"))
    return str(_("ほかの経路の条件に当てはまらないため")) if route.kind == RunKind.PROJECT else ""


def plan_of(route: Route, case: Case) -> list[PlanStep]:
    """The steps of a route for a case, in order; neighbouring 合議 rows are one parallel step."""
    plan: list[PlanStep] = []
    for row in route.steps.all():
        match = matches(row.condition, case.facts)
        if not match.holds:
            continue
        step = _own_case(_plan_step(row, match), case)
        if plan and step.kind == plan[-1].kind == StepKind.CONCURRENCE:
            plan[-1] = replace(plan[-1], asks=plan[-1].asks + step.asks)
        else:
            plan.append(step)
    return plan


def _plan_step(row: RouteStep, match: Match) -> PlanStep:
    why = "、".join(match.reasons) + str(_("のため")) if match.reasons else ""
    return PlanStep(
        kind=row.kind,
        station=row.station,
        title=row.title,
        asks=(Ask(row.who, tuple(row.who_argument), why),),
        clause=row.clause,
        standard_days=row.standard_days,
        mode=row.mode,
        quorum=row.quorum,
        deputy=row.deputy,
        may_skip=row.may_skip,
    )


def _own_case(step: PlanStep, case: Case) -> PlanStep:
    """The 室長 never decides a case of the own section: it goes to the 本部長."""
    if step.kind == StepKind.STANDING_DECISION and case.section.is_secretariat:
        return escalation(str(_("事務局の案件は専決できないため")), step)
    return step


def escalation(why: str, after: PlanStep) -> PlanStep:
    """決裁 by the 本部長, put in where 専決 does not do."""
    return PlanStep(
        kind=StepKind.DECISION,
        station=Station.HEADQUARTERS,
        title=str(_("本部長 決裁")),
        asks=(Ask(WhoRule.HQ_CHAIR, (), why),),
        clause=after.clause,
        standard_days=5,
        deputy=DeputyPolicy.NEVER,
    )


def mediation(why: str, after: PlanStep) -> PlanStep:
    """協議 arranged by the 事務局 after an objection."""
    return PlanStep(
        kind=StepKind.MEDIATION,
        station=Station.HEADQUARTERS,
        title=str(_("事務局 協議の調整")),
        asks=(Ask(WhoRule.SECRETARIAT, (), why),),
        clause=after.clause,
        standard_days=5,
    )


@dataclass(frozen=True)
class Resolution:
    """The posts that a step asks on a day; ``skipped`` says why it asks nobody (省略)."""

    posts: tuple[Post, ...] = ()
    holders: dict[int, list[Capacity]] = field(default_factory=dict)
    skipped: str = ""
    note: str = ""
    left_out: tuple[tuple[Post, str], ...] = ()


def resolve(step: PlanStep, case: Case, on: date) -> Resolution:
    """Find the posts of a step; raises ``NoHolder`` when nobody could be asked."""
    posts = _posts(step, case, on)
    holders = holders_of([post.pk for post in posts], on)
    asked: list[Post] = []
    left_out: list[tuple[Post, str]] = []
    for post in posts:
        reason = _left_out(step, case, post, holders.get(post.pk, []))
        if reason:
            left_out.append((post, reason))
        else:
            asked.append(post)
    if not asked and left_out and step.kind == StepKind.CONFIRMATION:
        return _above(step, case, on)
    if not asked and not (step.may_skip or left_out):
        raise NoHolder(step.title)
    skipped = (
        "" if asked else (left_out[0][1] if left_out else str(_("職が置かれていないため省略")))
    )
    return Resolution(
        posts=tuple(asked),
        holders=holders,
        skipped=skipped,
        left_out=tuple(left_out) if asked else (),
    )


def _above(step: PlanStep, case: Case, on: date) -> Resolution:
    """起案者 is the 所属長: the 部長 confirms instead; without one, the 事務局."""
    note = str(_("起案者が所属長のため、上位の職が確認します。"))
    for who in (WhoRule.DEPARTMENT_HEAD, WhoRule.SECRETARIAT):
        posts = _posts(replace(step, asks=(Ask(who),)), case, on)
        holders = holders_of([post.pk for post in posts], on)
        able = tuple(
            post
            for post in posts
            if {each.person.pk for each in holders.get(post.pk, [])} - case.excluded
        )
        if able:
            return Resolution(posts=able, holders=holders, note=note)
    raise NoHolder(step.title)


def _left_out(step: PlanStep, case: Case, post: Post, holders: list[Capacity]) -> str:
    """Why this post is not asked, or an empty string."""
    persons = {each.person.pk for each in holders}
    if persons and persons <= case.excluded:
        return str(_("起案者本人のため"))
    serial = step.kind in (StepKind.APPROVAL, StepKind.CONCURRENCE)
    if serial and persons and persons <= case.approved_by:
        return str(_("同じ者が先に承認しているため省略"))
    return ""


def _posts(step: PlanStep, case: Case, on: date) -> list[Post]:
    found: dict[int, Post] = {}
    for ask in step.asks:
        found |= {post.pk: post for post in _asked(ask, case, on)}
    return list(found.values())


def _asked(ask: Ask, case: Case, on: date) -> list[Post]:
    rule = WhoRule(ask.who)
    seats = [post for post in seats_of(_ROLE_OF[rule], on) if _is_asked(rule, post, ask, case)]
    return _on_duty(seats, case, on) if rule == WhoRule.PT_ON_DUTY else seats


def _is_asked(rule: WhoRule, post: Post, ask: Ask, case: Case) -> bool:
    """Of the seats of a role, is this one meant?"""
    code = post.section.code if post.section else ""
    match rule:
        case WhoRule.SECTION_HEAD:
            return post.section_id == case.section.pk
        case WhoRule.DEPARTMENT_HEAD:
            return post.department_id == case.section.department_id
        case WhoRule.RELATED_HEADS:
            return code in case.related
        case WhoRule.HEADS_OF:
            return code in ask.argument and post.section_id != case.section.pk
        case WhoRule.SECRETARIAT_HEAD:
            return post.section is not None and post.section.is_secretariat
        case _:
            return True


_ROLE_OF: Final[dict[WhoRule, Role]] = {
    WhoRule.SECTION_HEAD: Role.SECTION_HEAD,
    WhoRule.DEPARTMENT_HEAD: Role.DEPARTMENT_HEAD,
    WhoRule.RELATED_HEADS: Role.SECTION_HEAD,
    WhoRule.HEADS_OF: Role.SECTION_HEAD,
    WhoRule.SECRETARIAT_HEAD: Role.SECTION_HEAD,
    WhoRule.PT_ON_DUTY: Role.PT_MEMBER,
    WhoRule.SECRETARIAT: Role.SECRETARIAT,
    WhoRule.PT_MEMBERS: Role.PT_MEMBER,
    WhoRule.PT_CHAIR: Role.PT_CHAIR,
    WhoRule.HQ_MEMBERS: Role.HQ_MEMBER,
    WhoRule.HQ_CHAIR: Role.HQ_CHAIR,
}

ON_DUTY: Final = 2


def _on_duty(posts: list[Post], case: Case, on: date) -> list[Post]:
    """Two PT posts in turn, case by case, without those whose only holder is an author."""
    holders = holders_of([post.pk for post in posts], on)
    able = [
        post
        for post in posts
        if {each.person.pk for each in holders.get(post.pk, [])} - case.excluded
    ]
    if not able:
        return []
    first = (case.project.pk * ON_DUTY) % len(able)
    return [able[(first + offset) % len(able)] for offset in range(min(ON_DUTY, len(able)))]


@dataclass(frozen=True)
class Preview:
    """The whole route before submit: each step with its posts, holders, reasons."""

    choice: Choice
    steps: tuple[tuple[PlanStep, Resolution], ...]

    @property
    def standard_days(self) -> int:
        """Business days from submit to 決裁 if every step takes its standard time."""
        return sum(
            step.standard_days
            for step, resolution in self.steps
            if resolution.posts and step.kind not in (StepKind.POST_READING, StepKind.CIRCULATION)
        )


def preview(case: Case, on: date) -> Preview:
    """What would happen if the case were submitted that day."""
    choice = choose_route(case, on)
    return Preview(
        choice,
        tuple((step, resolve(step, case, on)) for step in plan_of(choice.route, case)),
    )
