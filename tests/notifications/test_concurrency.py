"""Sweeps that meet send nothing twice; a closing that meets a sweep is not overtaken."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from notifications import outbox
from notifications.delivery import sweep
from notifications.delivery.expansion import expand
from notifications.enums import DeliveryState, Event, MessageState, Why
from notifications.models import Delivery, OutboxMessage
from notifications.outbox import Fact, worker_name
from notifications.recipients import Addressee
from notifications.reminders import remind
from tests.concurrency.at_once import at_once
from tests.make import AT, a_project, a_user, the_slot, the_step
from tests.notifications.mails import assert_accounted, send
from workflow.enums import StepKind
from workflow.models import Slot

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures_city import City
    from tests.notifications.conftest import Sink

pytestmark = pytest.mark.django_db(transaction=True)

MAILS = 60


def many_mails() -> None:
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


@pytest.mark.parametrize("crowd", [2, 4])
def test_sweeps_at_once_send_every_mail_once(real_office: City, sink: Sink, crowd: int) -> None:
    many_mails()

    at_once([lambda: sweep(at=AT, worker=worker_name())] * crowd)

    copies = Counter(sink.ids())
    assert len(copies) == MAILS
    assert set(copies.values()) == {1}
    assert_accounted()


def test_expansions_at_once_make_one_mail_a_person(real_office: City) -> None:
    person = a_user()
    fact = Fact(
        event=Event.HELD,
        key="decision:1",
        addressees=[
            Addressee(Why.PROPOSER, person_id=person.pk),
            Addressee(Why.READER, post_id=real_office.post("SECRETARIAT").pk),
        ],
    )
    outbox.post([fact], at=AT)

    at_once([partial(expand, AT)] * 4)

    assert Delivery.objects.count() == 1 + len(real_office.holders("SECRETARIAT"))
    assert not OutboxMessage.objects.filter(state=MessageState.PENDING).exists()


def test_work_that_closes_during_an_expansion_leaves_no_mail(real_office: City) -> None:
    case = a_project()
    slot = the_slot(case)

    for _turn in range(5):
        OutboxMessage.objects.filter(slot=slot).update(state=MessageState.PENDING)
        Delivery.objects.all().delete()

        acts: list[Callable[[], object]] = [
            partial(expand, AT),
            partial(outbox.supersede, [slot.pk], at=AT),
        ]
        at_once(acts)

        assert not Delivery.objects.filter(state=DeliveryState.QUEUED).exists()
    assert send().sent == 0


def test_reminders_at_once_tell_each_deadline_once(real_office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    step = the_step(case)
    assert step is not None
    assert step.due_at is not None
    step.snapshot |= {"at_deadline": "ESCALATE", "escalate_to": "PT_CHAIR"}
    step.save(update_fields=["snapshot"])

    at_once([partial(remind, at=step.due_at + timedelta(days=7))] * 4)

    told = OutboxMessage.objects.filter(event__in=[Event.OVERDUE, Event.DELAY_TOLD])
    posts = [slot.post_id for slot in Slot.objects.filter(step_run=step)]
    assert sorted(told.values_list("post", flat=True)) == sorted(
        [*posts, real_office.post("PT-CHAIR").pk]
    )
