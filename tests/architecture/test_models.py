"""What the tables promise whoever writes the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.db import models
from django.db.models import ProtectedError
from viewflow.workflow.models import Process, Task

from records.models import PermanentRow
from roles.models import User
from tests.make import AT, a_project, a_user
from workflow.models import Decision, Run

if TYPE_CHECKING:
    from tests.fixtures_city import City

OURS = ["records", "roles", "bpr_projects", "workflow", "notifications"]


def foreign_keys() -> list[models.ForeignKey[models.Model, models.Model]]:
    return [
        field
        for app in OURS
        for model in apps.get_app_config(app).get_models()
        if not model._meta.proxy
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
    ]


def test_the_run_alone_knows_viewflow_by_a_foreign_key() -> None:
    keys = [key for key in foreign_keys() if key.related_model in (Process, Task)]

    assert [(key.model, key.name) for key in keys] == [(Run, "process")]


def test_a_person_is_never_deleted_through_a_row_of_ours() -> None:
    cascading = [
        f"{key.model.__name__}.{key.name}"
        for key in foreign_keys()
        if key.related_model is User and key.remote_field.on_delete is not models.PROTECT
    ]

    # guardian's own column: a grant says nothing about the past
    assert cascading == ["ProjectUserObjectPermission.user"]


@pytest.mark.django_db
def test_no_user_is_deleted_neither_one_nor_many() -> None:
    user = a_user()

    with pytest.raises(PermanentRow):
        user.delete()
    with pytest.raises(PermanentRow):
        User.objects.filter(pk=user.pk).delete()

    assert User.objects.filter(pk=user.pk).exists()


def test_a_process_with_a_run_is_not_deleted(office: City) -> None:
    a_project()

    with pytest.raises(ProtectedError):
        Process.objects.all().delete()

    assert Decision.objects.filter(decided_at=AT).count() == 1


def test_business_data_stays_out_of_the_engine_s_json(office: City) -> None:
    a_project()

    for model in (Process, Task):
        assert [row.data for row in model.objects.all() if row.data] == []
