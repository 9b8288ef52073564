"""Mails as they were sent: the secretariat sees all, everybody else what came to oneself.

All but one kind: who proposed a case learns nothing of what its reviewers say among themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace, csp_update
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST, require_safe

from bpr_projects.access import proposed_by
from bpr_projects.enums import CommentLevel
from notifications import actions
from notifications.enums import DeliveryState, MessageState, Reason
from notifications.forms import ResendDeadForm, ResendForm
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from roles.permissions import Perm
from workflow.inbox import desk_of
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    from notifications.models import DeliveryQuerySet

PAGE: Final = 30
LARGEST: Final = 2**63 - 1


class Tab(NamedTuple):
    """One filter of the list."""

    key: str
    label: StrOrPromise
    states: tuple[DeliveryState, ...]


DEAD_TAB: Final = "dead"

TABS: Final = (
    Tab("", gettext_lazy("すべて"), tuple(DeliveryState)),
    Tab("sent", gettext_lazy("送信済み"), (DeliveryState.SENT,)),
    Tab("waiting", gettext_lazy("送信待ち"), (DeliveryState.QUEUED, DeliveryState.SENDING)),
    Tab(DEAD_TAB, gettext_lazy("送信できません"), (DeliveryState.DEAD,)),
    Tab(
        "dropped",
        gettext_lazy("送らなかったもの"),
        (DeliveryState.SUPERSEDED, DeliveryState.SKIPPED),
    ),
)

TONES: Final[dict[str, tuple[str, str]]] = {
    DeliveryState.QUEUED: ("info", "clock"),
    DeliveryState.SENDING: ("info", "send"),
    DeliveryState.SENT: ("ok", "circle-check"),
    DeliveryState.DEAD: ("bad", "circle-alert"),
    DeliveryState.SUPERSEDED: ("", "corner-up-left"),
    DeliveryState.SKIPPED: ("", "circle-x"),
}
"""State -> tone and icon of its chip."""

SHUT_IN: Final = {
    "default-src": [NONE],
    **dict.fromkeys(("script-src", "img-src", "font-src", "connect-src", "object-src")),
    "style-src": [UNSAFE_INLINE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": True,
}
"""What the formatted part of a mail may do in a browser: be looked at, in our own frame."""


@login_required
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """Newest first, thirty a page, by keyset."""
    return _list(request, ResendDeadForm())


def _list(request: HttpRequest, form: ResendDeadForm, status: int = 200) -> HttpResponse:
    sees_all = request.user.has_perm(Perm.VIEW_MAILBOX)
    key = DEAD_TAB if form.is_bound else request.GET.get("state", "")
    tab = next((tab for tab in TABS if tab.key == key), TABS[0])
    rows = _readable(request, sees_all=sees_all).filter(state__in=tab.states)
    if before := keyset(request.GET.get("before", "")):
        rows = rows.filter(pk__lt=before)
    shown = list(rows.for_rows()[: PAGE + 1])
    context = {
        "now": now(),
        "tabs": TABS,
        "tab": tab,
        "rows": [(row, *TONES[row.state]) for row in shown[:PAGE]],
        "older": shown[PAGE - 1].pk if len(shown) > PAGE else None,
        "is_first": not before,
        "sees_all": sees_all,
        "vacancies": _vacancies() if sees_all else 0,
        "form": form,
        "dead": Delivery.objects.resendable().count() if sees_all and tab.key == DEAD_TAB else 0,
    }
    return render(request, "notifications/mailbox.html", context, status=status)


@login_required
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # it takes any view
def mail_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail with its headers and its text; the formatted part in a closed frame."""
    return _detail(request, _mail_or_404(request, pk), ResendForm())


@login_required
@require_GET
@xframe_options_sameorigin
@csp_replace(SHUT_IN)  # type: ignore[arg-type]  # it takes any view
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The formatted part alone. A mail's styles stand on its elements: here alone they may."""
    delivery = _mail_or_404(request, pk)
    if delivery.is_secret or not delivery.html:
        raise Http404
    return HttpResponse(delivery.html)


