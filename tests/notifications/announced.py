"""全庁周知 as the 事務局 writes and releases them, and who was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifications import announcing
from notifications.enums import Event
from notifications.models import DeliveredFact
from roles.models import Section
from tests.make import AT
from tests.workflow.papers import keepers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from notifications.models import Announcement
    from roles.models import User

TITLE = "防災訓練の実施について"
TEXT = "6月1日（月）に、防災訓練を行います。\n窓口の業務は続けてください。"


def write(
    *,
    title: str = TITLE,
    text: str = TEXT,
    sections: Sequence[str] = (),
    roles: Sequence[str] = (),
    by: User | None = None,
    at: datetime = AT,
) -> Announcement:
    """By the first person of the 事務局; ``sections``: their codes."""
    return announcing.write(
        title=title,
        text=text,
        sections=Section.objects.filter(code__in=sections),
        roles=roles,
        by=by or keepers(at)[0],
        at=at,
    )


def release(one: Announcement, *, by: User | None = None, at: datetime = AT) -> Announcement:
    """By the second person of the 事務局."""
    return announcing.release(announcement=one, by=by or keepers(at)[1], at=at)


def announce(
    title: str = TITLE,
    *,
    text: str = TEXT,
    sections: Sequence[str] = (),
    roles: Sequence[str] = (),
    at: datetime = AT,
) -> Announcement:
    """Written and released."""
    return release(write(title=title, text=text, sections=sections, roles=roles, at=at), at=at)


def read(one: Announcement, *people: User, at: datetime = AT) -> None:
    """読みました."""
    for person in people:
        announcing.read(announcement=one, by=person, at=at)


def told_of(one: Announcement) -> set[str]:
    """Names of everybody for whom a mail or a line of one was made."""
    facts = DeliveredFact.objects.filter(
        message__announcement=one, message__event=Event.ANNOUNCED
    ).select_related("person")
    return {fact.person.name for fact in facts}
