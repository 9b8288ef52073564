"""決裁の経路: the rules that hold, a version with its steps, two versions, and a dry run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from roles.models import capacities_of, read_all_once
from workflow import access, engine
from workflow.actions import route_replay, route_versions
from workflow.enums import RouteState, WhoRule
from workflow.models import Route
from workflow.outcomes import FINAL
from workflow.routing import RouteText, findings_of
from workflow.routing import compare as compared
from workflow.routing.comparing import HEAD, NOTHING, STEP, fields_of, takes_words
from workflow.routing.terms import TAKES_ARGUMENT
from workflow.views.lookup import person_of
from workflow.views.rule_desk import desk_of, history_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    from roles.models import Capacity
    from workflow.routing import Finding, Names, StepText
    from workflow.routing.comparing import Field
    from workflow.views.rule_desk import RuleDesk

LOOKS: Final[dict[str, tuple[str, str]]] = {
    RouteState.DRAFT: ("", "pencil"),
    RouteState.PROPOSED: ("info", "gavel"),
    RouteState.ACTIVE: ("ok", "check"),
    RouteState.REFUSED: ("bad", "x"),
}
"""State of a version -> tone and icon of its chip."""

CASES: Final = 100
"""How many cases a dry run tries when nobody says."""


@dataclass(frozen=True)
class Standing:
    """What a version is on a day: in force, to come, over, or none of these yet."""

    tone: str
    label: str
    icon: str


def standing_of(route: Route, today: date) -> Standing:
    """Its chip."""
    tone, icon = LOOKS[route.state]
    label = route.get_state_display()
    if route.state == RouteState.ACTIVE:
        if today < route.effective_from:
            tone, label, icon = "info", _("これから施行"), "clock"
        elif route.effective_to is not None and route.effective_to <= today:
            tone, label, icon = "", _("終わった版"), "archive"
        else:
            label = _("施行中")
    return Standing(tone, label, icon)


@dataclass(frozen=True)
class Row:
    """A version in the decision table."""

    route: Route
    takes: str
    text: RouteText
    standing: Standing
    chain: tuple[tuple[StepText, str], ...]

    @property
    def last_day(self) -> date | None:
        """The day before the next version begins."""
        return self.route.effective_to


def _row(route: Route, names: Names, today: date) -> Row:
    text = RouteText.of(route, route.steps.all())
    chain = tuple((step, _short(step, names)) for step in text.steps)
    return Row(route, takes_words(text), text, standing_of(route, today), chain)


def _short(step: StepText, names: Names) -> str:
    """A step for a chip: the title, and the sections where these are what differs."""
    said = names.said(step.who, step.who_argument) if step.who in TAKES_ARGUMENT else []
    if step.who == WhoRule.RELATED_HEADS:
        said = [_("関係課")]
    return (
        _("%(title)s：%(who)s") % {"title": step.title, "who": "・".join(said)}
        if said
        else (step.title)
    )


@login_required
@require_safe
def routes(request: HttpRequest) -> HttpResponse:
    """The decision table: the rules of today in the order in which they are tried."""
    at = now()
    today = localdate(at)
    capacities = capacities_of(person_of(request), today)
    names = route_versions.names_on(today)
    rows = [
        _row(route, names, today)
        for route in Route.objects.prefetch_related("steps").order_by("priority", "code", "version")
        if route.state == RouteState.ACTIVE or access.reads_drafts(capacities)
    ]
    in_force = [row for row in rows if _holds(row.route, today)]
    context = {
        "now": at,
        "of_cases": [row for row in in_force if row.text.is_of_cases],
        "of_questions": [row for row in in_force if not row.text.is_of_cases],
        "to_come": [row for row in rows if _comes(row.route, today)],
        "may_write": bool(access.permit_to_write_rules(capacities)),
    }
    return render(request, "workflow/routes.html", context)


def _holds(route: Route, on: date) -> bool:
    is_over = route.effective_to is not None and route.effective_to <= on
    return route.state == RouteState.ACTIVE and route.effective_from <= on and not is_over


def _comes(route: Route, on: date) -> bool:
    if route.state == RouteState.ACTIVE:
        return route.effective_from > on
    return route.state in route_versions.OPEN


# --- one version ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A finding with where it is put right."""

    where: str
    field: str
    sentence: str
    step: int | None


@dataclass(frozen=True)
class Shown:
    """A step with its words and what is wrong with it."""

    step: StepText
    fields: tuple[Field, ...]
    findings: tuple[Finding, ...]

    @property
    def who(self) -> str:
        """The seats that are asked."""
        return next(field.words for field in self.fields if field.name == "who")

    @property
    def rest(self) -> list[Field]:
        """What stands under title and seats."""
        apart = ("kind", "title", "who")
        return [
            field for field in self.fields if field.name not in apart and field.words != NOTHING
        ]


def version_or_404(
    code: str, version: int, capacities: Collection[Capacity]
) -> tuple[Route, list[Route]]:
    """The version, with all of its code that this person may read; everything else is 404."""
    versions = versions_of(code, capacities)
    found = next((each for each in versions if each.version == version), None)
    if found is None:
        raise Http404
    return found, versions


def versions_of(code: str, capacities: Collection[Capacity]) -> list[Route]:
    """All of a code that this person may read, the newest first."""
    every = Route.objects.filter(code=code).select_related("revision", "copied_from")
    return access.readable(every.prefetch_related("steps").order_by("-version"), capacities)


