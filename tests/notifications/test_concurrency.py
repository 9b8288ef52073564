"""Sweeps that meet send nothing twice; a closing that meets a sweep is not overtaken."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from notifications import actions, outbox
from notifications.delivery import sweep
from notifications.delivery.expansion import expand
from notifications.enums import DeliveryState, Event, MessageState, Reason, Way, Why
from notifications.models import DeliveredFact, Delivery, Intervention, OutboxMessage, Preference
from notifications.outbox import Fact, worker_name
from notifications.recipients import Addressee
from notifications.reminders import remind
from tests.concurrency.at_once import at_once, several
from tests.make import AT, a_project, a_user, an_appointment, say, the_slot, the_step
from tests.notifications.mails import assert_accounted, send, tell, told
from workflow.enums import Outcome, StepKind
from workflow.models import Slot, StepRun

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from roles.models import User
    from tests.fixtures_city import City
    from tests.notifications.conftest import Sink

pytestmark = pytest.mark.django_db(transaction=True)

MAILS = 60
FACTS = 400
"""More than one expansion takes."""


@pytest.mark.parametrize("crowd", [2, 4])
def test_sweeps_at_once_send_every_mail_once(real_office: City, sink: Sink, crowd: int) -> None:
    tell(MAILS)

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


def many_facts(readers: list[User], first: int, count: int) -> None:
    """Of each, every reader is told; the first of them also by the seat."""
    post = Addressee(Why.HOLDER, post_id=readers[0].appointments.get().post_id)
    people = [Addressee(Why.PROPOSER, person_id=reader.pk) for reader in readers]
    facts = [
        Fact(event=Event.HELD, key=f"decision:{n}", addressees=[*people, post])
        for n in range(first, first + count)
    ]
    outbox.post(facts, at=AT)


@pytest.mark.parametrize("crowd", several(2, 4))
def test_sweeps_at_once_gather_every_fact_into_one_digest(
    real_office: City, sink: Sink, crowd: int
) -> None:
    readers = [an_appointment().person for _ in range(2)]
    Preference.objects.bulk_create(
        Preference(person=reader, event=Event.HELD, way=Way.MORNING) for reader in readers
    )
    morning = AT.replace(hour=8, minute=30) + timedelta(days=1)
    many_facts(readers, 0, FACTS)
    at_once([partial(expand, AT)] * crowd)
    many_facts(readers, FACTS, FACTS)  # more of them come while digests go out

    at_once([lambda: sweep(at=morning, worker=worker_name())] * crowd)

    while sweep(at=morning, worker=worker_name()).expanded:  # what one of them left to the other
        pass
    told = DeliveredFact.objects.filter(delivery__state=DeliveryState.SENT)
    assert sorted(told.values_list("person", "fact")) == sorted(
        (reader.pk, f"decision:{n}") for reader in readers for n in range(2 * FACTS)
    )
    assert set(Counter(sink.ids()).values()) == {1}
    assert set(sink.ids()) == set(Delivery.objects.values_list("message_id", flat=True))
    assert_accounted()


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


def late_in_review(real_office: City) -> datetime:
    """Six seats are late with a review, the chair is to be told; a decision's 保留 is over."""
    case = a_project(to=StepKind.REVIEW)
    step = the_step(case)
    assert step is not None
    assert step.due_at is not None
    step.snapshot |= {"at_deadline": "ESCALATE", "escalate_to": "PT_CHAIR"}
    step.save(update_fields=["snapshot"])
    say(a_project(to=StepKind.DECISION), Outcome.HELD)
    return step.due_at.replace(hour=9) + timedelta(days=1)


@pytest.mark.parametrize("crowd", several(2, 4))
def test_whole_sweeps_at_once_resume_remind_and_send_once(
    real_office: City, sink: Sink, crowd: int
) -> None:
    moment = late_in_review(real_office)
    command = partial(
        call_command, "outbox_sweep", "--mails-only", "--at", f"{moment:%Y-%m-%dT%H:%M}"
    )

    at_once([lambda: command(stdout=StringIO())] * crowd)

    command(stdout=StringIO())  # what one of them left to the other
    held = StepRun.objects.get(kind=StepKind.DECISION)
    assert (held.held_days, f"{held.due_at:%m-%d}") == (5, "05-25")
    assert set(Counter(sink.ids()).values()) == {1}
    assert len(told(Event.OVERDUE)) == 6
    assert told(Event.DELAY_TOLD) == [real_office.holder("PT-CHAIR").name]
    assert_accounted()


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


WHY = "宛先の誤りのため"


def test_a_mail_is_given_up_or_sent_and_never_both(real_office: City, sink: Sink) -> None:
    by = real_office.holder("SECRETARIAT")
    tell(MAILS)
    expand(AT)
    chosen = list(Delivery.objects.order_by("pk")[: MAILS // 2])

    def discard_one_by_one() -> list[int]:
        done = []
        for mail in chosen:
            try:
                actions.discard(
                    delivery=mail, upto=mail.facts.latest("pk").pk, reason=WHY, by=by, at=AT
                )
            except actions.NotDiscardable:
                continue
            done.append(mail.pk)
        return done

    acts: list[Callable[[], object]] = [
        lambda: sweep(at=AT, worker=worker_name()),
        discard_one_by_one,
    ]
    at_once(acts)

    given_up = Delivery.objects.filter(state=DeliveryState.SKIPPED, reason=Reason.DISCARDED)
    assert set(Intervention.objects.values_list("delivery", flat=True)) == {
        mail.pk for mail in given_up
    }
    assert not {mail.message_id for mail in given_up} & set(sink.ids())
    assert len(sink.ids()) + given_up.count() == MAILS
    assert_accounted()


def test_a_fact_is_given_up_or_told_and_never_both(real_office: City, sink: Sink) -> None:
    by = real_office.holder("SECRETARIAT")
    tell(MAILS)
    facts = list(OutboxMessage.objects.order_by("-pk"))

    def discard_one_by_one() -> None:
        for fact in facts:
            try:
                actions.discard_fact(message=fact, reason=WHY, by=by, at=AT)
            except actions.NotDiscardable:
                continue

    acts: list[Callable[[], object]] = [lambda: expand(AT), discard_one_by_one]
    at_once(acts)

    given_up = OutboxMessage.objects.filter(state=MessageState.SKIPPED)
    assert {each.message_id for each in Intervention.objects.all()} == {
        each.pk for each in given_up
    }
    assert Delivery.objects.count() + given_up.count() == MAILS
    assert not Delivery.objects.filter(messages__in=given_up).exists()
    send(AT)
    assert_accounted()


def test_one_of_two_gives_a_mail_up(real_office: City) -> None:
    by = real_office.holder("SECRETARIAT")
    a_project()
    expand(AT)
    mail = Delivery.objects.get()
    discard = partial(
        actions.discard, delivery=mail, upto=mail.facts.latest("pk").pk, reason=WHY, by=by, at=AT
    )

    done, refused = at_once([discard] * 4)

    assert (len(done), len(refused)) == (1, 3)
    assert Intervention.objects.count() == 1
