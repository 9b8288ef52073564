"""改正案を書く: a copy of a version, its text, its steps one by one. Every save is the draft's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bpr_projects.calendar import first_of_next_month
from roles.models import capacities_of
from workflow import access
from workflow.actions import route_versions
from workflow.actions.refusals import NotAllowed, Refusal
from workflow.enums import RouteState
from workflow.forms import HeadForm, StepForm
from workflow.routing import findings_of
from workflow.steps import refused
from workflow.views.lookup import person_of
from workflow.views.rules import version_or_404

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from workflow.models import Route, RouteStep
    from workflow.routing import Finding

PLACES: Final = {"up": -1, "down": 1}
"""Button of a step -> which way it moves."""
OUT: Final = "out"


def page_of(route: Route) -> str:
    """The page of a version."""
    return reverse("route", args=[route.code, route.version])


def _draft(request: HttpRequest, code: str, version: int, at: datetime) -> Route:
    """The version, for whoever may write; raises ``NotAllowed``."""
    capacities = capacities_of(person_of(request), localdate(at))
    found, _versions = version_or_404(code, version, capacities)
    permit = access.permit_to_write_rules(capacities)
    if not permit:
        raise NotAllowed(permit.reason)
    return found


def _only_drafts(route: Route) -> None:
    if route.state != RouteState.DRAFT:
        raise Refusal(_("「%s」の版は、書き換えられません。") % route.get_state_display())


@contextmanager
def _writing(request: HttpRequest, route: Route) -> Iterator[Route]:
    """The draft, locked, if the form was opened on its last save."""
    with transaction.atomic():
        yield route_versions.write(route, sent_version(request), person_of(request))


def sent_version(request: HttpRequest) -> int:
    """The save on which a form was opened; 0, which none is, for anything else."""
    text = request.POST.get("draft_version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


@login_required
@require_POST
def copy(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """A draft with the text of this version; the one that is there already, if there is one."""
    at = now()
    try:
        route = _draft(request, code, version, at)
        with transaction.atomic():
            draft = route_versions.start_draft(
                of=route,
                by=person_of(request),
                effective_from=first_of_next_month(localdate(at)),
            )
    except route_versions.DraftExists as exists:
        messages.info(request, exists.message)
        return redirect(page_of(exists.draft))
    except Refusal as refusal:
        return refused(request, refusal, back_url=reverse("routes"))
    messages.success(
        request, _("%sの案を作りました。改める理由と施行日から書いてください。") % draft
    )
    return redirect("route-edit", draft.code, draft.version)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def head(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """The version itself: name, reason, first day, priority, condition, clause."""
    at = now()
    try:
        route = _draft(request, code, version, at)
        _only_drafts(route)
    except Refusal as refusal:
        return refused(request, refusal, back_url=reverse("route", args=[code, version]))
    form = HeadForm.of(route, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        form.show(_findings(route, at, None))
        return _head_page(request, route, form)
    if form.wants_row:
        form.leave_unchecked()
        return _head_page(request, route, form, status=422)
    if not form.is_valid():
        return _head_page(request, route, form, status=422)
    try:
        with _writing(request, route) as locked:
            route_versions.save_head(locked, form.values())
    except Refusal as refusal:
        return refused(request, refusal, back_url=page_of(route))
    if _findings(locked, at, None):
        messages.warning(request, UNCLEAN % _("案"))
        return redirect("route-edit", code, version)
    messages.success(request, SAVED % _("案"))
    return redirect(page_of(route))


SAVED: Final = gettext_lazy("%sを保存しました。")
UNCLEAN: Final = gettext_lazy(
    "%sを保存しました。このままでは提出できません。赤い字のところを確かめてください。"
)


def _head_page(
    request: HttpRequest, route: Route, form: HeadForm, *, status: int = 200
) -> HttpResponse:
    context = {"route": route, "form": form}
    return render(request, "workflow/route_edit.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, code: str, version: int, order: int | None = None) -> HttpResponse:
    """One step; without an order, a new one at the end."""
    at = now()
    try:
        route = _draft(request, code, version, at)
        _only_drafts(route)
    except Refusal as refusal:
        return refused(request, refusal, back_url=reverse("route", args=[code, version]))
    row = _row_or_404(route, order)
    names = route_versions.names_on(route.effective_from)
    data = request.POST if request.method == "POST" else None
    form = StepForm.of(route, row, names, data)
    if data is None:
        if row is not None:
            form.show(_findings(route, at, order))
        return _step_page(request, route, row, form)
    if form.wants_row:
        form.leave_unchecked()
        return _step_page(request, route, row, form, status=422)
    if not form.is_valid():
        return _step_page(request, route, row, form, status=422)
    try:
        with _writing(request, route) as locked:
            saved = route_versions.save_step(locked, order, form.values())
    except Refusal as refusal:
        return refused(request, refusal, back_url=page_of(route))
    name = _("段階「%s」") % saved.title
    if _findings(locked, at, saved.order):
        messages.warning(request, UNCLEAN % name)
        return redirect("route-step-edit", code, version, saved.order)
    messages.success(request, SAVED % name)
    return redirect(f"{page_of(route)}#step-{saved.order}")


def _row_or_404(route: Route, order: int | None) -> RouteStep | None:
    if order is None:
        return None
    row = next((each for each in route.steps.all() if each.order == order), None)
    if row is None:
        raise Http404
    return row


def _step_page(
    request: HttpRequest,
    route: Route,
    row: RouteStep | None,
    form: StepForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"route": route, "row": row, "form": form}
    return render(request, "workflow/route_step_edit.html", context, status=status)


def _findings(route: Route, at: datetime, order: int | None) -> list[Finding]:
    """What the checks say about what is stored, for this form; nothing of an untouched copy."""
    if route.draft_version == 1:
        return []
    text = route_versions.text_of(route)
    found = findings_of(text, route_versions.ground_of(text, localdate(at)))
    return [each for each in found if each.step == order]


@login_required
@require_POST
def place(request: HttpRequest, code: str, version: int, order: int) -> HttpResponse:
    """The buttons of a step: up, down, or out."""
    at = now()
    try:
        route = _draft(request, code, version, at)
        _row_or_404(route, order)
        with _writing(request, route) as locked:
            asked = request.POST.get("place", "")
            if asked in PLACES:
                route_versions.move_step(locked, order, PLACES[asked])
            elif asked == OUT:
                route_versions.remove_step(locked, order)
    except Refusal as refusal:
        return refused(request, refusal, back_url=reverse("route", args=[code, version]))
    if asked == OUT:
        messages.success(request, _("段階を外しました。"))
    elif asked in PLACES:
        messages.success(request, _("段階の順番を変えました。"))
    moved = order + PLACES.get(asked, 0)
    return redirect(f"{page_of(route)}#step-{max(moved, 1)}")


@login_required
@require_POST
def discard(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """Throw a draft away that was never proposed."""
    at = now()
    try:
        route = _draft(request, code, version, at)
        with _writing(request, route) as locked:
            route_versions.discard(locked)
    except Refusal as refusal:
        return refused(request, refusal, back_url=reverse("route", args=[code, version]))
    messages.success(request, _("案を破棄しました。"))
    return redirect("routes")
