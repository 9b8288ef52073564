"""`load_demo --size`: the whole city hall, by the same verbs, the same every time."""

from __future__ import annotations

import io
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from bpr_projects import actions as cases
from bpr_projects.calendar import JST
from bpr_projects.enums import Stage
from bpr_projects.models import Project
from bpr_projects.plan import load_plan
from roles.enums import Role
from roles.models import Appointment, User
from tests.workflow.test_demo import STANDS
from workflow.enums import StepKind
from workflow.management.demo import crowd
from workflow.management.demo.loading import CITIES, load
from workflow.management.demo.telling import WRITTEN_ON
from workflow.management.simulation import violations
from workflow.models import WorkItem

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

    from tests.fixtures_city import City

NOW = datetime(2027, 1, 15, 10, 0, tzinfo=JST)


@pytest.fixture
def random() -> Random:
    return Random(4)  # noqa: S311 -- a sample


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.django_db
def test_other_sections_propose_too_and_the_story_is_the_same_later_in_the_year(
    tmp_path: Path, settings: Settings
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    with transaction.atomic():
        loaded = load(password=None, at=NOW, people=90, cases=32)

        assert (loaded.people, loaded.cases) == (90, 32)
        assert list(violations(NOW)) == []
        numbered = dict(Project.objects.values_list("number", "stage"))
        assert {code: numbered[code] for code in STANDS} == {
            code: stage for code, (stage, _route) in STANDS.items()
        }
        others = Project.objects.exclude(number__in=STANDS)
        assert {each.stage for each in others} & {Stage.RUNNING, Stage.IN_REVIEW}
        assert others.filter(number__lte="R8-016").count() == 0
        asked = WorkItem.objects.filter(
            post__code="HQ-CHAIR", due_at__gt=NOW, number__in=STANDS, kind=StepKind.DECISION
        )
        assert [item.number for item in asked] == ["R8-005"]
        transaction.set_rollback(True)


def test_people_are_hired_until_there_are_so_many(city: City, random: Random) -> None:
    words = crowd.read(CITIES / "sample_crowd.toml")

    crowd.hire(words, 100, NOW, random)

    assert User.objects.count() == 100
    new = User.objects.filter(employee_number__gte="200001")
    assert len(set(new.values_list("family_name", "given_name"))) == 29
    assert Appointment.objects.filter(person__in=new, post__role=Role.STAFF).count() == 29
    assert len(set(new.values_list("appointments__post__section"))) == 25


def test_ideas_of_different_sections_are_the_same_with_the_same_seed(
    city: City, random: Random
) -> None:
    words = crowd.read(CITIES / "sample_crowd.toml")
    state = random.getstate()

    first = list(crowd.scripts(words, 183, WRITTEN_ON, random))
    random.setstate(state)

    assert list(crowd.scripts(words, 183, WRITTEN_ON, random)) == first
    assert len({each.sheet["title"] for each in first}) == 183
    assert "DIGITAL" not in {each.section for each in first}
    assert all(each.events for each in first)


def test_every_made_up_sheet_could_be_submitted(city: City, random: Random) -> None:
    load_plan(CITIES / "plan.toml")
    words = crowd.read(CITIES / "sample_crowd.toml")

    for each in crowd.scripts(words, len(words.ideas) * 24, WRITTEN_ON, random):
        cases.check_sheet(each.sheet, WRITTEN_ON)


@pytest.mark.parametrize("size", ["large", "201", "-1"])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(CommandError, match="200までの件数を指定してください"):
        call_command("load_demo", "--size", size, stdout=io.StringIO())
