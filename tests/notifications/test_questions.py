"""Mails about a change, stop or roll-out: to the seat that asked, and to where it can act."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from notifications.enums import Event, MessageState, Reason
from notifications.models import OutboxMessage
from tests.make import (
    AT,
    a_delegation,
    a_project,
    a_user,
    an_appointment,
    holder,
    record_phase,
    say,
    the_slot,
    walk,
)
from tests.notifications.mails import assert_accounted, forget_mails, names, send, the_mail, told
from tests.workflow.pages import client_of
from workflow import engine
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from bpr_projects.models import Project
    from notifications.models import Delivery
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

LATER = AT + timedelta(minutes=30)


def a_question(*, to: StepKind = StepKind.CONFIRMATION) -> Project:
    """A change that 市民課 asks for, of a case that a PT member proposed."""
    case = a_project(route="RT1", to=StepKind.OBSERVE, post="PT-SOMU", section="SHIMIN")
    for decided in ({}, {}, {"cost": 500_000}):
        record_phase(case, content=decided)
    walk(case, to=to)
    forget_mails()
    return case


def correct(case: Project) -> None:
    """再提出 by the seat that asked."""
    slot = the_slot(case)
    engine.resubmit(
        project=case,
        slot_id=slot.pk,
        draft_version=case.draft_version,
        comment="ご指摘のとおり直しました。",
        by=holder(slot.post.code),
        at=AT,
    )


def take_back(case: Project) -> None:
    """引戻し of the 差戻し by whoever sent it back."""
    engine.pull_back(project=case, by=holder("HEAD-SHIMIN"), at=AT)


def link_of(mail: Delivery) -> str:
    found = re.search(r"http://testserver(/\S+)", mail.text)
    assert found is not None
    return found[1]


def test_a_change_sent_back_is_told_to_the_seat_that_asked_and_not_to_the_proposer_of_the_case(
    office: City,
) -> None:
    case = a_question()

    say(case, Outcome.SENT_BACK)
    send()

    assert told() == names(office.holder("LEADER-SHIMIN"))
    assert the_slot(case).post == office.post("LEADER-SHIMIN")
    assert_accounted()


def test_a_change_sent_back_from_above_is_told_to_who_had_acted_too(office: City) -> None:
    case = a_question(to=StepKind.DECISION)

    say(case, Outcome.SENT_BACK)
    send()

    asked, *informed = told(Event.SENT_BACK)
    assert asked == office.holder("LEADER-SHIMIN").name
    assert office.holder("HEAD-SHIMIN").name in informed
    assert office.holder("PT-SOMU").name not in informed


def test_a_hold_of_a_change_is_told_to_the_seat_that_asked(office: City) -> None:
    case = a_question(to=StepKind.DECISION)

    say(case, Outcome.HELD)
    send()

    assert told() == names(office.holder("LEADER-SHIMIN"))


def test_the_result_of_a_change_is_told_to_who_asked_and_to_the_proposer_of_the_case(
    office: City,
) -> None:
    case = a_question(to=StepKind.DECISION)

    say(case, Outcome.NOT_ADOPTED)
    send()

    asked, proposed, *_acted = told(Event.NOT_ADOPTED)
    assert [asked, proposed] == names(office.holder("LEADER-SHIMIN"), office.holder("PT-SOMU"))


def test_who_submitted_a_change_and_moved_is_told_that_nothing_is_to_be_done(office: City) -> None:
    case = a_question()
    submitter, seat = office.holder("LEADER-SHIMIN"), office.post("LEADER-SHIMIN")
    moved = AT + timedelta(days=1)
    seat.appointments.update(ends_on=moved.date())
    an_appointment(post=seat, person=a_user(name="後任 太郎"), starts_on=moved.date())
    an_appointment(post=office.post("STAFF-SHIMIN"), person=submitter, starts_on=moved.date())

    say(case, Outcome.SENT_BACK, at=moved)
    send(moved)

    informed = the_mail(Event.SENT_BACK, submitter)
    assert told() == ["後任 太郎", submitter.name]
    assert informed.subject == "【業務改革ナビ】差戻し：R8-001 書かない窓口（変更）"
    assert "あなたに行っていただくことは、いまはありません。" in informed.text
    assert "届いた理由：あなたが質問・申出・報告・提出をしたためです。" in informed.text
    assert link_of(informed) == "/p/R8-001/"


def test_the_mail_of_a_returned_change_leads_to_its_form(office: City) -> None:
    case = a_question()

    say(case, Outcome.SENT_BACK)
    send()

    mail = the_mail(Event.SENT_BACK)
    assert mail.subject == (
        "【業務改革ナビ】差戻し：R8-001 書かない窓口（変更） 修正をお願いします（5/18まで）"
    )
    assert "直して再提出する" in mail.text
    assert "届いた理由：あなたが「市民課 DX推進リーダー」の職にあるためです。" in mail.text
    assert link_of(mail) == f"/p/R8-001/steps/{the_slot(case).pk}/correct/"
    with time_machine.travel(LATER, tick=False):
        assert client_of("LEADER-SHIMIN").get(link_of(mail)).status_code == 200


def test_a_polite_request_to_correct_a_change_leads_to_its_form(office: City) -> None:
    case = a_question()
    say(case, Outcome.SENT_BACK)
    late = AT + timedelta(days=10)
    engine.nudge(slot_id=the_slot(case).pk, project=case, by=holder("SECRETARIAT"), at=late)

    send(late)

    mail = the_mail(Event.REMINDED)
    assert mail.person == office.holder("LEADER-SHIMIN")
    assert "指摘への対応と再提出をお願いします。" in mail.text
    assert "直して再提出する" in mail.text
    with time_machine.travel(late, tick=False):
        assert client_of("LEADER-SHIMIN").get(link_of(mail)).status_code == 200


def test_a_deputy_of_the_seat_that_asked_is_told_whose_place_it_is(office: City) -> None:
    case = a_question()
    deputy = office.holder("LEADER-SOMU")
    a_delegation(post=office.post("LEADER-SHIMIN"), deputy=deputy)

    say(case, Outcome.SENT_BACK)
    send()

    assert told() == names(office.holder("LEADER-SHIMIN"), deputy)
    assert the_mail(Event.SENT_BACK, deputy).subject.endswith("修正をお願いします（5/18まで）")


@pytest.mark.parametrize(
    ("leave", "of_who_sent_it_back"),
    [
        (correct, (MessageState.SKIPPED, Reason.ACTOR)),
        (take_back, (MessageState.SUPERSEDED, Reason.PULLED_BACK)),
    ],
)
def test_a_change_that_came_back_and_left_again_is_not_asked_to_be_corrected(
    office: City,
    leave: Callable[[Project], None],
    of_who_sent_it_back: tuple[MessageState, Reason],
) -> None:
    case = a_question()
    say(case, Outcome.SENT_BACK)

    leave(case)
    send()

    asked = OutboxMessage.objects.filter(event=Event.SENT_BACK).order_by("pk")
    assert list(asked.values_list("post__code", "person", "state", "reason")) == [
        ("LEADER-SHIMIN", None, MessageState.SUPERSEDED, Reason.WORK_CLOSED),
        (None, holder("LEADER-SHIMIN").pk, MessageState.SUPERSEDED, Reason.WORK_CLOSED),
        (None, holder("HEAD-SHIMIN").pk, *of_who_sent_it_back),
    ]
    assert_accounted()


def test_a_change_whose_return_is_taken_back_needs_no_correction_any_more(office: City) -> None:
    case = a_question()
    say(case, Outcome.SENT_BACK)
    forget_mails()

    take_back(case)
    send()

    assert told(Event.PULLED_BACK) == names(office.holder("LEADER-SHIMIN"))
