"""The same seed tells the same; on an empty database, apart from the demo that a module shares."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction

from bpr_projects.calendar import JST
from bpr_projects.models import Project
from tests.workflow.test_demo import STANDS
from workflow.management.simulation import violations
from workflow.models import Decision

if TYPE_CHECKING:
    from pathlib import Path

    from django.db.models import Model
    from pytest_django import Settings


def _number_again(model: type[Model]) -> None:
    """PostgreSQL keeps its sequences over a rollback, and whose turn it is goes by the row."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def stages() -> dict[str | None, str]:
    numbered = Project.objects.exclude(number=None)
    return dict(numbered.values_list("number", "stage"))


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.django_db
def test_the_same_seed_tells_the_same_and_the_command_says_what_was_made(
    tmp_path: Path, settings: Settings
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    told = []
    for _again in range(2):
        out = io.StringIO()
        with transaction.atomic():
            call_command("load_demo", "--at", "2026-06-03T12:00", "--seed", "3", stdout=out)
            said = Decision.objects.order_by("pk").values_list(
                "decided_at", "outcome", "post__code"
            )
            told.append(list(said))
            assert list(violations(datetime(2026, 6, 3, 12, 0, tzinfo=JST))) == []
            assert stages() == {code: stage for code, (stage, _route) in STANDS.items()}
            transaction.set_rollback(True)
        _number_again(Project)
        assert "見本の市を作りました: 職員 71人、案件 17件" in out.getvalue()
    assert told[0] == told[1]
    assert len(told[0]) > 100
