"""お願いする: one click asks everybody who holds the case now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from workflow import engine
from workflow.actions.refusals import AlreadyDone, Refusal
from workflow.enums import SlotState
from workflow.models import Slot
from workflow.steps import refused
from workflow.views.lookup import person_of, project_or_404

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import Project

BACK: Final = {"home": "home", "coming": "inbox"}
"""``return_to`` of the form -> the page it stood on; everything else leads to the case."""


@login_required
@require_POST
def nudge(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask each seat that is open now. Asked lately: said so, and nothing is sent twice."""
    at = timezone.now()
    project = project_or_404(request, ref, at)
    asked: list[str] = []
    refusal: Refusal = AlreadyDone(None, _("いま、お願いする相手はいません。"))
    for slot in _open_slots(project):
        try:
            engine.nudge(slot_id=slot.pk, project=project, by=person_of(request), at=at)
        except Refusal as found:
            refusal = found
        else:
            asked.append(slot.post.title)
    if asked:
        messages.success(request, _sentence(project, asked))
    elif isinstance(refusal, AlreadyDone) and refusal.decision is None:
        messages.info(request, refusal.message)
    else:
        return refused(request, refusal, project)
    return redirect(_back(request, project))


def _open_slots(project: Project) -> list[Slot]:
    waiting = Slot.objects.filter(
        step_run__project=project, step_run__closed_at=None, state=SlotState.OPEN
    )
    return list(waiting.select_related("post").order_by("pk"))


def _sentence(project: Project, asked: list[str]) -> str:
    who = (
        asked[0]
        if len(asked) == 1
        else _("%(first)s ほか%(more)s人")
        % {
            "first": asked[0],
            "more": len(asked) - 1,
        }
    )
    return _("「%(title)s」の確認を、%(who)sにお願いしました。メールでもお知らせします。") % {
        "title": project.title,
        "who": who,
    }


def _back(request: HttpRequest, project: Project) -> str:
    name = BACK.get(request.POST.get("return_to", ""))
    if name is None:
        return reverse("project", args=[project.reference])
    return reverse(name) + ("?tab=upcoming" if name == "inbox" else "")
