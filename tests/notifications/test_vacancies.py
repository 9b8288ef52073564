"""What asks a vacant seat to do something waits for the successor; what only informs does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from notifications.enums import DeliveryState, Event, MessageState, Reason
from notifications.management import accounting
from notifications.models import Delivery, OutboxMessage
from notifications.reminders import remind
from tests.make import (
    AT,
    JST,
    TODAY,
    a_project,
    a_user,
    an_appointment,
    holder,
    record_phase,
    resubmit,
    say,
    the_slot,
    withdraw,
)
from tests.notifications.mails import assert_accounted, forget_mails, send, the_mail, told
from workflow import engine
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from roles.models import Post, User
    from tests.fixtures_city import City

NEXT_DAY = AT + timedelta(days=1)
# Observation opens on 5/11 and is due on Monday 5/25.
FRIDAY = datetime(2026, 5, 22, 9, 0, tzinfo=JST)
SATURDAY = datetime(2026, 5, 23, 9, 0, tzinfo=JST)
LATE = datetime(2026, 5, 27, 9, 0, tzinfo=JST)


def leave(post: Post) -> None:
    """Whoever holds the seat has retired today."""
    for appointment in post.appointments.all():
        appointment.person.is_active = False
        appointment.person.save()
    post.appointments.update(ends_on=TODAY)


def succeed(post: Post, at: datetime) -> User:
    successor = a_user(name="後任 太郎")
    an_appointment(post=post, person=successor, starts_on=at.date())
    return successor


def waiting() -> list[tuple[str, str]]:
    rows = OutboxMessage.objects.filter(state=MessageState.PENDING).order_by("pk")
    return list(rows.values_list("event", "reason"))


def test_a_case_sent_back_to_a_vacant_seat_is_told_to_the_successor(office: City) -> None:
    case = a_project()
    forget_mails()
    leave(seat := office.post("LEADER-SHIMIN"))

    say(case, Outcome.SENT_BACK)
    send()

    assert told() == []
    assert waiting() == [(Event.SENT_BACK, Reason.VACANT)]
    assert list(accounting.faults(AT + timedelta(hours=1))) == []
    succeed(seat, NEXT_DAY)
    send(NEXT_DAY)
    assert told(Event.SENT_BACK) == ["後任 太郎"]
    assert "修正をお願いします" in the_mail(Event.SENT_BACK).subject
    assert_accounted()


def test_a_change_sent_back_to_a_vacant_seat_is_told_to_the_successor(office: City) -> None:
    case = a_project(route="RT1", to=StepKind.OBSERVE)
    for decided in ({}, {}, {"cost": 500_000}):
        record_phase(case, content=decided)
    forget_mails()
    leave(seat := office.post("LEADER-SHIMIN"))

    say(case, Outcome.SENT_BACK)
    send()
    succeed(seat, NEXT_DAY)
    send(NEXT_DAY)

    assert told(Event.SENT_BACK) == ["後任 太郎"]
    assert f"/steps/{the_slot(case).pk}/correct/" in the_mail(Event.SENT_BACK).text


def test_a_successor_is_not_asked_for_what_was_withdrawn_meanwhile(office: City) -> None:
    case = a_project()
    forget_mails()
    say(case, Outcome.SENT_BACK)
    seat = office.post("LEADER-SHIMIN")
    by = office.holder("LEADER-SHIMIN")
    withdraw(case, by=by)
    leave(seat)

    succeed(seat, NEXT_DAY)
    send(NEXT_DAY)

    assert told(Event.SENT_BACK) == []
    assert waiting() == []
    assert_accounted()


def test_a_case_that_goes_back_to_the_team_does_not_wait_for_the_proposers_successor(
    office: City,
) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()
    leave(office.post("LEADER-SHIMIN"))

    say(case, Outcome.SENT_BACK, target="PROJECT_TEAM")
    send()

    assert waiting() == []
    seat = OutboxMessage.objects.get(event=Event.SENT_BACK, post__code="LEADER-SHIMIN")
    assert (seat.state, seat.reason) == (MessageState.SKIPPED, Reason.NOBODY)


def test_readings_of_a_vacant_seat_are_told_to_the_successor(office: City) -> None:
    case = a_project(to=StepKind.STANDING_DECISION, route="RT1")
    forget_mails()
    posts = {}

    say(case, Outcome.ADOPTED)
    for reading in case.readings.select_related("post"):
        posts[reading.post] = reading.kind
        leave(reading.post)
    send()

    owed = sorted(posts.values())
    assert owed == sorted(event for event, reason in waiting() if reason == Reason.VACANT)
    for post in posts:
        succeed(post, NEXT_DAY)
    send(NEXT_DAY)
    assert [told(Event(kind)) for kind in sorted(set(owed))] == [
        ["後任 太郎"] * owed.count(kind) for kind in sorted(set(owed))
    ]
    assert_accounted()


def test_a_polite_request_to_a_vacant_seat_is_told_to_the_successor(office: City) -> None:
    case = a_project()
    late = AT + timedelta(days=3)
    forget_mails()
    leave(seat := office.post("HEAD-SHIMIN"))

    engine.nudge(slot_id=the_slot(case).pk, project=case, by=holder("LEADER-SHIMIN"), at=late)
    send(late)
    succeed(seat, late)
    send(late + timedelta(hours=1))

    assert told(Event.REMINDED) == ["後任 太郎"]


def test_a_deadline_of_a_vacant_seat_is_told_to_the_successor(office: City) -> None:
    a_project(to=StepKind.OBSERVE, route="RT1")
    forget_mails()
    leave(seat := office.post("LEADER-SHIMIN"))

    remind(at=FRIDAY)
    send(FRIDAY)
    succeed(seat, SATURDAY)
    send(SATURDAY)

    assert told(Event.DUE_SOON) == ["後任 太郎"]


def test_a_successor_who_comes_after_the_deadline_is_told_only_that_it_has_passed(
    office: City,
) -> None:
    a_project(to=StepKind.OBSERVE, route="RT1")
    forget_mails()
    leave(seat := office.post("LEADER-SHIMIN"))
    remind(at=FRIDAY)
    send(FRIDAY)

    remind(at=LATE)
    succeed(seat, LATE)
    send(LATE)

    assert told(Event.OVERDUE) == ["後任 太郎"]
    early = Delivery.objects.get(event=Event.DUE_SOON)
    assert (early.state, early.reason) == (DeliveryState.SUPERSEDED, Reason.DEADLINE_PASSED)
    assert_accounted()


def test_who_corrected_for_a_seat_that_fell_vacant_ends_the_waiting(office: City) -> None:
    case = a_project()
    forget_mails()
    say(case, Outcome.SENT_BACK)
    seat = office.post("LEADER-SHIMIN")
    leave(seat)
    send()
    successor = succeed(seat, NEXT_DAY)

    resubmit(case, at=NEXT_DAY)
    send(NEXT_DAY)

    assert told(Event.SENT_BACK) == []
    assert not Delivery.objects.filter(event=Event.SENT_BACK, person=successor).exists()
    assert_accounted()
