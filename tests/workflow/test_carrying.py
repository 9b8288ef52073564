"""After a 差戻し: only those are asked again whose answer a change touches; the others' stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bpr_projects.enums import RevisionKind
from bpr_projects.models import Project
from bpr_projects.sheet import ASKED_FIELDS, FIELDS, Materiality
from roles.actions import end_appointment
from roles.models import Appointment, Post, Section, User
from tests.make import (
    AT,
    SHEET,
    a_delegation,
    a_project,
    a_user,
    an_appointment,
    resubmit,
    say,
    the_run,
    the_slot,
    the_step,
    walk,
)
from tests.proof import assert_sound
from workflow import engine
from workflow.enums import (
    DECIDING_KINDS,
    OWN_WORK,
    READING_KINDS,
    Mode,
    Outcome,
    SendBackTarget,
    SlotState,
    StepKind,
)
from workflow.models import Decision, StepRun
from workflow.outcomes import FINAL
from workflow.routing import (
    ASKED_AGAIN,
    CARRYABLE,
    Case,
    Change,
    Earlier,
    PlanStep,
    Resolution,
    changes_between,
)
from workflow.routing.carrying import carry, named
from workflow.views.route_preview import foreseen

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db, pytest.mark.once]

LINE: Final = {StepKind.CONFIRMATION}
TEAM: Final = {StepKind.REVIEW, StepKind.REFERRAL}
NOBODY: Final[set[StepKind]] = set()

RULE: Final[dict[Materiality, set[StepKind]]] = {
    Materiality.WORDING: NOBODY,
    Materiality.WORK: LINE,
    Materiality.EFFECT: LINE | TEAM | {StepKind.DELIBERATION},
    Materiality.SCHEDULE: LINE | {StepKind.APPROVAL, StepKind.DELIBERATION},
    Materiality.COST: set(CARRYABLE) - {StepKind.RECEPTION},
    Materiality.DATA: set(CARRYABLE) - {StepKind.RECEPTION},
    Materiality.CONTENT: set(CARRYABLE) - {StepKind.RECEPTION},
    Materiality.SCOPE: set(CARRYABLE),
}
"""The rule of the handbook, written a second time."""


# --- the tables -----------------------------------------------------------------------------


def test_every_question_says_how_material_it_is() -> None:
    unsaid = [each.name for each in (*FIELDS, *ASKED_FIELDS) if each.materiality is None]

    assert unsaid == []


def test_every_class_says_who_is_asked_again() -> None:
    assert {each: set(kinds) for each, kinds in ASKED_AGAIN.items()} == RULE
    assert set(ASKED_AGAIN) == set(Materiality)


def test_every_kind_of_step_is_carried_or_asked_of_every_text() -> None:
    beside = DECIDING_KINDS | READING_KINDS | OWN_WORK | {StepKind.MEDIATION}

    assert CARRYABLE | beside == set(StepKind)
    assert not CARRYABLE & beside


OTHER: Final[dict[str, Any]] = {
    "area": "P1",
    "section": "ZEIMU",
    "sections": ["ZEIMU"],
    "tool": "UNKNOWN",
    "trigger": "DAILY",
    "evidence_kind": "ESTIMATED",
    "reallocation": "STAFF",
    "budget_measure": "INITIAL",
    "budget_request": "INITIAL",
}


def another(name: str) -> Any:
    """An answer that differs from the shipped sheet's."""
    was = SHEET.get(name)
    if name in OTHER:
        return OTHER[name]
    if isinstance(was, bool) or was is None:
        return True
    return (
        [*was, "x"]
        if isinstance(was, list)
        else {**was, "N2": "x"}
        if isinstance(was, dict)
        else was + 1
        if isinstance(was, int)
        else f"{was}。"
    )


@pytest.mark.parametrize("field", [*FIELDS, *ASKED_FIELDS], ids=lambda field: field.name)
def test_a_changed_question_counts_with_its_own_class(field: Any) -> None:
    after = {**SHEET, field.name: another(field.name)}

    assert list(changes_between(SHEET, after)) == [Change(str(field.label), field.materiality)]


def test_what_no_table_knows_counts_as_the_whole_scope() -> None:
    assert list(changes_between({}, {"new": 1})) == [Change("new", Materiality.SCOPE)]


