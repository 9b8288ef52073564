"""まとめて承認: one plain yes to several cases of one kind of step. Each is an act of its own.

GET shows which of the chosen ones may go together, and why not the others. POST answers each in
its own transaction and tells of each what came of it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from roles.enums import Basis
from roles.views import incident_number
from workflow import access, engine
from workflow.actions.refusals import AlreadyDone, Busy, Refusal, StaleText
from workflow.enums import StepKind
from workflow.forms import AtOnceForm
from workflow.inbox import came_from, desk_of
from workflow.inbox.cursors import key_of
from workflow.inbox.links import work_url
from workflow.inbox.places import in_place_of
from workflow.inbox.whereabouts import Whereabouts
from workflow.outcomes import AT_ONCE, PULLABLE, RULES
from workflow.steps import is_repeated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    from workflow.access import Chosen
    from workflow.inbox import Desk
    from workflow.models import Slot
    from workflow.outcomes import Answer

logger = logging.getLogger(__name__)

BUDGET: Final = 20.0
"""Seconds after which the rest is left for another request; well within ``outbox.GATHERING``."""

LATER: Final = gettext_lazy("時間がかかったため、まだ記録していません。もう一度お試しください。")
BROKEN: Final = gettext_lazy(
    "システムの不具合のため、記録していません。事務局へお知らせください（番号 %s）。"
)

DONE, AGAIN, LOST, LEFT = "done", "again", "lost", "left"

LOOKS: Final[dict[str, tuple[str, StrOrPromise, str]]] = {
    DONE: ("ok", gettext_lazy("記録しました"), "circle-check"),
    AGAIN: ("ok", gettext_lazy("すでに記録済み"), "check-check"),
    LOST: ("back", gettext_lazy("同時に更新されました"), "triangle-alert"),
    LEFT: ("bad", gettext_lazy("記録していません"), "circle-x"),
}
"""What came of one case -> tone, word and icon of its chip."""


@dataclass(frozen=True)
class Line:
    """A chosen case as the page shows it."""

    slot: Slot
    reason: str = ""
    in_place_of: str = ""
    is_checked: bool = True

    @property
    def url(self) -> str:
        """Where the case is answered by itself; a rule beside the work list."""
        project = self.slot.step_run.project
        if project is None:
            return f"{reverse('inbox')}?item={self.slot.pk}"
        return work_url(project.reference, StepKind(self.slot.step_run.kind))


@dataclass(frozen=True)
class Result(Line):
    """What came of it."""

    came: str = DONE

    @property
    def look(self) -> tuple[str, StrOrPromise, str]:
        """Tone, word and icon."""
        return LOOKS[self.came]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bulk_approve(request: HttpRequest) -> HttpResponse:
    """Ask about the chosen cases; POST answers those that are ticked."""
    desk = desk_of(request)
    if request.method != "POST":
        return _ask(request, desk, AtOnceForm())
    form = AtOnceForm(request.POST)
    ticked = _keys(request.POST.getlist("slot"))
    if form.is_valid() and not ticked:
        form.add_error(None, _("案件を1件以上選んでください。"))
    if form.errors:
        return _ask(request, desk, form)
    chosen = access.chosen_at_once(desk.user, _few(ticked), desk.capacities, desk.at)
    results = _answer(request, desk, chosen, form.answer())
    context = {
        "now": desk.at,
        "here": _here(request, desk),
        "results": results,
        "foreign": len(_few(ticked)) - len(chosen),
        "beyond": max(0, len(ticked) - access.MOST_AT_ONCE),
        **_sums(results),
    }
    return render(request, "workflow/approved.html", context)


def _keys(texts: Sequence[str]) -> list[int]:
    """Each number once, in the order of the choice; 0, which is nobody's, for what is none."""
    return list(dict.fromkeys(key_of(text) or 0 for text in texts))


def _here(request: HttpRequest, desk: Desk) -> Whereabouts:
    """The list from which the cases were chosen."""
    sent = request.POST if request.method == "POST" else request.GET
    return came_from(sent.get("here", ""), desk) or Whereabouts()


