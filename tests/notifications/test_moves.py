"""Appointments change while mails wait: whoever holds an addressed post by then is told, once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from notifications.enums import DeliveryState, MessageState, Reason
from notifications.management import accounting
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from notifications.outbox import reopen
from roles.enums import Role
from roles.models import Appointment, Post
from tests.make import AT, TODAY, a_user, an_appointment, holder
from tests.notifications.announced import announce
from tests.notifications.mails import assert_accounted, names, send, told
from workflow.models import FAR_FUTURE

if TYPE_CHECKING:
    from pytest_django import Settings

    from roles.models import User
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

MORNING = AT + timedelta(days=1)
"""What AT has for a digest, which is after 8:30, goes out before this."""
HEAD, LEADER = "HEAD-SHIMIN", "LEADER-SHIMIN"


@pytest.fixture(autouse=True)
def _gathered(settings: Settings) -> None:
    settings.MAIL_DIGEST = True


def tell_both() -> None:
    """To the head and the leader of one section; the mails wait for the morning."""
    announce(sections=["SHIMIN"], roles=[Role.SECTION_HEAD, Role.DX_LEADER])
    send()


def leave(code: str) -> User:
    """Today; answers who left."""
    leaver = holder(code)
    Appointment.objects.filter(post__code=code, person=leaver).update(ends_on=TODAY)
    return leaver


def come(code: str, person: User) -> None:
    an_appointment(post=Post.objects.get(code=code), person=person, starts_on=TODAY)


def mornings() -> None:
    """Two sweeps of the morning, and one of the next."""
    for at in (MORNING, MORNING + timedelta(minutes=1), MORNING + timedelta(days=1)):
        send(at)


def test_two_who_change_places_are_both_told_once(office: City) -> None:
    tell_both()
    head, leader = leave(HEAD), leave(LEADER)
    come(HEAD, leader)
    come(LEADER, head)

    mornings()

    assert sorted(told()) == sorted(names(head, leader))
    facts = DeliveredFact.objects.filter(delivery__state=DeliveryState.SENT)
    assert {each.person: each.message.post.code for each in facts if each.message.post} == {
        head: LEADER,
        leader: HEAD,
    }
    assert_accounted()


def test_a_chain_of_moves_loses_nobody(office: City) -> None:
    tell_both()
    head, leader = leave(HEAD), leave(LEADER)
    newcomer = a_user(name="新任 花子")
    come(HEAD, newcomer)
    come(LEADER, head)

    mornings()

    assert sorted(told()) == sorted(names(head, newcomer))
    assert Delivery.objects.get(person=leader).reason == Reason.NOT_HOLDER
    assert_accounted()


def test_who_leaves_one_of_two_addressed_posts_is_told_for_the_other(office: City) -> None:
    head = holder(HEAD)
    come(LEADER, head)
    tell_both()
    other = Appointment.objects.exclude(person=head).get(post__code=LEADER).person
    leave(HEAD)

    mornings()

    assert sorted(told()) == sorted(names(head, other))
    vacant = OutboxMessage.objects.get(post__code=HEAD)
    assert (vacant.state, vacant.reason) == (MessageState.SKIPPED, Reason.NOBODY)
    assert_accounted()


def test_a_post_of_which_only_the_leaver_was_told_is_found_by_the_check(office: City) -> None:
    tell_both()
    leave(HEAD)
    send(MORNING)
    left = DeliveredFact.objects.get(message__post__code=HEAD)
    assert left.delivery.reason == Reason.NOT_HOLDER

    OutboxMessage.objects.filter(pk=left.message_id).update(state=MessageState.EXPANDED, reason="")
    assert [each.rule for each in accounting.faults(FAR_FUTURE)] == ["successor-untold"]

    reopen(left, at=MORNING)
    send(MORNING)
    assert_accounted()
