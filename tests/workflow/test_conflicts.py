"""Conflict of interest is one rule: what a verb refuses no page, list or mail offers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse
from guardian.shortcuts import assign_perm

from bpr_projects import actions as cases
from bpr_projects.access import authors_of, partners_of, proposed_by, visible_to
from bpr_projects.models import Project
from notifications.delivery.expansion import expand
from notifications.enums import Event, MessageState, Reason
from notifications.models import DeliveredFact, OutboxMessage
from roles.enums import Basis
from roles.models import Capacity, Post, User, held_by, holders_of
from tests.make import (
    AT,
    ROUTES,
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
from tests.workflow.pages import client_of, said
from workflow import access, engine
from workflow.actions.refusals import NotAllowed
from workflow.charts import ball_lines
from workflow.enums import Outcome, SlotState, StepKind
from workflow.inbox.desk import Desk, Listing
from workflow.management import worklist
from workflow.models import Decision, Run, Seen, Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django import DjangoAssertNumQueries


pytestmark = pytest.mark.usefixtures("office")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


def post(code: str) -> Post:
    return Post.objects.get(code=code)


def members(code: str) -> list[User]:
    return [each.person for each in holders_of([post(code).pk], TODAY)[post(code).pk]]


# --- the cases: who wrote, who submitted, who stands for whom ----------------------------------


def submitted_by(person: User, *, post: str, **answers: str) -> Project:
    draft = a_draft(post=post, **{**ROUTES["RT2"], **answers})
    engine.submit(project=draft, draft_version=draft.draft_version, by=person, at=AT)
    return Project.objects.get(pk=draft.pk)


def another_of_the_office_submits() -> Project:
    """A of the 事務局 drafts, B submits, C may receive."""
    case = submitted_by(members("SECRETARIAT")[1], post="SECRETARIAT", section="SHIMIN")
    walk(case, to=StepKind.RECEPTION)
    return case


def the_head_proposed_too() -> Project:
    case = a_project()
    assign_perm("edit_draft", holder("HEAD-SHIMIN"), case)
    return case


def the_head_is_deputy_of_the_proposer() -> Project:
    case = a_project()
    a_delegation(post=post("LEADER-SHIMIN"), deputy=holder("HEAD-SHIMIN"))
    return case


def a_deputy_of_the_head_also_stands_for_a_co_proposer() -> Project:
    """The co-proposer holds a seat of another section; her deputy is the head's deputy too."""
    case = a_project()
    assign_perm("edit_draft", holder("LEADER-ZEIMU"), case)
    deputy = a_user(name="代理 次郎")
    a_delegation(post=post("LEADER-ZEIMU"), deputy=deputy)
    a_delegation(post=post("HEAD-SHIMIN"), deputy=deputy)
    a_delegation(post=post("HEAD-SHIMIN"), deputy=a_user(name="別人 三郎"))
    return case


def the_head_took_over_the_proposing_seat() -> Project:
    case = a_project()
    an_appointment(post=post("LEADER-SHIMIN"), person=holder("HEAD-SHIMIN"))
    return case


def a_member_of_the_office_stands_in_for_the_office() -> Project:
    """Whoever holds a seat of several is not its deputy as well."""
    case = a_project(to=StepKind.RECEPTION, post="SECRETARIAT", section="SHIMIN")
    other = next(each for each in members("SECRETARIAT") if each != case.proposer)
    a_delegation(post=post("SECRETARIAT"), deputy=other)
    a_delegation(post=post("SECRETARIAT"), deputy=a_user(name="代理 次郎"))
    return case


def a_scorer_left_the_proposing_seat_with_a_deputy() -> Project:
    """A region of several seats; one member is a co-proposer, one stands for the proposer."""
    case = a_project(to=StepKind.REVIEW)
    assign_perm("edit_draft", holder("PT-SOMU"), case)
    a_delegation(post=post("LEADER-SHIMIN"), deputy=holder("PT-KYOIKU"))
    say(case, Outcome.SCORED, post="PT-FUKUSHI")
    return case


def a_deputy_of_the_head() -> User:
    deputy = a_user(name="代理 次郎")
    a_delegation(post=post("HEAD-SHIMIN"), deputy=deputy)
    return deputy


def a_deputy_of_the_head_took_herself_off_the_draft_that_she_wrote() -> Project:
    deputy = a_deputy_of_the_head()
    draft = a_draft(**ROUTES["RT2"], partners=[deputy.employee_number])
    wrote = {"title": "代理の方が書いた提案", "partners": []}
    draft = cases.save_draft(
        project=draft, version=draft.draft_version, answers=wrote, by=deputy, at=AT
    )
    assert not access.may(deputy, "edit", draft, AT)
    return submit(draft)


