"""Conflict of interest: who may not decide in a run, and who has said yes in it already.

Verbs, pages, mails and the check of the work list ask here. The inbox, which asks for one reader
about many rows, says the same in SQL (``inbox.statement.CONFLICT``); a test holds them together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.db.models import CharField, Q, Value
from django.db.models.functions import Coalesce

from bpr_projects.access import AUTHORING
from bpr_projects.models import ProjectUserObjectPermission
from roles.models import Appointment, Delegation, Prepared, Succession
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, Route, Run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from django.db.models import QuerySet

    from roles.models import Held, User
    from workflow.models.decisions import DecisionQuerySet

YES: Final = (Outcome.APPROVED, Outcome.AGREED, Outcome.AGREED_WITH_OPINION)
APPROVING: Final = (StepKind.CONFIRMATION, StepKind.APPROVAL, StepKind.CONCURRENCE)
"""Steps of the line and of other sections; a body's members act there in another capacity."""

SUBMITTING: Final = (Outcome.SUBMITTED, Outcome.RESUBMITTED)

INTERESTED: Final = (*SUBMITTING, Outcome.RECUSED)
"""What somebody did in a run that keeps the person from deciding in it: submitted, or stepped
aside, which holds until the run ends."""

Fact: TypeAlias = tuple[str, int, int]
"""Kind, run or post, post or person: the columns that every part of the union fills."""


def conflicted(run: Run, on: date) -> frozenset[int]:
    """Persons who may not decide in a run: authors, and whoever stands for one of them."""
    return conflicts(FACTS.rows(on, run.pk)).get(run.pk, frozenset())


@dataclass(frozen=True)
class Barred:
    """Who may not decide in a run, who of them stepped aside (辞退), and who said yes in it."""

    persons: frozenset[int]
    recused: frozenset[int]
    approved: frozenset[int] = frozenset()


def barred_in(run: Run, on: date, leaving: Iterable[int] = ()) -> Barred:
    """``conflicted`` with those who are just stepping aside; their words are not written yet.

    With ``approved_in``, all in one query.
    """
    found = [
        *FACTS_AND_APPROVALS.rows(on, run.pk, run.round),
        *(("recused", run.pk, pk) for pk in leaving),
    ]
    return Barred(
        conflicts(found).get(run.pk, frozenset()),
        recused_by_run(found)[run.pk],
        frozenset(person for kind, _run, person in found if kind == "approved"),
    )


def recused_by_run(found: Iterable[Fact]) -> dict[int, frozenset[int]]:
    """Who stepped aside in which run, of what ``facts`` has read."""
    people: dict[int, frozenset[int]] = defaultdict(frozenset)
    for kind, run, person in found:
        if kind == "recused":
            people[run] |= {person}
    return people


def conflicted_by_run(
    runs: Collection[int] | QuerySet[Any, Any], on: date
) -> dict[int, frozenset[int]]:
    """``conflicted`` for many runs, in one query."""
    return conflicts(_united(on, runs))


def is_conflicted(user: User, held: Held, run: Run, said: frozenset[str], on: date) -> bool:
    """``conflicted`` asked for one person, as verbs do: cheap for whoever is nobody's deputy.

    ``held``: the person's posts that day. ``said``: what the person did in the run before.
    """
    project = run.project
    if held.deputised:
        return user.pk in conflicted(run, on)
    wrote = {
        project.proposer_id if project else None,
        run.revision.created_by_id if run.revision else None,
    }
    if user.pk in wrote or not said.isdisjoint(INTERESTED):
        return True
    if project is None:
        return Route.objects.filter(runs=run, authors=user).exists()
    if project.proposer_post_id in held.own and not project.proposer_post.is_shared:
        return True
    return ProjectUserObjectPermission.objects.filter(
        content_object=project, user=user, permission__codename__in=AUTHORING
    ).exists()


