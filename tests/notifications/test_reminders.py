"""Reminders of the OODA loop: one business day before, once when late, never at night."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bpr_projects.models import Closure
from notifications.enums import Event, MessageState
from notifications.models import OutboxMessage
from notifications.reminders import remind
from tests.make import JST, a_project, record_phase
from tests.notifications.mails import assert_accounted, forget_mails, send, the_mail, told
from workflow.enums import DeadlineAction, StepKind
from workflow.models import StepRun

if TYPE_CHECKING:
    from tests.fixtures_city import City

# Observation opens on 5/11 and is due on Monday 5/25.
THURSDAY_BEFORE = datetime(2026, 5, 21, 9, 0, tzinfo=JST)
FRIDAY_NIGHT = datetime(2026, 5, 22, 0, 5, tzinfo=JST)
FRIDAY = datetime(2026, 5, 22, 9, 0, tzinfo=JST)
DUE = datetime(2026, 5, 25, 17, 0, tzinfo=JST)
SUNDAY_AFTER = datetime(2026, 5, 31, 9, 0, tzinfo=JST)
SATURDAY_AFTER = datetime(2026, 5, 30, 9, 0, tzinfo=JST)
MONDAY_AFTER = datetime(2026, 6, 1, 9, 0, tzinfo=JST)
LATE = datetime(2026, 5, 27, 9, 0, tzinfo=JST)


def a_running_case() -> None:
    a_project(to=StepKind.OBSERVE, route="RT1")
    forget_mails()


def test_a_deadline_is_told_one_business_day_before_and_once(office: City) -> None:
    a_running_case()

    assert remind(at=THURSDAY_BEFORE) == 0
    assert remind(at=FRIDAY) == 1
    assert remind(at=FRIDAY) == 0
    assert remind(at=DUE) == 0
    send(DUE)

    assert told(Event.CYCLE_DUE) == [office.holder("LEADER-SHIMIN").name]
    assert the_mail(Event.CYCLE_DUE).subject == (
        "【業務改革ナビ】期限が近づいています（5/25まで）：R8-001 書かない窓口"
    )


def test_nobody_is_reminded_at_night(office: City) -> None:
    a_running_case()
    remind(at=FRIDAY_NIGHT)

    assert send(FRIDAY_NIGHT).sent == 0
    assert send(FRIDAY).sent == 1


def test_nobody_is_reminded_while_the_city_hall_is_closed(office: City) -> None:
    a_running_case()
    Closure.objects.create(day=LATE.date(), reason="創立記念日")

    closed = [remind(at=day) for day in (LATE, SATURDAY_AFTER, SUNDAY_AFTER)]

    assert closed == [0, 0, 0]
    assert remind(at=MONDAY_AFTER) == 1


def test_being_late_is_told_once_with_the_days(office: City) -> None:
    a_running_case()

    assert remind(at=LATE) == 1
    assert remind(at=LATE) == 0
    send(LATE)

    assert the_mail(Event.CYCLE_OVERDUE).subject == (
        "【業務改革ナビ】期限を過ぎています（2日）：R8-001 書かない窓口"
    )
    assert "期限を2日過ぎています" in the_mail(Event.CYCLE_OVERDUE).text


def test_a_record_that_came_in_is_not_reminded_of(office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")
    forget_mails()
    remind(at=FRIDAY_NIGHT)

    record_phase(case, at=FRIDAY_NIGHT)
    send(FRIDAY)

    assert told(Event.CYCLE_DUE) == []
    reminder = OutboxMessage.objects.get(event=Event.CYCLE_DUE)
    assert reminder.state == MessageState.SUPERSEDED
    assert_accounted()


def test_only_the_loop_is_reminded_of(office: City) -> None:
    a_project()
    forget_mails()

    assert remind(at=LATE) == 0


def test_a_step_whose_rule_says_nothing_at_the_deadline_is_not_reminded(office: City) -> None:
    a_running_case()
    step = StepRun.objects.get(closed_at=None)
    step.snapshot["at_deadline"] = DeadlineAction.NOTHING
    step.save(update_fields=["snapshot"])

    assert [remind(at=FRIDAY), remind(at=LATE)] == [0, 0]
