"""担当の付替え: the page that moves a place of an open step, and the list of steps that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bpr_projects.access import visible_to
from roles.grants import permits
from roles.models import read_all_once
from roles.permissions import Perm
from workflow import access, engine, sheet
from workflow.actions import answers, handing
from workflow.actions.refusals import AlreadyDone, NotAllowed, Refusal
from workflow.charts import ball_of, seats_today
from workflow.enums import OWN_WORK, Outcome, SlotState
from workflow.forms import ReassignForm
from workflow.inbox import desk_of
from workflow.outcomes import RULES
from workflow.steps import is_repeated, recorded_before, refused
from workflow.views.case import find
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import Project
    from workflow.models import Slot


@login_required
@require_safe
def unheld(request: HttpRequest) -> HttpResponse:
    """All steps for which nobody is left who may answer, the longest waiting first."""
    desk = desk_of(request)
    if not permits(desk.capacities.values(), Perm.REASSIGN_WORK):
        raise PermissionDenied(_("担当できる職がない手続の一覧は、事務局が見ます。"))
    slots = access.unheld(desk.at, visible_to(desk.user, desk.at))
    people = seats_today(slots, desk.at)
    context = {
        "now": desk.at,
        "rows": [
            (slot, ball_of([slot], people, desk.at, desk.load.closures), people.seat(slot))
            for slot in slots
        ],
    }
    return render(request, "workflow/unheld.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reassign(request: HttpRequest, ref: str, slot: int) -> HttpResponse:
    """GET asks to whom and why; POST does it."""
    at = timezone.now()
    on, reader = localdate(at), person_of(request)
    with read_all_once(on):
        project = find(request, ref, at)
        place, beside = _place(project, slot)
        barred = access.barred_in(place.step_run.run, on)
        permit = access.may_reassign(reader, place, at, barred)
        if not permit:
            return refused(request, NotAllowed(permit.reason), project)
        if place.state != SlotState.OPEN:
            return _over(request, project, place)
        found = engine.receivers(slot=place, at=at, beside=beside, barred=barred)
        form = ReassignForm(request.POST if request.method == "POST" else None, receivers=found)
        if not form.is_bound or not form.is_valid():
            return _ask(request, project, place, beside, form, at)
    try:
        said = engine.reassign(
            project=project,
            slot_id=slot,
            post_id=int(form.cleaned_data["post"]),
            reason=form.cleaned_data["comment"],
            by=reader,
            at=at,
        )
    except Refusal as refusal:
        if isinstance(refusal, AlreadyDone):
            return _told(request, project, place, refusal)

        def again(problems: dict[str, str]) -> HttpResponse:
            for name, sentence in problems.items():
                form.add_error(name, sentence)
            return _ask(request, project, place, beside, form, at)

        return refused(request, refusal, project, on_unanswered=again)
    done = _(
        "「%(step)s」の担当を付け替えました。前の担当と新しい担当に、メールでもお知らせします。"
    )
    messages.success(request, done % {"step": place.step_run.title})
    return redirect("project", ref=said.project.reference if said.project else ref)


def _place(project: Project, slot_id: int) -> tuple[Slot, list[Slot]]:
    """The place, and all of its step with it."""
    beside = (
        handing.slots_beside(slot_id)
        .filter(step_run__project=project)
        .exclude(step_run__kind__in=OWN_WORK)
        .select_related("step_run__run__revision")
    )
    found = {each.pk: each for each in beside}
    if slot_id not in found:
        raise Http404
    step = found[slot_id].step_run
    step.project = step.run.project = project
    return found[slot_id], list(found.values())


def _over(request: HttpRequest, project: Project, place: Slot) -> HttpResponse:
    """Somebody was first: who did what and when."""
    return _told(request, project, place, AlreadyDone(answers.standing(place)))


def _told(
    request: HttpRequest, project: Project, place: Slot, refusal: AlreadyDone
) -> HttpResponse:
    sent = request.method == "POST"
    if sent and is_repeated(request, refusal, Outcome.REASSIGNED, place.pk):
        return recorded_before(request, project)
    return refused(request, refusal, project)


def _ask(
    request: HttpRequest,
    project: Project,
    place: Slot,
    beside: list[Slot],
    form: ReassignForm,
    at: datetime,
) -> HttpResponse:
    context: dict[str, Any] = {
        "now": at,
        "project": project,
        "place": place,
        "rule": RULES[Outcome.REASSIGNED],
        "seat": seats_today([place], at).seat(place),
        "others": [each for each in beside if each.state == SlotState.OPEN and each != place],
        "stand_ins": sheet.stand_ins_of([place], at),
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "workflow/reassign.html", context, status=status)
