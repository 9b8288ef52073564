"""What pages say of 全庁周知: for whom it is, and how many of them have read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, F
from django.utils.translation import gettext as _

from notifications.access import told_facts
from roles.enums import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from notifications.models import Announcement


@dataclass(frozen=True)
class Readership:
    """How many people are told, and how many of them said that they have read it."""

    name: str
    told: int
    read: int

    @property
    def percent(self) -> int:
        """既読率; 100 only when nobody is left."""
        return self.read * 100 // self.told if self.told else 0


def audience_words(sections: Iterable[str], roles: Iterable[str]) -> str:
    """全職員; 市民課・税務課; 所属長; 市民課の所属長・DX推進リーダー."""
    places, seats = "・".join(sections), "・".join(str(Role(each).label) for each in roles)
    if places and seats:
        return _("%(sections)sの%(roles)s") % {"sections": places, "roles": seats}
    return places or seats or _("全職員")


def audience_of(announcement: Announcement) -> str:
    """For whom it is, in words."""
    return audience_words(
        (section.name for section in announcement.sections.all()), announcement.roles
    )


def readerships(announcements: Collection[Announcement]) -> dict[int, Readership]:
    """Of each announcement of a list, in one query."""
    facts = told_facts().filter(message__announcement__in=announcements)
    counted = facts.values("message__announcement").annotate(
        told=Count("pk"), read=Count("read_at")
    )
    rows = counted.order_by().values_list("message__announcement", "told", "read")
    return {key: Readership("", told, read) for key, told, read in rows}


def by_section(announcement: Announcement) -> list[Readership]:
    """One line a section, then a 部, then 推進体制: by the posts in which people are told."""
    post = "message__post__"
    facts = told_facts().filter(message__announcement=announcement)
    counted = facts.values(f"{post}section__name", f"{post}department__name").annotate(
        told=Count("pk"), read=Count("read_at")
    )
    rows = counted.order_by(
        F(f"{post}section__department__order").asc(nulls_last=True),
        f"{post}section__order",
        f"{post}section__code",
        F(f"{post}department__order").asc(nulls_last=True),
        f"{post}department__code",
    )
    return [
        Readership(section or department or _("推進体制"), told, read)
        for section, department, told, read in rows.values_list(
            f"{post}section__name", f"{post}department__name", "told", "read"
        )
    ]


def together(lines: Iterable[Readership]) -> Readership:
    """The sum of all sections: everybody is told in one post."""
    found = list(lines)
    return Readership("", sum(each.told for each in found), sum(each.read for each in found))
