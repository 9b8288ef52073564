"""Conflict of interest: who may not decide in a run, and who has said yes in it already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Q

from bpr_projects.access import authors_of
from roles.enums import Basis
from roles.models import Appointment, Delegation
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from roles.models import Capacity
    from workflow.models import Run

YES: Final = (Outcome.APPROVED, Outcome.AGREED, Outcome.AGREED_WITH_OPINION)
APPROVING: Final = (StepKind.CONFIRMATION, StepKind.APPROVAL, StepKind.CONCURRENCE)
"""Steps of the line and of other sections; a body's members act there in another capacity."""


def conflicted(run: Run, on: date) -> frozenset[int]:
    """Persons who may not decide in a run: authors, and whoever stands for one of them.

    With the authors go the holders and deputies of the proposing seat, and the deputies of an
    author's seat. The 事務局 is a seat of several: another member may receive what one proposed.
    """
    if run.project is None:
        return frozenset()
    authors = authors_in(run)
    seat = run.project.proposer_post
    return authors | beside(authors, [] if seat.is_shared else [seat.pk], on)


def authors_in(run: Run) -> frozenset[int]:
    """The proposer, the co-proposers, who submitted and who wrote the revision."""
    if run.project is None:
        return frozenset()
    submitted = Decision.objects.filter(
        run=run, outcome__in=(Outcome.SUBMITTED, Outcome.RESUBMITTED)
    )
    wrote = {run.revision.created_by_id} if run.revision is not None else set()
    return authors_of(run.project) | wrote | set(submitted.values_list("decided_by", flat=True))


def stands_for(authors: Iterable[int], capacities: Iterable[Capacity], on: date) -> bool:
    """Whether one of these capacities is a deputy's, for a seat that an author holds."""
    seats = [each.post.pk for each in capacities if each.basis == Basis.DEPUTY]
    held = Appointment.objects.in_force(on).filter(person__in=authors)
    return bool(seats) and held.filter(post__in=seats).exists()


def beside(authors: Iterable[int], seats: list[int], on: date) -> frozenset[int]:
    """Who holds one of these seats that day, or stands in for one of them or for an author's."""
    theirs = Appointment.objects.in_force(on).filter(person__in=authors).values("post")
    holders = Appointment.objects.effective(on).filter(post__in=seats).order_by()
    standing = Q(post__in=seats) | Q(post__in=theirs)
    deputies = Delegation.objects.effective(on).filter(standing).order_by()
    found = holders.values_list("person").union(deputies.values_list("deputy"))
    return frozenset(person for (person,) in found)


def approved_in(run: Run) -> frozenset[int]:
    """Persons who said yes on the present text, not counting the members of a body."""
    said = Decision.objects.effective().filter(
        run=run, round=run.round, outcome__in=YES, step_run__kind__in=APPROVING
    )
    return frozenset(said.values_list("decided_by", flat=True))
