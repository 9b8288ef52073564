"""Whatever people do in whatever order: the invariants hold and a refusal changes nothing."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bpr_projects.enums import CycleResult, Stage
from bpr_projects.models import Project
from roles.actions import appoint, end_appointment
from roles.models import Appointment
from tests.make import (
    AT,
    ROUTES,
    SCORES,
    a_draft,
    a_user,
    holder,
    record_phase,
    resubmit,
    say,
    submit,
    the_run,
    withdraw,
)
from tests.proof import assert_sound, state_of
from workflow import engine
from workflow.access import holders, last_act, may_answer, may_reassign, unheld
from workflow.actions.refusals import Refusal
from workflow.enums import CYCLE_KINDS, OWN_WORK, Outcome, RunKind, SlotState, StepKind
from workflow.models import Run, Slot
from workflow.outcomes import STATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures_city import City

LEADERS = ["LEADER-SHIMIN", "LEADER-GIKAI", "LEADER-DIGITAL", "LEADER-KAIKEI", "PT-SHIMIN"]
NUMBERS = st.integers(min_value=0, max_value=1000)


WHILES: Final = int(os.environ.get("WHILES", "60"))
"""Short whiles on PostgreSQL; `make bench` asks for 2,000."""


class CityHall(RuleBasedStateMachine):
    """Cases, the people who hold them, and a clock."""

    checks_after_each_act = True

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.at = AT

    def teardown(self) -> None:
        try:
            self.check()
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    def attempt(self, act: Callable[[], Any]) -> None:
        """An act that may be refused; then nothing has changed."""
        before = state_of()
        try:
            with transaction.atomic():
                act()
        except Refusal:
            assert state_of() == before

    def slots(self) -> list[Slot]:
        return list(
            Slot.objects.filter(state=SlotState.OPEN)
            .select_related("post", "step_run__project", "step_run__revision", "step_run__run")
            .order_by("pk")
        )

    @initialize(route=st.sampled_from(sorted(ROUTES)))
    def the_first_case(self, route: str) -> None:
        self.propose(route, "LEADER-SHIMIN")

    @rule(route=st.sampled_from(sorted(ROUTES)), post=st.sampled_from(LEADERS))
    def another_case(self, route: str, post: str) -> None:
        self.propose(route, post)

    def propose(self, route: str, post: str) -> None:
        extra = {"section": "ZEIMU"} if post.startswith("PT") else {}
        draft = a_draft(post=post, at=self.at, **{**ROUTES[route], **extra})
        self.attempt(lambda: submit(draft, at=self.at))

    @rule(number=NUMBERS, choice=NUMBERS, back=NUMBERS)
    def somebody_answers(self, number: int, choice: int, back: int) -> None:
        slots = [slot for slot in self.slots() if slot.step_run.kind not in CYCLE_KINDS]
        if not slots:
            return
        slot = slots[number % len(slots)]
        project = slot.step_run.project
        assert project is not None
        able = holders(slot, self.at)
        if not able:
            return
        if slot.step_run.kind == StepKind.REVISION:
            # a change or stop that came back has words of its own, not those of the sheet
            text = {"volume": choice} if slot.step_run.run.kind == RunKind.PROJECT else {}
            self.attempt(lambda: resubmit(project, at=self.at, **text))
            return
        outcomes = STATIONS[StepKind(slot.step_run.kind)]
        # two in three say yes, so that cases get on
        outcome = outcomes[0] if choice % 3 else outcomes[choice % len(outcomes)]
        targets = ("PROPOSER", "PROJECT_TEAM", "PT_CHAIR")
        self.attempt(
            lambda: say(
                project,
                outcome,
                slot=slot,
                by=able[number % len(able)].person,
                at=self.at,
                reply="答えます。",
                **self.more(outcome, targets[back % 3], choice),
            )
        )

    @rule(number=NUMBERS)
    def somebody_steps_aside(self, number: int) -> None:
        """Anybody who could answer, at whatever station: never refused, never the end of a case."""
        slots = [slot for slot in self.slots() if slot.step_run.kind not in OWN_WORK]
        if not slots:
            return
        slot = slots[number % len(slots)]
        project, able = slot.step_run.project, holders(slot, self.at)
        if project is None or not able:
            return
        by = able[number % len(able)].person
        if may_answer(by, slot, self.at):
            say(project, Outcome.RECUSED, slot=slot, by=by, at=self.at, comment="利害関係がある。")

    @rule(number=NUMBERS, choice=NUMBERS)
    def the_secretariat_moves_a_place(self, number: int, choice: int) -> None:
        """To any seat that is offered; to one that is not, it is refused."""
        slots = [slot for slot in self.slots() if slot.step_run.kind not in OWN_WORK]
        if not slots:
            return
        slot = slots[number % len(slots)]
        clerk, project = holder("SECRETARIAT", self.at), slot.step_run.project
        permit = may_reassign(clerk, slot, self.at)
        if project is None or permit.capacity is None:
            return
        offered = engine.receivers(slot=slot, at=self.at)
        posts = [each.post.pk for each in offered] or [slot.post_id]
        self.attempt(
            lambda: engine.reassign(
                project=project,
                slot_id=slot.pk,
                post_id=posts[choice % len(posts)],
                reason="長期の出張のため。",
                by=clerk,
                at=self.at,
            )
        )

    def more(self, outcome: Outcome, target: str, choice: int) -> dict[str, Any]:
        if outcome == Outcome.HELD:
            return {"until": (self.at + timedelta(days=3)).date().isoformat()}
        if outcome == Outcome.SCORED:
            return {"scores": SCORES | {"N1": 1 + choice % 5}}
        return {"target": target} if outcome == Outcome.SENT_BACK else {}

    @rule(number=NUMBERS, result=st.sampled_from(CycleResult), cost=st.sampled_from([0, 10**9]))
    def the_leader_records(self, number: int, result: CycleResult, cost: int) -> None:
        slots = [slot for slot in self.slots() if slot.step_run.kind in CYCLE_KINDS]
        if not slots:
            return
        project = slots[number % len(slots)].step_run.project
        assert project is not None
        self.attempt(
            lambda: record_phase(project, at=self.at, result=result, lesson="学んだ。", cost=cost)
        )

    @rule(number=NUMBERS)
    def the_last_actor_pulls_back(self, number: int) -> None:
        runs = list(Run.objects.filter(ended_at=None).select_related("step", "project"))
        acts = [(run, last) for run in runs if (last := last_act(run)) is not None]
        if not acts:
            return
        run, last = acts[number % len(acts)]
        assert run.project is not None
        project = run.project
        self.attempt(lambda: engine.pull_back(project=project, by=last.decided_by, at=self.at))

    @rule(number=NUMBERS)
    def a_holder_looks(self, number: int) -> None:
        slots = self.slots()
        able = holders(slots[number % len(slots)], self.at) if slots else []
        if able:
            engine.mark_seen(slot=slots[number % len(slots)], by=able[0].person, at=self.at)

    @precondition(lambda self: Project.objects.exclude(stage=Stage.DRAFT).count() > 1)
    @rule(number=NUMBERS)
    def the_proposer_withdraws(self, number: int) -> None:
        cases = list(Project.objects.exclude(stage=Stage.DRAFT).order_by("pk"))
        case = cases[number % len(cases)]
        self.attempt(lambda: withdraw(case, at=self.at))

    @rule(number=NUMBERS)
    def the_region_is_closed(self, number: int) -> None:
        cases = list(Project.objects.filter(steps__kind="REVIEW", steps__closed_at=None))
        if cases:
            case = cases[number % len(cases)]
            chair = holder("PT-CHAIR")
            self.attempt(
                lambda: engine.close_region(project=case, reason="急ぐ", by=chair, at=self.at)
            )

    @rule(number=NUMBERS)
    def a_holder_moves(self, number: int) -> None:
        """異動: somebody new takes over a post that holds open work."""
        slots = self.slots()
        if not slots:
            return
        post = slots[number % len(slots)].post
        day, clerk = self.at.date(), holder("SECRETARIAT", self.at)
        if post.code == "SECRETARIAT" or post.code in LEADERS:
            return
        for row in Appointment.objects.effective(day).filter(post=post, starts_on__lt=day):
            end_appointment(
                appointment=row, ends_on=day, by=clerk, at=self.at, reason="任期満了のため"
            )
            appoint(post=post, person=a_user(), starts_on=day, by=clerk, at=self.at)

    @rule(hours=st.integers(min_value=1, max_value=100))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)
        engine.resume_due(at=self.at)

    @invariant()
    def everything_is_sound(self) -> None:
        if self.checks_after_each_act:
            self.check()

    def check(self) -> None:
        """What holds whatever was done."""
        assert_sound()
        for case in Project.objects.filter(runs__state="OPEN").distinct():
            assert the_run(case).step is not None
        # What nobody may answer is on the list of the 事務局, and nothing else is.
        asked = [slot for slot in self.slots() if slot.step_run.kind not in OWN_WORK]
        stuck = {slot.pk for slot in asked if not holders(slot, self.at)}
        assert {slot.pk for slot in unheld(self.at)} == stuck


class Glimpses(CityHall):
    """Many short whiles: what holds is checked at the end of each."""

    checks_after_each_act = False


def play(hall: type[CityHall], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        hall,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.once
@pytest.mark.slow
def test_a_long_while_in_the_city_hall(office: City) -> None:
    play(CityHall, examples=4, steps=50)


@pytest.mark.slow
@pytest.mark.postgres_only
def test_short_whiles_in_the_city_hall(office: City) -> None:
    play(Glimpses, examples=WHILES, steps=8)
