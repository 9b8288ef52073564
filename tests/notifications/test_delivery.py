"""Mails against a real SMTP server that refuses, delays and hangs up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as live
from django.utils import timezone

from notifications.delivery import claims
from notifications.delivery.claims import claim, database_now
from notifications.delivery.expansion import expand
from notifications.enums import DeliveryState, Event, Reason
from notifications.models import Delivery
from tests.make import AT, a_project, holder, say
from tests.notifications.mails import assert_accounted, send
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.fixtures_city import City
    from tests.notifications.conftest import Sink

LONG_AFTER = AT + timedelta(hours=1)
TEAM = 6


def a_review(office: City) -> None:
    """Six mails wait: one to each member of the team."""
    case = a_project(to=StepKind.RECEPTION)
    say(case, Outcome.RECEIVED)


def states() -> list[tuple[str, str]]:
    return list(Delivery.objects.order_by("pk").values_list("state", "reason"))


def test_mails_of_a_sweep_share_one_connection(office: City, sink: Sink) -> None:
    a_review(office)

    report = send()

    assert report.sent == TEAM
    assert sink.connections == 1
    assert sink.ids() == list(Delivery.objects.order_by("pk").values_list("message_id", flat=True))
    assert_accounted()


def test_what_was_sent_is_kept_as_it_was_sent(office: City, sink: Sink) -> None:
    a_project()

    send()

    mail = Delivery.objects.get()
    part = sink.accepted[0].get_body(("plain",))
    assert part is not None
    assert part.get_content().replace("\r\n", "\n").strip() == mail.text.strip()
    assert sink.accepted[0]["Subject"].strip() == mail.subject
    assert mail.address == office.holder("HEAD-SHIMIN").email
    assert mail.sent_at == AT


def test_a_temporary_refusal_is_tried_again_with_the_same_id(office: City, sink: Sink) -> None:
    a_project()
    address = office.holder("HEAD-SHIMIN").email
    sink.faults[address] = ["451 try later"]

    send()

    mail = Delivery.objects.get()
    assert (mail.state, mail.reason, mail.attempts) == (DeliveryState.QUEUED, Reason.LATER, 1)
    assert "451 try later" in mail.error
    assert timedelta(seconds=20) < mail.due_at - AT < timedelta(seconds=40)
    assert send().sent == 0
    assert send(LONG_AFTER).sent == 1
    assert sink.ids() == [mail.message_id]


def test_a_line_that_drops_after_acceptance_costs_one_copy_with_the_same_id(
    office: City, sink: Sink
) -> None:
    a_review(office)
    sink.faults[holder("PT-SHIMIN").email] = ["drop"]

    send()
    send(LONG_AFTER)

    ids = sink.ids()
    assert len(ids) == TEAM + 1
    assert len(set(ids)) == TEAM
    assert {state for state, _reason in states()} == {DeliveryState.SENT}


def test_a_final_refusal_is_a_dead_letter_and_stops_nobody_else(office: City, sink: Sink) -> None:
    a_review(office)
    sink.faults[holder("PT-SHIMIN").email] = ["550 no such user"]

    report = send()

    dead = Delivery.objects.get(state=DeliveryState.DEAD)
    assert (dead.reason, dead.person) == (Reason.REFUSED, holder("PT-SHIMIN"))
    assert "550 no such user" in dead.error
    assert report.sent == TEAM - 1
    assert_accounted()


def test_a_mail_is_not_tried_for_ever(office: City, sink: Sink) -> None:
    a_project()
    sink.faults[office.holder("HEAD-SHIMIN").email] = ["451 no"] * 99

    for hour in range(claims.MAX_ATTEMPTS + 2):
        send(AT + timedelta(hours=hour))

    mail = Delivery.objects.get()
    assert (mail.state, mail.reason) == (DeliveryState.DEAD, Reason.EXHAUSTED)
    assert mail.attempts == claims.MAX_ATTEMPTS


def test_a_server_that_is_down_costs_no_attempt(office: City, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    a_project()

    report = send()

    mail = Delivery.objects.get()
    assert report.unreachable
    assert (mail.state, mail.attempts) == (DeliveryState.QUEUED, 0)


def test_an_address_that_cannot_be_written_is_a_dead_letter(office: City, sink: Sink) -> None:
    head = office.holder("HEAD-SHIMIN")
    head.email = "a@b\nBcc: everybody@example"
    head.save()
    a_project()

    send()

    assert states() == [(DeliveryState.DEAD, Reason.MALFORMED)]
    assert sink.accepted == []


def test_a_person_without_an_address_is_a_dead_letter(office: City, sink: Sink) -> None:
    head = office.holder("HEAD-SHIMIN")
    head.email = ""
    head.save()
    a_project()

    send()

    assert states() == [(DeliveryState.DEAD, Reason.NO_ADDRESS)]


def test_a_mail_without_words_is_a_dead_letter_and_stops_nobody_else(
    office: City, sink: Sink
) -> None:
    a_review(office)
    poisoned = Delivery.objects.none()
    expand(AT)
    poisoned = Delivery.objects.filter(person=holder("PT-SHIMIN"))
    message = poisoned.get().facts.get().message
    type(message).objects.filter(pk=message.pk).update(event="UNHEARD_OF")

    report = send()

    assert poisoned.values_list("state", "reason").get() == (
        DeliveryState.DEAD,
        Reason.UNRENDERED,
    )
    assert report.sent == TEAM - 1


def test_a_dead_sweepers_mail_is_taken_over_after_its_lease(office: City, sink: Sink) -> None:
    a_project()
    expand(AT)
    assert claim(worker="killed", at=AT, limit=10)

    assert send().sent == 0
    Delivery.objects.update(lease_until=database_now() - timedelta(seconds=1))

    assert send().sent == 1
    assert Delivery.objects.get().attempts == 2


def test_a_mail_that_kills_its_sweepers_is_buried(office: City) -> None:
    a_project()
    expand(AT)
    Delivery.objects.update(
        state=DeliveryState.SENDING,
        lease_by="killed",
        lease_until=database_now() - timedelta(seconds=1),
        attempts=claims.MAX_ATTEMPTS,
    )

    assert claim(worker="next", at=AT, limit=10) == []
    assert states() == [(DeliveryState.DEAD, Reason.WORKER_LOST)]


def test_a_sweeper_that_lost_its_lease_settles_nothing(office: City) -> None:
    a_project()
    expand(AT)
    claim(worker="slow", at=AT, limit=10)
    Delivery.objects.update(lease_by="quick")
    mail = Delivery.objects.get()

    settled = claims.settle(mail, "slow", state=DeliveryState.DEAD, reason=Reason.REFUSED)

    assert not settled
    assert Delivery.objects.get().state == DeliveryState.SENDING


def test_a_smtp_conversation_ends_before_the_lease() -> None:
    conversation = 4 * live.EMAIL_TIMEOUT  # MAIL, RCPT, DATA, the answer to the text

    assert timedelta(seconds=conversation) < claims.LEASE


@pytest.mark.django_db
def test_leases_run_by_the_databases_clock() -> None:
    assert abs(database_now() - timezone.now()) < timedelta(seconds=10)


def test_a_result_that_was_read_meanwhile_is_not_sent(office: City, sink: Sink) -> None:
    case = a_project(to=StepKind.DECISION)
    send()
    say(case, Outcome.ADOPTED)
    case.readings.update(read_at=AT, read_by=case.proposer)

    send()

    circulated = Delivery.objects.filter(event=Event.CIRCULATION)
    assert set(circulated.values_list("state", "reason")) == {
        (DeliveryState.SUPERSEDED, Reason.ALREADY_READ)
    }
