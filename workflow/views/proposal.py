"""提案を書く: a new sheet and a draft that is kept on the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bpr_projects import actions as cases
from bpr_projects import drafts, sheet
from bpr_projects.forms import AttachmentForm
from bpr_projects.prices import annotated_rate, rate_on
from roles.models import read_all_once
from roles.views import typed_texts
from workflow import access
from workflow.views.autosaving import is_autosave, keep, keep_first
from workflow.views.drafting import (
    EDITABLE,
    checked_form,
    count_of,
    form_for,
    lists_for,
    own_section_of,
    page_of,
    priced_or_404,
    progress_of,
    proposing_capacities,
    returned_of,
    save_typed,
    sender_of,
)
from workflow.views.lookup import person_of
from workflow.views.route_preview import route_for, route_problems
from workflow.views.sheet_rows import changed_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, QueryDict

    from bpr_projects.forms import SheetForm
    from bpr_projects.models import Project
    from bpr_projects.sheet import Lists
    from roles.models import Capacity, Post

# --- a new one -------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest) -> HttpResponse:
    """An empty sheet; nothing is written before the first save."""
    at = now()
    capacities = proposing_capacities(person_of(request), at)
    if not capacities:
        raise PermissionDenied(
            _("提案を書けるのは、DX推進リーダー・プロジェクトチーム・事務局の職にある方です。")
        )
    chosen = _chosen(request, capacities)
    if chosen is None:
        return render(request, "workflow/proposal_new.html", {"capacities": capacities, "now": at})
    begun = drafts.begun_by(sender_of(request))
    if begun is not None:
        return _edited(request, begun.reference, at)
    if is_autosave(request):
        return keep_first(request, chosen.post, at)
    rows = RowsAsked.of(request)
    form = form_for(chosen.post, lists_for(None, at), data=rows.data, more=rows.more)
    if request.method == "POST" and form.is_valid():
        project, is_new = drafts.begin(
            sender=sender_of(request), post=chosen.post, at=at, answers=form.cleaned_data
        )
        return _after_save(request, project) if is_new else _edited(request, project.reference, at)
    status = 422 if form.is_bound and not form.is_valid() else 200
    return form_page(request, None, form, at, post=chosen.post, status=status)


def _chosen(request: HttpRequest, capacities: list[Capacity]) -> Capacity | None:
    """The capacity that was named; the only one needs no naming."""
    wanted = request.POST.get("post") or request.GET.get("post")
    if wanted is None and len(capacities) == 1:
        return capacities[0]
    return next((each for each in capacities if str(each.post.pk) == wanted), None)


@dataclass(frozen=True)
class RowsAsked:
    """What a button of rows asks for; without a script they are pressed like any other.

    ``data``: what was typed, without the row that was taken off. ``more``: where a row is added.
    """

    data: QueryDict | None
    more: str = ""
    less: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> RowsAsked:
        """Read the pressed button: ``add-kpis``, ``remove-kpis-2``."""
        if request.method != "POST":
            return cls(None)
        verb, _sep, rest = request.POST.get("action", "").partition("-")
        name, _sep, index = rest.partition("-")
        if verb not in ("add", "remove") or name not in sheet.BY_NAME:
            return cls(request.POST)
        if verb == "add":
            return cls(request.POST, more=name)
        data = request.POST.copy()
        for key in [each for each in data if each.startswith(f"{name}-{index}-")]:
            del data[key]
        return cls(data, less=name)

    def place_in(self, answers: Mapping[str, Any]) -> str:
        """Where the page opens again: at the new row, or at the question."""
        if self.more:
            return f"?more={self.more}#{self.more}-{len(answers.get(self.more) or [])}"
        return f"#id_{self.less}" if self.less else ""


# --- writing ---------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_edit(request: HttpRequest, ref: str) -> HttpResponse:
    """The draft's form. POST saves it, unfinished or not."""
    at = now()
    if request.method != "POST" and not request.GET.keys().isdisjoint({"part", "check"}):
        with read_all_once(localdate(at)):
            return _edited(request, ref, at)
    return _edited(request, ref, at)


