"""The region of the project team: scores, revisions of a score, 辞退, quorum, 締切."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from bpr_projects.enums import Stage
from tests.make import AT, SCORES, a_project, holder, say, the_run, the_slot, the_step, walk
from tests.proof import assert_sound, refused, state_of
from workflow import access, engine
from workflow.actions.refusals import AlreadyDone, NotAllowed, Unanswered
from workflow.enums import Outcome, SendBackTarget, SlotState, StepKind
from workflow.models import Decision, Slot, StepRun

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

PARTS = ("SOMU", "SHIMIN", "FUKUSHI", "SANGYO", "KENSETSU", "KYOIKU")


def close(case: Project, by: str = "PT-CHAIR", reason: str = "2名が災害対応のため") -> None:
    engine.close_region(project=case, reason=reason, by=holder(by), at=AT)


def score(case: Project, *parts: str, **answer: Any) -> list[Decision]:
    return [say(case, Outcome.SCORED, post=f"PT-{part}", **answer) for part in parts]


def test_the_whole_team_is_asked_at_once(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)

    step = the_step(case)

    assert step is not None
    assert sorted(step.slots.values_list("post__code", flat=True)) == sorted(
        f"PT-{part}" for part in PARTS
    )
    assert (step.mode, step.quorum, step.standard_days) == ("ALL", 4, 8)


def test_the_region_closes_when_everybody_has_scored(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)

    score(case, *PARTS[:5])
    before = the_step(case)
    score(case, PARTS[5])

    case.refresh_from_db()
    assert before is not None
    assert (before.kind, case.stage) == (StepKind.REVIEW, Stage.REFERRAL)
    assert_sound()


@pytest.mark.parametrize(
    ("scores", "total"),
    [
        (dict.fromkeys(SCORES, 5), 100),
        (dict.fromkeys(SCORES, 1), 20),
        (SCORES, 80),
        (SCORES | {"N1": 5}, 83),
    ],
)
def test_the_total_counts_the_six_principles(
    office: City, scores: dict[str, int], total: int
) -> None:
    case = a_project(to=StepKind.REVIEW)

    assert say(case, Outcome.SCORED, scores=scores).total == total


def test_a_score_may_be_revised_until_the_region_closes(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    [first] = score(case, "SOMU")

    [second] = score(case, "SOMU", scores=SCORES | {"N1": 2}, comment="見直しました。")

    slot = the_slot(case, "PT-SOMU")
    assert second.supersedes == first
    assert list(Decision.objects.effective().filter(slot=slot)) == [second]
    assert slot.state == SlotState.DONE
    score(case, *PARTS[1:])
    with refused(case, AlreadyDone):
        score(case, "SOMU", scores=SCORES | {"N1": 3})
    assert_sound()


def test_an_equal_repeat_of_a_score_says_nothing_new(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    [first] = score(case, "SOMU")
    before = state_of()

    [again] = score(case, "SOMU")

    assert (again, state_of()) == (first, before)


def test_who_recused_neither_scores_nor_counts(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    recusal = say(case, Outcome.RECUSED, post="PT-SHIMIN", comment="自分の係の業務のため")

    with refused(case, AlreadyDone) as refusal:
        score(case, "SHIMIN", by=office.holder("PT-SHIMIN"))
    score(case, "SOMU", "FUKUSHI", "SANGYO", "KENSETSU", "KYOIKU")

    case.refresh_from_db()
    assert refusal.value.decision == recusal
    assert case.stage == Stage.REFERRAL
    assert_sound()


def test_who_scored_does_not_recuse_afterwards(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    score(case, "SOMU")

    with refused(case, AlreadyDone):
        say(case, Outcome.RECUSED, post="PT-SOMU")


def test_a_recusal_below_the_quorum_waits_at_the_secretariat(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    say(case, Outcome.RECUSED, post="PT-SOMU")
    say(case, Outcome.RECUSED, post="PT-SHIMIN")

    say(case, Outcome.RECUSED, post="PT-FUKUSHI")
    score(case, "SANGYO", "KENSETSU", "KYOIKU")

    assert [slot.post.code for slot in access.unheld(AT)] == ["PT-FUKUSHI"]
    case.refresh_from_db()
    assert case.stage == Stage.IN_REVIEW
    assert_sound()


def test_the_last_recusal_closes_the_region(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    score(case, *PARTS[:5])

    say(case, Outcome.RECUSED, post="PT-KYOIKU")

    case.refresh_from_db()
    assert case.stage == Stage.REFERRAL
    assert_sound()


@pytest.mark.parametrize("by", ["PT-CHAIR", "SECRETARIAT"])
def test_a_region_with_a_quorum_is_closed_by_hand(office: City, by: str) -> None:
    case = a_project(to=StepKind.REVIEW)
    score(case, *PARTS[:4])

    close(case, by)

    case.refresh_from_db()
    review = StepRun.objects.get(project=case, kind=StepKind.REVIEW)
    states = sorted(review.slots.values_list("state", flat=True))
    assert (case.stage, review.outcome) == (Stage.REFERRAL, Outcome.CLOSED)
    assert states == [SlotState.CANCELED] * 2 + [SlotState.DONE] * 4
    closing = Decision.objects.get(project=case, outcome=Outcome.CLOSED)
    assert closing.entry.texts.get(name="comment").text == "2名が災害対応のため"
    assert_sound()


def test_below_the_quorum_nobody_closes_the_region(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    score(case, *PARTS[:3])

    with refused(case, NotAllowed) as refusal:
        close(case)

    assert refusal.value.message == ("回答が3人分です。定足数の4人に満たないため、締め切れません。")


def test_closing_needs_a_reason_the_right_seat_and_an_open_region(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    score(case, *PARTS[:4])

    with refused(case, Unanswered):
        close(case, reason=" ")
    with refused(case, NotAllowed):
        close(case, by="HQ-CHAIR")
    score(case, *PARTS[4:])
    with refused(case, NotAllowed):
        close(case)


def test_a_late_score_is_told_that_the_region_is_closed(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    score(case, *PARTS[:4])
    slot = the_slot(case, "PT-KYOIKU")
    close(case)

    with refused(case, AlreadyDone) as refusal:
        say(case, Outcome.SCORED, slot=slot)

    assert refusal.value.message.endswith("「締切」としました。")


def test_the_fast_lane_asks_two_in_turn_and_leads_straight_to_the_standing_decision(
    office: City,
) -> None:
    case = a_project(route="RT5", to=StepKind.REVIEW)
    step = the_step(case)
    assert step is not None
    on_duty = list(step.slots.values_list("post__code", flat=True))

    walk(case, to=StepKind.STANDING_DECISION)

    assert len(on_duty) == 2
    assert the_slot(case).post.code == "HEAD-DIGITAL"
    assert not StepRun.objects.filter(project=case, kind=StepKind.REFERRAL).exists()
    assert_sound()


def test_the_turn_goes_round(office: City) -> None:
    asked: list[str] = []
    for leader in ("LEADER-SHIMIN", "LEADER-ZEIMU", "LEADER-SOMU"):
        case = a_project(route="RT5", to=StepKind.REVIEW, post=leader)
        asked += Slot.objects.filter(step_run=the_step(case)).values_list("post__code", flat=True)

    assert sorted(asked) == sorted(f"PT-{part}" for part in PARTS)


def test_a_repeated_region_joins_anew(office: City) -> None:
    case = a_project(to=StepKind.REFERRAL)
    say(case, Outcome.SENT_BACK, target=SendBackTarget.PROJECT_TEAM)

    score(case, *PARTS)

    case.refresh_from_db()
    joins = Task.objects.filter(process=the_run(case).process_id, flow_task_type="JOIN")
    assert case.stage == Stage.REFERRAL
    assert not joins.exclude(status=STATUS.DONE).exists()
    assert_sound()