@login_required
@require_POST
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # it takes any view
def mail_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a dead mail again, with a reason that is kept."""
    delivery = _mail_or_404(request, pk)
    if not request.user.has_perm(Perm.VIEW_MAILBOX):
        raise PermissionDenied(_("メールを再送できるのは、事務局です。"))
    form = ResendForm(request.POST)
    if not form.is_valid():
        return _detail(request, delivery, form, status=422)
    try:
        actions.resend(
            delivery=delivery,
            reason=form.cleaned_data["reason"],
            by=person_of(request),
            at=now(),
        )
    except actions.NotResendable as refusal:
        back_url = reverse("mail-detail", args=[pk])
        return _refused(request, refusal, form.cleaned_data["reason"], back_url)
    messages.success(request, _("送信待ちに戻しました。まもなく送信されます。"))
    return redirect("mail-detail", pk=pk)


@login_required
@require_POST
def mail_resend_dead(request: HttpRequest) -> HttpResponse:
    """Send every dead mail again: after a trouble of the mail server, say."""
    if not request.user.has_perm(Perm.VIEW_MAILBOX):
        raise PermissionDenied(_("メールを再送できるのは、事務局です。"))
    form = ResendDeadForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        count = actions.resend_dead(
            reason=form.cleaned_data["reason"], by=person_of(request), at=now()
        )
    except actions.NotResendable as refusal:
        return _refused(request, refusal, form.cleaned_data["reason"], reverse("mailbox"))
    messages.success(request, _("%s件を送信待ちに戻しました。まもなく送信されます。") % count)
    return redirect("mailbox")


def _refused(
    request: HttpRequest, refusal: actions.NotResendable, typed: str, back_url: str
) -> HttpResponse:
    """409 with the fact and what was typed."""
    context = {
        "reason": str(refusal),
        "typed": [typed],
        "back_url": back_url,
        "back_label": _("メールに戻る"),
    }
    return render(request, "409.html", context, status=409)


def _detail(
    request: HttpRequest, delivery: Delivery, form: ResendForm, status: int = 200
) -> HttpResponse:
    tone, icon = TONES[delivery.state]
    may_resend = delivery.state == DeliveryState.DEAD and not delivery.is_secret
    context = {
        "now": now(),
        "mail": delivery,
        "tone": tone,
        "icon_name": icon,
        "facts": delivery.facts.select_related("message__post", "message__project"),
        "interventions": delivery.interventions.select_related("by"),
        "form": form,
        "may_resend": may_resend and request.user.has_perm(Perm.VIEW_MAILBOX),
    }
    return render(request, "notifications/mail_detail.html", context, status=status)


def _readable(request: HttpRequest, *, sees_all: bool) -> DeliveryQuerySet:
    rows, person = Delivery.objects.order_by("-pk"), person_of(request)
    if not sees_all:
        return rows.none() if desk_of(request).has_left else rows.filter(person=person)
    behind_the_author = DeliveredFact.objects.filter(
        delivery=OuterRef("pk"),
        message__comment__level=CommentLevel.REVIEW,
        message__project__in=proposed_by(person),
    )
    return rows.filter(Q(person=person) | ~Exists(behind_the_author))


def _mail_or_404(request: HttpRequest, pk: int) -> Delivery:
    """A mail that this person may read; of everything else nobody learns that it exists."""
    sees_all = request.user.has_perm(Perm.VIEW_MAILBOX)
    if pk > LARGEST:
        raise Http404
    rows = _readable(request, sees_all=sees_all).select_related("person", "project")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def keyset(text: str) -> int:
    """The row after which a page begins; anything unreadable is the first page."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _vacancies() -> int:
    """Facts that wait for somebody to hold their post."""
    return OutboxMessage.objects.filter(state=MessageState.PENDING, reason=Reason.VACANT).count()
