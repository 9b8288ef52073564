"""What a reader may do with a version of a route that is to be decided, and what was said on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.db.models import F
from django.utils.translation import gettext_lazy

from bpr_projects.enums import RevisionKind
from workflow import access, sheet
from workflow.actions.completeness import objections, targets_of
from workflow.charts import ball_of, closing_days, seats_today
from workflow.enums import (
    DECIDING_KINDS,
    DeputyPolicy,
    Outcome,
    RunState,
    SlotState,
    StepKind,
)
from workflow.forms import AgainForm, AnswerForm, Question
from workflow.models import Decision, Slot
from workflow.outcomes import answers_at
from workflow.views.desk import HEADINGS
from workflow.views.freshness import recently_authenticated
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    from roles.models import Capacity, User
    from workflow.access import Permit
    from workflow.charts import Ball
    from workflow.models import Route, Run, StepRun
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
    """The right side of the page. ``ball``: who is asked now.

    ``pull_back``, ``nudge``: for whoever acted last, and for whoever waits; None for all others.
    """

    step: StepRun | None = None
    ball: Ball | None = None
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


def slots_of(route: Route) -> list[Slot]:
    """The seats of the open step of the run that decides the version now."""
    slots = (
        Slot.objects.filter(
            step_run__run__rule=route,
            step_run__run__state=RunState.OPEN,
            step_run__run__step=F("step_run"),
        )
        .select_related(
            "post__section",
            "step_run__run__route",
            "step_run__run__rule",
            "step_run__run__revision",
        )
        .annotate(**sheet.first_look(), **access.last_nudge())
    )
    found = list(slots.order_by("pk"))
    for slot in found:
        slot.step_run = found[0].step_run
        slot.step_run.revision = slot.step_run.run.revision
    return found


def run_of(route: Route) -> Run | None:
    """The run that decides the version now."""
    return next((slot.step_run.run for slot in slots_of(route)), None)


def desk_of(
    request: HttpRequest,
    route: Route,
    capacities: list[Capacity],
    at: datetime,
    said: Iterable[Decision],
    *,
    form: AnswerForm | None = None,
    again: AgainForm | None = None,
) -> RuleDesk:
    """``said``: all decisions on the version, newest first. ``form``, ``again``: as sent."""
    slots = slots_of(route)
    if not slots:
        return RuleDesk()
    mine = {each.post.pk for each in capacities}
    ball = ball_of(slots, seats_today(slots, at), at, closing_days())
    desk = RuleDesk(
        step=slots[0].step_run,
        ball=ball,
        may_withdraw=bool(access.permit_to_write_rules(capacities)),
        pull_back=_pull_back(person_of(request), slots, list(said)[::-1], capacities),
    )
    waiting = (slot for slot in slots if slot.state == SlotState.OPEN)
    slot = next((each for each in waiting if each.post_id in mine), None)
    if slot is None:
        waits = ball.seats and access.waits_for_rules(capacities)
        return replace(desk, nudge=ball.nudge if waits else None)
    return _with_part(request, route, desk, slot, at, form, again)


def _pull_back(
    reader: User, slots: list[Slot], said: list[Decision], capacities: list[Capacity]
) -> Permit | None:
    """Offered, or refused with its reason, to whoever did the last act."""
    last = sheet.opening_act(slots[0].step_run, slots, said)
    if last is None or last.decided_by_id != reader.pk:
        return None
    return access.permit_to_pull_back(reader, last, sheet.opened_first(slots), capacities)


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
    of_route = Decision.objects.filter(run__rule=route)
    said = list(sheet.rows_of(of_route).select_related("step_run").order_by("-pk"))
    texts = sheet.texts_of(said)
    return [sheet.line_of(each, texts.get(each.pk, {}), (), is_superseded=False) for each in said]
