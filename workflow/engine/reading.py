"""Seen, read, and the clock of 保留."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from records import ledger
from roles.enums import Basis
from workflow import access
from workflow.actions import acts, steps
from workflow.actions.refusals import Busy, NotAllowed, NotFound
from workflow.engine.locking import locked, refusing
from workflow.enums import OWN_WORK
from workflow.models import Reading, Seen, Slot, StepRun

if TYPE_CHECKING:
    from datetime import datetime

    from roles.models import User

logger = logging.getLogger(__name__)


def mark_seen(*, slot: Slot, by: User, at: datetime) -> None:
    """A present holder opened the page of a slot: the one write that a GET may cause.

    Anybody else leaves no trace, nor does a holder who may not decide in the case: only the look
    of somebody entitled ends the time for 引戻し.
    """
    step, on = slot.step_run, localdate(at)
    excluded = frozenset() if step.kind in OWN_WORK else access.conflicted(step.run, on)
    capacity = access.holds(by, slot.post_id, at).capacity
    is_asked = capacity is not None and step.admits(capacity.basis) and by.pk not in excluded
    if is_asked or by.pk in access.standing_at([slot], on).get(slot.pk, ()):
        Seen.objects.bulk_create([Seen(slot=slot, person=by, seen_at=at)], ignore_conflicts=True)


def mark_read(*, reading_id: int, by: User, at: datetime) -> Reading:
    """後閲 or 供覧 done, by a holder of the post of the day; on record in the ledger."""
    with refusing(), transaction.atomic():
        reading = (
            Reading.objects.select_for_update(of=("self",))
            .select_related("post", "project")
            .filter(pk=reading_id)
            .first()
        )
        if reading is None:
            raise NotFound
        held = access.holds(by, reading.post_id, at).capacity
        if held is None:
            raise NotAllowed(_("既読にできるのは、%s の職にある方です。") % reading.post.title)
        if reading.is_after_acting and held.basis != Basis.OWN:
            raise NotAllowed(
                _("代決の後閲は、%s の職にあるご本人が行います。") % reading.post.title
            )
        if reading.read_at is None:
            reading.read_at, reading.read_by = at, by
            reading.save(update_fields=["read_at", "read_by"])
            ledger.append(kind="READING", payload=acts.reading_payload(reading), at=at)
        return reading


def resume_due(*, at: datetime) -> int:
    """End every 保留 whose day has come. Safe to run twice or not at all; returns how many.

    A case that is being worked on right now is left for the next time; one that cannot be resumed
    is logged and stops no other (the reminders name it to the 事務局).
    """
    count = 0
    due = StepRun.objects.filter(closed_at=None, paused_until__lte=localdate(at))
    for step in due.select_related("run").order_by("pk"):
        try:
            with locked(step.run):
                count += _resume(step.pk, at)
        except Busy:
            logger.info("step %s is busy, it is resumed by the next sweep", step.pk)
        except Exception:
            logger.exception("step %s cannot be resumed", step.pk)
    return count


def _resume(step_id: int, at: datetime) -> bool:
    step = StepRun.objects.get(pk=step_id)
    if step.closed_at is not None or step.paused_until is None:
        return False
    if step.paused_until > localdate(at):
        return False
    steps.resume(step, at)
    return True
