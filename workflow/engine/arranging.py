"""あとで and 担当: a person's own order of the work list, and who of a shared seat sees to what.

Nothing of a case changes, so none of it is a row of the ledger.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from workflow import access
from workflow.actions import answers
from workflow.actions.refusals import AlreadyDone, NotFound, Unanswered
from workflow.engine.locking import locked, slot_of
from workflow.engine.settling import allowed
from workflow.enums import SlotState
from workflow.models import Claim, Run, Slot, Snooze
from workflow.signals import handed_over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from roles.models import User


def snooze(*, slot_id: int, until: date, by: User, at: datetime) -> Snooze:
    """Leave an open slot out of the person's list before a day; its deadline stays.

    Raises ``NotFound``, ``AlreadyDone``, ``NotAllowed``, or ``Unanswered`` for ``until``.
    """
    with _open(slot_id) as slot:
        allowed(access.may_answer(by, slot, at))
        if problem := access.problem_of_day(until, slot.step_run.due_at, at):
            raise Unanswered({"until": problem})
        put_off, _new = Snooze.objects.update_or_create(
            slot=slot, person=by, defaults={"until": until, "set_at": at}
        )
        return put_off


def unsnooze(*, slot_id: int, by: User) -> None:
    """Put it back; nothing happens when it was there."""
    Snooze.objects.filter(slot=slot_id, person=by).delete()


def claim(*, slot_id: int, person_id: int, shown_id: int | None, by: User, at: datetime) -> Claim:
    """Name who sees to an open slot: oneself, or a colleague of the seat to whom it is handed.

    ``shown_id``: who was named on the page. Raises ``NotFound``, ``AlreadyDone`` (also: somebody
    else was named meanwhile), ``NotAllowed``, or ``Unanswered`` for ``person``.
    """
    with _open(slot_id) as slot:
        allowed(access.may_claim(by, slot, at))
        standing = _standing(slot, at)
        if standing is not None and standing.person_id == person_id:
            return standing
        if standing is not None and standing.person_id != shown_id:
            raise AlreadyDone(None, access.claimed_by(standing))
        named = {each.pk: each for each in access.claimants(slot, at)}.get(person_id)
        if named is None:
            raise Unanswered({"person": _("同じ席で判断できる方から選んでください。")})
        found, _new = Claim.objects.update_or_create(
            slot=slot, defaults={"person": named, "claimed_at": at}
        )
        if named != by:
            handed_over.send(sender=Claim, claim=found, by=by, at=at)
        return found


def release(*, slot_id: int, by: User, at: datetime) -> None:
    """Nobody is named any more. Raises as ``claim`` does, and when a colleague sees to it."""
    with _open(slot_id) as slot:
        allowed(access.may_claim(by, slot, at))
        standing = _standing(slot, at)
        if standing is not None and standing.person_id != by.pk:
            raise AlreadyDone(None, access.claimed_by(standing))
        Claim.objects.filter(slot=slot).delete()


@contextmanager
def _open(slot_id: int) -> Iterator[Slot]:
    run = Run.objects.filter(steps__slots=slot_id).only("kind", "process_id").first()
    if run is None:
        raise NotFound
    with locked(run) as held:
        slot = slot_of(slot_id, held)
        if slot.state != SlotState.OPEN:
            raise AlreadyDone(answers.standing(slot) or answers.last_of(held))
        yield slot


def _standing(slot: Slot, at: datetime) -> Claim | None:
    found = Claim.objects.filter(slot=slot).select_related("person").first()
    return access.standing_claim(found, slot, localdate(at))
