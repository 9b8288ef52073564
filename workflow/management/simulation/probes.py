"""Acts that must be refused, and must leave no trace."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from bpr_projects.access import authors_of
from records.models import LedgerEntry
from roles.models import User
from workflow import access, engine
from workflow.actions.refusals import (
    AlreadyDone,
    NotAllowed,
    NotFound,
    Refusal,
    StaleText,
    Unanswered,
)
from workflow.enums import CYCLE_KINDS, SlotState, StepKind
from workflow.management.simulation.tally import Failure
from workflow.models import Slot, StepRun
from workflow.outcomes import RULES, STATIONS, Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bpr_projects.models import Project
    from workflow.management.simulation.world import World

NO_LONGER: Final = (AlreadyDone, NotFound)


def hash_of(step: StepRun) -> str:
    """The text that a form of this step shows."""
    return step.revision.content_hash if step.revision else ""


def must_refuse(
    world: World, case: str, verb: Callable[[], object], *refusals: type[Refusal]
) -> None:
    """The verb raises one of these refusals and the ledger stays as long as it was."""
    before = LedgerEntry.objects.order_by("-seq").values_list("seq", flat=True).first()
    try:
        verb()
    except refusals as refusal:
        world.tally.refusals[type(refusal).__name__] += 1
    else:
        raise Failure(case, f"not refused, {refusals} expected")
    after = LedgerEntry.objects.order_by("-seq").values_list("seq", flat=True).first()
    if before != after:
        raise Failure(case, "a refused act left a row in the ledger")


def stale_draft(project: Project, by: User, world: World, at: datetime) -> None:
    """A form that shows an older draft."""
    version = project.draft_version - 1
    must_refuse(
        world,
        project.reference,
        lambda: engine.submit(project=project, draft_version=version, by=by, at=at),
        Refusal,
    )


def submit_again(project: Project, by: User, world: World, at: datetime) -> None:
    """The second click."""
    version = project.draft_version
    must_refuse(
        world,
        project.reference,
        lambda: engine.submit(project=project, draft_version=version, by=by, at=at),
        AlreadyDone,
    )


def probe(step: StepRun, world: World, at: datetime) -> None:
    """One act at an open step that must be refused."""
    if step.kind in CYCLE_KINDS or step.kind == StepKind.REVISION:
        return
    slot = step.slots.filter(state=SlotState.OPEN).select_related("post").first()
    if slot is None:
        raise Failure(str(step.project_id), f"step {step.pk} is open and asks nobody")
    slot.step_run = step
    world.random.choice((_stranger, _author, _stale_text, _foreign, _empty))(slot, world, at)


def _decide(slot: Slot, by: User, at: datetime, **changes: object) -> None:
    outcome = STATIONS[StepKind(slot.step_run.kind)][0]
    said = {
        "project": slot.step_run.project,
        "slot_id": slot.pk,
        "revision_hash": hash_of(slot.step_run),
        "outcome": outcome,
        "answer": Answer(comment="確認"),
        "by": by,
        "at": at,
    }
    engine.decide(**{**said, **changes})  # type: ignore[arg-type]


def _stranger(slot: Slot, world: World, at: datetime) -> None:
    by = world.anybody()
    if not access.may_answer(by, slot, at):
        must_refuse(world, str(slot), lambda: _decide(slot, by, at), NotAllowed)


def _author(slot: Slot, world: World, at: datetime) -> None:
    assert slot.step_run.project is not None  # noqa: S101 -- lives are cases
    for by in User.objects.filter(pk__in=authors_of(slot.step_run.project)):
        must_refuse(world, str(slot), partial(_decide, slot, by, at), NotAllowed)


def _stale_text(slot: Slot, world: World, at: datetime) -> None:
    by = _somebody_able(slot, at)
    if by is not None:
        changes = {"revision_hash": "0" * 64}
        must_refuse(world, str(slot), lambda: _decide(slot, by, at, **changes), StaleText)


def _foreign(slot: Slot, world: World, at: datetime) -> None:
    by = _somebody_able(slot, at)
    other = Slot.objects.exclude(step_run__project=slot.step_run.project).order_by("-pk").first()
    if by is not None and other is not None:
        changes = {"slot_id": other.pk}
        must_refuse(world, str(slot), lambda: _decide(slot, by, at, **changes), NotFound)


def _empty(slot: Slot, world: World, at: datetime) -> None:
    by = _somebody_able(slot, at)
    asking = [
        outcome
        for outcome in STATIONS[StepKind(slot.step_run.kind)]
        if RULES[outcome].needs_comment or RULES[outcome].needs_conditions
    ]
    if by is not None and asking:
        changes = {"outcome": asking[0], "answer": Answer()}
        must_refuse(world, str(slot), lambda: _decide(slot, by, at, **changes), Unanswered)


def _somebody_able(slot: Slot, at: datetime) -> User | None:
    able = [each.person for each in access.holders(slot, at)]
    return next((each for each in able if access.may_answer(each, slot, at)), None)
