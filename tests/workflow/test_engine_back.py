"""差戻し, 保留, 引戻し, 取下げ, 廃案: what turns a case back, holds it or ends it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from viewflow.workflow.models import Task

from bpr_projects.enums import Stage
from tests.make import (
    AT,
    JST,
    a_delegation,
    a_draft,
    a_project,
    holder,
    resubmit,
    say,
    submit,
    the_run,
    the_slot,
    the_step,
    walk,
    withdraw,
)
from tests.proof import assert_sound, refused, state_of
from workflow import engine
from workflow.actions.completeness import targets_of
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound, Refusal, Unanswered
from workflow.enums import Outcome, RunState, SendBackTarget, SlotState, StepKind
from workflow.models import Decision, StepRun, WorkItem
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

ALONG_RT2 = [
    StepKind.CONFIRMATION,
    StepKind.RECEPTION,
    StepKind.REVIEW,
    StepKind.REFERRAL,
    StepKind.APPROVAL,
    StepKind.DECISION,
]


def kind_of(case: Project) -> str | None:
    step = the_step(case)
    return step.kind if step else None


# --- 提出 -----------------------------------------------------------------------------------


def test_a_submit_gives_a_number_a_revision_and_a_first_step(office: City) -> None:
    case = submit(a_draft(has_personal_data=True))

    run = the_run(case)
    assert (case.number, case.stage, case.submitted_at) == ("R8-001", Stage.WITH_HEAD, AT)
    assert case.revision is not None
    assert (case.revision.number, case.revision.sheet) == (1, case.sheet)
    assert run.route is not None
    assert (run.route.code, run.route_reason, run.round) == ("RT2", "個人情報を取り扱う", 1)
    assert the_slot(case).post.code == "HEAD-SHIMIN"


def test_a_case_is_submitted_once(office: City) -> None:
    case = a_project()

    with refused(case, AlreadyDone) as refusal:
        submit(case)

    assert (
        refusal.value.message
        == "市民課 DX推進リーダー 浅石 桃子さんが 5/11 09:00 に「提出」としました。"
    )


def test_a_draft_saved_elsewhere_is_not_submitted(office: City) -> None:
    case = a_draft()

    with refused(case, Refusal):
        engine.submit(project=case, draft_version=case.draft_version - 1, by=case.proposer, at=AT)


def test_only_the_seat_of_the_proposer_submits(office: City) -> None:
    case = a_draft()

    with refused(case, NotAllowed):
        engine.submit(
            project=case,
            draft_version=case.draft_version,
            by=office.holder("LEADER-ZEIMU"),
            at=AT,
        )


# --- 差戻し ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [k for k in ALONG_RT2 if k != StepKind.REVIEW])
def test_a_returned_case_comes_again_as_the_next_revision_and_round(
    office: City, kind: StepKind
) -> None:
    case = a_project(to=kind)

    say(case, Outcome.SENT_BACK, comment="効果の根拠を補ってください。")
    returned = the_slot(case)
    case = resubmit(case, minutes_after=30)

    run = the_run(case)
    assert returned.post.code == "LEADER-SHIMIN"
    assert (run.round, run.position, kind_of(case)) == (2, 0, StepKind.CONFIRMATION)
    assert case.revision is not None
    assert (case.revision.number, case.stage) == (2, Stage.WITH_HEAD)
    assert the_slot(case).step_run.revision == case.revision
    assert_sound()


def test_a_case_that_comes_again_unchanged_keeps_its_revision(office: City) -> None:
    case = a_project()
    say(case, Outcome.SENT_BACK)

    case = resubmit(case)

    assert case.revisions.count() == 1
    assert the_run(case).round == 2


def test_a_changed_text_may_take_another_route(office: City) -> None:
    case = a_project(route="RT2")
    say(case, Outcome.SENT_BACK)

    case = resubmit(case, cost=680_000, budget_measure="INITIAL")

    route = the_run(case).route
    assert route is not None
    assert route.code == "RT3"


@pytest.mark.parametrize(
    ("kind", "target", "station", "asked"),
    [
        (StepKind.REFERRAL, SendBackTarget.PROJECT_TEAM, StepKind.REVIEW, 6),
        (StepKind.APPROVAL, SendBackTarget.PROJECT_TEAM, StepKind.REVIEW, 6),
        (StepKind.APPROVAL, SendBackTarget.PT_CHAIR, StepKind.REFERRAL, 1),
        (StepKind.DECISION, SendBackTarget.PROJECT_TEAM, StepKind.REVIEW, 6),
        (StepKind.DECISION, SendBackTarget.PT_CHAIR, StepKind.REFERRAL, 1),
    ],
)
def test_a_case_goes_back_to_an_earlier_station_with_the_same_text(
    office: City, kind: StepKind, target: SendBackTarget, station: StepKind, asked: int
) -> None:
    case = a_project(to=kind)

    decision = say(case, Outcome.SENT_BACK, target=target)

    run, step = the_run(case), the_step(case)
    assert step is not None
    assert (step.kind, step.attempt, step.slots.count()) == (station, 2, asked)
    assert (run.round, decision.target) == (1, target)
    assert_sound()


@pytest.mark.parametrize(
    ("route", "kind", "targets"),
    [
        ("RT2", StepKind.CONFIRMATION, [SendBackTarget.PROPOSER]),
        ("RT2", StepKind.RECEPTION, [SendBackTarget.PROPOSER]),
        ("RT2", StepKind.REFERRAL, [SendBackTarget.PROPOSER, SendBackTarget.PROJECT_TEAM]),
        ("RT2", StepKind.APPROVAL, list(SendBackTarget)),
        ("RT2", StepKind.DECISION, list(SendBackTarget)),
        ("RT1", StepKind.STANDING_DECISION, [SendBackTarget.PROPOSER]),
    ],
)
def test_a_case_goes_back_only_to_stations_that_it_passed(
    office: City, route: str, kind: StepKind, targets: list[SendBackTarget]
) -> None:
    case = a_project(route=route, to=kind)

    assert list(targets_of(the_slot(case))) == targets
    for target in set(SendBackTarget) - set(targets):
        with refused(case, Unanswered) as refusal:
            say(case, Outcome.SENT_BACK, target=target)
        assert refusal.value.problems == {"target": "差戻し先を選んでください。"}


def test_a_decision_in_place_of_a_standing_one_stays_in_the_plan(office: City) -> None:
    head = office.holder("HEAD-DIGITAL")
    a_delegation(post=office.post("LEADER-SHIMIN"), deputy=head)
    case = a_project(route="RT5", to=StepKind.DECISION)

    say(case, Outcome.SENT_BACK, target=SendBackTarget.PROJECT_TEAM)
    walk(case, to=StepKind.DECISION)

    slot = the_slot(case)
    assert (slot.post.code, slot.step_run.kind) == ("HQ-CHAIR", StepKind.DECISION)
    say(case, Outcome.ADOPTED)
    assert kind_of(case) == StepKind.OBSERVE
    assert_sound()


# --- 保留 -----------------------------------------------------------------------------------


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 5, day, hour, tzinfo=JST)


def test_a_hold_stops_the_clock_and_the_deadline_moves_by_the_business_days(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    due = the_slot(case).step_run.due_at
    say(case, Outcome.HELD, until="2026-05-20", at=at(13))
    item = WorkItem.objects.get(project=case)

    too_early = engine.resume_due(at=at(19))
    resumed = engine.resume_due(at=at(20))
    again = engine.resume_due(at=at(20))

    step = the_slot(case).step_run
    assert due == datetime(2026, 5, 18, 17, 15, tzinfo=JST)
    assert (item.is_paused, too_early, resumed, again) == (True, 0, 1, 0)
    assert step.due_at == datetime(2026, 5, 25, 17, 15, tzinfo=JST)  # 13日(水) -> 20日: 5営業日
    assert (step.paused_since, step.paused_until) == (None, None)
    after = WorkItem.objects.get(project=case)
    assert (after.is_paused, after.due_at, after.due_sort) == (False, step.due_at, step.due_at)


def test_a_held_case_may_be_decided_at_any_time(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    held = say(case, Outcome.HELD)

    adopted = say(case, Outcome.ADOPTED)

    assert adopted.supersedes == held
    assert list(Decision.objects.effective().filter(slot=held.slot)) == [adopted]
    assert_sound()


def test_a_hold_may_be_prolonged(office: City) -> None:
    case = a_project(to=StepKind.REFERRAL)
    say(case, Outcome.HELD, until="2026-05-13")

    say(case, Outcome.HELD, until="2026-05-29", at=at(12))

    step = the_slot(case).step_run
    assert (step.paused_since, str(step.paused_until)) == (AT, "2026-05-29")


def test_the_same_hold_is_recorded_once(office: City) -> None:
    case = a_project(to=StepKind.REFERRAL)
    first = say(case, Outcome.HELD, until="2026-05-13")
    before = state_of()

    again = say(case, Outcome.HELD, until="2026-05-13")

    assert again == first
    assert state_of() == before


@pytest.mark.parametrize("until", ["2026-05-11", "2026-05-10", "soon", "2027-05-13", "9999-12-31"])
def test_a_hold_has_a_day_to_come_within_a_year(office: City, until: str) -> None:
    case = a_project(to=StepKind.REFERRAL)

    with refused(case, Unanswered) as refusal:
        say(case, Outcome.HELD, until=until)

    assert list(refusal.value.problems) == ["until"]


# --- 引戻し ---------------------------------------------------------------------------------


def pull_back(case: Project, by: str, moment: datetime = AT) -> None:
    engine.pull_back(project=case, by=holder(by), at=moment)


ACTS = [
    ("LEADER-SHIMIN", StepKind.CONFIRMATION, StepKind.REVISION, Stage.DRAFT),
    ("HEAD-SHIMIN", StepKind.RECEPTION, StepKind.CONFIRMATION, Stage.WITH_HEAD),
    ("SECRETARIAT", StepKind.REVIEW, StepKind.RECEPTION, Stage.RECEPTION),
    ("PT-CHAIR", StepKind.APPROVAL, StepKind.REFERRAL, Stage.REFERRAL),
    ("DEPT-SHIMINBU", StepKind.DECISION, StepKind.APPROVAL, Stage.DELIBERATION),
]
"""Who acted, where the case went, where it is after the 引戻し."""


@pytest.mark.parametrize(("by", "went_to", "kind", "stage"), ACTS)
def test_an_act_is_pulled_back_while_nobody_has_seen_it(
    office: City, by: str, went_to: StepKind, kind: StepKind, stage: Stage
) -> None:
    case = a_project(to=went_to)
    last = Decision.objects.filter(project=case).latest("pk")

    pull_back(case, by)

    case.refresh_from_db()
    slot = the_slot(case)
    row = Decision.objects.filter(project=case).latest("pk")
    assert (slot.step_run.kind, slot.post.code, case.stage) == (kind, by, stage)
    assert (row.outcome, row.supersedes) == (Outcome.PULLED_BACK, last)
    assert [item.slot_id for item in WorkItem.objects.filter(project=case)] == [slot.pk]
    assert_sound()


@pytest.mark.parametrize(("by", "went_to", "kind", "stage"), ACTS)
def test_what_the_next_holder_has_seen_is_not_pulled_back(
    office: City, by: str, went_to: StepKind, kind: StepKind, stage: Stage
) -> None:
    case = a_project(to=went_to)
    slot = the_slot(case)
    reader = office.holder(slot.post.code)
    engine.mark_seen(slot=slot, by=reader, at=AT + timedelta(minutes=5))

    with refused(case, NotAllowed) as refusal:
        pull_back(case, by)

    assert refusal.value.message == (
        f"{reader.name}さんが 5/11 09:05 に開いたため、引き戻せません。"
        "事務局に差戻しを依頼してください。"
    )


@pytest.mark.parametrize(("by", "went_to", "kind", "stage"), ACTS)
def test_a_case_goes_on_after_a_pull_back(
    office: City, by: str, went_to: StepKind, kind: StepKind, stage: Stage
) -> None:
    case = a_project(to=went_to)
    pull_back(case, by)

    if kind == StepKind.REVISION:
        resubmit(case)
    else:
        say(
            case,
            {StepKind.RECEPTION: Outcome.RECEIVED, StepKind.REFERRAL: Outcome.REFERRED}.get(
                kind, Outcome.APPROVED
            ),
        )

    assert kind_of(case) == went_to
    assert_sound()


def test_only_the_last_actor_pulls_back(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)

    for other in ("LEADER-SHIMIN", "SECRETARIAT", "HQ-CHAIR"):
        with refused(case, NotAllowed) as refusal:
            pull_back(case, other)
        assert refusal.value.message == "引き戻せるのは、直前に操作した 石川 真由美 さんです。"


@pytest.mark.parametrize("kind", [StepKind.DECISION, StepKind.OBSERVE])
def test_neither_scores_nor_decisions_are_pulled_back(office: City, kind: StepKind) -> None:
    case = a_project(route="RT5", to=StepKind.STANDING_DECISION)
    if kind == StepKind.OBSERVE:
        say(case, Outcome.ADOPTED)

    for person in ("HEAD-DIGITAL", "PT-SOMU", "PT-SHIMIN", "PT-FUKUSHI"):
        with refused(case, NotAllowed):
            pull_back(case, person)


def test_a_pull_back_is_not_pulled_back(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    pull_back(case, "HEAD-SHIMIN")

    with refused(case, NotAllowed):
        pull_back(case, "HEAD-SHIMIN")


def test_a_region_in_which_somebody_answered_is_not_pulled_back(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    say(case, Outcome.SCORED)

    with refused(case, NotAllowed):
        pull_back(case, "SECRETARIAT")


@pytest.mark.slow
def test_fifty_pull_backs_leave_short_tokens(office: City) -> None:
    case = a_project(to=StepKind.APPROVAL)

    for _turn in range(50):
        pull_back(case, "PT-CHAIR")
        say(case, Outcome.REFERRED)

    tokens = Task.objects.filter(process=the_run(case).process_id).values_list("token", flat=True)
    assert max(len(str(token)) for token in tokens) <= 20
    assert StepRun.objects.filter(project=case, kind=StepKind.REFERRAL).count() == 51
    assert_sound()


# --- 取下げ, 廃案 ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*ALONG_RT2, StepKind.REVISION])
def test_the_proposer_withdraws_at_every_station(office: City, kind: StepKind) -> None:
    case = a_project(to=kind if kind in ALONG_RT2 else StepKind.CONFIRMATION)
    if kind == StepKind.REVISION:
        say(case, Outcome.SENT_BACK)
    slot = the_slot(case)

    run = withdraw(case)

    case.refresh_from_db()
    assert (case.stage, case.ended_at, run.state) == (Stage.WITHDRAWN, AT, RunState.WITHDRAWN)
    assert not WorkItem.objects.filter(project=case).exists()
    assert_sound()
    with refused(case, AlreadyDone if kind != StepKind.REVISION else NotFound) as refusal:
        say(case, Outcome.APPROVED, slot=slot)
    if kind != StepKind.REVISION:
        assert "「取下げ」としました。" in refusal.value.message


def test_a_case_whose_submit_was_pulled_back_may_be_withdrawn(office: City) -> None:
    case = a_project()
    pull_back(case, "LEADER-SHIMIN")

    withdraw(case)

    case.refresh_from_db()
    assert case.stage == Stage.WITHDRAWN
    assert_sound()


def test_neither_others_withdraw_nor_anybody_after_the_decision(office: City) -> None:
    case = a_project()
    decided = a_project(route="RT1", to=StepKind.OBSERVE, post="LEADER-ZEIMU")

    with refused(case, NotAllowed):
        withdraw(case, by=office.holder("HEAD-SHIMIN"))
    with refused(decided, AlreadyDone) as refusal:
        withdraw(decided)

    assert refusal.value.message == (
        "デジタル戦略・広報室長 安保 智彦さんが 5/11 09:00 に「採択」としました。"
    )


def test_an_end_asks_for_reason_and_confirmation(office: City) -> None:
    case = a_project()

    with refused(case, Unanswered) as refusal:
        engine.withdraw(project=case, answer=Answer(), by=case.proposer, at=AT)

    assert list(refusal.value.problems) == ["comment", "confirmed"]


def test_the_secretariat_abandons_a_dead_case(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    answer = Answer(comment="本部長の了承を得た（5月8日）。", confirmed=True)

    with refused(case, NotAllowed):
        engine.abandon(project=case, answer=answer, by=office.holder("HQ-CHAIR"), at=AT)
    run = engine.abandon(project=case, answer=answer, by=office.holder("SECRETARIAT"), at=AT)

    case.refresh_from_db()
    assert (case.stage, run.state) == (Stage.ABANDONED, RunState.ABANDONED)
    assert_sound()


@pytest.mark.parametrize("stop", ["withdraw", "abandon"])
def test_a_case_that_its_proposer_took_back_can_be_ended(office: City, stop: str) -> None:
    case = a_project()
    pull_back(case, "LEADER-SHIMIN")
    answer = Answer(comment="出し直さないことになったため。", confirmed=True)
    by = case.proposer if stop == "withdraw" else office.holder("SECRETARIAT")

    run = getattr(engine, stop)(project=case, answer=answer, by=by, at=AT)

    case.refresh_from_db()
    ended = {"withdraw": Stage.WITHDRAWN, "abandon": Stage.ABANDONED}[stop]
    assert (case.stage, run.state) == (ended, RunState(ended))
    assert_sound()


def test_an_ended_case_stays_ended(office: City) -> None:
    case = a_project()
    withdraw(case)

    with refused(case, AlreadyDone):
        withdraw(case)
    with refused(case, AlreadyDone):
        engine.abandon(
            project=case,
            answer=Answer(comment="整理", confirmed=True),
            by=office.holder("SECRETARIAT"),
            at=AT,
        )
    with refused(case, NotAllowed):
        pull_back(case, "LEADER-SHIMIN")


def test_a_draft_has_nothing_to_turn_back(office: City) -> None:
    case = a_draft()

    with refused(case, NotFound):
        pull_back(case, "LEADER-SHIMIN")
    with refused(case, NotFound):
        withdraw(case)


def test_a_canceled_slot_is_closed_for_good(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    slot = the_slot(case)
    pull_back(case, "SECRETARIAT")
    slot.refresh_from_db()

    with refused(case, AlreadyDone):
        say(case, Outcome.SCORED, slot=slot)

    assert slot.state == SlotState.CANCELED
