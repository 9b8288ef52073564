"""Mails as they were sent, and facts that wait: the secretariat sees and mends, others read.

Everybody else sees what came to oneself.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace, csp_update
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST, require_safe

from bpr_projects.access import visible_to
from notifications import actions
from notifications.delivery.trouble import trouble_at
from notifications.enums import DeliveryState, MessageState, Reason
from notifications.forms import ByHandForm, DiscardDeadForm, ResendDeadForm, SearchForm
from notifications.models import Delivery, OutboxMessage
from notifications.views import finding
from roles.permissions import Perm
from workflow.actions.refusals import Refusal
from workflow.inbox import desk_of
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    from bpr_projects.models import Project
    from notifications.models import DeliveredFact, DeliveryQuerySet

PAGE: Final = 30
COUNTED: Final = 100
"""A tab counts no further: 99+."""

LARGEST: Final = 2**63 - 1


class Tab(NamedTuple):
    """One filter of the list. ``is_of_facts``: of what is not, or never was, a mail."""

    key: str
    label: StrOrPromise
    states: tuple[str, ...]
    is_of_facts: bool = False


WAITING_TAB: Final = "waiting"
HELD_TAB: Final = "held"
DEAD_TAB: Final = "dead"

TABS: Final = (
    Tab("", gettext_lazy("すべてのメール"), tuple(DeliveryState)),
    Tab(HELD_TAB, gettext_lazy("待機中"), (MessageState.PENDING,), is_of_facts=True),
    Tab(WAITING_TAB, gettext_lazy("送信待ち"), (DeliveryState.QUEUED, DeliveryState.SENDING)),
    Tab("sent", gettext_lazy("送信済み"), (DeliveryState.SENT,)),
    Tab("shown", gettext_lazy("画面でお知らせ"), (DeliveryState.SHOWN,)),
    Tab(DEAD_TAB, gettext_lazy("送信できません"), (DeliveryState.DEAD,)),
    Tab(
        "dropped",
        gettext_lazy("送らなかったもの"),
        (DeliveryState.SUPERSEDED, DeliveryState.SKIPPED),
    ),
    Tab(
        "unmade",
        gettext_lazy("作成しなかったもの"),
        (MessageState.SUPERSEDED, MessageState.SKIPPED),
        is_of_facts=True,
    ),
)

TONES: Final[dict[str, tuple[str, str]]] = {
    DeliveryState.QUEUED: ("info", "clock"),
    DeliveryState.SENDING: ("info", "send"),
    DeliveryState.SENT: ("ok", "circle-check"),
    DeliveryState.SHOWN: ("ok", "bell"),
    DeliveryState.DEAD: ("bad", "circle-alert"),
    DeliveryState.SUPERSEDED: ("", "corner-up-left"),
    DeliveryState.SKIPPED: ("", "circle-x"),
    MessageState.PENDING: ("info", "hourglass"),
    MessageState.EXPANDED: ("ok", "check"),
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
    return _list(request)


def _list(request: HttpRequest, bulk: ByHandForm | None = None) -> HttpResponse:
    """``bulk``: the form about all dead mails that was sent wrong."""
    sees_all = request.user.has_perm(Perm.VIEW_MAILBOX)
    tabs = [tab for tab in TABS if sees_all or not tab.is_of_facts]
    key = DEAD_TAB if bulk else request.GET.get("state", "")
    tab = next((tab for tab in tabs if tab.key == key), tabs[0])
    hint = _("案件番号・名称・職員・件名") if sees_all else _("案件番号・件名")
    search = SearchForm({} if bulk else request.GET, hint=hint)
    text = search.cleaned_data["q"] if search.is_valid() else ""
    shown = _rows(request, tab, text, sees_all=sees_all) if search.is_valid() else []
    context = {
        "now": now(),
        "tabs": tabs,
        "tab": tab,
        "search": search,
        "text": text,
        "rows": [(row, *TONES[row.state]) for row in shown[:PAGE]],
        "older": shown[PAGE - 1].pk if len(shown) > PAGE else None,
        "is_first": not keyset(request.GET.get("before", "")),
        "sees_all": sees_all,
        **(_overview(request, tab, bulk) if sees_all else {}),
    }
    is_wrong = bulk is not None or not search.is_valid()
    status = 422 if is_wrong else 200
    return render(request, "notifications/mailbox.html", context, status=status)


def _rows(
    request: HttpRequest, tab: Tab, text: str, *, sees_all: bool
) -> list[Delivery] | list[OutboxMessage]:
    """A page and one more."""
    keys: dict[str, Any] = {"state__in": tab.states}
    if before := keyset(request.GET.get("before", "")):
        keys["pk__lt"] = before
    if tab.is_of_facts:
        seen = finding.all_facts(person_of(request), now()).filter(**keys)
        facts = finding.among_facts(seen, text)
        return list(facts.select_related("post", "person", "project")[: PAGE + 1])
    mails = _readable(request, sees_all=sees_all).filter(**keys)
    found = finding.among_mails(mails, text, sees_all=sees_all)
    return list(found.for_rows()[: PAGE + 1])


def _overview(request: HttpRequest, tab: Tab, bulk: ByHandForm | None) -> dict[str, Any]:
    """How much waits and is stuck, and what the secretariat may do about it at once."""
    person, at = person_of(request), now()
    mails, facts = finding.all_mails(person, at), finding.all_facts(person, at)
    held = facts.filter(state=MessageState.PENDING).aggregate(
        count=Count("pk"), vacant=Count("pk", filter=Q(reason=Reason.VACANT))
    )
    counts = {HELD_TAB: held["count"]}
    for each in TABS:
        if each.key in (WAITING_TAB, DEAD_TAB):
            rows = mails.filter(state__in=each.states).order_by()
            counts[each.key] = rows.values("pk")[:COUNTED].count()
    is_dead = tab.key == DEAD_TAB
    dead = Delivery.objects.dead().count() if is_dead else 0
    resendable = Delivery.objects.resendable().count() if is_dead else 0
    return {
        "counts": counts,
        "vacancies": held["vacant"],
        "trouble": trouble_at(at),
        "dead": dead,
        "resendable": resendable,
        "secrets": dead - resendable,
        "resend_form": bulk if isinstance(bulk, ResendDeadForm) else ResendDeadForm(),
        "discard_form": bulk
        if isinstance(bulk, DiscardDeadForm)
        else DiscardDeadForm(auto_id="discard_%s"),
    }


@login_required
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # it takes any view
def mail_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail with its headers and its text; the formatted part in a closed frame."""
    return _detail(request, _mail_or_404(request, pk), ByHandForm())


