"""辞退 and 担当の付替え: who is asked next at each station; nothing passes by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from guardian.shortcuts import assign_perm

from bpr_projects.models import Participant
from roles.actions import ReasonMissing, end_appointment
from roles.enums import Basis
from roles.models import Appointment, Post
from tests.make import (
    AT,
    TODAY,
    YES,
    a_delegation,
    a_draft,
    a_project,
    a_user,
    an_appointment,
    holder,
    resubmit,
    say,
    submit,
    the_run,
    the_slot,
    the_step,
    walk,
)
from tests.proof import assert_sound, refused
from tests.workflow.test_engine_outcomes import a_case_at
from workflow import access, engine
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound, Unanswered
from workflow.enums import OWN_WORK, Outcome, SlotState, StepKind
from workflow.management import worklist
from workflow.management.simulation import violations
from workflow.models import Decision, Reading, Slot
from workflow.outcomes import STATIONS
from workflow.routing import RECEIVERS
from workflow.routing.succession import department_of
from workflow.views.route_preview import preview_of

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from bpr_projects.models import Project
    from roles.models import User
    from tests.fixtures_city import City

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

LATER = AT + timedelta(minutes=5)
WHY = "親族の会社が委託先の候補であるため。"


def all_recuse(case: Project, code: str) -> list[Decision]:
    """Everybody who may answer for the seat steps aside."""
    slot = the_slot(case, code)
    return [
        say(case, Outcome.RECUSED, slot=slot, by=each.person, comment=WHY)
        for each in access.holders(slot, AT)
    ]


def asked(case: Project) -> list[str]:
    slots = Slot.objects.filter(step_run__project=case, state=SlotState.OPEN).order_by("pk")
    return list(slots.values_list("post__code", flat=True))


def unheld() -> list[str]:
    return [slot.post.code for slot in access.unheld(AT)]


def words(decision: Decision) -> dict[str, str]:
    return {text.name: text.text for text in decision.entry.texts.all()}


WAITS = "担当できる職がないため、事務局の担当の付替えを待ちます。"

NEXT = [
    (StepKind.CONFIRMATION, "HEAD-SHIMIN", "DEPT-SHIMINBU", "市民部長（規則による次の担当）"),
    (StepKind.RECEPTION, "SECRETARIAT", "HEAD-SOMU", "総務課長（規則による次の担当）"),
    (StepKind.REFERRAL, "PT-CHAIR", "HEAD-DIGITAL", "デジタル戦略・広報室長（規則による次の担当）"),
    (StepKind.APPROVAL, "DEPT-SHIMINBU", "", WAITS),
    (StepKind.CONCURRENCE, "HEAD-ZAISEI", "", WAITS),
    (StepKind.MEDIATION, "SECRETARIAT", "HEAD-SOMU", "総務課長（規則による次の担当）"),
    (StepKind.STANDING_DECISION, "HEAD-DIGITAL", "HQ-CHAIR", "本部長の決裁に移ります。"),
    (StepKind.DECISION, "HQ-CHAIR", "", WAITS),
]
"""Station, who steps aside, who is asked next (nobody: the case waits), what the record says."""


def test_every_human_station_lets_its_holder_step_aside() -> None:
    stations = {kind for kind, outcomes in STATIONS.items() if outcomes} - OWN_WORK

    assert {kind for kind, outcomes in STATIONS.items() if Outcome.RECUSED in outcomes} == stations
    assert set(RECEIVERS) == stations
    bodies = {StepKind.REVIEW, StepKind.DELIBERATION}
    assert {row[0] for row in NEXT} | bodies == stations


@pytest.mark.parametrize(("kind", "seat", "following", "record"), NEXT)
def test_the_next_by_the_rule_is_asked_in_the_same_step_or_the_case_waits(
    kind: StepKind, seat: str, following: str, record: str
) -> None:
    case = a_case_at(kind)
    step, task = the_step(case), the_slot(case, seat).task_id

    said = all_recuse(case, seat)

    assert words(said[-1]) == {"comment": WHY, "following": record}
    assert asked(case) == [following or seat]
    assert unheld() == ([] if following else [seat])
    if kind != StepKind.STANDING_DECISION:
        assert the_step(case) == step
        assert the_slot(case).task_id == task
    assert_sound()
    assert list(violations(AT)) == []


@pytest.mark.parametrize(("kind", "seat", "following", "record"), NEXT)
def test_a_case_goes_on_after_a_recusal_to_its_end(
    kind: StepKind, seat: str, following: str, record: str
) -> None:
    case = a_case_at(kind)
    all_recuse(case, seat)
    if not following:
        an_appointment(post=Post.objects.get(code=seat), person=a_user(name="後任 太郎"))
        assert unheld() == []

    walk(case)

    assert the_run(case).kind == "CYCLE"
    assert_sound()
    assert list(violations(AT)) == []


def test_in_a_shared_seat_only_that_person_is_out(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    first, second, *_rest = office.holders("SECRETARIAT")

    said = say(case, Outcome.RECUSED, by=first, comment=WHY)

    assert words(said)["following"] == "同じ席のほかの方が担当します。"
    assert (asked(case), unheld()) == (["SECRETARIAT"], [])
    with refused(case, NotAllowed) as refusal:
        say(case, Outcome.RECEIVED, by=first)
    assert refusal.value.message == "この案件の手続を辞退しているため、判断できません。"
    say(case, Outcome.RECEIVED, by=second)
    assert_sound()


def test_who_stepped_aside_stays_aside_until_the_matter_is_decided(office: City) -> None:
    case = a_project(route="RT3")
    all_recuse(case, "HEAD-SHIMIN")
    say(case, Outcome.SENT_BACK)

    case = resubmit(case, volume=2100)

    assert asked(case) == ["DEPT-SHIMINBU"]
    assert_sound()


def test_the_route_before_a_resubmission_says_what_will_wait(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    all_recuse(case, "HQ-CHAIR")
    an_appointment(post=office.post("HQ-CHAIR"), person=a_user(name="後任 太郎"))
    say(case, Outcome.SENT_BACK)
    Appointment.objects.filter(person__family_name="後任").update(ends_on=TODAY)

    shown = preview_of(case, case.sheet, case.proposer, AT, frozenset())

    assert shown is not None
    [decision] = [step for step in shown.steps if step.title == "本部長 決裁"]
    assert (decision.who, decision.why) == ("本部長（副市長）　成田 健一郎", WAITS)
    case = resubmit(case, volume=2100)
    walk(case, to=StepKind.DECISION)
    assert unheld() == ["HQ-CHAIR"]


def test_a_seat_of_a_rule_that_may_be_left_out_is_not_left_out_for_a_recusal(
    office: City,
) -> None:
    case = a_project(route="RT3", to=StepKind.APPROVAL)
    all_recuse(case, "DEPT-SHIMINBU")
    an_appointment(post=office.post("DEPT-SHIMINBU"), person=a_user(name="後任 太郎"))
    say(case, Outcome.SENT_BACK)
    Appointment.objects.filter(person__family_name="後任").update(ends_on=TODAY)
    case = resubmit(case, volume=2100)

    walk(case, to=StepKind.APPROVAL)

    assert (asked(case), unheld()) == (["DEPT-SHIMINBU"], ["DEPT-SHIMINBU"])
    skipped = Decision.objects.filter(project=case, outcome=Outcome.SKIPPED)
    assert not any("部長 承認" in words(each)["comment"] for each in skipped)


def test_a_deputy_who_steps_aside_leaves_the_seat_to_its_holder(office: City) -> None:
    case = a_project()
    deputy = a_user(name="代理 次郎")
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=deputy)

    say(case, Outcome.RECUSED, by=deputy, comment=WHY)

    slot = the_slot(case)
    assert [each.person.name for each in access.holders(slot, AT)] == ["石川 真由美"]


def test_the_deputy_of_who_stepped_aside_does_not_decide_in_the_place(office: City) -> None:
    case = a_project()
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=a_user(name="代理 次郎"))

    say(case, Outcome.RECUSED, by=office.holder("HEAD-SHIMIN"), comment=WHY)

    assert asked(case) == ["DEPT-SHIMINBU"]


def test_a_second_click_is_told_when_one_stepped_aside(office: City) -> None:
    case = a_project(to=StepKind.APPROVAL)
    [first] = all_recuse(case, "DEPT-SHIMINBU")

    with refused(case, AlreadyDone) as refusal:
        say(case, Outcome.RECUSED, by=first.decided_by)

    assert refusal.value.decision == first


def test_a_recusal_needs_its_reason() -> None:
    case = a_project()

    with refused(case, Unanswered) as refusal:
        say(case, Outcome.RECUSED, comment=" ")

    assert list(refusal.value.problems) == ["comment"]


def test_a_fallback_who_also_steps_aside_passes_it_on(office: City) -> None:
    case = a_project()
    all_recuse(case, "HEAD-SHIMIN")

    all_recuse(case, "DEPT-SHIMINBU")

    assert asked(case) == ["SECRETARIAT"]
    all_recuse(case, "SECRETARIAT")
    assert (asked(case), unheld()) == (["SECRETARIAT"], ["SECRETARIAT"])
    assert_sound()


@pytest.mark.parametrize(
    ("author", "first", "following"),
    [("HEAD-DIGITAL", "HEAD-SOMU", "HEAD-KIKAKU"), ("HEAD-SOMU", "HEAD-DIGITAL", "HEAD-KIKAKU")],
)
def test_who_was_asked_in_place_of_an_author_passes_it_on_to_the_next_of_the_rule(
    office: City, author: str, first: str, following: str
) -> None:
    draft = a_draft(uses_cloud=True)
    assign_perm("edit_draft", holder(author), draft)
    case = submit(draft)
    walk(case, to=StepKind.CONCURRENCE)
    assert asked(case) == [first]

    all_recuse(case, first)

    assert asked(case) == [following]


def test_a_member_on_duty_is_replaced_by_the_next_in_turn(office: City) -> None:
    case = a_project(route="RT5", to=StepKind.REVIEW)
    first, second = asked(case)

    all_recuse(case, first)

    left, new = asked(case)
    assert left == second
    assert new not in (first, second)
    walk(case)
    assert the_run(case).kind == "CYCLE"
    assert_sound()


def test_headquarters_decides_without_a_member_but_not_below_the_quorum(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.DELIBERATION)
    members = asked(case)

    all_recuse(case, members[0])
    all_recuse(case, members[1])
    assert (asked(case), unheld()) == (members[2:], [])
    all_recuse(case, members[2])

    assert (asked(case), unheld()) == (members[2:], [members[2]])
    for member in members[3:]:
        say(case, Outcome.AGREED, post=member)
    step = the_step(case)
    assert step is not None
    assert (step.kind, asked(case)) == (StepKind.DELIBERATION, [members[2]])
    assert_sound()


def test_a_holder_who_came_into_conflict_waits_in_the_open_until_somebody_else_holds_the_seat(
    office: City,
) -> None:
    case = a_project(to=StepKind.APPROVAL)
    assign_perm("edit_draft", holder("DEPT-SHIMINBU"), case)
    assert unheld() == ["DEPT-SHIMINBU"]

    an_appointment(post=office.post("DEPT-SHIMINBU"), person=a_user(name="後任 太郎"))

    assert unheld() == []
    say(case, Outcome.APPROVED)
    assert_sound()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_what_waits_costs_the_same_for_one_and_for_many(
    office: City, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cases = [a_project(to=StepKind.DECISION) for _number in range(count)]
    for case in cases:
        say(case, Outcome.RECUSED, by=holder("HQ-CHAIR"), comment=WHY)

    with django_assert_num_queries(4):
        found = access.unheld(AT)

    assert len(found) == count


def test_a_chair_who_stepped_aside_does_not_judge_it_afterwards(office: City) -> None:
    case = a_project(route="RT5", post="LEADER-DIGITAL", to=StepKind.DECISION)
    say(case, Outcome.RECUSED, by=holder("HQ-CHAIR"), comment=WHY)
    reassign(case, "DEPT-SHIMINBU")

    say(case, Outcome.ADOPTED, by=holder("DEPT-SHIMINBU"))

    assert not Reading.objects.filter(project=case, kind=StepKind.POST_READING).exists()
    assert_sound()


# --- 担当の付替え ------------------------------------------------------------------------------


def reassign(
    case: Project,
    to: str,
    *,
    seat: str = "",
    reason: str = "異動のため。",
    by: User | None = None,
) -> Decision:
    return engine.reassign(
        project=case,
        slot_id=the_slot(case, seat).pk,
        post_id=Post.objects.get(code=to).pk,
        reason=reason,
        by=by or holder("SECRETARIAT"),
        at=LATER,
    )


def offered(case: Project, seat: str = "") -> list[str]:
    slot = the_slot(case, seat)
    permit = access.may_reassign(holder("SECRETARIAT"), slot, AT)
    assert permit.capacity is not None
    found = engine.receivers(slot=slot, at=AT)
    return [each.post.code for each in found]


PT = ["PT-SHIMIN", "PT-FUKUSHI", "PT-SANGYO", "PT-KENSETSU", "PT-KYOIKU"]
"""All but the member who is the PT長 and holds the place already."""
OTHER_HEADS = ["HQ-SOMUBU", "HQ-FUKUSHIBU", "HQ-SANGYOBU", "HQ-KENSETSUBU", "HQ-KYOIKU"]
"""All but the 部長 who holds the place already, as a member of headquarters."""
IN_THE_DEPARTMENT = ["HEAD-SOMU", "HEAD-KIKAKU", "HEAD-DIGITAL", "HEAD-ZEIMU", "DEPT-SOMUBU"]

OFFERED = [
    (StepKind.CONFIRMATION, "HEAD-SHIMIN", ["DEPT-SHIMINBU"]),
    (StepKind.RECEPTION, "SECRETARIAT", ["HEAD-SOMU"]),
    (StepKind.REFERRAL, "PT-CHAIR", ["HEAD-DIGITAL", "HEAD-SOMU", *PT]),
    (StepKind.APPROVAL, "DEPT-SHIMINBU", OTHER_HEADS),
    (StepKind.CONCURRENCE, "HEAD-ZAISEI", IN_THE_DEPARTMENT),
    (StepKind.MEDIATION, "SECRETARIAT", ["HEAD-SOMU"]),
    (StepKind.STANDING_DECISION, "HEAD-DIGITAL", ["DEPT-SOMUBU", "HQ-CHAIR"]),
    (StepKind.DECISION, "HQ-CHAIR", ["DEPT-SOMUBU", "DEPT-SHIMINBU"]),
]
"""Station, its seat, the seats that could take it, the rule's own order first."""


