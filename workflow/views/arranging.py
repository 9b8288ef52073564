"""あとで, 担当 and saved sieves: how people arrange their own work list."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bpr_projects import calendar
from workflow import access, engine
from workflow.actions import sieves
from workflow.actions.refusals import NotAllowed, Refusal, Unanswered
from workflow.forms import ClaimForm, SieveForm, SnoozeForm
from workflow.inbox import came_from, desk_of
from workflow.inbox.whereabouts import Whereabouts
from workflow.models import FAR_FUTURE, Slot
from workflow.steps import refused
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, QueryDict

    from workflow.inbox import Desk


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def snooze(request: HttpRequest, slot: int) -> HttpResponse:
    """GET asks until when; POST puts the item off."""
    desk = desk_of(request)
    place, here = _mine(desk, slot), _here(request, desk)
    form = SnoozeForm(_sent(request))
    if not (request.method == "POST" and form.is_valid()):
        return _ask(request, place, here, form, "workflow/snooze.html")
    try:
        until = date.fromisoformat(form.cleaned_data["until"])
        off = engine.snooze(slot_id=slot, until=until, by=desk.user, at=desk.at)
    except Unanswered as refusal:
        form.add_error("until", refusal.problems["until"])
        return _ask(request, place, here, form, "workflow/snooze.html")
    except Refusal as refusal:
        return refused(request, refusal, back_url=here.url())
    told = _("「%(title)s」を%(day)sまで「あとで」にしました。期限は延びません。")
    day = calendar.short_date(off.until, localdate(desk.at))
    messages.success(request, told % {"title": _title(place), "day": day})
    return redirect(here.next_to(desk, _due_sort(place), slot))


@login_required
@require_POST
def unsnooze(request: HttpRequest, slot: int) -> HttpResponse:
    """Back into the list, at once."""
    desk = desk_of(request)
    place, here = _mine(desk, slot), _here(request, desk)
    engine.unsnooze(slot_id=slot, by=desk.user)
    messages.success(request, _("「%s」を一覧に戻しました。") % _title(place))
    return redirect(here.url(slot))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, slot: int) -> HttpResponse:
    """GET offers the colleagues of the seat; POST names who sees to the item."""
    desk = desk_of(request)
    place, here = _mine(desk, slot), _here(request, desk)
    permit = access.may_claim(desk.user, place, desk.at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), back_url=here.url(slot))
    people = access.claimants(place, desk.at)
    standing = access.standing_claim(getattr(place, "claim", None), place, localdate(desk.at))
    initial = {"shown": standing.person_id if standing else None}
    form = ClaimForm(_sent(request), people=people, initial=initial)
    if not (request.method == "POST" and form.is_valid()):
        return _ask(request, place, here, form, "workflow/claim.html", standing=standing)
    try:
        named = engine.claim(
            slot_id=slot,
            person_id=form.cleaned_data["person"],
            shown_id=form.cleaned_data["shown"],
            by=desk.user,
            at=desk.at,
        )
    except Unanswered as refusal:
        form.add_error("person", refusal.problems["person"])
        return _ask(request, place, here, form, "workflow/claim.html", standing=standing)
    except Refusal as refusal:
        return refused(request, refusal, back_url=here.url(slot))
    if named.person_id == desk.user.pk:
        told = _("「%(title)s」を担当します。同じ席の方の一覧にも表示します。")
    elif standing is None:
        told = _("「%(title)s」の担当を%(name)sさんにお願いし、メールでお知らせします。")
    else:
        told = _("「%(title)s」の担当を%(name)sさんに引き継ぎ、メールでお知らせします。")
    messages.success(request, told % {"title": _title(place), "name": named.person.name})
    return redirect(here.url(slot))


@login_required
@require_POST
def release(request: HttpRequest, slot: int) -> HttpResponse:
    """Nobody sees to it any more."""
    desk = desk_of(request)
    place, here = _mine(desk, slot), _here(request, desk)
    try:
        engine.release(slot_id=slot, by=desk.user, at=desk.at)
    except Refusal as refusal:
        return refused(request, refusal, back_url=here.url(slot))
    told = _("「%s」の担当をやめました。同じ席の方なら、どなたでも担当できます。")
    messages.success(request, told % _title(place))
    return redirect(here.url(slot))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sieve_keep(request: HttpRequest) -> HttpResponse:
    """Save the conditions of the list under a name."""
    desk = desk_of(request)
    here = _here(request, desk)
    form = SieveForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            sieves.keep(name=name, query=here.sieve.query, by=desk.user, at=desk.at)
        except Unanswered as refusal:
            form.add_error("name", refusal.problems["name"])
        else:
            messages.success(request, _("いまの条件を「%s」として保存しました。") % name)
            return redirect(here.url())
    context = {"form": form, "here": here}
    return render(request, "workflow/sieve.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def sieve_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget saved conditions."""
    desk = desk_of(request)
    name = sieves.drop(key=pk, by=person_of(request))
    if name:
        messages.success(request, _("保存した条件「%s」を消しました。") % name)
    return redirect(_here(request, desk).url())


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty one too."""
    return request.POST if request.method == "POST" else None


def _mine(desk: Desk, slot_id: int) -> Slot:
    """A slot of one of the person's seats, open or not; everything else is 404."""
    found = (
        Slot.objects.filter(pk=slot_id, post__in={*desk.capacities, *desk.stood_in})
        .select_related(
            "post",
            "claim__person",
            "step_run__run__revision",
            "step_run__run__rule",
            "step_run__revision",
            "step_run__project__section",
            "step_run__project__proposer_post",
        )
        .first()
    )
    if found is None:
        raise Http404
    found.step_run.run.project = found.step_run.project
    return found


def _here(request: HttpRequest, desk: Desk) -> Whereabouts:
    sent = request.POST if request.method == "POST" else request.GET
    return came_from(sent.get("here", ""), desk) or Whereabouts()


def _title(slot: Slot) -> str:
    project, rule = slot.step_run.project, slot.step_run.run.rule
    return project.title if project is not None else str(rule or "")


def _due_sort(slot: Slot) -> datetime:
    return slot.step_run.due_at or FAR_FUTURE


def _ask(
    request: HttpRequest,
    slot: Slot,
    here: Whereabouts,
    form: Any,
    template: str,
    **more: Any,
) -> HttpResponse:
    context = {"slot": slot, "title": _title(slot), "here": here, "form": form} | more
    context |= {"now": desk_of(request).at, "item_url": here.url(slot.pk)}
    return render(request, template, context, status=422 if form.is_bound else 200)
