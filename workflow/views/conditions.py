"""Conditions of an adoption: what has to be done by whom, what was reported, what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bpr_projects.forms import ReplyForm, ReportForm
from roles.models import capacities_of
from workflow import access, engine
from workflow.actions.refusals import AlreadyDone, NotAllowed, Refusal
from workflow.models import Condition, ConditionReport
from workflow.steps import refused
from workflow.views.lookup import person_of, project_or_404

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import Project
    from roles.models import Capacity, User


@dataclass
class Line:
    """A condition with what became of it, newest report first."""

    condition: Condition
    reports: list[ConditionReport]
    is_overdue: bool
    report_form: ReportForm | None = None
    reply_form: ReplyForm | None = None

    @property
    def last(self) -> ConditionReport | None:
        """The report that counts."""
        return self.reports[0] if self.reports else None

    @property
    def is_met(self) -> bool:
        """Whether the 事務局 found the last report enough."""
        return self.last is not None and self.last.is_enough is True

    @property
    def waits_for_check(self) -> bool:
        """Whether a report waits for the 事務局."""
        return self.last is not None and self.last.is_enough is None

    @property
    def is_owed(self) -> bool:
        """Whether its owner has to report."""
        return not self.is_met and not self.waits_for_check

    @property
    def look(self) -> tuple[str, str, str]:
        """Tone, words and icon of its chip."""
        if self.is_met:
            return "ok", _("確認済み"), "check"
        if self.waits_for_check:
            return "info", _("事務局の確認待ち"), "clock"
        if self.is_overdue:
            return "bad", _("期限を過ぎています"), "triangle-alert"
        return (
            ("warn", _("再報告のお願い"), "undo-2")
            if self.last
            else ("", _("未報告"), "circle-dot")
        )


def lines_of(project: Project, today: date) -> list[Line]:
    """Conditions that count, in two queries."""
    found = (
        Condition.objects.filter(project=project, decision__superseded_by=None)
        .select_related("owner")
        .prefetch_related(
            Prefetch(
                "reports",
                ConditionReport.objects.select_related("reported_by", "checked_by"),
            )
        )
    )
    return [_line(each, today) for each in found]


def _line(condition: Condition, today: date) -> Line:
    reports = sorted(condition.reports.all(), key=lambda each: -each.pk)
    line = Line(condition, reports, is_overdue=False)
    line.is_overdue = condition.due_on < today and line.is_owed
    return line


@login_required
@require_safe
def conditions(request: HttpRequest, ref: str) -> HttpResponse:
    """All of them, for everybody who may read the case."""
    at = now()
    return _page(request, project_or_404(request, ref, at), at)


def _page(
    request: HttpRequest,
    project: Project,
    at: datetime,
    *,
    sent: tuple[int, ReportForm | ReplyForm] | None = None,
) -> HttpResponse:
    person = person_of(request)
    capacities = capacities_of(person, localdate(at))
    lines = lines_of(project, localdate(at))
    for line in lines:
        _give_form(line, person, capacities, sent)
    context = {"now": at, "project": project, "lines": lines}
    return render(request, "workflow/conditions.html", context, status=422 if sent else 200)


def _give_form(
    line: Line,
    person: User,
    capacities: Collection[Capacity],
    sent: tuple[int, ReportForm | ReplyForm] | None,
) -> None:
    typed = sent[1] if sent and sent[0] == line.condition.pk else None
    if line.waits_for_check and access.permit_to_check(person, line.last, capacities):
        line.reply_form = typed if isinstance(typed, ReplyForm) else _reply_form(line.condition.pk)
    elif line.is_owed and access.permit_to_report(line.condition, capacities):
        fresh = ReportForm(auto_id=f"c{line.condition.pk}_%s")
        line.report_form = typed if isinstance(typed, ReportForm) else fresh


def _reply_form(pk: int, **sent: Any) -> ReplyForm:
    return ReplyForm(
        auto_id=f"c{pk}_%s",
        label=gettext_lazy("確認の結果"),
        yes=gettext_lazy("条件を満たしたと確認する"),
        no=gettext_lazy("もう一度の報告をお願いする"),
        why=gettext_lazy("何が足りないかを入力してください。"),
        **sent,
    )


def _line_or_404(project: Project, pk: int, at: datetime) -> Line:
    found = [each for each in lines_of(project, localdate(at)) if each.condition.pk == pk]
    if not found:
        raise Http404
    return found[0]


@login_required
@require_POST
def condition_report(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """The owner's report."""
    at = now()
    project = project_or_404(request, ref, at)
    line = _line_or_404(project, pk, at)
    permit = access.may_report(person_of(request), line.condition, at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), project)
    form = ReportForm(request.POST, auto_id=f"c{pk}_%s")
    if not form.is_valid():
        if line.is_met or line.waits_for_check:
            return refused(request, AlreadyDone(None, access.standing_report(line.last)), project)
        return _page(request, project, at, sent=(pk, form))
    try:
        engine.report_condition(
            condition_id=pk,
            project=project,
            text=form.cleaned_data["text"],
            by=person_of(request),
            at=at,
        )
    except Refusal as refusal:
        return refused(request, refusal, project)
    messages.success(request, _("報告しました。事務局が確認します。"))
    return _back(project, pk)


@login_required
@require_POST
def condition_check(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """The check of the 事務局."""
    at = now()
    project = project_or_404(request, ref, at)
    line = _line_or_404(project, pk, at)
    permit = access.may_check(person_of(request), line.last, at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), project)
    form = _reply_form(pk, data=request.POST)
    if not form.is_valid():
        if not line.waits_for_check:
            return refused(request, AlreadyDone(None, access.standing_report(line.last)), project)
        return _page(request, project, at, sent=(pk, form))
    try:
        engine.check_condition(
            condition_id=pk,
            project=project,
            is_enough=form.is_yes,
            reply=form.cleaned_data["reply"],
            by=person_of(request),
            at=at,
        )
    except Refusal as refusal:
        return refused(request, refusal, project)
    messages.success(
        request,
        _("条件を「確認済み」にしました。")
        if form.is_yes
        else _("もう一度の報告をお願いしました。"),
    )
    return _back(project, pk)


def _back(project: Project, pk: int) -> HttpResponse:
    return redirect(reverse("project-conditions", args=[project.reference]) + f"#condition-{pk}")
