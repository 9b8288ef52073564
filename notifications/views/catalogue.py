"""通知の一覧: what is told to whom, when and in which words; each kind on a real case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from bpr_projects.access import proposed_by, visible_to
from bpr_projects.enums import CommentLevel
from notifications.catalogue import NOTICES, default_way, ways_of
from notifications.catalogue.words import heading_in_words, subject_in_words
from notifications.delivery.checking import Matters, add_seldom, with_matters
from notifications.delivery.letters import letter_of
from notifications.enums import Event, Topic, Way
from notifications.forms import why_narrow
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from notifications.views.mailbox import SHUT_IN
from roles.models import holders_of, read_all_once
from roles.permissions import Perm
from workflow.inbox import desk_of
from workflow.views.lookup import NUMBER, person_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    from notifications.catalogue import Notice
    from notifications.delivery.letters import Letter
    from roles.models import User

LONGEST: Final = 12
"""Characters of a case's number."""


@dataclass(frozen=True)
class Line:
    """A kind of fact as the list shows it."""

    event: Event

    @property
    def notice(self) -> Notice:
        return NOTICES[self.event]

    @property
    def default(self) -> Way:
        return default_way(self.event)

    @property
    def others(self) -> list[Way]:
        """What may be chosen instead."""
        return [way for way in ways_of(self.event) if way != self.default]

    @property
    def note(self) -> StrOrPromise:
        """Why not every way may be chosen."""
        return why_narrow(self.event)

    @property
    def subject(self) -> str:
        return subject_in_words(self.event)

    @property
    def heading(self) -> str:
        return heading_in_words(self.event)


@dataclass(frozen=True)
class Preview:
    """A mail as it would be made now, of a fact that happened; it is sent to nobody."""

    message: OutboxMessage
    person: User
    letter: Letter


@login_required
@require_safe
def notice_catalogue(request: HttpRequest) -> HttpResponse:
    """Every kind of fact, by what it is about."""
    _guard(request)
    lines: dict[Topic, list[Line]] = {topic: [] for topic in Topic}
    for event, notice in NOTICES.items():
        lines[notice.topic].append(Line(event))
    context = {"topics": list(lines.items()), "secret": Event.SECRET.label, "count": len(NOTICES)}
    return render(request, "notifications/catalogue.html", context)


@login_required
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # it takes any view
def notice_preview(request: HttpRequest, event: str) -> HttpResponse:
    """One kind of fact in words, and on the case where it happened last."""
    number = _number(request)
    with read_all_once(localdate()):
        line = _line(request, event)
        preview = _preview(request, line.event, number)
    context = {"now": now(), "line": line, "number": number, "preview": preview}
    return render(request, "notifications/preview.html", context)


@login_required
@require_safe
@xframe_options_sameorigin
@csp_replace(SHUT_IN)  # type: ignore[arg-type]  # it takes any view
def notice_preview_html(request: HttpRequest, event: str) -> HttpResponse:
    """The formatted part alone, as in the mailbox."""
    with read_all_once(localdate()):
        preview = _preview(request, _line(request, event).event, _number(request))
    if preview is None:
        raise Http404
    return HttpResponse(preview.letter.html)


def _guard(request: HttpRequest) -> None:
    if not request.user.has_perm(Perm.VIEW_MAILBOX):
        raise PermissionDenied(_("通知の一覧を見られるのは、事務局です。"))


def _line(request: HttpRequest, event: str) -> Line:
    """A secret has no page: its words are shown to nobody."""
    _guard(request)
    if event not in NOTICES:
        raise Http404
    return Line(Event(event))


def _number(request: HttpRequest) -> str:
    """The number of the chosen case; anything unreadable is a case that nobody has."""
    return request.GET.get("case", "").strip()[: LONGEST + 1]


def _preview(request: HttpRequest, event: Event, number: str) -> Preview | None:
    at, reader = now(), person_of(request)
    if number and not NUMBER.fullmatch(number):
        return None
    message = newest(event, number, reader, at)
    return preview_of(message, reader, at, desk_of(request).load.closures) if message else None


def newest(event: Event, number: str, reader: User, at: datetime) -> OutboxMessage | None:
    """The last fact of this kind in what the reader may read.

    As in the mailbox, nobody sees what reviewers say among themselves of one's own proposal.
    """
    behind_the_author = Q(comment__level=CommentLevel.REVIEW, project__in=proposed_by(reader))
    found = (
        OutboxMessage.objects.filter(event=event)
        .filter(Q(project=None) | Q(project__in=visible_to(reader, at)))
        .exclude(behind_the_author)
    )
    found = found.filter(project__number=number) if number else found
    message = with_matters(found.select_related("person")).order_by("-pk").first()
    add_seldom([message] if message else [])
    return message


def preview_of(
    message: OutboxMessage, reader: User, at: datetime, closures: frozenset[date]
) -> Preview:
    """By the code that makes the mails, of rows that are never saved."""
    told = message.told.select_related("person").first()
    person, basis = (told.person, told.basis) if told else _addressee(message, reader, at)
    delivery = Delivery(
        person=person, event=message.event, project=message.project, due_at=at, created_at=at
    )
    fact = DeliveredFact(
        delivery=delivery,
        message=message,
        fact=message.fact,
        person=person,
        basis=basis,
    )
    matters = Matters.about([message], at, closures)
    return Preview(message, person, letter_of(delivery, fact, matters))


def _addressee(message: OutboxMessage, reader: User, at: datetime) -> tuple[User, str]:
    """Who would be told now; of a vacant post the reader stands for whoever comes."""
    if message.person is not None:
        return message.person, ""
    post = message.post_id or 0
    held = holders_of([post], localdate(at))[post]
    return (held[0].person, held[0].basis) if held else (reader, "")
