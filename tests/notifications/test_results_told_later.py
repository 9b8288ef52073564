"""発表日時: a result is decided now and told later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bpr_projects.calendar import JST
from bpr_projects.enums import Stage
from notifications.enums import Event, MessageState
from notifications.models import Delivery, OutboxMessage
from tests.make import AT, a_project, say, the_slot
from tests.notifications.mails import assert_accounted, forget_mails, send, told
from tests.workflow.pages import answer_url, client_of, sent, text_of
from workflow.actions.refusals import Unanswered
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

MOMENT = datetime(2026, 5, 13, 10, 0, tzinfo=JST)
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
