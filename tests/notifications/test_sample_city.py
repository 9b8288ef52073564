"""Every kind of fact that the sample city's story holds, in words, as the catalogue shows it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import pytest
import time_machine
from django.db import transaction

from bpr_projects.calendar import JST
from notifications.catalogue import NOTICES
from notifications.enums import Event
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from notifications.views.catalogue import newest, preview_of
from tests.make import holder
from tests.notifications.mails import send
from tests.workflow.pages import client_of
from workflow.charts import closing_days
from workflow.management.demo.loading import load

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

pytestmark = [pytest.mark.once, pytest.mark.slow, pytest.mark.django_db]

STORY: Final = datetime(2026, 11, 25, 10, 42, tzinfo=JST)


def test_every_kind_that_happened_has_its_words(tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    with time_machine.travel(STORY, tick=False), transaction.atomic():
        load(password=None, at=STORY)
        send(STORY)
        clerk = holder("SECRETARIAT", STORY)
        happened = set(OutboxMessage.objects.values_list("event", flat=True)) & set(NOTICES)
        before = [model.objects.count() for model in (OutboxMessage, Delivery, DeliveredFact)]

        last = {event: OutboxMessage.objects.filter(event=event).latest("pk") for event in happened}
        previews = {
            event: preview_of(message, clerk, STORY, closing_days())
            for event, message in last.items()
        }
        hidden = {each for each in happened if newest(Event(each), "", clerk, STORY) is None}
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
