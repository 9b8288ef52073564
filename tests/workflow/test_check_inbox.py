"""check_inbox finds each contradiction by name; rebuild_inbox mends what can be mended."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from guardian.shortcuts import assign_perm
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from tests.make import (
    AT,
    SINCE,
    a_cycle,
    a_project,
    a_suspension,
    holder,
    say,
    the_run,
    the_slot,
    the_step,
)
from workflow.enums import Outcome, RunState, SlotState, StepKind
from workflow.management import worklist
from workflow.models import Run, Slot, StepRun, WorkItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project
    from tests.fixtures_city import City


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def rules() -> list[str]:
    return sorted({each.rule for each in worklist.faults(AT)})


@pytest.fixture
def case(office: City) -> Project:
    return a_project()


def test_a_city_at_work_is_sound(office: City, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in (StepKind.CONFIRMATION, StepKind.REVIEW, StepKind.DECISION, StepKind.OBSERVE):
        a_project(to=kind)
    asked = a_project(to=StepKind.OBSERVE, route="RT1")
    a_cycle(asked, result="STOP", lesson="予約では足りない。")
    say(a_project(), Outcome.SENT_BACK)

    call_command("check_inbox", json=True)

    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report == {
        "ok": True,
        "open": WorkItem.objects.count(),
        "faults": 0,
        "rules": {},
        "first": None,
    }


def test_the_first_bad_row_is_named(case: Project, capsys: pytest.CaptureFixture[str]) -> None:
    WorkItem.objects.all().delete()
    slot = the_slot(case).pk

    with pytest.raises(CommandError, match=f"#{slot} が、一覧にありません"):
        call_command("check_inbox", json=True)

    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["ok"], report["faults"]) == (False, 1)
    assert report["first"]["rule"] == "slot-without-item"
    assert report["first"]["row"] == slot


def test_an_item_of_an_answered_slot(case: Project) -> None:
    Slot.objects.update(state=SlotState.CANCELED, closed_at=AT)

    assert rules() == ["item-without-slot", "step-without-slot", "task-without-slot"]


def test_a_slot_left_open_in_a_closed_step(case: Project) -> None:
    StepRun.objects.update(closed_at=AT)

    assert "slot-in-closed-step" in rules()
    assert "run-without-step" in rules()


@pytest.mark.parametrize(
    "changes",
    [
        {"post": "HEAD-ZEIMU"},
        {"kind": StepKind.DECISION},
        {"due_at": AT},
        {"due_at": None},
        {"due_sort": AT},
        {"is_paused": True},
        {"opened_at": AT + timedelta(days=1)},
        {"project": None},
    ],
)
def test_an_item_that_says_something_else(
    case: Project, office: City, changes: dict[str, Any]
) -> None:
    if "post" in changes:
        changes = {"post": office.post(changes["post"])}
    WorkItem.objects.update(**changes)

    assert rules() == ["item-differs"]


def test_a_deadline_that_moved_without_its_item(case: Project) -> None:
    StepRun.objects.update(due_at=None)
    assert rules() == ["item-differs"]


def test_a_pause_without_its_item(case: Project) -> None:
    StepRun.objects.update(paused_since=AT, paused_until=AT.date())
    assert rules() == ["item-differs"]


def test_a_task_that_is_done_or_gone(case: Project) -> None:
    Task.objects.filter(pk=the_slot(case).task_id).update(status=STATUS.DONE)
    assert rules() == ["slot-without-task"]


def test_a_slot_without_any_task(case: Project) -> None:
    Slot.objects.update(task_id=None)
    assert rules() == ["slot-without-task", "task-without-slot"]


def test_two_slots_that_name_one_task(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    step = the_step(case)
    assert step is not None
    first = step.slots.earliest("pk")
    step.slots.update(task_id=first.task_id)

    assert rules() == ["slots-share-task", "task-without-slot"]


def test_a_run_that_stands_nowhere(case: Project) -> None:
    say(case, Outcome.SENT_BACK)
    run = the_run(case)
    say_run = Run.objects.filter(pk=run.pk)
    StepRun.objects.filter(run=run).update(closed_at=AT)
    Slot.objects.update(state=SlotState.CANCELED, closed_at=AT)
    WorkItem.objects.all().delete()
    Task.objects.filter(flow_task_type="HUMAN").update(status=STATUS.DONE)
    assert rules() == ["run-without-step"]

    say_run.update(state=RunState.WITHDRAWN, ended_at=AT)
    assert rules() == []


def test_a_seat_that_nobody_holds(case: Project) -> None:
    a_suspension(person=holder("HEAD-SHIMIN"), starts_on=SINCE)
    assert rules() == ["slot-without-holder"]


def test_a_seat_that_only_an_author_holds(case: Project) -> None:
    assign_perm("edit_draft", holder("HEAD-SHIMIN"), case)
    assert rules() == ["slot-without-holder"]


def test_an_author_holds_the_own_correction(case: Project) -> None:
    say(case, Outcome.SENT_BACK)
    assert rules() == []


def test_rebuilding_changes_nothing_that_is_right(case: Project) -> None:
    say(a_project(to=StepKind.DECISION), Outcome.HELD, until="2026-06-01")
    before = list(WorkItem.objects.order_by("pk").values())

    assert worklist.rebuild() == (len(before), 0)
    assert list(WorkItem.objects.order_by("pk").values()) == before


def test_rebuilding_writes_what_verbs_write(office: City) -> None:
    for kind in (StepKind.CONFIRMATION, StepKind.REVIEW, StepKind.DECISION, StepKind.OBSERVE):
        a_project(to=kind)
    a_cycle(a_project(to=StepKind.OBSERVE, route="RT1"), result="STOP", lesson="予約では足りない。")
    say(a_project(to=StepKind.DECISION), Outcome.HELD, until="2026-06-01")
    before = list(WorkItem.objects.order_by("pk").values())
    WorkItem.objects.all().delete()

    assert worklist.rebuild() == (len(before), 0)
    assert list(WorkItem.objects.order_by("pk").values()) == before


def test_rebuilding_mends(
    office: City, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worklist, "BATCH", 2)
    monkeypatch.setattr(worklist, "SPAN", 2)
    cases = [a_project(title=f"案件{n}") for n in range(5)]
    before = list(WorkItem.objects.order_by("pk").values())
    WorkItem.objects.filter(project=cases[0]).delete()
    WorkItem.objects.filter(project=cases[1]).update(title="古い名前", is_paused=True)
    gone = the_slot(a_project())
    Slot.objects.filter(pk=gone.pk).update(state=SlotState.CANCELED, closed_at=AT)

    call_command("rebuild_inbox", json=True)

    assert list(WorkItem.objects.order_by("pk").values()) == before
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"written": 5, "removed": 1}
