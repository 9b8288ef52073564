from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse
from viewflow.workflow.models import Process, Task

from tests.make import AT, a_project, say
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model
    from django.test import Client

    from roles.models import User
    from tests.fixtures_city import City

MODELS = [
    model
    for model in [*apps.get_app_config("workflow").get_models(), Process, Task]
    if admin.site.is_registered(model)
]


@pytest.fixture(autouse=True)
def _on_the_day() -> Iterator[None]:
    with time_machine.travel(AT):
        yield


@pytest.fixture
def administrator(office: City, client: Client) -> User:
    user = office.holder("SYSTEM-ADMIN")
    client.force_login(user, backend="roles.backends.AppointmentBackend")
    return user


@pytest.mark.usefixtures("administrator")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_administrator_reads_the_engine_and_changes_nothing(
    client: Client, model: type[Model]
) -> None:
    say(a_project(route="RT1", to=StepKind.STANDING_DECISION), Outcome.ADOPTED_WITH_CONDITIONS)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    assert row is not None
    page = reverse(f"{name}_change", args=[row.pk])

    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    assert client.get(page).status_code == 200
    assert client.get(reverse(f"{name}_add")).status_code == 403
    assert client.post(page, {}).status_code == 403
    assert client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_nothing_at_all_is_changed_in_the_administration(administrator: User) -> None:
    request = RequestFactory().get("/admin/")
    request.user = administrator

    changeable = [
        model.__name__
        for model, page in admin.site._registry.items()
        if page.has_add_permission(request)
        or page.has_change_permission(request)
        or page.has_delete_permission(request)
    ]

    assert changeable == []


def test_the_engine_s_tables_are_there_to_be_read() -> None:
    registered = {model.__name__ for model in MODELS}

    assert registered >= {"Process", "Task", "Run", "StepRun", "Slot", "Decision", "WorkItem"}
