"""Mails as readers draw them, in the frame of a desk and of a phone: axe, no sideways scrolling."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from django.utils.timezone import now

from notifications.catalogue import NOTICES
from notifications.delivery.checking import Situation, load
from notifications.delivery.letters import letter_of
from notifications.enums import DeliveryState, Event, MessageState, Topic, Way, Why
from notifications.models import (
    Announcement,
    DeliveredFact,
    Delivery,
    OutboxMessage,
    Preference,
)
from roles.models import Absence, User
from tests.browser import axe_violations, scrolls_sideways
from tests.make import PASSWORD, holder
from tests.notifications.mails import send
from workflow.management import demo
from workflow.models import Decision

if TYPE_CHECKING:
    from datetime import datetime

    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.slow,
    pytest.mark.django_db,
]

FRAMES: Final = (600, 360)


def html_of(event: Event) -> str:
    """A mail of the sample city, or nothing where its story tells no such fact."""
    found = Delivery.objects.filter(event=event, state=DeliveryState.SENT).exclude(html="")
    return found.values_list("html", flat=True).first() or ""


def made_up(event: Event, at: datetime) -> str:
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
        announcement=an_announcement(at) if "ANNOUNCE" in event else None,
        state=MessageState.EXPANDED,
        created_at=at,
    )
    mail = Delivery.objects.create(
        person=decision.decided_by,
        event=event,
        message_id=f"<frame-{event}@test>",
        due_at=at,
        created_at=at,
    )
    DeliveredFact.objects.create(
        delivery=mail, message=message, fact=message.fact, person=mail.person
    )
    [mail] = load([mail.pk])
    situation = Situation.of([mail], at)
    return letter_of(mail, mail.told[0], situation.matters).html


def an_announcement(at: datetime) -> Announcement:
    """With words that break nowhere."""
    return Announcement.objects.create(
        title="ネットワーク更改に伴う庁内システムの停止について",
        text=f"https://intranet.kazuno.example/{'oshirase' * 12}\n\n11月28日の夜間に停止します。",
        written_by=holder("SECRETARIAT", at),
        written_at=at,
    )


def letters() -> dict[str, str]:
    """Template -> a mail made with it; the digests of a morning beside them."""
    at = now()
    demo.load(password=PASSWORD, at=at, seed=1)
    send(at)
    events: dict[str, list[Event]] = {}
    for event, notice in NOTICES.items():
        events.setdefault(notice.template, []).append(event)
    found = {}
    for template, those in events.items():
        lived = next(filter(None, map(html_of, reversed(those))), "")
        found[template] = lived or made_up(those[0], at)
    DeliveredFact.objects.all().delete()
    Delivery.objects.all().delete()
    OutboxMessage.objects.update(state=MessageState.PENDING, hold_until=None)
    Preference.objects.bulk_create(
        Preference(person=person, event=event, way=Way.MORNING)
        for person in User.objects.all()
        for event in NOTICES
    )
    send(at)
    send(at + timedelta(days=7))
    gathered = [
        (mail.facts.count(), mail.html)
        for mail in Delivery.objects.filter(event=Event.SUMMARY, state=DeliveryState.SENT)
    ]
    count, digest = max(gathered)
    assert count > 1
    return {**found, "digest": digest}


def test_mails_fit_their_frames(browser: Browser) -> None:
    wrong = []
    for name, html in letters().items():
        page = browser.new_page()
        page.set_content(html)
        for width in FRAMES:
            page.set_viewport_size({"width": width, "height": 800})
            wrong += [f"{name} at {width}: scrolls sideways"] * scrolls_sideways(page)
        # Once: both frames are narrower than 640 px, where a mail is drawn in one way.
        wrong += [f"{name}: {each}" for each in axe_violations(page)]
        page.close()
    assert wrong == []