@login_required
@require_safe
def route(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """A version with its ordered steps; of a draft, what has to be put right and how."""
    at = now()
    capacities = capacities_of(person_of(request), localdate(at))
    found, versions = version_or_404(code, version, capacities)
    context = version_page(request, found, versions)
    _look(request, context["desk"], at)
    return render(request, "workflow/route.html", context)


def _look(request: HttpRequest, desk: RuleDesk, at: datetime) -> None:
    """The one write of a GET: a holder who may answer has the page open. No prefetch, no HEAD."""
    is_ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    if desk.slot is not None and desk.permit and request.method == "GET" and not is_ahead:
        engine.mark_seen(slot=desk.slot, by=person_of(request), at=at)


def version_page(
    request: HttpRequest, found: Route, versions: list[Route], **sent: Any
) -> dict[str, Any]:
    """What the page of a version shows. ``sent``: a form that was sent and comes back."""
    at = now()
    today = localdate(at)
    capacities = capacities_of(person_of(request), today)
    text = RouteText.of(found, found.steps.all())
    is_draft = found.state == RouteState.DRAFT
    ground = route_versions.ground_of(text, today) if is_draft else None
    names = ground.names if ground else route_versions.names_on(text.effective_from)
    findings = findings_of(text, ground) if ground else []
    lines = history_of(found)
    said = [line.decision for line in lines]
    return {
        "now": at,
        "route": found,
        "text": text,
        "takes": takes_words(text),
        "standing": standing_of(found, today),
        "steps": [shown(text, step, names, findings) for step in text.steps],
        "days": sum(step.standard_days for step in text.steps if not step.is_reading),
        "versions": [(each, standing_of(each, today)) for each in versions],
        "findings": [placed(finding, text) for finding in findings],
        "desk": desk_of(request, found, capacities, at, said, **sent),
        "history": lines,
        "not_corrected": access.RULES_ARE_REPLACED
        if any(each.outcome in FINAL for each in said)
        else "",
        "may_write": bool(access.permit_to_write_rules(capacities)),
        "is_draft": is_draft,
        "has_draft": any(each.state in route_versions.OPEN for each in versions),
        "before": found.copied_from,
    }


def shown(text: RouteText, step: StepText, names: Names, findings: Iterable[Finding]) -> Shown:
    """A step for the page."""
    own = tuple(each for each in findings if each.step == step.order)
    return Shown(step, tuple(fields_of(text, step, names)), own)


OTHER_FIELDS: Final[dict[str, StrOrPromise]] = {
    "purpose": gettext_lazy("改める理由"),
    "steps": gettext_lazy("段階の並び"),
    "who_argument": gettext_lazy("担当の相手"),
    "quorum": gettext_lazy("人数"),
    "escalate_to": gettext_lazy("知らせる相手"),
}
"""Fields that findings name and the tables of words do not."""


def placed(finding: Finding, text: RouteText) -> Place:
    """A finding in words: which step, which field."""
    label: StrOrPromise = OTHER_FIELDS.get(finding.field, "")
    if not label:
        label = (STEP if finding.step is not None else HEAD)[finding.field][0]
    step = next((each for each in text.steps if each.order == finding.step), None)
    words = {"order": step.order, "title": step.title} if step else {}
    where = _("段階%(order)s %(title)s") % words if step else _("経路の全体")
    return Place(where, str(label), finding.sentence, finding.step)


# --- two versions -----------------------------------------------------------------------------


@login_required
@require_safe
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two versions of a code beside each other, step by step and field by field."""
    at = now()
    today = localdate(at)
    capacities = capacities_of(person_of(request), today)
    ascending = versions_of(code, capacities)[::-1]
    if not ascending:
        raise Http404
    later = _chosen(request.GET.get("to"), ascending) or ascending[-1]
    earlier = _chosen(request.GET.get("from"), ascending) or _former(later, ascending)
    context: dict[str, Any] = {
        "now": at,
        "code": code,
        "versions": ascending,
        "earlier": earlier,
        "later": later,
        "is_whole": request.GET.get("all") == "1",
    }
    if earlier is not None:
        was, is_now = (RouteText.of(each, each.steps.all()) for each in (earlier, later))
        names = route_versions.names_on(max(today, is_now.effective_from))
        context["comparison"] = compared(was, is_now, names)
    return render(request, "workflow/route_compare.html", context)


def _chosen(text: str | None, versions: list[Route]) -> Route | None:
    return next((each for each in versions if str(each.version) == text), None)


def _former(later: Route, ascending: list[Route]) -> Route | None:
    """What the later one was written from, else the version before it."""
    earlier = [each for each in ascending if each.version < later.version]
    return next(
        (each for each in earlier if each.pk == later.copied_from_id),
        earlier[-1] if earlier else None,
    )


# --- the dry run ------------------------------------------------------------------------------


@login_required
@require_safe
def replay(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """What the version would have done to the last cases. Nothing is written."""
    at, reader = now(), person_of(request)
    today = localdate(at)
    wanted = request.GET.get("cases", "")
    count = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 5 else CASES
    count = min(max(count, 1), route_replay.MOST)
    with read_all_once(today):
        if not access.reads_drafts(capacities_of(reader, today)):
            raise Http404
        found = get_object_or_404(Route, code=code, version=version)
        tried = route_replay.replay_last(found, count=count, on=today, reader=reader, at=at)
    context = {
        "now": at,
        "route": found,
        "count": count,
        "standing": standing_of(found, today),
        "replay": tried,
    }
    return render(request, "workflow/route_replay.html", context)