def _few(keys: Sequence[int]) -> Sequence[int]:
    return keys[: access.MOST_AT_ONCE]


# --- the question ---------------------------------------------------------------------------


def _ask(request: HttpRequest, desk: Desk, form: AtOnceForm) -> HttpResponse:
    """The chosen cases: of the address, and of the form when that had an error."""
    texts = request.GET.getlist("slot")
    keys = _keys([*texts, *request.POST.getlist("slot")])
    ticked = set(_keys(request.POST.getlist("slot")) if form.is_bound and texts else keys)
    chosen = access.chosen_at_once(desk.user, _few(keys), desk.capacities, desk.at)
    together = [each for each in chosen if each.permit]
    kind = StepKind(together[0].slot.step_run.kind) if together else None
    context = {
        "now": desk.at,
        "here": _here(request, desk),
        "form": form,
        "together": [_line(each, ticked) for each in together],
        "alone": [_line(each, ticked) for each in chosen if not each.permit],
        "foreign": len(_few(keys)) - len(chosen),
        "beyond": max(0, len(keys) - access.MOST_AT_ONCE),
        "most": access.MOST_AT_ONCE,
        "kind": kind,
        "rule": RULES[AT_ONCE[kind]] if kind else None,
        "outcome": AT_ONCE[kind] if kind else None,
        "is_pullable": kind in PULLABLE,
    }
    status = 422 if form.is_bound else 200
    return render(request, "workflow/approve.html", context, status=status)


def _line(each: Chosen, ticked: set[int]) -> Line:
    held = each.permit.capacity
    return Line(
        each.slot,
        reason=each.permit.reason,
        in_place_of=in_place_of(held) if held is not None and held.basis != Basis.OWN else "",
        is_checked=each.slot.pk in ticked,
    )


# --- the answers ----------------------------------------------------------------------------


def _answer(
    request: HttpRequest, desk: Desk, chosen: Sequence[Chosen], answer: Answer
) -> list[Result]:
    """One after the other: what fails leaves the others as they are."""
    bundle, ends = uuid4(), time.monotonic() + BUDGET
    results = []
    for each in chosen:
        if time.monotonic() > ends:
            results.append(Result(each.slot, str(LATER), came=LEFT))
        elif each.is_done_by(desk.user):
            results.append(Result(each.slot, came=AGAIN))
        elif not each.permit:
            results.append(Result(each.slot, each.permit.reason, came=LEFT))
        else:
            results.append(_answer_one(request, desk, each.slot, answer, bundle))
    return results


def _answer_one(
    request: HttpRequest, desk: Desk, slot: Slot, answer: Answer, bundle: UUID
) -> Result:
    outcome = AT_ONCE[StepKind(slot.step_run.kind)]
    try:
        engine.decide(
            project=slot.step_run.project,
            slot_id=slot.pk,
            revision_hash=request.POST.get(f"{slot.pk}-revision_hash", ""),
            outcome=outcome,
            answer=answer,
            by=desk.user,
            at=desk.at,
            bundle=bundle,
        )
    except Refusal as refusal:
        if is_repeated(request, refusal, outcome, slot.pk):
            return Result(slot, came=AGAIN)
        is_lost = isinstance(refusal, (AlreadyDone, StaleText, Busy))
        return Result(slot, refusal.message, came=LOST if is_lost else LEFT)
    except Exception:
        # One case that cannot go on may not stop the others: it is told, and stands in the log.
        logger.exception("slot %s was not answered with others", slot.pk)
        return Result(slot, str(BROKEN) % incident_number(request), came=LEFT)
    return Result(slot)


def _sums(results: Sequence[Result]) -> dict[str, object]:
    """How many there are of each, and whether a holder may still take the own answers back."""
    done = [each for each in results if each.came == DONE]
    return {
        "done": len(done),
        "again": sum(each.came == AGAIN for each in results),
        "left": [each.slot.pk for each in results if each.came in (LOST, LEFT)],
        "is_pullable": any(each.slot.step_run.kind in PULLABLE for each in done),
    }