def test_two_spellings_of_no_answer_are_no_change() -> None:
    assert list(changes_between({"sections": []}, {"uses_ai": False, "journey": ""})) == []


def test_a_sentence_names_three_changes_and_counts_the_others() -> None:
    changes = [Change(name, Materiality.WORDING) for name in "甲乙丙丁戊"]

    assert named(changes[:1]) == "「甲」"
    assert named(changes) == "「甲」「乙」「丙」ほか2項目"


# --- a case that comes again ------------------------------------------------------------------

CHANGES: Final[dict[str, tuple[dict[str, Any], set[StepKind]]]] = {
    "nothing": ({}, NOBODY),
    "wording": ({"policy_no": "第2版 個別取組3"}, NOBODY),
    "work": ({"problem": "待ち時間も長い。"}, LINE),
    "effect": ({"volume": 2100}, LINE | TEAM | {StepKind.DELIBERATION}),
    "days": ({"starts_on": "2026-08-01"}, LINE | {StepKind.APPROVAL, StepKind.DELIBERATION}),
    "money": ({"cost": 690_000}, set(CARRYABLE) - {StepKind.RECEPTION}),
    "data": ({"safeguards": "氏名だけを読み取る。"}, set(CARRYABLE) - {StepKind.RECEPTION}),
    "content": ({"reform": "予約制にする。"}, set(CARRYABLE) - {StepKind.RECEPTION}),
    "scope": ({"affects_citizens": True}, set(CARRYABLE)),
}
"""What is changed on the sheet of an RT3 case, and which kinds of steps are asked again."""


def asked_in(case: Project, number: int) -> list[str]:
    """Kinds of steps that asked somebody in a round, in their order."""
    steps = StepRun.objects.filter(project=case, round=number).exclude(kind__in=OWN_WORK)
    return [
        each.kind
        for each in steps.order_by("pk")
        if each.slots.exclude(decisions__outcome=Outcome.CARRIED_OVER).exists()
    ]


def carried_in(case: Project, number: int) -> list[str]:
    """Kinds of steps at which an earlier answer stands, once for each seat."""
    said = Decision.objects.filter(project=case, round=number, outcome=Outcome.CARRIED_OVER)
    return list(said.order_by("pk").values_list("step_run__kind", flat=True))


@pytest.mark.parametrize("name", CHANGES)
def test_only_those_are_asked_again_whom_the_change_touches(office: City, name: str) -> None:
    answers, touched = CHANGES[name]
    case = a_project(route="RT3", to=StepKind.DECISION)
    before = asked_in(case, 1)
    say(case, Outcome.SENT_BACK)

    case = resubmit(case, **answers)
    walk(case, to=StepKind.OBSERVE)

    again = [kind for kind in before if kind in touched] + [StepKind.DECISION]
    assert asked_in(case, 2) == list(dict.fromkeys(again))
    assert set(carried_in(case, 2)) == set(before) - touched - {StepKind.DECISION}
    assert Decision.objects.filter(project=case, outcome__in=FINAL).count() == 1
    assert_sound()


def test_who_sent_it_back_is_always_asked_again(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.APPROVAL)
    say(case, Outcome.SENT_BACK)

    case = resubmit(case)

    step = the_step(case)
    assert step is not None
    assert (step.kind, case.stage) == (StepKind.APPROVAL, "DELIBERATION")
    assert set(carried_in(case, 2)) == {"CONFIRMATION", "RECEPTION", "REVIEW", "REFERRAL"}
    assert_sound()


def test_a_carry_over_is_an_act_of_its_own_and_the_earlier_answer_stays(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)
    head = Decision.objects.get(project=case, step_run__kind=StepKind.CONFIRMATION)

    case = resubmit(case, policy_no="第2版 個別取組3", at=AT + timedelta(days=1))

    row = Decision.objects.get(carries=head)
    assert (row.outcome, row.round, row.revision) == (Outcome.CARRIED_OVER, 2, case.revision)
    assert row.slot is not None
    assert (row.slot.post, row.slot.state) == (head.post, SlotState.DONE)
    assert row.entry.texts.get(name="comment").text == (
        "所属長 確認　市民課長　石川 真由美：第1版（5/11）の承認を引き継ぎ"
        "（変更は「業務改革実施方針書の番号」のみ）"
    )
    assert row.entry.payload["carries"] == head.pk
    assert head in Decision.objects.effective()
    assert "carries" not in head.entry.payload


