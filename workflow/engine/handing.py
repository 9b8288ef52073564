"""担当の付替え: the 事務局 gives a place of an open step to another post."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localdate

from workflow import access
from workflow.actions import answers, handing, steps
from workflow.actions.refusals import AlreadyDone, NotFound
from workflow.engine.locking import locked, run_of, slot_of
from workflow.engine.settling import act_of, allowed, settle
from workflow.engine.tokens import go_on
from workflow.enums import OWN_WORK, SlotState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bpr_projects.models import Project
    from roles.models import User
    from workflow.access import Barred
    from workflow.models import Decision, Slot
    from workflow.routing import Receiver


def reassign(
    *, project: Project, slot_id: int, post_id: int, reason: str, by: User, at: datetime
) -> Decision:
    """Move an open place to a post of ``receivers``, with a reason.

    Raises ``NotFound`` for a slot of another case or the authors' own work, ``AlreadyDone``,
    ``NotAllowed`` or ``Unanswered``.
    """
    with locked(run_of(slot_id, project)) as run:
        slot = slot_of(slot_id, run)
        if slot.step_run.kind in OWN_WORK:
            raise NotFound
        if slot.state != SlotState.OPEN:
            raise AlreadyDone(answers.standing(slot) or answers.last_of(run))
        act = act_of(by, at, allowed(access.may_reassign(by, slot, at)))
        finished = handing.reassign(
            slot=slot, post_id=post_id, reason=reason, before=answers.standing(slot), act=act
        )
        go_on(slot, act, finished=finished)
        return settle(run, act)[0]


def receivers(
    *,
    slot: Slot,
    at: datetime,
    beside: Collection[Slot] | None = None,
    barred: Barred | None = None,
) -> list[Receiver]:
    """The posts to which an open place may be moved; a read, for the page that asks.

    ``beside``, ``barred``: where the page has read them already.
    """
    run, on = slot.step_run.run, localdate(at)
    case = steps.case_with(run, on, barred or access.barred_in(run, on))
    return handing.receivers(slot, beside or handing.slots_beside(slot.pk), case, on)
