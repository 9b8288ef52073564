"""図: where a case stands on its way, drawn by ourselves and told as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bpr_projects.charts import route_picture
from workflow import sheet
from workflow.views.case_frame import frame_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    from workflow.sheet import Way


@login_required
@require_safe
def flow(request: HttpRequest, ref: str) -> HttpResponse:
    """The way of the question that is open, else of the proposal; earlier ones as lists."""
    frame = frame_of(request, ref, timezone.now())
    ways = sheet.ways_of(frame.dossier)
    run = frame.run
    ways.sort(key=lambda way: (run is None or way.run.pk != run.pk, -way.run.pk))
    shown = ways[0] if ways else None
    context = {
        **frame.context("project-flow"),
        "way": shown,
        "picture": _picture(shown) if shown else "",
        "earlier": ways[1:],
    }
    return render(request, "workflow/case_flow.html", context)


def _picture(way: Way) -> SafeString:
    label = _("%(title)sの流れ。同じ内容を一覧でも示しています。") % {"title": way.title}
    stops = [stop.drawn() for stop in way.stops]
    return route_picture(stops, [each.drawn() for each in way.returns], label)