def a_deputy_of_the_head_was_a_partner_in_the_first_version() -> Project:
    deputy = a_deputy_of_the_head()
    case = a_project(partners=[deputy.employee_number])
    say(case, Outcome.SENT_BACK)
    case = resubmit(case, partners=[])
    assert not access.may(deputy, "submit", case, AT)
    return case


def a_returned_case() -> Project:
    """A correction is the authors' own work: nobody is excluded."""
    case = a_project()
    say(case, Outcome.SENT_BACK)
    a_delegation(post=post("LEADER-SHIMIN"), deputy=a_user(name="代理 次郎"))
    return case


CASES: list[Callable[[], Project]] = [
    another_of_the_office_submits,
    the_head_proposed_too,
    the_head_is_deputy_of_the_proposer,
    a_deputy_of_the_head_also_stands_for_a_co_proposer,
    the_head_took_over_the_proposing_seat,
    a_member_of_the_office_stands_in_for_the_office,
    a_scorer_left_the_proposing_seat_with_a_deputy,
    a_deputy_of_the_head_took_herself_off_the_draft_that_she_wrote,
    a_deputy_of_the_head_was_a_partner_in_the_first_version,
    a_returned_case,
]


# --- what each door says ----------------------------------------------------------------------


def asked(case: Project) -> list[tuple[Slot, list[Capacity]]]:
    """The open slots of a case with whoever holds or deputises their posts."""
    slots = Slot.objects.filter(step_run__project=case, state=SlotState.OPEN).order_by("pk")
    return [
        (slot, holders_of([slot.post_id], TODAY)[slot.post_id])
        for slot in slots.select_related("post", "step_run__run", "step_run__project")
    ]


def allowed_by_the_verb(case: Project) -> set[tuple[int, int]]:
    """(slot, person) that may answer; every refusal of these cases is one for conflict."""
    found = set()
    for slot, held in asked(case):
        for each in held:
            permit = access.may_answer(each.person, slot, AT)
            assert permit or permit.reason.endswith("判断できません。"), permit.reason
            if permit:
                found.add((slot.pk, each.person.pk))
    return found


def offered_on(case: Project, url: str) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """(slot, person) to whom the page or pane offers an answer, and who left a trace."""
    offered = set()
    for slot, held in asked(case):
        for each in held:
            context = client_of(each.person).get(url.format(slot=slot.pk)).context
            if "preview" in context:
                is_offered = not context["preview"].why_not
            else:
                parts = context["desk"].parts
                is_offered = any(part.slot.pk == slot.pk and part.permit for part in parts)
            if is_offered:
                offered.add((slot.pk, each.person.pk))
    seen = set(Seen.objects.values_list("slot", "person"))
    Seen.objects.all().delete()
    return offered, seen


def listed(case: Project) -> set[tuple[int, int]]:
    """(slot, person) of every inbox."""
    return {
        (item.slot_id, each.person.pk)
        for slot, held in asked(case)
        for each in held
        for item in Desk(each.person, AT).read(Listing(bases=(Basis.OWN, Basis.DEPUTY))).items
        if item.slot_id == slot.pk
    }


@pytest.mark.parametrize("make", CASES)
def test_what_a_verb_refuses_for_conflict_is_offered_nowhere(make: Callable[[], Project]) -> None:
    case = make()

    allowed = allowed_by_the_verb(case)
    everybody = {(slot.pk, each.person.pk) for slot, held in asked(case) for each in held}

    assert (allowed == everybody) == (make is a_returned_case)
    assert listed(case) == allowed
    assert offered_on(case, f"/p/{case.number}/") == (allowed, allowed)
    assert offered_on(case, reverse("inbox") + "?item={slot}") == (allowed, allowed)


@pytest.mark.parametrize("make", CASES)
def test_asked_for_one_person_the_rule_says_the_same(make: Callable[[], Project]) -> None:
    run = the_slot(make()).step_run.run
    excluded = access.conflicted(run, TODAY)

    found = {
        person.pk
        for person in User.objects.all()
        if access.is_conflicted(person, held_by(person, TODAY), run, outcomes(person, run), TODAY)
    }

    assert found == excluded


def outcomes(person: User, run: Run) -> frozenset[str]:
    return frozenset(
        Decision.objects.filter(run=run, decided_by=person).values_list("outcome", flat=True)
    )


