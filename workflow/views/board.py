"""OODAボード: the loop of a running case, the form of its open phase, figures and notes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bpr_projects import actions as cases
from bpr_projects.access import visible_to
from bpr_projects.enums import ADOPTED, ObservationKind, Phase
from bpr_projects.forms import MeasurementForm, ObservationForm, PhaseForm
from bpr_projects.models import Kpi, Project
from workflow import access, engine
from workflow.actions.answers import standing
from workflow.actions.refusals import AlreadyDone, NotAllowed, Refusal, Unanswered
from workflow.enums import CYCLE_KINDS, SlotState
from workflow.inbox import desk_of
from workflow.models import Slot
from workflow.steps import refused
from workflow.views.lookup import person_of, project_or_404
from workflow.views.loop import Board, board_of
from workflow.views.phase_records import Option, options_of

if TYPE_CHECKING:
    from datetime import datetime

    from django import forms
    from django.http import HttpRequest, HttpResponse


@login_required
@require_safe
def board(request: HttpRequest, ref: str) -> HttpResponse:
    """The board of an adopted case, for everybody who may read the case."""
    at = now()
    return _page(request, _adopted_or_404(request, ref, at), at)


def _adopted_or_404(request: HttpRequest, ref: str, at: datetime) -> Project:
    among = visible_to(person_of(request), at).filter(stage__in=ADOPTED)
    return project_or_404(request, ref, at, among.select_related("bounds"))


def _page(
    request: HttpRequest,
    project: Project,
    at: datetime,
    *,
    status: int = 200,
    **typed: forms.Form,
) -> HttpResponse:
    """The page; ``typed`` are forms that were refused and come back with every word."""
    closures = desk_of(request).load.closures
    all_notes = request.GET.get("notes") == "all"
    seen = board_of(project, person_of(request), at, closures, all_notes=all_notes)
    today = localdate(at).isoformat()
    context: dict[str, Any] = {
        "project": project,
        "board": seen,
        "form": _phase_form(seen),
        "note_form": ObservationForm(auto_id="note_%s"),
        "now": at,
        **typed,
    }
    refused_figure = context.pop("figure_form", None)
    context["figures"] = [
        (each, _figure_form(each.kpi.pk, refused_figure, today)) for each in seen.indicators
    ]
    context["compared"] = _compared(seen, context["form"])
    return render(request, "workflow/board.html", context, status=status)


def _phase_form(seen: Board) -> PhaseForm | None:
    if seen.turn is None:
        return None
    return PhaseForm(phase=seen.turn.phase, options=plans(seen), initial=seen.turn.initial)


def plans(seen: Board) -> list[str]:
    """The names of the options."""
    return [option.plan for option in seen.options]


def _figure_form(kpi: int, refused_form: forms.Form | None, today: str) -> forms.Form:
    """Each indicator has a form of its own; the one that was refused comes back to its place."""
    auto_id = f"figure{kpi}_%s"
    if refused_form is not None and refused_form.auto_id == auto_id:
        return refused_form
    return MeasurementForm(auto_id=auto_id, initial={"measured_on": today})


def _compared(seen: Board, form: forms.Form | None) -> list[tuple[Option, Any]]:
    """The options side by side, each with its radio button where there is a choice to take."""
    is_choice = seen.turn is not None and seen.turn.phase == Phase.DECIDE and form is not None
    buttons = list(form["choice"]) if is_choice and form is not None and seen.options else []
    return list(zip_longest(seen.options, buttons))


# --- recording a phase -----------------------------------------------------------------------


@login_required
@require_POST
def phase_record(request: HttpRequest, ref: str, slot: int) -> HttpResponse:
    """Record the open phase. Beyond the bounds the engine asks headquarters by itself."""
    at = now()
    project = _adopted_or_404(request, ref, at)
    found = get_object_or_404(
        Slot.objects.select_related("post", "step_run__project", "step_run__run__cycle"),
        pk=slot,
        step_run__project=project,
        step_run__kind__in=CYCLE_KINDS,
    )
    phase = Phase(found.step_run.kind)
    if (hindrance := _hindrance(request, found, at)) is not None:
        return refused(request, hindrance, project)
    if phase == Phase.ORIENT and request.POST.get("action"):
        return _page(request, project, at, form=PhaseForm.rearranged(request.POST))
    cycle = found.step_run.run.cycle
    entries = {each.phase: each for each in cycle.entries.all()} if cycle else {}
    options = [option.plan for option in options_of(entries)] if phase == Phase.DECIDE else []
    form = PhaseForm(request.POST, phase=phase, options=options)
    if form.is_valid():
        try:
            engine.record_phase(
                project=project, slot_id=slot, content=form.content(), by=person_of(request), at=at
            )
        except Unanswered as refusal:
            form.add_problems(refusal.problems)
        except Refusal as refusal:
            return refused(request, refusal, project)
        else:
            messages.success(request, _what_follows(project))
            return redirect("board", project.reference)
    return _page(request, project, at, status=422, form=form)


def _hindrance(request: HttpRequest, slot: Slot, at: datetime) -> Refusal | None:
    """Why the form is not even read: somebody recorded it, or it is not this person's turn."""
    if slot.state != SlotState.OPEN:
        return AlreadyDone(standing(slot))
    permit = access.may_answer(person_of(request), slot, at)
    return None if permit else NotAllowed(permit.reason)


