"""The dry run: what a version would have done to the last cases, in words; nothing is written."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.make import AT, TODAY, a_project
from tests.proof import state_of
from tests.workflow.pages import client_of
from tests.workflow.rules import a_draft, change, in_force
from workflow.actions import route_versions
from workflow.actions.route_replay import replay_last

if TYPE_CHECKING:
    from tests.fixtures_city import City
    from workflow.models import Route
    from workflow.routing import Replay

pytestmark = [pytest.mark.django_db, pytest.mark.once]

WRITES = ("INSERT", "UPDATE", "DELETE", "SAVEPOINT")


def higher_limit(value: int = 1_000_000) -> Route:
    """RT3 from a higher cost on."""
    atoms = [
        {**atom, "value": value} if atom["fact"] == "cost" else atom
        for atom in in_force("RT3").condition["any"]
    ]
    return a_draft("RT3", condition={"any": atoms})


def replayed(draft: Route, count: int = 100) -> Replay:
    return replay_last(draft, count=count, on=TODAY, at=AT)


def told(found: Replay) -> dict[str | None, list[str]]:
    return {each.project.number: list(each.differences) for each in found.outlooks}


def test_cases_between_the_limits_would_take_another_route(office: City) -> None:
    a_project(route="RT1")
    a_project(route="RT3", post="LEADER-ZEIMU")
    a_project(route="RT3", sections=["FUKUSHI"], post="LEADER-KANKYO")

    found = replayed(higher_limit())

    assert told(found) == {
        "R8-003": [],
        "R8-002": [
            "経路：RT3 横断・予算 → RT2 標準",
            "なくなる段階：合議",
            "なくなる段階：本部会議（持ち回り）",
            "標準日数：32 → 23営業日",
        ],
        "R8-001": [],
    }
    assert (found.count, len(found.different), found.moved, found.halted) == (3, 1, 1, 0)


def test_steps_people_and_days_that_would_differ_are_told(office: City) -> None:
    a_project(route="RT2")
    draft = a_draft("RT2")
    change(draft, "部長 承認", who="NAMED_POST", who_argument=["DEPT-KAIKEI"])
    change(draft, "プロジェクトチーム 審査", standard_days=6)
    route_versions.remove_step(draft, 7)

    assert told(replayed(draft)) == {
        "R8-001": [
            "なくなる段階：決裁後の供覧（プロジェクトチーム）",
            "「部長 承認」の担当：市民部長 → 会計管理者",
            "標準日数：23 → 21営業日",
        ]
    }


def test_a_case_that_would_halt_is_told(office: City) -> None:
    a_project(route="RT2")
    draft = a_draft("RT2")
    change(draft, "プロジェクトチーム 審査", quorum=7)

    found = replayed(draft)

    assert told(found) == {"R8-001": ["進められない：「プロジェクトチーム 審査」で担当が足りない"]}
    assert found.halted == 1


def test_a_case_that_no_route_takes_any_more_is_told(office: City) -> None:
    a_project(route="RT1")

    found = replayed(a_draft("RT1", condition={"fact": "cost", "op": ">", "value": 0, "text": "x"}))

    assert told(found) == {"R8-001": ["進められない：当てはまる経路がない"]}


def test_an_unchanged_copy_changes_nothing(office: City) -> None:
    for route in ("RT1", "RT2", "RT3", "RT4", "RT5"):
        a_project(route=route)

    assert [replayed(a_draft(code)).different for code in ("RT1", "RT2", "RT3", "RT4")] == [[]] * 4


def test_the_newest_cases_come_first_and_only_so_many(office: City) -> None:
    for days in range(3):
        a_project(route="RT1", at=AT + timedelta(days=days))

    found = replayed(higher_limit(), 2)

    assert [each.project.number for each in found.outlooks] == ["R8-003", "R8-002"]


def test_nothing_is_written_and_more_cases_cost_no_more_queries(office: City) -> None:
    draft = higher_limit()
    a_project(route="RT4", sections=["FUKUSHI"])
    with CaptureQueriesContext(connection) as one:
        first = replayed(draft)
    for number, post in enumerate(("LEADER-SOMU", "LEADER-KAIKEI", "LEADER-GIKAI", "LEADER-NOI")):
        a_project(route="RT3", post=post, sections=["ZAISEI"] * (number % 2), collects_money=True)
    before = state_of()

    with CaptureQueriesContext(connection) as many:
        second = replayed(draft)

    assert (first.count, second.count) == (1, 5)
    assert len(many) == len(one) <= 10
    assert [each["sql"] for each in many if each["sql"].startswith(WRITES)] == []
    assert state_of() == before


def test_it_says_the_same_each_time(office: City) -> None:
    for route in ("RT1", "RT3", "RT5"):
        a_project(route=route)
    draft = higher_limit()

    assert told(replayed(draft)) == told(replayed(draft))


# --- the page and the command -----------------------------------------------------------------


def test_the_page_shows_the_cases_that_differ(office: City) -> None:
    higher_limit()
    a_project(route="RT1")
    a_project(route="RT3")

    with time_machine.travel(AT, tick=False):
        page = client_of("AUDITOR").get("/routes/RT3/2/replay/?cases=50")

    assert (page.context["count"], page.context["replay"].count) == (50, 2)
    assert [each.project.number for each in page.context["replay"].different] == ["R8-002"]


@pytest.mark.parametrize(
    ("typed", "count"), [("", 100), ("0", 1), ("501", 500), ("x", 100), ("99999", 100)]
)
def test_the_number_of_cases_is_held_between_bounds(office: City, typed: str, count: int) -> None:
    higher_limit()

    with time_machine.travel(AT, tick=False):
        page = client_of("SECRETARIAT").get("/routes/RT3/2/replay/", {"cases": typed})

    assert page.context["count"] == count


def test_the_command_prints_one_object(office: City) -> None:
    higher_limit()
    a_project(route="RT3")
    out = StringIO()

    with time_machine.travel(AT, tick=False):
        call_command("replay_routes", "--version", "RT3-2", "--cases", "7", "--json", stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[0] == (
        "RT3 横断・予算（第2版）: 1件のうち 1件に違いがあります"
        "（経路が変わる 1件、進められなくなる 0件）。"
    )
    result = json.loads(lines[-1])
    assert {name: result[name] for name in ("version", "cases", "different", "moved")} == {
        "version": "RT3-2",
        "cases": 1,
        "different": 1,
        "moved": 1,
    }
    assert result["differences"][0]["words"][0] == "経路：RT3 横断・予算 → RT2 標準"


@pytest.mark.parametrize("number", ["RT3", "RT3-9", "RT3-x", "-", "RT3-99999999999"])
def test_the_command_names_a_version_that_does_not_exist(office: City, number: str) -> None:
    with pytest.raises(CommandError) as error:
        call_command("replay_routes", f"--version={number}", stdout=StringIO())

    assert str(error.value) == f"経路の版「{number}」はありません（例：RT3-2）。"