@pytest.mark.parametrize("make", CASES)
def test_whom_a_verb_refuses_is_counted_as_hidden(make: Callable[[], Project]) -> None:
    case = make()
    allowed = allowed_by_the_verb(case)

    for slot, held in asked(case):
        for each in held:
            counts = Desk(each.person, AT).load.counts
            own = [
                (slot.pk, each.person.pk) in allowed
                for slot, others in asked(case)
                if each.person.pk in {other.person.pk for other in others}
            ]
            assert (counts.mine, counts.hidden) == (own.count(True), own.count(False)), slot


@pytest.mark.parametrize("make", [each for each in CASES if each is not a_returned_case])
def test_whom_a_verb_refuses_is_named_and_addressed_nowhere(make: Callable[[], Project]) -> None:
    case = make()
    allowed = allowed_by_the_verb(case)

    expand(AT)

    turns = OutboxMessage.objects.filter(
        event=Event.YOUR_TURN, slot__in=[s for s, _h in asked(case)]
    )
    actors = set(turns.values_list("slot", "actor"))
    told = set(
        DeliveredFact.objects.filter(message__in=turns).values_list("message__slot", "person")
    )
    assert told == allowed - actors
    names = dict(User.objects.values_list("pk", "family_name"))
    for (slot, _held), seat in zip(asked(case), ball_lines([case], AT)[case.pk].seats, strict=True):
        able = sorted(names[person] for key, person in allowed if key == slot.pk)
        assert sorted([*seat.names, *seat.deputies]) == able
    vacant = {slot.pk for slot, _held in asked(case)} - {slot for slot, _person in allowed}
    faults = worklist.faults(AT)
    assert {each.row for each in faults if each.rule == "slot-without-holder"} == vacant


def test_who_was_taken_off_reads_and_edits_nothing_but_stays_an_author() -> None:
    """Naming alone, taken back before anything was written or submitted, leaves no trace."""
    named, wrote = a_user(name="名前だけ 一郎"), a_user(name="書いた 次郎")
    both = [named.employee_number, wrote.employee_number]
    draft = a_draft(**ROUTES["RT2"], partners=both)
    for by, answers in (
        (wrote, {"summary": "書き足しました。"}),
        (draft.proposer, {"partners": []}),
    ):
        draft = cases.save_draft(
            project=draft, version=draft.draft_version, answers=answers, by=by, at=AT
        )

    assert authors_of(draft) == {draft.proposer_id, wrote.pk}
    assert partners_of(draft) == {draft.proposer_id}
    for person in (named, wrote):
        assert not access.may(person, "edit", draft, AT)
        assert not visible_to(person, AT).exists()
    assert [each.pk for each in proposed_by(wrote)] == [draft.pk]
    assert not proposed_by(named).exists()


def test_the_look_of_somebody_in_conflict_leaves_the_time_for_pulling_back() -> None:
    """B submitted for A; B opens what waits at the 事務局, and the head may still pull it back."""
    first, second, *_others = members("SECRETARIAT")
    case = submitted_by(second, post="SECRETARIAT", section="SHIMIN")
    assert case.proposer == first
    walk(case, to=StepKind.RECEPTION)
    slot = the_slot(case)

    client_of(second).get(f"/p/{case.number}/decide/")
    client_of(second).get(f"{reverse('inbox')}?item={slot.pk}")
    engine.mark_seen(slot=slot, by=second, at=AT)

    assert not Seen.objects.exists()
    engine.pull_back(project=case, by=holder("HEAD-SHIMIN"), at=AT)
    step = the_step(case)
    assert step is not None
    assert step.kind == StepKind.CONFIRMATION


def test_who_approved_below_is_not_offered_the_step_above_as_a_deputy() -> None:
    case = a_project(to=StepKind.APPROVAL)
    slot, head = the_slot(case), holder("HEAD-SHIMIN")
    a_delegation(post=slot.post, deputy=head)
    before = said(case)

    url = f"{reverse('inbox')}?tab=deputy&item={slot.pk}"
    pane = client_of(head).get(url).context["preview"]
    (part,) = client_of(head).get(f"/p/{case.number}/").context["desk"].parts
    with pytest.raises(NotAllowed):
        say(case, Outcome.APPROVED, by=head)

    reason = "同じ案件を先に承認しているため、上位の職の代理はできません。"
    assert (pane.why_not, part.permit.reason, bool(part.permit)) == (reason, reason, False)
    assert not Seen.objects.exists()
    assert said(case) == before


