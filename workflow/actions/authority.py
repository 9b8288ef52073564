"""Authority anew: does each decision follow from what the ledger said before it?

``GROUNDS`` says for every outcome which checks it has to pass, ``BASES`` for every basis what may
carry it, ``SOURCES`` for everything a ``Capacity`` may rest on how it is looked up in the ledger.
A new outcome, basis or source without its line fails the build.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from records.enums import Flaw
from roles.actions import APPOINTMENT, DELEGATION
from roles.enums import Basis
from workflow import routing
from workflow.actions.paper_trail import on_paper
from workflow.enums import ASIDE, DECIDING_KINDS, OWN_WORK, DeputyPolicy, Outcome, Station, StepKind
from workflow.routing import PlanStep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from roles.actions import Chronicle, Told
    from workflow.actions.paper_trail import Trail
    from workflow.models import RouteStep


logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Said:
    """What one decision row says. Its agreement with its entry was checked before.

    ``on``: the local day of the decision, of one on paper that of the paper. ``payload``: of one on
    paper what its entry says.

    Nobody changes one; freezing a million of them takes time.
    """

    seq: int
    outcome: Outcome
    basis: Basis
    person: int
    post: int
    on_behalf_of: int | None
    clause: str
    authority: Mapping[str, Any]
    at: datetime
    on: str
    slot: int | None
    slot_step: int | None
    slot_post: int | None
    step: int | None
    kind: StepKind | None
    snapshot: Mapping[str, Any]
    opened_at: datetime | None
    route: int | None
    run: int
    project: int | None
    proposer: int | None
    proposing_post: int | None
    is_shared: bool
    writer: int | None
    undone_person: int | None
    undone_post: int | None
    carried_seq: int | None
    carried_run: int | None
    carried_post: int | None
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answers(self) -> bool:
        """Whether it answers a place; the rules' own doing does not."""
        return self.slot is not None and self.outcome not in ASIDE


@dataclass(frozen=True)
class Situation:
    """What a decision is judged by: who held what, who submitted, who answered, which rules.

    ``order``: of each row of the order of 代決, the seat and the seat that stands in for it.
    ``astray``: steps of rounds in which not all were asked by one route.
    ``ruled``: steps that were compared with their route before; a body answers one many times.
    """

    chronicle: Chronicle
    interested: Mapping[int, Sequence[tuple[int, int]]]
    answered: Mapping[tuple[int, int], Sequence[tuple[int, int]]]
    rules: Mapping[int, Sequence[RouteStep]]
    order: Mapping[int, tuple[int, int]]
    rules_since: datetime | None
    trail: Trail
    astray: frozenset[int] = frozenset()
    ruled: dict[tuple[int | None, int | None], bool] = field(default_factory=dict)

    def authors(self, said: Said) -> set[int]:
        """Who proposed, wrote the text, or had submitted it or stepped aside before."""
        before = {person for seq, person in self.interested.get(said.run, ()) if seq < said.seq}
        return before | {each for each in (said.proposer, said.writer) if each is not None}


Check: TypeAlias = "Callable[[Said, Situation], Flaw | None]"


UNREADABLE: Final = (AttributeError, KeyError, TypeError, ValueError)
"""What reading an entry or a snapshot raises that no verb wrote: it lacks what its kind says."""


def flaw_of(said: Said, situation: Situation) -> Flaw | None:
    """The first check that the decision does not pass."""
    flaws = (check(said, situation) for check in GROUNDS[said.outcome])
    try:
        return next((flaw for flaw in flaws if flaw is not None), None)
    except UNREADABLE:
        logger.exception("the decision of entry %s cannot be judged", said.seq)
        return Flaw.ALTERED_ROW


# --- what the person acted on ------------------------------------------------------------------


def _is_of_seat(said: Said, told: Told, situation: Situation) -> bool:
    """The seat itself, or the one that has its work since it was closed."""
    return told.post in situation.chronicle.seats(said.post, said.on)


