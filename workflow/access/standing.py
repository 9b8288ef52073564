"""代決 at a step: who decides in place of whom today. The facts that ``standing_in`` judges.

Verbs, pages, mails, the inbox and the check of the work list ask here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import CharField, Exists, F, IntegerField, OuterRef, Value

from roles.enums import Basis
from roles.models import (
    Absence,
    Appointment,
    Capacity,
    Post,
    StandIn,
    Succession,
    Suspension,
    days_include,
    standing_in,
)
from workflow.access.conflicts import APPROVING, YES, conflicts, facts
from workflow.enums import DECIDING_KINDS, DeputyPolicy
from workflow.models import Decision, WorkItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from django.db.models import QuerySet

    from roles.models import User
    from workflow.models import Slot, StepRun

NO_NAME: Final = Value("", CharField())
NO_NUMBER: Final = Value(0, IntegerField())
HEIR: Final = ("post__inherited__post", "person", NO_NAME, NO_NUMBER)
"""Who holds what follows a closed seat, as its holder."""

PREFIX: Final = "stands "
"""Kinds of the rows that this module reads from a union begin so."""

Row = tuple[str, int, int, str, int]
"""Kind, post or run, person, family name, rank: the columns that every part fills."""


@dataclass
class Standing:
    """The order of 代決 at some seats, who is there of each, and who is barred in which run."""

    principals: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    attending: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    ranks: dict[int, dict[int, list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    approved: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    conflicted: dict[int, frozenset[int]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Row], conflicted: dict[int, frozenset[int]]) -> Standing:
        """From the rows of ``parts``; rows of other kinds are left alone."""
        found = cls(conflicted=conflicted)
        for kind, key, person, name, rank in rows:
            match kind.removeprefix(PREFIX) if kind.startswith(PREFIX) else "":
                case "principal":
                    found.principals[key].add(person)
                case "attending":
                    found.attending[key].add(person)
                case "rank":
                    found.ranks[key][rank].append(person)
                    found.names[person] = name
                case "approved":
                    found.approved[key].add(person)
        return found

    def is_unattended(self, post_id: int) -> bool:
        """Whether nobody of the seat is there."""
        return not self.attending[post_id]

    def at(self, slot: Slot) -> frozenset[int]:
        """Persons who may decide at the slot in place of whoever should."""
        step = slot.step_run
        if not step.admits(Basis.ACTING):
            return frozenset()
        return self.persons(slot.post_id, step.run_id)

    def persons(self, post_id: int, run_id: int) -> frozenset[int]:
        """``at``, for a seat in a run whose step lets somebody stand in."""
        return self.who(
            post_id,
            conflicted=self.conflicted.get(run_id, frozenset()),
            approved=self.approved[run_id],
        )

    def who(
        self, post_id: int, *, conflicted: Collection[int], approved: Collection[int]
    ) -> frozenset[int]:
        """``persons``, with what bars somebody given: a route is foreseen before there is a run."""
        return standing_in(
            self.principals[post_id],
            self.attending[post_id],
            [ranked for _order, ranked in sorted(self.ranks[post_id].items())],
            conflicted=conflicted,
            approved=approved,
        )


def parts(
    posts: Collection[int], runs: Collection[int] | QuerySet[Any, Any], on: date
) -> list[QuerySet[Any, tuple[Any, ...]]]:
    """What the rule asks of the database about seats and runs, to be united with ``facts``."""
    appointed = Appointment.objects.in_force(on).filter(post__in=posts)
    attending = Appointment.objects.attending(on)
    closed = Succession.objects.in_force(on).filter(post__in=posts)
    of_heirs = {"post__inherited__in": closed}
    ranks = StandIn.objects.filter(
        days_include(on, "post__"), post__in=posts, stand_in_post__appointments__in=attending
    )
    approved = Decision.objects.effective().filter(
        run__in=runs, round=F("run__round"), outcome__in=YES, step_run__kind__in=APPROVING
    )
    person = "stand_in_post__appointments__person"
    rows: list[tuple[QuerySet[Any], str, tuple[Any, ...]]] = [
        (appointed, "principal", ("post", "person", NO_NAME, NO_NUMBER)),
        (attending.filter(post__in=posts), "attending", ("post", "person", NO_NAME, NO_NUMBER)),
        (Appointment.objects.in_force(on).filter(**of_heirs), "principal", HEIR),
        (attending.filter(**of_heirs), "attending", HEIR),
        (ranks, "rank", ("post", person, f"{person}__family_name", "order")),
        (approved, "approved", ("run", "decided_by", NO_NAME, NO_NUMBER)),
    ]
    return [
        each.order_by().values_list(Value(PREFIX + kind, CharField()), *columns)
        for each, kind, columns in rows
    ]


def standing_at(slots: Collection[Slot], on: date) -> dict[int, frozenset[int]]:
    """Slot -> who stands in there. One query, none where no step lets anybody stand in."""
    asked = [slot for slot in slots if slot.step_run.admits(Basis.ACTING)]
    if not asked:
        return {}
    runs = {slot.step_run.run_id for slot in asked}
    standing = read({slot.post_id for slot in asked}, runs, on)
    return {slot.pk: standing.at(slot) for slot in asked}


def read(posts: Collection[int], runs: Collection[int] | QuerySet[Any, Any], on: date) -> Standing:
    """The facts about these seats and runs, in one query."""
    first, *others = [*parts(posts, runs, on), *facts(runs, on, NO_NAME, NO_NUMBER)]
    rows: list[Row] = list(first.union(*others, all=True))
    return Standing.of(rows, conflicts(row[:3] for row in rows))


def read_waiting(posts: Collection[int], on: date) -> list[tuple[int, int, int, Standing]]:
    """Post, run and slot of every decision that waits at these seats and admits 代決.

    One query, with the facts of the rule; none without seats.
    """
    if not posts:
        return []
    waiting = WorkItem.objects.filter(post__in=posts, kind__in=DECIDING_KINDS).exclude(
        step_run__snapshot__deputy=DeputyPolicy.NEVER
    )
    runs = waiting.values("step_run__run")
    columns = ("post", "slot", NO_NAME, "step_run__run")
    rows = waiting.order_by().values_list(Value("waiting", CharField()), *columns)
    first, *others = [*parts(posts, runs, on), *facts(runs, on, NO_NAME, NO_NUMBER), rows]
    found: list[Row] = list(first.union(*others, all=True))
    standing = Standing.of(found, conflicts(row[:3] for row in found))
    return [
        (post, run, slot, standing)
        for kind, post, slot, _name, run in sorted(found)
        if kind == "waiting"
    ]


def acting(slot: Slot, user: User, on: date) -> Capacity:
    """In which capacity somebody of ``standing_at`` decides: with the rows that say so."""
    mine = Appointment.objects.attending(on).filter(person=user, post=OuterRef("stand_in_post"))
    row = (
        StandIn.objects.filter(Exists(mine), post=slot.post_id)
        .select_related("stand_in_post")
        .order_by("order")[0]
    )
    appointment = (
        Appointment.objects.attending(on)
        .filter(person=user, post=row.stand_in_post_id)
        .select_related("post")
        .order_by("pk")[0]
    )
    return Capacity(
        slot.post,
        user,
        Basis.ACTING,
        appointment=appointment,
        stand_in=row,
        away=away_from(slot.post, on),
    )


def away_from(post: Post, on: date) -> Absence | Suspension | None:
    """Why the holder of a seat is not there; nothing where nobody holds it."""
    held = Appointment.objects.in_force(on).filter(post=post).values("person")
    absence = Absence.objects.in_force(on).filter(person__in=held).order_by("pk").first()
    if absence is not None:
        return absence
    return Suspension.objects.in_force(on).filter(person__in=held).order_by("pk").first()


def is_decision(step: StepRun) -> bool:
    """Whether the answer ends the matter: 代決, never a named deputy."""
    return step.kind in DECIDING_KINDS
