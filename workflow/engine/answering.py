"""Answering a step, recording a phase, closing the region of a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.timezone import localdate

from roles.models import held_by
from workflow import access
from workflow.actions import answers, cycles, handing, undo
from workflow.actions.acts import Act
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound
from workflow.engine.locking import locked, open_run, run_of, slot_of
from workflow.engine.settling import act_of, allowed, begin_cycle, bind, settle
from workflow.engine.tokens import execute, go_on, poke_join
from workflow.enums import CYCLE_KINDS, Outcome, RunState, SlotState, StepKind
from workflow.flows import ApprovalFlow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from bpr_projects.models import Project
    from roles.models import User
    from workflow.models import Decision, Run
    from workflow.outcomes import Answer


def decide(
    *,
    project: Project | None,
    slot_id: int,
    revision_hash: str,
    outcome: Outcome,
    answer: Answer,
    by: User,
    at: datetime,
    bundle: UUID | None = None,
) -> Decision:
    """Answer an open step. Returns the recorded decision; an equal repeat of a score its first.

    ``project`` is the case that the slot has to belong to; a step about a rule has none.
    ``bundle`` names the answers that are given together (まとめて承認): they are asked more
    (``access.may_answer_at_once``), and told in one mail.

    Raises ``NotFound`` for a slot of another case, ``AlreadyDone``, ``NotAllowed``,
    ``StaleText`` or ``Unanswered``.
    """
    answer = answers.needed(answer, outcome)
    held = held_by(by, localdate(at))  # no case's lock covers it: others need not wait for it
    with locked(run_of(slot_id, project)) as run:
        slot = slot_of(slot_id, run)
        if slot.step_run.kind in CYCLE_KINDS or slot.step_run.kind == StepKind.REVISION:
            raise NotFound
        if outcome == Outcome.RECUSED:
            handing.recused_before(slot, by)
        permit = access.may_answer(by, slot, at, held)
        act = Act(by, at, permit.capacity, bundle=bundle) if permit.capacity else None
        before = answers.check(
            slot=slot,
            outcome=outcome,
            answer=answer,
            revision_hash=revision_hash,
            permit=permit,
            at=at,
        )
        if act is None:
            raise NotAllowed(permit.reason)
        if bundle is not None:
            allowed(access.may_answer_at_once(by, slot, outcome, permit))
        if before is not None and answers.is_repeat(before, outcome, answer):
            return before
        if outcome == Outcome.RECUSED:
            finished = handing.recuse(
                slot=slot, answer=answer, before=before, permit=permit, act=act
            )
        else:
            finished = answers.answer(
                slot=slot, outcome=outcome, answer=answer, before=before, permit=permit, act=act
            )
        go_on(slot, act, finished=finished)
        return settle(slot.step_run.run, act)[0]


def record_phase(
    *, project: Project, slot_id: int, content: Mapping[str, Any], by: User, at: datetime
) -> Run:
    """Record a phase of the OODA cycle; goes to headquarters by itself where it has to."""
    with locked(run_of(slot_id, project)) as run:
        slot = slot_of(slot_id, run)
        if slot.step_run.kind not in CYCLE_KINDS:
            raise NotFound
        if slot.state != SlotState.OPEN:
            raise AlreadyDone(answers.standing(slot))
        act = act_of(by, at, allowed(access.may_answer(by, slot, at)))
        asked = cycles.record(slot, content, act)
        execute(slot, by)
        if asked is not None:
            ApprovalFlow.submit.run(run=asked)
            bind(asked, act)
        elif run.state == RunState.FINISHED:
            begin_cycle(run, str(content.get("next_aim") or run.cycle.aim), act)  # type: ignore[union-attr]
        settle(run, act)
        return run


def close_region(*, project: Project, reason: str, by: User, at: datetime) -> Run:
    """締切 of the PT review by the PT長 or the 事務局, with a reason, not below the quorum."""
    with locked(open_run(project)) as run:
        assert run.project is not None  # noqa: S101 -- asked for by project
        act = act_of(by, at, allowed(access.may(by, "close_region", run.project, at)))
        undo.close_region(run, reason, act)
        poke_join(run)
        settle(run, act)
        return run
