"""全庁周知 on the screen: what one is told, and for the 事務局 how it is written and released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications import access, announcing, charts
from notifications.forms import AnnouncementForm
from notifications.models import Announcement
from roles.grants import permits
from roles.models import Section
from roles.permissions import Perm
from workflow.access import NO_POST
from workflow.actions.refusals import Refusal
from workflow.inbox import desk_of
from workflow.inbox.cursors import KEY_DIGITS, cursor_of, cursor_text
from workflow.steps import refused
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

PAGE: Final = 30
SAVE: Final = "save"
EDIT: Final = "edit"


@login_required
@require_safe
def announcements(request: HttpRequest) -> HttpResponse:
    """The last one first, thirty a page, by keyset."""
    keeps = _keeps(request)
    rows = _readable(request).annotate(moved_at=Coalesce("released_at", "dropped_at", "written_at"))
    place = cursor_of(request.GET.get("before", ""))
    if place is not None:
        at, pk = place
        rows = rows.filter(Q(moved_at__lt=at) | Q(moved_at=at, pk__lt=pk))
    found = list(
        rows.select_related("written_by", "released_by", "dropped_by")
        .prefetch_related("sections")
        .order_by("-moved_at", "-pk")[: PAGE + 1]
    )
    shown = found[:PAGE]
    read = charts.readerships(shown) if keeps and shown else {}
    last = shown[-1] if len(found) > PAGE else None
    context = {
        "now": now(),
        "rows": [(each, charts.audience_of(each), read.get(each.pk)) for each in shown],
        "older": cursor_text(last.moved_at, last.pk) if last is not None else "",
        "is_first": place is None,
        "keeps": keeps,
    }
    return render(request, "notifications/announcements.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def announcement_new(request: HttpRequest) -> HttpResponse:
    """Type, look at it with the number of people it reaches, then save."""
    at, person = now(), person_of(request)
    permit = access.may_announce(person, at)
    if not permit:
        raise PermissionDenied(permit.reason)
    permit = access.may_write(person, at)
    sections = Section.objects.in_force(localdate(at))
    form = AnnouncementForm(request.POST or None, sections=sections)
    action = request.POST.get("action", "")
    if request.method == "POST" and form.is_valid() and action != EDIT:
        if action == SAVE:
            return _written(request, form, at)
        if not permit:
            return refused(request, announcing.Refused(permit.reason), back_url=_list_url())
        count = access.how_many(
            [section.pk for section in form.chosen], form.cleaned_data["roles"], localdate(at)
        )
        if count:
            return _confirm(request, form, count)
        form.add_error("sections", _("この課等と役割に当てはまる職に就いている方がいません。"))
    context = {"form": form, "permit": permit, "waiting": access.waiting_of(person)}
    is_wrong = request.method == "POST" and not form.is_valid()
    return render(
        request, "notifications/announcement_new.html", context, status=422 if is_wrong else 200
    )


def _confirm(request: HttpRequest, form: AnnouncementForm, count: int) -> HttpResponse:
    names = [section.name for section in form.chosen]
    context = {
        "form": form,
        "title": form.cleaned_data["title"],
        "text": form.cleaned_data["text"],
        "audience": charts.audience_words(names, form.cleaned_data["roles"]),
        "count": count,
    }
    return render(request, "notifications/announcement_confirm.html", context)


def _written(request: HttpRequest, form: AnnouncementForm, at: datetime) -> HttpResponse:
    try:
        written = announcing.write(
            title=form.cleaned_data["title"],
            text=form.cleaned_data["text"],
            sections=form.chosen,
            roles=form.cleaned_data["roles"],
            by=person_of(request),
            at=at,
        )
    except Refusal as refusal:
        return refused(request, refusal, back_url=_list_url())
    messages.success(
        request, _("作成しました。事務局のほかの方に、公開の確認をメールでお願いします。")
    )
    return redirect("announcement", pk=written.pk)


@login_required
@require_safe
def announcement(request: HttpRequest, pk: int) -> HttpResponse:
    """What is said, by whom and to whom; opening it is not yet 読みました."""
    at, person = now(), person_of(request)
    found, keeps = _one(request, pk), _keeps(request)
    context: dict[str, Any] = {
        "now": at,
        "one": found,
        "audience": charts.audience_of(found),
        "keeps": keeps,
    }
    if keeps and found.is_waiting:
        context["count"] = access.announced_to(found, at)
        context["release"] = access.may_release(person, found, at)
    elif keeps and found.released_at is not None:
        context["lines"] = lines = charts.by_section(found)
        context["total"] = charts.together(lines)
    return render(request, "notifications/announcement.html", context)


@login_required
@require_POST
def announcement_release(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell the audience."""
    return _done(request, pk, announcing.release, _("公開しました。対象の方にお知らせします。"))


@login_required
@require_POST
def announcement_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """取りやめ."""
    return _done(request, pk, announcing.drop, _("取りやめました。だれにもお知らせしません。"))


@login_required
@require_POST
def announcement_read(request: HttpRequest, pk: int) -> HttpResponse:
    """読みました."""
    found = _one(request, pk)
    if not found.is_told:
        raise Http404
    announcing.read(announcement=found, by=person_of(request), at=now())
    return redirect("announcement", pk=pk)


def _done(
    request: HttpRequest, pk: int, verb: Callable[..., Announcement], sentence: str
) -> HttpResponse:
    try:
        verb(announcement=_one(request, pk), by=person_of(request), at=now())
    except Refusal as refusal:
        return refused(request, refusal, back_url=reverse("announcement", args=[pk]))
    messages.success(request, sentence)
    return redirect("announcement", pk=pk)


def _list_url() -> str:
    return reverse("announcements")


def _keeps(request: HttpRequest) -> bool:
    """Whether the reader belongs to the 事務局, which sees all of them."""
    return permits(desk_of(request).capacities.values(), Perm.ANNOUNCE)


def _readable(request: HttpRequest) -> QuerySet[Any]:
    """What this person may read, each with whether and when it was read; a leaver reads none."""
    if desk_of(request).has_left:
        return Announcement.objects.none()
    person = person_of(request)
    rows = Announcement.objects.all() if _keeps(request) else access.told_to(person)
    mine = access.told_facts().filter(person=person, message__announcement=OuterRef("pk"))
    return rows.annotate(is_told=Exists(mine), read_at=Subquery(mine.values("read_at")[:1]))


def _one(request: HttpRequest, pk: int) -> Any:
    """An announcement that this person may read; of everything else nobody learns of it."""
    if desk_of(request).has_left:
        raise PermissionDenied(NO_POST)
    if len(str(pk)) >= KEY_DIGITS:
        raise Http404
    people = ("written_by", "released_by", "dropped_by")
    rows = _readable(request).select_related(*people).prefetch_related("sections")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
