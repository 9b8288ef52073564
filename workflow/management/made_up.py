"""Commands that make cases up need an office, and no city that works in it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction

from bpr_projects.plan import load_plan
from roles.actions import load_city
from roles.models import User
from workflow.actions.route_data import load_routes
from workflow.management.hours import OPENING, moment
from workflow.management.simulation.world import FIRST


def open_office() -> None:
    """The sample city where there is nobody; refused where a city may be at work."""
    if settings.PRODUCTION and User.objects.exists():
        raise CommandError("職員又は案件のある本番のデータベースでは実行できません。")
    if User.objects.exists():
        return
    cities = Path(settings.BASE_DIR) / "cities"
    at = moment(FIRST, OPENING)
    with transaction.atomic():
        load_city(cities / f"{settings.CITY}.toml", password=None, at=at)
        load_plan(cities / "plan.toml")
        load_routes(cities / "routes.toml", at=at)
