"""お願いする: a polite word to the holders of a slot that is over its standard days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow import access
from workflow.actions import answers
from workflow.actions.refusals import AlreadyDone
from workflow.engine.locking import locked, run_of, slot_of
from workflow.engine.settling import allowed
from workflow.enums import SlotState
from workflow.models import Nudge
from workflow.signals import nudged

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from bpr_projects.models import Project
    from roles.models import User


def nudge(
    *,
    slot_id: int,
    project: Project | None,
    by: User,
    at: datetime,
    bundle: UUID | None = None,
) -> Nudge:
    """Ask the holders of an open slot; at most once in two business days, whoever asks.

    ``bundle`` names what is asked together (まとめてお願いする): a person reads of it in one mail.

    Without a case: about a rule. Raises ``NotFound`` for a slot of another case, ``AlreadyDone``
    (also: asked lately) or ``NotAllowed``. Nothing of the case changes, so it is no row of the
    ledger.
    """
    with locked(run_of(slot_id, project)) as run:
        slot = slot_of(slot_id, run)
        if slot.state != SlotState.OPEN:
            raise AlreadyDone(answers.standing(slot))
        allowed(access.may_nudge(by, slot, at))
        if lately := access.nudged_lately(slot, at):
            raise AlreadyDone(None, lately)
        asked = Nudge.objects.create(slot=slot, asked_by=by, asked_at=at)
        nudged.send(sender=Nudge, nudge=asked, at=at, bundle=bundle)
        return asked
