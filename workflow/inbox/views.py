"""マイワーク and 承認・確認: pages that only read. Nothing is written but who opened what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from bpr_projects.access import visible_to
from roles.actions import end_tour
from roles.enums import Role
from roles.grants import permits
from roles.permissions import Perm
from workflow import access
from workflow.inbox import tabs
from workflow.inbox.chips import chips_of, choices_of, kept_of, saved_of
from workflow.inbox.cursors import key_of
from workflow.inbox.frame import desk_of
from workflow.inbox.gone import gone_of, with_gone
from workflow.inbox.mywork import VERBS, my_work
from workflow.inbox.preview import preview_of, see
from workflow.inbox.rules import rule_preview_of, see_rule
from workflow.inbox.whereabouts import COMING, READING, TABS, whereabouts
from workflow.models import PaperDecision
from workflow.sheet import stand_ins_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from roles.models import User
    from workflow.inbox.desk import Desk
    from workflow.inbox.preview import Preview
    from workflow.inbox.rules import RulePreview
    from workflow.inbox.whereabouts import Whereabouts
    from workflow.models import Slot

SHOWN: Final = 200
"""A page that looks for news names at most so many rows that it shows."""


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
    here = whereabouts(request.GET.dict(), desk)
    slot_id = key_of(request.GET.get("item"))
    is_pane = slot_id is not None and _wants_a_part(request)
    context: dict[str, Any] = {"now": desk.at, "desk": desk, "here": here, "tabs": TABS}
    if not is_pane:
        context |= _tab(request, desk, here) | {"unheld": len(_unheld(desk))}
    if slot_id is not None and here.is_work:
        preview = _open(request, desk, slot_id)
        context |= {"slot_id": slot_id, "preview": preview}
        if preview is None:
            context["rule_preview"] = _open_rule(request, desk, slot_id)
    template = "workflow/_preview.html" if is_pane else "workflow/inbox.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


@require_safe
@login_required
def inbox_fresh(request: HttpRequest) -> HttpResponse:
    """What changed since the page was drawn: its counts, and its rows where it lists open work.

    ``shown``: the items that stand there. Those that are over stay once more, grey, with who did
    what and when.
    """
    desk = desk_of(request)
    here = whereabouts(request.GET.dict(), desk)
    context: dict[str, Any] = {"now": desk.at, "desk": desk, "here": here}
    if here.is_work and "tab" in request.GET:
        context |= _rows(desk, here)
        asked = dict.fromkeys(request.GET.getlist("shown")[:SHOWN])
        shown = [key for text in asked if (key := key_of(text))]
        gone = gone_of(desk, shown)
        context |= {
            "slot_id": key_of(request.GET.get("item")),
            "rows": with_gone(context["rows"], shown, gone),
        }
    return render(request, "workflow/_fresh.html", context)


def _wants_a_part(request: HttpRequest) -> bool:
    """Whether it is a part of the page; the browser's way back asks for all of it."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def _tab(request: HttpRequest, desk: Desk, here: Whereabouts) -> dict[str, Any]:
    if here.is_work:
        is_choosing = here.sieve.is_detailed or "sieve" in request.GET
        return _rows(desk, here, is_whole=True, is_choosing=is_choosing)
    desk.read(None)
    if desk.has_left:
        return {}
    if here.tab == READING:
        return {"readings": tabs.readings(desk)}
    if here.tab == COMING:
        return {"coming": tabs.coming(desk)}
    said, following = tabs.done(desk, key_of(request.GET.get("before")))
    return {"said": said, "following": following}


def _rows(
    desk: Desk, here: Whereabouts, *, is_whole: bool = False, is_choosing: bool = False
) -> dict[str, Any]:
    """The rows of open work; with what stands above them where the whole page is drawn.

    ``is_choosing``: the form of しぼり込み is open.
    """
    load = desk.read(here.listing(with_saved=is_whole, with_choices=is_choosing))
    found: dict[str, Any] = {
        "rows": load.items,
        "following": load.items[-1].cursor if load.has_more else "",
        "can_choose": any(item.goes_together for item in load.items),
    }
    if is_whole:
        choices = list(choices_of(here, desk)) if is_choosing else []
        found |= {
            "chips": list(chips_of(here, load)),
            "saved": list(saved_of(here, desk)),
            "choices": choices,
            "kept": kept_of(here, "q", "after"),
            "unchosen": kept_of(here, "after", *(each.name for each in choices)),
        }
    return found


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
