"""Who holds a case, since when, until when, what comes next."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bpr_projects.models import Closure, Project
from tests.make import (
    AT,
    JST,
    SINCE,
    a_cycle,
    a_delegation,
    a_draft,
    a_project,
    a_suspension,
    a_user,
    holder,
    record_phase,
    say,
)
from workflow.charts import Ball, ball_lines
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.fixtures_city import City

pytestmark = pytest.mark.once


def ball(case: Project, days: int = 0) -> Ball:
    return ball_lines([case], AT + timedelta(days=days))[case.pk]


def test_a_case_is_held_by_the_head_of_its_section(office: City) -> None:
    case = a_project()

    found = ball(case)

    assert found.holder == f"市民課長 {holder('HEAD-SHIMIN').family_name}さん"
    assert (found.since, found.standard, found.day_n) == (AT, 2, 1)
    assert found.due_at is not None
    assert found.next_title == "事務局 受付"
    assert not found.is_late


def test_days_are_counted_in_business_days_and_closures(office: City) -> None:
    case = a_project()
    Closure.objects.create(day=date(2026, 5, 13), reason="庁舎点検")

    assert [ball(case, days).day_n for days in (1, 2, 3, 5, 7)] == [2, 2, 3, 4, 5]
    assert ball(case, 7).is_late


def test_a_case_is_late_when_its_deadline_has_passed(office: City) -> None:
    """Opened on a Monday with two days: due on Wednesday at 17:15, late from then on."""
    case = a_project()
    due_at = ball(case).due_at
    assert due_at == datetime(2026, 5, 13, 17, 15, tzinfo=JST)

    late = {
        moment: ball_lines([case], moment)[case.pk].is_late
        for moment in (AT + timedelta(days=2), due_at, due_at + timedelta(minutes=1))
    }

    assert list(late.values()) == [False, False, True]


def test_a_deputy_is_named_beside_the_holder(office: City) -> None:
    case = a_project()
    deputy = a_user(name="代理 次郎")
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=deputy)

    assert ball(case).holder.endswith("さん（代理 代理さん）")


def test_a_deputy_stands_alone_while_the_holder_is_on_leave(office: City) -> None:
    case = a_project()
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=a_user(name="代理 次郎"))
    a_suspension(person=holder("HEAD-SHIMIN"), starts_on=SINCE)

    assert ball(case).holder == "市民課長（代理 代理さん）"
    assert not ball(case).is_vacant


def test_a_vacant_seat_says_so(office: City) -> None:
    case = a_project()
    a_suspension(person=holder("HEAD-SHIMIN"), starts_on=SINCE)

    assert ball(case).holder == "市民課長（空席）"
    assert ball(case).is_vacant


def test_a_shared_seat_goes_by_its_title(office: City) -> None:
    assert ball(a_project(to=StepKind.RECEPTION)).holder == "事務局"


def test_a_body_names_two_and_counts_the_others(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    say(case, Outcome.SCORED, post="PT-SOMU")

    found = ball(case)

    assert (found.answered, found.asked) == (1, 6)
    assert found.holder.endswith("ほか3人")
    assert "総務" not in found.holder


def test_the_author_does_not_receive_the_own_case(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION, post="SECRETARIAT", section="SHIMIN")

    (seat,) = ball(case).seats

    assert seat.names
    assert case.proposer.family_name not in seat.names


def test_a_returned_case_is_held_by_its_author(office: City) -> None:
    case = a_project()
    say(case, Outcome.SENT_BACK)

    found = ball(case)

    assert case.proposer.family_name in found.holder
    assert (found.kind, found.next_title) == (StepKind.REVISION, "所属長の確認")


def test_a_pause_stops_the_count(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-06-01")

    found = ball(case, 14)

    assert (found.is_paused, found.paused_until, found.day_n) == (True, date(2026, 6, 1), 1)
    assert not found.is_late


def test_after_the_decision_comes_the_loop(office: City) -> None:
    assert "OODA" in ball(a_project(to=StepKind.DECISION)).next_title


def test_a_running_case_tells_the_next_phase(office: City) -> None:
    case = a_project(to=StepKind.OBSERVE)
    told = [ball(case).next_title]
    for _phase in range(3):
        record_phase(case)
        told.append(ball(case).next_title)

    assert told == ["方向づけ", "意思決定", "行動", "続ける・方向を変える等の結論"]


def test_a_question_to_headquarters_comes_before_the_loop(office: City) -> None:
    case = a_project(to=StepKind.OBSERVE)
    a_cycle(case, result="STOP", lesson="予約では足りない。")

    found = ball(case)

    assert found.kind not in (StepKind.OBSERVE, StepKind.ACT)
    assert found.next_title


def test_drafts_and_ended_cases_are_held_by_nobody(office: City) -> None:
    assert ball_lines([a_draft()], AT) == {}
    assert ball_lines([], AT) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_cases_takes_three_queries(
    office: City, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(3):
        a_project(to=StepKind.REVIEW if n else StepKind.CONFIRMATION)
    cases = list(Project.objects.order_by("pk")[:count])

    with django_assert_num_queries(3):
        assert len(ball_lines(cases, AT)) == count
    with django_assert_num_queries(2):
        ball_lines(cases, AT, frozenset())
