"""The sample city's mails: every kind of fact in words, as the catalogue shows it, and as readers
draw it in the frame of a desk and of a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.catalogue import NOTICES
from notifications.delivery.checking import SELDOM, Situation, load
from notifications.delivery.digests import letter_for
from notifications.delivery.letters import letter_of
from notifications.enums import DeliveryState, Event, MessageState, Topic, Way, Why
from notifications.models import (
    Announcement,
    DeliveredFact,
    Delivery,
    OutboxMessage,
    Preference,
)
from notifications.views.catalogue import newest, preview_of
from roles.models import Absence, User
from tests.browser import axe_violations, scrolls_sideways
from tests.fixtures_city import STORY_AT
from tests.make import holder
from tests.notifications.mails import send
from tests.workflow.pages import client_of
from workflow.charts import closing_days
from workflow.models import Decision

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright
    from pytest_django import DjangoDbBlocker

    from workflow.management.demo.loading import Loaded

pytestmark = [pytest.mark.once, pytest.mark.slow]

FRAMES: Final = (600, 360)
ASK_AGAIN: Final = {
    Event.PAPER_CLOSED,
    Event.STANDS_IN,
    Event.ABSENCE_REGISTERED,
    Event.ABSENCE_ENDED,
}
"""Told to few: what the words need beyond their row is read mail by mail."""


@pytest.fixture(scope="module", autouse=True)
def _driver_first(driver: Playwright) -> None:
    """Where a driver runs Django opens another connection: it runs before the demo is loaded."""


@pytest.fixture(scope="module")
def sent(loaded_demo: Loaded, django_db_blocker: DjangoDbBlocker) -> None:
    """The demo's mails have gone out."""
    with django_db_blocker.unblock():
        send(STORY_AT)


@pytest.fixture
def told(sent: None, demo: Loaded) -> None:
    """The same, in a transaction of the test's own."""


def test_every_kind_that_happened_has_its_words(told: None) -> None:
    with time_machine.travel(STORY_AT, tick=False):
        clerk = holder("SECRETARIAT", STORY_AT)
        happened = set(OutboxMessage.objects.values_list("event", flat=True)) & set(NOTICES)
        before = [model.objects.count() for model in (OutboxMessage, Delivery, DeliveredFact)]

        last = {event: OutboxMessage.objects.filter(event=event).latest("pk") for event in happened}
        previews = {
            event: preview_of(message, clerk, STORY_AT, closing_days())
            for event, message in last.items()
        }
        hidden = {each for each in happened if newest(Event(each), "", clerk, STORY_AT) is None}
        browser = client_of(clerk)
        pages = {
            event: [
                browser.get(f"/notices/catalogue/{event}/{part}").status_code
                for part in ("", "html/")
            ]
            for event in sorted(happened)
        }

        assert len(happened) >= 15
        assert hidden == {Event.PARTNERED}  # of a draft, which its authors alone read
        for event, preview in previews.items():
            assert preview.letter.subject.startswith("【業務改革ナビ】"), event
            assert preview.letter.text.startswith(f"{preview.person.name} 様"), event
            assert preview.person.name in preview.letter.html, event
        assert pages == {event: [200, 404 if event in hidden else 200] for event in happened}
        after = [model.objects.count() for model in (OutboxMessage, Delivery, DeliveredFact)]
        assert after == before


def test_words_are_made_of_what_was_read_for_all_mails(told: None) -> None:
    sent = Delivery.objects.filter(state=DeliveryState.SENT).exclude(event=Event.SECRET)
    mails = load(list(sent.values_list("pk", flat=True)))
    messages = [fact.message for mail in mails for fact in mail.told]
    matters = Situation.of(mails, STORY_AT).matters
    asking = set()
    for mail in mails:
        with CaptureQueriesContext(connection) as asked:
            letter_for(mail, mail.told, matters)
        if len(asked):
            asking.add(Event(mail.event))

    assert asking <= ASK_AGAIN
    about = {name for name in SELDOM if any(getattr(each, f"{name}_id") for each in messages)}
    assert about == {"comment", "report", "absence"}


