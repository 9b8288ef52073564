"""How a mail went is written while the next one is put into words, and before it is handed over."""

from __future__ import annotations

import logging
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test.signals import template_rendered

from notifications.delivery import claims, sweeping
from notifications.delivery.write_behind import SEVERAL, WriteBehind
from notifications.enums import DeliveryState
from notifications.models import Delivery
from tests.notifications.mails import assert_accounted, send, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from roles.models import User
    from tests.fixtures_city import City
    from tests.notifications.conftest import Sink

pytestmark = pytest.mark.django_db(transaction=True)

MAILS: Final = 2 * SEVERAL
SLOW: Final = 0.05
"""Seconds that a write takes longer than the words of a mail do."""


@pytest.fixture
def people(real_office: City, monkeypatch: pytest.MonkeyPatch) -> list[User]:
    """Each is told something; the disk is slow."""

    def settle(*about: Any, **fields: Any) -> bool:
        time.sleep(SLOW)
        return claims.settle(*about, **fields)

    monkeypatch.setattr(sweeping, "settle", settle)
    return tell(MAILS)


def sent() -> int:
    return Delivery.objects.filter(state=DeliveryState.SENT).count()


def test_each_mail_is_settled_before_the_next_is_handed_over(
    people: list[User], sink: Sink
) -> None:
    sink.question = sent

    report = send()

    assert sink.answers == list(range(MAILS))
    assert report.settled == {DeliveryState.SENT: MAILS}
    assert_accounted()


@contextmanager
def time_is_up_after(sink: Sink, count: int) -> Iterator[None]:
    """The worker's, while it puts the next mail into words."""

    def time_is_up(**_rendered: object) -> None:
        if len(sink.accepted) == count:
            raise SoftTimeLimitExceeded

    template_rendered.connect(time_is_up)
    try:
        with pytest.raises(SoftTimeLimitExceeded):
            yield
    finally:
        template_rendered.disconnect(time_is_up)


def test_a_worker_whose_time_is_up_has_settled_what_was_accepted(
    people: list[User], sink: Sink
) -> None:
    with time_is_up_after(sink, SEVERAL):
        send()

    assert sent() == SEVERAL
    left = Delivery.objects.exclude(state=DeliveryState.SENT)
    assert set(left.values_list("state", "attempts")) == {(DeliveryState.QUEUED, 0)}
    assert send().sent == MAILS - SEVERAL
    assert len(set(sink.ids())) == len(sink.ids()) == MAILS


def test_a_server_in_trouble_costs_the_mails_it_is_about(people: list[User], sink: Sink) -> None:
    late, refused, lost = people[2].email, people[4].email, people[6]
    sink.faults = {late: ["451 later"], refused: ["550 nobody here"]}

    def taken_over() -> None:
        """While its mail is under way."""
        if len(sink.accepted) == 5:
            Delivery.objects.filter(person=lost).update(lease_by="another")

    sink.question = taken_over

    report = send()

    assert report.settled == {
        DeliveryState.SENT: MAILS - 3,
        DeliveryState.QUEUED: 1,
        DeliveryState.DEAD: 1,
    }
    mail = Delivery.objects.get(person=lost)
    assert (mail.state, mail.lease_by) == (DeliveryState.SENDING, "another")


def test_a_server_that_refuses_us_costs_no_mail_an_attempt(people: list[User], sink: Sink) -> None:
    def refuse_from_now_on() -> None:
        if len(sink.accepted) == SEVERAL:
            sink.sender_faults = ["530 authentication required"]

    sink.question = refuse_from_now_on

    report = send()

    assert report.settled == {DeliveryState.SENT: SEVERAL}
    assert "530" in report.unreachable
    left = Delivery.objects.exclude(state=DeliveryState.SENT)
    assert set(left.values_list("state", "attempts", "lease_by")) == {(DeliveryState.QUEUED, 0, "")}
    assert send().sent == MAILS - SEVERAL
    assert len(set(sink.ids())) == len(sink.ids()) == MAILS


# --- the second connection ---------------------------------------------------------------------


@contextmanager
def no_more_connections() -> Iterator[None]:
    """The database takes none, whosever."""
    name = connection.settings_dict["NAME"]
    around = {**connection.get_connection_params(), "dbname": "postgres"}
    around.pop("cursor_factory", None)
    around.pop("context", None)
    with psycopg.connect(**around, autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


@pytest.mark.postgres_only
def test_without_room_for_a_second_connection_every_mail_goes_out_once(
    people: list[User], sink: Sink
) -> None:
    with no_more_connections():
        report = send()

    assert report.settled == {DeliveryState.SENT: MAILS}
    assert len(set(sink.ids())) == len(sink.ids()) == MAILS


@pytest.mark.postgres_only
def test_several_writes_go_by_a_connection_of_their_own() -> None:
    found = []

    def act() -> bool:
        connection.ensure_connection()
        found.append(connection.connection)
        return True

    for count in (SEVERAL - 1, SEVERAL):
        with WriteBehind() as behind:
            behind.begin(count)
            behind.write(act, lambda _written: None)
            behind.wait()
    act()

    few, several, own = found
    assert few is own
    assert several is not own
    assert (own.closed, several.closed) == (False, True)


def fail() -> bool:
    raise OSError("the disk is full")


def test_what_a_write_raises_is_raised_by_whoever_waits() -> None:
    with WriteBehind() as behind:
        behind.begin(SEVERAL)
        with pytest.raises(OSError, match="the disk is full"):
            write_and_wait(behind)


def write_and_wait(behind: WriteBehind) -> None:
    behind.write(fail, lambda _written: None)
    behind.wait()


def leave(behind: WriteBehind) -> None:
    behind.write(fail, lambda _written: None)
    raise SoftTimeLimitExceeded


def wait_for_what_is_late(behind: WriteBehind) -> None:
    def fail_late() -> bool:
        time.sleep(4 * SLOW)
        return fail()

    behind.write(fail_late, lambda _written: None)
    signal.setitimer(signal.ITIMER_REAL, SLOW)
    behind.wait()


@pytest.mark.postgres_only
@pytest.mark.parametrize("be_stopped", [leave, wait_for_what_is_late])
def test_what_nobody_waits_for_any_more_is_in_the_log(
    be_stopped: Callable[[WriteBehind], None], caplog: pytest.LogCaptureFixture
) -> None:
    def time_is_up(*_signal: object) -> None:
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGALRM, time_is_up)
    try:
        with pytest.raises(SoftTimeLimitExceeded):
            act_behind(be_stopped)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert [(each.levelno, each.message) for each in caplog.records] == [
        (logging.ERROR, "a mail that was accepted is not settled: OSError")
    ]


def act_behind(act: Callable[[WriteBehind], None]) -> None:
    with WriteBehind() as behind:
        behind.begin(SEVERAL)
        act(behind)
