"""Facts are written once, in the fact's transaction, cheaply, and taken back unsent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import outbox
from notifications.delivery.claims import claim
from notifications.delivery.expansion import expand
from notifications.enums import DeliveryState, Event, MessageState, Reason, Why
from notifications.models import Delivery, OutboxMessage
from notifications.outbox import Fact
from notifications.recipients import Addressee
from tests.make import AT, a_project, a_user, the_slot
from tests.notifications.mails import send, told
from workflow.models import Slot

if TYPE_CHECKING:
    from tests.fixtures_city import City

SQLITE_VARIABLES = 999
"""Django cuts an insert for SQLite into pieces of so many parameters."""


def a_fact(*addressees: Addressee, key: str = "turn:1") -> Fact:
    return Fact(event=Event.YOUR_TURN, key=key, addressees=addressees)


@pytest.mark.django_db
def test_a_fact_is_written_once_an_addressee() -> None:
    person = Addressee(Why.ACTED, person_id=a_user().pk)

    outbox.post([a_fact(person)], at=AT)
    outbox.post([a_fact(person)], at=AT)

    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db
def test_an_addressee_is_a_post_or_a_person(city: City) -> None:
    both = Addressee(Why.ACTED, person_id=a_user().pk, post_id=city.post("PT-CHAIR").pk)

    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxMessage.objects.create(
            event=Event.YOUR_TURN,
            fact="turn:1",
            why=both.why,
            person_id=both.person_id,
            post_id=both.post_id,
            created_at=AT,
        )


@pytest.mark.django_db
def test_nothing_to_tell_costs_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        outbox.post([a_fact()], at=AT)

    assert len(queries) == 0


@pytest.mark.django_db
def test_two_hundred_recipients_cost_the_request_inserts_only() -> None:
    people = [Addressee(Why.ACTED, person_id=a_user().pk) for _ in range(200)]
    fact = a_fact(*people)

    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        outbox.post([fact], at=AT)

    inserts = [each["sql"] for each in queries if each["sql"].startswith("INSERT")]
    others = [
        each["sql"]
        for each in queries
        if not each["sql"].startswith(("INSERT", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    assert OutboxMessage.objects.count() == 200
    assert others == []
    if connection.vendor == "postgresql":
        assert len(inserts) == 1
    else:
        fields = len(OutboxMessage._meta.concrete_fields) - 1
        assert len(inserts) <= -(-200 // (SQLITE_VARIABLES // fields))


def test_work_that_closes_takes_its_mail_with_it(office: City) -> None:
    case = a_project()
    slot = the_slot(case)
    expand(AT)

    outbox.supersede([slot.pk], at=AT)

    mail = Delivery.objects.get()
    assert (mail.state, mail.reason) == (DeliveryState.SUPERSEDED, Reason.WORK_CLOSED)
    assert send().sent == 0


def test_work_that_closes_before_the_sweep_is_told_to_nobody(office: City) -> None:
    case = a_project()

    outbox.supersede([the_slot(case).pk], at=AT)

    message = OutboxMessage.objects.get()
    assert (message.state, message.reason) == (MessageState.SUPERSEDED, Reason.WORK_CLOSED)
    assert expand(AT) == 0


def test_what_is_claimed_is_checked_again_before_it_is_sent(office: City) -> None:
    case = a_project()
    expand(AT)
    claim(worker="dies", at=AT, limit=10)
    slot = the_slot(case)
    slot.work_item.delete()
    Delivery.objects.update(lease_until=AT)

    send()

    mail = Delivery.objects.get()
    assert (mail.state, mail.reason) == (DeliveryState.SUPERSEDED, Reason.WORK_CLOSED)
    assert Slot.objects.filter(pk=slot.pk).exists()


@pytest.mark.django_db
def test_a_mail_that_is_held_waits_for_its_hour() -> None:
    person = a_user()
    fact = Fact(
        event=Event.HELD,
        key="decision:1",
        addressees=[Addressee(Why.PROPOSER, person_id=person.pk)],
    )
    hour = AT.replace(hour=11)

    outbox.post([fact], at=AT, not_before=hour)

    assert expand(AT) == 0
    assert expand(hour) == 1


@pytest.mark.django_db
def test_a_secret_is_sent_and_then_gone(mailoutbox: list[object]) -> None:
    person = a_user(name="成田 花子")
    outbox.post_secret(key="secret:1", person=person, subject="仮パスワード", text="abc-123", at=AT)

    send()

    mail = Delivery.objects.get()
    assert [str(getattr(each, "body", "")) for each in mailoutbox] == ["abc-123"]
    assert (mail.state, mail.subject, mail.text, mail.html) == (DeliveryState.SENT, "", "", "")
    assert told(Event.SECRET) == ["成田 花子"]
