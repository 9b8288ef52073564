"""What people do to mails, and to facts that are no mail yet, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from notifications.enums import Act, DeliveryState, MessageState, Reason
from notifications.models import Delivery, Intervention, OutboxMessage
from workflow.access import clock
from workflow.actions.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from roles.models import User


class NotResendable(Refusal):
    """This mail cannot be sent again, and why."""


class NotDiscardable(Refusal):
    """This mail or fact cannot be kept from going out, and why."""


class NotReleasable(Refusal):
    """This mail or fact cannot go out earlier, and why."""


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


def discard(*, delivery: Delivery, upto: int, reason: str, by: User, at: datetime) -> Delivery:
    """Keep a mail that waits, or could not be sent, from ever going out, with all that it tells.

    Nobody is told of these facts by another mail instead. A secret's words go at once.
    ``upto``: the newest of its facts that was seen; nobody gives up what nobody looked at.
    """
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if delivery.state == DeliveryState.SENDING:
            raise NotDiscardable(
                _("このメールは、いま送信しているところです。取りやめることはできません。")
            )
        if delivery.state not in (DeliveryState.QUEUED, DeliveryState.DEAD):
            raise NotDiscardable(
                _(
                    "取りやめられるのは「送信待ち」「送信できません」のメールだけです"
                    "（いまは「%s」です）。"
                )
                % delivery.get_state_display()
            )
        if added := delivery.facts.filter(pk__gt=upto).count():
            raise NotDiscardable(
                _(
                    "画面を表示したあとに、このメールでお知らせすることが%s件加わりました。"
                    "内容を確かめてから、もう一度操作してください。"
                )
                % added
            )
        _give_up([delivery.pk], reason=reason, by=by, at=at)
        delivery.refresh_from_db()
    return delivery


def discard_dead(*, reason: str, by: User, at: datetime) -> int:
    """Give up every dead mail, secrets too, all or none of them. Returns how many."""
    with transaction.atomic():
        rows = Delivery.objects.dead().select_for_update()
        dead = list(rows.values_list("pk", flat=True))
        if not dead:
            raise NotDiscardable(_("「送信できません」のメールは、もうありません。"))
        _give_up(dead, reason=reason, by=by, at=at)
    return len(dead)


def discard_fact(*, message: OutboxMessage, reason: str, by: User, at: datetime) -> OutboxMessage:
    """Keep a fact that waits from becoming a mail, for this addressee."""
    with transaction.atomic():
        message = OutboxMessage.objects.select_for_update().get(pk=message.pk)
        _must_wait(message, NotDiscardable)
        Intervention.objects.create(message=message, act=Act.DISCARD, by=by, at=at, reason=reason)
        message.state = MessageState.SKIPPED
        message.reason = Reason.DISCARDED
        message.settled_at = at
        message.save(update_fields=["state", "reason", "settled_at"])
    return message


def send_now(*, delivery: Delivery, reason: str, by: User, at: datetime) -> Delivery:
    """Let a mail that waits for its hour, or for the next try, go out with the next sweep."""
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if delivery.state != DeliveryState.QUEUED:
            raise NotReleasable(
                _("すぐに送れるのは「送信待ち」のメールだけです（いまは「%s」です）。")
                % delivery.get_state_display()
            )
        if not delivery.waits(at):
            raise NotReleasable(_("このメールは、すでに送信の順番を待っています。"))
        Intervention.objects.create(delivery=delivery, act=Act.RELEASE, by=by, at=at, reason=reason)
        delivery.due_at = at
        delivery.save(update_fields=["due_at"])
    return delivery


def send_fact_now(*, message: OutboxMessage, reason: str, by: User, at: datetime) -> OutboxMessage:
    """Let a fact that is held back become a mail with the next sweep."""
    with transaction.atomic():
        message = OutboxMessage.objects.select_for_update().get(pk=message.pk)
        _must_wait(message, NotReleasable)
        if message.reason:
            raise NotReleasable(_("いまはすぐに送れません（%s）。") % message.get_reason_display())
        if message.hold_until and message.is_told_later:
            raise NotReleasable(
                _("決裁のときに決めた発表日時（%s）までは、送れません。")
                % clock(message.hold_until)
            )
        if not message.is_held(at):
            raise NotReleasable(_("このお知らせは、すでに送信の順番を待っています。"))
        Intervention.objects.create(message=message, act=Act.RELEASE, by=by, at=at, reason=reason)
        message.hold_until = at
        message.save(update_fields=["hold_until"])
    return message


def _must_wait(message: OutboxMessage, refusal: type[Refusal]) -> None:
    """Once it is a mail, the mail is what one acts on."""
    if message.state == MessageState.EXPANDED:
        raise refusal(
            _("このお知らせは、すでにメールになっています。メールの画面で操作してください。")
        )
    if message.state != MessageState.PENDING:
        raise refusal(
            _("このお知らせは、すでに終わっています（%s）。") % message.get_reason_display()
        )


def _try_again(keys: Sequence[int], *, reason: str, by: User, at: datetime) -> None:
    """Into the queue as if it had hardly been tried; who did it, and why, is kept."""
    Intervention.objects.bulk_create(
        Intervention(delivery_id=key, act=Act.RESEND, by=by, at=at, reason=reason) for key in keys
    )
    Delivery.objects.filter(pk__in=keys).update(
        state=DeliveryState.QUEUED,
        reason="",
        error="",
        attempts=1,  # it may have left the house: nothing is added to it any more
        losses=0,
        due_at=at,
    )


def _give_up(keys: Sequence[int], *, reason: str, by: User, at: datetime) -> None:
    """Ended for good; what the server said last stays with the mail."""
    Intervention.objects.bulk_create(
        Intervention(delivery_id=key, act=Act.DISCARD, by=by, at=at, reason=reason) for key in keys
    )
    mails = Delivery.objects.filter(pk__in=keys)
    mails.filter(is_secret=True).update(subject="", text="", html="")
    mails.update(state=DeliveryState.SKIPPED, reason=Reason.DISCARDED)
