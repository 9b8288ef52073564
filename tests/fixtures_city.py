"""The sample city as a fixture. The root conftest makes it known to every test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from django.conf import settings
from django.db import transaction

from bpr_projects.calendar import JST
from bpr_projects.plan import load_plan
from roles.actions import load_city
from roles.models import Appointment, Post, Section, User
from tests.make import AT, PASSWORD
from tests.replay import starts
from workflow.actions.route_data import load_routes
from workflow.management.demo.loading import Loaded, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

CITIES = Path(settings.BASE_DIR) / "cities"
CITY_FILE = CITIES / "kazuno.toml"
STORY_AT: Final = datetime(2026, 11, 24, 10, 0, tzinfo=JST)
"""The morning to which the demo is told."""


@dataclass(frozen=True)
class City:
    """Look up what the file names by its codes, e.g. ``city.holder("LEADER-SHIMIN")``."""

    def section(self, code: str) -> Section:
        return Section.objects.select_related("department").get(code=code)

    def post(self, code: str) -> Post:
        return Post.objects.select_related("section", "department").get(code=code)

    def holders(self, code: str) -> list[User]:
        held = Appointment.objects.effective(AT.date()).filter(post__code=code)
        return list(User.objects.filter(pk__in=held.values("person")).order_by("employee_number"))

    def holder(self, code: str) -> User:
        return self.holders(code)[0]


@pytest.fixture
def city(db: None) -> City:
    """10 departments, 25 sections, 71 people with their posts; everybody's password is PASSWORD."""
    load_city(CITY_FILE, password=PASSWORD, at=AT)
    return City()


def load_office() -> City:
    """The city with the plan's content and the shipped routes, as on the first day."""
    with transaction.atomic():
        load_city(CITY_FILE, password=PASSWORD, at=AT)
        load_plan(CITIES / "plan.toml")
        load_routes(CITIES / "routes.toml", at=AT)
    return City()


@pytest.fixture(scope="module")
def loaded_office(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[City]:
    """Loaded once a module, in a transaction around the transactions of its tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        starts.begin()
        office = starts.start("office", load_office)
        starts.end()
        yield office
        transaction.set_rollback(True)


@pytest.fixture
def office(loaded_office: City, db: None) -> Iterator[City]:
    """The sample city, ready to receive cases.

    A module that uses it has no tests with real transactions: those take ``real_office``.
    """
    starts.begin()
    yield loaded_office
    starts.end()


@pytest.fixture
def real_office(transactional_db: None) -> City:
    """The same for tests of several threads: committed, and taken away afterwards."""
    starts.begin()
    office = starts.start("committed office", load_office)
    starts.end()
    return office


@pytest.fixture(scope="module")
def loaded_demo(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Loaded]:
    """The demo as it stands that morning, loaded once a module."""
    before, settings.MEDIA_ROOT = settings.MEDIA_ROOT, str(tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), transaction.atomic():
        yield load(password="a-password-of-the-demo", at=STORY_AT)
        transaction.set_rollback(True)
    settings.MEDIA_ROOT = before


@pytest.fixture
def demo(loaded_demo: Loaded, db: None) -> Loaded:
    """The demo at ``STORY_AT``, in a transaction of the test's own."""
    return loaded_demo
