"""手続の状況: all stations with what waits there, what is stuck, and one お願い for many."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from roles.enums import Role
from roles.grants import permits
from roles.permissions import Perm
from roles.views import incident_number
from workflow import access, engine
from workflow.actions import answers
from workflow.actions.refusals import AlreadyDone, Refusal
from workflow.enums import GONE, SlotState, StepKind
from workflow.inbox import desk_of
from workflow.inbox.cursors import cursor_of, key_of
from workflow.models import Slot
from workflow.views.approving import BUDGET
from workflow.views.station_list import PAGE, SHOWS, keys_at_headquarters, keys_of, read
from workflow.views.station_rows import (
    AT_HEADQUARTERS,
    STATIONS,
    Taken,
    stations_of,
    taken_by_kind,
    total_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, QueryDict

    from roles.models import Capacity
    from workflow.inbox import Desk
    from workflow.models import StepRun

logger = logging.getLogger(__name__)

WHOLE, OWN = "all", "own"
HEADQUARTERS: Final = {Role.HQ_MEMBER, Role.HQ_CHAIR}


@dataclass(frozen=True)
class Wanted:
    """What the page is asked for: whose stations, which of them, which rows, from where."""

    of: str
    show: str
    kind: StepKind | None
    after: str

    @property
    def is_whole(self) -> bool:
        """The city, rather than the own sections."""
        return self.of == WHOLE

    @property
    def query(self) -> str:
        """The address of the same page again."""
        values = {"of": self.of, "show": self.show, "station": self.kind, "after": self.after}
        return urlencode({name: value for name, value in values.items() if value})


def _permit(desk: Desk) -> access.Permit:
    return access.permit_to_watch(list(desk.capacities.values()))


@login_required
@require_safe
def stations(request: HttpRequest) -> HttpResponse:
    """The table, what waits for headquarters, and the list. Ten queries or so, whatever waits."""
    desk = _desk(request)
    return _page(request, desk, _wanted(desk, request.GET))


def _desk(request: HttpRequest) -> Desk:
    desk = desk_of(request)
    if not (permit := _permit(desk)):
        raise PermissionDenied(permit.reason)
    return desk


def _wanted(desk: Desk, asked: QueryDict) -> Wanted:
    """What means nothing is left out, never an error."""
    station, show, after = (asked.get(name, "") for name in ("station", "show", "after"))
    return Wanted(
        of=_of(list(desk.capacities.values()), asked.get("of", "")),
        show=show if show in SHOWS else next(iter(SHOWS)),
        kind=StepKind(station) if station in STATIONS else None,
        after=after if cursor_of(after) else "",
    )


def _of(capacities: list[Capacity], asked: str) -> str:
    """The own sections come first for whoever leads some, but for the 事務局."""
    if not access.watches_all(capacities):
        return OWN
    if not access.leading(capacities):
        return WHOLE
    keeps_all = permits(capacities, Perm.REASSIGN_WORK)
    return asked if asked in {WHOLE, OWN} else WHOLE if keeps_all else OWN


def _page(
    request: HttpRequest,
    desk: Desk,
    wanted: Wanted,
    *,
    ticked: frozenset[int] = frozenset(),
    problem: str = "",
) -> HttpResponse:
    """``ticked``: the rows that were chosen before; ``problem``: why nobody was asked."""
    capacities = list(desk.capacities.values())
    steps = access.watched(desk.user, desk.at, capacities, whole=wanted.is_whole)
    found = stations_of(steps, desk.at, desk.load.closures)
    after = cursor_of(wanted.after)
    places = keys_of(steps, SHOWS[wanted.show], wanted.kind, after, desk.at)
    sits = any(each.post.role in HEADQUARTERS for each in capacities)
    of_city = access.watched(desk.user, desk.at, capacities, whole=True) if sits else None
    asked = keys_at_headquarters(of_city) if of_city is not None else []
    listed, headquarters = read(desk, places, asked)
    if request.GET.get("pick") == "all":
        ticked = frozenset(row.step.pk for row in listed.rows if row.ask)
    context = {
        "now": desk.at,
        "wanted": wanted,
        "show": SHOWS[wanted.show],
        "shows": SHOWS,
        "stations": list(found.values()),
        "total": total_of(found.values()),
        "station": found[wanted.kind] if wanted.kind else total_of(found.values()),
        "listed": listed,
        "ticked": ticked,
        "problem": problem,
        "own_names": "・".join(_names(access.leading(capacities))),
        "may_switch": access.watches_all(capacities) and bool(access.leading(capacities)),
        "headquarters": headquarters if sits else None,
        "taken": _at_headquarters(of_city, desk) if of_city is not None else [],
    }
    return render(request, "workflow/stations.html", context, status=422 if problem else 200)


def _names(leading: Iterable[Capacity]) -> list[str]:
    """市民課, 市民部: each once."""
    places = (each.post.section or each.post.department for each in leading)
    return list(dict.fromkeys(place.name for place in places if place is not None))


def _at_headquarters(steps: QuerySet[StepRun], desk: Desk) -> list[tuple[StepKind, Taken]]:
    """How long headquarters took themselves, in the whole city."""
    here = steps.filter(kind__in=AT_HEADQUARTERS)
    found = taken_by_kind(here, desk.at, desk.load.closures)
    return [(kind, found.get(kind, Taken())) for kind in AT_HEADQUARTERS]


# --- お願い for many -------------------------------------------------------------------------


@login_required
@require_POST
def nudge_many(request: HttpRequest) -> HttpResponse:
    """Ask each open seat of each chosen step, by the rules of a single お願い; tell all of it."""
    desk = _desk(request)
    wanted = _wanted(desk, request.POST)
    chosen = frozenset(filter(None, map(key_of, request.POST.getlist("step"))))
    if problem := _problem(chosen):
        return _page(request, desk, wanted, ticked=chosen, problem=problem)
    steps = access.watched(desk.user, desk.at, list(desk.capacities.values()), whole=True)
    by_step = _slots_of(steps.filter(pk__in=chosen))
    asked, refused = _ask_all(request, desk, by_step.values())
    if asked:
        told = _("%(cases)s件の手続で、%(seats)sつの職にお願いしました。メールでもお知らせします。")
        words = {"cases": len(asked), "seats": sum(asked.values())}
        messages.success(request, told % words)
    for reason, cases in refused.items():
        names = "、".join(f"{case}（{'、'.join(seats)}）" for case, seats in cases.items())
        told = _("お願いしなかった手続：%(names)s。%(reason)s")
        messages.warning(request, told % {"names": names, "reason": reason})
    if missing := len(chosen - by_step.keys()):
        messages.warning(request, _("選んだ手続のうち%s件は、見つかりませんでした。") % missing)
    return redirect(f"{reverse('stations')}?{wanted.query}")


def _problem(chosen: frozenset[int]) -> str:
    if not chosen:
        return _("お願いする手続を選んでください。")
    if len(chosen) > PAGE:
        return _("一度にお願いできるのは%s件までです。") % PAGE
    return ""


def _slots_of(steps: QuerySet[StepRun]) -> dict[int, list[Slot]]:
    """The seats of each step, the longest over its days first."""
    found: dict[int, list[Slot]] = {}
    slots = (
        Slot.objects.filter(step_run__in=steps.values("pk"))
        .exclude(state__in=GONE)
        .select_related("post", "step_run__project", "step_run__run__rule")
        .defer("step_run__project__sheet")
        .order_by("step_run__due_at", "step_run", "pk")
    )
    for slot in slots:
        found.setdefault(slot.step_run_id, []).append(slot)
    return found


LATER: Final = gettext_lazy("時間がかかったため、まだお願いしていません。もう一度お試しください。")
BROKEN: Final = gettext_lazy(
    "システムの不具合のため、お願いしていません。事務局へお知らせください（番号 %s）。"
)

Refused = dict[str, dict[str, list[str]]]
"""Why nobody was asked -> case -> its seats."""


def _ask_all(
    request: HttpRequest, desk: Desk, steps: Iterable[list[Slot]]
) -> tuple[dict[str, int], Refused]:
    """Case -> how many seats were asked, and who was not. Each お願い is one act of its own.

    A person who holds several of the seats gets one mail about all of it. What fails leaves the
    others as they are; what there is no time for is left for another request.
    """
    asked: dict[str, int] = {}
    bundle, ends = uuid4(), time.monotonic() + BUDGET
    refused: Refused = {}
    for slots in steps:
        name = _name(slots[0].step_run)
        waiting = [slot for slot in slots if slot.state == SlotState.OPEN]
        if not waiting:
            over = AlreadyDone(answers.standing(_last(slots)))
            refused.setdefault(over.message, {})[name] = [slots[0].step_run.title]
        for slot in waiting:
            late = time.monotonic() > ends
            why = str(LATER) if late else _why_not_asked(request, desk, slot, bundle)
            if why:
                refused.setdefault(why, {}).setdefault(name, []).append(slot.post.title)
            else:
                asked[name] = asked.get(name, 0) + 1
    return asked, refused


def _why_not_asked(request: HttpRequest, desk: Desk, slot: Slot, bundle: UUID) -> str:
    """Ask for one seat; why that was not done, or nothing."""
    project = slot.step_run.project
    try:
        engine.nudge(slot_id=slot.pk, project=project, by=desk.user, at=desk.at, bundle=bundle)
    except Refusal as refusal:
        return refusal.message
    except Exception:
        number = incident_number(request)
        logger.exception("incident %s: seat %s was not asked", number, slot.pk)
        return str(BROKEN) % number
    return ""


def _last(slots: list[Slot]) -> Slot:
    """The seat whose answer ended the step, of one that is over."""
    return max(slots, key=lambda slot: (slot.state == SlotState.DONE, slot.closed_at))


def _name(step: StepRun) -> str:
    """R8-012, or RT2-3 of a rule."""
    if step.project is not None:
        return step.project.number or ""
    return step.run.rule.number if step.run.rule else ""
