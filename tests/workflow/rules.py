"""Versions of routes in tests: written, proposed and decided through the real verbs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.timezone import localdate

from roles.models import holders_of
from tests.make import AT, holder
from workflow import engine
from workflow.access import may_answer
from workflow.actions import route_versions
from workflow.enums import Outcome, SlotState
from workflow.models import Route, RouteStep, Slot
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from datetime import datetime

    from roles.models import User
    from workflow.models import Decision, Run

LATER: Final = date(2026, 7, 1)
HEAD: Final = "HEAD-DIGITAL"
CHAIR: Final = "HQ-CHAIR"


def in_force(code: str) -> Route:
    """The version of today."""
    return Route.objects.get(code=code, version=1)


def a_draft(
    code: str = "RT2", *, by: str = "SECRETARIAT", begins: date = LATER, **head: Any
) -> Route:
    """A clean draft of the next version; ``head``: what it says otherwise."""
    with transaction.atomic():
        draft = route_versions.start_draft(of=in_force(code), by=holder(by), effective_from=begins)
        draft = route_versions.write(draft, draft.draft_version, holder(by))
        kept = {name: getattr(draft, name) for name in route_versions.HEAD}
        route_versions.save_head(draft, {**kept, "purpose": "期限を縮める。", **head})
    return draft


def change(draft: Route, title: str, **values: Any) -> RouteStep:
    """Another text of a step, as the form saves it."""
    row = draft.steps.get(title=title)
    kept = {name: getattr(row, name) for name in WRITTEN}
    return route_versions.save_step(draft, row.order, {**kept, **values})


WRITTEN: Final = (
    "kind",
    "title",
    "who",
    "who_argument",
    "condition",
    "mode",
    "quorum",
    "standard_days",
    "clause",
    "deputy",
    "may_skip",
    "fallback",
    "at_deadline",
    "escalate_to",
    "may_return_to",
)


def propose(draft: Route, *, by: str = "SECRETARIAT", at: datetime = AT) -> Run:
    """提出 of the draft as it stands."""
    draft.refresh_from_db()
    return engine.propose_route(
        route=draft, draft_version=draft.draft_version, by=holder(by, at), at=at
    )


def open_slot(run: Run) -> Slot:
    """The seat that is asked now."""
    return Slot.objects.select_related(
        "post", "step_run__run__rule", "step_run__run__revision", "step_run__revision"
    ).get(step_run__run=run, state=SlotState.OPEN)


def say(
    run: Run, outcome: Outcome, *, by: User | None = None, at: datetime = AT, **answer: Any
) -> Decision:
    """Answer the open step as the first person who may."""
    slot = open_slot(run)
    held = holders_of([slot.post_id], localdate(at))[slot.post_id]
    who = by or next(each.person for each in held if may_answer(each.person, slot, at))
    revision = slot.step_run.revision
    return engine.decide(
        project=None,
        slot_id=slot.pk,
        revision_hash=revision.content_hash if revision else "",
        outcome=outcome,
        answer=Answer(**{"comment": "確かめました。", **answer}),
        by=who,
        at=at,
    )


def decided(code: str = "RT2", *, at: datetime = AT, **head: Any) -> Route:
    """A version that was proposed, approved and adopted."""
    run = propose(a_draft(code, **head), at=at)
    say(run, Outcome.APPROVED, at=at)
    say(run, Outcome.ADOPTED, at=at)
    return Route.objects.get(code=code, version=2)
