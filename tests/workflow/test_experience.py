"""How long cases of a route took: shown from 20 on, without 保留, at a fixed number of queries."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bpr_projects import calendar
from tests.make import AT, JST, a_draft, a_project, holder, say
from workflow.enums import Outcome, RunKind, RunState, StepKind
from workflow.models import Route, Run
from workflow.routing import ENOUGH, Experience, experience_of
from workflow.routing.experience import percentile
from workflow.views.route_preview import preview_of

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.fixtures_city import City

NONE: frozenset[date] = frozenset()


def decided(days: int, *, route: str = "RT2") -> Run:
    """A run that was decided so many business days after it began."""
    ended = calendar.add_business_days(AT.date(), days)
    return Run.objects.create(
        kind=RunKind.PROJECT,
        state=RunState.ADOPTED,
        route=Route.objects.get(code=route),
        started_by=holder("LEADER-SHIMIN"),
        started_at=AT,
        ended_at=datetime(ended.year, ended.month, ended.day, 15, tzinfo=JST),
    )


@pytest.mark.parametrize(
    ("values", "half", "most"),
    [([5], 5, 5), ([1, 2, 3, 4, 5], 3, 4), (list(range(1, 21)), 10, 16)],
)
def test_half_and_four_of_five(values: list[int], half: int, most: int) -> None:
    assert (percentile(values, 50), percentile(values, 80)) == (half, most)


def test_fewer_cases_than_twenty_say_nothing(office: City) -> None:
    for days in range(1, ENOUGH):
        decided(days)
    decided(3, route="RT1")

    assert experience_of("RT2", NONE) == Experience(19)
    draft = a_draft(has_personal_data=True)
    shown = preview_of(draft, draft.sheet, draft.proposer, AT, NONE, with_experience=True)
    assert shown is not None
    assert shown.experience == Experience(19)
    assert not Experience(19).is_enough


def test_twenty_cases_say_by_when_half_and_four_of_five_were_decided(office: City) -> None:
    for days in range(1, ENOUGH + 1):
        decided(days)
    draft = a_draft(has_personal_data=True)

    shown = preview_of(draft, draft.sheet, draft.proposer, AT, NONE, with_experience=True)

    assert shown is not None
    assert shown.experience == Experience(20, half=10, most=16)
    assert (shown.half_on, shown.most_on) == (date(2026, 5, 25), date(2026, 6, 2))


def test_days_of_a_hold_do_not_count(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-05-20", at=AT + timedelta(days=1))
    say(case, Outcome.HELD, until="2026-05-29", at=AT + timedelta(days=7))
    say(case, Outcome.ADOPTED, at=AT + timedelta(days=10))
    for _number in range(ENOUGH - 1):
        decided(9)

    # 8 business days from 5/11 to 5/21; held from 5/12 to 5/18 (4) and on to 5/21 (3)
    found = experience_of("RT2", NONE)

    assert found == Experience(20, half=9, most=9)
    run = Run.objects.get(project=case, kind=RunKind.PROJECT)
    assert run.ended_at == AT + timedelta(days=10)
    Run.objects.filter(project=None).delete()
    for _number in range(ENOUGH - 1):
        decided(0)
    assert percentile(sorted([0] * 19 + [1]), 100) == 1
    assert experience_of("RT2", NONE) == Experience(20, half=0, most=0)


@pytest.mark.parametrize("count", [ENOUGH, ENOUGH * 3])
def test_it_costs_one_query(
    office: City, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(count):
        decided(5)

    with django_assert_num_queries(1):
        experience_of("RT2", NONE)


def test_the_expected_day_shows_its_arithmetic(office: City) -> None:
    draft = a_draft(has_personal_data=True)

    shown = preview_of(draft, draft.sheet, draft.proposer, AT, NONE)

    assert shown is not None
    days = [step.days for step in shown.steps if step.who and not step.is_reading]
    assert shown.sum == "＋".join(map(str, days))
    assert shown.days == sum(days)
    assert shown.decided_on == calendar.add_business_days(AT.date(), sum(days))
    assert [step.until for step in shown.steps if step.until][-1] == shown.decided_on
    assert [step.capacity for step in shown.steps] == [
        "確認",
        "受付",
        "審査",
        "上申",
        "承認",
        "決裁",
        "供覧",
    ]