def _edited(request: HttpRequest, ref: str, at: datetime) -> HttpResponse:
    project = priced_or_404(request, ref, at)
    if is_autosave(request):
        return keep(request, project, at)
    refused = not_editable(request, project, at)
    if refused is not None:
        return refused
    if request.GET.get("part") == "route":
        route = route_for(request, project, at)
        context = {"route": route, "project": project, "now": at}
        return render(request, "workflow/proposal_route.html", context)
    lists = lists_for(project, at)
    if request.method == "POST":
        return _save(request, project, lists, at)
    if "check" in request.GET:
        form = checked_form(project, lists)
        if project.sheet.get("partners"):
            form.add_problems(route_problems(route_for(request, project, at)))
    else:
        more = request.GET.get("more", "")
        form = form_for(project.proposer_post, lists, answers=project.sheet, more=more)
    return form_page(request, project, form, at)


def not_editable(request: HttpRequest, project: Project, at: datetime) -> HttpResponse | None:
    """The answer for somebody who may not edit (any more), or None."""
    permit = access.may(person_of(request), "edit", project, at)
    if permit:
        return None
    if project.stage in EDITABLE:
        raise PermissionDenied(permit.reason)
    if request.method == "POST":
        context = {
            "reason": permit.reason,
            "typed": typed_texts(request),
            "back_url": reverse("project", args=[project.reference]),
            "back_label": _("案件を開く"),
            "now": at,
        }
        return render(request, "409.html", context, status=409)
    messages.warning(request, permit.reason)
    return redirect("project", project.reference)


def _save(request: HttpRequest, project: Project, lists: Lists, at: datetime) -> HttpResponse:
    rows = RowsAsked.of(request)
    form = form_for(project.proposer_post, lists, data=rows.data, more=rows.more)
    if not form.is_valid():
        return form_page(request, project, form, at, status=422)
    try:
        saved = save_typed(project, form, request, at)
    except cases.DraftConflict as conflict:
        return conflict_page(request, conflict, form, lists, at)
    return _after_save(request, saved)


def _after_save(request: HttpRequest, project: Project) -> HttpResponse:
    """Where the pressed button leads."""
    action = request.POST.get("action", "save")
    if action == "confirm":
        return redirect("project-confirm", project.reference)
    messages.success(
        request, _("%s に下書きを保存しました。") % f"{localtime(project.updated_at):%H:%M}"
    )
    if action == "close":
        return redirect("home")
    place = {"calc": "#effect", "route": "#route"}.get(action, "")
    place = RowsAsked.of(request).place_in(project.sheet) or place
    return redirect(reverse("project-edit", args=[project.reference]) + place)


def conflict_page(
    request: HttpRequest,
    conflict: cases.DraftConflict,
    form: SheetForm,
    lists: Lists,
    at: datetime,
) -> HttpResponse:
    """409: what was typed beside what is stored; the person chooses line by line."""
    stored = conflict.project
    touched = request.POST.get("touched", "").split()
    typed = {**stored.sheet, **form.cleaned_data}
    context = {
        "project": stored,
        "reason": str(conflict),
        "form": form,
        "rows": [
            {**vars(row), "is_mine": not touched or row.name in touched}
            for row in changed_rows(stored.sheet, typed, lists)
        ],
        "sent": page_of(request, "sent"),
        "now": at,
    }
    return render(request, "workflow/proposal_conflict.html", context, status=409)


def form_page(
    request: HttpRequest,
    project: Project | None,
    form: SheetForm,
    at: datetime,
    *,
    post: Post | None = None,
    file_form: AttachmentForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The sheet with its files; ``file_form``: a file that was refused."""
    answers: dict[str, Any] = dict(project.sheet) if project else {}
    if form.is_bound:
        answers |= form.over(answers)
    seat = project.proposer_post if project else post
    assert seat is not None  # noqa: S101 -- a new sheet names its seat
    own = own_section_of(seat)
    if own is not None:
        answers["section"] = own.code
    files = list(project.attachments.filter(removed_at=None)) if project else []
    rate = annotated_rate(project) if project else rate_on(localdate(at))
    page = form.is_bound and page_of(request)
    done, every = count_of(answers)
    context = {
        "project": project,
        "post": seat,
        "form": form,
        "parts": list(form.parts()),
        "progress": progress_of(answers),
        "done": done,
        "every": every,
        "own_section": own,
        "effect": sheet.effect_of(answers, yen_per_hour=rate.yen),
        "rate": rate,
        "page": page or uuid4().hex,
        "arrived": " ".join(drafts.arrived(person_of(request), project)) if project else "",
        "files": files,
        "file_form": file_form or AttachmentForm(existing=files),
        "returned": returned_of(project) if project and project.number else None,
        "draft_version": (form.is_bound and request.POST.get("draft_version"))
        or (project.draft_version if project else 1),
        "now": at,
    }
    return render(request, "workflow/proposal_form.html", context, status=status)
