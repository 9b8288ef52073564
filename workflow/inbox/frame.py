"""The frame of every page: who looks at it, in which capacity, and how much waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.utils.functional import SimpleLazyObject
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _

from bpr_projects import calendar
from roles.enums import Basis, Role
from roles.grants import permits
from roles.permissions import Perm
from workflow.access import NO_POST, permit_to_watch
from workflow.inbox.desk import Desk

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest

    from roles.models import User


def desk_of(request: HttpRequest) -> Desk:
    """The person's desk; made once a request, so that page and header ask the same question."""
    desk = getattr(request, "desk", None)
    if desk is None:
        desk = Desk(cast("User", request.user), now())
        request.desk = desk  # type: ignore[attr-defined]
    return cast("Desk", desk)


@dataclass(frozen=True)
class Shell:
    """What the frame of every page shows of the person. ``no_post``: why a leaver sees nothing."""

    person_name: str
    no_post: str
    capacity_label: str
    away_until: date | None
    inbox_count: int
    home_count: int
    unread_count: int
    can_propose: bool
    can_watch: bool
    can_see_mailbox: bool
    can_see_ledger: bool
    can_edit_plan: bool
    can_administer: bool
    fiscal_year_label: str


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the frame, read only when a template draws it; banners for everybody."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"banners": _banners()}
    return {"banners": _banners(), "shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> Shell:
    desk = desk_of(request)
    capacities = list(desk.capacities.values())
    counts = desk.load.counts
    return Shell(
        person_name=desk.user.name,
        no_post=str(NO_POST) if desk.has_left else "",
        capacity_label=_label(desk),
        away_until=desk.away_until,
        inbox_count=counts.mine,
        home_count=counts.mine,
        unread_count=counts.unread,
        can_propose=permits(capacities, Perm.PROPOSE_PROJECT),
        can_watch=bool(permit_to_watch(capacities)),
        can_see_mailbox=permits(capacities, Perm.VIEW_MAILBOX),
        can_see_ledger=permits(capacities, Perm.VIEW_LEDGER),
        can_edit_plan=permits(capacities, Perm.MANAGE_PLAN),
        can_administer=permits(capacities, Perm.ADMINISTER),
        fiscal_year_label=calendar.fiscal_year_label(calendar.fiscal_year(localdate(desk.at))),
    )


def _label(desk: Desk) -> str:
    """市民課長・PT員（市民窓口）: what a person decides as, before where they merely work."""
    held = [desk.capacities[pk] for pk in desk.posts(Basis.OWN)]
    posts = [each.post for each in held if not each.is_inherited]
    speaking = [post.title for post in posts if post.role != Role.STAFF] or [
        post.title for post in posts
    ]
    return "・".join(speaking[:2]) or _("現在の担当はありません")


def _banners() -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    if settings.DEMO:
        found.append(("", _("これはデモです。人物・案件・数値はすべて架空のものです。")))
    if settings.PLAIN_HTTP and not settings.DEMO:
        found.append(("warn", _("暗号化されていない通信（HTTP）で動いています。")))
    return tuple(found)