def html_of(event: Event) -> str:
    """A mail of the sample city, or nothing where its story tells no such fact."""
    found = Delivery.objects.filter(event=event, state=DeliveryState.SENT).exclude(html="")
    return found.values_list("html", flat=True).first() or ""


def made_up(event: Event) -> str:
    """The words of a fact that the story does not tell, about a case of it."""
    decision = Decision.objects.exclude(project=None).select_related("decided_by").latest("pk")
    is_of_a_case = NOTICES[event].topic not in (Topic.ABSENCE, Topic.CITY) and (
        event != Event.ANNOUNCEMENT_WAITING
    )
    message = OutboxMessage.objects.create(
        event=event,
        fact=f"frame:{event}",
        person=decision.decided_by,
        why=Why.ACTED,
        actor=decision.decided_by,
        project=decision.project if is_of_a_case else None,
        run=decision.run if is_of_a_case else None,
        decision=decision if is_of_a_case else None,
        absence=Absence.objects.first() if NOTICES[event].topic == Topic.ABSENCE else None,
        announcement=an_announcement() if "ANNOUNCE" in event else None,
        state=MessageState.EXPANDED,
        created_at=STORY_AT,
    )
    mail = Delivery.objects.create(
        person=decision.decided_by,
        event=event,
        message_id=f"<frame-{event}@test>",
        due_at=STORY_AT,
        created_at=STORY_AT,
    )
    DeliveredFact.objects.create(
        delivery=mail, message=message, fact=message.fact, person=mail.person
    )
    [mail] = load([mail.pk])
    situation = Situation.of([mail], STORY_AT)
    return letter_of(mail, mail.told[0], situation.matters).html


def an_announcement() -> Announcement:
    """With words that break nowhere."""
    return Announcement.objects.create(
        title="ネットワーク更改に伴う庁内システムの停止について",
        text=f"https://intranet.kazuno.example/{'oshirase' * 12}\n\n11月28日の夜間に停止します。",
        written_by=holder("SECRETARIAT", STORY_AT),
        written_at=STORY_AT,
    )


def letters() -> dict[str, str]:
    """Template -> a mail made with it; the digests of a morning beside them."""
    events: dict[str, list[Event]] = {}
    for event, notice in NOTICES.items():
        events.setdefault(notice.template, []).append(event)
    found = {}
    for template, those in events.items():
        lived = next(filter(None, map(html_of, reversed(those))), "")
        found[template] = lived or made_up(those[0])
    DeliveredFact.objects.all().delete()
    Delivery.objects.all().delete()
    OutboxMessage.objects.update(state=MessageState.PENDING, hold_until=None)
    Preference.objects.bulk_create(
        Preference(person=person, event=event, way=Way.MORNING)
        for person in User.objects.all()
        for event in NOTICES
    )
    send(STORY_AT)
    send(STORY_AT + timedelta(days=7))
    gathered = [
        (mail.facts.count(), mail.html)
        for mail in Delivery.objects.filter(event=Event.SUMMARY, state=DeliveryState.SENT)
    ]
    count, digest = max(gathered)
    assert count > 1
    return {**found, "digest": digest}


@pytest.mark.browser
def test_mails_fit_their_frames(browser: Browser, told: None) -> None:
    wrong = []
    page = browser.new_page()
    for name, html in letters().items():
        page.set_content(html)
        for width in FRAMES:
            page.set_viewport_size({"width": width, "height": 800})
            wrong += [f"{name} at {width}: scrolls sideways"] * scrolls_sideways(page)
        # Once: both frames are narrower than 640 px, where a mail is drawn in one way.
        wrong += [f"{name}: {each}" for each in axe_violations(page)]
    page.close()
    assert wrong == []
