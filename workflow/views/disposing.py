"""廃棄 of an ended case's words: the 事務局 asks with a reason, 監査 approves, both on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from roles.permissions import Perm
from workflow import engine
from workflow.actions.refusals import NotAllowed, Refusal
from workflow.forms import ApproveDisposalForm, AskDisposalForm
from workflow.steps import refused
from workflow.views.case import find
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import Project
    from workflow.models import Disposal

    Form = AskDisposalForm | ApproveDisposalForm

ENTITLED: Final = (Perm.ASK_DISPOSAL, Perm.APPROVE_DISPOSAL)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def disposal(request: HttpRequest, ref: str) -> HttpResponse:
    """GET says how it stands and whose turn it is; POST asks or approves."""
    at = timezone.now()
    project = find(request, ref, at)
    if not any(request.user.has_perm(perm) for perm in ENTITLED):
        raise PermissionDenied(_("本文の廃棄を扱うのは、事務局と監査です。"))
    if project.ended_at is None:
        return refused(
            request, NotAllowed(_("終了していない案件の本文は、廃棄できません。")), project
        )
    found = list(project.disposals.select_related("asked_by", "approved_by"))
    waiting = next((each for each in found if each.approved_at is None), None)
    form = _form(request, waiting)
    if request.method == "POST" and form is None:
        raise PermissionDenied(_("いま、あなたが行うことはありません。"))
    if request.method == "POST" and form is not None and form.is_valid():
        return _done(request, project, waiting, form, at)
    context = {
        "now": at,
        "project": project,
        "waiting": waiting,
        "past": [each for each in found if each.approved_at is not None],
        "count": engine.texts_to_blank(project.pk).count(),
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "workflow/disposal.html", context, status=status)


def _form(request: HttpRequest, waiting: Disposal | None) -> Form | None:
    """What this person is asked now: nothing, where it is the other's turn."""
    sent = request.POST if request.method == "POST" else None
    if waiting is None:
        return AskDisposalForm(sent) if request.user.has_perm(Perm.ASK_DISPOSAL) else None
    is_other = waiting.asked_by_id != person_of(request).pk
    may = is_other and request.user.has_perm(Perm.APPROVE_DISPOSAL)
    return ApproveDisposalForm(sent) if may else None


def _done(
    request: HttpRequest, project: Project, waiting: Disposal | None, form: Form, at: datetime
) -> HttpResponse:
    by = person_of(request)
    try:
        if waiting is None:
            reason = form.cleaned_data["reason"]
            engine.ask_for_disposal(project=project, reason=reason, by=by, at=at)
            messages.success(request, _("本文の廃棄を求めました。監査の承認を待ちます。"))
        else:
            done = engine.approve_disposal(disposal_id=waiting.pk, by=by, at=at)
            messages.success(request, _("本文%s件を廃棄しました。") % done.texts)
    except Refusal as refusal:
        return refused(request, refusal, project)
    return redirect("disposal", ref=project.reference)
