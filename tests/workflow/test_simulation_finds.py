"""What the simulation calls broken: each harm is found, and named."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError
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
    a_delegation,
    a_project,
    a_suspension,
    a_user,
    an_absence,
    an_appointment,
    holder,
    say,
    the_slot,
)
from tests.workflow.test_simulate import lived
from workflow import access, engine
from workflow.actions.refusals import Refusal, Unroutable
from workflow.enums import Outcome, RunState, SlotState, StepKind
from workflow.management import worklist
from workflow.management.simulation import Failure, Tally, World, violations
from workflow.management.simulation.life import Life
from workflow.management.simulation.probes import must_refuse
from workflow.models import Nudge, Reading, Route, Run, Slot, StepRun, WorkItem

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures_city import City

pytestmark = pytest.mark.once


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
