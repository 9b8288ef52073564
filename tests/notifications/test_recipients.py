"""Exactly who is told of what."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from notifications.delivery.expansion import expand
from notifications.enums import Event, MessageState, Reason
from notifications.models import OutboxMessage
from tests.make import (
    AT,
    a_delegation,
    a_draft,
    a_project,
    a_user,
    an_appointment,
    holder,
    resubmit,
    say,
    submit,
    the_slot,
    walk,
    withdraw,
)
from tests.notifications.mails import assert_accounted, forget_mails, names, send, told
from workflow import engine
from workflow.enums import Outcome, StepKind
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Project
    from tests.fixtures_city import City

LATER = AT + timedelta(minutes=30)


def pt(office: City) -> list[str]:
    codes = ("SOMU", "SHIMIN", "FUKUSHI", "SANGYO", "KENSETSU", "KYOIKU")
    return [holder(f"PT-{code}").name for code in codes]


def test_a_submitted_case_is_the_section_heads_turn(office: City) -> None:
    a_project()

    send()

    assert told() == names(office.holder("HEAD-SHIMIN"))


def test_a_shared_seat_is_told_with_everybody_who_sits_on_it(office: City) -> None:
    case = a_project()
    forget_mails()

    say(case, Outcome.APPROVED)
    send()

    assert told(Event.YOUR_TURN) == names(*office.holders("SECRETARIAT"))


def test_a_review_asks_every_member_of_the_team(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    forget_mails()

    say(case, Outcome.RECEIVED)
    send()

    assert told(Event.YOUR_TURN) == pt(office)


def test_who_acted_is_not_told_that_the_own_seat_goes_on(office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")
    forget_mails()

    slot = the_slot(case)
    engine.record_phase(
        project=case,
        slot_id=slot.pk,
        content={"findings": "朝に集中している。"},
        by=holder("LEADER-SHIMIN"),
        at=LATER,
    )
    send(LATER)

    assert told(Event.YOUR_TURN) == []
    last = OutboxMessage.objects.latest("pk")
    assert (last.state, last.reason) == (MessageState.SKIPPED, Reason.ACTOR)


def test_a_case_sent_back_is_told_to_the_proposer_and_to_who_had_acted(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    forget_mails()

    say(case, Outcome.SENT_BACK)
    send()

    assert told() == names(office.holder("LEADER-SHIMIN"), office.holder("HEAD-SHIMIN"))


def test_only_who_acted_in_that_round_is_told_of_a_case_sent_back(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    say(case, Outcome.SENT_BACK)
    case = resubmit(case)
    forget_mails()

    say(case, Outcome.SENT_BACK)
    send()

    assert told() == names(office.holder("LEADER-SHIMIN"))


def test_who_is_asked_again_gets_one_mail_with_the_reason(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()

    say(case, Outcome.SENT_BACK, target="PROJECT_TEAM", comment="採点の根拠を補ってください。")
    send()

    assert told(Event.YOUR_TURN) == pt(office)
    assert told(Event.SENT_BACK) == names(
        office.holder("LEADER-SHIMIN"),
        office.holder("DEPT-SHIMINBU"),
        office.holder("HEAD-SHIMIN"),
        office.holder("SECRETARIAT"),
    )


def test_a_result_is_told_to_the_proposer_and_everybody_who_acted(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()

    say(case, Outcome.NOT_ADOPTED)
    send()

    assert told(Event.NOT_ADOPTED) == names(
        office.holder("LEADER-SHIMIN"),
        office.holder("DEPT-SHIMINBU"),
        office.holder("HEAD-SHIMIN"),
        office.holder("SECRETARIAT"),
    )
    assert told(Event.CIRCULATION) == pt(office)


def test_a_result_that_is_circulated_to_somebody_is_one_mail(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()

    say(case, Outcome.ADOPTED)
    send()

    assert told(Event.CIRCULATION) == pt(office)
    assert not set(told(Event.CIRCULATION)) & set(told(Event.ADOPTED))


def test_a_hold_is_told_to_the_proposer(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()

    say(case, Outcome.HELD)
    send()

    assert told() == names(office.holder("LEADER-SHIMIN"))


def test_a_withdrawal_is_told_to_who_acted_and_to_who_was_asked(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    forget_mails()

    withdraw(case, at=LATER)
    send(LATER)

    assert sorted(told()) == sorted(
        names(office.holder("HEAD-SHIMIN"), *office.holders("SECRETARIAT"))
    )


def test_a_withdrawal_is_not_told_to_who_never_heard_of_the_case(office: City) -> None:
    case = a_project()

    withdraw(case, at=LATER)
    send(LATER)

    assert told() == []
    assert_accounted()


def test_an_abandoned_case_is_told_to_the_proposer(office: City) -> None:
    case = a_project()
    forget_mails()

    engine.abandon(
        project=case,
        answer=Answer(comment="本部長の了承を得ました。", confirmed=True),
        by=office.holder("SECRETARIAT"),
        at=LATER,
    )
    send(LATER)

    assert told() == names(office.holder("LEADER-SHIMIN"), office.holder("HEAD-SHIMIN"))


def test_a_pull_back_kills_the_mail_that_was_not_sent_yet(office: City) -> None:
    case = a_project()

    engine.pull_back(project=case, by=office.holder("LEADER-SHIMIN"), at=LATER)
    send(LATER)

    assert told() == []
    assert OutboxMessage.objects.get(event=Event.YOUR_TURN).state == MessageState.SUPERSEDED
    assert_accounted()


def test_a_pull_back_is_told_to_who_had_been_mailed(office: City) -> None:
    case = a_project()
    forget_mails()

    engine.pull_back(project=case, by=office.holder("LEADER-SHIMIN"), at=LATER)
    send(LATER)

    assert told() == names(office.holder("HEAD-SHIMIN"))


def test_an_objection_is_told_to_the_proposer_and_mediated_by_the_secretariat(office: City) -> None:
    case = a_project(to=StepKind.CONCURRENCE, route="RT3")
    forget_mails()

    say(case, Outcome.OBJECTED)
    send()

    assert told(Event.OBJECTED) == names(office.holder("LEADER-SHIMIN"))
    assert told(Event.YOUR_TURN) == names(*office.holders("SECRETARIAT"))


def test_a_deputy_is_told_beside_the_holder(office: City) -> None:
    deputy = office.holder("LEADER-SOMU")
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=deputy)

    a_project()
    send()

    assert told() == names(office.holder("HEAD-SHIMIN"), deputy)


def test_an_author_who_may_not_decide_is_not_asked_to(office: City) -> None:
    case = a_draft(has_personal_data=True)
    a_delegation(post=office.post("SECRETARIAT"), deputy=office.holder("LEADER-SHIMIN"))
    case = submit(case)
    forget_mails()

    say(case, Outcome.APPROVED)
    send()

    assert told(Event.YOUR_TURN) == names(*office.holders("SECRETARIAT"))


def test_a_leaver_gets_nothing_and_the_successor_everything(office: City) -> None:
    head = office.holder("HEAD-SHIMIN")
    post = office.post("HEAD-SHIMIN")
    a_project()
    successor = a_user(name="後任 太郎")
    moved = AT + timedelta(days=1)
    post.appointments.update(ends_on=moved.date())
    an_appointment(post=post, person=successor, starts_on=moved.date())

    send(moved)

    assert told() == ["後任 太郎"]
    assert head.name not in told()


def test_who_loses_the_post_after_the_list_was_made_is_replaced(office: City) -> None:
    a_project()
    expand(AT)
    post = office.post("HEAD-SHIMIN")
    moved = AT + timedelta(days=1)
    post.appointments.update(ends_on=moved.date())
    an_appointment(post=post, person=a_user(name="後任 太郎"), starts_on=moved.date())

    send(moved)
    send(moved)

    assert told() == ["後任 太郎"]
    assert_accounted()


def test_who_gets_the_post_back_gets_the_mail_that_was_left_out(office: City) -> None:
    a_project()
    expand(AT)
    head, post = office.holder("HEAD-SHIMIN"), office.post("HEAD-SHIMIN")
    moved = AT + timedelta(days=1)
    post.appointments.update(ends_on=moved.date())
    send(moved)
    assert told() == []

    back = AT + timedelta(days=2)
    an_appointment(post=post, person=head, starts_on=back.date())
    send(back)

    assert told() == [head.name]
    assert_accounted()


def test_a_vacant_post_is_told_when_somebody_takes_it(office: City) -> None:
    post = office.post("HEAD-SHIMIN")
    case = a_project()
    post.appointments.update(ends_on=AT.date())
    send()
    waiting = OutboxMessage.objects.get(project=case)
    assert (waiting.state, waiting.reason) == (MessageState.PENDING, Reason.VACANT)

    an_appointment(post=post, person=a_user(name="後任 太郎"), starts_on=AT.date())
    send(AT + timedelta(hours=1))

    assert told() == ["後任 太郎"]


def test_an_inactive_person_gets_no_result(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()
    gone = office.holder("HEAD-SHIMIN")
    gone.is_active = False
    gone.save()

    say(case, Outcome.NOT_ADOPTED)
    send()

    assert gone.name not in told()
    left_out = OutboxMessage.objects.get(event=Event.NOT_ADOPTED, person=gone)
    assert (left_out.state, left_out.reason) == (MessageState.SKIPPED, Reason.INACTIVE)


def test_who_may_not_read_the_case_any_more_gets_no_result(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    forget_mails()
    moved = AT + timedelta(days=1)
    head = office.holder("HEAD-SHIMIN")
    office.post("HEAD-SHIMIN").appointments.update(ends_on=moved.date())

    say(case, Outcome.NOT_ADOPTED, at=moved)
    send(moved)

    assert head.name not in told(Event.NOT_ADOPTED)
    assert_accounted()


@pytest.mark.parametrize("route", ["RT1", "RT2", "RT3", "RT4", "RT5"])
def test_every_addressee_of_every_fact_of_a_whole_life_is_accounted_for(
    office: City, route: str
) -> None:
    case = a_project(route=route)
    for step in range(4):
        send(AT + timedelta(minutes=step))
        walk(case, to=[StepKind.RECEPTION, StepKind.DECISION, None, None][step])
    send(AT + timedelta(hours=1))

    assert_accounted()
    assert not OutboxMessage.objects.filter(state=MessageState.PENDING).exists()


def nudged(case: Project, at: datetime) -> None:
    engine.nudge(slot_id=the_slot(case).pk, project=case, by=case.proposer, at=at)


def test_a_polite_request_reaches_holders_and_deputies_alone(office: City) -> None:
    case = a_project()
    deputy = a_user(name="代理 次郎")
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=deputy)
    late = AT + timedelta(days=3)

    nudged(case, late)
    send(late)

    assert told(Event.REMINDED) == names(office.holder("HEAD-SHIMIN"), deputy)
    assert_accounted()


def test_who_may_not_decide_is_not_asked_to_hurry(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION, post="SECRETARIAT", section="SHIMIN")
    others = [each for each in office.holders("SECRETARIAT") if each != case.proposer]
    late = AT + timedelta(days=7)

    nudged(case, late)
    send(late)

    assert told(Event.REMINDED) == names(*others)


def test_a_polite_request_dies_with_the_work(office: City) -> None:
    case = a_project()
    late = AT + timedelta(days=3)
    nudged(case, late)

    say(case, Outcome.APPROVED, at=late)
    send(late)

    row = OutboxMessage.objects.get(event=Event.REMINDED)
    assert (row.state, row.reason) == (MessageState.SUPERSEDED, Reason.WORK_CLOSED)
    assert told(Event.REMINDED) == []
