"""Who is asked and who may answer: 省略, conflict of interest, 代理, transfers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from guardian.shortcuts import assign_perm

from roles.actions import end_appointment
from roles.enums import AppointmentKind, Basis
from roles.models import Appointment, Delegation, Post, User
from tests.make import (
    AT,
    JST,
    TODAY,
    a_delegation,
    a_draft,
    a_project,
    a_suspension,
    a_user,
    an_appointment,
    holder,
    resubmit,
    say,
    submit,
    the_slot,
    the_step,
    walk,
)
from tests.proof import assert_sound, refused
from workflow import engine
from workflow.access import holders, may
from workflow.actions.refusals import NotAllowed, StaleText, Unroutable
from workflow.enums import Outcome, SlotState, StepKind
from workflow.models import Decision, Slot, StepRun, WorkItem
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once


def skipped(case: Project) -> list[str]:
    """What was left out, in the words of the record."""
    rows = Decision.objects.filter(project=case, outcome=Outcome.SKIPPED).order_by("pk")
    return [row.entry.texts.get(name="comment").text for row in rows]


def asked(case: Project, kind: StepKind) -> list[str]:
    """Codes of the posts that the last step of a kind asked."""
    step = StepRun.objects.filter(project=case, kind=kind).latest("pk")
    return sorted(step.slots.values_list("post__code", flat=True))


def let_go(code: str, *, on: date = TODAY) -> None:
    """The holder of a post no longer holds it from that day on."""
    rows = Appointment.objects.in_force(TODAY).filter(post__code=code)
    for row in rows:
        clerk = holder("SECRETARIAT")
        end_appointment(appointment=row, ends_on=on, by=clerk, at=AT, reason="任期満了のため")


def also_appoint(code: str, person: User) -> None:
    """One more post for a person (兼務)."""
    an_appointment(post=Post.objects.get(code=code), person=person, kind=AppointmentKind.CONCURRENT)


def deputise(code: str, deputy: User, *, days: int = 30, since: date = TODAY) -> Delegation:
    return a_delegation(
        post=Post.objects.get(code=code),
        deputy=deputy,
        starts_on=since,
        ends_on=since + timedelta(days=days),
    )


# --- 省略 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("leader", ["LEADER-GIKAI", "LEADER-SENKAN", "LEADER-SHISHO"])
def test_a_section_without_department_head_skips_that_step(office: City, leader: str) -> None:
    case = a_project(post=leader, to=StepKind.DECISION)

    assert skipped(case) == ["部長 承認：職が置かれていないため省略"]
    assert not StepRun.objects.filter(project=case, kind=StepKind.APPROVAL).exists()
    assert_sound()


def test_whoever_approved_below_is_not_asked_again_above(office: City) -> None:
    case = a_project(post="LEADER-KAIKEI", to=StepKind.DECISION)

    assert skipped(case) == ["部長 承認（会計管理者）：同じ者が先に承認しているため省略"]


def test_the_own_section_is_not_asked_for_its_agreement(office: City) -> None:
    case = a_project(route="RT3", post="LEADER-ZAISEI", to=StepKind.DELIBERATION)

    assert not StepRun.objects.filter(project=case, kind=StepKind.CONCURRENCE).exists()


def test_a_related_section_that_is_asked_twice_has_one_slot(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.CONCURRENCE, sections=["ZAISEI", "SHIMIN", "FUKUSHI"])

    assert asked(case, StepKind.CONCURRENCE) == ["HEAD-FUKUSHI", "HEAD-ZAISEI"]


def test_a_member_of_the_headquarters_votes_also_after_approving_as_head(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.DELIBERATION)

    assert Slot.objects.filter(
        step_run=the_step(case), post__code="HQ-SHIMINBU", state=SlotState.OPEN
    ).exists()


def end_post(code: str) -> None:
    Post.objects.filter(code=code).update(ends_on=TODAY)


def test_each_section_without_a_head_is_left_out_of_the_concurrence_on_record(
    office: City,
) -> None:
    end_post("HEAD-ZAISEI")
    end_post("HEAD-ZEIMU")

    case = a_project(route="RT3", to=StepKind.CONCURRENCE, sections=["FUKUSHI", "ZEIMU"])

    assert asked(case, StepKind.CONCURRENCE) == ["HEAD-FUKUSHI"]
    assert skipped(case) == [
        "合議（財政課）：職が置かれていないため省略",
        "合議（税務課）：職が置かれていないため省略",
    ]
    assert_sound()


@pytest.mark.parametrize(
    ("code", "section"), [("HEAD-DIGITAL", "デジタル戦略・広報室"), ("HEAD-SOMU", "総務課")]
)
def test_security_and_legal_are_never_left_out(office: City, code: str, section: str) -> None:
    end_post(code)
    case = a_project(route="RT4", to=StepKind.APPROVAL)

    with refused(case, Unroutable) as refusal:
        say(case, Outcome.APPROVED)

    assert refusal.value.message == (
        f"「合議（{section}）」を担当する職が登録されていないため、進められません。"
        "事務局に連絡してください。"
    )


@pytest.mark.parametrize(
    ("authors", "heads"),
    [
        (["HEAD-DIGITAL"], ["HEAD-SOMU"]),
        (["HEAD-SOMU"], ["HEAD-DIGITAL"]),
        (["HEAD-DIGITAL", "HEAD-SOMU"], ["HEAD-KIKAKU"]),
    ],
)
def test_another_head_sees_to_security_and_legal_in_place_of_an_author(
    office: City, authors: list[str], heads: list[str]
) -> None:
    draft = a_draft(uses_cloud=True)
    for code in authors:
        assign_perm("bpr_projects.edit_draft", office.holder(code), draft)
    case = submit(draft)
    walk(case, to=StepKind.CONCURRENCE)

    step = the_step(case)
    assert step is not None
    assert asked(case, StepKind.CONCURRENCE) == heads
    assert step.note == "本来の担当が提案に関わっているため、別の職が担当します。"


def test_a_section_that_proposes_does_not_see_to_its_own_case_and_that_is_on_record(
    office: City,
) -> None:
    case = a_project(route="RT4", post="LEADER-SOMU", to=StepKind.CONCURRENCE)

    assert asked(case, StepKind.CONCURRENCE) == ["HEAD-DIGITAL"]
    assert skipped(case) == ["合議（総務課長）：所管課の案件のため省略"]


def test_who_agreed_to_the_text_is_not_asked_again_after_a_new_review(office: City) -> None:
    case = a_project(route="RT4", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK, target="PROJECT_TEAM")

    walk(case, to=StepKind.DELIBERATION)

    assert skipped(case) == [
        "部長 承認（市民部長）：同じ者が先に承認しているため省略",
        "合議（デジタル戦略・広報室長）：同じ者が先に承認しているため省略",
        "合議（総務課長）：同じ者が先に承認しているため省略",
    ]


# --- 利益相反 -------------------------------------------------------------------------------


def test_a_leader_who_is_the_head_is_confirmed_by_the_department(office: City) -> None:
    also_appoint("LEADER-SHIMIN", office.holder("HEAD-SHIMIN"))
    case = a_draft()
    case.proposer = office.holder("HEAD-SHIMIN")
    case.save()

    submit_as(case, office.holder("HEAD-SHIMIN"))

    step = the_step(case)
    assert step is not None
    assert asked(case, StepKind.CONFIRMATION) == ["DEPT-SHIMINBU"]
    assert step.note == "起案者が所属長のため、上位の職が確認します。"


def test_without_a_department_head_the_secretariat_confirms(office: City) -> None:
    also_appoint("LEADER-GIKAI", office.holder("HEAD-GIKAI"))
    case = a_draft(post="LEADER-GIKAI")
    case.proposer = office.holder("HEAD-GIKAI")
    case.save()

    submit_as(case, office.holder("HEAD-GIKAI"))

    assert asked(case, StepKind.CONFIRMATION) == ["SECRETARIAT"]


def submit_as(case: Project, by: User) -> None:
    engine.submit(project=case, draft_version=case.draft_version, by=by, at=AT)


def test_an_author_in_the_team_does_not_score(office: City) -> None:
    case = a_project(post="PT-SHIMIN", section="SHIMIN", to=StepKind.REVIEW)

    assert asked(case, StepKind.REVIEW) == [
        "PT-FUKUSHI",
        "PT-KENSETSU",
        "PT-KYOIKU",
        "PT-SANGYO",
        "PT-SOMU",
    ]


def test_a_co_proposer_decides_nothing_about_the_case(office: City) -> None:
    case = a_draft(has_personal_data=True)
    assign_perm("bpr_projects.edit_draft", office.holder("HEAD-SHIMIN"), case)

    case = submit(case)

    assert asked(case, StepKind.CONFIRMATION) == ["DEPT-SHIMINBU"]
    with refused(case, NotAllowed):
        say(case, Outcome.APPROVED, by=office.holder("HEAD-SHIMIN"))


def test_who_became_co_proposer_after_the_step_opened_does_not_answer_it(office: City) -> None:
    case = a_project()
    assign_perm("bpr_projects.edit_draft", office.holder("HEAD-SHIMIN"), case)

    with refused(case, NotAllowed) as refusal:
        say(case, Outcome.APPROVED, by=office.holder("HEAD-SHIMIN"))

    assert refusal.value.message == "この案件の提案に関わっているため、判断できません。"


def test_a_deputy_of_the_proposer_does_not_decide(office: City) -> None:
    case = a_project(to=StepKind.APPROVAL)
    head = office.holder("DEPT-SHIMINBU")
    deputise("LEADER-SHIMIN", head)

    with refused(case, NotAllowed) as refusal:
        say(case, Outcome.APPROVED, by=head)

    assert refusal.value.message == "提案者の代理をしているため、この案件は判断できません。"


def test_a_proposal_of_the_secretariat_is_received_by_another_member(office: City) -> None:
    case = a_project(post="SECRETARIAT", section="SHIMIN", to=StepKind.RECEPTION)

    with refused(case, NotAllowed):
        say(case, Outcome.RECEIVED, by=case.proposer)
    other = next(each for each in office.holders("SECRETARIAT") if each != case.proposer)
    decision = say(case, Outcome.RECEIVED, by=other)

    assert (decision.post.code, decision.decided_by) == ("SECRETARIAT", other)


def test_without_another_member_the_general_affairs_section_receives(office: City) -> None:
    members = office.holders("SECRETARIAT")
    case = a_draft(post="SECRETARIAT", section="SHIMIN")
    for each in members:
        if each != case.proposer:
            assign_perm("bpr_projects.edit_draft", each, case)

    submit(case)
    walk(case, to=StepKind.RECEPTION)

    assert the_slot(case).post.code == "HEAD-SOMU"


def test_the_head_of_the_secretariat_never_decides_the_own_section(office: City) -> None:
    case = a_project(route="RT1", post="LEADER-DIGITAL")

    walk(case, to=StepKind.DECISION)

    assert the_slot(case).post.code == "HQ-CHAIR"
    assert not StepRun.objects.filter(project=case, kind=StepKind.STANDING_DECISION).exists()


# --- 一人一席 -------------------------------------------------------------------------------


def test_a_person_answers_a_step_once_in_whatever_capacity(office: City) -> None:
    both = office.holder("PT-SHIMIN")
    also_appoint("PT-SANGYO", both)
    case = a_project(to=StepKind.REVIEW)
    say(case, Outcome.SCORED, post="PT-SHIMIN", by=both)

    with refused(case, NotAllowed) as refusal:
        say(case, Outcome.SCORED, post="PT-SANGYO", by=both)

    assert (
        refusal.value.message
        == "この段階では、すでに別の立場（PT員（市民窓口））で回答しています。"
    )


def test_a_deputy_does_not_answer_for_two(office: City) -> None:
    member = office.holder("PT-SHIMIN")
    deputise("PT-SANGYO", member)
    case = a_project(to=StepKind.REVIEW)
    say(case, Outcome.SCORED, post="PT-SANGYO", by=member)

    with refused(case, NotAllowed):
        say(case, Outcome.SCORED, post="PT-SHIMIN", by=member)


# --- 代理 -----------------------------------------------------------------------------------


def test_a_deputy_is_recorded_with_whom_the_act_stands_for(office: City) -> None:
    delegation = deputise("HEAD-SHIMIN", a_user())
    case = a_project()

    decision = say(case, Outcome.APPROVED, by=delegation.deputy)

    assert (decision.basis, decision.decided_by, decision.on_behalf_of) == (
        Basis.DEPUTY,
        delegation.deputy,
        office.holder("HEAD-SHIMIN"),
    )
    assert decision.authority == {
        "appointment": None,
        "delegation": delegation.pk,
        "kind": "DELEGATION",
        "post_title": "市民課長",
        "section": "市民課",
        "person": delegation.deputy.name,
        "on_behalf_of": "石川 真由美",
        "starts_on": "2026-05-11",
        "ends_on": "2026-06-10",
        "ledger_entry": delegation.ledger_entry_id,
    }


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (datetime(2026, 5, 11, 23, 59, 59, tzinfo=JST), False),
        (datetime(2026, 5, 12, 0, 0, 0, tzinfo=JST), True),
        (datetime(2026, 5, 13, 23, 59, 59, tzinfo=JST), True),
        (datetime(2026, 5, 14, 0, 0, 0, tzinfo=JST), False),
    ],
)
def test_a_deputy_acts_from_the_first_day_to_the_last(
    office: City, moment: datetime, *, allowed: bool
) -> None:
    delegation = deputise("HEAD-SHIMIN", a_user(), days=2, since=date(2026, 5, 12))
    case = a_project()

    if allowed:
        assert say(case, Outcome.APPROVED, by=delegation.deputy, at=moment).basis == Basis.DEPUTY
    else:
        with refused(case, NotAllowed):
            say(case, Outcome.APPROVED, by=delegation.deputy, at=moment)


def test_a_deputy_of_a_deputy_does_not_act(office: City) -> None:
    deputise("HEAD-SHIMIN", office.holder("HEAD-KYODO"))
    second = deputise("HEAD-KYODO", a_user())
    case = a_project()

    with refused(case, NotAllowed):
        say(case, Outcome.APPROVED, by=second.deputy)


def test_a_decision_of_the_headquarters_is_never_taken_by_a_deputy(office: City) -> None:
    deputy = deputise("HQ-CHAIR", a_user()).deputy
    case = a_project(to=StepKind.DECISION)

    with refused(case, NotAllowed) as refusal:
        say(case, Outcome.ADOPTED, by=deputy)

    assert refusal.value.message == "この決裁は、規則により代理の方は行えません。"


def test_a_named_deputy_takes_no_standing_decision(office: City) -> None:
    deputy = deputise("HEAD-DIGITAL", a_user()).deputy
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)

    with refused(case, NotAllowed) as refusal:
        say(case, Outcome.ADOPTED, by=deputy, urgent_reason="室長から事前の指示を受けた。")

    assert (
        refusal.value.message
        == "決裁は、指名された代理の方は行えません。不在のときは、規則の順序で代決します。"
    )


# --- 異動, 休職 -----------------------------------------------------------------------------


def test_a_successor_finds_the_open_work_and_the_leaver_is_refused(office: City) -> None:
    case = a_project()
    leaver = office.holder("HEAD-SHIMIN")
    let_go("HEAD-SHIMIN", on=date(2026, 5, 12))
    successor = an_appointment(
        post=Post.objects.get(code="HEAD-SHIMIN"), starts_on=date(2026, 5, 12)
    ).person
    tomorrow = AT + timedelta(days=1)

    assert [each.person for each in holders(the_slot(case), AT)] == [leaver]
    with refused(case, NotAllowed):
        say(case, Outcome.APPROVED, by=successor)
    with refused(case, NotAllowed):
        say(case, Outcome.APPROVED, by=leaver, at=tomorrow)
    decision = say(case, Outcome.APPROVED, by=successor, at=tomorrow)

    assert decision.decided_by == successor


def test_work_of_a_vacant_post_waits_in_the_open(office: City) -> None:
    case = a_project()
    leaver = office.holder("HEAD-SHIMIN")
    let_go("HEAD-SHIMIN")

    with refused(case, NotAllowed) as refusal:
        say(case, Outcome.APPROVED, by=leaver)

    assert refusal.value.message == "この段階の担当は 市民課長 ですが、いまは空席です。"
    assert WorkItem.objects.filter(project=case, post__code="HEAD-SHIMIN").exists()


@pytest.mark.parametrize("how", ["inactive", "suspended"])
def test_who_is_away_does_not_answer(office: City, how: str) -> None:
    case = a_project()
    head = office.holder("HEAD-SHIMIN")
    if how == "inactive":
        head.is_active = False
        head.save()
    else:
        a_suspension(person=head)

    with refused(case, NotAllowed):
        say(case, Outcome.APPROVED, by=head)


def test_the_successor_of_the_leader_may_pull_nothing_back_but_withdraw(office: City) -> None:
    case = a_project()
    let_go("LEADER-SHIMIN")
    successor = an_appointment(post=Post.objects.get(code="LEADER-SHIMIN"), starts_on=TODAY).person

    assert not may(successor, "pull_back", case, AT)
    assert may(successor, "withdraw", case, AT)


# --- 版 -------------------------------------------------------------------------------------


def test_a_form_that_shows_an_older_text_decides_nothing(office: City) -> None:
    case = a_project()
    shown = case.revision
    assert shown is not None
    say(case, Outcome.SENT_BACK)
    case = resubmit(case, minutes_after=30)
    slot = the_slot(case)

    with refused(case, StaleText) as refusal:
        engine.decide(
            project=case,
            slot_id=slot.pk,
            revision_hash=shown.content_hash,
            outcome=Outcome.APPROVED,
            answer=Answer(comment="確かめました。"),
            by=office.holder("HEAD-SHIMIN"),
            at=AT,
        )

    assert (refusal.value.shown, refusal.value.current) == (shown, case.revision)


def test_an_invented_text_decides_nothing(office: City) -> None:
    case = a_project()

    with refused(case, StaleText) as refusal:
        engine.decide(
            project=case,
            slot_id=the_slot(case).pk,
            revision_hash="0" * 64,
            outcome=Outcome.APPROVED,
            answer=Answer(comment="確かめました。"),
            by=office.holder("HEAD-SHIMIN"),
            at=AT,
        )

    assert (refusal.value.shown, refusal.value.current) == (None, case.revision)
