from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse
from viewflow.workflow.models import Process, Task

from tests.make import AT, a_project, holder, say
from workflow.enums import Outcome, StepKind
from workflow.models import Condition, Decision, Reading, Run, StepRun, WorkItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model
    from django.test import Client

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

MODELS = [
    model
    for model in [*apps.get_app_config("workflow").get_models(), Process, Task]
    if admin.site.is_registered(model)
]


@pytest.fixture(autouse=True)
def _on_the_day() -> Iterator[None]:
    with time_machine.travel(AT):
        yield


def enter(client: Client) -> None:
    """Log the administrator in: after the cases, whose starts are shared then."""
    backend = "roles.backends.AppointmentBackend"
    client.force_login(holder("SYSTEM-ADMIN"), backend=backend)


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_administrator_reads_the_engine_and_changes_nothing(
    client: Client, model: type[Model]
) -> None:
    say(a_project(route="RT1", to=StepKind.STANDING_DECISION), Outcome.ADOPTED_WITH_CONDITIONS)
    enter(client)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    assert row is not None
    page = reverse(f"{name}_change", args=[row.pk])

    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    assert client.get(page).status_code == 200
    assert client.get(reverse(f"{name}_add")).status_code == 403
    assert client.post(page, {}).status_code == 403
    assert client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


SECRETS: Final[dict[str, Any]] = {
    "title": "窓口の待ち札を減らす",
    "problem": "待ち札が足りない。",
    "reform": "待ち札をなくす。",
}


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_administrator_reads_no_word_of_a_case(client: Client, model: type[Model]) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION, **SECRETS)
    a_project(route="RT2", to=StepKind.REVIEW, **SECRETS)
    say(
        case,
        Outcome.ADOPTED_WITH_CONDITIONS,
        conditions=(("待ち札の廃止", "SHIMIN", "2027-03-31"),),
    )
    case.is_confidential = True
    case.save()
    enter(client)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    addresses = [reverse(f"{name}_changelist")]
    for row in model._default_manager.all():
        addresses += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")]

    telling = [each for each in addresses if "待ち札" in client.get(each).content.decode()]

    assert telling == []


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("model", [Run, StepRun, Decision, Condition, WorkItem, Reading])
def test_the_administrator_knows_a_case_by_its_number(client: Client, model: type[Model]) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    say(case, Outcome.ADOPTED_WITH_CONDITIONS)
    enter(client)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    assert row is not None

    for address in (f"{name}_changelist", f"{name}_change"):
        args = [] if address.endswith("list") else [row.pk]
        assert str(case.number) in client.get(reverse(address, args=args)).content.decode()


def test_nothing_at_all_is_changed_in_the_administration(office: City) -> None:
    request = RequestFactory().get("/admin/")
    request.user = office.holder("SYSTEM-ADMIN")

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
