"""全庁周知: who may write, release and drop one, when, and who is one of those it tells.

A verb asks inside its lock, a page before it draws a button: the reason is the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db.models import Exists, OuterRef
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from notifications.enums import DeliveryState, Event
from notifications.models import Announcement, DeliveredFact
from notifications.recipients import audience
from roles.grants import GRANTS, permits
from roles.models import capacities_of, holders_of, people_who
from roles.permissions import Perm
from workflow.access import Permit, clock, no, yes

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from django.db.models import QuerySet

    from roles.models import User


class Limits(NamedTuple):
    """How often the whole staff is spoken to."""

    released: int
    within: timedelta
    waiting: int


LIMITS: Final = Limits(released=3, within=timedelta(days=7), waiting=1)
"""At most so many released in any such time; so many of one author wait at once."""


# --- who may -----------------------------------------------------------------------------------


def may_announce(user: User, at: datetime) -> Permit:
    """Somebody of the 事務局."""
    if permits(capacities_of(user, localdate(at)), Perm.ANNOUNCE):
        return yes()
    return no(_("全庁周知を作成し、公開するのは、事務局です。"))


def may_write(user: User, at: datetime) -> Permit:
    """Whoever has no other one that still waits."""
    permit = may_announce(user, at)
    waiting = waiting_of(user)
    if not permit or len(waiting) < LIMITS.waiting:
        return permit
    sentence = _(
        "あなたが%(when)sに作成した「%(title)s」が、公開を待っています。"
        "次の全庁周知は、その公開又は取りやめのあとに作成できます。"
    )
    return no(sentence % {"when": clock(waiting[0].written_at), "title": waiting[0].title})


def waiting_of(user: User) -> list[Announcement]:
    """What a person wrote that is neither released nor dropped, the oldest first."""
    mine = Announcement.objects.filter(written_by=user, released_at=None, dropped_at=None)
    return list(mine.order_by("pk"))


def may_release(user: User, announcement: Announcement, at: datetime) -> Permit:
    """A second person of the 事務局, as long as the staff was not spoken to too often."""
    permit = may_drop(user, announcement, at)
    if permit and user.pk == announcement.written_by_id:
        return no(_own(user, at))
    if permit and (free := free_from(at)) > at:
        facts = {"days": LIMITS.within.days, "count": LIMITS.released, "when": clock(free)}
        sentence = _(
            "全庁周知の公開は、%(days)s日間に%(count)s件までです。"
            "次に公開できるのは、%(when)s からです。"
        )
        return no(sentence % facts)
    if permit and not announced_to(announcement, at):
        return no(_("対象の課・役割の職に就いている方が、いまは1人もいません。"))
    return permit


def may_drop(user: User, announcement: Announcement, at: datetime) -> Permit:
    """Anybody of the 事務局, as long as it waits."""
    permit = may_announce(user, at)
    return no(settled(announcement)) if permit and not announcement.is_waiting else permit


def settled(announcement: Announcement) -> str:
    """「…」は、5/11 09:02 に石川 真由美さんが公開しました: who ended the waiting, and when."""
    released = announcement.released_by
    who, when = released or announcement.dropped_by, announcement.released_at
    when = when or announcement.dropped_at
    if who is None or when is None:
        return ""
    facts = {"title": announcement.title, "when": clock(when), "name": who.name}
    if released:
        return _("「%(title)s」は、%(when)s に%(name)sさんが公開しました。") % facts
    return _("「%(title)s」は、%(when)s に%(name)sさんが取りやめました。") % facts


def free_from(at: datetime) -> datetime:
    """When the next one may be released: now, or when one of the last ones is long enough ago."""
    lately = Announcement.objects.filter(released_at__gt=at - LIMITS.within)
    moments = lately.order_by("-released_at").values_list("released_at", flat=True)
    last = list(moments[: LIMITS.released])
    oldest = last[-1] if len(last) == LIMITS.released else None
    return at if oldest is None else oldest + LIMITS.within


def _own(author: User, at: datetime) -> str:
    others = [each.name for each in _announcers(localdate(at)) if each.pk != author.pk]
    if not others:
        return _("作成した方は、ご自身で公開できません。公開できる方が、事務局にほかにいません。")
    names = "、".join(_("%sさん") % name for name in others)
    return _("作成した方は、ご自身で公開できません。公開できるのは、%sです。") % names


def _announcers(on: date) -> list[User]:
    roles = [role for role, perms in GRANTS.items() if Perm.ANNOUNCE in perms]
    return [person for role in roles for person in people_who(role, on)]


# --- whom it tells -----------------------------------------------------------------------------


def announced_to(announcement: Announcement, at: datetime) -> int:
    """How many people it would tell if it were released now."""
    sections = [section.pk for section in announcement.sections.all()]
    return how_many(sections, announcement.roles, localdate(at))


def how_many(sections: Collection[int], roles: Collection[str], on: date) -> int:
    """How many people hold, or deputise for, a post of this audience that day."""
    posts = audience(sections, roles, on).values_list("pk", flat=True)
    held = holders_of(posts, on).values()
    return len({each.person.pk for holders in held for each in holders if each.person.is_active})


def told_facts() -> QuerySet[DeliveredFact]:
    """Who is told of which announcement: each person once, without those it was not said to."""
    unsaid = [DeliveryState.SKIPPED, DeliveryState.SUPERSEDED]
    told = DeliveredFact.objects.filter(message__event=Event.ANNOUNCED)
    return told.exclude(delivery__state__in=unsaid)


def told_to(person: User) -> QuerySet[Announcement]:
    """What this person is told."""
    mine = told_facts().filter(person=person, message__announcement=OuterRef("pk"))
    return Announcement.objects.filter(Exists(mine))
