"""まとめて承認 at the same moment: each case once, no failure, and one mail a person."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from notifications.delivery import sweep
from notifications.enums import DeliveryState, Event
from notifications.models import Delivery, OutboxMessage
from notifications.outbox import GATHERING, worker_name
from tests.concurrency.at_once import CROWDS, at_once
from tests.concurrency.test_http import send_at_once
from tests.make import AT, a_project, holder, the_slot
from tests.notifications.mails import assert_accounted, forget_mails
from tests.proof import assert_sound
from workflow import engine
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, Slot
from workflow.views.approving import AGAIN, DONE, LOOKS, LOST

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

URL = "/inbox/approve/"
CASES = 6


def opened(office: City, to: StepKind = StepKind.RECEPTION) -> list[Slot]:
    """Cases that everybody of the seat has opened."""
    slots = [the_slot(a_project(to=to)) for _number in range(CASES)]
    for slot in slots:
        for person in office.holders(slot.post.code):
            engine.mark_seen(slot=slot, by=person, at=AT)
    return slots


def form(*slots: Slot) -> dict[str, Any]:
    hashes = {f"{slot.pk}-revision_hash": slot.step_run.revision.content_hash for slot in slots}  # type: ignore[union-attr]
    return {"slot": [slot.pk for slot in slots], "comment": "", **hashes}


RESULT: Final = re.compile(
    r'<a class="row__t" href="/p/([^/]+)/">.*?<span class="chip"[^>]*>(.*?)</span>', re.DOTALL
)


def came_of(responses: list[Any]) -> dict[str, Counter[str]]:
    """Of each case, how often the pages say what; contexts of several threads get mixed up."""
    found: dict[str, Counter[str]] = {}
    words = {str(word): came for came, (_tone, word, _icon) in LOOKS.items()}
    for response in responses:
        for number, chip in RESULT.findall(response.content.decode()):
            came = words[re.sub("<.*?>", "", chip).strip()]
            found.setdefault(number, Counter())[came] += 1
    return found


def number_of(slot: Slot) -> str:
    assert slot.step_run.project is not None
    return str(slot.step_run.project.number)


@pytest.mark.parametrize("crowd", CROWDS)
def test_overlapping_choices_decide_each_case_once(real_office: City, crowd: int) -> None:
    slots = opened(real_office)
    people = real_office.holders("SECRETARIAT")
    posts = [
        (people[turn % len(people)], URL, form(*(slots[turn % 3 :] + slots[: turn % 3])[:4]))
        for turn in range(crowd)
    ]

    responses = send_at_once(posts)

    assert {response.status_code for response in responses} == {200}
    chosen = {pk for _who, _url, sent in posts for pk in sent["slot"]}
    decided = Decision.objects.filter(slot__in=slots, outcome=Outcome.RECEIVED)
    found = came_of(responses)
    assert set(found) == {number_of(slot) for slot in slots if slot.pk in chosen}
    assert {told[DONE] for told in found.values()} == {1}
    assert sum(told.total() for told in found.values()) == 4 * crowd
    assert sorted(decided.values_list("slot", flat=True)) == sorted(chosen)
    assert_sound()


@pytest.mark.parametrize("crowd", CROWDS)
def test_one_choice_sent_many_times_answers_each_case_once(real_office: City, crowd: int) -> None:
    slots = opened(real_office, StepKind.CONFIRMATION)
    forget_mails()

    responses = send_at_once([(holder("HEAD-SHIMIN"), URL, form(*slots))] * crowd)

    assert {response.status_code for response in responses} == {200}
    assert Decision.objects.filter(slot__in=slots).count() == CASES
    found = came_of(responses)
    assert set(found) == {number_of(slot) for slot in slots}
    for told in found.values():
        assert told[DONE] == 1
        assert set(told) <= {DONE, AGAIN, LOST}
        assert told.total() == crowd
    assert_sound()


def test_sweeps_that_meet_at_a_bundle_tell_it_in_one_mail(real_office: City) -> None:
    slots = opened(real_office)
    forget_mails()
    [response] = send_at_once([(holder("SECRETARIAT"), URL, form(*slots))])
    assert list(came_of([response]).values()) == [Counter({DONE: 1})] * CASES
    later = OutboxMessage.objects.latest("pk").created_at + GATHERING + timedelta(seconds=1)

    at_once([partial(_sweep, later)] * 4)

    mails = Delivery.objects.filter(event=Event.YOUR_TURN, state=DeliveryState.SENT)
    assert set(Counter(mails.values_list("person", flat=True)).values()) == {1}
    assert {mail.facts.count() for mail in mails} == {CASES}
    assert_accounted()


def _sweep(at: Any) -> object:
    return sweep(at=at, worker=worker_name())
