"""複製: a new draft with the text of a case that ended, or of one that others want to follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bpr_projects import drafts
from roles.grants import permits
from roles.models import capacities_of
from roles.permissions import Perm
from workflow import access
from workflow.actions.refusals import NotAllowed
from workflow.steps import refused
from workflow.views.lookup import person_of, project_or_404

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import Project
    from roles.models import Capacity, User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_copy(request: HttpRequest, ref: str) -> HttpResponse:
    """GET says what is copied and asks for which post; POST makes the draft and opens it."""
    at = timezone.now()
    reader = person_of(request)
    project = project_or_404(request, ref, at)
    permit = access.may(reader, "copy", project, at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), project)
    capacities = _seats(reader, project, at)
    chosen = _chosen(request, capacities)
    if request.method != "POST" or chosen is None:
        context = {"now": at, "project": project, "capacities": capacities}
        status = 422 if request.method == "POST" else 200
        return render(request, "workflow/copy.html", context, status=status)
    copy = drafts.copy_once(project=project, by=reader, post=chosen.post, at=at)
    messages.success(
        request,
        _("「%s」をもとに下書きを作りました。過ぎた期日の欄は空けてあります。") % project.title,
    )
    return redirect("project-edit", ref=copy.reference)


def _seats(reader: User, project: Project, at: datetime) -> list[Capacity]:
    """The posts for which the reader may write the copy; the proposer's seat first."""
    found = [
        each
        for each in capacities_of(reader, localdate(at))
        if not each.is_inherited
        and (each.post.pk == project.proposer_post_id or permits([each], Perm.PROPOSE_PROJECT))
    ]
    return sorted(found, key=lambda each: each.post.pk != project.proposer_post_id)


def _chosen(request: HttpRequest, capacities: list[Capacity]) -> Capacity | None:
    if len(capacities) == 1:
        return capacities[0]
    wanted = request.POST.get("post")
    return next((each for each in capacities if str(each.post.pk) == wanted), None)
