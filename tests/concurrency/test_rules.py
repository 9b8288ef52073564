"""Two people of the 事務局 begin the next version of one route at the same moment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.contrib.messages import get_messages
from django.db import transaction

from tests.concurrency.at_once import at_once
from tests.make import holder
from tests.workflow.pages import client_of
from tests.workflow.rules import LATER, in_force
from workflow.actions import route_versions
from workflow.actions.route_versions import DraftExists
from workflow.models import Route

if TYPE_CHECKING:
    from roles.models import User
    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

DRAFT = "/routes/RT2/2/"


def words_of(names: str) -> str:
    return f"RT2 標準（第2版）が、すでに「案」としてあります（書いた方：{names}）。"


@pytest.mark.parametrize("turn", range(3))
def test_one_of_two_people_begins_the_next_version_and_the_other_reads_who_did(
    real_office: City, turn: int
) -> None:
    people = real_office.holders("SECRETARIAT")[:2]
    browsers = [client_of(person) for person in people]

    responses, refusals = at_once(
        [partial(browser.post, "/routes/RT2/1/copy/") for browser in browsers]
    )

    assert refusals == []
    draft = Route.objects.get(code="RT2", version=2)
    [first] = draft.authors.all()
    assert Route.objects.filter(code="RT2").count() == 2
    assert draft.steps.count() == in_force("RT2").steps.count()
    to = dict(zip(people, responses, strict=True))
    [second] = set(people) - {first}
    assert (to[first].status_code, to[first]["Location"]) == (302, f"{DRAFT}edit/")
    assert (to[second].status_code, to[second]["Location"]) == (302, DRAFT)
    told = [str(each) for each in get_messages(to[second].wsgi_request)]
    assert told == [words_of(first.name)]


def test_of_a_crowd_one_begins_and_all_others_are_told(real_office: City) -> None:
    people = [*real_office.holders("SECRETARIAT"), holder("HEAD-DIGITAL"), holder("HQ-CHAIR")]

    def begin(person: User) -> Route:
        with transaction.atomic():
            return route_versions.start_draft(of=in_force("RT2"), by=person, effective_from=LATER)

    drafts, refusals = at_once([partial(begin, person) for person in people])

    [draft] = drafts
    [first] = draft.authors.all()
    assert Route.objects.filter(code="RT2").count() == 2
    assert len(refusals) == len(people) - 1
    assert {type(each) for each in refusals} == {DraftExists}
    assert {each.message for each in refusals} == {words_of(first.name)}
