"""全庁周知: one person of the 事務局 writes it, a second one releases it, either drops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction

from notifications import access, outbox
from notifications.catalogue import NOTICES
from notifications.enums import Event
from notifications.models import Announcement
from notifications.outbox import Fact
from roles.models import User
from workflow.actions.refusals import Refusal
from workflow.engine.locking import refusing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from roles.models import Section


class Refused(Refusal):
    """Not now, or not by this person of the 事務局: who did what, when, or when it may be."""


def write(
    *,
    title: str,
    text: str,
    sections: Iterable[Section],
    roles: Collection[str],
    by: User,
    at: datetime,
) -> Announcement:
    """Write one and ask the others of the 事務局 to release it. A second click writes nothing."""
    with refusing(), transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        _must(by, at)
        for each in access.waiting_of(by):
            if _says(each) == (title, text, {s.pk for s in sections}, set(roles)):
                return each
        if not (permit := access.may_write(by, at)):
            raise Refused(permit.reason)
        written = Announcement.objects.create(
            title=title, text=text, roles=list(roles), written_by=by, written_at=at
        )
        written.sections.set(sections)
        _tell(Event.ANNOUNCEMENT_WAITING, "announcement_waiting", written, by, at)
        return written


def _says(written: Announcement) -> tuple[str, str, set[int], set[str]]:
    """What is said, and to whom."""
    sections = set(written.sections.values_list("pk", flat=True))
    return written.title, written.text, sections, set(written.roles)


def release(*, announcement: Announcement, by: User, at: datetime) -> Announcement:
    """Tell the audience. Of two who release at once, one does; the other learns who and when."""
    with refusing(), transaction.atomic():
        _must(by, at)
        row = _locked(announcement)
        if row.released_by_id == by.pk:
            return row
        if not (permit := access.may_release(by, row, at)):
            raise Refused(permit.reason)
        row.released_by, row.released_at = by, at
        row.save(update_fields=["released_by", "released_at"])
        _tell(Event.ANNOUNCED, "announcement", row, by, at)
        return row


def drop(*, announcement: Announcement, by: User, at: datetime) -> Announcement:
    """取りやめ before it was released; nobody else is told."""
    with refusing(), transaction.atomic():
        _must(by, at)
        row = _locked(announcement)
        if row.dropped_by_id == by.pk:
            return row
        if not (permit := access.may_drop(by, row, at)):
            raise Refused(permit.reason)
        row.dropped_by, row.dropped_at = by, at
        row.save(update_fields=["dropped_by", "dropped_at"])
        return row


def read(*, announcement: Announcement, by: User, at: datetime) -> None:
    """読みました, by somebody who is told; the first time counts."""
    mine = access.told_facts().filter(message__announcement=announcement, person=by)
    mine.filter(read_at=None).update(read_at=at)


def _must(by: User, at: datetime) -> None:
    if not (permit := access.may_announce(by, at)):
        raise PermissionDenied(permit.reason)


def _locked(announcement: Announcement) -> Announcement:
    """The row as it is now. Whoever settles one has all that wait: releases are counted."""
    waiting = Announcement.objects.filter(released_at=None, dropped_at=None).order_by("pk")
    list(waiting.select_for_update(no_key=True).values_list("pk"))
    return Announcement.objects.select_related("released_by", "dropped_by").get(pk=announcement.pk)


def _tell(event: Event, kind: str, announcement: Announcement, by: User, at: datetime) -> None:
    fact = Fact(
        event=event,
        key=f"{kind}:{announcement.pk}",
        addressees=NOTICES[event].recipients(announcement),
        announcement_id=announcement.pk,
    )
    outbox.post([fact], at=at, actor=by)
