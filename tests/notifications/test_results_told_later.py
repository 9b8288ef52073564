"""発表日時: a result is decided now and told later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bpr_projects.calendar import JST
from bpr_projects.enums import Stage
from notifications import actions
from notifications.enums import DeliveryState, Event, MessageState, Reason
from notifications.models import Delivery, OutboxMessage
from notifications.reminders import remind
from notifications.templatetags.mails import why_waiting
from tests.make import AT, a_project, holder, say, the_slot
from tests.notifications.mails import assert_accounted, forget_mails, send, told
from tests.workflow.pages import answer_url, client_of, sent, text_of
from workflow import engine
from workflow.actions.refusals import Unanswered
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, WorkItem
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

MOMENT = datetime(2026, 5, 13, 10, 0, tzinfo=JST)
LATER = AT + timedelta(days=1)
SENTENCE = "発表日時は、本日から31日以内の日時を入れてください。"


def told_later(case: Project, tell_at: str) -> None:
    say(case, Outcome.ADOPTED, tell_at=tell_at)


def test_nobody_hears_of_a_result_before_its_hour(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()

    told_later(case, "2026-05-13T10:00")
    send(AT)
    send(MOMENT - timedelta(minutes=1))

    case.refresh_from_db()
    assert (case.stage, told()) == (Stage.RUNNING, [])
    waiting = OutboxMessage.objects.filter(state=MessageState.PENDING)
    assert set(waiting.values_list("hold_until", flat=True)) == {MOMENT}

    send(MOMENT)
    assert office.holder("LEADER-SHIMIN").name in told(Event.ADOPTED)
    assert told(Event.YOUR_TURN) == [office.holder("LEADER-SHIMIN").name]
    assert_accounted()


@pytest.mark.parametrize("moment", ["2026-05-10T10:00", "2026-06-12T10:00", "きのう"])
def test_an_hour_that_does_not_fit_is_refused(office: City, moment: str) -> None:
    case = a_project(to=StepKind.DECISION)
    before = (Decision.objects.count(), OutboxMessage.objects.count())

    with pytest.raises(Unanswered) as refusal:
        told_later(case, moment)

    assert refusal.value.problems == {"tell_at": SENTENCE}
    assert (Decision.objects.count(), OutboxMessage.objects.count()) == before


def test_an_answer_that_is_no_result_has_no_such_hour(office: City) -> None:
    case = a_project(to=StepKind.DECISION)

    say(case, Outcome.SENT_BACK, tell_at="2026-05-13T10:00")

    of_it = OutboxMessage.objects.filter(event=Event.SENT_BACK)
    assert MOMENT not in of_it.values_list("hold_until", flat=True)


@pytest.mark.time_machine(AT)
@pytest.mark.parametrize("typed", ["2026-05-13T10:00", "2026/5/13 10:00", "令和8年5月13日 10:00"])
def test_the_page_takes_the_hour_as_people_write_it(office: City, typed: str) -> None:
    slot = the_slot(a_project(to=StepKind.DECISION))
    chair = client_of("HQ-CHAIR")

    chair.post(answer_url(slot), sent(slot, Outcome.ADOPTED, tell_at=typed))

    results = OutboxMessage.objects.filter(event=Event.ADOPTED)
    assert set(results.values_list("hold_until", flat=True)) == {MOMENT}


@pytest.mark.time_machine(AT)
def test_the_page_says_beside_the_field_what_does_not_fit(office: City) -> None:
    slot = the_slot(a_project(to=StepKind.DECISION))

    page = client_of("HQ-CHAIR").post(
        answer_url(slot), sent(slot, Outcome.ADOPTED, tell_at="あしたの朝")
    )

    assert (page.status_code, SENTENCE in text_of(page)) == (422, True)
    assert 'value="あしたの朝"' in text_of(page)
    assert not Delivery.objects.filter(event=Event.ADOPTED).exists()


def test_an_hour_that_is_over_is_refused(office: City) -> None:
    case = a_project(to=StepKind.DECISION)

    with pytest.raises(Unanswered) as refusal:
        told_later(case, "2026-05-11T08:00")

    assert refusal.value.problems == {"tell_at": "発表日時は、いまより後の日時を入れてください。"}


def test_the_deadlines_of_work_that_nobody_knows_of_are_not_told(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()
    told_later(case, "2026-06-08T10:00")
    item = WorkItem.objects.get(project=case)
    assert item.due_at is not None
    hour = datetime(2026, 6, 8, 10, 0, tzinfo=JST)
    assert item.due_at < hour

    remind(at=item.due_at)
    send(item.due_at)
    assert told() == []

    remind(at=hour)
    send(hour)
    leader = office.holder("LEADER-SHIMIN").name
    assert (told(Event.YOUR_TURN), told(Event.OVERDUE)) == ([leader], [leader])
    assert_accounted()


def test_the_outbox_says_so_and_does_not_hurry_it(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    told_later(case, "2026-05-13T10:00")
    message = OutboxMessage.objects.filter(event=Event.ADOPTED)[0]

    assert why_waiting(message, AT) == "発表日時まで送りません（5/13（水）10:00まで）"
    with pytest.raises(actions.NotReleasable) as refusal:
        actions.send_fact_now(message=message, reason="急ぐため", by=holder("SECRETARIAT"), at=AT)

    assert str(refusal.value) == ("決裁のときに決めた発表日時（5/13 10:00）までは、送れません。")
    message.refresh_from_db()
    assert message.hold_until == MOMENT


def test_a_correction_before_the_hour_is_told_as_the_result_itself(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()
    first = say(case, Outcome.ADOPTED_WITH_CONDITIONS, tell_at="2026-05-13T10:00")

    corrected = engine.correct(
        project=case,
        decision_id=first.pk,
        answer=Answer(
            comment="趣旨に賛同する。",
            correction="期限の誤記のため。",
            conditions=(("研修を行う", "SHIMIN", "2026-12-01"),),
        ),
        by=holder("HQ-CHAIR"),
        at=LATER,
    )
    send(LATER)
    assert told() == []

    send(MOMENT)
    results = Delivery.objects.filter(event=Event.ADOPTED_WITH_CONDITIONS)
    assert told(Event.CORRECTED) == []
    assert set(results.values_list("state", flat=True)) == {DeliveryState.SENT}
    messages = OutboxMessage.objects.filter(decision__in=(first, corrected))
    assert set(messages.values_list("decision", "state", "reason")) >= {
        (first.pk, MessageState.SUPERSEDED, Reason.CORRECTED),
        (corrected.pk, MessageState.EXPANDED, ""),
    }
    assert all("研修を行う" in mail.text for mail in results)
    assert_accounted()
