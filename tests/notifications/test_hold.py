"""A mail about an act that may be taken back waits; what was taken back was told to nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.enums import DeliveryState, Event, MessageState, Reason
from notifications.models import Delivery, OutboxMessage
from notifications.outbox import GATHERING, held
from tests.make import AT, a_project, holder, resubmit, say, the_slot
from tests.notifications.mails import assert_accounted, forget_mails, names, send, told
from workflow import engine
from workflow.enums import Outcome, StepKind
from workflow.outcomes import AT_ONCE, Answer

if TYPE_CHECKING:
    from pytest_django import Settings

    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

HOLD = timedelta(minutes=10)
LATER = AT + timedelta(hours=1)
SOON = LATER + timedelta(minutes=4)
"""Within the hold of what is done at LATER."""


@pytest.fixture(autouse=True)
def _held(settings: Settings) -> None:
    settings.MAIL_HOLD = HOLD


def a_case(to: StepKind, route: str = "RT2") -> Project:
    """Standing at a kind of step; whatever was to be told until then, was."""
    case = a_project(to=to, route=route)
    forget_mails(AT + HOLD)
    return case


def outcomes(event: Event) -> list[tuple[str, str]]:
    """How the messages about an event ended."""
    rows = OutboxMessage.objects.filter(event=event, created_at__gte=LATER)
    return sorted(set(rows.values_list("state", "reason")))


@given(st.timedeltas(timedelta(0), timedelta(days=2)), st.booleans())
def test_only_what_may_be_taken_back_is_held(hold: timedelta, may_be: bool) -> None:  # noqa: FBT001 -- drawn
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.MAIL_HOLD", hold)
        until = held(AT, may_be_taken_back=may_be)

    assert until == (AT + hold if may_be and hold else None)


def test_the_next_station_is_told_when_the_hold_is_over(office: City) -> None:
    case = a_case(StepKind.CONFIRMATION)
    say(case, Outcome.APPROVED, at=LATER)

    assert send(LATER + HOLD - timedelta(seconds=1)).expanded == 0
    assert told() == []
    send(LATER + HOLD)

    assert told() == names(*office.holders("SECRETARIAT"))
    assert_accounted()


def test_a_submission_waits_too(office: City) -> None:
    case = a_project()

    assert send(AT).sent == 0
    assert send(AT + HOLD).sent == 1

    assert told(Event.YOUR_TURN) == [office.holder("HEAD-SHIMIN").name]
    assert case.number == "R8-001"
    assert_accounted()


def test_what_is_pulled_back_within_the_hold_is_told_to_nobody(office: City) -> None:
    case = a_case(StepKind.CONFIRMATION)
    say(case, Outcome.APPROVED, at=LATER)
    send(SOON)
    engine.pull_back(project=case, by=holder("HEAD-SHIMIN"), at=SOON)

    send(LATER + HOLD)
    send(LATER + 2 * HOLD)

    asked = OutboxMessage.objects.filter(slot__step_run__kind=StepKind.RECEPTION)
    assert list(asked.values_list("state", "reason")) == [
        (MessageState.SUPERSEDED, Reason.WORK_CLOSED)
    ]
    assert OutboxMessage.objects.filter(event=Event.PULLED_BACK).count() == 0
    assert told() == []
    assert_accounted()


def test_what_is_pulled_back_after_the_hold_is_told_to_those_who_were_asked(office: City) -> None:
    case = a_case(StepKind.CONFIRMATION)
    say(case, Outcome.APPROVED, at=LATER)
    send(LATER + HOLD)
    engine.pull_back(project=case, by=holder("HEAD-SHIMIN"), at=LATER + HOLD)

    send(LATER + HOLD)

    assert told(Event.PULLED_BACK) == names(*office.holders("SECRETARIAT"))
    assert_accounted()


@pytest.mark.parametrize(
    ("kind", "outcome", "event"),
    [
        (StepKind.DECISION, Outcome.ADOPTED, Event.ADOPTED),
        (StepKind.DECISION, Outcome.HELD, Event.HELD),
        (StepKind.DECISION, Outcome.SENT_BACK, Event.SENT_BACK),
    ],
)
def test_what_cannot_be_taken_back_is_told_at_once(
    office: City, kind: StepKind, outcome: Outcome, event: Event
) -> None:
    case = a_case(kind)
    say(case, outcome, at=LATER)

    send(LATER)

    assert case.proposer.name in told(event)
    assert not OutboxMessage.objects.filter(state=MessageState.PENDING).exists()
    assert_accounted()


def test_a_holder_who_acts_within_the_hold_is_not_asked_by_mail(office: City) -> None:
    case = a_case(StepKind.CONFIRMATION)
    say(case, Outcome.APPROVED, at=LATER)
    say(case, Outcome.RECEIVED, at=SOON)

    send(LATER + HOLD)

    assert outcomes(Event.YOUR_TURN)[-1] == (MessageState.SUPERSEDED, Reason.WORK_CLOSED)
    assert told() == []
    send(SOON + HOLD)
    assert set(told()).isdisjoint(names(*office.holders("SECRETARIAT")))
    assert len(told()) == 6  # the members who review
    assert_accounted()


def test_a_hasty_return_is_taken_back_unread(office: City) -> None:
    case = a_case(StepKind.RECEPTION)
    say(case, Outcome.SENT_BACK, by=holder("SECRETARIAT"), at=LATER)
    send(SOON)
    assert told() == []

    engine.pull_back(project=case, by=holder("SECRETARIAT"), at=SOON)
    send(LATER + HOLD)

    assert set(outcomes(Event.SENT_BACK)) == {
        (MessageState.SUPERSEDED, Reason.PULLED_BACK),
        (MessageState.SUPERSEDED, Reason.WORK_CLOSED),
    }
    assert told(Event.SENT_BACK) == told(Event.PULLED_BACK) == []
    # The seat is asked again; who took it back knows.
    assert told() == told(Event.YOUR_TURN) == names(*office.holders("SECRETARIAT")[1:])
    assert_accounted()


def test_a_return_that_stands_is_told_after_the_hold(office: City) -> None:
    case = a_case(StepKind.RECEPTION)
    say(case, Outcome.SENT_BACK, at=LATER)

    send(LATER + HOLD)

    assert sorted(told(Event.SENT_BACK)) == sorted(
        names(case.proposer, office.holder("HEAD-SHIMIN"))
    )
    resubmit(case, at=LATER + 2 * HOLD)
    send(LATER + 2 * HOLD)
    assert told(Event.YOUR_TURN) == []
    send(LATER + 3 * HOLD)
    assert told(Event.YOUR_TURN) == names(*office.holders("SECRETARIAT"))
    assert_accounted()


@pytest.mark.parametrize("hold", [HOLD, GATHERING / 2])
def test_several_at_once_wait_for_the_longer_of_both(
    office: City, settings: Settings, hold: timedelta
) -> None:
    cases = [a_project(title=f"案{n}") for n in (1, 2)]
    forget_mails(AT + HOLD)
    settings.MAIL_HOLD = hold
    bundle = uuid4()
    for case in cases:
        slot = the_slot(case)
        by, revision = holder(slot.post.code), slot.step_run.revision
        assert revision is not None
        engine.mark_seen(slot=slot, by=by, at=LATER)
        engine.decide(
            project=case,
            slot_id=slot.pk,
            revision_hash=revision.content_hash,
            outcome=AT_ONCE[StepKind.CONFIRMATION],
            answer=Answer(),
            by=by,
            at=LATER,
            bundle=bundle,
        )
    until = LATER + max(hold, GATHERING)

    send(until - timedelta(seconds=1))
    assert told() == []
    engine.pull_back(project=cases[0], by=holder("HEAD-SHIMIN"), at=until - timedelta(seconds=1))
    send(until)

    assert told() == names(*office.holders("SECRETARIAT"))
    [mail, *_others] = Delivery.objects.filter(event=Event.YOUR_TURN, state=DeliveryState.SENT)
    assert ("案1" in mail.text, "案2" in mail.text) == (False, True)
    assert_accounted()


@pytest.mark.parametrize("minutes", [0, 3, 9, 10, 11, 30])
def test_whoever_is_told_of_a_pull_back_was_asked_before(office: City, minutes: int) -> None:
    case = a_case(StepKind.CONFIRMATION)
    say(case, Outcome.APPROVED, at=LATER)
    for minute in range(minutes + 1):
        send(LATER + timedelta(minutes=minute))
    back = LATER + timedelta(minutes=minutes)
    asked = told(Event.YOUR_TURN)

    engine.pull_back(project=case, by=holder("HEAD-SHIMIN"), at=back)
    send(back)

    assert told(Event.PULLED_BACK) == asked
    assert bool(asked) == (minutes >= 10)
    assert_accounted()
