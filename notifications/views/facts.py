"""Facts before they are mails, and those that never became one: the secretariat's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from notifications import actions
from notifications.enums import MessageState
from notifications.forms import ByHandForm
from notifications.views import finding
from notifications.views.mailbox import LARGEST, PAGE, TONES, by_whom, links, refused
from roles.permissions import Perm
from workflow.actions.refusals import Refusal
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from notifications.models import OutboxMessage


@login_required
@require_safe
def fact_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One fact and its addressee: why it waits, or what became of it."""
    return _fact(request, _fact_or_404(request, pk), ByHandForm())


@login_required
@require_POST
def fact_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a fact that waits, with a reason that is kept."""
    return _do_to_fact(request, pk, actions.discard_fact, _("このお知らせを取りやめました。"))


@login_required
@require_POST
def fact_send_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a fact that is held go out, with a reason that is kept."""
    done = _("待機を終えました。まもなく送信されます。")
    return _do_to_fact(request, pk, actions.send_fact_now, done)


def _do_to_fact(
    request: HttpRequest, pk: int, verb: Callable[..., OutboxMessage], done: str
) -> HttpResponse:
    message = _fact_or_404(request, pk)
    form = ByHandForm(request.POST)
    if not form.is_valid():
        return _fact(request, message, form, status=422)
    try:
        verb(message=message, **by_whom(request, form))
    except Refusal as refusal:
        return refused(request, refusal, form, reverse("fact-detail", args=[pk]))
    messages.success(request, done)
    return redirect("fact-detail", pk=pk)


def _fact(
    request: HttpRequest, message: OutboxMessage, form: ByHandForm, status: int = 200
) -> HttpResponse:
    tone, icon = TONES[message.state]
    is_pending, at = message.state == MessageState.PENDING, now()
    mails = finding.all_mails(person_of(request), at).filter(facts__message=message)
    context = {
        "now": at,
        "message": message,
        "tone": tone,
        "icon_name": icon,
        "case_url": links(request, [message.project_id]).get(message.project_id or 0, ""),
        "mails": [(mail, *TONES[mail.state]) for mail in mails.for_rows()[:PAGE]],
        "interventions": message.interventions.select_related("by"),
        "form": form,
        "may_send_now": message.is_held(at),
        "may_discard": is_pending,
    }
    return render(request, "notifications/fact_detail.html", context, status=status)


def _fact_or_404(request: HttpRequest, pk: int) -> OutboxMessage:
    """A fact before it is a mail: the secretariat's, whether or not there is such a one."""
    if not request.user.has_perm(Perm.VIEW_MAILBOX):
        raise PermissionDenied(_("送る前のお知らせを見て操作できるのは、事務局です。"))
    facts = finding.all_facts(person_of(request), now())
    rows = facts.select_related("person", "post", "project")
    found = rows.filter(pk=pk).first() if pk <= LARGEST else None
    if found is None:
        raise Http404
    return found