def test_scores_stand_for_each_member_who_still_sits(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)
    [seat] = Appointment.objects.filter(post__code="PT-SHIMIN")
    _replace(seat)

    case = resubmit(case)

    step = the_step(case)
    assert step is not None
    open_slots = step.slots.filter(state=SlotState.OPEN)
    assert step.kind == StepKind.REVIEW
    assert [slot.post.code for slot in open_slots] == ["PT-SHIMIN"]
    assert step.slots.count() == 6
    say(case, Outcome.SCORED)
    assert the_slot(case).step_run.kind == StepKind.REFERRAL
    assert_sound()


def _replace(seat: Appointment) -> None:
    """Somebody else holds the seat from today on."""
    end_appointment(
        appointment=seat,
        ends_on=AT.date(),
        by=Appointment.objects.filter(post__code="SECRETARIAT")[0].person,
        at=AT,
    )
    an_appointment(post=seat.post, person=a_user(), starts_on=AT.date())


def test_a_member_who_recused_is_not_asked_again(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.REVIEW)
    say(case, Outcome.RECUSED)
    walk(case, to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)

    case = resubmit(case)

    assert asked_in(case, 2) == [StepKind.DECISION]
    assert carried_in(case, 2).count("REVIEW") == 5


def test_an_objection_is_asked_about_again(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.CONCURRENCE)
    say(case, Outcome.OBJECTED)
    walk(case, to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)

    case = resubmit(case)

    assert the_slot(case).step_run.kind == StepKind.CONCURRENCE


def test_a_new_concurrence_is_asked_beside_those_that_stand(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.DECISION, sections=["FUKUSHI"])
    say(case, Outcome.SENT_BACK)
    Decision.objects.filter(project=case, step_run__kind=StepKind.CONCURRENCE).get(
        post__code="HEAD-FUKUSHI"
    )

    case = resubmit(case, sections=["FUKUSHI", "ZEIMU"])
    walk(case, to=StepKind.CONCURRENCE)

    step = the_step(case)
    assert step is not None
    codes = sorted(step.slots.values_list("post__code", flat=True))
    assert codes == ["HEAD-FUKUSHI", "HEAD-ZAISEI", "HEAD-ZEIMU"]


def test_an_author_of_the_new_text_does_not_stand_for_it(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)
    a_delegation(post=office.post("LEADER-SHIMIN"), deputy=office.holder("DEPT-SHIMINBU"))

    case = resubmit(case)

    assert StepKind.APPROVAL not in carried_in(case, 2)


def test_a_deputys_answer_stands_while_the_principal_holds_the_seat(office: City) -> None:
    deputy = a_user(name="兎澤 恵")
    a_delegation(post=office.post("DEPT-SHIMINBU"), deputy=deputy)
    case = a_project(route="RT2", to=StepKind.APPROVAL)
    say(case, Outcome.APPROVED, by=deputy)
    say(case, Outcome.SENT_BACK)

    case = resubmit(case)

    assert StepKind.APPROVAL in carried_in(case, 2)


def test_after_a_return_to_the_team_on_the_same_text_the_team_judges_anew(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)
    case = resubmit(case)
    say(case, Outcome.SENT_BACK, target=SendBackTarget.PROJECT_TEAM)

    step = the_step(case)

    assert step is not None
    assert (step.kind, step.attempt) == (StepKind.REVIEW, 2)
    assert step.slots.filter(state=SlotState.OPEN).count() == 6
    walk(case)
    assert_sound()


def test_the_difference_is_counted_from_the_text_that_was_answered(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)
    case = resubmit(case, volume=2100)
    walk(case, to=StepKind.CONFIRMATION)
    say(case, Outcome.SENT_BACK)

    case = resubmit(case, volume=SHEET["volume"])

    assert carried_in(case, 3).count("REVIEW") == 0  # the head, who sent it back, comes first
    say(case, Outcome.APPROVED)
    assert carried_in(case, 3).count("REVIEW") == 6


