"""Equal acts at once have one effect; each loser is told who did what and when."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from bpr_projects.enums import Stage
from bpr_projects.models import Cycle, Project
from notifications.enums import Event
from notifications.models import OutboxMessage
from roles.models import Post
from tests.concurrency.at_once import CROWDS, at_once, several
from tests.make import (
    AT,
    SCORES,
    a_draft,
    a_project,
    holder,
    say,
    the_run,
    the_slot,
    walk,
    withdraw,
)
from tests.proof import assert_sound
from workflow import engine
from workflow.actions.refusals import AlreadyDone, Busy, NotAllowed, Refusal
from workflow.enums import Outcome, RunState, SlotState, StepKind
from workflow.models import Decision, Nudge, Run, Slot, StepRun, WorkItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roles.models import User
    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def assert_told(refusals: Sequence[Refusal], sentence: str) -> None:
    """Every loser got facts, or was asked to try again because the lock did not come free."""
    assert {type(each) for each in refusals} <= {AlreadyDone, Busy}
    told = {each.message for each in refusals if isinstance(each, AlreadyDone)}
    assert told <= {sentence}


@pytest.mark.parametrize("crowd", CROWDS)
def test_a_draft_is_submitted_once(real_office: City, crowd: int) -> None:
    case = a_draft(has_personal_data=True)
    act = partial(
        engine.submit,
        project=case,
        draft_version=case.draft_version,
        by=case.proposer,
        at=AT,
    )

    done, refusals = at_once([act] * crowd)

    assert (len(done), len(refusals)) == (1, crowd - 1)
    assert_told(refusals, "市民課 DX推進リーダー 浅石 桃子さんが 5/11 09:00 に「提出」としました。")
    assert list(Project.objects.values_list("number", "stage")) == [("R8-001", Stage.WITH_HEAD)]
    assert (Run.objects.count(), Decision.objects.count()) == (1, 1)
    assert_sound()


SERIAL = [
    (StepKind.CONFIRMATION, Outcome.APPROVED, "市民課長 石川 真由美さんが", "承認"),
    (StepKind.CONFIRMATION, Outcome.SENT_BACK, "市民課長 石川 真由美さんが", "差戻し"),
    (StepKind.REFERRAL, Outcome.REFERRED, "PT長 花ノ木 聡さんが", "上申（可）"),
    (StepKind.DECISION, Outcome.ADOPTED, "本部長（副市長） 成田 健一郎さんが", "採択"),
    (StepKind.DECISION, Outcome.NOT_ADOPTED, "本部長（副市長） 成田 健一郎さんが", "不採択"),
]


@pytest.mark.parametrize("crowd", CROWDS)
@pytest.mark.parametrize(("kind", "outcome", "who", "what"), SERIAL)
def test_a_serial_step_is_answered_once(
    real_office: City, kind: StepKind, outcome: Outcome, who: str, what: str, crowd: int
) -> None:
    case = a_project(to=kind)
    slot = the_slot(case)
    before = Decision.objects.count()

    done, refusals = at_once([partial(say, case, outcome, slot=slot)] * crowd)

    assert (len(done), len(refusals)) == (1, crowd - 1)
    assert_told(refusals, f"{who} 5/11 09:00 に「{what}」としました。")
    assert Decision.objects.count() == before + 1
    assert Cycle.objects.count() == (1 if outcome == Outcome.ADOPTED else 0)
    assert_sound()


@pytest.mark.parametrize("crowd", CROWDS)
@pytest.mark.parametrize(
    ("kind", "who", "outcome"),
    [
        (StepKind.REVIEW, "PT-SOMU", Outcome.SCORED),
        (StepKind.REFERRAL, "PT-CHAIR", Outcome.HELD),
    ],
)
def test_an_equal_score_or_hold_counts_once_and_the_repeats_are_told_so(
    real_office: City, kind: StepKind, who: str, outcome: Outcome, crowd: int
) -> None:
    case = a_project(to=kind)
    slot = the_slot(case, who)

    done, refusals = at_once([partial(say, case, outcome, slot=slot)] * crowd)

    assert {type(each) for each in refusals} <= {Busy}
    assert len({decision.pk for decision in done}) == 1
    assert Decision.objects.filter(slot=slot).count() == 1
    assert_sound()


def test_different_answers_of_three_in_a_shared_seat_make_one_decision(real_office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    slot = the_slot(case)
    people = real_office.holders("SECRETARIAT")
    outcomes = [Outcome.RECEIVED, Outcome.SENT_BACK, Outcome.RECEIVED]

    done, refusals = at_once(
        [
            partial(say, case, outcome, slot=slot, by=person)
            for outcome, person in zip(outcomes, people, strict=True)
        ]
    )

    assert len(done) == 1
    assert {type(each) for each in refusals} <= {AlreadyDone, Busy}
    assert list(Decision.objects.filter(slot=slot)) == done
    assert_sound()


def test_the_whole_team_scores_at_once_and_the_region_joins_once(real_office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    slots = list(Slot.objects.filter(step_run__project=case, step_run__kind=StepKind.REVIEW))

    done, refusals = at_once([partial(say, case, Outcome.SCORED, slot=slot) for slot in slots])

    again = [slot for slot in slots if Slot.objects.get(pk=slot.pk).state == SlotState.OPEN]
    assert len(again) == len(refusals)
    for slot in again:  # who met a busy case tries again, as the page says
        say(case, Outcome.SCORED, slot=slot)
    assert len(done) + len(again) == 6
    assert StepRun.objects.filter(project=case, kind=StepKind.REFERRAL).count() == 1
    assert_sound()


SECTIONS = ["FUKUSHI", "ZEIMU", "SOMU", "KIKAKU", "KYODO", "KANKYO", "CHOJU"]


def test_eight_sections_agree_at_once_and_join_once(real_office: City) -> None:
    case = a_project(route="RT3", to=StepKind.CONCURRENCE, sections=SECTIONS)
    slots = list(Slot.objects.filter(step_run__project=case, state=SlotState.OPEN))

    done, refusals = at_once([partial(say, case, Outcome.AGREED, slot=slot) for slot in slots])

    assert len(slots) == 8
    assert {type(each) for each in refusals} <= {Busy}
    walk(case, to=StepKind.DELIBERATION)
    assert len(done) + len(refusals) == 8
    assert StepRun.objects.filter(project=case, kind=StepKind.DELIBERATION).count() == 1
    assert Decision.objects.filter(outcome=Outcome.AGREED).count() == 8
    assert_sound()


@pytest.mark.parametrize("crowd", CROWDS)
def test_an_act_is_pulled_back_once(real_office: City, crowd: int) -> None:
    case = a_project(to=StepKind.RECEPTION)
    head = real_office.holder("HEAD-SHIMIN")

    done, refusals = at_once([partial(engine.pull_back, project=case, by=head, at=AT)] * crowd)

    assert (len(done), len(refusals)) == (1, crowd - 1)
    assert {type(each) for each in refusals} <= {NotAllowed, Busy}
    assert Decision.objects.filter(outcome=Outcome.PULLED_BACK).count() == 1
    assert the_slot(case).post.code == "HEAD-SHIMIN"
    assert_sound()


@pytest.mark.parametrize("turn", several(*range(5)))
def test_either_the_pull_back_or_the_next_holder_wins(real_office: City, turn: int) -> None:
    case = a_project(to=StepKind.RECEPTION)
    slot = the_slot(case)
    head, clerk = real_office.holder("HEAD-SHIMIN"), real_office.holder("SECRETARIAT")

    done, refusals = at_once(
        [
            lambda: engine.pull_back(project=case, by=head, at=AT).pk,
            lambda: say(case, Outcome.RECEIVED, slot=slot, by=clerk).pk,
        ]
    )

    outcomes = set(Decision.objects.filter(project=case).values_list("outcome", flat=True))
    assert (len(done), len(refusals)) == (1, 1)
    assert len(outcomes & {Outcome.PULLED_BACK, Outcome.RECEIVED}) == 1
    assert_sound()


@pytest.mark.parametrize("turn", several(*range(5)))
def test_either_the_withdrawal_or_the_adoption_wins(real_office: City, turn: int) -> None:
    case = a_project(to=StepKind.DECISION)
    slot = the_slot(case)

    done, refusals = at_once(
        [
            lambda: withdraw(case).pk,
            lambda: say(case, Outcome.ADOPTED, slot=slot).pk,
        ]
    )

    case.refresh_from_db()
    assert (len(done), len(refusals)) == (1, 1)
    assert {type(each) for each in refusals} <= {AlreadyDone, Busy}
    assert (case.stage, Cycle.objects.count()) in [(Stage.WITHDRAWN, 0), (Stage.RUNNING, 1)]
    run = Run.objects.get(project=case, kind="PROJECT")
    assert run.state in (RunState.WITHDRAWN, RunState.ADOPTED)
    assert_sound()


def test_the_closing_of_the_region_and_the_last_scores_open_one_referral(
    real_office: City,
) -> None:
    case = a_project(to=StepKind.REVIEW)
    for _member in range(4):
        say(case, Outcome.SCORED)
    late = list(Slot.objects.filter(step_run__project=case, state=SlotState.OPEN))
    chair = holder("PT-CHAIR")

    at_once(
        [
            lambda: engine.close_region(project=case, reason="急ぐため", by=chair, at=AT).pk,
            *[lambda slot=slot: say(case, Outcome.SCORED, slot=slot).pk for slot in late],
        ]
    )

    walk(case, to=StepKind.REFERRAL)
    assert StepRun.objects.filter(project=case, kind=StepKind.REFERRAL).count() == 1
    assert_sound()


def test_a_score_and_its_revision_at_once_leave_one_that_counts(real_office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    slot = the_slot(case, "PT-SOMU")

    done, refusals = at_once(
        [
            partial(say, case, Outcome.SCORED, slot=slot, scores=SCORES | {"N1": point})
            for point in (1, 2, 3, 5)
        ]
    )

    assert {type(each) for each in refusals} <= {Busy}
    said = Decision.objects.filter(slot=slot)
    assert said.count() == len(done)
    assert said.effective().count() == 1
    assert_sound()


def test_many_cases_move_at_once_on_one_ledger(real_office: City) -> None:
    leaders = ["SHIMIN", "ZEIMU", "SOMU", "KIKAKU", "KYODO", "KANKYO", "CHOJU", "KENKO"]
    drafts = [a_draft(post=f"LEADER-{code}") for code in leaders]

    done, refusals = at_once(
        [
            partial(
                engine.submit,
                project=case,
                draft_version=case.draft_version,
                by=case.proposer,
                at=AT,
            )
            for case in drafts
        ]
    )

    assert refusals == []
    numbers = list(Project.objects.order_by("number").values_list("number", flat=True))
    assert numbers == [f"R8-{n:03}" for n in range(1, 9)]
    assert {run.state for run in done} == {RunState.OPEN}
    assert WorkItem.objects.count() == 8
    assert_sound()


@pytest.mark.parametrize("crowd", CROWDS)
def test_a_phase_is_recorded_once(real_office: City, crowd: int) -> None:
    case = a_project(route="RT1", to=StepKind.OBSERVE)
    slot = the_slot(case)
    leader = real_office.holder("LEADER-SHIMIN")

    done, refusals = at_once(
        [
            partial(
                engine.record_phase,
                project=case,
                slot_id=slot.pk,
                content={"findings": "朝に集中している。"},
                by=leader,
                at=AT,
            )
        ]
        * crowd
    )

    assert (len(done), len(refusals)) == (1, crowd - 1)
    assert {type(each) for each in refusals} <= {AlreadyDone, Busy}
    assert the_run(case).steps.filter(kind=StepKind.ORIENT).count() == 1
    assert_sound()


@pytest.mark.parametrize("crowd", CROWDS)
def test_a_polite_request_is_made_once(real_office: City, crowd: int) -> None:
    case = a_project()
    late = AT + timedelta(days=3)
    people = [case.proposer, *real_office.holders("SECRETARIAT")]
    slot = the_slot(case).pk

    done, refusals = at_once(
        [
            partial(engine.nudge, slot_id=slot, project=case, by=people[n % len(people)], at=late)
            for n in range(crowd)
        ]
    )

    assert (len(done), len(refusals)) == (1, crowd - 1)
    assert_told(refusals, "5/14（木）にお願い済みです。次は5/18（月）からです。")
    assert list(Nudge.objects.values_list("slot", "asked_by")) == [(slot, done[0].asked_by_id)]
    assert OutboxMessage.objects.filter(event=Event.REMINDED).count() == 1


def move(case: Project, slot: Slot, clerk: User) -> int:
    """担当の付替え of 所属長の確認 to the 部長."""
    return engine.reassign(
        project=case,
        slot_id=slot.pk,
        post_id=Post.objects.get(code="DEPT-SHIMINBU").pk,
        reason="長期の出張のため。",
        by=clerk,
        at=AT,
    ).pk


@pytest.mark.parametrize("turn", several(*range(5)))
def test_either_the_answer_or_the_move_wins(real_office: City, turn: int) -> None:
    case = a_project()
    slot = the_slot(case)
    head, clerk = real_office.holder("HEAD-SHIMIN"), real_office.holder("SECRETARIAT")

    done, refusals = at_once(
        [
            lambda: move(case, slot, clerk),
            lambda: say(case, Outcome.APPROVED, slot=slot, by=head).pk,
        ]
    )

    said = Decision.objects.filter(slot=slot).values_list("outcome", flat=True)
    assert (len(done), len(refusals), len(said)) == (1, 1, 1)
    assert said[0] in (Outcome.REASSIGNED, Outcome.APPROVED)
    who = "事務局 " if said[0] == Outcome.REASSIGNED else "市民課長 "
    for refusal in refusals:
        assert type(refusal) in (AlreadyDone, Busy)
        assert isinstance(refusal, Busy) or refusal.message.startswith(who)
    assert_sound()


@pytest.mark.parametrize("turn", several(*range(5)))
def test_two_of_a_shared_seat_one_answers_while_the_other_steps_aside(
    real_office: City, turn: int
) -> None:
    case = a_project(to=StepKind.RECEPTION)
    slot = the_slot(case)
    first, second, *_rest = real_office.holders("SECRETARIAT")

    done, refusals = at_once(
        [
            lambda: say(case, Outcome.RECUSED, slot=slot, by=first).pk,
            lambda: say(case, Outcome.RECEIVED, slot=slot, by=second).pk,
        ]
    )

    for refusal in refusals:
        assert type(refusal) in (AlreadyDone, Busy)
    walk(case, to=StepKind.REVIEW)
    received = Decision.objects.filter(project=case, outcome=Outcome.RECEIVED)
    assert received.count() == 1
    assert len(done) + len(refusals) == 2
    assert_sound()


@pytest.mark.parametrize("crowd", several(5, 2))
def test_a_recusal_counts_once_and_asks_one_other(real_office: City, crowd: int) -> None:
    case = a_project()
    slot = the_slot(case)
    head = real_office.holder("HEAD-SHIMIN")

    done, refusals = at_once([partial(say, case, Outcome.RECUSED, slot=slot, by=head)] * crowd)

    assert (len(done), len(refusals)) == (1, crowd - 1)
    assert_told(refusals, "市民課長 石川 真由美さんが 5/11 09:00 に「辞退」としました。")
    assert Slot.objects.filter(replaces=slot).count() == 1
    assert the_slot(case).post.code == "DEPT-SHIMINBU"
    assert_sound()


@pytest.mark.parametrize("turn", several(*range(3)))
def test_two_of_the_secretariat_move_one_place_once(real_office: City, turn: int) -> None:
    case = a_project()
    slot = the_slot(case)
    first, second, *_rest = real_office.holders("SECRETARIAT")

    done, refusals = at_once([lambda: move(case, slot, first), lambda: move(case, slot, second)])

    assert (len(done), len(refusals)) == (1, 1)
    assert {type(each) for each in refusals} <= {AlreadyDone, Busy}
    assert Slot.objects.filter(replaces=slot).count() == 1
    assert_sound()


@pytest.mark.parametrize("turn", several(*range(5)))
def test_either_the_pull_back_or_the_recusal_wins(real_office: City, turn: int) -> None:
    case = a_project(to=StepKind.APPROVAL)
    slot = the_slot(case)
    chair, head = real_office.holder("PT-CHAIR"), real_office.holder("DEPT-SHIMINBU")

    done, refusals = at_once(
        [
            lambda: engine.pull_back(project=case, by=chair, at=AT).pk,
            lambda: say(case, Outcome.RECUSED, slot=slot, by=head).pk,
        ]
    )

    outcomes = set(Decision.objects.filter(project=case).values_list("outcome", flat=True))
    assert (len(done), len(refusals)) == (1, 1)
    assert len(outcomes & {Outcome.PULLED_BACK, Outcome.RECUSED}) == 1
    assert_sound()


@pytest.mark.parametrize("turn", several(*range(3)))
def test_a_pull_back_and_a_move_of_the_place_leave_one_open_place(
    real_office: City, turn: int
) -> None:
    case = a_project(to=StepKind.RECEPTION)
    slot = the_slot(case)
    head, clerk = real_office.holder("HEAD-SHIMIN"), real_office.holder("SECRETARIAT")
    somu = Post.objects.get(code="HEAD-SOMU").pk

    done, refusals = at_once(
        [
            lambda: engine.pull_back(project=case, by=head, at=AT).pk,
            lambda: (
                engine.reassign(
                    project=case, slot_id=slot.pk, post_id=somu, reason="出張", by=clerk, at=AT
                ).pk
            ),
        ]
    )

    assert len(done) + len(refusals) == 2
    assert {type(each) for each in refusals} <= {AlreadyDone, Busy}
    assert Slot.objects.filter(step_run__project=case, state=SlotState.OPEN).count() == 1
    assert_sound()
