"""代決: who decides while nobody of the deciding seat is there, and on every page the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from guardian.shortcuts import assign_perm

from notifications.delivery.expansion import expand
from notifications.enums import Event
from notifications.models import DeliveredFact
from roles.actions import end_absence, end_appointment
from roles.enums import Basis
from roles.models import Absence, Appointment, Post, User, read_all_once
from tests.make import (
    AT,
    JST,
    TODAY,
    a_delegation,
    a_draft,
    a_project,
    a_suspension,
    a_user,
    an_absence,
    an_appointment,
    holder,
    say,
    the_slot,
    the_step,
)
from tests.proof import assert_sound, refused
from tests.workflow.pages import client_of
from workflow import access, engine
from workflow.actions.refusals import NotAllowed, Unanswered
from workflow.charts import ball_lines
from workflow.enums import DeputyPolicy, Outcome, StepKind
from workflow.inbox.desk import Desk, Listing
from workflow.inbox.places import IN_PLACE
from workflow.management import worklist
from workflow.models import Reading, Seen
from workflow.outcomes import Answer
from workflow.views.route_preview import preview_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoAssertNumQueries

    from bpr_projects.models import Project

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

WHY = "室長から事前の指示を受けた。"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


def standing() -> Project:
    """専決 of the 室長 (事前指示又は緊急のみ), who is away today."""
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    head = holder("HEAD-DIGITAL")
    if not head.absences.exists():
        an_absence(person=head)
    return case


def deciding(post: str) -> Project:
    """決裁 of the 本部長, by a rule that lets somebody stand in."""
    case = a_project(to=StepKind.DECISION, post=post)
    step = the_step(case)
    assert step is not None
    step.snapshot |= {"deputy": DeputyPolicy.ALLOWED.value}
    step.save(update_fields=["snapshot"])
    return case


def who(case: Project, at: datetime = AT) -> list[tuple[str, Basis]]:
    """Who may answer, in order."""
    return [(each.person.name, each.basis) for each in access.holders(the_slot(case), at)]


def listed(person: User, at: datetime = AT) -> list[tuple[int, str]]:
    """What waits for a person in others' place."""
    items = Desk(person, at).read(Listing(bases=IN_PLACE)).items
    return [(item.slot_id, item.in_place_of) for item in items]


# --- who, and on what record -------------------------------------------------------------------


def test_the_first_of_the_order_decides_and_the_record_says_in_whose_place() -> None:
    case = standing()
    second, absence = holder("DEPT-SOMUBU"), Absence.objects.get()

    decision = say(case, Outcome.ADOPTED, by=second, urgent_reason=WHY)

    own = Appointment.objects.get(post__code="DEPT-SOMUBU")
    row = Post.objects.get(code="HEAD-DIGITAL").stand_ins.get()
    assert (decision.basis, decision.decided_by, decision.on_behalf_of) == (
        Basis.ACTING,
        second,
        holder("HEAD-DIGITAL"),
    )
    assert decision.authority == {
        "stand_in": row.pk,
        "stand_in_order": 1,
        "stand_in_post": "総務部長",
        "away": "ABSENCE",
        "away_entry": absence.ledger_entry_id,
        "away_from": "2026-05-11",
        "away_until": "2026-05-14",
        "appointment": own.pk,
        "delegation": None,
        "kind": "STAND_IN",
        "post_title": "デジタル戦略・広報室長",
        "section": "デジタル戦略・広報室",
        "person": "児玉 雅彦",
        "on_behalf_of": "安保 智彦",
        "starts_on": "2026-04-01",
        "ends_on": None,
        "ledger_entry": own.ledger_entry_id,
    }
    assert decision.entry.texts.get(name="urgent_reason").text == WHY
    assert_sound()


def test_without_a_reason_nobody_stands_in_where_only_urgency_admits_it() -> None:
    case = standing()

    with refused(case, Unanswered) as refusal:
        say(case, Outcome.ADOPTED, by=holder("DEPT-SOMUBU"))

    assert list(refusal.value.problems) == ["urgent_reason"]


def test_nobody_stands_in_for_who_is_there() -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)

    with refused(case, NotAllowed) as refusal:
        say(case, Outcome.ADOPTED, by=holder("DEPT-SOMUBU"), urgent_reason=WHY)

    assert refusal.value.message == "いまの担当は デジタル戦略・広報室長（安保 智彦）です。"


def test_where_the_rule_admits_nobody_the_case_waits() -> None:
    case = a_project(to=StepKind.DECISION)
    an_absence(person=holder("HQ-CHAIR"))

    with refused(case, NotAllowed):
        say(case, Outcome.ADOPTED, by=holder("DEPT-SOMUBU"))

    assert who(case) == [("成田 健一郎", Basis.OWN)]


