"""Conflict of interest: who may not decide in a run, and who has said yes in it already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bpr_projects.access import authors_of
from roles.models import Appointment, Delegation, holders_of
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from workflow.models import Run

YES: Final = (Outcome.APPROVED, Outcome.AGREED, Outcome.AGREED_WITH_OPINION)
APPROVING: Final = (StepKind.CONFIRMATION, StepKind.APPROVAL, StepKind.CONCURRENCE)
"""Steps of the line and of other sections; a body's members act there in another capacity."""


def conflicted(run: Run, on: date) -> frozenset[int]:
    """Persons who may not decide in a run: authors, and whoever stands for one of them.

    Authors are the proposer, the co-proposers, who submitted and who wrote the revision. With
    them go the holders and deputies of the proposing seat, and the deputies of an author's seat.
    The 事務局 is a seat of several: another member of it may receive what one member proposed.
    """
    project = run.project
    if project is None:
        return frozenset()
    submitted = Decision.objects.filter(
        run=run, outcome__in=(Outcome.SUBMITTED, Outcome.RESUBMITTED)
    )
    authors = set(authors_of(project)) | set(submitted.values_list("decided_by", flat=True))
    if run.revision is not None:
        authors.add(run.revision.created_by_id)
    seat = project.proposer_post
    beside = [] if seat.is_shared else holders_of([seat.pk], on)[seat.pk]
    return frozenset(authors | {each.person.pk for each in beside} | deputies_of(authors, on))


def deputies_of(persons: Iterable[int], on: date) -> set[int]:
    """Who stands in, that day, for a seat that one of these persons holds."""
    seats = Appointment.objects.in_force(on).filter(person__in=persons).values("post")
    found = Delegation.objects.effective(on).filter(post__in=seats)
    return set(found.values_list("deputy", flat=True))


def approved_in(run: Run) -> frozenset[int]:
    """Persons who said yes on the present text, not counting the members of a body."""
    said = Decision.objects.effective().filter(
        run=run, round=run.round, outcome__in=YES, step_run__kind__in=APPROVING
    )
    return frozenset(said.values_list("decided_by", flat=True))
