"""提案・案件 and 実行中の案件: what a person may see, filtered, with who holds each case."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final

import django_filters
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Q, Subquery, Value
from django.forms import Select, TextInput
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bpr_projects import calendar
from bpr_projects.access import visible_to
from bpr_projects.enums import ADOPTED, IN_DECISION, Stage
from bpr_projects.models import Area, Cycle, Project
from roles.grants import permits
from roles.models import Section
from roles.permissions import Perm
from workflow.charts import ball_lines
from workflow.inbox import CaseRow, desk_of
from workflow.inbox.sieve import spellings
from workflow.views.paging import page_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import ProjectQuerySet
    from workflow.charts import Ball
    from workflow.inbox import Desk

YEARS: Final = 5
IN_OPERATION: Final = (Stage.RUNNING, Stage.ROLLED_OUT)

GROUPS: Final = {
    "underway": frozenset({*IN_DECISION, Stage.RETURNED}),
    "adopted": ADOPTED,
}
"""Stages that are asked for together."""

STAGES: Final = [
    ("underway", _("審議中のすべて")),
    ("adopted", _("採択されたすべて")),
    *((stage.value, stage.label) for stage in Stage),
]


class ProjectFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """How people look for a case. A value that means nothing is left out, never an error."""

    q = django_filters.CharFilter(
        label=_("ことば"),
        method="with_words",
        max_length=100,
        widget=TextInput(attrs={"placeholder": _("案件番号・名称・職員"), "type": "search"}),
    )
    stage = django_filters.ChoiceFilter(
        label=_("段階"), choices=STAGES, method="at_stage", empty_label=_("すべて")
    )
    area = django_filters.ChoiceFilter(
        label=_("取組事項"), field_name="area__code", empty_label=_("すべて")
    )
    section = django_filters.ChoiceFilter(
        label=_("所管課"), field_name="section__code", empty_label=_("すべて")
    )
    year = django_filters.ChoiceFilter(
        label=_("提出年度"), method="in_year", empty_label=_("すべて"), widget=Select
    )

    class Meta:
        model = Project
        fields: tuple[str, ...] = ()

    def with_words(self, cases: ProjectQuerySet, _name: str, text: str) -> ProjectQuerySet:
        """Every word somewhere in number, title, section or the proposer's name."""
        for word in text.split():
            found = Q()
            for written in spellings(word):
                found |= (
                    Q(number__icontains=written)
                    | Q(title__icontains=written)
                    | Q(section__name__icontains=written)
                    | Q(proposer__family_name__icontains=written)
                    | Q(proposer__given_name__icontains=written)
                )
            cases = cases.filter(found)
        return cases

    def at_stage(self, cases: ProjectQuerySet, _name: str, value: str) -> ProjectQuerySet:
        """One stage, or a group of them."""
        return cases.filter(stage__in=GROUPS.get(value, {value}))

    def in_year(self, cases: ProjectQuerySet, _name: str, value: str) -> ProjectQuerySet:
        """Submitted from 4月1日 of the year up to the next."""
        return cases.filter(
            submitted_at__gte=_april(int(value)), submitted_at__lt=_april(int(value) + 1)
        )


def _april(year: int) -> datetime:
    return datetime.combine(date(year, 4, 1), time(), calendar.JST)


@require_safe
@login_required
def project_list(request: HttpRequest) -> HttpResponse:
    """提案・案件."""
    desk = desk_of(request)
    found = _filtered(request, desk, visible_to(desk.user, desk.at))
    context = _context(request, desk, found)
    return render(request, "workflow/project_list.html", context)


@require_safe
@login_required
def running(request: HttpRequest) -> HttpResponse:
    """実行中の案件: the OODA loops of the city."""
    desk = desk_of(request)
    cases = visible_to(desk.user, desk.at).filter(stage__in=IN_OPERATION)
    found = _filtered(request, desk, cases)
    del found.form.fields["stage"], found.form.fields["year"]
    context = _context(request, desk, found)
    return render(request, "workflow/running.html", context)


def _filtered(request: HttpRequest, desk: Desk, cases: ProjectQuerySet) -> ProjectFilter:
    found = ProjectFilter(request.GET, queryset=cases)
    areas, sections = _choices()
    found.filters["area"].extra["choices"] = areas
    found.filters["section"].extra["choices"] = sections
    found.filters["year"].extra["choices"] = _years(desk)
    return found


def _choices() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Areas and sections in one query, each in its own order."""
    areas = Area.objects.order_by().values_list(Value(0), "order", "code", "name")
    sections = Section.objects.order_by().values_list(Value(1), "order", "code", "name")
    rows = sorted(areas.union(sections, all=True))
    return (
        [(code, name) for kind, _order, code, name in rows if kind == 0],
        [(code, name) for kind, _order, code, name in rows if kind == 1],
    )


def _years(desk: Desk) -> list[tuple[str, str]]:
    this = calendar.fiscal_year(localdate(desk.at))
    return [(str(year), calendar.fiscal_year_label(year)) for year in range(this, this - YEARS, -1)]


def _context(request: HttpRequest, desk: Desk, found: ProjectFilter) -> dict[str, Any]:
    cycle = Cycle.objects.filter(project=OuterRef("pk"), ended_at=None).order_by()
    cases = (
        found.qs.select_related("section", "area", "proposer")
        .defer("sheet")
        .annotate(phase=Subquery(cycle.values("phase")), cycle=Subquery(cycle.values("number")))
    )
    page = page_of(cases, request.GET)
    balls = ball_lines(page.cases, desk.at, desk.load.closures)
    return {
        "now": desk.at,
        "form": found.form,
        "page": page,
        "rows": list(_rows(page.cases, balls)),
        "is_filtered": any(request.GET.get(name) for name in found.form.fields),
        "can_propose": permits(desk.capacities.values(), Perm.PROPOSE_PROJECT),
    }


def _rows(cases: Iterable[Any], balls: dict[int, Ball]) -> Iterable[CaseRow]:
    for case in cases:
        yield CaseRow(
            pk=case.pk,
            proposer_id=case.proposer_id,
            number=case.number or "",
            title=case.title,
            stage=case.stage,
            section_name=case.section.name if case.section else "",
            updated_at=case.updated_at,
            phase=case.phase or "",
            cycle=case.cycle or 0,
            ball=balls.get(case.pk),
            area_name=case.area.name if case.area else "",
            proposer_name=case.proposer.name,
        )
