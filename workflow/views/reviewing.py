"""審査結果: what the PT scored and said, for whoever may know it already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from workflow import sheet
from workflow.enums import SlotState
from workflow.views.case_frame import frame_of, label_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from workflow.sheet import Review
    from workflow.views.case_frame import Frame


@login_required
@require_safe
def review(request: HttpRequest, ref: str) -> HttpResponse:
    """Scores by 理念 with their spread, opinions, recusals; earlier rounds below."""
    frame = frame_of(request, ref, timezone.now(), with_texts=True)
    regions = sheet.reviews(frame.dossier)
    is_weighing = sheet.weighs(frame.capacities)
    found = [
        sheet.read_region(frame.dossier, step, frame.posts, is_weighing=is_weighing)
        for step in regions
    ]
    last = found[-1] if found else None
    context = {
        **frame.context("project-review"),
        "review": last,
        "turn": _turn(frame),
        "earlier": found[-2::-1],
        **(_table(last, label_of(frame.project)) if last else {}),
    }
    return render(request, "workflow/case_review.html", context)


def _table(found: Review, label: str) -> dict[str, Any]:
    """The scores with a column for each member, and the place on the chart."""
    rows = (*found.lines, *found.measures)
    return {
        "table": [
            {"line": line, "points": [each.points[index] for each in found.scored]}
            for index, line in enumerate(rows)
        ],
        "lowest": min(found.totals, default=None),
        "highest": max(found.totals, default=None),
        "place": found.place(label),
    }


def _turn(frame: Frame) -> str:
    """Whether the reader may score now ("score"), or revise the own score ("revise")."""
    regions = sheet.reviews(frame.dossier)
    if not regions or not regions[-1].is_open:
        return ""
    states = {slot.state for slot in regions[-1].slots if slot.post_id in frame.posts}
    if SlotState.OPEN in states:
        return "score"
    return "revise" if SlotState.DONE in states else ""
