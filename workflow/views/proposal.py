"""提案を書く: a draft that is kept on the server, its confirmation, and the one submit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bpr_projects import actions as cases
from bpr_projects import sheet
from bpr_projects.forms import AttachmentForm, TextField
from bpr_projects.models import Project
from workflow import access, engine
from workflow.actions.refusals import AlreadyDone, Busy, NotAllowed, Refusal
from workflow.views.drafting import (
    EDITABLE,
    checked_form,
    count_of,
    form_for,
    may_submit,
    own_section_of,
    problems_of,
    progress_of,
    proposing_capacities,
    returned_of,
    save_typed,
    version_of,
)
from workflow.views.lookup import person_of, project_or_404
from workflow.views.route_preview import preview_of
from workflow.views.sheet_rows import Masters, changed_rows, rows_by_part

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.forms import SheetForm
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
    masters = Masters.in_force(localdate(at))
    form = form_for(chosen.post, masters, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        project = _start(request, chosen.post, form, at)
        return _after_save(request, project)
    return form_page(request, None, form, at, post=chosen.post)


def _chosen(request: HttpRequest, capacities: list[Capacity]) -> Capacity | None:
    """The capacity that was named; the only one needs no naming."""
    wanted = request.POST.get("post") or request.GET.get("post")
    if wanted is None and len(capacities) == 1:
        return capacities[0]
    return next((each for each in capacities if str(each.post.pk) == wanted), None)


def _start(request: HttpRequest, post: Post, form: SheetForm, at: datetime) -> Project:
    """The new draft, or the one that the same click made a moment ago."""
    user = person_of(request)
    mine = Project.objects.filter(proposer=user, proposer_post=post, number=None)
    own = own_section_of(post)
    wanted = {**({"section": own.code} if own else {}), **form.cleaned_data}
    last = mine.order_by("-pk").first()
    if last is not None and last.sheet == wanted and (at - last.created_at).total_seconds() < 60:
        return last
    return cases.start_draft(by=user, post=post, at=at, **form.cleaned_data)


# --- writing ---------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_edit(request: HttpRequest, ref: str) -> HttpResponse:
    """The draft's form. POST saves it, unfinished or not."""
    at = now()
    project = project_or_404(request, ref, at)
    refused = not_editable(request, project, at)
    if refused is not None:
        return refused
    masters = Masters.in_force(localdate(at))
    if request.method == "POST":
        return _save(request, project, masters, at)
    if request.GET.get("part") == "route":
        context = {"route": preview_of(project, project.sheet, at), "project": project, "now": at}
        return render(request, "workflow/proposal_route.html", context)
    if "check" in request.GET:
        form = checked_form(project, masters)
    else:
        form = form_for(project.proposer_post, masters, answers=project.sheet)
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
            "typed": _typed_texts(request),
            "back_url": reverse("project", args=[project.reference]),
            "back_label": _("案件を開く"),
            "now": at,
        }
        return render(request, "409.html", context, status=409)
    messages.warning(request, permit.reason)
    return redirect("project", project.reference)


def _typed_texts(request: HttpRequest) -> list[str]:
    names = {field.name for field in sheet.FIELDS} | {"comment"}
    return [str(text) for name, text in request.POST.items() if name in names and len(text) >= 10]


def _save(request: HttpRequest, project: Project, masters: Masters, at: datetime) -> HttpResponse:
    form = form_for(project.proposer_post, masters, data=request.POST)
    if not form.is_valid():
        return form_page(request, project, form, at, status=422)
    try:
        saved = save_typed(project, form, request, at)
    except cases.DraftConflict as conflict:
        return conflict_page(request, conflict, form, masters, at)
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
    return redirect(reverse("project-edit", args=[project.reference]) + place)