def test_who_is_absent_and_back_early_decides() -> None:
    case = standing()

    decision = say(case, Outcome.ADOPTED, by=holder("HEAD-DIGITAL"))

    assert (decision.basis, decision.on_behalf_of) == (Basis.STANDING, None)
    assert not Reading.objects.filter(is_after_acting=True).exists()


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (datetime(2026, 5, 11, 23, 59, 59, tzinfo=JST), False),
        (datetime(2026, 5, 12, 0, 0, 0, tzinfo=JST), True),
        (datetime(2026, 5, 13, 23, 59, 59, tzinfo=JST), True),
        (datetime(2026, 5, 14, 0, 0, 0, tzinfo=JST), False),
    ],
)
def test_open_work_is_there_from_the_first_second_to_the_last(
    moment: datetime, *, allowed: bool
) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    an_absence(person=holder("HEAD-DIGITAL"), starts_on=TODAY + timedelta(days=1), days=2)
    second = holder("DEPT-SOMUBU")
    expected = [(the_slot(case).pk, "デジタル戦略・広報室長の代決（5/13まで）")]

    assert listed(second, moment) == (expected if allowed else [])
    assert bool(access.may_answer(second, the_slot(case), moment)) == allowed
    if not allowed:
        with refused(case, NotAllowed):
            say(case, Outcome.ADOPTED, by=second, at=moment, urgent_reason=WHY)


def test_an_absence_that_was_ended_lets_nobody_act_any_more() -> None:
    case = standing()
    second = holder("DEPT-SOMUBU")
    assert listed(second)

    end_absence(absence=Absence.objects.get(), by=holder("HEAD-DIGITAL"), at=AT)

    assert listed(second) == []
    with refused(case, NotAllowed):
        say(case, Outcome.ADOPTED, by=second, urgent_reason=WHY)


@pytest.mark.parametrize("how", ["absent", "on leave", "gone"])
def test_the_next_in_order_decides_when_the_first_is_not_there(how: str) -> None:
    case = deciding("LEADER-FUKUSHI")
    an_absence(person=holder("HQ-CHAIR"))
    first, second = holder("DEPT-SOMUBU"), holder("DEPT-SHIMINBU")
    assert (len(listed(first)), listed(second)) == (1, [])
    match how:
        case "absent":
            an_absence(person=first)
        case "on leave":
            a_suspension(person=first, starts_on=TODAY)
        case _:
            row = Appointment.objects.get(post__code="DEPT-SOMUBU")
            end_appointment(appointment=row, ends_on=TODAY, by=holder("SECRETARIAT"), at=AT)

    assert (listed(first), len(listed(second))) == ([], 1)
    with refused(case, NotAllowed):
        say(case, Outcome.ADOPTED, by=first)
    assert say(case, Outcome.ADOPTED, by=second).authority["stand_in_post"] == "市民部長"


def test_whoever_approved_below_is_passed_over() -> None:
    case = deciding("LEADER-SOMU")
    an_absence(person=holder("HQ-CHAIR"))
    first, second = holder("DEPT-SOMUBU"), holder("DEPT-SHIMINBU")

    with refused(case, NotAllowed) as refusal:
        say(case, Outcome.ADOPTED, by=first)

    assert refusal.value.message == (
        "いまの担当は 本部長（副市長）（成田 健一郎、阿部 美和子）です。"
    )
    assert (listed(first), len(listed(second))) == ([], 1)
    assert say(case, Outcome.ADOPTED, by=second).authority["stand_in_order"] == 2


def test_an_author_is_passed_over_and_nobody_stands_in_for_an_author() -> None:
    case = deciding("LEADER-FUKUSHI")
    an_absence(person=holder("HQ-CHAIR"))
    assign_perm("bpr_projects.edit_draft", holder("DEPT-SOMUBU"), case)
    assert who(case)[1:] == [("阿部 美和子", Basis.ACTING)]

    assign_perm("bpr_projects.edit_draft", holder("HQ-CHAIR"), case)

    assert who(case) == []
    assert [each.rule for each in worklist.faults(AT)] == ["slot-without-holder"]


def test_a_stand_in_is_not_stood_in_for_and_a_deputy_does_not_decide() -> None:
    """A is away, B stands in and is away, too: neither B's stand-in nor B's deputy acts for A."""
    case = standing()
    second = holder("DEPT-SOMUBU")
    an_absence(person=second)
    deputy = a_delegation(post=Post.objects.get(code="DEPT-SOMUBU"), deputy=a_user()).deputy
    named = a_delegation(post=Post.objects.get(code="HEAD-DIGITAL"), deputy=a_user()).deputy

    for person in (second, holder("HEAD-SOMU"), deputy, named):
        with refused(case, NotAllowed):
            say(case, Outcome.ADOPTED, by=person, urgent_reason=WHY)

    assert who(case) == [("安保 智彦", Basis.OWN)]


