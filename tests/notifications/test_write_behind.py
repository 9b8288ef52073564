"""How a mail went is written while the next one is put into words, and before it is handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test.signals import template_rendered

from notifications import outbox
from notifications.delivery.write_behind import SEVERAL, WriteBehind
from notifications.enums import DeliveryState, Event, Why
from notifications.models import Delivery
from notifications.outbox import Fact
from notifications.recipients import Addressee
from tests.make import AT, a_user
from tests.notifications.mails import assert_accounted, send

if TYPE_CHECKING:
    from tests.fixtures_city import City
    from tests.notifications.conftest import Sink

pytestmark = pytest.mark.django_db(transaction=True)

MAILS = 2 * SEVERAL


@pytest.fixture
def mails(real_office: City) -> None:
    """Facts about nothing in particular, each for one person."""
    people = [a_user() for _ in range(MAILS)]
    facts = [
        Fact(
            event=Event.HELD,
            key=f"decision:{person.pk}",
            addressees=[Addressee(Why.PROPOSER, person_id=person.pk)],
        )
        for person in people
    ]
    outbox.post(facts, at=AT)


def sent() -> int:
    return Delivery.objects.filter(state=DeliveryState.SENT).count()


def test_each_mail_is_settled_before_the_next_is_handed_over(mails: None, sink: Sink) -> None:
    sink.question = sent

    report = send()

    assert sink.answers == list(range(MAILS))
    assert report.settled == {DeliveryState.SENT: MAILS}
    assert_accounted()


def test_a_worker_whose_time_is_up_has_settled_what_was_accepted(mails: None, sink: Sink) -> None:
    def time_is_up(**_rendered: object) -> None:
        if len(sink.accepted) == SEVERAL:
            raise SoftTimeLimitExceeded

    template_rendered.connect(time_is_up)
    try:
        with pytest.raises(SoftTimeLimitExceeded):
            send()
    finally:
        template_rendered.disconnect(time_is_up)

    assert sent() == SEVERAL
    left = Delivery.objects.exclude(state=DeliveryState.SENT)
    assert set(left.values_list("state", "attempts")) == {(DeliveryState.QUEUED, 0)}
    assert send().sent == MAILS - SEVERAL
    assert len(set(sink.ids())) == len(sink.ids()) == MAILS


def test_what_a_write_raises_is_raised_by_whoever_waits() -> None:
    def fail() -> bool:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"), WriteBehind() as behind:  # noqa: PT012
        behind.begin(SEVERAL)
        behind.write(fail, lambda _written: None)
        behind.wait()


@pytest.mark.postgres_only
def test_several_writes_go_by_a_connection_of_their_own() -> None:
    found: list[int] = []

    def backend() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            found.append(cursor.fetchone()[0])
        return True

    for count in (SEVERAL - 1, SEVERAL):
        with WriteBehind() as behind:
            behind.begin(count)
            behind.write(backend, lambda _written: None)
            behind.wait()
    backend()

    few, several, own = found
    assert few == own
    assert several != own
    with connection.cursor() as cursor:  # and it is closed again
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [several])
        assert cursor.fetchone() == (0,)
