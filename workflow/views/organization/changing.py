"""Forms in which the 事務局 changes who holds what. Each change is a row of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bpr_projects import calendar
from roles import actions
from roles.enums import AppointmentKind, SuspensionKind
from roles.models import Appointment, Post, Section, Suspension, User
from workflow.access import conflicted_by_run
from workflow.enums import OWN_WORK, SlotState
from workflow.models import Slot
from workflow.views.lookup import person_of
from workflow.views.organization.forms import (
    AppointForm,
    EndForm,
    ReorganizeForm,
    RestoreForm,
    SuspendForm,
)
from workflow.views.organization.frame import must_edit
from workflow.views.organization.looking import LARGEST, person_or_404

if TYPE_CHECKING:
    from datetime import date

    from django import forms
    from django.http import HttpRequest, HttpResponse

READS = ["GET", "HEAD", "POST"]


def _page(request: HttpRequest, name: str, form: forms.Form, **context: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    template = f"workflow/organization/{name}.html"
    return render(request, template, {"form": form, "now": now(), **context}, status=status)


# --- appointments ----------------------------------------------------------------------------


@login_required
@require_http_methods(READS)
def appoint(request: HttpRequest) -> HttpResponse:
    """A new appointment, today's or a future one."""
    must_edit(request)
    at = now()
    data = request.POST if request.method == "POST" else None
    form = AppointForm(data, on=localdate(at), initial=_wanted(request))
    if data is not None and form.is_valid() and not _warns(form, localdate(at)):
        person = form.cleaned_data["person"]
        starts_on = form.day("starts_on")
        assert starts_on is not None  # noqa: S101 -- the field demands it
        try:
            row = actions.appoint(
                post=form.chosen,
                person=person,
                kind=AppointmentKind(form.cleaned_data["kind"]),
                starts_on=starts_on,
                ends_on=form.after("ends_on"),
                by=person_of(request),
                at=at,
            )
        except ValidationError as refusal:
            form.add_refusal(refusal)
        else:
            words = _("%(name)s さんを「%(post)s」に任命しました（%(day)sから）。")
            day = calendar.plain_day(row.starts_on)
            told = {"name": person.name, "post": row.post.title, "day": day}
            messages.success(request, words % told)
            return redirect("org-person", person.pk)
    people = User.objects.active().order_by("employee_number")
    return _page(request, "appoint", form, people=people)


def _wanted(request: HttpRequest) -> dict[str, Any]:
    """What the link that led here has chosen already."""
    number = request.GET.get("person", "")[:20]
    return {
        "person": User.objects.filter(employee_number=number).first() if "\0" not in number else "",
        "post": request.GET.get("post", "")[:20],
        "starts_on": calendar.parse_date(request.GET.get("on", "")[:40]) or "",
        "kind": AppointmentKind.MAIN,
    }


def _warns(form: AppointForm, today: date) -> bool:
    """Cases that the person would come to decide on although proposing them: said once."""
    starts_on = form.day("starts_on")
    if form.cleaned_data["confirmed"] or starts_on is None:
        return False
    form.warned = own_cases_at(form.chosen, form.cleaned_data["person"], max(starts_on, today))
    return bool(form.warned)


def own_cases_at(post: Post, person: User, on: date) -> list[str]:
    """Open steps that wait for the post, of cases that the person proposed."""
    waiting = list(
        Slot.objects.filter(state=SlotState.OPEN, step_run__closed_at=None, post=post)
        .exclude(step_run__kind__in=OWN_WORK)
        .select_related("step_run__project")
        .order_by("pk")
    )
    conflicts = conflicted_by_run({slot.step_run.run_id for slot in waiting}, on)
    return [
        f"{slot.step_run.project.reference}　{slot.step_run.project.title}"
        for slot in waiting
        if slot.step_run.project is not None
        and person.pk in conflicts.get(slot.step_run.run_id, frozenset())
    ]


