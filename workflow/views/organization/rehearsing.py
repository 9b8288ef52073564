"""異動の予行: what would be wrong on a day, from all that is open now."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from roles.models import read_all_once
from workflow.access.rehearsal import rehearse
from workflow.views.organization.frame import frame_of, must_edit

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from workflow.access.rehearsal import Finding


@login_required
@require_safe
def rehearsal(request: HttpRequest) -> HttpResponse:
    """For the 事務局, which sees every case; the next 1 April unless another day is asked for."""
    with read_all_once(localdate()):
        frame = frame_of(request)
        must_edit(request)
        on = frame.on if frame.typed and not frame.wrong else frame.next_year
        rehearsal = rehearse(on, today=frame.today)
    context = {
        "frame": frame,
        "tab": "org-rehearsal",
        "on": on,
        "rehearsal": rehearsal,
        "groups": [
            (rule, title, [(each, *_links(each, on)) for each in findings])
            for rule, title, findings in rehearsal.groups
        ],
    }
    return render(request, "workflow/organization/rehearsal.html", context)


def _links(finding: Finding, on: date) -> tuple[str, str]:
    """What the finding is about, and the form in which somebody is appointed."""
    appoint = ""
    if finding.post is not None:
        query = urlencode({"post": finding.post.pk, "on": on.isoformat()})
        appoint = f"{reverse('org-appoint')}?{query}"
    if finding.project is not None:
        return reverse("project", args=[finding.project.reference]), appoint
    if finding.person is not None:
        return reverse("org-person", args=[finding.person.pk]), appoint
    return appoint, appoint
