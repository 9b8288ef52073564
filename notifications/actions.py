"""What people do to mails by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from notifications.enums import Act, DeliveryState
from notifications.models import Delivery, Intervention

if TYPE_CHECKING:
    from datetime import datetime

    from roles.models import User


class NotResendable(Exception):
    """This mail cannot be sent again, and why."""


def resend(*, delivery: Delivery, reason: str, by: User, at: datetime) -> Delivery:
    """Try a dead mail again, with the same Message-ID; its words are made anew."""
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if delivery.is_secret:
            raise NotResendable(_("認証に関する連絡は、内容を消去したため再送できません。"))
        if delivery.state != DeliveryState.DEAD:
            raise NotResendable(
                _("再送できるのは「送信できません」のメールだけです（いまは「%s」です）。")
                % delivery.get_state_display()
            )
        Intervention.objects.create(delivery=delivery, act=Act.RESEND, by=by, at=at, reason=reason)
        delivery.state = DeliveryState.QUEUED
        delivery.reason = delivery.error = ""
        delivery.attempts = 0
        delivery.due_at = at
        delivery.save(update_fields=["state", "reason", "error", "attempts", "due_at"])
    return delivery