def _by_appointment(said: Said, told: Told, situation: Situation) -> bool:
    return told.kind == APPOINTMENT and _is_of_seat(said, told, situation)


def _by_delegation(said: Said, told: Told, situation: Situation) -> bool:
    """Only somebody of the staff deputises."""
    on_the_staff = situation.chronicle.is_on_the_staff(said.person, said.at, said.on)
    return told.kind == DELEGATION and _is_of_seat(said, told, situation) and on_the_staff


def _by_order(said: Said, told: Told, situation: Situation) -> bool:
    """The seat of the named place in the order stands in while nobody of the other is there."""
    place = situation.order.get(said.authority["stand_in"])
    is_left = situation.chronicle.is_left(said.post, said.at, said.on)
    return told.kind == APPOINTMENT and place == (said.post, told.post) and is_left


@dataclass(frozen=True)
class Source:
    """As what somebody acts on it, and what has to be true of its entry."""

    acts_as: Basis
    is_true: Callable[[Said, Told, Situation], bool]


SOURCES: Final[dict[str, Source]] = {
    "stand_in": Source(Basis.ACTING, _by_order),
    "appointment": Source(Basis.OWN, _by_appointment),
    "delegation": Source(Basis.DEPUTY, _by_delegation),
}
"""Key of the snapshot that names what gave the power. Who stands in by order is appointed too."""


def source_of(authority: Mapping[str, Any]) -> str | None:
    """What the snapshot rests on: exactly one thing."""
    named = [source for source in SOURCES if authority.get(source) is not None]
    if named == ["stand_in", "appointment"]:
        return "stand_in"
    return named[0] if len(named) == 1 and named != ["stand_in"] else None


def _power(said: Said, situation: Situation) -> Flaw | None:
    """The named entry stood in the ledger, for this person, on that day, and carries the act."""
    source, chronicle = source_of(said.authority), situation.chronicle
    told = chronicle.named(said.authority.get("ledger_entry") or 0, said.at)
    if source is None or told is None:
        return Flaw.NO_AUTHORITY
    days = (said.authority.get("starts_on"), said.authority.get("ends_on"))
    if told.person != said.person or (told.starts_on, told.ends_on) != days:
        return Flaw.NO_AUTHORITY
    on_leave = chronicle.is_on_leave(said.person, said.at, said.on)
    if on_leave or not told.is_in_force(said.at, said.on):
        return Flaw.NOT_IN_FORCE
    return None if SOURCES[source].is_true(said, told, situation) else Flaw.NO_AUTHORITY


@dataclass(frozen=True)
class Ground:
    """What may carry a basis: the sources, and the steps at which it is called so."""

    sources: frozenset[str]
    at: Callable[[StepKind | None], bool]


BASES: Final[dict[Basis, Ground]] = {
    Basis.OWN: Ground(frozenset({"appointment"}), lambda kind: kind != StepKind.STANDING_DECISION),
    Basis.STANDING: Ground(
        frozenset({"appointment"}), lambda kind: kind == StepKind.STANDING_DECISION
    ),
    Basis.ACTING: Ground(
        frozenset({"stand_in", "appointment"}), lambda kind: kind in DECIDING_KINDS
    ),
    Basis.DEPUTY: Ground(frozenset({"delegation"}), lambda kind: kind not in DECIDING_KINDS),
}
"""Basis -> what may carry it. 専決 is called so by the step; 代決 by the order, or because the
事務局 moved the 本部長's 決裁 to another seat, which its holder answers for."""


def _basis(said: Said, situation: Situation) -> Flaw | None:
    """The label fits what the power rests on; who is stood for holds the post."""
    source, ground = source_of(said.authority), BASES[said.basis]
    answered = None if said.outcome in ASIDE else said.kind
    if source not in ground.sources or not ground.at(answered):
        return Flaw.WRONG_BASIS
    holders = situation.chronicle.holders(said.post, said.at, said.on)
    principals: set[int | None] = {None}
    if source != "appointment" and holders:
        principals = {*holders}
    return None if said.on_behalf_of in principals else Flaw.WRONG_BASIS


