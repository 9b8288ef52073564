"""The sample city as a fixture. The root conftest makes it known to every test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from roles.actions import load_city
from roles.models import Appointment, Post, Section, User
from tests.make import AT, PASSWORD

CITY_FILE = Path(settings.BASE_DIR) / "cities" / "kazuno.toml"


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