@pytest.mark.parametrize(("kind", "seat", "seats"), OFFERED)
def test_the_seats_that_may_receive_a_place(kind: StepKind, seat: str, seats: list[str]) -> None:
    case = a_case_at(kind)

    assert offered(case, seat) == seats


@pytest.mark.parametrize(("kind", "seat", "seats"), OFFERED)
def test_a_place_that_was_moved_is_answered_by_its_new_seat(
    kind: StepKind, seat: str, seats: list[str]
) -> None:
    case = a_case_at(kind)
    step, before = the_step(case), the_slot(case, seat)

    said = reassign(case, seats[0], seat=seat)

    assert (said.outcome, said.slot, said.post.code) == ("REASSIGNED", before, "SECRETARIAT")
    before.refresh_from_db()
    assert before.state == SlotState.MOVED
    assert asked(case) == [seats[0]]
    assert (the_step(case), the_slot(case).replaces) == (step, before)
    assert Participant.objects.filter(project=case, post__code=seats[0]).exists()
    say(case, YES[StepKind(the_slot(case).step_run.kind)])
    walk(case)
    assert the_run(case).kind == "CYCLE"
    assert_sound()
    assert list(violations(AT)) == []


def test_a_standing_decision_that_is_moved_to_the_chair_becomes_a_decision() -> None:
    case = a_case_at(StepKind.STANDING_DECISION)

    reassign(case, "HQ-CHAIR")

    slot = the_slot(case)
    assert (slot.post.code, slot.step_run.kind) == ("HQ-CHAIR", StepKind.DECISION)
    said = say(case, Outcome.ADOPTED)
    assert said.basis == Basis.OWN
    assert_sound()
    assert list(violations(AT)) == []