def test_two_who_stand_in_for_each_other_are_both_away() -> None:
    case = standing()
    chain = Post.objects.get(code="DEPT-SOMUBU").stand_ins.model
    chain.objects.create(
        post=Post.objects.get(code="DEPT-SOMUBU"),
        stand_in_post=Post.objects.get(code="HEAD-DIGITAL"),
        order=2,
    )
    an_absence(person=holder("DEPT-SOMUBU"))

    assert who(case) == [("安保 智彦", Basis.OWN)]


def test_a_person_who_holds_the_seat_as_well_does_not_stand_in_for_it() -> None:
    """事務取扱: the absentee holds the stand-in's seat, too."""
    case = standing()
    row = Appointment.objects.get(post__code="DEPT-SOMUBU")
    end_appointment(appointment=row, ends_on=TODAY, by=holder("SECRETARIAT"), at=AT)
    an_appointment(post=row.post, person=holder("HEAD-DIGITAL"), starts_on=TODAY)

    assert who(case) == [("安保 智彦", Basis.OWN)]


def test_at_a_vacant_seat_the_order_decides() -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    row = Appointment.objects.get(post__code="HEAD-DIGITAL")
    end_appointment(appointment=row, ends_on=TODAY, by=holder("SECRETARIAT"), at=AT)
    second = holder("DEPT-SOMUBU")

    assert listed(second) == [(the_slot(case).pk, "デジタル戦略・広報室長の代決")]
    assert list(worklist.faults(AT)) == []
    decision = say(case, Outcome.ADOPTED, by=second, urgent_reason=WHY)

    assert (decision.basis, decision.on_behalf_of) == (Basis.ACTING, None)
    assert (decision.authority["away"], decision.authority["away_entry"]) == ("VACANT", None)


def test_a_shared_seat_is_attended_while_one_of_its_holders_is_there() -> None:
    case = standing()
    another = an_appointment(post=Post.objects.get(code="HEAD-DIGITAL"))

    with refused(case, NotAllowed):
        say(case, Outcome.ADOPTED, by=holder("DEPT-SOMUBU"), urgent_reason=WHY)

    an_absence(person=another.person)
    assert who(case)[2:] == [("児玉 雅彦", Basis.ACTING)]


# --- 後閲 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.ADOPTED, Outcome.SENT_BACK, Outcome.ESCALATED])
def test_whatever_was_decided_the_absentee_reads_it_afterwards(outcome: Outcome) -> None:
    case = standing()

    say(case, outcome, by=holder("DEPT-SOMUBU"), urgent_reason=WHY)
    expand(AT)

    owed = Reading.objects.get(is_after_acting=True)
    told = DeliveredFact.objects.filter(message__reading=owed)
    assert (owed.kind, owed.post.code, owed.why) == (
        StepKind.POST_READING,
        "HEAD-DIGITAL",
        "児玉 雅彦さんが代決した件の後閲",
    )
    assert [each.person for each in told] == [holder("HEAD-DIGITAL")]


def test_the_absentee_reads_it_in_person() -> None:
    case = standing()
    deputy = a_delegation(post=Post.objects.get(code="HEAD-DIGITAL"), deputy=a_user()).deputy
    say(case, Outcome.ADOPTED, by=holder("DEPT-SOMUBU"), urgent_reason=WHY)
    owed = Reading.objects.get(is_after_acting=True)

    for person in (deputy, holder("DEPT-SOMUBU")):
        with pytest.raises(NotAllowed):
            engine.mark_read(reading_id=owed.pk, by=person, at=AT)
        owed.refresh_from_db()
        assert owed.read_at is None

    engine.mark_read(reading_id=owed.pk, by=holder("HEAD-DIGITAL"), at=AT)
    owed.refresh_from_db()
    assert owed.read_by == holder("HEAD-DIGITAL")


# --- every page says the same --------------------------------------------------------------------


def test_the_order_is_one_rule_on_every_door() -> None:
    case = deciding("LEADER-SOMU")
    an_absence(person=holder("HQ-CHAIR"))
    first, second, chair = holder("DEPT-SOMUBU"), holder("DEPT-SHIMINBU"), holder("HQ-CHAIR")
    slot = the_slot(case)

    expand(AT)

    told = DeliveredFact.objects.filter(message__event=Event.YOUR_TURN, message__slot=slot)
    for person, offered in ((first, False), (second, True), (chair, True)):
        page = client_of(person).get(f"/p/{case.number}/").context["desk"]
        assert bool(access.may_answer(person, slot, AT)) == offered
        assert any(part.permit for part in page.parts) == offered
        assert told.filter(person=person).exists() == offered
        pane = client_of(person).get(f"{reverse('inbox')}?tab=deputy&item={slot.pk}").context
        assert bool(pane["preview"] and not pane["preview"].why_not) == offered
        counts = Desk(person, AT).load.counts
        assert counts.mine == int(offered)
        assert Seen.objects.filter(person=person).exists() == offered
    assert [seat.text for seat in ball_lines([case], AT)[case.pk].seats] == [
        "本部長（副市長） 成田さん（不在中 5/13まで・代決 阿部さん）"
    ]
    assert list(worklist.faults(AT)) == []