def _what_follows(project: Project) -> str:
    last = project.cycles.order_by("-number")[0]
    step = project.steps.filter(closed_at=None, kind__in=CYCLE_KINDS).first()
    if step is None:
        return _("記録しました。本部の決裁へ回りました。決まるまで、このボードで経過を見られます。")
    return _("記録しました。次は、第%(number)sサイクルの「%(phase)s」です。") % {
        "number": last.number,
        "phase": step.get_kind_display(),
    }


# --- notes and figures -----------------------------------------------------------------------


@login_required
@require_POST
def observation_add(request: HttpRequest, ref: str) -> HttpResponse:
    """A note from the field, by the staff of the section or the 事務局."""
    at = now()
    project = _adopted_or_404(request, ref, at)
    form = ObservationForm(request.POST, auto_id="note_%s")
    with transaction.atomic():
        locked = _locked(request, project, at)
        if form.is_valid():
            cases.observe(
                project=locked,
                kind=ObservationKind(form.cleaned_data["kind"]),
                text=form.cleaned_data["text"],
                by=person_of(request),
                at=at,
            )
    if not form.is_valid():
        return _page(request, project, at, status=422, note_form=form)
    messages.success(request, _("観察を記録しました。"))
    return redirect(reverse("board", args=[project.reference]) + "#notes")


@login_required
@require_POST
def measurement_add(request: HttpRequest, ref: str) -> HttpResponse:
    """A measured value of one of the case's indicators."""
    at = now()
    project = _adopted_or_404(request, ref, at)
    with transaction.atomic():
        _locked(request, project, at)
        wanted = request.POST.get("kpi", "")
        kpi = get_object_or_404(Kpi, project=project, pk=int(wanted) if _is_id(wanted) else 0)
        form = MeasurementForm(request.POST, auto_id=f"figure{kpi.pk}_%s")
        if form.is_valid() and form.cleaned_data["measured_on"] > localdate(at).isoformat():
            form.add_error("measured_on", _("測った日には、今日までの日付を入れてください。"))
        if form.is_valid():
            cases.measure(
                kpi=kpi,
                measured_on=date.fromisoformat(form.cleaned_data["measured_on"]),
                value=Decimal(str(form.cleaned_data["value"])),
                note=form.cleaned_data["note"],
                by=person_of(request),
                at=at,
            )
    if not form.is_valid():
        return _page(request, project, at, status=422, figure_form=form)
    messages.success(request, _("「%s」の値を記録しました。") % kpi.name)
    return redirect(reverse("board", args=[project.reference]) + f"#kpi-{kpi.pk}")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19  # fits a BigAutoField


def _locked(request: HttpRequest, project: Project, at: datetime) -> Project:
    """The case with its row locked, for somebody who may record; the reason otherwise."""
    locked = Project.objects.select_for_update().get(pk=project.pk)
    permit = access.may(person_of(request), "observe", locked, at)
    if not permit:
        raise PermissionDenied(permit.reason)
    return locked