def a_decision_that_no_deputy_takes() -> tuple[Project, User]:
    case = a_project(to=StepKind.DECISION)
    deputy = a_user(name="代理 次郎")
    a_delegation(post=post("HQ-CHAIR"), deputy=deputy)
    return case, deputy


def test_where_the_rule_lets_nobody_stand_in_a_deputy_is_asked_nowhere() -> None:
    case, deputy = a_decision_that_no_deputy_takes()
    slot, chair = the_slot(case), holder("HQ-CHAIR")

    expand(AT)
    engine.mark_seen(slot=slot, by=deputy, at=AT)

    told = DeliveredFact.objects.filter(message__event=Event.YOUR_TURN, message__slot=slot)
    counts = Desk(deputy, AT).load.counts
    assert [each.person for each in access.holders(slot, AT)] == [chair]
    assert [each.person for each in told] == [chair]
    assert listed(case) == {(slot.pk, chair.pk)}
    assert (counts.mine, counts.hidden, counts.by_post[slot.post_id]) == (0, 0, 0)
    assert [seat.text for seat in ball_lines([case], AT)[case.pk].seats] == [
        f"本部長（副市長） {chair.family_name}さん"
    ]
    assert not Seen.objects.exists()
    assert list(worklist.faults(AT)) == []


def test_a_decision_that_only_a_deputy_is_left_for_waits_visibly() -> None:
    case, _deputy = a_decision_that_no_deputy_takes()
    a_suspension(person=holder("HQ-CHAIR"), starts_on=TODAY)
    slot = the_slot(case)

    expand(AT)

    turn = OutboxMessage.objects.get(event=Event.YOUR_TURN, slot=slot)
    assert access.holders(slot, AT) == []
    assert (turn.state, turn.reason) == (MessageState.PENDING, Reason.VACANT)
    assert [seat.text for seat in ball_lines([case], AT)[case.pk].seats] == [
        "本部長（副市長）（空席）"
    ]
    assert [(each.rule, each.row) for each in worklist.faults(AT)] == [
        ("slot-without-holder", slot.pk)
    ]


@pytest.mark.parametrize("kind", [StepKind.APPROVAL, StepKind.REFERRAL])
def test_where_the_rule_lets_somebody_stand_in_a_deputy_is_asked(kind: StepKind) -> None:
    case = a_project(to=kind)
    slot, deputy = the_slot(case), a_user(name="代理 次郎")
    a_delegation(post=slot.post, deputy=deputy)

    expand(AT)

    told = DeliveredFact.objects.filter(message__event=Event.YOUR_TURN, message__slot=slot)
    assert told.filter(person=deputy).exists()
    assert (slot.pk, deputy.pk) in listed(case)
    assert Desk(deputy, AT).load.counts.deputised == 1


def test_a_region_is_not_closed_by_who_submitted_the_case() -> None:
    """The page does not offer the verb that refuses."""
    first, second, third, *_others = members("SECRETARIAT")
    case = submitted_by(second, post="SECRETARIAT", section="SHIMIN")
    walk(case, to=StepKind.REVIEW)

    offers = {
        person.pk: reverse("close-region", args=[case.number])
        in [verb.url for verb in client_of(person).get(f"/p/{case.number}/").context["desk"].verbs]
        for person in (first, second, third)
    }

    assert offers == {first.pk: False, second.pk: False, third.pk: True}
    assert not access.may(second, "close_region", case, AT)


def test_a_deputy_of_yesterday_is_in_no_conflict() -> None:
    case = a_project()
    head = holder("HEAD-SHIMIN")
    a_delegation(post=post("LEADER-SHIMIN"), deputy=head, ends_on=TODAY)
    run = the_slot(case).step_run.run

    assert head.pk not in access.conflicted(run, TODAY)
    assert head.pk in access.conflicted(run, date(2026, 5, 10))


@pytest.mark.parametrize("count", [1, 3])
def test_the_rule_takes_one_query_for_any_number_of_runs(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cases = [a_project(), the_head_proposed_too(), another_of_the_office_submits()][:count]
    runs = [the_slot(case).step_run.run for case in cases]
    singly = {run.pk: access.conflicted(run, TODAY) for run in runs}

    with django_assert_num_queries(1):
        together = access.conflicted_by_run([run.pk for run in runs], TODAY)

    assert together == singly
    assert all(case.proposer_id in together[run.pk] for case, run in zip(cases, runs, strict=True))
    assert access.conflicted_by_run([], TODAY) == {}
