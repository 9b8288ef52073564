"""A form that saves by itself: what could be read is stored, and the answer says exactly what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localtime

from bpr_projects import actions as cases
from bpr_projects import drafts
from workflow import access
from workflow.views.drafting import (
    count_of,
    form_for,
    lists_for,
    progress_of,
    save_typed,
    sender_of,
)
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from bpr_projects.forms import SheetForm
    from bpr_projects.models import Project
    from roles.models import Post


def is_autosave(request: HttpRequest) -> bool:
    """A form's own save, not a pressed button."""
    return request.method == "POST" and request.POST.get("action") == "autosave"


def keep_first(request: HttpRequest, post: Post, at: datetime) -> JsonResponse:
    """The first save of an empty form begins the draft, if no other sending of it just did."""
    form = form_for(post, lists_for(None, at), data=request.POST)
    form.is_valid()
    project, is_new = drafts.begin(
        sender=sender_of(request), post=post, at=at, answers=form.cleaned_data
    )
    return _kept(project, form) if is_new else keep(request, project, at)


def keep(request: HttpRequest, project: Project, at: datetime) -> JsonResponse:
    """Save what can be read of a draft. Nothing is overwritten that the form has not seen."""
    permit = access.may(person_of(request), "edit", project, at)
    if not permit:
        return _refused(permit.reason, "closed")
    form = form_for(project.proposer_post, lists_for(project, at), data=request.POST)
    form.is_valid()
    try:
        saved = save_typed(project, form, request, at)
    except cases.DraftConflict as conflict:
        return _refused(str(conflict), "conflict")
    except PermissionDenied as refusal:
        return _refused(str(refusal), "closed")
    return _kept(saved, form)


def _refused(reason: str, why: str) -> JsonResponse:
    return JsonResponse({"saved": False, "why": why, "reason": reason}, status=409)


def _kept(project: Project, form: SheetForm) -> JsonResponse:
    """When it was stored, as which version, and what could not be read and therefore was not."""
    done, every = count_of(project.sheet)
    context = {"progress": progress_of(project.sheet), "done": done, "every": every}
    unread = [
        {
            "id": form[name].auto_id,
            "label": str(form[name].label),
            "error": " ".join(map(str, errors)),
        }
        for name, errors in form.errors.items()
        if name in form.fields
    ]
    return JsonResponse(
        {
            "saved": True,
            "at": f"{localtime(project.updated_at):%H:%M}",
            "version": project.draft_version,
            "url": reverse("project-edit", args=[project.reference]),
            "unread": unread,
            "progress": render_to_string("workflow/proposal_progress.html", context),
        }
    )
