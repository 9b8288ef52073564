from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from records import actions
from roles.models import User
from tests.make import AT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model
    from django.test import Client

    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MODELS = [
    model
    for app in ("records", "roles")
    for model in apps.get_app_config(app).get_models()
    if admin.site.is_registered(model)
]


@pytest.fixture(autouse=True)
def _on_the_day() -> Iterator[None]:
    with time_machine.travel(AT):
        yield


@pytest.fixture
def administrator(city: City, client: Client) -> User:
    user = city.holder("SYSTEM-ADMIN")
    client.force_login(user, backend="roles.backends.AppointmentBackend")
    return user


@pytest.mark.usefixtures("administrator")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_administrator_reads_and_changes_nothing(client: Client, model: type[Model]) -> None:
    actions.enqueue(kind="PDF", subject="x", by_id=1, at=AT)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()

    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    assert client.get(reverse(f"{name}_add")).status_code == 403
    if row is not None:
        page = reverse(f"{name}_change", args=[row.pk])
        assert client.get(page).status_code == 200
        assert client.post(page, {}).status_code == 403
        assert client.post(reverse(f"{name}_delete", args=[row.pk]), {}).status_code == 403


@pytest.mark.usefixtures("administrator")
def test_no_password_is_shown(client: Client) -> None:
    user = User.objects.get(employee_number="100001")

    page = client.get(reverse("admin:roles_user_change", args=[user.pk]))

    assert user.password not in page.content.decode()


def test_nobody_else_enters(city: City, client: Client) -> None:
    user = city.holder("HQ-CHAIR")
    client.force_login(user, backend="roles.backends.AppointmentBackend")

    response = client.get(reverse("admin:records_ledgerentry_changelist"))

    assert response.status_code == 302
