"""マイワーク and 承認・確認: pages that only read. Nothing is written but who opened what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bpr_projects import calendar
from bpr_projects.access import visible_to
from roles.actions import end_tour
from roles.enums import Basis, Role
from roles.grants import permits
from roles.permissions import Perm
from workflow import access
from workflow.access import NO_POST
from workflow.inbox import tabs
from workflow.inbox.desk import KEY_DIGITS, WINDOWS, Desk, Listing, cursor_of
from workflow.inbox.mywork import VERBS, my_work
from workflow.inbox.places import IN_PLACE
from workflow.inbox.preview import preview_of, see
from workflow.inbox.rules import rule_preview_of, see_rule
from workflow.models import PaperDecision
from workflow.sheet import stand_ins_of

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    from roles.models import User
    from workflow.inbox.preview import Preview
    from workflow.inbox.rules import RulePreview
    from workflow.models import Slot

TODO, DEPUTY, READING, COMING, DONE = "todo", "deputy", "reading", "upcoming", "done"

TABS: Final[dict[str, StrOrPromise]] = {
    TODO: gettext_lazy("未処理"),
    DEPUTY: gettext_lazy("代決・代理"),
    READING: gettext_lazy("後閲・供覧"),
    COMING: gettext_lazy("これから"),
    DONE: gettext_lazy("処理済み"),
}

BASES: Final = {TODO: (Basis.OWN,), DEPUTY: IN_PLACE}


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
    can_propose: bool
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
        can_propose=permits(capacities, Perm.PROPOSE_PROJECT),
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


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """マイワーク."""
    desk = desk_of(request)
    work = my_work(desk, request.GET.get("as", ""))
    context = {
        "now": desk.at,
        "desk": desk,
        "work": work,
        "rows": [(item, *VERBS[item.kind]) for item in work.items],
        "can_propose": permits(desk.capacities.values(), Perm.PROPOSE_PROJECT),
        "is_first_time": desk.user.toured_at is None,
        "papers": _papers(desk),
        "unheld": len(unheld := _unheld(desk)),
        "stand_ins": stand_ins_of(
            [slot for slot in unheld if slot.post.role == Role.HQ_CHAIR], desk.at
        ),
    }
    return render(request, "workflow/home.html", context)


def _papers(desk: Desk) -> list[PaperDecision]:
    """Decisions on paper that wait for a second person of the 事務局."""
    if not access.permit_to_keep_papers(desk.capacities.values()):
        return []
    waiting = PaperDecision.objects.waiting().filter(project__in=visible_to(desk.user, desk.at))
    return list(waiting.for_pages())


def _unheld(desk: Desk) -> list[Slot]:
    """Seats that nobody may answer for; the 事務局 alone is told."""
    if not permits(desk.capacities.values(), Perm.REASSIGN_WORK):
        return []
    return access.unheld(desk.at, visible_to(desk.user, desk.at))


@require_POST
@login_required
def tour_end(request: HttpRequest) -> HttpResponse:
    """The three sentences were read; they do not come again."""
    end_tour(user=cast("User", request.user), at=now())
    return redirect("home")


@require_safe
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """承認・確認: a tab's list, and beside it the opened item."""
    desk = desk_of(request)
    tab = request.GET.get("tab", TODO)
    tab = tab if tab in TABS else TODO
    slot_id = _whole(request.GET.get("item"))
    is_pane = bool(request.headers.get("HX-Request")) and slot_id is not None
    context: dict[str, Any] = {
        "now": desk.at,
        "desk": desk,
        "tab": tab,
        "tabs": TABS,
        "tab_label": TABS[tab],
        "is_split": tab in BASES,
    }
    if not is_pane:
        context |= _tab(request, desk, tab) | {"unheld": len(_unheld(desk))}
    if slot_id is not None and tab in BASES:
        preview = _open(request, desk, slot_id)
        context |= {"slot_id": slot_id, "preview": preview}
        if preview is None:
            context["rule_preview"] = _open_rule(request, desk, slot_id)
    template = "workflow/_preview.html" if is_pane else "workflow/inbox.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


def _tab(request: HttpRequest, desk: Desk, tab: str) -> dict[str, Any]:
    if tab in BASES:
        return _waiting(request, desk, tab)
    desk.read(None)
    if desk.has_left:
        return {}
    if tab == READING:
        return {"readings": tabs.readings(desk)}
    if tab == COMING:
        return {"coming": tabs.coming(desk)}
    said, following = tabs.done(desk, _whole(request.GET.get("before")))
    return {"said": said, "following": following}


def _waiting(request: HttpRequest, desk: Desk, tab: str) -> dict[str, Any]:
    window = request.GET.get("due", "")
    after = cursor_of(request.GET.get("after", ""))
    listing = Listing(bases=BASES[tab], window=window if window in WINDOWS else "")
    if after is not None:
        listing = Listing(bases=listing.bases, window=listing.window, after=after)
    load = desk.read(listing)
    return {
        "window": listing.window,
        "after": request.GET.get("after", "") if after is not None else "",
        "items": load.items,
        "following": load.items[-1].cursor if load.has_more else "",
    }


def _open(request: HttpRequest, desk: Desk, slot_id: int) -> Preview | None:
    """The pane; a person who opens it (no HEAD, no prefetch) has seen the item."""
    preview = preview_of(desk, slot_id)
    if preview is not None and _is_looked_at(request):
        see(desk, preview)
    return preview


def _open_rule(request: HttpRequest, desk: Desk, slot_id: int) -> RulePreview | None:
    """The same for a version of a route."""
    preview = rule_preview_of(desk, slot_id)
    if preview is not None and _is_looked_at(request):
        see_rule(desk, preview)
    return preview


def _is_looked_at(request: HttpRequest) -> bool:
    return request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", "")


def _whole(text: str | None) -> int | None:
    """A positive number that fits a key of the database; None for anything else."""
    is_number = text is not None and text.isascii() and text.isdecimal() and len(text) < KEY_DIGITS
    return int(text) if is_number and text is not None else None
