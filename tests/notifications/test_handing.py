"""Mails about 辞退 and 担当の付替え: to whoever is asked, was relieved, or has to see to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from guardian.shortcuts import assign_perm

from notifications.enums import DeliveryState, Event, Reason
from notifications.management import accounting
from notifications.models import Delivery
from notifications.reminders import remind
from tests.make import AT, a_project, a_user, an_appointment, holder, say, the_slot
from tests.notifications.mails import assert_accounted, forget_mails, names, send, the_mail, told
from workflow import engine
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.usefixtures("office")

LATER = AT + timedelta(hours=2)


def reassign(case: Project, office: City, to: str) -> None:
    engine.reassign(
        project=case,
        slot_id=the_slot(case).pk,
        post_id=office.post(to).pk,
        reason="長期の出張のため。",
        by=holder("SECRETARIAT"),
        at=LATER,
    )


def test_the_next_by_the_rule_is_asked_by_mail_with_who_stepped_aside(office: City) -> None:
    case = a_project()
    forget_mails()

    say(case, Outcome.RECUSED, comment="親族が関わるため。")
    send()

    assert told() == names(office.holder("DEPT-SHIMINBU"))
    mail = the_mail(Event.YOUR_TURN)
    assert "市民課長 石川 真由美さんが 5/11 09:00 に「辞退」としました。" in mail.text
    assert "親族が関わるため" not in mail.text
    assert_accounted()


def test_both_seats_hear_of_a_move(office: City) -> None:
    case = a_project()
    forget_mails()

    reassign(case, office, "DEPT-SHIMINBU")
    send(LATER)

    assert told(Event.YOUR_TURN) == names(office.holder("DEPT-SHIMINBU"))
    assert told(Event.REASSIGNED) == names(office.holder("HEAD-SHIMIN"))
    relieved = the_mail(Event.REASSIGNED)
    assert relieved.subject.endswith("担当が替わりました（対応は不要です）：R8-001 書かない窓口")
    for words in ("新しい担当：市民部長（前の担当：市民課長）", "長期の出張のため。"):
        assert words in relieved.text
    asked = the_mail(Event.YOUR_TURN)
    assert "「担当の付替え」としました。" in asked.text
    assert "長期の出張のため。" in asked.text
    assert_accounted()


def test_a_request_that_was_not_sent_yet_dies_with_the_place(office: City) -> None:
    case = a_project()

    reassign(case, office, "DEPT-SHIMINBU")
    send(LATER)

    assert told(Event.YOUR_TURN) == names(office.holder("DEPT-SHIMINBU"))


def test_the_secretariat_hears_of_a_step_that_nobody_may_answer(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()

    say(case, Outcome.RECUSED, comment="親族が関わるため。")
    send()

    assert told() == names(*office.holders("SECRETARIAT"))
    mail = the_mail(Event.UNHELD)
    assert mail.subject.endswith("担当できる職がありません：R8-001 書かない窓口")
    assert "担当できる職がありません：本部長（副市長） 成田さん（辞退）" in mail.text
    assert f"/p/R8-001/steps/{the_slot(case).pk}/reassign/" in mail.text
    assert_accounted()


def test_a_sweep_tells_once_of_a_holder_who_came_into_conflict(office: City) -> None:
    case = a_project(to=StepKind.APPROVAL)
    forget_mails()
    assign_perm("edit_draft", holder("DEPT-SHIMINBU"), case)

    assert remind(at=LATER) == 1
    assert remind(at=LATER + timedelta(hours=1)) == 0
    send(LATER)

    assert told() == names(*office.holders("SECRETARIAT"))
    assert_accounted()


def test_nobody_is_alarmed_when_somebody_came_meanwhile(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()
    say(case, Outcome.RECUSED, comment="親族が関わるため。")
    an_appointment(post=office.post("HQ-CHAIR"), person=a_user(name="後任 太郎"))

    send()

    assert told() == []
    mails = Delivery.objects.filter(event=Event.UNHELD)
    assert {(mail.state, mail.reason) for mail in mails} == {
        (DeliveryState.SUPERSEDED, Reason.WORK_CLOSED)
    }
    assert_accounted()


def test_a_step_that_opens_without_anybody_is_told_to_the_secretariat_at_once(
    office: City,
) -> None:
    case = a_project(to=StepKind.APPROVAL)
    assign_perm("edit_draft", holder("HQ-CHAIR"), case)
    forget_mails()

    say(case, Outcome.APPROVED)
    send()

    assert told(Event.UNHELD) == names(*office.holders("SECRETARIAT"))
    assert told(Event.YOUR_TURN) == []
    assert list(accounting.faults(AT + timedelta(hours=1))) == []