# --- where the person was asked ----------------------------------------------------------------


def _seat(said: Said, situation: Situation) -> Flaw | None:
    """The answer fills the slot of its own post in its own step."""
    is_own = said.slot_post == said.post and said.slot_step == said.step
    return None if said.slot is not None and is_own else Flaw.WRONG_SEAT


def _once(said: Said, situation: Situation) -> Flaw | None:
    """One person, one slot a step."""
    others = situation.answered.get((said.step or 0, said.person), ())
    is_second = any(seq < said.seq and slot != said.slot for seq, slot in others)
    return Flaw.SECOND_SLOT if is_second else None


def _deputy(said: Said, situation: Situation) -> Flaw | None:
    """Nobody stands in where the rule of the step says so."""
    policy = DeputyPolicy(said.snapshot.get("deputy", DeputyPolicy.ALLOWED))
    source = source_of(said.authority)
    is_admitted = source is not None and policy.admits(SOURCES[source].acts_as, said.kind or "")
    return None if is_admitted else Flaw.NO_DEPUTY


def _conflict(said: Said, situation: Situation) -> Flaw | None:
    """No author decides, nor who stepped aside, nor the proposing seat, nor their deputies."""
    if said.kind in OWN_WORK:
        return None
    authors, chronicle, day = situation.authors(said), situation.chronicle, (said.at, said.on)
    barred = set(authors)
    if said.proposing_post is not None and not said.is_shared:
        barred |= chronicle.acting(said.proposing_post, *day)
        barred |= chronicle.deputies(said.proposing_post, *day)
    barred = barred.union(*(chronicle.deputies_of(author, *day) for author in authors))
    return Flaw.CONFLICT if said.person in barred else None


def _not_proposer(said: Said, situation: Situation) -> Flaw | None:
    """What the 事務局 does to a case, it does not do to its own."""
    return Flaw.CONFLICT if said.person == said.proposer else None


def _own_act(said: Said, situation: Situation) -> Flaw | None:
    """引戻し is for whoever acted, in the same seat."""
    is_own = (said.undone_person, said.undone_post) == (said.person, said.post)
    return None if is_own else Flaw.NOT_THEIRS


def _carried(said: Said, situation: Situation) -> Flaw | None:
    """引継ぎ names what the same seat had answered before in the same matter."""
    is_before = said.carried_seq is not None and said.carried_seq < said.seq
    is_same = (said.carried_run, said.carried_post) == (said.run, said.slot_post)
    return None if is_before and is_same else Flaw.WRONG_SEAT


# --- by which rule the step asked --------------------------------------------------------------

_AFTER: Final = PlanStep(
    kind=StepKind.CONCURRENCE,
    station=Station.HEADQUARTERS,
    title="",
    asks=(),
    clause="",
    standard_days=0,
)
DERIVED: Final[dict[StepKind, PlanStep]] = {
    StepKind.DECISION: routing.escalation("", _AFTER),
    StepKind.MEDIATION: routing.mediation("", _AFTER),
}
"""Kind of a step that the rules put in on the way -> how it asks; its clause is the route's."""


def _rule(said: Said, situation: Situation) -> Flaw | None:
    """The step asked what a step of the run's route version says, under its clause.

    A version that was changed on record after the step was opened cannot be compared any more.
    """
    if said.kind in OWN_WORK:
        return None
    if said.step in situation.astray or said.clause != said.snapshot.get("clause"):
        return Flaw.WRONG_RULE
    key = (said.step, said.route)
    if key not in situation.ruled:
        rows = situation.rules.get(said.route or 0, ())
        fits = _is_of(said.snapshot, rows) or _is_derived(said.snapshot, rows)
        situation.ruled[key] = fits
    if situation.ruled[key]:
        return None
    since, opened_at = situation.rules_since, said.opened_at
    was_changed = since is not None and opened_at is not None and opened_at < since
    return None if was_changed else Flaw.WRONG_RULE


