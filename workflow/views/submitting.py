"""提出: the sheet as it will be read, the way it will go, and the button that sends it once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bpr_projects import sheet
from bpr_projects.forms import TextField
from bpr_projects.prices import annotated_rate
from roles.models import read_all_once
from workflow import access, engine
from workflow.actions.refusals import (
    AlreadyDone,
    Busy,
    NotAllowed,
    NotFound,
    Refusal,
    Unanswered,
)
from workflow.steps import refused
from workflow.views.drafting import (
    EDITABLE,
    lists_for,
    priced_or_404,
    problems_of,
    returned_of,
    version_of,
)
from workflow.views.lookup import person_of
from workflow.views.proposal import not_editable
from workflow.views.route_preview import route_for, route_problems
from workflow.views.sheet_rows import changed_rows, rows_by_part

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import Project
    from bpr_projects.sheet import Lists
    from workflow.views.route_preview import RoutePreview

LONGEST_COMMENT = 2000


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_confirm(request: HttpRequest, ref: str) -> HttpResponse:
    """Look once more, then 提出 or 再提出."""
    at = now()
    if request.method == "POST":
        return _submit(request, priced_or_404(request, ref, at), at)
    with read_all_once(localdate(at)):
        project = priced_or_404(request, ref, at)
        answer = not_editable(request, project, at)
        if answer is not None:
            return answer
        lists = lists_for(project, at, with_files=True)
        if problems_of(project.sheet, lists):
            return redirect(_unfinished(project))
        route = route_for(request, project, at, with_experience=True)
        if route_problems(route):
            return redirect(_unfinished(project))
        return _page(request, project, at, lists, route)


def _unfinished(project: Project) -> str:
    """The form with everything that 提出 would refuse."""
    return reverse("project-edit", args=[project.reference]) + "?check=1"


def _page(
    request: HttpRequest,
    project: Project,
    at: datetime,
    lists: Lists,
    route: RoutePreview | None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    returned = returned_of(project) if project.number else None
    last = project.revision if returned else None
    rate = annotated_rate(project)
    context = {
        "project": project,
        "parts": rows_by_part(project.sheet, lists),
        "changes": changed_rows(last.sheet, project.sheet, lists) if last else [],
        "last_revision": last,
        "returned": returned,
        "permit": access.may(person_of(request), "submit", project, at),
        "effect": sheet.effect_of(project.sheet, yen_per_hour=rate.yen),
        "rate": rate,
        "files": lists.files,
        "route": route,
        "problem": problem,
        "comment": request.POST.get("comment", ""),
        "now": at,
    }
    return render(request, "workflow/proposal_confirm.html", context, status=status)


def _submit(request: HttpRequest, project: Project, at: datetime) -> HttpResponse:
    """Exactly once; whoever comes second is led to the case."""
    problem = _comment_problem(request) or _no_way(request, project, at)
    if problem:
        return _again(request, project, at, problem, 422)
    try:
        _send(request, project, at)
    except AlreadyDone as refusal:
        return _sent_before(request, project, refusal)
    except Unanswered:
        return redirect(_unfinished(project))
    except (NotAllowed, NotFound, Busy) as refusal:
        return refused(request, refusal, project)
    except Refusal as refusal:
        fresh = priced_or_404(request, project.reference, at)
        return _again(request, fresh, at, refusal.message, refusal.status)
    project.refresh_from_db(fields=["number", "stage"])
    messages.success(
        request,
        _("%(number)s として提出しました。いまは「%(stage)s」です。")
        % {"number": project.number, "stage": project.get_stage_display()},
    )
    return redirect("project", project.reference)


def _no_way(request: HttpRequest, project: Project, at: datetime) -> str:
    """Who proposes along leaves a later step without anybody; the engine meets it only there."""
    if project.stage not in EDITABLE or not project.sheet.get("partners"):
        return ""
    with read_all_once(localdate(at)):
        route = route_for(request, project, at)
    return route.problem if route else ""


def _again(
    request: HttpRequest, project: Project, at: datetime, problem: str, status: int
) -> HttpResponse:
    with read_all_once(localdate(at)):
        lists = lists_for(project, at, with_files=True)
        route = route_for(request, project, at, with_experience=True)
        return _page(request, project, at, lists, route, problem=problem, status=status)


def _send(request: HttpRequest, project: Project, at: datetime) -> None:
    user = person_of(request)
    version = version_of(request)
    slot = request.POST.get("slot", "")
    if not slot:
        engine.submit(project=project, draft_version=version, by=user, at=at)
        return
    engine.resubmit(
        project=project,
        slot_id=int(slot) if slot.isascii() and slot.isdecimal() and len(slot) < 19 else 0,
        draft_version=version,
        comment=_comment_of(request),
        by=user,
        at=at,
    )


def _comment_of(request: HttpRequest) -> str:
    field = TextField(required=False, max_length=LONGEST_COMMENT)
    return field.clean(request.POST.get("comment", ""))


def _comment_problem(request: HttpRequest) -> str:
    """What is wrong with 修正した点; a first 提出 has none."""
    try:
        comment = _comment_of(request)
    except ValidationError as error:
        return " ".join(error.messages)
    if request.POST.get("slot") and not comment:
        return _("修正した点を入力してください。")
    return ""


def _sent_before(request: HttpRequest, project: Project, refusal: AlreadyDone) -> HttpResponse:
    """A second click, tab or retry: nothing happened again, and that is good news."""
    project.refresh_from_db(fields=["number", "stage"])
    decision = refusal.decision
    if decision is not None and decision.decided_by_id == person_of(request).pk:
        when = f"{localtime(decision.decided_at):%H:%M}"
        messages.success(request, _("%s に提出済みです。二重には提出されていません。") % when)
    else:
        messages.warning(request, refusal.message)
    return redirect("project", project.reference)
