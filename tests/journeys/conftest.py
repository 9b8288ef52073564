"""A day at city hall: the clock, the mail server, and people who sit down at a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.cache import cache

from tests.journeys.counter import Counter
from tests.make import AT
from tests.notifications.conftest import Sink, sink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page
    from pytest_django import Settings
    from pytest_django.live_server_helper import LiveServer

    from tests.fixtures_city import City

__all__ = ["sink"]


@pytest.fixture
def monday() -> Iterator[None]:
    """The clock of the server begins at ``AT`` and goes on from there: nobody has logged in yet.

    Log-ins are counted in the cache, no model's table, so no flush empties it.
    """
    cache.clear()
    with time_machine.travel(AT, tick=True):
        yield


@pytest.fixture
def counter(
    page: Page,
    real_office: City,
    live_server: LiveServer,
    sink: Sink,
    settings: Settings,
    monday: Any,
) -> Counter:
    """A browser in front of the running system; its links in mails lead to this server."""
    settings.BASE_URL = live_server.url
    return Counter(page, live_server.url, sink)
