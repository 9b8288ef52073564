"""One made-up case from its draft to its end, one act at a time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.timezone import localdate

from bpr_projects import actions as cases
from bpr_projects.access import authors_of
from bpr_projects.enums import ADOPTED, ObservationKind, Stage
from bpr_projects.models import Project, ProjectUserObjectPermission
from roles.enums import Basis, Role
from roles.models import people_who
from workflow import access, engine
from workflow.actions.refusals import AlreadyDone, NotAllowed, Unroutable
from workflow.enums import CYCLE_KINDS, Outcome, RunKind, RunState, SlotState, StepKind
from workflow.management.simulation import probes, sayings
from workflow.management.simulation.agreement import Promise, promise_of
from workflow.management.simulation.tally import Failure
from workflow.models import Reading, Run, Slot, StepRun
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from datetime import datetime

    from roles.models import Capacity, User
    from workflow.actions.refusals import Refusal
    from workflow.management.simulation.world import World

CO_AUTHORS = 0.1
PROBES = 0.1
MOVES = 0.05
"""How often a turn of a case that nobody may answer brings the 事務局 to move it."""
STUCK = timedelta(days=60)
"""No absence lasts so long: a case that is refused for longer stays refused."""
ENDED = frozenset(ADOPTED - {Stage.RUNNING}) | {
    Stage.NOT_ADOPTED,
    Stage.WITHDRAWN,
    Stage.ABANDONED,
}


class Life:
    """A case on its way; ``live`` lets one thing happen and says whether anything could."""

    def __init__(self, number: int, world: World) -> None:
        self.number = number
        self.world = world
        self.random = world.random
        self.tally = world.tally
        self.pk: int | None = None
        self.waited = 0
        self.stuck_since: datetime | None = None
        self.promise: Promise | None = None

    @property
    def project(self) -> Project:
        assert self.pk is not None  # noqa: S101 -- asked for after the draft
        return Project.objects.select_related("proposer", "proposer_post", "section").get(
            pk=self.pk
        )

    @property
    def name(self) -> str:
        return self.project.reference if self.pk else f"life {self.number}"

    def authors(self) -> set[int]:
        """Persons who may not be moved while the case lives."""
        return set(authors_of(self.project)) if self.pk else set()

    def live(self, at: datetime) -> bool:
        """One act. False when everybody who could act is away or the clock stands still."""
        moved = self._move(at)
        if self.promise is not None:
            self.promise.compare(self.project, at)
        return moved

    def _move(self, at: datetime) -> bool:
        if self.pk is None:
            self._draft(at)
            return True
        project = self.project
        if not Run.objects.filter(project=project).exists():
            return self._submit(project, at)
        step = self._open_step(project)
        if self.random.random() < PROBES:
            probes.probe(step, self.world, at)
        if self.random.random() < PROBES:
            self._read(project, at)
        if self.random.random() < PROBES:
            self._nudge(project, step, at)
        if step.paused_since is not None:
            return False
        return self._act(project, step, at)

    def is_over(self) -> bool:
        """Decided against, withdrawn, given up, stopped, completed or rolled out."""
        if self.pk is None:
            return False
        project = self.project
        if project.stage not in ENDED:
            return False
        return not Run.objects.filter(project=project, state=RunState.OPEN).exists()

    def _open_step(self, project: Project) -> StepRun:
        steps = list(
            StepRun.objects.filter(project=project, closed_at=None).select_related(
                "run__revision", "run__cycle__project__bounds", "revision"
            )
        )
        if len(steps) != 1:
            raise Failure(project.reference, f"{len(steps)} open steps in stage {project.stage}")
        return steps[0]

    # --- proposing -------------------------------------------------------------------------

    def _draft(self, at: datetime) -> None:
        capacity, sheet = self.world.proposal(self.number, at)
        project = self.tally.act(
            "draft",
            lambda: cases.start_draft(by=capacity.person, post=capacity.post, at=at, **sheet),
        )
        self.pk = project.pk
        if self.random.random() < CO_AUTHORS:
            partner = self.world.anybody()
            if partner.pk not in self.world.unmovable(at):
                ProjectUserObjectPermission.objects.assign_perm("edit_draft", partner, project)

    def _submit(self, project: Project, at: datetime) -> bool:
        by = self._holder_of_seat(project, at)
        if by is None:
            return False
        probes.stale_draft(project, by, self.world, at)
        self.promise = promise_of(project, by, self.tally, at)
        self.tally.act(
            "submit",
            lambda: engine.submit(
                project=project, draft_version=project.draft_version, by=by, at=at
            ),
        )
        probes.submit_again(project, by, self.world, at)
        return True

    def _holder_of_seat(self, project: Project, at: datetime) -> User | None:
        """Who may submit for the proposer's seat today."""
        held = self.world.holders(project.proposer_post_id, at)
        return self.random.choice(held).person if held else None

    # --- one act on an open step -----------------------------------------------------------

    def _act(self, project: Project, step: StepRun, at: datetime) -> bool:
        if self._turn(project, step, at):
            return True
        slots = list(step.slots.filter(state=SlotState.OPEN).select_related("post"))
        self.random.shuffle(slots)
        for slot in slots:
            slot.step_run = step
            step.project = project
            capacity = self._able(slot, at)
            if capacity is not None:
                self.waited = 0
                self._answer(project, slot, capacity, at)
                return True
        if self.random.random() < MOVES and self._move_place(project, step, slots, at):
            return True
        self.waited += 1
        return self._close_region(project, step, at)

    def _move_place(self, project: Project, step: StepRun, slots: list[Slot], at: datetime) -> bool:
        """The 事務局 moves a place that nobody may answer for, or gives up a case without a way."""
        stuck = {slot.pk for slot in access.unheld(at)}
        place = next((slot for slot in slots if slot.pk in stuck), None)
        if place is None:
            return False
        permits = [
            permit
            for by in people_who(Role.SECRETARIAT, localdate(at))
            if (permit := access.may_reassign(by, place, at))
        ]
        if not permits or permits[0].capacity is None:
            return False
        capacity = permits[0].capacity
        found = engine.receivers(slot=place, at=at)
        if not found:
            return self._give_up(project, step, capacity.person, at)
        self.tally.act(
            "reassign",
            lambda: engine.reassign(
                project=project,
                slot_id=place.pk,
                post_id=self.random.choice(found).post.pk,
                reason="担当できる方がいないため。",
                by=capacity.person,
                at=at,
            ),
        )
        return True

    def _give_up(self, project: Project, step: StepRun, by: User, at: datetime) -> bool:
        """廃案, or the question taken back: no seat could take the place."""
        if step.run.kind == RunKind.PROJECT:
            return self._end("abandon", project, by, at)
        holder = self._holder_of_seat(project, at)
        return holder is not None and self._end("withdraw", project, holder, at)

    def _able(self, slot: Slot, at: datetime) -> Capacity | None:
        found = access.holders(slot, at)
        self.random.shuffle(found)
        for each in found:
            permit = access.may_answer(each.person, slot, at)
            if permit:
                return permit.capacity
        if not found:
            self.tally.vacant += 1
        return None

    def _answer(self, project: Project, slot: Slot, capacity: Capacity, at: datetime) -> None:
        kind = slot.step_run.kind
        if self.random.random() < 0.5:
            engine.mark_seen(slot=slot, by=capacity.person, at=at)
        if kind == StepKind.REVISION:
            self._resubmit(project, slot, capacity.person, at)
        elif kind in CYCLE_KINDS:
            self._record(project, slot, capacity.person, at)
        else:
            self._decide(project, slot, capacity, at)

    def _decide(self, project: Project, slot: Slot, capacity: Capacity, at: datetime) -> None:
        outcome = sayings.outcome_for(slot, self.random)
        answer = sayings.answer_for(slot, outcome, capacity, localdate(at), self.random)
        refusal = self.tally.attempt(
            outcome,
            lambda: engine.decide(
                project=project,
                slot_id=slot.pk,
                revision_hash=probes.hash_of(slot.step_run),
                outcome=outcome,
                answer=answer,
                by=capacity.person,
                at=at,
            ),
            Unroutable,
        )
        self.watch(refusal, at)

    def watch(self, refusal: Refusal | None, at: datetime) -> None:
        """A step that finds nobody finds somebody again within weeks, or the rules are at fault."""
        if not isinstance(refusal, Unroutable):
            self.stuck_since = None
            return
        self.stuck_since = self.stuck_since or at
        if at - self.stuck_since > STUCK:
            raise Failure(self.name, refusal.message)

    def _resubmit(self, project: Project, slot: Slot, by: User, at: datetime) -> None:
        changes: dict[str, Any] = {}
        is_late = project.sheet["ends_on"] <= localdate(at).isoformat()
        is_changed = self.random.random() < 0.8 or is_late
        if slot.step_run.run.kind == RunKind.PROJECT and is_changed:
            changes = self.world.correction(project, at)
        project = cases.save_draft(
            project=project, version=project.draft_version, answers=changes, by=by, at=at
        )
        before = self.promise
        if slot.step_run.run.kind == RunKind.PROJECT:
            self.promise = promise_of(project, by, self.tally, at)
        # What was decided before the return is not asked again: it may lead straight to a seat that
        # nobody may answer for now.
        refusal = self.tally.attempt(
            "resubmit",
            lambda: engine.resubmit(
                project=project,
                slot_id=slot.pk,
                draft_version=project.draft_version,
                comment="ご指摘のとおり直しました。",
                by=by,
                at=at,
            ),
            Unroutable,
        )
        if refusal is not None:
            self.promise = before
        self.watch(refusal, at)

    def _record(self, project: Project, slot: Slot, by: User, at: datetime) -> None:
        cycle = slot.step_run.run.cycle
        assert cycle is not None  # noqa: S101 -- steps of these kinds belong to cycles
        if self.random.random() < 0.3:
            self._measure(project, by, at)
        content = sayings.phase_content(cycle, localdate(at), self.random)
        self.tally.act(
            f"record {cycle.phase}",
            lambda: engine.record_phase(
                project=project, slot_id=slot.pk, content=content, by=by, at=at
            ),
        )

    def _measure(self, project: Project, by: User, at: datetime) -> None:
        cases.observe(
            project=project, kind=ObservationKind.NOTICE, text="気づいたこと", by=by, at=at
        )
        cases.measure(
            kpi=project.kpis.get(),
            measured_on=localdate(at),
            value=Decimal(self.random.randint(10, 20)),
            note="",
            by=by,
            at=at,
        )

    # --- turning back, ending, closing -----------------------------------------------------

    def _turn(self, project: Project, step: StepRun, at: datetime) -> bool:
        """Now and then a case is pulled back, withdrawn, given up or its review is closed."""
        dice = self.random.random()
        if dice < 0.05:
            return self._pull_back(project, step, at)
        if dice < 0.06:
            by = self._holder_of_seat(project, at)
            return by is not None and self._end("withdraw", project, by, at)
        if dice < 0.065:
            return self._end("abandon", project, self.world.secretary(at), at)
        if dice < 0.09 and step.kind == StepKind.REVIEW:
            return self._close_region(project, step, at) or self._score_again(project, step, at)
        return False

    def _pull_back(self, project: Project, step: StepRun, at: datetime) -> bool:
        run = step.run
        run.step = step
        last = access.last_act(run)
        if last is None:
            return False
        refusal = self.tally.attempt(
            "pull back",
            lambda: engine.pull_back(project=project, by=last.decided_by, at=at),
            NotAllowed,
        )
        return refusal is None

    def _end(self, verb: str, project: Project, by: User, at: datetime) -> bool:
        answer = Answer(comment="事情が変わったため。", confirmed=True)
        stop = engine.withdraw if verb == "withdraw" else engine.abandon
        refusal = self.tally.attempt(
            verb,
            lambda: stop(project=project, answer=answer, by=by, at=at),
            NotAllowed,
            *probes.NO_LONGER,
        )
        return refusal is None

    def _close_region(self, project: Project, step: StepRun, at: datetime) -> bool:
        if step.kind != StepKind.REVIEW or project.stage != Stage.IN_REVIEW:
            return False
        refusal = self.tally.attempt(
            "close region",
            lambda: engine.close_region(
                project=project, reason="期限が過ぎたため", by=self.world.secretary(at), at=at
            ),
            NotAllowed,
        )
        return refusal is None

    def _score_again(self, project: Project, step: StepRun, at: datetime) -> bool:
        """A reviewer changes the own score while the region is open."""
        done = step.slots.filter(state=SlotState.DONE).select_related("post").first()
        if done is None:
            return False
        done.step_run = step
        step.project = project
        capacity = self._able(done, at)
        if capacity is None:
            return False
        answer = sayings.answer_for(done, Outcome.SCORED, capacity, localdate(at), self.random)
        self.tally.act(
            "score again",
            lambda: engine.decide(
                project=project,
                slot_id=done.pk,
                revision_hash=probes.hash_of(step),
                outcome=Outcome.SCORED,
                answer=answer,
                by=capacity.person,
                at=at,
            ),
        )
        return True

    def _nudge(self, project: Project, step: StepRun, at: datetime) -> None:
        """Who waits asks the holders to hurry: twice, so that the second is always refused."""
        slot = step.slots.filter(state=SlotState.OPEN).select_related("post").first()
        by = self._holder_of_seat(project, at) or self.world.secretary(at)
        if slot is None:
            return
        ask = partial(engine.nudge, slot_id=slot.pk, project=project, by=by, at=at)
        if self.tally.attempt("nudge", ask, NotAllowed, AlreadyDone) is None:
            probes.must_refuse(self.world, project.reference, ask, AlreadyDone)

    def _read(self, project: Project, at: datetime) -> None:
        for reading in Reading.objects.filter(project=project, read_at=None).order_by("pk")[:3]:
            held = self.world.holders(reading.post_id, at)
            if reading.is_after_acting:  # what was decided in one's place one reads oneself
                held = [each for each in held if each.basis == Basis.OWN]
            if held:
                by = self.random.choice(held).person
                self.tally.act(
                    "read", partial(engine.mark_read, reading_id=reading.pk, by=by, at=at)
                )
