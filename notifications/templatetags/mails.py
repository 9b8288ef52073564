"""What pages say of mails: trouble, how far a decision was told, why a fact waits.

For pages of every app: templates may load it where code may not import it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from django import template
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects.templatetags.ui import moment
from notifications.delivery.trouble import Trouble, trouble_at
from notifications.enums import DeliveryState, MessageState
from notifications.models import OutboxMessage
from notifications.outbox import GATHERING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django_stubs_ext import StrOrPromise

    from workflow.sheet import Line

register = template.Library()

TELLING: Final[dict[str, StrOrPromise]] = {
    DeliveryState.SENT: gettext_lazy("%s通送信済み"),
    DeliveryState.SHOWN: gettext_lazy("%s件を画面でお知らせ"),
    DeliveryState.QUEUED: gettext_lazy("%s通送信待ち"),
    MessageState.PENDING: gettext_lazy("%s件待機中"),
    DeliveryState.DEAD: gettext_lazy("%s通送信できません"),
}
"""What is said of a decision's mails, in this order; what was left out is not said."""


@register.simple_tag
def mail_trouble(now: datetime) -> Trouble:
    """``{% mail_trouble now as trouble %}``: two queries, for those who see to mails."""
    return trouble_at(now)


@register.simple_tag
def told_of(lines: Iterable[Line]) -> dict[int, str]:
    """``{% told_of lines as told %}``: in one query, by decision, 3通送信済み・1通送信待ち.

    Remarks are no decisions: what is said of them at any level is not counted.
    """
    keys = [line.decision.pk for line in lines]
    if not keys:
        return {}
    about = OutboxMessage.objects.filter(decision__in=keys, comment=None).order_by()
    rows = about.values_list("decision", "state", "deliveries__state").annotate(
        facts=Count("pk", distinct=True), mails=Count("deliveries", distinct=True)
    )
    found: dict[int, Counter[str]] = {key: Counter() for key in keys}
    for decision, state, mail_state, facts, mails in rows:
        if state == MessageState.PENDING:
            found[decision][state] += facts
        elif mail_state is not None:
            is_sending = mail_state == DeliveryState.SENDING
            found[decision][DeliveryState.QUEUED if is_sending else mail_state] += mails
    return {key: _in_words(counts) for key, counts in found.items()}


def _in_words(counts: Counter[str]) -> str:
    return "・".join(
        str(words) % counts[state] for state, words in TELLING.items() if counts[state]
    )


@register.filter
def of(told: dict[int, str], decision: int) -> str:
    """``told|of:line.decision.pk``; nothing where nobody is told."""
    return told.get(decision, "")


@register.filter
def why_waiting(message: OutboxMessage, now: datetime) -> str:
    """引き戻せる間は送りません（10:52まで）."""
    if message.reason:
        return str(message.get_reason_display())
    if message.hold_until is None or message.hold_until <= now:
        return _("まもなく宛先を確定して送ります")
    hour = moment(message.hold_until, now)
    if message.actor_id is None:
        return _("送る時刻を待っています（%sまで）") % hour
    if message.is_told_later:
        return _("発表日時まで送りません（%sまで）") % hour
    if message.bundle and message.hold_until - message.created_at <= GATHERING:
        return _("同時に行われた操作を1通にまとめています（%sまで）") % hour
    return _("引き戻せる間は送りません（%sまで）") % hour
