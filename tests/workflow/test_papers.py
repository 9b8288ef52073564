"""紙決裁の後登録: the verbs. Two of the 事務局, one decision, and a ledger that says so."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction

from bpr_projects.enums import Stage
from bpr_projects.models import Project
from records import ledger
from records.models import LedgerEntry, LedgerText
from roles.actions import end_appointment
from roles.enums import Basis
from roles.models import Appointment, Post
from tests.make import (
    AT,
    a_delegation,
    a_project,
    a_suspension,
    a_user,
    an_appointment,
    holder,
    resubmit,
    say,
    the_slot,
    walk,
    withdraw,
)
from tests.proof import assert_sound, refused, state_of
from tests.workflow.papers import (
    LATER,
    ON,
    SCAN,
    WHY,
    WORDS,
    a_paper,
    a_scan,
    confirm,
    keepers,
    refuse,
    register,
)
from workflow import access, engine
from workflow.actions.rederiving import flaw_in
from workflow.actions.refusals import (
    AlreadyDone,
    NotAllowed,
    NotFound,
    Refusal,
    StaleText,
    Unanswered,
)
from workflow.enums import Outcome, PaperState, RunState, StepKind
from workflow.models import Decision, PaperDecision, Run
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures_city import City

pytestmark = pytest.mark.usefixtures("office")


def at_decision(route: str = "RT2") -> Project:
    return a_project(to=StepKind.DECISION, route=route)


# --- what is registered, and what it becomes ---------------------------------------------------


def test_what_is_registered_waits_and_decides_nothing() -> None:
    case = at_decision()
    before = state_of()

    paper = register(case)

    assert (paper.state, paper.decision, paper.settled_by) == (PaperState.WAITING, None, None)
    after = state_of()
    assert {name for name in after if after[name] != before[name]} == {"entries", "papers"}
    entry = LedgerEntry.objects.get(kind="PAPER_RECORDED")
    assert paper.entry == entry
    assert entry.payload["scan"] == a_scan().sha256
    assert (entry.payload["on"], entry.payload["by"]) == ("2026-05-12", keepers()[0].pk)
    assert {text.name: text.text for text in entry.texts.all()} == {
        "why_on_paper": WHY,
        "comment": WORDS,
    }
    with paper.scan.open("rb") as stored:
        assert stored.read() == SCAN
    assert re.fullmatch("papers/[0-9a-f]{32}", str(paper.scan.name))
    assert_sound()


@pytest.mark.parametrize(
    ("outcome", "stage"),
    [
        (Outcome.ADOPTED, Stage.RUNNING),
        (Outcome.ADOPTED_WITH_CONDITIONS, Stage.RUNNING),
        (Outcome.NOT_ADOPTED, Stage.NOT_ADOPTED),
        (Outcome.SENT_BACK, Stage.RETURNED),
    ],
)
def test_a_confirmed_paper_is_a_decision_like_any_other(outcome: Outcome, stage: Stage) -> None:
    case = at_decision()
    paper = register(case, a_paper(outcome))

    said = confirm(paper)

    chair, (recorder, confirmer, *_others) = holder("HQ-CHAIR", LATER), keepers()
    assert (said.outcome, said.decided_by, said.post.code) == (outcome, chair, "HQ-CHAIR")
    assert (said.basis, said.decided_at, said.slot_id) == (Basis.OWN, LATER, paper.slot_id)
    seat = Post.objects.get(code="SECRETARIAT").pk
    chained = {
        "id": str(paper.key),
        "on": "2026-05-12",
        "scan": a_scan().sha256,
        "recorded_by": recorder.pk,
        "recorded_as": seat,
        "confirmed_by": confirmer.pk,
        "confirmed_as": seat,
    }
    assert said.authority["paper"] == {
        **chained,
        "recorder": recorder.name,
        "confirmer": confirmer.name,
    }
    assert said.entry.payload["paper"] == chained
    words = {text.name: text.text for text in said.entry.texts.all()}
    assert words == {text.name: text.text for text in paper.entry.texts.all()}
    paper.refresh_from_db()
    assert (paper.state, paper.decision, paper.settled_by) == (
        PaperState.CONFIRMED,
        said,
        confirmer,
    )
    assert Project.objects.get(pk=case.pk).stage == stage
    assert flaw_in(said) is None
    assert_sound()


def test_conditions_stand_as_on_the_paper_even_if_their_day_is_near() -> None:
    case = at_decision()
    near = ("研修を行う", "SHIMIN", "2026-05-13")
    paper = register(case, a_paper(Outcome.ADOPTED_WITH_CONDITIONS, answer={"conditions": (near,)}))

    said = confirm(paper)

    [condition] = said.conditions.all()
    assert (condition.text, condition.owner.code) == near[:2]
    assert condition.due_on == date(2026, 5, 13)
    assert_sound()


def test_a_decision_in_place_of_the_chair_is_taken_on_paper_too() -> None:
    case = a_project(to=StepKind.STANDING_DECISION, route="RT1")
    head = holder(the_slot(case).post.code, LATER)

    said = confirm(register(case, a_paper(decided_by=head)))

    assert (said.decided_by, said.basis) == (head, Basis.STANDING)
    assert_sound()


def test_who_left_since_decided_that_day_and_who_came_since_did_not(office: City) -> None:
    case = at_decision()
    old = holder("HQ-CHAIR")
    [held] = Appointment.objects.filter(post__code="HQ-CHAIR")
    end_appointment(
        appointment=held,
        ends_on=date(2026, 5, 13),
        by=keepers()[0],
        at=AT,
        **_why(),
    )
    new = an_appointment(
        post=office.post("HQ-CHAIR"), person=a_user(), starts_on=date(2026, 5, 13)
    ).person

    with refused(case, Unanswered) as refusal:
        register(case, a_paper(decided_by=new))
    assert set(refusal.value.problems) == {"decided_by"}
    assert "5月12日に決裁できません" in refusal.value.problems["decided_by"]
    said = confirm(register(case, a_paper(decided_by=old)))

    assert said.decided_by == old
    assert flaw_in(said) is None
    assert_sound()


def _why() -> dict[str, Any]:
    return {"reason": "任期の満了"}


def test_what_the_rules_do_with_a_paper_rests_on_it_as_well(office: City) -> None:
    case = at_decision("RT4")
    paper = register(case, a_paper(Outcome.SENT_BACK, answer={"target": "PROJECT_TEAM"}))

    said = confirm(paper)

    assert said.target == "PROJECT_TEAM"
    walk(case, at=LATER)
    assert Project.objects.get(pk=case.pk).stage == Stage.RUNNING
    assert_sound()


# --- who may, and what is missing --------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "problems"),
    [
        ({"reason": " "}, {"reason": "紙で決裁した理由を入力してください。"}),
        (
            {"reason": "x" * 401},
            {"reason": "400字以内で、制御文字を含めずに入力してください。"},
        ),
        ({"decided_by": None}, {"decided_by": "紙で決裁した方を選んでください。"}),
        ({"decided_on": None}, {"decided_on": "紙で決裁した日を入力してください。"}),
        (
            {"decided_on": date(2026, 5, 15)},
            {"decided_on": "紙で決裁した日が、きょうより後になっています。"},
        ),
        (
            {"decided_on": date(2026, 5, 10)},
            {"decided_on": "この段階が始まった日（5月11日）より前の日になっています。"},
        ),
        (
            {"outcome": Outcome.NOT_ADOPTED, "answer": {"comment": ""}},
            {"comment": "理由・意見を入力してください。"},
        ),
        (
            {"outcome": Outcome.ADOPTED_WITH_CONDITIONS, "answer": {"conditions": ()}},
            {"conditions": "条件を1つ以上入力してください。"},
        ),
        (
            {"outcome": Outcome.SENT_BACK, "answer": {"target": "PT_CHAIR_NONE"}},
            {"target": "差戻し先を選んでください。"},
        ),
    ],
)
def test_what_is_missing_is_said_and_nothing_registered(
    more: dict[str, Any], problems: dict[str, str]
) -> None:
    case = at_decision()

    with refused(case, Unanswered) as refusal:
        register(case, a_paper(**more))

    assert refusal.value.problems == problems


def test_a_paper_of_another_year_is_not_registered() -> None:
    case = at_decision()

    with refused(case, Unanswered) as refusal:
        register(case, at=AT + timedelta(days=400))

    assert refusal.value.problems["decided_on"].startswith("1年より前の紙の決裁は")


def test_an_objection_that_stands_has_to_be_answered_on_the_paper() -> None:
    case = a_project(route="RT3", to=StepKind.CONCURRENCE)
    say(case, Outcome.OBJECTED)
    walk(case, to=StepKind.MEDIATION)
    say(case, Outcome.UNSETTLED)
    walk(case, to=StepKind.DECISION)

    with refused(case, Unanswered) as refusal:
        register(case)
    assert set(refusal.value.problems) == {"reply"}

    confirm(register(case, a_paper(answer={"reply": "支所の体制を整えて進める。"})))
    assert_sound()


@pytest.mark.parametrize("code", ["HQ-CHAIR", "AUDITOR", "LEADER-SHIMIN", "SYSTEM-ADMIN"])
def test_nobody_but_the_office_registers_or_confirms(code: str) -> None:
    case = at_decision()
    words = "紙の決裁を登録し、確認するのは、事務局の職にある方です。"

    with refused(case, NotAllowed) as refusal:
        register(case, by=holder(code, LATER))
    assert refusal.value.message == words
    paper = register(case)
    for verb in (confirm, refuse):
        with refused(case, NotAllowed) as refusal:
            verb(paper, by=holder(code, LATER))
        assert refusal.value.message == words


def test_a_deputy_of_the_office_is_not_of_the_office(office: City) -> None:
    case = at_decision()
    deputy = a_user()
    a_delegation(post=office.post("SECRETARIAT"), deputy=deputy)

    with refused(case, NotAllowed):
        register(case, by=deputy)


def test_who_registered_does_not_confirm() -> None:
    case = at_decision()
    paper = register(case)

    with refused(case, NotAllowed) as refusal:
        confirm(paper, by=keepers()[0])

    assert refusal.value.message == (
        "登録した方は、ご自身で確認できません。事務局のほかの方が確認します。"
    )


def test_who_decided_neither_registers_nor_confirms(office: City) -> None:
    case = at_decision()
    chair = holder("HQ-CHAIR", LATER)
    an_appointment(post=office.post("SECRETARIAT"), person=chair)

    with refused(case, Unanswered) as refusal:
        register(case, by=chair)
    assert set(refusal.value.problems) == {"decided_by"}
    paper = register(case)
    with refused(case, NotAllowed) as denied:
        confirm(paper, by=chair)
    assert denied.value.message == "決裁した方は、ご自身の紙の決裁を確認できません。"


def test_nobody_with_a_part_in_the_proposal_touches_its_paper(office: City) -> None:
    case = at_decision()
    an_appointment(post=office.post("SECRETARIAT"), person=case.proposer)

    with refused(case, NotAllowed) as refusal:
        register(case, by=case.proposer)
    assert refusal.value.message == "この案件の提案に関わっているため、紙の決裁を扱えません。"
    paper = register(case)
    with refused(case, NotAllowed):
        confirm(paper, by=case.proposer)


def test_who_may_not_decide_did_not_on_paper(office: City) -> None:
    case = at_decision()
    Project.objects.filter(pk=case.pk).update(proposer=holder("HQ-CHAIR", LATER))

    with refused(case, Unanswered) as refusal:
        register(case)

    assert "ご自身が提案した案件" in refusal.value.problems["decided_by"]


def test_who_was_on_leave_that_day_did_not_decide() -> None:
    case = at_decision()
    a_suspension(person=holder("HQ-CHAIR"), starts_on=ON, ends_on=date(2026, 5, 13))

    with refused(case, Unanswered) as refusal:
        register(case)

    assert set(refusal.value.problems) == {"decided_by"}


def test_an_answer_that_leaves_the_case_open_is_said_in_the_system() -> None:
    case = at_decision()

    with refused(case, NotAllowed) as refusal:
        register(case, a_paper(Outcome.HELD))

    assert refusal.value.message == "紙の決裁としては「保留」を登録できません。"


def test_only_a_deciding_step_takes_a_paper() -> None:
    case = a_project()

    with refused(case, NotFound):
        register(case)


def test_another_text_is_not_registered() -> None:
    case = at_decision()

    with refused(case, StaleText):
        engine.record_paper(
            project=case,
            slot_id=the_slot(case).pk,
            revision_hash="0" * 64,
            paper=a_paper(),
            by=keepers()[0],
            at=LATER,
        )


def test_foreign_ids_are_not_found() -> None:
    case, other = at_decision(), a_project()
    paper = register(case)

    with refused(case, NotFound):
        engine.confirm_paper(project=other, key=paper.key, by=keepers()[1], at=LATER)
    with refused(case, NotFound):
        engine.refuse_paper(project=other, key=paper.key, reason="x", by=keepers()[1], at=LATER)


# --- one at a time, once -----------------------------------------------------------------------


def test_the_same_click_registers_and_confirms_once() -> None:
    case = at_decision()
    first, second = register(case), register(case)
    assert first == second
    assert PaperDecision.objects.count() == 1

    said = confirm(first)
    before = state_of()

    assert confirm(first) == said
    assert state_of() == before


@pytest.mark.parametrize(
    "more",
    [
        {"reason": "別の理由"},
        {"answer": {"comment": "別の意見"}},
        {"answer": {"conditions": (("個人情報の点検を終えること", "SHIMIN", "2026-09-01"),)}},
    ],
    ids=["reason", "comment", "day of a condition"],
)
def test_other_words_on_the_same_scan_are_not_the_same_click(more: dict[str, Any]) -> None:
    case = at_decision()
    register(case, a_paper(Outcome.ADOPTED_WITH_CONDITIONS))

    with refused(case, AlreadyDone):
        register(case, a_paper(Outcome.ADOPTED_WITH_CONDITIONS, **more))


def test_a_row_that_was_changed_since_is_not_confirmed() -> None:
    case = at_decision()
    paper = register(case, a_paper(Outcome.ADOPTED_WITH_CONDITIONS))
    PaperDecision.objects.filter(pk=paper.pk).update(conditions=[["SHIMIN", "2030-01-01"]])

    with refused(case, Refusal) as refusal:
        confirm(paper)

    assert refusal.value.message == (
        "登録された紙の決裁と、台帳の行が違います。監査に連絡してください。"
    )


def test_another_paper_waits_for_the_first() -> None:
    case = at_decision()
    register(case)

    with refused(case, AlreadyDone) as refusal:
        register(case, a_paper(scan=a_scan(b"%PDF-1.7 other")), by=keepers()[1])

    assert refusal.value.message == (
        f"{keepers()[0].name}さんが 5/14 09:00 に紙の決裁を登録し、"
        "事務局のほかの方の確認を待っています。"
    )


def test_a_refused_paper_says_why_and_another_may_follow() -> None:
    case = at_decision()
    paper = refuse(register(case))

    assert paper.closing is not None
    assert paper.closing.kind == "PAPER_REFUSED"
    assert [text.text for text in paper.closing.texts.all()] == ["日付の誤り。"]
    with refused(case, AlreadyDone) as refusal:
        confirm(paper)
    assert refusal.value.message == (
        f"この紙の決裁は、{keepers()[1].name}さんが 5/14 09:00 に、確認しないで終えました。"
    )
    assert refuse(paper) == paper
    confirm(register(case))
    assert_sound()


def test_who_registered_may_take_it_back_and_only_with_a_reason() -> None:
    case = at_decision()
    paper = register(case)

    with refused(case, Unanswered) as refusal:
        refuse(paper, by=keepers()[0], reason=" ")
    assert refusal.value.problems == {"reason": "理由を入力してください。"}
    assert refuse(paper, by=keepers()[0]).state == PaperState.REFUSED


# --- what overtakes a paper --------------------------------------------------------------------


def hold(case: Project) -> None:
    say(case, Outcome.HELD, until="2026-05-20", at=LATER)


def decide(case: Project) -> None:
    say(case, Outcome.NOT_ADOPTED, at=LATER)


def stop(case: Project) -> None:
    withdraw(case, at=LATER)


def abandon(case: Project) -> None:
    engine.abandon(
        project=case,
        answer=Answer(comment="本部長の了承による。", confirmed=True),
        by=keepers()[2],
        at=LATER,
    )


def move(case: Project) -> None:
    slot = the_slot(case)
    permit = access.may_reassign(keepers()[2], slot, LATER)
    assert permit.capacity is not None
    to = engine.receivers(slot=slot, at=LATER)[0]
    engine.reassign(
        project=case, slot_id=slot.pk, post_id=to.post.pk, reason="病気", by=keepers()[2], at=LATER
    )


@pytest.mark.parametrize("verb", [hold, decide, stop, abandon, move])
def test_a_paper_that_came_too_late_ends_with_a_fact(verb: Callable[[Project], None]) -> None:
    case = at_decision()
    paper = register(case)

    verb(case)

    paper.refresh_from_db()
    last = Decision.objects.filter(project=case).latest("pk")
    assert (paper.state, paper.settled_at, paper.decision) == (PaperState.LAPSED, LATER, None)
    assert paper.settled_by == last.decided_by
    entry = LedgerEntry.objects.get(kind="PAPER_LAPSED")
    assert entry.payload == {
        "paper": str(paper.key),
        "project": case.pk,
        "by": last.decided_by_id,
    }
    with refused(case, AlreadyDone) as refusal:
        confirm(paper)
    assert "行った手続により、確認の前に終わりました。" in refusal.value.message
    with refused(case, AlreadyDone):
        refuse(paper)
    assert_sound()


def test_a_paper_older_than_a_holders_last_word_is_not_registered() -> None:
    case = at_decision()
    say(case, Outcome.HELD, until="2026-05-20", at=AT + timedelta(days=2))

    with refused(case, Unanswered) as refusal:
        register(case)
    assert refusal.value.problems["decided_on"].startswith("紙の決裁の日より後に、本部長")

    said = confirm(register(case, a_paper(decided_on=LATER.date())))
    assert said.supersedes is not None
    assert said.supersedes.outcome == Outcome.HELD
    assert_sound()


def test_what_is_decided_takes_no_paper() -> None:
    case = at_decision()
    slot = the_slot(case)
    say(case, Outcome.ADOPTED)
    assert slot.step_run.revision is not None

    with refused(case, AlreadyDone) as refusal:
        engine.record_paper(
            project=case,
            slot_id=slot.pk,
            revision_hash=slot.step_run.revision.content_hash,
            paper=a_paper(),
            by=keepers()[0],
            at=LATER,
        )

    assert "「採択」としました" in refusal.value.message


def test_a_returned_text_is_decided_on_paper_anew() -> None:
    case = at_decision()
    confirm(register(case, a_paper(Outcome.SENT_BACK)))
    resubmit(case, at=LATER, minutes_after=20)
    walk(case, to=StepKind.DECISION, at=LATER)

    confirm(register(case, a_paper(decided_on=LATER.date())))

    assert Run.objects.get(project=case, kind="PROJECT").state == RunState.ADOPTED
    assert_sound()


# --- the row ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["recorded_by", "decided_by"])
def test_the_database_wants_a_second_person(who: str) -> None:
    case = at_decision()
    paper = register(case)
    confirm(paper)

    with pytest.raises(IntegrityError), transaction.atomic():
        PaperDecision.objects.update(settled_by=getattr(paper, who))


def test_the_database_keeps_who_decided_from_registering() -> None:
    paper = register(at_decision())

    with pytest.raises(IntegrityError), transaction.atomic():
        PaperDecision.objects.update(recorded_by=paper.decided_by)


def test_one_paper_waits_at_a_place() -> None:
    paper = register(at_decision())
    twin = a_twin_of(paper)

    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def a_twin_of(paper: PaperDecision) -> PaperDecision:
    twin = PaperDecision.objects.get(pk=paper.pk)
    twin.pk, twin.key = None, uuid.uuid4()
    twin.entry = LedgerEntry.objects.earliest("seq")
    return twin


# --- 廃棄 ---------------------------------------------------------------------------------------


def test_the_words_of_papers_are_blanked_with_those_of_decisions() -> None:
    case = at_decision()
    refuse(register(case))
    confirm(register(case, a_paper(Outcome.NOT_ADOPTED)))
    case.refresh_from_db()

    asked = engine.ask_for_disposal(project=case, reason="満了", by=keepers()[0], at=LATER)
    engine.approve_disposal(disposal_id=asked.pk, by=holder("AUDITOR", LATER), at=LATER)

    words = LedgerText.objects.filter(text__in=[WORDS, WHY, "日付の誤り。"])
    assert list(words) == []
    assert ledger.verify().ok
