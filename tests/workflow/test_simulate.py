"""Whole lives through the engine, and that the invariants see what is broken."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.core.management import CommandError, call_command
from guardian.shortcuts import assign_perm
from viewflow.workflow import STATUS, Token
from viewflow.workflow.models import Task

from bpr_projects.enums import Stage
from bpr_projects.models import NumberSeries, Project
from roles.actions import end_appointment
from roles.enums import AppointmentKind
from roles.models import Appointment, Post, StandIn
from tests.make import (
    AT,
    ROUTES,
    a_delegation,
    a_draft,
    a_project,
    a_suspension,
    a_user,
    an_absence,
    an_appointment,
    holder,
    resubmit,
    say,
    submit,
    the_slot,
    walk,
)
from workflow import access, engine
from workflow.actions.refusals import Refusal, Unroutable
from workflow.enums import (
    Outcome,
    RouteState,
    RunState,
    SendBackTarget,
    SlotState,
    StepKind,
)
from workflow.management import worklist
from workflow.management.simulation import Failure, Tally, World, rulebook, violations
from workflow.management.simulation.agreement import Promise, promise_of
from workflow.management.simulation.life import Life
from workflow.management.simulation.probes import must_refuse
from workflow.models import Nudge, Reading, Route, Run, Slot, StepRun, WorkItem

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import Settings

    from tests.fixtures_city import City

FEW: Final = 4
MANY: Final = 12


@pytest.fixture(autouse=True)
def _no_production(settings: Settings) -> None:
    settings.PRODUCTION = False


def lived(cases: int, seed: int) -> tuple[dict[str, Any], str]:
    """Run the command; what it says last, and everything it says."""
    out = io.StringIO()
    sizes = ("--cases", str(cases), "--seed", str(seed))
    call_command("simulate", *sizes, "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1]), out.getvalue()


def test_a_few_lives_are_lived_to_their_ends(office: City) -> None:
    result, said = lived(FEW, seed=5)
    assert result["violations"] == 0
    assert sum(result["endings"].values()) == FEW
    assert result["acts"]["submit"] == FEW
    assert result["expected_refusals"]["AlreadyDone"] >= FEW
    assert f"{FEW}件、" in said
    assert not WorkItem.objects.exists()


@pytest.mark.once
@pytest.mark.slow
def test_many_lives_fill_an_empty_database_and_break_nothing(transactional_db: None) -> None:
    result, _said = lived(MANY, seed=8)
    assert result["violations"] == 0
    assert sum(result["endings"].values()) == MANY
    changes = {"delegate", "revoke", "suspend", "transfer", "go_away", "come_back", "fill"}
    assert set(result["personnel"]) <= changes
    assert len(result["personnel"]) > 2
    assert {"pull back", "withdraw", "resubmit"} <= set(result["acts"])
    assert {"WITHDRAWN"} < set(result["endings"])


def test_the_same_seed_proposes_the_same(office: City) -> None:
    worlds = [World(seed=3, tally=Tally()), World(seed=3, tally=Tally())]
    proposals = [world.proposal(1, world.now) for world in worlds]
    assert proposals[0] == proposals[1]


@pytest.mark.slow
def test_rules_that_change_in_mid_flow_break_nothing(
    office: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulebook, "CHANCE", 0.25)

    result, _said = lived(FEW, seed=11)

    assert result["violations"] == 0
    assert {"propose rule", "rule approved", "rule adopted"} <= set(result["acts"])
    assert Route.objects.filter(state=RouteState.ACTIVE, version__gt=1).exists()
    assert not WorkItem.objects.exists()


# --- what is broken is found ------------------------------------------------------------------


def _lose_an_item() -> None:
    WorkItem.objects.all().delete()


def _pause_an_item() -> None:
    WorkItem.objects.update(is_paused=True)


def _fail_a_task() -> None:
    Task.objects.filter(flow_task_type="HUMAN").update(status=STATUS.ERROR)


def _grow_a_token() -> None:
    Task.objects.filter(flow_task_type="HUMAN").update(token=Token("start" + "/1" * 10))


def _misplace_the_case() -> None:
    Project.objects.update(stage=Stage.REFERRAL)


def _end_the_case() -> None:
    Project.objects.update(stage=Stage.WITHDRAWN)


def _close_the_step() -> None:
    StepRun.objects.filter(closed_at=None).update(closed_at=AT)


def _lose_the_step() -> None:
    Run.objects.update(step=None)


def _end_the_run() -> None:
    Run.objects.update(state=RunState.ADOPTED, ended_at=AT, step=None)


def _skip_a_number() -> None:
    NumberSeries.objects.update(last=7)


def _close_the_slot() -> None:
    Slot.objects.filter(state=SlotState.OPEN).update(state=SlotState.CANCELED, closed_at=AT)


def _ask_early() -> None:
    Nudge.objects.create(slot=Slot.objects.get(), asked_by=holder("SECRETARIAT"), asked_at=AT)


def _end_a_route() -> None:
    Route.objects.filter(code="RT1").update(effective_to=AT.date() + timedelta(days=1))


def _change_the_rules_of_a_case() -> None:
    Route.objects.filter(code="RT2").update(effective_from=AT.date() + timedelta(days=1))


def _ask_twice() -> None:
    for hours in (96, 97):
        Nudge.objects.create(
            slot=Slot.objects.get(),
            asked_by=holder("SECRETARIAT"),
            asked_at=AT + timedelta(hours=hours),
        )


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (_lose_an_item, "slot-without-item"),
        (_pause_an_item, "item-differs"),
        (_fail_a_task, "is in ERROR"),
        (_grow_a_token, "a token of 25 characters"),
        (_misplace_the_case, "stage REFERRAL at step CONFIRMATION"),
        (_end_the_case, "1 open steps in stage WITHDRAWN"),
        (_close_the_step, "is closed"),
        (_lose_the_step, "open without a step"),
        (_end_the_run, "was decided without a decision"),
        (_skip_a_number, "7 numbers were given, 1 are there"),
        (_close_the_slot, "step-without-slot"),
        (_end_a_route, "and nothing follows"),
        (_change_the_rules_of_a_case, "began on 2026-05-11, under RT2"),
        (_ask_early, "was asked on 2026-05-11 without being late"),
        (_ask_twice, "was asked on 2026-05-15 and again on 2026-05-15"),
    ],
)
def test_harm_is_found(office: City, harm: Callable[[], None], sentence: str) -> None:
    a_project()
    assert list(violations(AT)) == []
    harm()
    assert any(sentence in each for each in violations(AT)), list(violations(AT))


def _owe_nothing() -> None:
    Reading.objects.update(is_after_acting=False)


def _change_the_order() -> None:
    StandIn.objects.filter(post__code="HEAD-DIGITAL").update(
        post=Post.objects.get(code="HEAD-ZEIMU")
    )


def _propose_it() -> None:
    Project.objects.update(proposer=holder("DEPT-SOMUBU"))


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (_owe_nothing, "owes a reading to nobody"),
        (_change_the_order, "follows no order"),
        (_propose_it, "was taken by who proposed"),
    ],
)
def test_harm_to_a_decision_in_another_s_place_is_found(
    office: City, harm: Callable[[], None], sentence: str
) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    an_absence(person=holder("HEAD-DIGITAL"))
    second = holder("DEPT-SOMUBU")
    say(case, Outcome.ADOPTED, by=second, urgent_reason="事前の指示による。")
    assert list(violations(AT)) == []
    harm()
    assert any(sentence in each for each in violations(AT)), list(violations(AT))


def test_a_seat_whose_holder_came_into_conflict_waits_in_the_open(office: City) -> None:
    slot = the_slot(a_project())
    assign_perm("edit_draft", holder("HEAD-SHIMIN"), slot.step_run.project)

    assert [fault.rule for fault in worklist.faults(AT)] == ["slot-without-holder"]
    assert [each.pk for each in access.unheld(AT)] == [slot.pk]
    assert list(violations(AT)) == []


def test_a_vacant_seat_waits_also_when_only_a_deputy_is_left_who_may_not_decide(
    office: City,
) -> None:
    a_project(to=StepKind.DECISION)
    a_delegation(post=office.post("HQ-CHAIR"), deputy=a_user())
    a_suspension(person=holder("HQ-CHAIR"))

    assert [fault.rule for fault in worklist.faults(AT)] == ["slot-without-holder"]
    assert list(violations(AT)) == []


def test_a_seat_waits_in_the_open_when_an_author_takes_it_over(office: City) -> None:
    project = a_project()
    tomorrow = AT + timedelta(days=1)
    [before] = Appointment.objects.filter(post=office.post("HEAD-SHIMIN"))
    end_appointment(appointment=before, ends_on=tomorrow.date(), by=holder("SECRETARIAT"), at=AT)
    an_appointment(
        post=before.post,
        person=project.proposer,
        starts_on=tomorrow.date(),
        kind=AppointmentKind.CONCURRENT,
    )

    assert [fault.rule for fault in worklist.faults(tomorrow)] == ["slot-without-holder"]
    assert list(violations(tomorrow)) == []


def test_an_act_that_is_not_refused_is_a_failure(office: City) -> None:
    project = a_project()
    world = World(seed=1, tally=Tally())
    with pytest.raises(Failure, match="not refused"):
        must_refuse(world, project.reference, lambda: None, Refusal)


def test_a_case_that_finds_nobody_for_good_is_a_failure(office: City) -> None:
    project = a_project(to=StepKind.APPROVAL)
    Post.objects.filter(code="HQ-CHAIR").update(ends_on=AT.date())
    with pytest.raises(Unroutable) as stuck:
        say(project, Outcome.APPROVED)
    life = Life(1, World(seed=1, tally=Tally()))
    life.pk = project.pk

    life.watch(stuck.value, AT)
    life.watch(None, AT + timedelta(days=30))
    life.watch(stuck.value, AT + timedelta(days=31))
    life.watch(stuck.value, AT + timedelta(days=91))
    with pytest.raises(Failure, match="「本部長 決裁」を担当する職が登録されていない"):
        life.watch(stuck.value, AT + timedelta(days=92))


def test_a_seat_that_stands_empty_for_good_is_filled_when_work_waits_there(office: City) -> None:
    project = a_project(to=StepKind.APPROVAL)
    leaving = holder("DEPT-SHIMINBU").appointments.get(post__code="DEPT-SHIMINBU")
    end_appointment(
        appointment=leaving,
        ends_on=AT.date() + timedelta(days=1),
        by=holder("SECRETARIAT"),
        at=AT,
        reason="退職",
    )
    world = World(seed=1, tally=Tally())
    world.now = AT + timedelta(days=2)
    assert [slot.post.code for slot in access.unheld(world.now)] == ["DEPT-SHIMINBU"]

    world.office.fill(world.now)

    assert access.unheld(world.now) == []
    assert world.tally.changes == {"fill": 1}
    assert the_slot(project).post.code == "DEPT-SHIMINBU"


def test_the_first_bad_case_is_named(office: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_kwargs: object) -> None:
        raise RuntimeError("the engine broke")

    monkeypatch.setattr(engine, "submit", broken)
    with pytest.raises(CommandError, match=r"異常があります: draft-\d+: [\s\S]*the engine broke"):
        lived(1, seed=1)


def test_a_violation_ends_with_a_failure(office: City) -> None:
    say(a_project(), Outcome.APPROVED)
    _lose_an_item()
    with pytest.raises(CommandError, match="slot-without-item"):
        lived(0, seed=1)


# --- previews ---------------------------------------------------------------------------------


def promised(tally: Tally, route: str = "RT2") -> tuple[Project, Promise]:
    """A draft of that route that was submitted, and what its preview had said."""
    draft = a_draft(**ROUTES[route])
    promise = promise_of(draft, draft.proposer, tally, AT)
    assert promise is not None
    return submit(draft), promise


def test_a_case_that_goes_as_previewed_is_counted(office: City) -> None:
    tally = Tally()
    project, promise = promised(tally)
    for kind in (StepKind.DECISION, StepKind.OBSERVE):
        promise.compare(project, AT)
        walk(project, to=kind)
    promise.compare(project, AT)

    assert tally.previews == {
        "submissions": 1,
        "steps": 6,
        "names": 6,
        "readings": 2,
        "decided as previewed": 1,
        "carried over": 0,
    }


def test_what_is_read_after_somebody_stood_in_was_told_to_nobody(office: City) -> None:
    """The 室長 is away and reads afterwards; the 本部長, who decided, owes no 後閲 any more."""
    an_absence(person=holder("HEAD-DIGITAL"))
    tally = Tally()
    project, promise = promised(tally, "RT1")
    walk(project, to=StepKind.STANDING_DECISION)
    say(project, Outcome.ESCALATED, by=holder("DEPT-SOMUBU"), urgent_reason="急ぐため")
    say(project, Outcome.ADOPTED)

    promise.compare(project, AT)

    owed = Reading.objects.filter(kind=StepKind.POST_READING)
    assert list(owed.values_list("post__code", "is_after_acting")) == [("HEAD-DIGITAL", True)]
    assert (tally.previews["readings"], tally.previews["decided as previewed"]) == (2, 1)


@pytest.mark.parametrize("has_deputy", [False, True])
def test_who_was_told_to_decide_and_did_not_reads_after_all(
    office: City, *, has_deputy: bool
) -> None:
    """The 室長 sits in the PT too, which reads what it does not review."""
    chief, seat = holder("HEAD-DIGITAL"), Post.objects.get(code="PT-FUKUSHI")
    seat.appointments.update(ends_on=AT.date())
    an_appointment(person=chief, post=seat)
    if has_deputy:
        a_delegation(post=Post.objects.get(code="HEAD-DIGITAL"), deputy=a_user())
    tally = Tally()
    project, promise = escalated(tally)
    say(project, Outcome.ADOPTED)

    promise.compare(project, AT)

    assert Reading.objects.filter(project=project, post=seat, kind=StepKind.CIRCULATION).exists()
    assert tally.previews["readings"] == 2


def test_who_stepped_aside_at_the_review_does_not_decide_either(office: City) -> None:
    """The 室長 sits in the PT too, and has no part in the case any more."""
    chief, seat = holder("HEAD-DIGITAL"), Post.objects.get(code="PT-FUKUSHI")
    seat.appointments.update(ends_on=AT.date())
    an_appointment(person=chief, post=seat)
    tally = Tally()
    project, promise = promised(tally, "RT5")
    walk(project, to=StepKind.REVIEW)
    promise.compare(project, AT)
    say(project, Outcome.RECUSED, by=chief, comment="親族が関わるため。")
    walk(project, to=StepKind.DECISION)

    promise.compare(project, AT)

    assert tally.previews["people changed"] == 1


def test_a_successor_decides_where_the_previewed_holder_could_not(office: City) -> None:
    """The 室長 stands in for the proposer: 決裁 was previewed, until the seat changed hands."""
    seat, chief = office.post("HEAD-DIGITAL"), holder("HEAD-DIGITAL")
    a_delegation(post=office.post("LEADER-SHIMIN"), deputy=chief)
    an_appointment(person=chief, post=office.post("STAFF-SHIMIN"))
    tally = Tally()
    project, promise = promised(tally, "RT1")
    assert StepKind.STANDING_DECISION not in {step.kind for step, _found in promise.steps}
    walk(project, to=StepKind.RECEPTION)
    promise.compare(project, AT)
    seat.appointments.update(ends_on=AT.date())
    an_appointment(person=a_user(), post=seat)
    walk(project, to=StepKind.STANDING_DECISION)

    promise.compare(project, AT)

    assert tally.previews["people changed"] == 1


def test_another_reader_than_previewed_is_a_failure(office: City) -> None:
    project, promise = promised(Tally(), "RT1")
    walk(project, to=StepKind.OBSERVE)
    owed = Reading.objects.filter(project=project, post__code="PT-FUKUSHI")
    assert owed.update(post=Post.objects.get(code="HEAD-ZEIMU")) == 1
    with pytest.raises(Failure, match="CIRCULATION is owed by"):
        promise.compare(project, AT)


def test_a_step_that_was_not_previewed_is_a_failure(office: City) -> None:
    project, promise = promised(Tally())
    promise.steps = promise.steps[1:]

    with pytest.raises(Failure, match="所属長 確認 was not previewed"):
        promise.compare(project, AT)


def test_another_seat_than_previewed_is_a_failure(office: City) -> None:
    project, promise = promised(Tally())
    (step, found), *others = promise.steps
    other = office.post("HEAD-ZEIMU")
    promise.steps = ((step, replace(found, posts=(other,))), *others)

    with pytest.raises(Failure, match=r"所属長 確認 differs in \['市民課長', '税務課長'\]"):
        promise.compare(project, AT)


def test_a_previewed_step_that_is_passed_without_a_row_is_a_failure(office: City) -> None:
    project, promise = promised(Tally())
    promise.steps = (promise.steps[1], *promise.steps)

    with pytest.raises(Failure, match="事務局 受付 was previewed, passed"):
        promise.compare(project, AT)


def test_other_people_than_at_the_preview_explain_another_seat(office: City) -> None:
    tally = Tally()
    project, promise = promised(tally)
    (step, found), *others = promise.steps
    promise.steps = ((step, replace(found, posts=(office.post("HEAD-ZEIMU"),))), *others)
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=a_user())

    promise.compare(project, AT)

    assert tally.previews["people changed"] == 1


def test_a_review_that_is_asked_anew_is_explained_by_what_sent_it_back(office: City) -> None:
    """The new text changes nothing, so the review stands; who decides wants it done again."""
    project = a_project(route="RT2", to=StepKind.DECISION)
    say(project, Outcome.SENT_BACK, target=SendBackTarget.PROPOSER)
    tally = Tally()
    promise = promise_of(Project.objects.get(pk=project.pk), project.proposer, tally, AT)
    assert promise is not None
    project = resubmit(project)
    walk(project, to=StepKind.DECISION)
    promise.compare(project, AT)
    say(project, Outcome.SENT_BACK, target=SendBackTarget.PROJECT_TEAM)

    promise.compare(project, AT)

    assert tally.previews["carried over"] > 1
    assert tally.previews[f"explained by {Outcome.SENT_BACK}"] == 1


def escalated(tally: Tally) -> tuple[Project, Promise]:
    """専決 was handed up to the 本部長, whom the preview did not name."""
    project, promise = promised(tally, "RT1")
    walk(project, to=StepKind.STANDING_DECISION)
    promise.compare(project, AT)
    say(project, Outcome.ESCALATED)
    return project, promise


def test_a_step_that_was_put_in_is_explained_by_the_act_that_did_so(office: City) -> None:
    tally = Tally()
    project, promise = escalated(tally)

    promise.compare(project, AT)

    assert tally.previews[f"explained by {Outcome.ESCALATED}"] == 1


@pytest.mark.parametrize(
    "changed", [{"closed_at": AT + timedelta(minutes=1)}, {"kind": StepKind.APPROVAL}]
)
def test_an_act_at_another_step_explains_nothing(office: City, changed: dict[str, Any]) -> None:
    project, promise = escalated(Tally())
    StepRun.objects.filter(kind=StepKind.STANDING_DECISION).update(**changed)

    with pytest.raises(Failure, match="but no ESCALATED or RECUSED or REASSIGNED at the step"):
        promise.compare(project, AT)


def pulled_back(tally: Tally) -> tuple[Project, Promise]:
    project, promise = promised(tally)
    say(project, Outcome.APPROVED)
    promise.compare(project, AT)
    engine.pull_back(project=project, by=holder("HEAD-SHIMIN"), at=AT)
    return project, promise


def test_a_seat_that_is_asked_again_is_explained_by_its_own_act_taken_back(office: City) -> None:
    tally = Tally()
    project, promise = pulled_back(tally)

    promise.compare(project, AT)

    assert tally.previews[f"explained by {Outcome.PULLED_BACK}"] == 1


def test_another_act_taken_back_explains_nothing(office: City) -> None:
    project, promise = pulled_back(Tally())
    first = StepRun.objects.filter(project=project, kind=StepKind.CONFIRMATION).earliest("pk")
    StepRun.objects.filter(pk=first.pk).update(kind=StepKind.APPROVAL)

    with pytest.raises(Failure, match="but no PULLED_BACK of its own act"):
        promise.compare(project, AT)


def test_a_production_with_people_is_left_alone(office: City, settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="本番"):
        call_command("simulate", "--cases", "1")
