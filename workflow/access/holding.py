"""Seats that are asked and that nobody may answer for today: the 事務局 sees to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localdate

from bpr_projects.access import AUTHORING
from bpr_projects.models import ProjectUserObjectPermission
from roles.models import Appointment, Delegation, holders_of
from workflow.access.conflicts import INTERESTED, conflicted_by_run
from workflow.access.standing import standing_at
from workflow.enums import OWN_WORK, SlotState
from workflow.models import Decision, Slot

if TYPE_CHECKING:
    from datetime import date, datetime

    from bpr_projects.models import ProjectQuerySet


def unheld(at: datetime, among: ProjectQuerySet | None = None) -> list[Slot]:
    """Open slots without anybody who may answer, oldest first. What is own work is not meant.

    ``among``: the cases that the reader may see. A fixed number of queries, however much is open:
    one finds the few seats without a holder who is free beyond doubt, others judge them by the
    rule itself.
    """
    on = localdate(at)
    slots = Slot.objects.filter(state=SlotState.OPEN, step_run__closed_at=None)
    if among is not None:
        slots = slots.filter(step_run__project__in=among)
    doubtful = list(
        slots.exclude(step_run__kind__in=OWN_WORK)
        .exclude(Exists(_free_beyond_doubt(on)))
        .select_related("post", "step_run__run", "step_run__project__section")
        .defer("step_run__project__sheet")
        .order_by("opened_at", "pk")
    )
    if not doubtful:
        return []
    held = holders_of({slot.post_id for slot in doubtful}, on)
    conflicts = conflicted_by_run({slot.step_run.run_id for slot in doubtful}, on)
    standing = standing_at(doubtful, on)
    return [
        slot
        for slot in doubtful
        if not standing.get(slot.pk)
        and not any(
            slot.step_run.admits(each.basis)
            and each.person.pk not in conflicts.get(slot.step_run.run_id, frozenset())
            for each in held[slot.post_id]
        )
    ]


def _free_beyond_doubt(on: date) -> QuerySet[Appointment]:
    """A holder of the slot's seat who wrote nothing of the case and stands for nobody."""
    run, project = OuterRef(OuterRef("step_run__run")), OuterRef(OuterRef("step_run__project"))
    said = Decision.objects.filter(run=run, decided_by=OuterRef("person"), outcome__in=INTERESTED)
    wrote = ProjectUserObjectPermission.objects.filter(
        content_object=project, user=OuterRef("person"), permission__codename__in=AUTHORING
    )
    stands_in = Delegation.objects.in_force(on).filter(deputy=OuterRef("person"))
    proposes = Appointment.objects.in_force(on).filter(
        person=OuterRef("person"), post=OuterRef(OuterRef("step_run__project__proposer_post"))
    )
    return (
        Appointment.objects.effective(on)
        .filter(post=OuterRef("post"))
        .exclude(person=OuterRef("step_run__project__proposer"))
        .exclude(person=OuterRef("step_run__revision__created_by"))
        .exclude(Exists(said))
        .exclude(Exists(wrote))
        .exclude(Exists(stands_in))
        .exclude(Exists(proposes))
    )