@login_required
@require_GET
@xframe_options_sameorigin
@csp_replace(SHUT_IN)  # type: ignore[arg-type]  # it takes any view
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The formatted part alone. A mail's styles stand on its elements: here alone they may."""
    delivery = _mail_or_404(request, pk)
    is_closed = delivery.is_secret or getattr(delivery, "is_sealed", False)
    if is_closed or not delivery.html:
        raise Http404
    return HttpResponse(delivery.html)


@login_required
@require_POST
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # it takes any view
def mail_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a dead mail again, with a reason that is kept."""
    done = _("送信待ちに戻しました。まもなく送信されます。")
    return _do_to_mail(request, pk, actions.resend, done)


@login_required
@require_POST
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # it takes any view
def mail_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a mail up, with a reason that is kept."""
    discard = partial(actions.discard, upto=keyset(request.POST.get("upto", "")))
    return _do_to_mail(request, pk, discard, _("このメールの送信を取りやめました。"))


@login_required
@require_POST
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # it takes any view
def mail_send_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a mail before its hour, with a reason that is kept."""
    done = _("送信の時刻を繰り上げました。まもなく送信されます。")
    return _do_to_mail(request, pk, actions.send_now, done)


@login_required
@require_POST
def mail_resend_dead(request: HttpRequest) -> HttpResponse:
    """Send every dead mail again: after a trouble of the mail server, say."""
    done = _("%s件を送信待ちに戻しました。まもなく送信されます。")
    return _do_to_dead(request, ResendDeadForm(request.POST), actions.resend_dead, done)


@login_required
@require_POST
def mail_discard_dead(request: HttpRequest) -> HttpResponse:
    """Give every dead mail up: they have become pointless, say."""
    form = DiscardDeadForm(request.POST, auto_id="discard_%s")
    done = _("%s件の送信を取りやめました。")
    return _do_to_dead(request, form, actions.discard_dead, done)


def _do_to_mail(
    request: HttpRequest, pk: int, verb: Callable[..., Delivery], done: str
) -> HttpResponse:
    delivery = _mail_or_404(request, pk)
    _must_keep_mails(request)
    form = ByHandForm(request.POST)
    if not form.is_valid():
        return _detail(request, delivery, form, status=422)
    try:
        verb(delivery=delivery, **by_whom(request, form))
    except Refusal as refusal:
        return refused(request, refusal, form, reverse("mail-detail", args=[pk]))
    messages.success(request, done)
    return redirect("mail-detail", pk=pk)


def _do_to_dead(
    request: HttpRequest, form: ByHandForm, verb: Callable[..., int], done: str
) -> HttpResponse:
    _must_keep_mails(request)
    if not form.is_valid():
        return _list(request, form)
    try:
        count = verb(**by_whom(request, form))
    except Refusal as refusal:
        return refused(request, refusal, form, reverse("mailbox"))
    messages.success(request, done % count)
    return redirect("mailbox")


def by_whom(request: HttpRequest, form: ByHandForm) -> dict[str, Any]:
    return {"reason": form.cleaned_data["reason"], "by": person_of(request), "at": now()}


def _must_keep_mails(request: HttpRequest) -> None:
    if not request.user.has_perm(Perm.VIEW_MAILBOX):
        raise PermissionDenied(_("メールの再送・取りやめ・繰上げができるのは、事務局です。"))


def refused(
    request: HttpRequest, refusal: Refusal, form: ByHandForm, back_url: str
) -> HttpResponse:
    """409 with the fact and what was typed."""
    context = {
        "reason": str(refusal),
        "typed": [form.cleaned_data["reason"]],
        "back_url": back_url,
        "back_label": _("メールに戻る"),
    }
    return render(request, "409.html", context, status=409)


def _detail(
    request: HttpRequest, delivery: Delivery, form: ByHandForm, status: int = 200
) -> HttpResponse:
    tone, icon = TONES[delivery.state]
    sees_all, at = request.user.has_perm(Perm.VIEW_MAILBOX), now()
    is_dead = delivery.state == DeliveryState.DEAD
    facts = list(delivery.facts.select_related("message__post", "message__project"))
    cases = links(request, [fact.message.project_id for fact in facts])
    context = {
        "now": at,
        "mail": delivery,
        "tone": tone,
        "icon_name": icon,
        "facts": [_told(fact, cases, sees_all=sees_all) for fact in facts],
        "interventions": delivery.interventions.select_related("by"),
        "form": form,
        "upto": max((fact.pk for fact in facts), default=0),
        "may_resend": sees_all and is_dead and not delivery.is_secret,
        "may_send_now": sees_all and delivery.waits(at),
        "may_discard": sees_all and (is_dead or delivery.state == DeliveryState.QUEUED),
        "waits": delivery.waits(at),
    }
    return render(request, "notifications/mail_detail.html", context, status=status)


class Told(NamedTuple):
    """A fact of a mail. ``title`` is said to whoever may know it, ``url`` leads where one may."""

    fact: DeliveredFact
    number: str
    title: str
    url: str


def _told(fact: DeliveredFact, cases: dict[int, str], *, sees_all: bool) -> Told:
    """A case as it is now may not be its reader's any more: then its number alone.

    A draft is its authors' own: to others it is not even named.
    """
    project: Project | None = fact.message.project
    if project is None:
        return Told(fact, "", "", "")
    url = cases.get(project.pk, "")
    is_named = bool(url or (sees_all and project.number))
    return Told(fact, project.number or "", project.title if is_named else "", url)


def links(request: HttpRequest, keys: Iterable[int | None]) -> dict[int, str]:
    """Where the reader may go: key of a case -> its page."""
    wanted = {key for key in keys if key is not None}
    rows = visible_to(person_of(request), now()).filter(pk__in=wanted) if wanted else ()
    return {case.pk: reverse("project", args=[case.reference]) for case in rows}


def _readable(request: HttpRequest, *, sees_all: bool) -> DeliveryQuerySet:
    person = person_of(request)
    if sees_all:
        return finding.all_mails(person, now())
    return Delivery.objects.none() if desk_of(request).has_left else finding.mails_to(person)


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
