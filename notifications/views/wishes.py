"""通知の設定: everybody's own page of how to be told, and in which hours not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from notifications import actions
from notifications.delivery.ways import Wishes
from notifications.forms import WishesForm
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, QueryDict

    from roles.models import User

RESET = "reset"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notification_settings(request: HttpRequest) -> HttpResponse:
    """One form; what is chosen holds for what happens from now on."""
    at, person = now(), person_of(request)
    if request.POST.get("action") == RESET:
        actions.forget(by=person, at=at)
        messages.success(request, _("通知の設定を、初期設定に戻しました。"))
        return redirect("notification-settings")
    form = _form(person, at, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            actions.choose(ways=form.ways, quiet=form.quiet, by=person, at=at)
        except actions.NotChoosable as refusal:  # the posts changed while the form was read
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("通知の設定を保存しました。これから届くお知らせに使います。")
            )
            return redirect("notification-settings")
    status = 422 if form.errors else 200
    return render(request, "notifications/settings.html", {"form": form}, status=status)


def _form(person: User, at: datetime, sent: QueryDict | None) -> WishesForm:
    wishes = Wishes.of({person.pk}, frozenset())
    offered = actions.choosable(by=person, at=at)
    return WishesForm(
        sent,
        ways={event: wishes.way(person.pk, event) for event in offered},
        quiet=wishes.quiet.get(person.pk),
        auto_id="wish_%s",
    )
