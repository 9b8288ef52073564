"""お知らせ: what a person was told, read or not. Opening one is a POST, because it notes that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from notifications import actions
from notifications.bell import BY_ITS_OWN_BUTTON, UNREAD, notices_of
from notifications.catalogue import place_of
from notifications.enums import Event
from notifications.forms import UptoForm
from notifications.views.mailbox import LARGEST, keyset
from workflow.inbox import desk_of
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from notifications.models import DeliveredFact

PAGE: Final = 30
ALL: Final = "all"
TABS: Final = (("", gettext_lazy("未読")), (ALL, gettext_lazy("すべて")))


@dataclass(frozen=True)
class Notice:
    """A row: what happened, on which case, who did it and when."""

    fact: DeliveredFact

    @property
    def pk(self) -> int:
        return self.fact.pk

    @property
    def is_unread(self) -> bool:
        return bool(getattr(self.fact, "is_unread", False))

    @property
    def label(self) -> str:
        """採択; of a digest each fact its own."""
        return str(Event(self.fact.message.event).label)

    @property
    def number(self) -> str:
        project = self.fact.message.project
        return str(project.number or _("下書き")) if project else ""

    @property
    def title(self) -> str:
        """What the case, the announcement or the rule is called; who is away, of an absence."""
        message = self.fact.message
        if message.announcement is not None:
            return message.announcement.title
        if message.project is not None:
            return message.project.title
        if message.absence is not None:
            return _("%sさんの不在") % message.absence.person.name
        revised = message.run.revision if message.run else None
        return revised.title if revised else ""

    @property
    def by(self) -> str:
        """Who decided, wrote or did it; nobody of what a day or the rule brought."""
        message = self.fact.message
        if message.decision is not None:
            return message.decision.decided_by.name
        if message.comment is not None:
            return message.comment.written_by.name
        return message.actor.name if message.actor else ""

    @property
    def at(self) -> datetime:
        message = self.fact.message
        return message.decision.decided_at if message.decision else message.created_at

    @property
    def is_confirmed_there(self) -> bool:
        """Read by a button of its own page."""
        return self.fact.message.event in BY_ITS_OWN_BUTTON


@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Newest first, thirty a page, by keyset."""
    return _list(request, UptoForm())


def _list(request: HttpRequest, form: UptoForm, status: int = 200) -> HttpResponse:
    desk = desk_of(request)
    tab = ALL if request.GET.get("show") == ALL else ""
    before = keyset(request.GET.get("before", ""))
    rows = notices_of(desk).order_by("-pk")
    if tab != ALL:
        rows = rows.filter(UNREAD)
    if before:
        rows = rows.filter(pk__lt=before)
    shown = list(
        rows.select_related(
            "message__project",
            "message__announcement",
            "message__absence__person",
            "message__run__revision",
            "message__decision__decided_by",
            "message__comment__written_by",
            "message__actor",
        ).defer(
            "message__project__sheet",
            "message__run__plan",
            "message__run__revision__sheet",
            "message__announcement__text",
        )[: PAGE + 1]
    )
    context = {
        "now": desk.at,
        "tabs": TABS,
        "tab": tab,
        "rows": [Notice(fact) for fact in shown[:PAGE]],
        "older": shown[PAGE - 1].pk if len(shown) > PAGE else None,
        "before": before,
        "newest": shown[0].pk if shown else None,
        "form": form,
    }
    return render(request, "notifications/notices.html", context, status=status)


@login_required
@require_POST
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Noted as read, and on to the matter."""
    return HttpResponseRedirect(place_of(_read(request, pk).message), status=303)


@login_required
@require_POST
def notice_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Noted as read without opening it."""
    _read(request, pk)
    return _back(request)


@login_required
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """All that stood on the page or below it."""
    form = UptoForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    upto = form.cleaned_data["upto"]
    count = actions.read_all(upto=upto, by=person_of(request), at=now())
    if count:
        messages.success(request, _("%s件のお知らせを既読にしました。") % count)
    else:
        messages.info(request, _("既読にするお知らせは、ありませんでした。"))
    return redirect("notices")


def _read(request: HttpRequest, pk: int) -> DeliveredFact:
    if pk > LARGEST:
        raise Http404
    try:
        return actions.read(pk=pk, by=person_of(request), at=now())
    except actions.NoticeGone as refusal:
        raise Http404 from refusal


def _back(request: HttpRequest) -> HttpResponse:
    """To the page of the list on which the button stood."""
    before = keyset(request.POST.get("before", ""))
    here: dict[str, str | int] = {
        **({"show": ALL} if request.POST.get("show") == ALL else {}),
        **({"before": before} if before else {}),
    }
    query = f"?{urlencode(here)}" if here else ""
    return redirect(f"{reverse('notices')}{query}")
