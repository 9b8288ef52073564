"""What tests of mails share: a sweep at a moment, who was told what, and that all is accounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifications import outbox
from notifications.delivery import Report, sweep
from notifications.enums import DeliveryState, Event, Why
from notifications.management import accounting
from notifications.models import Delivery
from notifications.outbox import Fact, worker_name
from notifications.recipients import Addressee
from tests.make import AT, a_user
from workflow.models import FAR_FUTURE

if TYPE_CHECKING:
    from datetime import datetime

    from django.test.utils import CaptureQueriesContext

    from roles.models import User


def send(at: datetime = AT) -> Report:
    """One sweep."""
    return sweep(at=at, worker=worker_name())


def tell(count: int) -> list[User]:
    """Facts about nothing in particular, each for one person, in the order of the mails."""
    people = [a_user() for _ in range(count)]
    facts = [
        Fact(
            event=Event.HELD,
            key=f"decision:{person.pk}",
            addressees=[Addressee(Why.PROPOSER, person_id=person.pk)],
        )
        for person in people
    ]
    outbox.post(facts, at=AT)
    return people


def told(event: Event | None = None) -> list[str]:
    """Names of everybody to whom a mail went out, in the order of the mails."""
    sent = Delivery.objects.filter(state=DeliveryState.SENT).order_by("pk")
    sent = sent.filter(event=event) if event else sent.exclude(event=Event.SECRET)
    return [mail.person.name for mail in sent.select_related("person")]


def names(*people: User) -> list[str]:
    return [person.name for person in people]


def the_mail(event: Event, person: User | None = None) -> Delivery:
    """The last mail about an event."""
    mails = Delivery.objects.filter(event=event)
    return (mails.filter(person=person) if person else mails).latest("pk")


def forget_mails(at: datetime = AT) -> None:
    """Send what waits, so that the test sees only what comes after."""
    send(at)
    Delivery.objects.filter(state=DeliveryState.SENT).update(event=Event.SECRET)


def assert_accounted() -> None:
    """Every addressee of every fact ended as sent, superseded, or with a reason."""
    assert list(accounting.faults(FAR_FUTURE)) == []


def of_mails(queries: CaptureQueriesContext) -> list[str]:
    """What was asked about mails, beside the one statement of the work list."""
    asked = [each["sql"] for each in queries if '"notifications_' in each["sql"]]
    return [sql for sql in asked if "workflow_workitem" not in sql]
