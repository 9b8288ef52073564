"""異動の予行: what would be wrong on a day, from all that is open now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow.access.rehearsal import rehearse
from workflow.views.organization.frame import frame_of, must_edit

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@login_required
@require_safe
def rehearsal(request: HttpRequest) -> HttpResponse:
    """For the 事務局, which sees every case; the next 1 April unless another day is asked for."""
    frame = frame_of(request)
    must_edit(request)
    on = frame.on if frame.typed and not frame.wrong else frame.next_year
    context = {
        "frame": frame,
        "tab": "org-rehearsal",
        "on": on,
        "rehearsal": rehearse(on, today=frame.today),
    }
    return render(request, "workflow/organization/rehearsal.html", context)
