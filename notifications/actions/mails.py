"""What people do to mails by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from notifications.enums import Act, DeliveryState
from notifications.models import Delivery, Intervention

if TYPE_CHECKING:
    from collections.abc import Sequence
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
        _try_again([delivery.pk], reason=reason, by=by, at=at)
        delivery.refresh_from_db()
    return delivery


def resend_dead(*, reason: str, by: User, at: datetime) -> int:
    """Try every dead mail again, all or none of them. Returns how many."""
    with transaction.atomic():
        dead = list(Delivery.objects.resendable().select_for_update().values_list("pk", flat=True))
        if not dead:
            raise NotResendable(_("再送できるメールは、もうありません。"))
        _try_again(dead, reason=reason, by=by, at=at)
    return len(dead)


def _try_again(keys: Sequence[int], *, reason: str, by: User, at: datetime) -> None:
    """Into the queue as if it had never been tried; who did it, and why, is kept."""
    Intervention.objects.bulk_create(
        Intervention(delivery_id=key, act=Act.RESEND, by=by, at=at, reason=reason) for key in keys
    )
    Delivery.objects.filter(pk__in=keys).update(
        state=DeliveryState.QUEUED, reason="", error="", attempts=0, losses=0, due_at=at
    )