def test_a_pulled_back_resubmission_carries_over_once_more(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)
    case = resubmit(case)

    engine.pull_back(project=case, by=case.proposer, at=AT)
    case = resubmit(case)

    assert the_slot(case).step_run.kind == StepKind.DECISION
    assert (len(carried_in(case, 2)), len(carried_in(case, 3))) == (10, 10)
    assert_sound()


def test_an_act_before_a_carried_step_is_pulled_back_like_any_other(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)
    case = resubmit(case, problem="待ち時間も長い。")
    say(case, Outcome.APPROVED)

    engine.pull_back(project=case, by=office.holder("HEAD-SHIMIN"), at=AT)

    step = the_step(case)
    assert step is not None
    assert (step.kind, step.slots.get().post.code) == (StepKind.CONFIRMATION, "HEAD-SHIMIN")
    say(case, Outcome.APPROVED)
    assert the_slot(case).step_run.kind == StepKind.DECISION
    assert_sound()


def test_a_changed_file_is_a_change_of_the_content(office: City) -> None:
    case = a_project(route="RT2", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)
    case.attachments.create(
        file="attachments/none",
        name="見積.pdf",
        extension="pdf",
        size=10,
        sha256="0" * 64,
        uploaded_by=case.proposer,
        uploaded_at=AT,
    )

    shown = foreseen(case, case.sheet, case.proposer, AT.date())
    case = resubmit(case)

    reasons = {reason for _step, found in shown.steps for reason in found.again}
    assert "「添付ファイル」が変わったため" in reasons
    assert the_slot(case).step_run.kind == StepKind.CONFIRMATION
    assert carried_in(case, 2) == []


def test_of_a_step_that_one_answers_nobody_else_is_asked() -> None:
    posts = tuple(Post(pk=pk, title=f"第{pk}課長") for pk in (1, 2, 3))
    said = Decision(outcome=Outcome.AGREED, decided_by=User(pk=7), decided_at=AT)
    earlier = {("CONCURRENCE", 2): Earlier(said, (), frozenset({7}), is_seated=True)}
    step = PlanStep("CONCURRENCE", "HEADQUARTERS", "合議", (), "", 3, mode=Mode.ONE)
    case = Case(Project(), Section(), RevisionKind.PROJECT, {}, earlier=earlier)

    found = carry(step, Resolution(posts=posts), case)

    assert (found.posts, [each.post.pk for each in found.carried]) == ((), [2])
    asked_of_all = carry(replace(step, mode=Mode.ALL), Resolution(posts=posts), case)
    assert [post.pk for post in asked_of_all.posts] == [1, 3]
    assert asked_of_all.again == ("前の版では回答を求めていないため",)


# --- preview = execution ----------------------------------------------------------------------

EDITS = st.lists(
    st.sampled_from([answers for answers, _touched in CHANGES.values() if answers]),
    max_size=3,
    unique_by=str,
)
SENDERS = st.sampled_from([StepKind.CONFIRMATION, StepKind.APPROVAL, StepKind.DECISION])


@pytest.mark.once
@pytest.mark.slow
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(edits=EDITS, sender=SENDERS)
def test_who_is_asked_again_is_who_was_previewed(
    office: City, edits: list[dict[str, Any]], sender: StepKind
) -> None:
    with transaction.atomic():
        case = a_project(route="RT3", to=sender)
        say(case, Outcome.SENT_BACK)
        answers = {name: value for edit in edits for name, value in edit.items()}
        shown = foreseen(case, {**case.sheet, **answers}, case.proposer, AT.date())

        case = resubmit(case, **answers)
        walk(case, to=StepKind.OBSERVE)

        told = [
            (step.kind, len(found.posts), len(found.carried))
            for step, found in shown.steps
            if step.kind not in READING_KINDS and (found.posts or found.carried)
        ]
        gone = [
            (
                step.kind,
                step.slots.exclude(decisions__outcome=Outcome.CARRIED_OVER).count(),
                step.slots.filter(decisions__outcome=Outcome.CARRIED_OVER).count(),
            )
            for step in StepRun.objects.filter(run__kind="PROJECT", project=case, round=2)
            .exclude(kind__in=OWN_WORK)
            .order_by("pk")
        ]
        assert gone == told
        assert the_run(case) is not None
        transaction.set_rollback(True)