def _is_of(snapshot: Mapping[str, Any], rows: Sequence[RouteStep]) -> bool:
    """One row is the step; what neighbouring 合議 ask stands in rows of its kind."""
    of_kind = [row for row in rows if row.kind == snapshot["kind"]]
    heads = any(all(getattr(row, name) == snapshot[name] for name in COMPARED) for row in of_kind)
    return heads and all(any(_asks(row, ask) for row in of_kind) for ask in snapshot["asks"])


COMPARED: Final = ("station", "title", "clause", "standard_days", "mode", "quorum", "deputy")
"""Columns of a route step that the snapshot of a step repeats."""


def _asks(row: RouteStep, ask: Mapping[str, Any]) -> bool:
    return (row.who, row.may_skip, list(row.who_argument), list(row.fallback)) == (
        ask["who"],
        ask["may_skip"],
        list(ask["argument"]),
        list(ask["fallback"]),
    )


def _is_derived(snapshot: Mapping[str, Any], rows: Sequence[RouteStep]) -> bool:
    made = DERIVED.get(StepKind(snapshot["kind"]))
    if made is None or snapshot["clause"] not in {row.clause for row in rows}:
        return False
    whom = [ask["who"] for ask in snapshot["asks"]]
    return (whom, snapshot["station"], snapshot["deputy"]) == (
        [ask.who for ask in made.asks],
        made.station,
        made.deputy,
    )


# --- the table ---------------------------------------------------------------------------------

ACT: Final[tuple[Check, ...]] = (_power, _basis, on_paper)
"""Whatever is done is done in a post that one holds or stands in for."""

ANSWER: Final[tuple[Check, ...]] = (*ACT, _seat, _deputy, _conflict, _once, _rule)
"""What answers an open step."""

GROUNDS: Final[dict[Outcome, tuple[Check, ...]]] = {
    Outcome.SUBMITTED: ACT,
    Outcome.RESUBMITTED: ANSWER,
    Outcome.APPROVED: ANSWER,
    Outcome.RECEIVED: ANSWER,
    Outcome.SCORED: ANSWER,
    Outcome.RECUSED: (*ACT, _deputy, _conflict, _rule),
    Outcome.REFERRED: ANSWER,
    Outcome.REFERRED_CONDITIONALLY: ANSWER,
    Outcome.REFERRED_AGAINST: ANSWER,
    Outcome.AGREED: ANSWER,
    Outcome.AGREED_WITH_OPINION: ANSWER,
    Outcome.OBJECTED: ANSWER,
    Outcome.SETTLED: ANSWER,
    Outcome.UNSETTLED: ANSWER,
    Outcome.ADOPTED: ANSWER,
    Outcome.ADOPTED_WITH_CONDITIONS: ANSWER,
    Outcome.NOT_ADOPTED: ANSWER,
    Outcome.ESCALATED: ANSWER,
    Outcome.SENT_BACK: ANSWER,
    Outcome.HELD: ANSWER,
    Outcome.REASSIGNED: (*ACT, _not_proposer),
    Outcome.PULLED_BACK: (*ACT, _own_act),
    Outcome.WITHDRAWN: ACT,
    Outcome.ABANDONED: (*ACT, _not_proposer),
    Outcome.SKIPPED: ACT,
    Outcome.CARRIED_OVER: (*ACT, _carried),
    Outcome.CLOSED: (*ACT, _conflict),
    Outcome.RECORDED: ANSWER,
    Outcome.HALTED: ACT,
    Outcome.RESTRICTED: (*ACT, _not_proposer),
    Outcome.UNRESTRICTED: (*ACT, _not_proposer),
}
"""Outcome -> what has to hold for it. 省略 is recorded with the act that brought the case there."""