@login_required
@require_http_methods(READS)
def appointment_end(request: HttpRequest, pk: int) -> HttpResponse:
    """The last day of a term; one that has not begun may be taken back."""
    must_edit(request)
    row = _row_or_404(Appointment, pk)
    at = now()
    is_future = row.starts_on > localdate(at)
    data = request.POST if request.method == "POST" else None
    form = EndForm(data)
    if data is not None and "revoke" in data:
        return _revoke(request, row)
    if data is not None and form.is_valid():
        try:
            ends_on = form.after("ends_on")
            assert ends_on is not None  # noqa: S101 -- the field demands it
            actions.end_appointment(
                appointment=row,
                ends_on=ends_on,
                by=person_of(request),
                at=at,
                reason=form.cleaned_data["reason"],
            )
        except ValidationError as refusal:
            form.add_refusal(refusal)
        except actions.ReasonMissing as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            words = _("%(name)s さんの「%(post)s」は %(day)s までです。")
            told = {"day": calendar.plain_day(form.day("ends_on") or row.starts_on)}
            told |= {"name": row.person.name, "post": row.post.title}
            messages.success(request, words % told)
            return redirect("org-person", row.person_id)
    return _page(request, "end", form, row=row, is_future=is_future)


def _revoke(request: HttpRequest, row: Appointment) -> HttpResponse:
    try:
        actions.revoke_appointment(appointment=row, by=person_of(request), at=now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        words = _("%(name)s さんの「%(post)s」の任命を取り消しました。")
        messages.success(request, words % {"name": row.person.name, "post": row.post.title})
    return redirect("org-person", row.person_id)


def _row_or_404(model: Any, pk: int) -> Any:
    if pk > LARGEST:
        raise Http404
    related = ["person", "post"] if model is Appointment else ["person"]
    return get_object_or_404(model.objects.select_related(*related), pk=pk)


# --- leave -----------------------------------------------------------------------------------


@login_required
@require_http_methods(READS)
def suspend(request: HttpRequest, pk: int) -> HttpResponse:
    """休職 or 育休 of a person."""
    must_edit(request)
    shown = person_or_404(pk)
    data = request.POST if request.method == "POST" else None
    form = SuspendForm(data)
    if data is not None and form.is_valid():
        starts_on = form.day("starts_on")
        assert starts_on is not None  # noqa: S101 -- the field demands it
        try:
            actions.suspend(
                person=shown,
                kind=SuspensionKind(form.cleaned_data["kind"]),
                starts_on=starts_on,
                ends_on=form.day("ends_on"),
                by=person_of(request),
                at=now(),
            )
        except ValidationError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("%s さんの休職・育休を登録しました。") % shown.name)
            return redirect("org-person", shown.pk)
    return _page(request, "suspend", form, shown=shown)


@login_required
@require_http_methods(READS)
def suspension_end(request: HttpRequest, pk: int) -> HttpResponse:
    """復職: the day from which the person acts again."""
    must_edit(request)
    row: Suspension = _row_or_404(Suspension, pk)
    data = request.POST if request.method == "POST" else None
    form = RestoreForm(data, initial={"ends_on": row.ends_on or ""})
    if data is not None and form.is_valid():
        ends_on = form.day("ends_on")
        assert ends_on is not None  # noqa: S101 -- the field demands it
        try:
            actions.end_suspension(suspension=row, ends_on=ends_on, by=person_of(request), at=now())
        except ValidationError as refusal:
            form.add_refusal(refusal)
        else:
            words = _("%(name)s さんは %(day)s に復職します。")
            told = {"name": row.person.name, "day": calendar.plain_day(ends_on)}
            messages.success(request, words % told)
            return redirect("org-person", row.person_id)
    return _page(request, "restore", form, row=row)


# --- sections --------------------------------------------------------------------------------


@login_required
@require_http_methods(READS)
def reorganize(request: HttpRequest) -> HttpResponse:
    """改称, 統合, 分割 from a day on."""
    must_edit(request)
    at = now()
    data = request.POST if request.method == "POST" else None
    form = ReorganizeForm(data, today=localdate(at))
    if data is not None and form.is_valid():
        former = list(
            Section.objects.select_related("department")
            .filter(pk__in=form.cleaned_data["former"])
            .order_by("order", "pk")
        )
        day = form.day("on")
        assert day is not None  # noqa: S101 -- the field demands it
        try:
            formed = actions.reorganize(
                former=former, formed=form.formed(former), on=day, by=person_of(request), at=at
            )
        except ValidationError as refusal:
            form.add_refusal(refusal)
        else:
            words = _(
                "%(day)sから %(names)s とする改正を登録しました。空席がないか確かめてください。"
            )
            names = "、".join(each.name for each in formed)
            messages.success(request, words % {"day": calendar.plain_day(day), "names": names})
            return redirect(f"{reverse('org')}?on={day.isoformat()}")
    return _page(request, "reorganize", form)
