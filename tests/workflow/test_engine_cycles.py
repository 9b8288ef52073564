"""採択 takes effect, the OODA loop runs, and what the section cannot decide alone is asked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bpr_projects.enums import CycleResult, Phase, RevisionKind, Stage
from bpr_projects.models import Bounds, Cycle, CycleEntry, Kpi
from bpr_projects.sheet import MOST_YEN
from tests.make import (
    AT,
    JST,
    PHASES,
    a_cycle,
    a_project,
    holder,
    record_phase,
    resubmit,
    say,
    the_slot,
    the_step,
    walk,
    withdraw,
)
from tests.proof import assert_sound, refused
from workflow import engine
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound, Unanswered
from workflow.enums import Outcome, RunKind, RunState, StepKind
from workflow.models import Decision, Reading, Run, StepRun, WorkItem

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once


def running(route: str = "RT1", **answers: Any) -> Project:
    return a_project(route=route, to=StepKind.OBSERVE, **answers)


def until(case: Project, phase: Phase) -> None:
    while the_slot(case).step_run.kind != phase:
        record_phase(case)


def question(case: Project) -> Run:
    return Run.objects.select_related("route", "revision").get(
        project=case, kind=RunKind.APPROVAL, state=RunState.OPEN
    )


# --- 採択の効果 -----------------------------------------------------------------------------


def test_an_adopted_case_has_its_bounds_its_indicator_and_its_first_cycle(office: City) -> None:
    case = running("RT3", sections=["FUKUSHI"])

    bounds, kpi, cycle = Bounds.objects.get(), Kpi.objects.get(), Cycle.objects.get()
    assert (case.stage, case.decided_at) == (Stage.RUNNING, AT)
    assert (bounds.revision, bounds.cost_limit, bounds.ends_on, bounds.budget_measure) == (
        case.revision,
        680_000,
        date(2027, 3, 31),
        "INITIAL",
    )
    assert [section.code for section in bounds.sections.all()] == ["FUKUSHI"]
    assert (kpi.name, kpi.unit, kpi.baseline, kpi.target, kpi.target_on, kpi.source) == (
        "平均手続時間",
        "分",
        Decimal(42),
        Decimal(25),
        date(2027, 3, 31),
        "発券機の記録",
    )
    assert (cycle.number, cycle.aim, cycle.phase) == (1, case.title, Phase.OBSERVE)
    [item] = WorkItem.objects.filter(project=case)
    assert (item.kind, item.post.code, item.due_at) == (
        StepKind.OBSERVE,
        "LEADER-SHIMIN",
        datetime(2026, 5, 25, 17, 15, tzinfo=JST),
    )
    assert_sound()


@pytest.mark.parametrize(
    ("route", "owed"),
    [
        ("RT1", [("CIRCULATION", "PT-"), ("POST_READING", "HQ-CHAIR")]),
        ("RT2", [("CIRCULATION", "PT-")]),
        ("RT5", [("POST_READING", "HQ-CHAIR")]),
    ],
)
def test_what_the_plan_holds_after_the_decision_is_to_be_read(
    office: City, route: str, owed: list[tuple[str, str]]
) -> None:
    case = running(route)

    found = {
        (kind, code if code == "HQ-CHAIR" else code[:3])
        for kind, code in Reading.objects.filter(project=case).values_list("kind", "post__code")
    }

    assert sorted(found) == sorted(owed)


def test_a_reading_is_read_by_a_holder_of_the_post_once(office: City) -> None:
    case = running("RT1")
    reading = Reading.objects.get(project=case, kind=StepKind.POST_READING)
    chair = office.holder("HQ-CHAIR")
    later = AT + timedelta(days=1)

    with refused(case, NotAllowed):
        engine.mark_read(reading_id=reading.pk, by=office.holder("HEAD-SHIMIN"), at=AT)
    engine.mark_read(reading_id=reading.pk, by=chair, at=AT)
    engine.mark_read(reading_id=reading.pk, by=chair, at=later)

    reading.refresh_from_db()
    assert (reading.read_at, reading.read_by) == (AT, chair)


def test_a_reading_that_does_not_exist_is_not_found(office: City) -> None:
    with pytest.raises(NotFound):
        engine.mark_read(reading_id=1, by=office.holder("HQ-CHAIR"), at=AT)


# --- 段階 -----------------------------------------------------------------------------------


def test_the_phases_follow_each_other_inside_the_bounds(office: City) -> None:
    case = running()

    phases = [record_phase(case) for _phase in range(4)]

    assert phases == list(Phase)
    assert [(entry.phase, entry.content) for entry in CycleEntry.objects.order_by("pk")] == [
        (phase, PHASES[phase]) for phase in Phase
    ]
    kinds = StepRun.objects.filter(project=case, run__kind=RunKind.CYCLE).order_by("pk")
    assert [step.kind for step in kinds] == [*Phase, StepKind.OBSERVE]
    assert_sound()


def test_a_decision_inside_the_bounds_is_shown_to_the_head(office: City) -> None:
    case = running()
    until(case, Phase.ACT)

    shown = Reading.objects.get(project=case, why="自由枠の中の意思決定（供覧）")

    assert (shown.post.code, shown.due_at) == (
        "HEAD-SHIMIN",
        datetime(2026, 5, 13, 17, 15, tzinfo=JST),
    )


@pytest.mark.parametrize("phase", Phase)
def test_an_incomplete_record_is_refused(office: City, phase: Phase) -> None:
    case = running()
    until(case, phase)

    for name in PHASES[phase]:
        with refused(case, Unanswered) as refusal:
            record_phase(case, content={name: ""})
        assert list(refusal.value.problems) == [name]


def test_a_decision_is_about_days_to_come(office: City) -> None:
    case = running()
    until(case, Phase.DECIDE)

    with refused(case, Unanswered) as refusal:
        record_phase(case, until="2026-05-10")
    assert refusal.value.problems == {"until": "いつまでに行うかは、今日以降の日を入れてください。"}
    record_phase(case, until="2026-05-11")
    assert the_slot(case).step_run.kind == StepKind.ACT


def test_after_the_last_day_of_the_bounds_every_decision_is_asked(office: City) -> None:
    case = running()
    until(case, Phase.DECIDE)
    after = AT.replace(year=2027, month=4, day=1)

    record_phase(case, until="2027-04-01", at=after)

    asked = question(case).revision
    assert asked is not None
    assert asked.sheet["beyond"] == ["期日が自由枠の期限を超えます。"]


def test_a_change_that_is_adopted_after_its_last_day_leads_back_to_the_decision(
    office: City,
) -> None:
    case = running()
    until(case, Phase.DECIDE)
    record_phase(case, until="2027-04-05", at=AT.replace(year=2027, month=4, day=1))

    walk(case, at=AT.replace(year=2027, month=4, day=6))

    step = the_slot(case).step_run
    assert (step.kind, step.note) == (
        StepKind.DECIDE,
        "採択された枠に収まりません：自由枠の期限が過ぎています。",
    )


def test_only_the_leader_records(office: City) -> None:
    case = running()
    slot = the_slot(case)

    with refused(case, NotAllowed):
        engine.record_phase(
            project=case,
            slot_id=slot.pk,
            content=PHASES[Phase.OBSERVE],
            by=office.holder("HEAD-SHIMIN"),
            at=AT,
        )


def test_a_phase_is_recorded_once(office: City) -> None:
    case = running()
    slot = the_slot(case)
    record_phase(case)

    with refused(case, AlreadyDone):
        engine.record_phase(
            project=case,
            slot_id=slot.pk,
            content=PHASES[Phase.OBSERVE],
            by=holder("LEADER-SHIMIN"),
            at=AT,
        )


def test_a_step_of_a_proposal_is_not_recorded_as_a_phase(office: City) -> None:
    case = a_project()

    with refused(case, NotFound):
        engine.record_phase(
            project=case,
            slot_id=the_slot(case).pk,
            content=PHASES[Phase.OBSERVE],
            by=holder("HEAD-SHIMIN"),
            at=AT,
        )


@pytest.mark.parametrize("result", [CycleResult.CONTINUE, CycleResult.PIVOT])
def test_the_section_begins_the_next_cycle_by_itself(office: City, result: CycleResult) -> None:
    case = running()
    until(case, Phase.ACT)

    record_phase(case, result=result, next_aim="予約の枠を広げる")

    first, second = Cycle.objects.order_by("number")
    assert (first.result, first.ended_at) == (result, AT)
    assert (second.number, second.aim, second.ended_at) == (2, "予約の枠を広げる", None)
    assert the_slot(case).step_run.kind == StepKind.OBSERVE
    assert_sound()


# --- 停止 -----------------------------------------------------------------------------------


def halt(case: Project, *, at: datetime = AT, by: str = "HEAD-SHIMIN", reason: str = "危険") -> Run:
    return engine.halt(project=case, reason=reason, by=holder(by), at=at)


def test_the_head_stops_what_was_decided_inside_the_bounds(office: City) -> None:
    case = running()
    until(case, Phase.ACT)

    halt(case)

    assert the_slot(case).step_run.kind == StepKind.DECIDE
    assert Decision.objects.latest("pk").outcome == Outcome.HALTED
    assert_sound()
    record_phase(case)
    assert the_slot(case).step_run.kind == StepKind.ACT
    assert_sound()


def test_the_head_stops_it_within_two_business_days(office: City) -> None:
    case = running()
    until(case, Phase.ACT)

    with refused(case, NotAllowed):
        halt(case, at=AT + timedelta(days=3))
    with refused(case, NotAllowed):
        halt(case, by="HEAD-ZEIMU")
    with refused(case, Unanswered):
        halt(case, reason=" ")
    halt(case, at=AT + timedelta(days=2))


def test_before_a_decision_there_is_nothing_to_stop(office: City) -> None:
    case = running()

    with refused(case, NotAllowed):
        halt(case)


# --- 自由枠の外: RT6 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beyond", "reason"),
    [
        ({"cost": 50_000}, "費用の合計 50,000円が、自由枠の 0円を超えます。"),
        ({"until": "2027-04-01"}, "期日が自由枠の期限を超えます。"),
    ],
)
def test_what_goes_beyond_the_bounds_is_asked(
    office: City, beyond: dict[str, Any], reason: str
) -> None:
    case = running()
    until(case, Phase.DECIDE)

    record_phase(case, **beyond)

    asked = question(case)
    assert asked.route is not None
    assert asked.revision is not None
    assert (asked.route.code, asked.revision.kind) == ("RT6", RevisionKind.CHANGE)
    assert asked.revision.sheet["beyond"] == [reason]
    assert the_slot(case).post.code == "HEAD-SHIMIN"
    assert not CycleEntry.objects.get(phase=Phase.DECIDE).within_bounds
    assert_sound()


def test_an_adopted_change_widens_the_bounds_and_the_cycle_acts(office: City) -> None:
    case = running()
    until(case, Phase.DECIDE)
    record_phase(case, cost=50_000, until="2027-04-30")

    walk(case)

    bounds = Bounds.objects.get()
    assert (bounds.cost_limit, bounds.ends_on) == (50_000, date(2027, 4, 30))
    assert the_slot(case).step_run.kind == StepKind.ACT
    case.refresh_from_db()
    assert case.stage == Stage.RUNNING
    assert_sound()


def test_a_change_asks_for_the_running_total(office: City) -> None:
    case = running("RT3", cost=300_000, budget_measure="INITIAL", sections=["FUKUSHI"])
    until(case, Phase.DECIDE)
    record_phase(case, cost=250_000)
    record_phase(case)
    until(case, Phase.DECIDE)

    record_phase(case, cost=200_000)
    asked = question(case).revision
    walk(case)
    record_phase(case)
    until(case, Phase.DECIDE)
    record_phase(case, cost=0)

    assert asked is not None
    assert asked.sheet["cost"] == 450_000
    assert Bounds.objects.get().cost_limit == 450_000
    assert the_slot(case).step_run.kind == StepKind.ACT
    assert_sound()


MOST = {"cost": MOST_YEN, "budget_measure": "INITIAL", "sections": ["FUKUSHI"]}


def test_the_largest_amount_of_the_sheet_is_adopted(office: City) -> None:
    running("RT3", **MOST)

    assert Bounds.objects.get().cost_limit == 10_000_000_000
    assert_sound()


@pytest.mark.parametrize("cost", [MOST_YEN + 1, 10**25])
def test_no_decision_costs_more_than_any_form_takes(office: City, cost: int) -> None:
    case = running("RT3", **MOST)
    until(case, Phase.DECIDE)

    with refused(case, Unanswered) as refusal:
        record_phase(case, cost=cost)

    assert refusal.value.problems == {
        "cost": "費用の合計が10,000,000,000円以下になるように入力してください。"
    }


def test_no_lap_adds_up_to_more_than_any_form_takes(office: City) -> None:
    case = running("RT3", **MOST)
    until(case, Phase.DECIDE)
    record_phase(case, cost=MOST_YEN)
    record_phase(case)
    until(case, Phase.DECIDE)

    with refused(case, Unanswered) as refusal:
        record_phase(case, cost=1)

    assert list(refusal.value.problems) == ["cost"]


def test_a_refused_change_leads_back_to_the_decision(office: City) -> None:
    case = running()
    until(case, Phase.DECIDE)
    record_phase(case, cost=50_000)
    walk(case, to=StepKind.DECISION)

    say(case, Outcome.NOT_ADOPTED)

    assert (Bounds.objects.get().cost_limit, the_slot(case).step_run.kind) == (0, StepKind.DECIDE)
    assert_sound()
    record_phase(case)
    assert the_slot(case).step_run.kind == StepKind.ACT
    assert_sound()


def test_a_withdrawn_change_leads_back_to_the_decision(office: City) -> None:
    case = running()
    until(case, Phase.DECIDE)
    record_phase(case, cost=50_000)

    withdraw(case)

    assert (case.stage, the_slot(case).step_run.kind) == (Stage.RUNNING, StepKind.DECIDE)
    assert_sound()


def returned_change(**decided: Any) -> Project:
    """A case whose change came back to be corrected."""
    case = running()
    until(case, Phase.DECIDE)
    record_phase(case, **decided)
    say(case, Outcome.SENT_BACK)
    return case


def test_a_returned_change_comes_again(office: City) -> None:
    case = returned_change(cost=50_000)
    assert the_slot(case).step_run.kind == StepKind.REVISION

    case = resubmit(case)

    run = question(case)
    assert (run.round, the_slot(case).step_run.kind) == (2, StepKind.CONFIRMATION)
    walk(case)
    assert the_slot(case).step_run.kind == StepKind.ACT
    assert_sound()


def correct(case: Project, **corrections: Any) -> None:
    """再提出 of a returned change with other words and figures."""
    engine.resubmit(
        project=case,
        slot_id=the_slot(case).pk,
        draft_version=case.draft_version,
        comment="直しました。",
        by=case.proposer,
        at=AT,
        corrections=corrections,
    )


@pytest.mark.parametrize(
    ("corrections", "note"),
    [
        (
            {"cost": 40_000},
            "採択された枠に収まりません：費用の合計 50,000円が、自由枠の 40,000円を超えます。",
        ),
        (
            {"ends_on": "2027-04-29"},
            "採択された枠に収まりません：期日が自由枠の期限を超えます。",
        ),
    ],
)
def test_a_change_adopted_for_less_leads_back_to_the_decision(
    office: City, corrections: dict[str, Any], note: str
) -> None:
    case = returned_change(cost=50_000, until="2027-04-30")

    correct(case, **corrections)
    walk(case)

    slot, bounds = the_slot(case), Bounds.objects.get()
    assert (slot.step_run.kind, slot.step_run.note) == (StepKind.DECIDE, note)
    assert {"cost": bounds.cost_limit, "ends_on": bounds.ends_on.isoformat()} == {
        "cost": 50_000,
        "ends_on": "2027-04-30",
        **corrections,
    }
    assert_sound()
    record_phase(case, cost=40_000, until="2027-04-29")
    assert the_slot(case).step_run.kind == StepKind.ACT
    assert_sound()


def test_a_change_corrected_to_what_was_decided_lets_the_cycle_act(office: City) -> None:
    case = returned_change(cost=50_000, until="2027-04-30")

    correct(case, cost=60_000)
    walk(case)

    assert the_slot(case).step_run.kind == StepKind.ACT


@pytest.mark.parametrize("cost", [-1, MOST_YEN + 1, 10**25, "1e5", 0.5])
def test_a_corrected_cost_is_an_amount_that_any_form_takes(office: City, cost: Any) -> None:
    case = returned_change(cost=50_000)

    with refused(case, Unanswered) as refusal:
        correct(case, cost=cost)

    assert refusal.value.problems == {
        "cost": "費用は0以上10,000,000,000以下の整数で入力してください。"
    }


@pytest.mark.parametrize("ends_on", ["2026-05-11", "2020-01-01"])
def test_a_corrected_end_is_still_to_come(office: City, ends_on: str) -> None:
    case = returned_change(cost=50_000)

    with refused(case, Unanswered) as refusal:
        correct(case, ends_on=ends_on)

    assert refusal.value.problems == {"ends_on": "期限は、明日から2100年までの日を入れてください。"}


def test_the_largest_amount_is_adopted_as_a_change(office: City) -> None:
    case = returned_change(cost=50_000)

    correct(case, cost=MOST_YEN)
    walk(case)

    assert Bounds.objects.get().cost_limit == MOST_YEN


# --- 広げる, やめる, 完了: RT8 --------------------------------------------------------------

ENDINGS = [
    (CycleResult.SCALE, RevisionKind.ROLLOUT, Stage.ROLLED_OUT),
    (CycleResult.STOP, RevisionKind.STOP, Stage.STOPPED),
    (CycleResult.COMPLETE, RevisionKind.COMPLETION, Stage.COMPLETED),
]


@pytest.mark.parametrize(("result", "kind", "stage"), ENDINGS)
def test_an_ending_is_decided_by_the_headquarters(
    office: City, result: CycleResult, kind: RevisionKind, stage: Stage
) -> None:
    case = running()
    a_cycle(case, result=result, lesson="紙の控えは要らない。")
    asked = question(case)
    assert asked.route is not None
    assert asked.revision is not None

    walk(case)

    case.refresh_from_db()
    assert (asked.route.code, asked.revision.kind) == ("RT8", kind)
    assert (case.stage, case.ended_at, the_step(case)) == (stage, AT, None)
    assert_sound()


@pytest.mark.parametrize(("result", "kind", "stage"), ENDINGS)
def test_a_refused_ending_begins_the_next_cycle(
    office: City, result: CycleResult, kind: RevisionKind, stage: Stage
) -> None:
    case = running()
    a_cycle(case, result=result, lesson="紙の控えは要らない。")
    walk(case, to=StepKind.DECISION)

    say(case, Outcome.NOT_ADOPTED)

    case.refresh_from_db()
    assert case.stage == Stage.RUNNING
    assert list(Cycle.objects.values_list("number", "ended_at")) == [(1, AT), (2, None)]
    assert the_slot(case).step_run.kind == StepKind.OBSERVE
    assert_sound()


def test_an_ending_asks_what_was_learnt(office: City) -> None:
    case = running()
    until(case, Phase.ACT)

    with refused(case, Unanswered) as refusal:
        record_phase(case, result=CycleResult.STOP)

    assert list(refusal.value.problems) == ["lesson"]


def test_the_team_scores_an_ending_and_its_region_is_closed_by_hand(office: City) -> None:
    case = running()
    a_cycle(case, result="STOP", lesson="紙の控えは要らない。")
    walk(case, to=StepKind.REVIEW)
    for _member in range(4):
        say(case, Outcome.SCORED)

    engine.close_region(project=case, reason="急ぐため", by=holder("PT-CHAIR"), at=AT)

    assert the_slot(case).step_run.kind == StepKind.DECISION
    assert_sound()