def test_the_pages_name_whose_place_it_is_and_who_decided() -> None:
    case = standing()
    second = holder("DEPT-SOMUBU")
    page = client_of(second).get(f"{reverse('inbox')}?tab=deputy").content.decode()
    assert "デジタル戦略・広報室長の代決（5/13まで）" in page
    assert case.title in client_of(second).get(reverse("home")).content.decode()

    say(case, Outcome.ADOPTED, by=second, urgent_reason=WHY)

    history = client_of(second).get(f"/p/{case.number}/history/").content.decode()
    assert "デジタル戦略・広報室長　児玉 雅彦（安保 智彦さんの代決）" in history
    paper = client_of(second).get(f"/p/{case.number}/kessai/").content.decode()
    assert "児玉 雅彦（安保 智彦さんの代決）" in paper
    column = client_of(second).get(f"/p/{case.number}/").context["columns"][0]
    assert (column.stamp.surname, column.stamp.word, column.stamp.in_place_of) == (
        "児玉",
        "代決",
        "安保さんの代決",
    )


def test_the_work_of_a_deputy_and_of_who_stands_in_is_told_apart() -> None:
    """One person, one seat: the deputy's steps by name, the decisions by the order."""
    case = standing()
    second = holder("DEPT-SOMUBU")
    a_delegation(
        post=Post.objects.get(code="HEAD-DIGITAL"), deputy=second, ends_on=TODAY + timedelta(days=9)
    )
    confirming = a_project(post="LEADER-DIGITAL")

    assert listed(second) == [
        (the_slot(confirming).pk, "デジタル戦略・広報室長の代理（5/19まで）"),
        (the_slot(case).pk, "デジタル戦略・広報室長の代決（5/13まで）"),
    ]
    counts = Desk(second, AT).load.counts
    assert (counts.own, counts.deputised) == (0, 2)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_who_stands_in_costs_as_much_for_three_as_for_one(count: int) -> None:
    for number in range(count):
        a_project(route="RT1", to=StepKind.STANDING_DECISION, title=f"案件{number}")
    an_absence(person=holder("HEAD-DIGITAL"))
    client = client_of(holder("DEPT-SOMUBU"))
    url = f"{reverse('inbox')}?tab=deputy"
    client.get(url)

    with CaptureQueriesContext(connection) as asked:
        page = client.get(url)

    assert len(page.context["rows"]) == count
    assert len(asked) == 6, [each["sql"] for each in asked]


# --- before anything is submitted ----------------------------------------------------------------


def test_the_preview_of_the_route_says_who_would_decide() -> None:
    case = a_draft()
    by = case.proposer
    an_absence(person=holder("HEAD-DIGITAL"))

    shown = preview_of(case, case.sheet, by, AT, frozenset())

    assert shown is not None
    line = next(step for step in shown.steps if step.title == "室長 専決")
    assert line.who == ("デジタル戦略・広報室長　安保 智彦（不在中 5/13まで）（代決 児玉さん）")


def test_the_preview_names_nobody_while_the_head_is_there(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    case = a_draft()
    by = case.proposer

    with django_assert_max_num_queries(12), read_all_once(TODAY):
        shown = preview_of(case, case.sheet, by, AT, frozenset())

    assert shown is not None
    line = next(step for step in shown.steps if step.title == "室長 専決")
    assert line.who == "デジタル戦略・広報室長　安保 智彦"


def test_a_decision_in_another_s_place_costs_a_few_queries_more() -> None:
    """Who is there, in which order, by which rows; one more reading and its mail."""
    counts = []
    for case, code in ((standing(), "HEAD-DIGITAL"), (standing(), "DEPT-SOMUBU")):
        slot, by = the_slot(case), holder(code)
        assert slot.step_run.revision is not None
        with CaptureQueriesContext(connection) as asked:
            engine.decide(
                project=case,
                slot_id=slot.pk,
                revision_hash=slot.step_run.revision.content_hash,
                outcome=Outcome.ESCALATED,
                answer=Answer(comment="異例のため。", urgent_reason=WHY),
                by=by,
                at=AT,
            )
        counts.append(len(asked))

    assert counts[1] - counts[0] == 8, counts