def test_a_decision_by_a_stand_in_is_labelled_as_one() -> None:
    case = a_case_at(StepKind.DECISION)
    reassign(case, "DEPT-SOMUBU")

    said = say(case, Outcome.ADOPTED)

    assert (said.post.code, said.basis) == ("DEPT-SOMUBU", Basis.ACTING)


def test_the_record_says_who_moved_it_to_whom_and_why(office: City) -> None:
    case = a_project()

    said = reassign(case, "DEPT-SHIMINBU", reason="長期の出張のため。")

    assert words(said) == {
        "comment": "長期の出張のため。",
        "following": "市民部長（前の担当：市民課長）",
    }
    with refused(case, AlreadyDone) as refusal:
        say(case, Outcome.APPROVED, post="HEAD-SHIMIN", by=holder("HEAD-SHIMIN"))
    assert refusal.value.decision == said


def test_a_place_comes_back_to_the_seat_that_it_was_taken_from() -> None:
    case = a_project()
    reassign(case, "DEPT-SHIMINBU")

    reassign(case, "HEAD-SHIMIN")

    assert asked(case) == ["HEAD-SHIMIN"]
    say(case, Outcome.APPROVED)
    assert_sound()


@pytest.mark.parametrize("who", ["LEADER-SHIMIN", "HEAD-SHIMIN", "PT-CHAIR", "HQ-CHAIR"])
def test_nobody_but_the_secretariat_moves_a_place(who: str) -> None:
    case = a_project()

    with refused(case, NotAllowed) as refusal:
        reassign(case, "DEPT-SHIMINBU", by=holder(who))

    assert refusal.value.message == "担当を付け替えられるのは、事務局です。"


