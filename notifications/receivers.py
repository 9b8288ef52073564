"""The only receivers of the workflow's facts: each becomes outbox rows in its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.dispatch import receiver

from notifications import outbox
from notifications.catalogue import NOTICES, OF_READING, TURNS, event_of
from notifications.enums import Event
from notifications.outbox import Fact
from workflow.enums import Outcome, StepKind
from workflow.signals import (
    decision_recorded,
    nudged,
    reading_opened,
    work_closed,
    work_opened,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from roles.models import User
    from workflow.models import Decision, Nudge, Reading, WorkItem


@receiver(work_opened, dispatch_uid="notifications.work_opened")
def tell_whose_turn_it_is(
    sender: object,
    *,
    work_items: Sequence[WorkItem],
    at: datetime,
    by: User | None = None,
    **_later: Any,
) -> None:
    """Each post that is asked."""
    tell = NOTICES[Event.YOUR_TURN].recipients
    facts = [
        Fact(
            event=Event.YOUR_TURN,
            key=f"turn:{item.slot_id}",
            addressees=tell(item),
            project_id=item.project_id,
            run_id=item.step_run.run_id,
            slot_id=item.slot_id,
        )
        for item in work_items
        if StepKind(item.kind) in TURNS
    ]
    outbox.post(facts, at=at, actor=by)


@receiver(work_closed, dispatch_uid="notifications.work_closed")
def take_back_what_was_not_sent(
    sender: object, *, slot_ids: Sequence[int], at: datetime, **_later: Any
) -> None:
    """Nobody is asked any more for what is done, pulled back or ended."""
    outbox.supersede(slot_ids, at=at)


@receiver(decision_recorded, dispatch_uid="notifications.decision_recorded")
def tell_what_was_decided(
    sender: object, *, decision: Decision, at: datetime, **_later: Any
) -> None:
    """Whoever the catalogue names for this outcome."""
    kind = StepKind(decision.step_run.kind) if decision.step_run is not None else None
    event = event_of(Outcome(decision.outcome), kind)
    if event is None:
        return
    fact = Fact(
        event=event,
        key=f"decision:{decision.pk}",
        addressees=NOTICES[event].recipients(decision),
        project_id=decision.project_id,
        run_id=decision.run_id,
        decision_id=decision.pk,
    )
    outbox.post([fact], at=at, actor=decision.decided_by)


@receiver(reading_opened, dispatch_uid="notifications.reading_opened")
def tell_what_is_to_be_read(
    sender: object,
    *,
    readings: Sequence[Reading],
    at: datetime,
    by: User | None = None,
    **_later: Any,
) -> None:
    """Each post that owes a 後閲 or gets a 供覧."""
    facts = [
        Fact(
            event=(event := OF_READING[StepKind(reading.kind)]),
            key=f"reading:{reading.pk}",
            addressees=NOTICES[event].recipients(reading),
            project_id=reading.project_id,
            run_id=reading.run_id,
            reading_id=reading.pk,
        )
        for reading in readings
    ]
    outbox.post(facts, at=at, actor=by)


@receiver(nudged, dispatch_uid="notifications.nudged")
def pass_on_a_polite_request(sender: object, *, nudge: Nudge, at: datetime, **_later: Any) -> None:
    """The holders of the slot; it dies with the work as every request does."""
    step = nudge.slot.step_run
    fact = Fact(
        event=Event.REMINDED,
        key=f"reminded:{nudge.pk}",
        addressees=NOTICES[Event.REMINDED].recipients(nudge),
        project_id=step.project_id,
        run_id=step.run_id,
        slot_id=nudge.slot_id,
    )
    outbox.post([fact], at=at, actor=nudge.asked_by)