def conflicts(found: Iterable[Fact]) -> dict[int, frozenset[int]]:
    """The rule, on what ``facts`` has read.

    With the authors go the holders and deputies of the proposing seat, and the deputies of an
    author's seat. The 事務局 is a seat of several: another member may receive what one proposed.
    Whoever holds a seat is not its deputy as well. Who stepped aside counts as an author does, the
    heir of a closed seat as that seat.
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
    for run in told["author"].keys() | told["seat"].keys() | told["recused"].keys():
        authors, seats = told["author"][run] | told["recused"][run], told["seat"][run]
        standing = [beside[author] for author in authors if author in beside]
        held = [told["holder"][seat] | deputies.get(seat, set()) for seat in seats]
        result[run] = frozenset(authors.union(*standing, *held))
    return result


def facts(
    runs: Collection[int] | QuerySet[Any, Any], on: date, *more: Value
) -> list[QuerySet[Any, tuple[Any, ...]]]:
    """What the rule asks of the database, to be united: authors and seats of runs, the day's 代理.

    Authors are the proposer, the co-proposers of today and before (``AUTHORING``), who submitted
    and who wrote the revision; of a route version, everybody who wrote its draft; beside them,
    who stepped aside. ``more``: what fills further columns, where the union has some.
    """
    about = Run.objects.filter(pk__in=runs)
    asked = Run.objects.filter(pk__in=runs, project__isnull=False)
    grants = ProjectUserObjectPermission.objects.filter(
        content_object__runs__in=runs, permission__codename__in=AUTHORING
    )
    submitted = Decision.objects.filter(run__in=runs, outcome__in=SUBMITTING)
    recused = Decision.objects.filter(run__in=runs, outcome=Outcome.RECUSED, project__isnull=False)
    standing = Delegation.objects.effective(on)
    deputised = Appointment.objects.in_force(on).filter(post__in=standing.order_by().values("post"))
    seats = asked.filter(project__proposer_post__is_shared=False)
    closed = asked.filter(project__proposer_post__heirs__in=Succession.objects.in_force(on))
    heirs = "project__proposer_post__heirs__heir"
    proposing = Q(post__in=seats.values("project__proposer_post")) | Q(
        post__in=closed.filter(project__proposer_post__is_shared=False).values(heirs)
    )
    holders = Appointment.objects.effective(on).filter(proposing)
    parts: list[tuple[QuerySet[Any], str, str, str]] = [
        (asked, "seat", "pk", "project__proposer_post"),
        (closed, "seat", "pk", heirs),
        (asked, "author", "pk", "project__proposer"),
        (grants, "author", "content_object__runs", "user"),
        (submitted, "author", "run", "decided_by"),
        (about.exclude(revision=None), "author", "pk", "revision__created_by"),
        (about.filter(rule__authors__isnull=False), "author", "pk", "rule__authors"),
        (recused, "recused", "run", "decided_by"),
        (standing, "deputy", "post", "deputy"),
        (deputised, "held", "post", "person"),
        (holders, "holder", "post", "person"),
    ]
    return [
        rows.order_by().values_list(Value(kind, CharField()), key, value, *more)
        for rows, kind, key, value in parts
    ]


def _united(
    on: date, runs: Collection[int] | QuerySet[Any, Any], *others: QuerySet[Any, Any]
) -> QuerySet[Any, Fact]:
    first, *rest = facts(runs, on)
    return first.union(*rest, *others, all=True)


def approved_in(run: Run) -> frozenset[int]:
    """Persons who said yes on the present text, not counting the members of a body.

    A yes on an earlier text that was carried over is one on this text.
    """
    return frozenset(_approvals(run.pk, run.round).values_list(WHOSE_YES, flat=True))


WHOSE_YES: Final = Coalesce("carries__decided_by", "decided_by")


def _approvals(run: int, number: int) -> DecisionQuerySet:
    return Decision.objects.effective().filter(
        run=run,
        round=number,
        outcome__in=(*YES, Outcome.CARRIED_OVER),
        step_run__kind__in=APPROVING,
    )


def approving(said: Iterable[Decision]) -> frozenset[int]:
    """``approved_in`` of decisions that were read before: what counts of the present round."""
    return frozenset(
        each.carries.decided_by_id if each.carries is not None else each.decided_by_id
        for each in said
        if each.outcome in (*YES, Outcome.CARRIED_OVER)
        and each.step_run is not None
        and each.step_run.kind in APPROVING
    )


# --- what is asked at every page and verb --------------------------------------------------------

FACTS: Final = Prepared(lambda on, run: _united(on, [run]))
FACTS_AND_APPROVALS: Final = Prepared(
    lambda on, run, number: _united(
        on,
        [run],
        _approvals(run, number)
        .order_by()
        .values_list(Value("approved", CharField()), "run", WHOSE_YES),
    )
)
