"""What a reader may do with a version of a route that is to be decided, and what was said on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy

from bpr_projects.enums import RevisionKind
from workflow import access, sheet
from workflow.actions.completeness import objections, targets_of
from workflow.enums import (
    DECIDING_KINDS,
    DeputyPolicy,
    Outcome,
    RunState,
    SlotState,
    StepKind,
)
from workflow.forms import AgainForm, AnswerForm, Question
from workflow.models import Decision, Run, Slot
from workflow.outcomes import answers_at
from workflow.views.desk import HEADINGS
from workflow.views.freshness import recently_authenticated
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    from roles.models import Capacity
    from workflow.access import Permit
    from workflow.models import Route, StepRun
    from workflow.outcomes import Rule

CONSEQUENCES: Final[dict[Outcome, StrOrPromise]] = {
    Outcome.APPROVED: gettext_lazy("決裁へ進みます。"),
    Outcome.AGREED: gettext_lazy("合議に同意します。"),
    Outcome.ADOPTED: gettext_lazy("施行日からこの版になり、前の版はその日に終わります。"),
    Outcome.NOT_ADOPTED: gettext_lazy("この改正は行いません。いまの版が続きます。"),
    Outcome.SENT_BACK: gettext_lazy("指摘を付けて、事務局の案に戻します。"),
}
"""What an answer means for a rule, where the words for a case do not fit."""


@dataclass(frozen=True)
class Card:
    """An answer to choose, with what it means here."""

    outcome: Outcome
    label: str
    rule: Rule
    consequence: StrOrPromise
    is_chosen: bool


@dataclass(frozen=True)
class RuleDesk:
    """The right side of the page. ``holders``: who is asked now, seat by seat.

    ``pull_back``, ``nudge``: for whoever acted last, and for whoever waits; None for all others.
    """

    run: Run | None = None
    step: StepRun | None = None
    holders: tuple[tuple[str, str], ...] = ()
    slot: Slot | None = None
    permit: Permit | None = None
    heading: str = ""
    form: AnswerForm | None = None
    again: AgainForm | None = None
    may_withdraw: bool = False
    pull_back: Permit | None = None
    nudge: Permit | None = None

    @property
    def cards(self) -> list[Card]:
        """The answers in the words of a rule."""
        if self.form is None:
            return []
        return [
            Card(
                each.outcome,
                each.label,
                each.rule,
                CONSEQUENCES.get(each.outcome, each.rule.consequence),
                each.is_chosen,
            )
            for each in self.form.cards()
        ]

    @property
    def is_revision(self) -> bool:
        """Whether the draft waits to be corrected and handed in again."""
        return self.step is not None and self.step.kind == StepKind.REVISION


def run_of(route: Route) -> Run | None:
    """The run that decides the version now, with its open step."""
    runs = Run.objects.filter(rule=route, state=RunState.OPEN).select_related(
        "step", "revision", "route", "rule"
    )
    return runs.first()


def desk_of(
    request: HttpRequest,
    route: Route,
    capacities: Collection[Capacity],
    at: datetime,
    *,
    form: AnswerForm | None = None,
    again: AgainForm | None = None,
) -> RuleDesk:
    """``form`` and ``again``: as they were sent."""
    run = run_of(route)
    if run is None or run.step is None:
        return RuleDesk(run=run)
    waiting = [slot for slot in slots_of(run) if slot.state == SlotState.OPEN]
    mine = {each.post.pk for each in capacities}
    desk = RuleDesk(
        run=run,
        step=run.step,
        holders=tuple((each.post.title, _names(each, at)) for each in waiting),
        may_withdraw=bool(access.permit_to_write_rules(capacities)),
        pull_back=_pull_back(request, run, at),
    )
    slot = next((each for each in waiting if each.post_id in mine), None)
    if slot is None:
        return replace(desk, nudge=_nudge(run.step, waiting, capacities, at))
    return _with_part(request, route, desk, slot, at, form, again)


def _pull_back(request: HttpRequest, run: Run, at: datetime) -> Permit | None:
    """Offered, or refused with its reason, to whoever did the last act."""
    last = access.last_act(run)
    if last is None or last.decided_by_id != person_of(request).pk:
        return None
    return access.may_pull_back(person_of(request), run, at)


def _nudge(
    step: StepRun, waiting: list[Slot], capacities: Collection[Capacity], at: datetime
) -> Permit | None:
    if not waiting or not access.waits_for_rules(capacities):
        return None
    lately = access.nudged_lately(waiting[0], at)
    permit = access.permit_by_clock(
        step.due_at, None, at, frozenset(), is_paused=step.paused_since is not None
    )
    return access.no(lately) if permit and lately else permit


def slots_of(run: Run) -> list[Slot]:
    """The seats of the open step."""
    slots = Slot.objects.filter(step_run=run.step_id).select_related("post__section", "step_run")
    found = list(slots.order_by("pk"))
    for slot in found:
        slot.step_run.run = run
        slot.step_run.revision = run.revision
    return found


def _names(slot: Slot, at: datetime) -> str:
    return "、".join(each.person.name for each in access.holders(slot, at))


def _with_part(
    request: HttpRequest,
    route: Route,
    desk: RuleDesk,
    slot: Slot,
    at: datetime,
    form: AnswerForm | None,
    again: AgainForm | None,
) -> RuleDesk:
    """The desk with the reader's seat: a form, or why there is none."""
    permit = access.may_answer(person_of(request), slot, at)
    desk = replace(desk, slot=slot, permit=permit)
    if not permit:
        return desk
    if slot.step_run.kind == StepKind.REVISION:
        initial = {"draft_version": route.draft_version}
        return replace(desk, again=again or AgainForm(initial=initial))
    return replace(
        desk,
        heading=str(HEADINGS[StepKind(slot.step_run.kind)]) % slot.post.title,
        form=form or answer_form(request, slot, permit, at),
    )


def answer_form(
    request: HttpRequest, slot: Slot, permit: Permit, at: datetime, *, is_sent: bool = False
) -> AnswerForm:
    """The form of a seat: as it was sent, or with what was chosen on the way here."""
    step = slot.step_run
    kind = StepKind(step.kind)
    outcomes = answers_at(kind, RevisionKind.ROUTE)
    is_deputy = permit.capacity is not None and permit.capacity.delegation is not None
    question = Question(
        kind=kind,
        revision_hash=step.revision.content_hash if step.revision else "",
        targets=targets_of(slot) if Outcome.SENT_BACK in outcomes else (),
        needs_reply=kind in DECIDING_KINDS and bool(objections(step.run)),
        needs_urgent_reason=is_deputy and step.deputy == DeputyPolicy.URGENT,
        needs_password=kind in DECIDING_KINDS
        and bool(permit)
        and not recently_authenticated(request, at),
        text=RevisionKind.ROUTE,
    )
    if is_sent:
        return AnswerForm(question, request.POST, auto_id=f"a{slot.pk}_%s")
    initial = {"return_to": request.GET.get("from", "")}
    if request.GET.get("outcome") in outcomes:
        initial["outcome"] = request.GET["outcome"]
    return AnswerForm(question, initial=initial, auto_id=f"a{slot.pk}_%s")


def history_of(route: Route) -> list[sheet.Line]:
    """All that was said on the version, newest first."""
    said = list(sheet.rows_of(Decision.objects.filter(run__rule=route)).order_by("-pk"))
    texts = sheet.texts_of(said)
    return [sheet.line_of(each, texts.get(each.pk, {}), (), is_superseded=False) for each in said]
