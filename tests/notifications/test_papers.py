"""A decision on paper is told to whoever confirms it, and to whoever it is said to be of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from notifications.enums import Event, MessageState, Reason
from notifications.models import OutboxMessage
from tests.make import a_project, holder, say
from tests.notifications.mails import assert_accounted, forget_mails, names, send, the_mail, told
from tests.workflow.papers import LATER, confirm, keepers, refuse, register
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from bpr_projects.models import Project

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]


def at_decision() -> Project:
    case = a_project(to=StepKind.DECISION)
    forget_mails()
    return case


def test_the_others_of_the_office_and_the_decider_are_told() -> None:
    case = at_decision()
    register(case)

    send(LATER)

    recorder, *others = keepers()
    chair = holder("HQ-CHAIR", LATER)
    assert sorted(told(Event.PAPER_WAITING)) == sorted(names(*others))
    assert told(Event.PAPER_RECORDED) == names(chair)
    asked, registered = the_mail(Event.PAPER_WAITING), the_mail(Event.PAPER_RECORDED)
    assert "紙の決裁の確認をお願いします" in asked.subject
    assert f"{recorder.name}さんが、本部長（副市長） {chair.name}さんの令和8年5月12日" in asked.text
    assert "/paper/" in asked.text
    assert "紙で「採択」とされたものとして登録しました。" in registered.text
    assert "心当たりがないとき" in registered.text
    assert_accounted()


def test_what_is_confirmed_is_told_to_the_decider_like_to_everybody() -> None:
    case = at_decision()
    paper = register(case)
    forget_mails(LATER)

    confirm(paper)
    send(LATER)

    adopted = told(Event.ADOPTED)
    assert holder("HQ-CHAIR", LATER).name in adopted
    assert case.proposer.name in adopted
    words = the_mail(Event.ADOPTED).text
    assert "が 5/12 に紙で「採択」とし、5/14 09:00 に登録が確認されました。" in words
    assert_accounted()


def test_nobody_is_asked_to_confirm_what_is_confirmed() -> None:
    confirm(register(at_decision()))

    send(LATER)

    assert told(Event.PAPER_WAITING) == []
    assert_accounted()


@pytest.mark.parametrize("by", [0, 1])
def test_what_came_to_nothing_is_told_with_its_reason(by: int) -> None:
    """Taken back by who registered it, or refused by another."""
    paper = register(at_decision())
    forget_mails(LATER)

    refuse(paper, by=keepers()[by])
    send(LATER)

    chair = holder("HQ-CHAIR", LATER)
    expected = [chair] if by == 0 else [keepers()[0], chair]
    assert sorted(told(Event.PAPER_CLOSED)) == sorted(names(*expected))
    assert "理由：日付の誤り。" in the_mail(Event.PAPER_CLOSED).text
    assert_accounted()


def test_a_paper_that_was_overtaken_is_told_to_who_registered_it() -> None:
    case = at_decision()
    register(case)
    forget_mails(LATER)

    say(case, Outcome.NOT_ADOPTED, at=LATER)
    send(LATER + timedelta(minutes=1))

    assert told(Event.PAPER_CLOSED) == names(keepers()[0])
    assert "確認の前に終わりました。" in the_mail(Event.PAPER_CLOSED).text
    assert_accounted()


def test_what_was_not_sent_dies_with_the_paper() -> None:
    paper = register(at_decision())

    refuse(paper)

    unsent = OutboxMessage.objects.filter(event__in=[Event.PAPER_WAITING, Event.PAPER_RECORDED])
    assert set(unsent.values_list("state", "reason")) == {
        (MessageState.SUPERSEDED, Reason.WORK_CLOSED)
    }
