"""rebuild_inbox beside people who work: it waits for nobody and undoes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction

from tests.make import a_project, the_slot
from workflow.management import worklist
from workflow.models import WorkItem

if TYPE_CHECKING:
    from tests.fixtures_city import City


@pytest.mark.postgres_only
def test_what_a_verb_holds_is_passed_by(real_office: City) -> None:
    a_project()
    held = the_slot(a_project(title="処理中"))
    WorkItem.objects.all().delete()
    verb = connection.copy()
    try:
        with verb.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM workflow_slot WHERE id = %s FOR UPDATE", [held.pk])

            assert worklist.rebuild() == (1, 0)

            cursor.execute("ROLLBACK")
    finally:
        verb.close()
    assert worklist.rebuild() == (2, 0)


@pytest.mark.postgres_only
def test_whoever_reads_waits_for_nothing_and_sees_the_old_row_or_the_new_one(
    real_office: City,
) -> None:
    case = a_project()
    WorkItem.objects.update(title="古い名前")
    reader = connection.copy()

    def titles() -> list[str]:
        with reader.cursor() as cursor:
            cursor.execute("SELECT title FROM workflow_workitem")
            return [title for (title,) in cursor.fetchall()]

    try:
        with reader.cursor() as cursor:
            cursor.execute("BEGIN")  # a page that is being drawn all the while
        assert titles() == ["古い名前"]
        with transaction.atomic():
            assert worklist.rebuild() == (1, 0)
            assert titles() == ["古い名前"]
        assert titles() == [case.title]
    finally:
        reader.close()
