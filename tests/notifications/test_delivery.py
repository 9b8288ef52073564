"""Mails against a real SMTP server that refuses, delays and hangs up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings as live
from django.test.signals import template_rendered
from django.utils import timezone

from notifications import outbox
from notifications.delivery import claims, sweeping
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

    for step in range(claims.MAX_ATTEMPTS + 2):
        send(AT + step * (1 + claims.JITTER) * claims.LONGEST_PAUSE)

    mail = Delivery.objects.get()
    assert (mail.state, mail.reason) == (DeliveryState.DEAD, Reason.EXHAUSTED)
    assert mail.attempts == claims.MAX_ATTEMPTS


def test_a_server_that_says_later_is_asked_for_more_than_a_day() -> None:
    pauses = [claims.pause_after(attempts) for attempts in range(1, claims.MAX_ATTEMPTS)]

    assert [pause.total_seconds() for pause in pauses[:9]] == [
        30, 60, 120, 240, 480, 960, 1920, 3600, 3600
    ]  # fmt: skip
    assert max(pauses) == timedelta(hours=1)
    assert sum(pauses, timedelta()) * (1 - claims.JITTER) >= timedelta(hours=24)


@pytest.mark.parametrize(
    "answer", ["550 sender rejected", "530 authentication required", "451 not now"]
)
def test_a_server_that_refuses_the_sender_costs_no_mail_an_attempt(
    office: City, sink: Sink, answer: str
) -> None:
    a_review(office)
    sink.sender_faults = [answer]

    report = send()

    assert report.unreachable == answer
    assert sink.connections == 1
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.QUEUED, 0)}
    assert send().sent == TEAM
    assert_accounted()


@pytest.mark.parametrize("answer", ["530 authentication required", "535 bad credentials"])
def test_a_server_that_wants_a_login_costs_no_mail_an_attempt(
    office: City, sink: Sink, answer: str
) -> None:
    a_project()
    sink.faults[office.holder("HEAD-SHIMIN").email] = [answer]

    report = send()

    mail = Delivery.objects.get()
    assert (report.unreachable, report.sent) == (answer, 0)
    assert (mail.state, mail.reason, mail.attempts) == (DeliveryState.QUEUED, "", 0)


def test_a_mail_that_is_too_large_for_the_server_does_not_hold_up_the_others(
    office: City, sink: Sink
) -> None:
    a_review(office)
    sink.sender_faults = ["552 message size exceeds fixed limit"]

    report = send()

    assert Delivery.objects.get(state=DeliveryState.DEAD).reason == Reason.REFUSED
    assert (report.sent, report.unreachable) == (TEAM - 1, "")


def test_the_time_that_opening_the_line_took_counts_in_the_lease(
    office: City, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "LEASE", timedelta(seconds=1))
    monkeypatch.setattr(sweeping, "BUDGET", 1.0)
    a_review(office)
    sink.faults[holder("PT-SHIMIN").email] = ["451 later"]
    sink.slow = [0.0, 1.5]

    report = send()

    tried = Delivery.objects.exclude(attempts=0).order_by("pk")
    last = tried.last()
    assert last is not None
    assert (last.person, last.reason) == (holder("PT-SHIMIN"), Reason.LATER)
    assert report.sent == tried.count() - 1 < TEAM - 1
    assert not Delivery.objects.filter(state=DeliveryState.SENDING).exists()


def test_a_worker_whose_time_is_up_while_it_writes_gives_the_mail_back(
    office: City, sink: Sink
) -> None:
    a_review(office)
    expand(AT)

    def time_is_up(**_rendered: object) -> None:
        raise SoftTimeLimitExceeded

    template_rendered.connect(time_is_up)
    try:
        with pytest.raises(SoftTimeLimitExceeded):
            send()
    finally:
        template_rendered.disconnect(time_is_up)

    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.QUEUED, 0)}
    assert send().sent == TEAM


def test_a_server_that_is_down_costs_no_attempt(office: City, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    a_project()

    report = send()

    mail = Delivery.objects.get()
    assert report.unreachable
    assert (mail.state, mail.attempts) == (DeliveryState.QUEUED, 0)


@pytest.mark.parametrize("address", ["a@b\nBcc: everybody@example", "todate@鹿角.example"])
def test_an_address_that_cannot_be_written_is_a_dead_letter(
    office: City, sink: Sink, address: str
) -> None:
    head = office.holder("HEAD-SHIMIN")
    head.email = address
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
    mail = Delivery.objects.get()
    assert (mail.attempts, mail.losses) == (2, 1)


def test_a_mail_that_kills_its_sweepers_is_buried(office: City) -> None:
    a_project()
    expand(AT)
    Delivery.objects.update(
        state=DeliveryState.SENDING,
        lease_by="killed",
        lease_until=database_now() - timedelta(seconds=1),
        losses=claims.MAX_LOSSES - 1,
    )

    assert claim(worker="next", at=AT, limit=10) == []
    assert states() == [(DeliveryState.DEAD, Reason.WORKER_LOST)]


def test_a_secret_that_kills_its_sweepers_leaves_no_words(office: City) -> None:
    person = office.holder("HEAD-SHIMIN")
    secret = outbox.post_secret(key="code:1", person=person, subject="確認", text="123456", at=AT)
    Delivery.objects.update(
        state=DeliveryState.SENDING,
        lease_by="killed",
        lease_until=database_now() - timedelta(seconds=1),
        losses=claims.MAX_LOSSES - 1,
    )

    assert claim(worker="next", at=AT, limit=10) == []
    secret.refresh_from_db()
    assert (secret.state, secret.subject, secret.text) == (DeliveryState.DEAD, "", "")


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
    conversation = 5 * live.EMAIL_TIMEOUT  # EHLO, MAIL, RCPT, DATA, the answer to the text

    assert timedelta(seconds=conversation) < claims.LEASE
    assert timedelta(minutes=5) <= claims.LEASE


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
