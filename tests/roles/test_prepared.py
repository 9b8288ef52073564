"""A query that is spelled once finds what its plain form finds, whatever it is asked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roles.actions import delegate
from roles.models import Appointment, Post, Prepared, User, capacities
from roles.models.prepared import MOST_LISTED, MOST_NUMBERS
from tests.make import AT, TODAY, a_project, a_suspension, holder, the_run
from workflow.access import conflicts
from workflow.charts.seats import SEATED
from workflow.enums import StepKind

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.fixtures_city import City
    from workflow.models import Run

PREPARED = {
    name: each
    for module in (capacities, conflicts)
    for name, each in vars(module).items()
    if isinstance(each, Prepared)
}
DAYS = st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=400))


def told(row: Any) -> Any:
    """All that a row says, and what it brought with it."""
    if not isinstance(row, models.Model):
        return row
    own = {name: value for name, value in vars(row).items() if name != "_state"}
    company = {name: told(each) for name, each in row._state.fields_cache.items()}
    return type(row), own, company


def arguments(name: str, keys: list[int], run: Run) -> list[int]:
    """What each asks: a run, a run and its round, some posts, a person, or nothing."""
    if name.startswith("FACTS"):
        return [run.pk, run.round][: 2 if "APPROVALS" in name else 1]
    if name.startswith("ALL_"):
        return []
    return keys if name.endswith("_AT") else keys[:1]


@pytest.fixture
def busy(office: City) -> Run:
    """Deputies, leave, and a case that one has approved."""
    case = a_project(to=StepKind.RECEPTION)
    head, other = holder("HEAD-ZAISEI"), holder("HEAD-SOMU")
    delegate(
        post=Post.objects.get(code="HEAD-ZAISEI"),
        deputy=other,
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=9),
        reason="研修",
        by=head,
        at=AT,
    )
    a_suspension(person=holder("HEAD-SHIMIN"))
    return the_run(case)


@pytest.mark.parametrize("name", PREPARED)
def test_it_finds_what_the_plain_query_finds(busy: Run, name: str) -> None:
    prepared = PREPARED[name]
    named = {pk for model in (User, Post) for pk in model.objects.values_list("pk", flat=True)}
    some = st.lists(
        st.sampled_from(sorted(named)),
        min_size=2,
        max_size=MOST_NUMBERS + 2,
        unique=True,
    )

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(on=DAYS, keys=some)
    def holds(on: date, keys: list[int]) -> None:
        numbers = arguments(name, keys, busy)
        plain = [told(row) for row in prepared.build(on, *numbers)]
        asked = [told(row) for row in prepared.rows(on, *numbers)]
        if name.startswith("FACTS"):
            plain, asked = sorted(plain), sorted(asked)  # a union has no order
        assert asked == plain

    holds()


@pytest.mark.parametrize(
    ("shortest", "longest"),
    [
        (1, 1),
        (1, 3),
        (1, MOST_NUMBERS),
        (1, MOST_NUMBERS + 1),
        (MOST_LISTED - 1, MOST_LISTED),
        (MOST_LISTED + 1, MOST_LISTED + 2),
    ],
)
def test_lists_find_what_the_plain_query_finds(busy: Run, shortest: int, longest: int) -> None:
    posts = list(Post.objects.order_by("pk").values_list("pk", flat=True)[:40])
    nobodys = range(20_000, 20_000 + longest)
    some = st.lists(
        st.sampled_from([*posts, *nobodys]), min_size=shortest, max_size=longest, unique=True
    )

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(on=DAYS, keys=some, deciding=st.booleans())
    def holds(*, on: date, keys: list[int], deciding: bool) -> None:
        runs = [busy.pk, *keys[: longest // 2]]
        lists = (keys, runs, keys[:2] if deciding else [], runs if deciding else [])

        assert sorted(SEATED.rows(on, *lists)) == sorted(SEATED.build(on, *lists))

    holds()


def test_it_asks_one_statement_and_spells_it_once(
    busy: Run, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    spelled = []

    def build(on: date, person: int) -> models.QuerySet[Appointment]:
        spelled.append(on)
        return Appointment.objects.effective(on).filter(person=person).select_related("post")

    prepared = Prepared(build)
    first, second = holder("HEAD-ZAISEI"), holder("HEAD-SOMU")
    with django_assert_num_queries(2):
        assert [row.post.code for row in prepared.rows(TODAY, first.pk)] == ["HEAD-ZAISEI"]
        assert [row.post.code for row in prepared.rows(TODAY, second.pk)] == ["HEAD-SOMU"]
    assert prepared.rows(date(1990, 1, 1), first.pk) == []
    assert len(spelled) == 1
