"""Conflict of interest: who may not decide in a run, and who has said yes in it already.

Verbs, pages, mails and the check of the work list ask here. The inbox, which asks for one reader
about many rows, says the same in SQL (``inbox.statement.CONFLICT``); a test holds them together.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.db.models import CharField, Value
from django.db.models.functions import Coalesce

from bpr_projects.access import AUTHORING
from bpr_projects.models import ProjectUserObjectPermission
from roles.models import Appointment, Delegation
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, Run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from django.db.models import QuerySet

    from roles.models import Held, User

YES: Final = (Outcome.APPROVED, Outcome.AGREED, Outcome.AGREED_WITH_OPINION)
APPROVING: Final = (StepKind.CONFIRMATION, StepKind.APPROVAL, StepKind.CONCURRENCE)
"""Steps of the line and of other sections; a body's members act there in another capacity."""

SUBMITTING: Final = (Outcome.SUBMITTED, Outcome.RESUBMITTED)

Fact: TypeAlias = tuple[str, int, int]
"""Kind, run or post, post or person: the columns that every part of the union fills."""


def conflicted(run: Run, on: date) -> frozenset[int]:
    """Persons who may not decide in a run: authors, and whoever stands for one of them."""
    return conflicted_by_run([run.pk], on).get(run.pk, frozenset())


def conflicted_by_run(
    runs: Collection[int] | QuerySet[Any, Any], on: date
) -> dict[int, frozenset[int]]:
    """``conflicted`` for many runs, in one query; a run about no case has no entry."""
    first, *others = facts(runs, on)
    return conflicts(first.union(*others, all=True))


def is_conflicted(user: User, held: Held, run: Run, said: frozenset[str], on: date) -> bool:
    """``conflicted`` asked for one person, as verbs do: cheap for whoever is nobody's deputy.

    ``held``: the person's posts that day. ``said``: what the person did in the run before.
    """
    project = run.project
    if project is None:
        return False
    if held.deputised:
        return user.pk in conflicted(run, on)
    wrote = {project.proposer_id, run.revision.created_by_id if run.revision else None}
    if user.pk in wrote or not said.isdisjoint(SUBMITTING):
        return True
    if project.proposer_post_id in held.own and not project.proposer_post.is_shared:
        return True
    return ProjectUserObjectPermission.objects.filter(
        content_object=project, user=user, permission__codename__in=AUTHORING
    ).exists()


def conflicts(found: Iterable[Fact]) -> dict[int, frozenset[int]]:
    """The rule, on what ``facts`` has read.

    With the authors go the holders and deputies of the proposing seat, and the deputies of an
    author's seat. The 事務局 is a seat of several: another member may receive what one proposed.
    Whoever holds a seat is not its deputy as well.
    """
    told: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for kind, key, value in found:
        told[kind][key].add(value)
    deputies = {post: people - told["held"][post] for post, people in told["deputy"].items()}
    beside: dict[int, set[int]] = defaultdict(set)
    for post, people in deputies.items():
        for person in told["held"][post]:
            beside[person] |= people
    result = {}
    for run, seats in told["seat"].items():
        authors = told["author"][run]
        standing = [beside[author] for author in authors if author in beside]
        held = [told["holder"][seat] | deputies.get(seat, set()) for seat in seats]
        result[run] = frozenset(authors.union(*standing, *held))
    return result


def facts(
    runs: Collection[int] | QuerySet[Any, Any], on: date, *more: Value
) -> list[QuerySet[Any, tuple[Any, ...]]]:
    """What the rule asks of the database, to be united: authors and seats of runs, the day's 代理.

    Authors are the proposer, the co-proposers of today and before (``AUTHORING``), who submitted
    and who wrote the revision. ``more``: what fills further columns, where the union has some.
    """
    asked = Run.objects.filter(pk__in=runs, project__isnull=False)
    grants = ProjectUserObjectPermission.objects.filter(
        content_object__runs__in=runs, permission__codename__in=AUTHORING
    )
    submitted = Decision.objects.filter(run__in=runs, outcome__in=SUBMITTING)
    standing = Delegation.objects.effective(on)
    deputised = Appointment.objects.in_force(on).filter(post__in=standing.order_by().values("post"))
    seats = asked.filter(project__proposer_post__is_shared=False)
    holders = Appointment.objects.effective(on).filter(
        post__in=seats.values("project__proposer_post")
    )
    parts: list[tuple[QuerySet[Any], str, str, str]] = [
        (asked, "seat", "pk", "project__proposer_post"),
        (asked, "author", "pk", "project__proposer"),
        (grants, "author", "content_object__runs", "user"),
        (submitted, "author", "run", "decided_by"),
        (asked.exclude(revision=None), "author", "pk", "revision__created_by"),
        (standing, "deputy", "post", "deputy"),
        (deputised, "held", "post", "person"),
        (holders, "holder", "post", "person"),
    ]
    return [
        rows.order_by().values_list(Value(kind, CharField()), key, value, *more)
        for rows, kind, key, value in parts
    ]


def approved_in(run: Run) -> frozenset[int]:
    """Persons who said yes on the present text, not counting the members of a body.

    A yes on an earlier text that was carried over is one on this text.
    """
    said = Decision.objects.effective().filter(
        run=run,
        round=run.round,
        outcome__in=(*YES, Outcome.CARRIED_OVER),
        step_run__kind__in=APPROVING,
    )
    by = Coalesce("carries__decided_by", "decided_by")
    return frozenset(said.values_list(by, flat=True))


def approving(said: Iterable[Decision]) -> frozenset[int]:
    """``approved_in`` of decisions that were read before: what counts of the present round."""
    return frozenset(
        each.carries.decided_by_id if each.carries is not None else each.decided_by_id
        for each in said
        if each.outcome in (*YES, Outcome.CARRIED_OVER)
        and each.step_run is not None
        and each.step_run.kind in APPROVING
    )
