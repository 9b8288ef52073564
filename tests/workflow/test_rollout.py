"""横展開の状況: section by section, kept by the leader of the case and the 事務局."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from bpr_projects.enums import RolloutState, Stage
from bpr_projects.models import Project, RolloutSection
from bpr_projects.rollout import record_rollout, rollout_of
from roles.models import Section
from tests.make import JST, a_project, holder
from tests.workflow.pages import client_of, messages_of, text_of
from workflow import access
from workflow.enums import StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoAssertNumQueries

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

NOW = datetime(2026, 5, 20, 10, 0, tzinfo=JST)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def case(office: City) -> Project:
    return a_project(to=StepKind.OBSERVE, route="RT1")


def write(case: Project, state: RolloutState, *codes: str, day: int = 18) -> None:
    record_rollout(
        project=case,
        sections=Section.objects.filter(code__in=codes),
        state=state,
        since=date(2026, 5, day),
        by=holder("LEADER-SHIMIN"),
        at=NOW,
    )


def typed(*codes: str, **more: Any) -> dict[str, Any]:
    sections = [str(each.pk) for each in Section.objects.filter(code__in=codes)]
    return {"sections": sections, "state": "IN_USE", "since": "令和8年5月18日", **more}


def test_every_section_stands_beside_the_case_and_the_newest_word_counts(case: Project) -> None:
    write(case, RolloutState.PLANNED, "SHIMIN", "ZEIMU", "KAIKEI")
    write(case, RolloutState.IN_USE, "SHIMIN", "ZEIMU", day=19)
    write(case, RolloutState.NOT_CONCERNED, "GIKAI")

    shown = rollout_of(case, NOW.date())

    assert (shown.in_use, shown.total, len(shown.lines)) == (2, 24, 25)
    known = {line.section.code: line.at.state for line in shown.lines if line.at}
    assert known == {"SHIMIN": "IN_USE", "ZEIMU": "IN_USE", "KAIKEI": "PLANNED", "GIKAI": "NONE"}
    assert RolloutSection.objects.get(section__code="SHIMIN").since == date(2026, 5, 19)


def test_the_leader_records_some_sections_at_once(case: Project) -> None:
    response = client_of("LEADER-SHIMIN").post(
        f"/p/{case.reference}/rollout/", typed("SHIMIN", "ZEIMU"), follow=True
    )

    assert messages_of(response) == ["2課等の状況を記録しました。"]
    rows = RolloutSection.objects.values_list("section__code", "state", "since", "recorded_by")
    leader = holder("LEADER-SHIMIN").pk
    assert sorted(rows) == [
        ("SHIMIN", "IN_USE", date(2026, 5, 18), leader),
        ("ZEIMU", "IN_USE", date(2026, 5, 18), leader),
    ]


def test_what_is_wrong_stands_beside_it_and_nothing_is_lost(case: Project) -> None:
    leader = client_of("LEADER-SHIMIN")
    url = f"/p/{case.reference}/rollout/"

    to_come = leader.post(url, typed("SHIMIN", since="令和8年6月1日"))
    nothing = leader.post(url, {"since": "いつか"})
    unknown = leader.post(url, typed() | {"sections": ["0"]})

    assert {each.status_code for each in (to_come, nothing, unknown)} == {422}
    assert "実施中のときは、今日までの日付を入れてください。" in text_of(to_come)
    assert to_come.content.decode().count("checked") == 2
    assert "課等を1つ以上選んでください。" in text_of(nothing)
    assert 'value="いつか"' in text_of(nothing)
    assert not RolloutSection.objects.exists()


@pytest.mark.parametrize(
    ("post", "may"),
    [("LEADER-SHIMIN", True), ("SECRETARIAT", True), ("LEADER-ZEIMU", False), ("AUDITOR", False)],
)
def test_who_records(case: Project, post: str, *, may: bool) -> None:
    permit = access.may(holder(post), "roll_out", case, NOW)
    page = text_of(client_of(post).get(f"/p/{case.reference}/rollout/"))
    refused = client_of(post).post(f"/p/{case.reference}/rollout/", typed("SHIMIN"))

    assert bool(permit) == may
    assert ("選んだ課等の状況を記録する" in page) == may
    assert refused.status_code == (302 if may else 403)
    assert RolloutSection.objects.exists() == may


def test_what_was_stopped_is_not_rolled_out(case: Project) -> None:
    case.stage = Stage.STOPPED
    case.save()

    permit = access.may(holder("LEADER-SHIMIN"), "roll_out", case, NOW)

    assert permit.reason == "「中止」の案件では、横展開を記録できません。"


def test_a_case_that_was_not_adopted_has_no_such_page(office: City) -> None:
    waiting = a_project()

    assert client_of("LEADER-SHIMIN").get(f"/p/{waiting.reference}/rollout/").status_code == 404


@pytest.mark.parametrize("codes", [("SHIMIN",), ("SHIMIN", "ZEIMU", "KAIKEI")])
def test_the_page_asks_the_same_questions_for_one_and_three_rows(
    case: Project, codes: tuple[str, ...], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    write(case, RolloutState.IN_USE, *codes)
    browser = client_of("LEADER-SHIMIN")

    with django_assert_num_queries(7):
        browser.get(f"/p/{case.reference}/rollout/")
