"""横展開の状況: every section beside one reform, and the form in which its leader keeps it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bpr_projects.access import visible_to
from bpr_projects.enums import ADOPTED, RolloutState
from bpr_projects.forms import RolloutForm
from bpr_projects.models import Project
from bpr_projects.rollout import record_rollout, rollout_of
from workflow import access
from workflow.views.lookup import person_of, project_or_404

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.rollout import Rollout


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rollout(request: HttpRequest, ref: str) -> HttpResponse:
    """The page of an adopted case, for everybody who may read it."""
    at = now()
    among = visible_to(person_of(request), at).filter(stage__in=ADOPTED)
    project = project_or_404(request, ref, at, among)
    permit = access.may(person_of(request), "roll_out", project, at)
    shown = rollout_of(project, localdate(at))
    form = _form(request, shown, localdate(at))
    if request.method == "POST":
        if not permit:
            raise PermissionDenied(permit.reason)
        if form.is_valid():
            _record(request, project, shown, form, at)
            return redirect("rollout", project.reference)
    context = {"project": project, "rollout": shown, "permit": permit, "form": form, "now": at}
    status = 422 if request.method == "POST" else 200
    return render(request, "workflow/rollout.html", context, status=status)


def _form(request: HttpRequest, shown: Rollout, today: date) -> RolloutForm:
    data = request.POST if request.method == "POST" else None
    sections = [line.section for line in shown.lines]
    return RolloutForm(data, sections=sections, today=today, initial={"since": today.isoformat()})


def _record(
    request: HttpRequest, project: Project, shown: Rollout, form: RolloutForm, at: datetime
) -> None:
    chosen = set(form.cleaned_data["sections"])
    sections = [line.section for line in shown.lines if str(line.section.pk) in chosen]
    with transaction.atomic():
        locked = Project.objects.select_for_update().get(pk=project.pk)
        record_rollout(
            project=locked,
            sections=sections,
            state=RolloutState(form.cleaned_data["state"]),
            since=date.fromisoformat(form.cleaned_data["since"]),
            by=person_of(request),
            at=at,
        )
    messages.success(request, _("%s課等の状況を記録しました。") % len(sections))
