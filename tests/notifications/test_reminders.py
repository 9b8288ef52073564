"""Reminders: on the business day before, on the day, once when late; never at night."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bpr_projects.models import Closure, Project
from notifications.enums import DeliveryState, Event, MessageState, Reason
from notifications.models import Delivery, OutboxMessage
from notifications.reminders import remind
from tests.make import JST, a_project, record_phase, say, the_slot, the_step, walk
from tests.notifications.mails import assert_accounted, forget_mails, names, send, the_mail, told
from workflow import engine
from workflow.enums import DeadlineAction, Outcome, StepKind, WhoRule
from workflow.models import StepRun, WorkItem

if TYPE_CHECKING:
    import pytest
    from pytest_django import DjangoAssertNumQueries

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
LATE_FOR_REVIEW = datetime(2026, 6, 15, 9, 0, tzinfo=JST)

# A decision is due on Monday 5/18; held from 5/11 to 5/18 it is due on 5/25.
AFTER_HOLD = datetime(2026, 5, 19, 9, 0, tzinfo=JST)
DUE_AFTER_HOLD = datetime(2026, 5, 25, 17, 15, tzinfo=JST)
BEYOND = datetime(9999, 12, 30, 12, 0, tzinfo=JST)


def a_running_case() -> None:
    a_project(to=StepKind.OBSERVE, route="RT1")
    forget_mails()


def test_a_deadline_is_told_one_business_day_before_and_once(office: City) -> None:
    a_running_case()

    assert remind(at=THURSDAY_BEFORE) == 0
    assert remind(at=FRIDAY) == 1
    assert remind(at=FRIDAY) == 0
    send(FRIDAY)

    assert told(Event.DUE_SOON) == [office.holder("LEADER-SHIMIN").name]
    assert the_mail(Event.DUE_SOON).subject == (
        "【業務改革ナビ】期限が近づいています（5/25まで）：R8-001 書かない窓口"
    )


def test_the_day_itself_is_told_once_and_in_place_of_what_was_not_sent(office: City) -> None:
    a_running_case()
    remind(at=FRIDAY)

    assert remind(at=DUE) == 1
    assert remind(at=DUE) == 0
    send(DUE)

    assert told() == [office.holder("LEADER-SHIMIN").name]
    assert the_mail(Event.DUE_TODAY).subject == (
        "【業務改革ナビ】期限は本日です：R8-001 書かない窓口"
    )
    early = the_mail(Event.DUE_SOON)
    assert (early.state, early.reason) == (DeliveryState.SUPERSEDED, Reason.DEADLINE_PASSED)


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

    assert the_mail(Event.OVERDUE).subject == (
        "【業務改革ナビ】期限を過ぎています（2営業日超過）：R8-001 書かない窓口"
    )
    assert "期限を過ぎています（2営業日超過）。" in the_mail(Event.OVERDUE).text


def test_a_delay_is_counted_in_business_days(office: City) -> None:
    a_running_case()
    Closure.objects.create(day=LATE.date(), reason="創立記念日")

    remind(at=MONDAY_AFTER)  # of 5/26-6/1 one day is closed, two are a weekend
    send(MONDAY_AFTER)

    assert "期限を過ぎています（4営業日超過）" in the_mail(Event.OVERDUE).subject


def test_a_record_that_came_in_is_not_reminded_of(office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")
    forget_mails()
    remind(at=FRIDAY_NIGHT)

    record_phase(case, at=FRIDAY_NIGHT)
    send(FRIDAY)

    assert told(Event.DUE_SOON) == []
    reminder = OutboxMessage.objects.get(event=Event.DUE_SOON)
    assert reminder.state == MessageState.SUPERSEDED
    assert_accounted()


def test_every_station_is_reminded_of(office: City) -> None:
    case = a_project()
    forget_mails()
    step = the_step(case)
    assert step is not None
    assert step.due_at is not None

    assert remind(at=step.due_at) == 1
    send(step.due_at)

    assert told(Event.DUE_TODAY) == [office.holder("HEAD-SHIMIN").name]


def test_what_was_opened_today_is_not_told_again_today(office: City) -> None:
    a_project()
    WorkItem.objects.update(due_at=FRIDAY, opened_at=THURSDAY_BEFORE)

    assert remind(at=THURSDAY_BEFORE) == 0
    assert remind(at=FRIDAY) == 1


def test_the_days_of_a_hold_do_not_count(office: City) -> None:
    case = a_project(to=StepKind.DECISION, route="RT3")
    say(case, Outcome.HELD, until="2026-12-01")
    forget_mails()

    assert remind(at=FRIDAY) == 0


def test_a_step_whose_rule_says_nothing_at_the_deadline_is_not_reminded(office: City) -> None:
    a_running_case()
    step = StepRun.objects.get(closed_at=None)
    step.snapshot["at_deadline"] = DeadlineAction.NOTHING
    step.save(update_fields=["snapshot"])

    assert [remind(at=FRIDAY), remind(at=LATE)] == [0, 0]


def late_review(rule: str) -> Project:
    """A case that waits for the PT, where the rule says whom to tell when the days are over."""
    case = a_project(to=StepKind.REVIEW)
    forget_mails()
    set_rule(case, at_deadline=DeadlineAction.ESCALATE, escalate_to=rule)
    return case


def set_rule(case: Project, **rule: str) -> None:
    step = the_step(case)
    assert step is not None
    step.snapshot |= rule
    step.save(update_fields=["snapshot"])


def test_the_post_that_the_rule_names_is_told_once_of_a_delay(office: City) -> None:
    case = late_review(WhoRule.PT_CHAIR)
    members = WorkItem.objects.filter(project=case).count()

    remind(at=LATE_FOR_REVIEW)
    assert remind(at=LATE_FOR_REVIEW) == 0
    send(LATE_FOR_REVIEW)

    assert len(told(Event.OVERDUE)) == members
    assert told(Event.DELAY_TOLD) == [office.holder("PT-CHAIR").name]
    mail = the_mail(Event.DELAY_TOLD)
    assert mail.subject.startswith("【業務改革ナビ】期限を過ぎた手続のお知らせ（")
    assert "規則に基づき、上位の職の方にお知らせします。" in mail.text
    assert "期限の数え方：標準8営業日 = 5/21（木）まで" in mail.text
    assert_accounted()


def test_of_a_delay_that_is_over_nothing_is_told(office: City) -> None:
    case = late_review(WhoRule.PT_CHAIR)
    remind(at=LATE_FOR_REVIEW)

    walk(case, to=StepKind.REFERRAL, at=LATE_FOR_REVIEW)
    send(LATE_FOR_REVIEW)

    assert told(Event.DELAY_TOLD) == []
    mail = the_mail(Event.DELAY_TOLD)
    assert (mail.state, mail.reason) == (DeliveryState.SUPERSEDED, Reason.DEADLINE_PASSED)


def test_who_may_not_read_the_case_is_not_told_of_its_delay(office: City) -> None:
    case = a_project()
    forget_mails()
    set_rule(case, at_deadline=DeadlineAction.ESCALATE, escalate_to=WhoRule.PT_MEMBERS)

    remind(at=LATE_FOR_REVIEW)
    send(LATE_FOR_REVIEW)

    assert told(Event.OVERDUE) == [office.holder("HEAD-SHIMIN").name]
    assert told(Event.DELAY_TOLD) == [office.holder("PT-CHAIR").name]
    unsent = Delivery.objects.filter(event=Event.DELAY_TOLD, state=DeliveryState.SKIPPED)
    assert set(unsent.values_list("reason", flat=True)) == {Reason.NOT_ENTITLED}
    assert_accounted()


def test_what_was_held_before_the_mail_went_out_is_not_late(office: City) -> None:
    case = a_project(to=StepKind.DECISION, route="RT3")
    forget_mails()
    night = LATE_FOR_REVIEW.replace(hour=0, minute=5)
    remind(at=night)

    say(case, Outcome.HELD, until="2026-12-01", at=night)
    send(LATE_FOR_REVIEW)

    assert told(Event.OVERDUE) == []
    mail = the_mail(Event.OVERDUE)
    assert (mail.state, mail.reason) == (DeliveryState.SUPERSEDED, Reason.WORK_CLOSED)


def test_who_is_asked_is_reminded_even_if_the_post_above_cannot_be_found(
    office: City, caplog: pytest.LogCaptureFixture
) -> None:
    case = a_project()
    forget_mails()
    set_rule(case, at_deadline=DeadlineAction.ESCALATE, escalate_to="?")

    remind(at=LATE_FOR_REVIEW)
    assert remind(at=LATE_FOR_REVIEW) == 0
    send(LATE_FOR_REVIEW)

    assert told(Event.OVERDUE) == [office.holder("HEAD-SHIMIN").name]
    assert told(Event.NOT_REMINDED) == names(*office.holders("SECRETARIAT"))
    assert len(caplog.records) == 1


def test_work_that_cannot_be_told_of_is_named_and_stops_nobody(
    office: City, caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = a_project(), a_project(title="窓口の待ち時間の見える化")
    forget_mails()
    set_rule(broken, at_deadline="?")

    remind(at=LATE_FOR_REVIEW)
    assert remind(at=LATE_FOR_REVIEW) == 0
    send(LATE_FOR_REVIEW)

    assert [mail.project for mail in Delivery.objects.filter(event=Event.OVERDUE)] == [well]
    assert told(Event.NOT_REMINDED) == names(*office.holders("SECRETARIAT"))
    assert the_mail(Event.NOT_REMINDED).subject == (
        "【業務改革ナビ】期限の督促ができません：R8-001 書かない窓口"
    )
    assert [record.message for record in caplog.records] == [
        f"a reminder of slot {the_slot(broken).pk} cannot be written"
    ]


def test_the_sweep_asks_the_same_whatever_is_due(
    office: City, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    a_project()
    with CaptureQueriesContext(connection) as one:
        remind(at=LATE_FOR_REVIEW)
    OutboxMessage.objects.filter(event=Event.OVERDUE).delete()
    a_project(title="窓口の待ち時間の見える化")
    a_project(title="庁内照会の自動とりまとめ")

    with django_assert_num_queries(len(one)):
        assert remind(at=LATE_FOR_REVIEW) == 3


def asked(queries: CaptureQueriesContext) -> list[str]:
    """What was asked; SQLite cuts a long INSERT in two."""
    return [each["sql"] for each in queries if not each["sql"].startswith("INSERT")]


def test_the_sweep_asks_the_same_whatever_is_late_and_told_above(office: City) -> None:
    late_review(WhoRule.DEPARTMENT_HEAD)
    with CaptureQueriesContext(connection) as one:
        remind(at=LATE_FOR_REVIEW)
    OutboxMessage.objects.filter(event__in=[Event.OVERDUE, Event.DELAY_TOLD]).delete()
    late_review(WhoRule.DEPARTMENT_HEAD)
    late_review(WhoRule.PT_CHAIR)

    with CaptureQueriesContext(connection) as three:
        remind(at=LATE_FOR_REVIEW)
    assert len(asked(three)) == len(asked(one))
    assert OutboxMessage.objects.filter(event=Event.DELAY_TOLD).count() == 3


def held_and_broken() -> Project:
    """A case whose 保留 ends on 5/18 and cannot be resumed: its deadline is beyond all time."""
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD)
    StepRun.objects.filter(project=case, closed_at=None).update(due_at=BEYOND)
    return case


def test_a_hold_that_cannot_end_is_named_and_stops_nobody(
    office: City, caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = held_and_broken(), a_project(to=StepKind.DECISION)
    say(well, Outcome.HELD)
    forget_mails()
    step = the_step(broken)
    assert step is not None

    assert engine.resume_due(at=AFTER_HOLD) == 1
    assert [remind(at=AFTER_HOLD), remind(at=AFTER_HOLD)] == [1, 0]
    send(AFTER_HOLD)

    assert [record.message for record in caplog.records] == [f"step {step.pk} cannot be resumed"]
    assert told(Event.NOT_RESUMED) == names(*office.holders("SECRETARIAT"))
    mail = the_mail(Event.NOT_RESUMED)
    assert mail.subject == "【業務改革ナビ】保留を終えられません：R8-001 書かない窓口"
    assert "自動で再開する処理が失敗しました" in mail.text
    assert_accounted()


def test_a_hold_that_ended_before_the_mail_went_out_is_not_named(office: City) -> None:
    say(a_project(to=StepKind.DECISION), Outcome.HELD)
    forget_mails()
    night = AFTER_HOLD.replace(hour=0, minute=5)

    assert remind(at=night) == 1
    engine.resume_due(at=night)
    send(AFTER_HOLD)

    assert told(Event.NOT_RESUMED) == []
    assert_accounted()


def test_cron_alone_resumes_then_reminds_then_sends(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    due = the_slot(case).step_run.due_at
    say(case, Outcome.HELD)
    forget_mails()
    assert due is not None

    call_command("outbox_sweep", "--mails-only", "--at", "2026-05-26T09:00")

    step = the_step(case)
    assert step is not None
    assert (due, step.due_at) == (datetime(2026, 5, 18, 17, 15, tzinfo=JST), DUE_AFTER_HOLD)
    assert told() == [office.holder("HQ-CHAIR").name]
    assert the_mail(Event.OVERDUE).subject == (
        "【業務改革ナビ】期限を過ぎています（1営業日超過）：R8-001 書かない窓口"
    )