def conflict_page(
    request: HttpRequest,
    conflict: cases.DraftConflict,
    form: SheetForm,
    masters: Masters,
    at: datetime,
) -> HttpResponse:
    """409: what was typed beside what is stored; the person chooses line by line."""
    stored = conflict.project
    typed = {**stored.sheet, **form.cleaned_data}
    context = {
        "project": stored,
        "reason": str(conflict),
        "form": form,
        "rows": changed_rows(stored.sheet, typed, masters),
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
    status: int = 200,
) -> HttpResponse:
    answers: dict[str, Any] = dict(project.sheet) if project else {}
    if form.is_bound:
        answers |= form.cleaned_data
    own = own_section_of(project.proposer_post if project else post)  # type: ignore[arg-type]
    if own is not None:
        answers["section"] = own.code
    files = list(project.attachments.filter(removed_at=None)) if project else []
    rate = cases.yen_per_hour(localdate(at))
    done, every = count_of(answers)
    context = {
        "project": project,
        "post": post or (project.proposer_post if project else None),
        "form": form,
        "parts": list(form.parts()),
        "progress": progress_of(answers),
        "done": done,
        "every": every,
        "own_section": own,
        "effect": sheet.effect_of(answers, yen_per_hour=rate),
        "yen_per_hour": rate,
        "files": files,
        "file_form": AttachmentForm(existing=files),
        "returned": returned_of(project) if project and project.number else None,
        "draft_version": request.POST.get("draft_version")
        or (project.draft_version if project else 1),
        "now": at,
    }
    return render(request, "workflow/proposal_form.html", context, status=status)


# --- 提出 ------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_confirm(request: HttpRequest, ref: str) -> HttpResponse:
    """The sheet as it will be read, the way it will go, and the button that sends it."""
    at = now()
    project = project_or_404(request, ref, at)
    if request.method == "POST":
        return _submit(request, project, at)
    refused = not_editable(request, project, at)
    if refused is not None:
        return refused
    if problems_of(project.sheet):
        return redirect(reverse("project-edit", args=[project.reference]) + "?check=1")
    return _confirm_page(request, project, at)


def _confirm_page(
    request: HttpRequest, project: Project, at: datetime, *, problem: str = "", status: int = 200
) -> HttpResponse:
    masters = Masters.in_force(localdate(at))
    returned = returned_of(project) if project.number else None
    last = project.revision if returned else None
    rate = cases.yen_per_hour(localdate(at))
    context = {
        "project": project,
        "parts": rows_by_part(project.sheet, masters),
        "changes": changed_rows(last.sheet, project.sheet, masters) if last else [],
        "last_revision": last,
        "returned": returned,
        "permit": may_submit(person_of(request), project, returned, at),
        "effect": sheet.effect_of(project.sheet, yen_per_hour=rate),
        "yen_per_hour": rate,
        "files": list(project.attachments.filter(removed_at=None)),
        "route": preview_of(project, project.sheet, at),
        "problem": problem,
        "comment": request.POST.get("comment", ""),
        "now": at,
    }
    return render(request, "workflow/proposal_confirm.html", context, status=status)


def _submit(request: HttpRequest, project: Project, at: datetime) -> HttpResponse:
    """提出 or 再提出, exactly once; whoever comes second is led to the case."""
    problem = _comment_problem(request)
    if problem:
        return _confirm_page(request, project, at, problem=problem, status=422)
    try:
        _send(request, project, at)
    except AlreadyDone as refusal:
        return _sent_before(request, project, refusal)
    except NotAllowed as refusal:
        raise PermissionDenied(refusal.message) from None
    except cases.SheetIncomplete:
        return redirect(reverse("project-edit", args=[project.reference]) + "?check=1")
    except Busy as refusal:
        return render(request, "503.html", {"reason": refusal.message}, status=503)
    except Refusal as refusal:
        fresh = project_or_404(request, f"draft-{project.pk}", at)
        return _confirm_page(request, fresh, at, problem=refusal.message, status=refusal.status)
    project.refresh_from_db(fields=["number", "stage"])
    messages.success(
        request,
        _("%(number)s として提出しました。いまは「%(stage)s」です。")
        % {"number": project.number, "stage": project.get_stage_display()},
    )
    return redirect("project", project.reference)


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
    return TextField(required=False, max_length=2000).clean(request.POST.get("comment", ""))


def _comment_problem(request: HttpRequest) -> str:
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
