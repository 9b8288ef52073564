"""Every answer of every station, and that no station gives another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bpr_projects.enums import Stage
from tests.make import AT, a_cycle, a_project, record_phase, say, the_run, the_slot, the_step, walk
from tests.proof import assert_sound, refused, state_of
from workflow.actions.refusals import NotAllowed, NotFound, Unanswered
from workflow.enums import CYCLE_KINDS, Outcome, RunState, SlotState, StepKind
from workflow.models import Decision, Slot, WorkItem
from workflow.outcomes import RULES, STATIONS

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

Row = tuple[StepKind, Outcome, Stage, StepKind | None]

K, A, S = StepKind, Outcome, Stage
ANSWERED: list[Row] = [
    (K.CONFIRMATION, A.APPROVED, S.RECEPTION, K.RECEPTION),
    (K.CONFIRMATION, A.SENT_BACK, S.RETURNED, K.REVISION),
    (K.CONFIRMATION, A.RECUSED, S.WITH_HEAD, K.CONFIRMATION),
    (K.RECEPTION, A.RECEIVED, S.IN_REVIEW, K.REVIEW),
    (K.RECEPTION, A.SENT_BACK, S.RETURNED, K.REVISION),
    (K.RECEPTION, A.RECUSED, S.RECEPTION, K.RECEPTION),
    (K.REVIEW, A.SCORED, S.IN_REVIEW, K.REVIEW),
    (K.REVIEW, A.RECUSED, S.IN_REVIEW, K.REVIEW),
    (K.REFERRAL, A.REFERRED, S.DELIBERATION, K.APPROVAL),
    (K.REFERRAL, A.REFERRED_CONDITIONALLY, S.DELIBERATION, K.APPROVAL),
    (K.REFERRAL, A.REFERRED_AGAINST, S.DELIBERATION, K.APPROVAL),
    (K.REFERRAL, A.SENT_BACK, S.RETURNED, K.REVISION),
    (K.REFERRAL, A.HELD, S.REFERRAL, K.REFERRAL),
    (K.REFERRAL, A.RECUSED, S.REFERRAL, K.REFERRAL),
    (K.APPROVAL, A.APPROVED, S.DELIBERATION, K.CONCURRENCE),
    (K.APPROVAL, A.SENT_BACK, S.RETURNED, K.REVISION),
    (K.APPROVAL, A.RECUSED, S.DELIBERATION, K.APPROVAL),
    (K.CONCURRENCE, A.AGREED, S.DELIBERATION, K.DELIBERATION),
    (K.CONCURRENCE, A.AGREED_WITH_OPINION, S.DELIBERATION, K.DELIBERATION),
    (K.CONCURRENCE, A.OBJECTED, S.DELIBERATION, K.MEDIATION),
    (K.CONCURRENCE, A.RECUSED, S.DELIBERATION, K.CONCURRENCE),
    (K.MEDIATION, A.SETTLED, S.DELIBERATION, K.DELIBERATION),
    (K.MEDIATION, A.UNSETTLED, S.DELIBERATION, K.DELIBERATION),
    (K.MEDIATION, A.RECUSED, S.DELIBERATION, K.MEDIATION),
    (K.DELIBERATION, A.AGREED, S.DELIBERATION, K.DELIBERATION),
    (K.DELIBERATION, A.AGREED_WITH_OPINION, S.DELIBERATION, K.DELIBERATION),
    (K.DELIBERATION, A.OBJECTED, S.DELIBERATION, K.DELIBERATION),
    (K.DELIBERATION, A.RECUSED, S.DELIBERATION, K.DELIBERATION),
    (K.STANDING_DECISION, A.ADOPTED, S.RUNNING, K.OBSERVE),
    (K.STANDING_DECISION, A.ADOPTED_WITH_CONDITIONS, S.RUNNING, K.OBSERVE),
    (K.STANDING_DECISION, A.SENT_BACK, S.RETURNED, K.REVISION),
    (K.STANDING_DECISION, A.HELD, S.DELIBERATION, K.STANDING_DECISION),
    (K.STANDING_DECISION, A.ESCALATED, S.DELIBERATION, K.DECISION),
    (K.STANDING_DECISION, A.RECUSED, S.DELIBERATION, K.DECISION),
    (K.DECISION, A.ADOPTED, S.RUNNING, K.OBSERVE),
    (K.DECISION, A.ADOPTED_WITH_CONDITIONS, S.RUNNING, K.OBSERVE),
    (K.DECISION, A.SENT_BACK, S.RETURNED, K.REVISION),
    (K.DECISION, A.HELD, S.DELIBERATION, K.DECISION),
    (K.DECISION, A.NOT_ADOPTED, S.NOT_ADOPTED, None),
    (K.DECISION, A.RECUSED, S.DELIBERATION, K.DECISION),
]
"""Station, answer -> stage and open step afterwards (RT3; 専決: RT1)."""

DECIDED_BY_ANSWER = list(dict.fromkeys(row[0] for row in ANSWERED))


def a_case_at(kind: StepKind) -> Project:
    """A case that waits at this station."""
    route = "RT1" if kind == StepKind.STANDING_DECISION else "RT3"
    if kind == StepKind.MEDIATION:
        case = a_project(route=route, to=StepKind.CONCURRENCE)
        say(case, Outcome.OBJECTED)
        return case
    return a_project(route=route, to=kind)


@pytest.mark.parametrize(("kind", "outcome", "stage", "following"), ANSWERED)
def test_an_answer_leads_where_the_table_says(
    office: City, kind: StepKind, outcome: Outcome, stage: Stage, following: StepKind | None
) -> None:
    case = a_case_at(kind)

    decision = say(case, outcome)

    case.refresh_from_db()
    step = the_step(case)
    assert (case.stage, step.kind if step else None) == (stage, following)
    assert (decision.outcome, decision.step_run and decision.step_run.kind) == (outcome, kind)
    assert_sound()


def test_the_table_of_answers_is_complete() -> None:
    answered = {(row[0], row[1]) for row in ANSWERED}
    own = CYCLE_KINDS | {StepKind.REVISION}

    assert answered == {
        (kind, outcome)
        for kind, outcomes in STATIONS.items()
        for outcome in outcomes
        if kind not in own
    }


@pytest.mark.long
@pytest.mark.parametrize("kind", DECIDED_BY_ANSWER)
def test_a_station_gives_no_other_answer(office: City, kind: StepKind) -> None:
    case = a_case_at(kind)
    before = state_of()

    for outcome in set(Outcome) - set(STATIONS[kind]):
        with pytest.raises(NotAllowed):
            say(case, outcome)

    assert state_of() == before


NEEDING = {
    "comment": [o for o in Outcome if RULES[o].needs_comment],
    "scores": [Outcome.SCORED],
    "conditions": [Outcome.ADOPTED_WITH_CONDITIONS],
    "until": [Outcome.HELD],
    "confirmed": [Outcome.NOT_ADOPTED],
}
EMPTY: dict[str, Any] = {
    "comment": " \n",
    "scores": {},
    "conditions": (),
    "until": "",
    "confirmed": False,
}


@pytest.mark.long
@pytest.mark.parametrize("kind", DECIDED_BY_ANSWER)
def test_what_an_answer_needs_is_asked_for(office: City, kind: StepKind) -> None:
    case = a_case_at(kind)

    for part, outcomes in NEEDING.items():
        for outcome in set(STATIONS[kind]) & set(outcomes):
            with refused(case, Unanswered) as refusal:
                say(case, outcome, **{part: EMPTY[part]})
            assert list(refusal.value.problems) == [part]


@pytest.mark.parametrize(
    "scores",
    [
        {"effect": 3, "feasibility": 3},
        {f"N{n}": 3 for n in range(1, 7)},
        {f"N{n}": 6 for n in range(1, 7)} | {"effect": 3, "feasibility": 3},
        {f"N{n}": 0 for n in range(1, 7)} | {"effect": 3, "feasibility": 3},
        {f"N{n}": 3 for n in range(1, 8)} | {"effect": 3, "feasibility": 3},
    ],
)
def test_scores_are_whole_and_between_one_and_five(office: City, scores: dict[str, int]) -> None:
    case = a_project(to=StepKind.REVIEW)

    with refused(case, Unanswered) as refusal:
        say(case, Outcome.SCORED, scores=scores)

    assert refusal.value.problems == {"scores": "すべての項目を1から5で採点してください。"}


@pytest.mark.parametrize(
    "condition",
    [
        (" ", "ZAISEI", "2027-03-31"),
        ("予算の成立", "NOWHERE", "2027-03-31"),
        ("予算の成立", "ZAISEI", AT.date().isoformat()),
        ("予算の成立", "ZAISEI", "3月"),
        ("予算の成立", "ZAISEI", "9999-12-31"),
    ],
)
def test_a_condition_has_text_section_and_a_day_to_come(
    office: City, condition: tuple[str, str, str]
) -> None:
    case = a_project(to=StepKind.DECISION)

    with refused(case, Unanswered) as refusal:
        say(case, Outcome.ADOPTED_WITH_CONDITIONS, conditions=(condition,))

    assert list(refusal.value.problems) == ["conditions"]


def test_conditions_are_kept_with_owner_and_day(office: City) -> None:
    case = a_project(to=StepKind.DECISION)

    decision = say(
        case,
        Outcome.ADOPTED_WITH_CONDITIONS,
        conditions=(
            ("委託契約の確認", "SOMU", "2026-06-30"),
            ("予算の成立", "ZAISEI", "2027-03-31"),
        ),
    )

    assert [
        (each.text, each.owner.code, each.due_on.isoformat()) for each in decision.conditions.all()
    ] == [
        ("委託契約の確認", "SOMU", "2026-06-30"),
        ("予算の成立", "ZAISEI", "2027-03-31"),
    ]


def test_a_person_without_the_post_is_told_who_holds_it(office: City) -> None:
    case = a_project()
    stranger = office.holder("HEAD-ZAISEI")

    with refused(case, NotAllowed) as refusal:
        say(case, Outcome.APPROVED, by=stranger)

    assert refusal.value.message == "いまの担当は 市民課長（石川 真由美）です。"


def test_a_slot_of_another_case_is_not_found(office: City) -> None:
    mine, other = a_project(), a_project(post="LEADER-ZEIMU")

    with refused(other, NotFound):
        say(mine, Outcome.APPROVED, slot=the_slot(other), by=office.holder("HEAD-ZEIMU"))


@pytest.mark.parametrize("kind", sorted(CYCLE_KINDS))
def test_phases_of_a_cycle_are_not_answered_but_recorded(office: City, kind: StepKind) -> None:
    case = a_project(route="RT1", to=StepKind.OBSERVE)
    while the_slot(case).step_run.kind != kind:
        record_phase(case)

    for outcome in (Outcome.RECORDED, Outcome.APPROVED, Outcome.ADOPTED):
        with refused(case, NotFound):
            say(case, outcome)


def test_a_correction_is_not_answered_but_submitted_again(office: City) -> None:
    case = a_project()
    say(case, Outcome.SENT_BACK)

    with refused(case, NotFound):
        say(case, Outcome.RESUBMITTED)


def test_the_headquarters_goes_on_when_all_its_members_have_spoken(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.DELIBERATION)
    round_ = the_step(case)
    assert round_ is not None

    for _member in range(6):
        assert the_step(case) == round_
        say(case, Outcome.AGREED)

    states = Slot.objects.filter(step_run=round_).values_list("state", flat=True)
    assert list(states) == [SlotState.DONE] * 6
    assert [item.kind for item in WorkItem.objects.filter(project=case)] == [StepKind.DECISION]
    assert_sound()


def test_an_objection_is_mediated_and_what_stays_must_be_answered_by_the_decider(
    office: City,
) -> None:
    case = a_case_at(StepKind.MEDIATION)
    say(case, Outcome.UNSETTLED)
    walk(case, to=StepKind.DECISION)

    with refused(case, Unanswered) as refusal:
        say(case, Outcome.ADOPTED)
    decision = say(case, Outcome.ADOPTED, reply="費用は既存の予算で賄います。")

    assert refusal.value.problems == {"reply": "残っている不同意への回答を入力してください。"}
    assert {text.name: text.text for text in decision.entry.texts.all()} == {
        "comment": "確かめました。",
        "reply": "費用は既存の予算で賄います。",
    }


def test_a_final_no_answers_the_objection_too(office: City) -> None:
    case = a_case_at(StepKind.MEDIATION)
    say(case, Outcome.UNSETTLED)
    walk(case, to=StepKind.DECISION)

    with refused(case, Unanswered) as refusal:
        say(case, Outcome.NOT_ADOPTED)
    say(case, Outcome.NOT_ADOPTED, reply="ご指摘のとおりです。")

    assert list(refusal.value.problems) == ["reply"]
    assert_sound()


def test_a_settled_objection_needs_no_reply(office: City) -> None:
    case = a_case_at(StepKind.MEDIATION)
    say(case, Outcome.SETTLED)
    walk(case, to=StepKind.DECISION)

    say(case, Outcome.ADOPTED)

    assert the_run(case).kind == "CYCLE"


def test_one_objection_among_several_is_enough_for_a_mediation(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.CONCURRENCE, sections=["FUKUSHI", "ZEIMU"])

    say(case, Outcome.OBJECTED, post="HEAD-ZAISEI")
    say(case, Outcome.AGREED, post="HEAD-FUKUSHI")
    last = say(case, Outcome.AGREED_WITH_OPINION, post="HEAD-ZEIMU")

    step = the_step(case)
    assert step is not None
    assert step.kind == StepKind.MEDIATION
    assert last.step_run is not None
    assert last.step_run.outcome == Outcome.OBJECTED


def test_escalation_gives_the_case_to_the_head_of_the_headquarters(office: City) -> None:
    case = a_case_at(StepKind.STANDING_DECISION)

    say(case, Outcome.ESCALATED, comment="前例がないため")

    slot = the_slot(case)
    assert (slot.post.code, slot.step_run.kind) == ("HQ-CHAIR", StepKind.DECISION)
    say(case, Outcome.ADOPTED)
    finals = Decision.objects.filter(project=case, outcome=Outcome.ADOPTED)
    assert [(row.post.code, row.basis) for row in finals] == [("HQ-CHAIR", "OWN")]


def test_the_standing_decision_is_labelled_as_such(office: City) -> None:
    case = a_case_at(StepKind.STANDING_DECISION)

    decision = say(case, Outcome.ADOPTED)

    assert (decision.basis, decision.clause) == (
        "STANDING",
        "業務改革実施要領（要確認）専決事項",
    )


def test_a_rejected_case_is_over(office: City) -> None:
    case = a_project(to=StepKind.DECISION)

    say(case, Outcome.NOT_ADOPTED)

    run = the_run(case)
    assert (run.state, run.step, run.ended_at) == (RunState.NOT_ADOPTED, None, AT)
    assert not case.cycles.exists()


def test_the_whole_life_of_a_case_leaves_the_engine_sound(office: City) -> None:
    case = a_project(route="RT4", to=StepKind.OBSERVE, sections=["FUKUSHI"])

    a_cycle(case)

    assert_sound()
