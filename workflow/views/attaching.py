"""Files of a draft: added and taken off together with what was typed, so that nothing is lost.

Both are one transaction: the form that sent them has seen the version that they make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bpr_projects import actions as cases
from bpr_projects import drafts
from bpr_projects.forms import AttachmentForm
from bpr_projects.models import Attachment, Project
from workflow import access
from workflow.views import proposal
from workflow.views.drafting import form_for, lists_for, priced_or_404, save_typed, sender_of
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@login_required
@require_POST
def attachment_add(request: HttpRequest, ref: str) -> HttpResponse:
    """Save what was typed in the same form, then take the file."""
    at = now()
    project = priced_or_404(request, ref, at)
    with transaction.atomic():
        answer = _keep_typed(request, project, at)
        if answer is not None:
            return answer
        locked = _locked(request, project, at)
        existing = list(locked.attachments.filter(removed_at=None))
        form = AttachmentForm(request.POST, request.FILES, existing=existing)
        if form.is_valid():
            checked = form.cleaned_data["file"]
            drafts.attach(sender=sender_of(request), project=locked, checked=checked, at=at)
    if not form.is_valid():
        return _refused(request, priced_or_404(request, ref, at), form, at)
    messages.success(request, _("「%s」を添付しました。") % form.cleaned_data["file"].name)
    return _back(project)


@login_required
@require_POST
def attachment_remove(request: HttpRequest, ref: str, key: UUID) -> HttpResponse:
    """Take a file off the draft; versions that were submitted with it keep it."""
    at = now()
    project = priced_or_404(request, ref, at)
    found = get_object_or_404(Attachment, project=project, key=key)
    with transaction.atomic():
        answer = _keep_typed(request, project, at)
        if answer is not None:
            return answer
        locked = _locked(request, project, at)
        drafts.detach(sender=sender_of(request), project=locked, attachment=found, at=at)
    messages.success(request, _("「%s」を外しました。") % found.name)
    return _back(project)


def _keep_typed(request: HttpRequest, project: Project, at: datetime) -> HttpResponse | None:
    """Save the sheet that came with the button; the page that refuses it, or None."""
    if "draft_version" not in request.POST:
        return None
    refused = proposal.not_editable(request, project, at)
    if refused is not None:
        return refused
    lists = lists_for(project, at)
    form = form_for(project.proposer_post, lists, data=request.POST)
    if not form.is_valid():
        return proposal.form_page(request, project, form, at, status=422)
    try:
        save_typed(project, form, request, at)
    except cases.DraftConflict as conflict:
        return proposal.conflict_page(request, conflict, form, lists, at)
    return None


def _locked(request: HttpRequest, project: Project, at: datetime) -> Project:
    """The case with its row locked, so that two uploads cannot pass the limits together."""
    locked = Project.objects.select_for_update().get(pk=project.pk)
    permit = access.may(person_of(request), "edit", locked, at)
    if not permit:
        raise PermissionDenied(permit.reason)
    return locked


def _refused(
    request: HttpRequest, saved: Project, file_form: AttachmentForm, at: datetime
) -> HttpResponse:
    """The sheet as it was just saved, with what is wrong beside the file."""
    lists = lists_for(saved, at)
    form = form_for(saved.proposer_post, lists, answers=saved.sheet)
    return proposal.form_page(request, saved, form, at, file_form=file_form, status=422)


def _back(project: Project) -> HttpResponse:
    return redirect(reverse("project-edit", args=[project.reference]) + "#files")
