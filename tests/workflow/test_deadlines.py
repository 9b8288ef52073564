"""Deadlines: their arithmetic where people read them, 保留 and 差戻し, closures that come later."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest
import time_machine

from bpr_projects.models import Closure
from tests.make import AT, JST, a_draft, a_project, record_phase, say, submit, the_slot, the_step
from tests.proof import assert_sound
from tests.workflow import rules
from tests.workflow.pages import client_of, text_of
from workflow import engine
from workflow.enums import Outcome, SendBackTarget, StepKind
from workflow.models import WorkItem

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from workflow.models import StepRun

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

OF_TWO_DAYS = "標準2営業日 = 5/13（水）まで"


def at(day: int, month: int = 5, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=JST)


def step_of(case: Project) -> StepRun:
    step = the_step(case)
    assert step is not None
    return step


def due(case: Project) -> tuple[str, int]:
    """The day on which the open step is due, and the days of 保留 in it."""
    step = step_of(case)
    assert step.due_at is not None
    assert step.due_at.astimezone(JST).strftime("%H:%M") == "17:15"
    item = WorkItem.objects.get(step_run=step)
    assert item.due_at == item.due_sort == step.due_at
    return f"{step.due_at.astimezone(JST):%m-%d}", step.held_days


def closed_on(day: int) -> Closure:
    return Closure.objects.create(day=date(2026, 5, day), reason="庁舎点検")


def page(who: str, path: str, moment: datetime = AT) -> str:
    with time_machine.travel(moment, tick=False):
        response = client_of(who).get(path)
    assert response.status_code == 200
    return text_of(response)


# --- 保留 and 差戻し -------------------------------------------------------------------------


def test_a_hold_over_a_week_of_holidays_adds_its_business_days_alone() -> None:
    case = a_project(to=StepKind.DECISION, at=at(24, 4))
    assert due(case) == ("05-07", 0)

    say(case, Outcome.HELD, until="2026-05-07", at=at(28, 4))
    engine.resume_due(at=at(7))

    assert due(case) == ("05-12", 3)  # 4/28, 4/30, 5/1


def test_two_holds_add_up() -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-05-14", at=at(12))
    engine.resume_due(at=at(14))
    assert due(case) == ("05-20", 2)

    say(case, Outcome.HELD, until="2026-05-19", at=at(15))
    engine.resume_due(at=at(19))

    assert due(case) == ("05-22", 4)


@pytest.mark.parametrize("resumed_on", [13, 14, 20])
def test_the_clock_goes_on_with_the_day_that_was_set_however_late_the_sweep(
    resumed_on: int,
) -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-05-13")

    assert engine.resume_due(at=at(resumed_on)) == 1

    assert due(case) == ("05-20", 2)


@pytest.mark.parametrize("resumed_on", [16, 18])
def test_a_hold_until_a_saturday_counts_its_whole_week(resumed_on: int) -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-05-16")

    engine.resume_due(at=at(resumed_on))

    assert due(case) == ("05-25", 5)


def test_a_hold_after_one_that_no_sweep_ended_begins_anew() -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-05-13")

    say(case, Outcome.HELD, until="2026-05-20", at=at(15))
    engine.resume_due(at=at(20))

    assert due(case) == ("05-25", 5)  # 5/11, 5/12, and 5/15, 5/18, 5/19


def test_what_comes_back_has_a_clock_of_its_own() -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-05-20")

    say(case, Outcome.SENT_BACK, target=SendBackTarget.PROPOSER, at=at(14))

    step = step_of(case)
    assert (step.kind, step.opened_at, step.paused_since) == (StepKind.REVISION, at(14), None)
    assert due(case) == ("05-21", 0)
    assert_sound()


# --- closures that come later ----------------------------------------------------------------


def test_a_deadline_that_was_told_stays_when_a_closure_is_set_and_says_so() -> None:
    before = submit(a_draft())
    assert due(before) == ("05-13", 0)

    closed_on(12)
    after = submit(a_draft(title="窓口の待ち時間の見える化"))

    assert (due(before), due(after)) == (("05-13", 0), ("05-14", 0))
    kept = page("LEADER-SHIMIN", f"/p/{before.number}/")
    assert kept.count(f"{OF_TWO_DAYS}（後から加わった閉庁日1日を含む）") >= 2
    moved = page("LEADER-SHIMIN", f"/p/{after.number}/")
    assert moved.count("標準2営業日 = 5/14（木）まで（5/12（火・閉庁日）を除く）") >= 2


def test_a_deadline_that_was_told_stays_when_a_closure_is_taken_back_and_says_so() -> None:
    closure = closed_on(12)
    case = submit(a_draft())

    closure.delete()

    assert due(case) == ("05-14", 0)
    assert "標準2営業日 = 5/14（木）まで（後から取り消された閉庁日1日を除く）" in page(
        "LEADER-SHIMIN", f"/p/{case.number}/"
    )


def test_a_hold_that_ends_counts_with_the_closures_of_that_day() -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-05-14")

    closed_on(12)
    engine.resume_due(at=at(14))

    assert due(case) == ("05-20", 2)  # 5/11 and 5/13


# --- where it is read ------------------------------------------------------------------------


def test_the_case_shows_the_arithmetic_in_its_head_its_route_and_its_picture() -> None:
    case = a_project()

    overview, flow = (page("LEADER-SHIMIN", f"/p/{case.number}/{tab}") for tab in ("", "flow/"))

    assert f"5/11（月）から1日目、{OF_TWO_DAYS}。" in overview
    assert overview.count(OF_TWO_DAYS) == 3  # head, desk, route
    assert f"5/11（月）から・{OF_TWO_DAYS}" in flow


def test_days_of_a_hold_are_a_part_of_it() -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-05-13")
    held = page("LEADER-SHIMIN", f"/p/{case.number}/", at(12))

    engine.resume_due(at=at(13))

    assert "営業日 = " not in held
    assert "標準5営業日 = 5/20（水）まで（保留2営業日を加算）" in page(
        "LEADER-SHIMIN", f"/p/{case.number}/", at(13)
    )


def test_what_comes_next_is_expected_after_the_hold() -> None:
    case = a_project(to=StepKind.REFERRAL)
    assert due(case) == ("05-14", 0)

    say(case, Outcome.HELD, until="2026-05-13", at=at(12))

    # One day stands still, two more are the next step's.
    assert "標準2日・5/19（火）ごろまで" in page("LEADER-SHIMIN", f"/p/{case.number}/", at(12))


def test_the_pane_of_the_inbox_shows_it_unless_the_clock_stands_still() -> None:
    case = a_project(to=StepKind.DECISION)
    path = f"/inbox/?item={the_slot(case).pk}"
    shown = page("HQ-CHAIR", path)

    say(case, Outcome.HELD, until="2026-05-20")

    assert "あなたの番になったのは 09:00・標準5営業日 = 5/18（月）まで</p>" in shown
    assert "営業日 = " not in page("HQ-CHAIR", path)


def test_the_page_of_a_rule_shows_it_to_who_waits_and_to_who_is_asked() -> None:
    run = rules.propose(rules.a_draft())
    slot = rules.open_slot(run)
    path = f"/routes/{run.rule.code}/{run.rule.version}/" if run.rule else ""
    words = f"標準{slot.step_run.standard_days}営業日 = "

    for who, where in (("SECRETARIAT", path), (rules.HEAD, path), (rules.HEAD, "/inbox/")):
        address = f"{where}?item={slot.pk}" if where == "/inbox/" else where
        assert words in page(who, address)


def test_the_board_shows_it() -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")
    observed = page("LEADER-SHIMIN", f"/p/{case.number}/ooda/")

    record_phase(case)

    assert "標準10営業日 = 5/25（月）まで" in observed
    assert "標準5営業日 = 5/18（月）まで" in page("LEADER-SHIMIN", f"/p/{case.number}/ooda/")


def test_a_list_says_the_delay_in_business_days() -> None:
    a_project()

    late = page("HEAD-SHIMIN", "/inbox/", at(18))
    assert "3営業日超過" in late  # 5/14, 5/15, 5/18

    closed_on(15)

    for path in ("/inbox/", "/"):
        assert "2営業日超過" in page("HEAD-SHIMIN", path, at(18))
