"""What a person has read of the お知らせ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from notifications.bell import BY_ITS_OWN_BUTTON, notices_of
from notifications.models import DeliveredFact
from workflow.inbox import Desk

if TYPE_CHECKING:
    from datetime import datetime

    from roles.models import User


class NoticeGone(Exception):
    """It is not among what this person was told and may read."""


def read(*, pk: int, by: User, at: datetime) -> DeliveredFact:
    """Note when it was read first. What its own page has a button for stays as it is."""
    with transaction.atomic():
        notice = notices_of(Desk(by, at)).filter(pk=pk).first()
        if notice is None:
            raise NoticeGone
        if notice.message.event not in BY_ITS_OWN_BUTTON:
            DeliveredFact.objects.filter(pk=pk, read_at=None).update(read_at=at)
        notice.refresh_from_db(fields=["read_at"])
    return notice


def read_all(*, upto: int, by: User, at: datetime) -> int:
    """Note it for all that stood on the page, but not what came after ``upto``. How many it was."""
    with transaction.atomic():
        shown = notices_of(Desk(by, at)).filter(read_at=None, pk__lte=upto)
        keys = shown.exclude(message__event__in=BY_ITS_OWN_BUTTON).order_by().values("pk")
        return DeliveredFact.objects.filter(pk__in=keys, read_at=None).update(read_at=at)