def test_a_member_of_the_secretariat_does_not_move_places_of_the_own_case(office: City) -> None:
    case = a_project(post="SECRETARIAT", section="SHIMIN")

    with refused(case, NotAllowed) as refusal:
        reassign(case, "DEPT-SHIMINBU", by=case.proposer)

    assert refusal.value.message == (
        "ご自身が提案した等の案件の担当は、事務局のほかの方が付け替えます。"
    )


@pytest.mark.parametrize("to", ["HEAD-SHIMIN", "HEAD-ZEIMU", "LEADER-SHIMIN", "HQ-CHAIR"])
def test_a_place_is_moved_only_to_seats_that_the_rule_could_ask(to: str) -> None:
    case = a_project()

    with refused(case, Unanswered) as refusal:
        reassign(case, to)

    assert refusal.value.problems == {"post": "新しい担当を、一覧から選んでください。"}


def test_a_place_is_never_moved_to_an_author_or_to_who_stepped_aside(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    all_recuse(case, "HQ-CHAIR")
    assert offered(case) == ["DEPT-SOMUBU", "DEPT-SHIMINBU"]

    assign_perm("edit_draft", holder("DEPT-SOMUBU"), case)

    assert offered(case) == ["DEPT-SHIMINBU"]


def test_nobody_gets_two_places_in_a_step(office: City) -> None:
    """The head of 総務課 is asked already; the one person of both seats is not asked twice."""
    case = a_project(route="RT3", to=StepKind.CONCURRENCE, sections=["SOMU"])

    assert "HEAD-SOMU" not in offered(case, "HEAD-ZAISEI")
    an_appointment(post=office.post("HEAD-KIKAKU"), person=holder("HEAD-SOMU"))
    Appointment.objects.filter(post=office.post("HEAD-KIKAKU")).exclude(
        person=holder("HEAD-SOMU")
    ).update(ends_on=TODAY)
    assert "HEAD-KIKAKU" not in offered(case, "HEAD-ZAISEI")


def test_a_body_outside_the_mayors_offices_stays_asked(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.CONCURRENCE, sections=["GAKUJI"])

    found = offered(case, "HEAD-GAKUJI")

    assert found
    posts = Post.objects.filter(code__in=found).select_related("section__department", "department")
    homes = {department_of(post) for post in posts}
    assert [home.code for home in homes if home is not None] == ["KYOIKU"]


def test_a_reason_is_needed() -> None:
    case = a_project()

    with refused(case, Unanswered) as refusal:
        reassign(case, "DEPT-SHIMINBU", reason=" ")

    assert refusal.value.problems == {"comment": "理由を入力してください。"}


def test_work_of_the_authors_is_not_moved() -> None:
    case = a_project()
    say(case, Outcome.SENT_BACK)

    with refused(case, NotFound):
        reassign(case, "DEPT-SHIMINBU")


def test_an_answered_place_is_not_moved_any_more() -> None:
    case = a_project()
    slot = the_slot(case)
    said = say(case, Outcome.APPROVED)

    with refused(case, AlreadyDone) as refusal:
        engine.reassign(
            project=case,
            slot_id=slot.pk,
            post_id=Post.objects.get(code="DEPT-SHIMINBU").pk,
            reason="異動のため。",
            by=holder("SECRETARIAT"),
            at=AT,
        )

    assert refusal.value.decision == said


def test_a_held_case_goes_on_with_its_new_holder() -> None:
    case = a_project(to=StepKind.REFERRAL)
    held = say(case, Outcome.HELD)

    said = reassign(case, "HEAD-DIGITAL")

    step = the_step(case)
    assert step is not None
    assert (said.supersedes, step.paused_since) == (held, None)
    say(case, Outcome.REFERRED)
    assert_sound()


def test_the_act_before_is_pulled_back_over_a_move_and_the_rule_asks_anew(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    reassign(case, "HEAD-SOMU")

    engine.pull_back(project=case, by=holder("HEAD-SHIMIN"), at=LATER)

    assert asked(case) == ["HEAD-SHIMIN"]
    say(case, Outcome.APPROVED)
    assert asked(case) == ["SECRETARIAT"]
    assert_sound()


def test_what_somebody_stepped_aside_from_is_not_pulled_back(office: City) -> None:
    case = a_project(to=StepKind.APPROVAL)
    all_recuse(case, "DEPT-SHIMINBU")

    with refused(case, NotAllowed):
        engine.pull_back(project=case, by=holder("PT-CHAIR"), at=LATER)


def test_who_took_over_pulls_the_own_answer_back_and_is_asked_again(office: City) -> None:
    case = a_project()
    all_recuse(case, "HEAD-SHIMIN")
    say(case, Outcome.APPROVED)

    engine.pull_back(project=case, by=holder("DEPT-SHIMINBU"), at=LATER)

    assert asked(case) == ["DEPT-SHIMINBU"]
    assert_sound()


def test_a_place_that_was_left_without_a_record_is_found() -> None:
    case = a_project()
    slot = the_slot(case)
    reassign(case, "DEPT-SHIMINBU")
    assert "left-without-record" not in {each.rule for each in worklist.faults(AT)}

    Slot.objects.filter(replaces=slot).update(replaces=None)
    Slot.objects.filter(pk=the_slot(case).pk).update(state=SlotState.MOVED, closed_at=AT)

    assert "left-without-record" in {each.rule for each in worklist.faults(AT)}


# --- vacant 本部長 ------------------------------------------------------------------------------


def end_the_chair(reason: str = "") -> Appointment:
    row = Appointment.objects.get(post__code="HQ-CHAIR")
    clerk = holder("SECRETARIAT")
    return end_appointment(appointment=row, ends_on=TODAY, by=clerk, at=AT, reason=reason)


def test_the_last_chair_leaves_with_a_reason(office: City) -> None:
    with pytest.raises(ReasonMissing) as missing:
        end_the_chair()
    assert (missing.value.field, str(missing.value)) == (
        "reason",
        "本部長（副市長）が空席になります。理由（任期満了等）を入力してください。",
    )
    assert Appointment.objects.get(post__code="HQ-CHAIR").ends_on is None

    ended = end_the_chair("任期満了のため")

    assert ended.ends_on == TODAY
    texts = ended.ledger_entry.texts.values_list("name", "text")
    assert list(texts) == [("reason", "任期満了のため")]


def test_a_chair_whose_successor_is_appointed_leaves_without_more_words(office: City) -> None:
    an_appointment(post=office.post("HQ-CHAIR"), person=a_user(), starts_on=TODAY)

    row = Appointment.objects.filter(post__code="HQ-CHAIR").earliest("pk")
    end_appointment(appointment=row, ends_on=TODAY, by=holder("SECRETARIAT"), at=AT)

    row.refresh_from_db()
    assert row.ends_on == TODAY


def test_cases_of_a_vacant_chair_wait_in_the_open_and_the_successor_finds_them(
    office: City,
) -> None:
    waiting = a_project(to=StepKind.DECISION)
    coming = a_project(post="LEADER-ZEIMU", section="ZEIMU", to=StepKind.APPROVAL)
    end_the_chair("任期満了のため")

    say(coming, Outcome.APPROVED)

    assert unheld() == ["HQ-CHAIR", "HQ-CHAIR"]
    successor = a_user(name="後任 太郎")
    an_appointment(post=office.post("HQ-CHAIR"), person=successor, starts_on=TODAY)
    assert unheld() == []
    for case in (waiting, coming):
        said = say(case, Outcome.ADOPTED, by=successor)
        assert said.basis == Basis.OWN
    assert_sound()


def test_a_draft_that_everybody_above_stepped_aside_from_still_finds_its_way(
    office: City,
) -> None:
    case = submit(a_draft(has_personal_data=True))
    all_recuse(case, "HEAD-SHIMIN")
    walk(case)

    assert the_run(case).kind == "CYCLE"
