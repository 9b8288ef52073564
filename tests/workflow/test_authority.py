"""Authority anew: each decision follows from what the ledger said before it, or is named."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.db import transaction

from records import ledger
from records.enums import Flaw
from records.models import LedgerEntry
from roles.actions import Chronicle, end_appointment, record, revoke_delegation
from roles.enums import Basis
from roles.models import Appointment, Capacity, Post
from tests.make import (
    AT,
    a_cycle,
    a_delegation,
    a_project,
    holder,
    resubmit,
    say,
    walk,
    withdraw,
)
from workflow import engine
from workflow.actions.authority import BASES, GROUNDS, SOURCES, Said, flaw_of
from workflow.actions.rederiving import Replay, _Rules, flaw_in, said_in, situation_of
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, Run, StepRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

LATER: Final = AT + timedelta(hours=2)


# --- the tables --------------------------------------------------------------------------------


def test_every_outcome_has_its_grounds() -> None:
    assert set(GROUNDS) == set(Outcome)


def test_every_basis_says_what_carries_it() -> None:
    assert set(BASES) == set(Basis)


def test_whatever_a_capacity_rests_on_is_looked_up() -> None:
    told = {"post", "person", "basis", "away", "until"}
    rests_on = {field.name for field in fields(Capacity)} - told

    assert set(SOURCES) == rests_on
    assert set().union(*(ground.sources for ground in BASES.values())) == rests_on


# --- what is sound -----------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["RT1", "RT2", "RT3", "RT4", "RT5"])
def test_a_whole_case_follows_from_the_ledger(office: City, route: str) -> None:
    case = a_project(route=route)
    walk(case)

    found = ledger.verify()
    assert (found.ok, found.derived) == (True, Decision.objects.count())


def test_returns_pull_backs_cycles_and_ends_follow_from_the_ledger(office: City) -> None:
    returned = a_project()
    say(returned, Outcome.SENT_BACK)
    resubmit(returned, minutes_after=20)
    pulled_back = a_project()
    engine.pull_back(project=pulled_back, by=pulled_back.proposer, at=AT)
    given_up = a_project()
    withdraw(given_up)
    objected = a_project(route="RT3", to=StepKind.CONCURRENCE)
    say(objected, Outcome.OBJECTED)
    walk(objected)
    a_cycle(a_project(route="RT1", to=StepKind.OBSERVE))

    found = ledger.verify()
    assert (found.ok, found.derived) == (True, Decision.objects.count())


def test_each_round_is_judged_by_the_route_that_it_took(office: City) -> None:
    case = a_project(route="RT5", to=StepKind.RECEPTION)
    say(case, Outcome.SENT_BACK)
    case = resubmit(case, is_pilot=False, cost=680_000, budget_measure="INITIAL")
    walk(case, to=StepKind.REVIEW)

    taken = StepRun.objects.order_by("pk").values_list("round", "kind", "route__code")
    assert list(taken) == [
        (1, StepKind.CONFIRMATION, "RT5"),
        (1, StepKind.RECEPTION, "RT5"),
        (1, StepKind.REVISION, "RT5"),
        (2, StepKind.CONFIRMATION, "RT3"),
        (2, StepKind.RECEPTION, "RT3"),
        (2, StepKind.REVIEW, "RT3"),
    ]
    found = ledger.verify()
    assert (found.ok, found.derived) == (True, Decision.objects.count())
    assert {flaw_in(said) for said in Decision.objects.all()} == {None}


def test_a_step_that_names_no_route_is_judged_by_that_of_its_run(office: City) -> None:
    """It was opened by the old version while an upgrade was under way."""
    a_project(route="RT3", to=StepKind.REVIEW)
    StepRun.objects.update(route=None)

    assert ledger.verify().ok


def test_a_basis_that_there_is_not_is_an_altered_row(office: City) -> None:
    said = say(a_project(), Outcome.APPROVED)
    said.basis = "XX"

    assert flaw_in(said) == Flaw.ALTERED_ROW


def test_a_deputy_s_decision_follows_from_the_ledger(office: City) -> None:
    case = a_project()
    deputy = holder("HEAD-ZEIMU")
    a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)

    said = say(case, Outcome.APPROVED, by=deputy)

    assert said.basis == Basis.DEPUTY
    assert ledger.verify().ok
    assert flaw_in(said) is None


def test_what_changed_lawfully_afterwards_does_not_count_against_a_decision(office: City) -> None:
    case = a_project()
    deputy = holder("HEAD-ZEIMU")
    row = a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)
    said = say(case, Outcome.APPROVED, by=deputy)
    office_of = holder("SECRETARIAT")

    revoke_delegation(delegation=row, by=office_of, at=LATER)
    for held in Appointment.objects.filter(post__code="HEAD-ZEIMU"):
        end_appointment(appointment=held, ends_on=date(2026, 6, 1), by=office_of, at=LATER)

    assert ledger.verify().ok
    assert flaw_in(said) is None


def test_a_decision_alone_is_judged_as_in_the_whole_chain(office: City) -> None:
    walk(a_project(route="RT3"))

    flaws = {flaw_in(each) for each in Decision.objects.all()}

    assert flaws == {None}


# --- what a check finds, on the facts of a real decision ---------------------------------------


def facts(case: Project) -> tuple[Said, Any]:
    """The newest answer in a case, with everything it is judged by."""
    decision = Decision.objects.filter(project=case, slot__isnull=False).latest("pk")
    [said] = said_in(Decision.objects.filter(pk=decision.pk)).values()
    chronicle = Chronicle()
    for entry in LedgerEntry.objects.order_by("seq"):
        chronicle.read(entry.seq, entry.kind, entry.payload, entry.recorded_at)
    return said, situation_of([said], chronicle, _Rules())


def without(snapshot: Any, **changed: Any) -> dict[str, Any]:
    return {**snapshot, **changed}


UNSOUND: Final[list[tuple[str, Flaw, Callable[[Said], Said]]]] = [
    (
        "the row is not in the ledger",
        Flaw.NO_AUTHORITY,
        lambda said: replace(said, authority=without(said.authority, ledger_entry=999_999)),
    ),
    (
        "nothing is named",
        Flaw.NO_AUTHORITY,
        lambda said: replace(said, authority=without(said.authority, appointment=None)),
    ),
    (
        "two things are named",
        Flaw.NO_AUTHORITY,
        lambda said: replace(said, authority=without(said.authority, delegation=1)),
    ),
    (
        "an appointment is called a delegation",
        Flaw.NO_AUTHORITY,
        lambda said: replace(
            said, authority=without(said.authority, appointment=None, delegation=1)
        ),
    ),
    ("another person", Flaw.NO_AUTHORITY, lambda said: replace(said, person=said.person + 1)),
    ("another post", Flaw.NO_AUTHORITY, lambda said: replace(said, post=said.post + 1)),
    (
        "other days",
        Flaw.NO_AUTHORITY,
        lambda said: replace(said, authority=without(said.authority, starts_on="2020-04-01")),
    ),
    ("before it began", Flaw.NOT_IN_FORCE, lambda said: replace(said, on="2020-04-01")),
    ("another basis", Flaw.WRONG_BASIS, lambda said: replace(said, basis=Basis.DEPUTY)),
    ("専決 elsewhere", Flaw.WRONG_BASIS, lambda said: replace(said, basis=Basis.STANDING)),
    ("for nobody", Flaw.WRONG_BASIS, lambda said: replace(said, on_behalf_of=said.person)),
    ("without a slot", Flaw.WRONG_SEAT, lambda said: replace(said, slot=None)),
    ("another's slot", Flaw.WRONG_SEAT, lambda said: replace(said, slot_post=said.post + 1)),
    ("another step's", Flaw.WRONG_SEAT, lambda said: replace(said, slot_step=0)),
    ("the proposer", Flaw.CONFLICT, lambda said: replace(said, proposer=said.person)),
    ("the writer", Flaw.CONFLICT, lambda said: replace(said, writer=said.person)),
    (
        "the proposing seat",
        Flaw.CONFLICT,
        lambda said: replace(said, proposing_post=said.post),
    ),
    ("another clause", Flaw.WRONG_RULE, lambda said: replace(said, clause="別の規程")),
    ("no route", Flaw.WRONG_RULE, lambda said: replace(said, route=None)),
    *(
        (
            f"another {name}",
            Flaw.WRONG_RULE,
            lambda said, name=name, value=value: replace(
                said, snapshot=without(said.snapshot, **{name: value})
            ),
        )
        for name, value in (
            ("title", "だれかの承認"),
            ("quorum", 7),
            ("mode", "ONE"),
            ("standard_days", 99),
            ("station", "REVIEW"),
            (
                "asks",
                [{"who": "HQ_CHAIR", "argument": [], "why": "", "may_skip": False, "fallback": []}],
            ),
        )
    ),
]


@pytest.mark.parametrize(
    ("flaw", "change"), [row[1:] for row in UNSOUND], ids=[row[0] for row in UNSOUND]
)
def test_what_does_not_follow_is_named(
    office: City, flaw: Flaw, change: Callable[[Said], Said]
) -> None:
    case = a_project()
    say(case, Outcome.APPROVED)
    said, situation = facts(case)
    assert flaw_of(said, situation) is None

    assert flaw_of(change(said), replace(situation, ruled={})) == flaw


def test_a_deputy_where_nobody_stands_in_is_named(office: City) -> None:
    case = a_project()
    deputy = holder("HEAD-ZEIMU")
    a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)
    say(case, Outcome.APPROVED, by=deputy)
    said, situation = facts(case)
    assert flaw_of(said, situation) is None

    never = replace(said, snapshot=without(said.snapshot, deputy="NEVER"))

    assert flaw_of(never, situation) == Flaw.NO_DEPUTY


def test_a_deputy_of_an_author_is_named(office: City) -> None:
    case = a_project()
    deputy = holder("HEAD-ZEIMU")
    a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)
    say(case, Outcome.APPROVED, by=deputy)
    said, situation = facts(case)

    of_author = replace(said, proposer=holder("HEAD-SHIMIN").pk)

    assert flaw_of(of_author, situation) == Flaw.CONFLICT


def test_a_second_seat_in_one_step_is_named(office: City) -> None:
    case = a_project()
    say(case, Outcome.APPROVED)
    said, situation = facts(case)
    assert said.step is not None
    assert said.slot is not None
    also = {(said.step, said.person): [(said.seq - 1, said.slot + 1)]}

    assert flaw_of(said, replace(situation, answered=also)) == Flaw.SECOND_SLOT


def test_a_pull_back_of_somebody_else_s_act_is_named(office: City) -> None:
    case = a_project()
    engine.pull_back(project=case, by=case.proposer, at=AT)
    row = Decision.objects.get(outcome=Outcome.PULLED_BACK)
    [said] = said_in(Decision.objects.filter(pk=row.pk)).values()
    assert flaw_in(row) is None
    chronicle = Chronicle()
    for entry in LedgerEntry.objects.order_by("seq"):
        chronicle.read(entry.seq, entry.kind, entry.payload, entry.recorded_at)
    situation = situation_of([said], chronicle, _Rules())

    assert flaw_of(replace(said, undone_person=said.person + 1), situation) == Flaw.NOT_THEIRS


def test_a_version_that_was_changed_on_record_is_not_held_against_earlier_steps(
    office: City,
) -> None:
    case = a_project()
    say(case, Outcome.APPROVED)
    said, situation = facts(case)
    steps = list(situation.rules[Run.objects.get(project=case).route_id])
    for step in steps:
        step.title = "改正後の段階"

    later = replace(situation, rules_since=LATER, ruled={})

    assert flaw_of(said, situation) == Flaw.WRONG_RULE
    assert flaw_of(said, later) is None


# --- memory ------------------------------------------------------------------------------------


def test_the_chronicle_is_as_large_as_the_organization_not_as_the_chain() -> None:
    chronicle = Chronicle()
    day = {"post": 1, "kind": "MAIN", "ends_on": None, "by": None}
    seq = 0
    for year in range(40):
        for person in range(100):
            seq += 1
            at = AT + timedelta(days=365 * year)
            starts_on, ends_on = at.date(), at.date() + timedelta(days=365)
            payload = {
                **day,
                "person": person,
                "starts_on": starts_on.isoformat(),
                "ends_on": ends_on.isoformat(),
            }
            chronicle.read(seq, "APPOINTMENT", payload, at)

    assert len(chronicle._standing) < 1_200
    assert chronicle.holders(1, at, starts_on.isoformat()) == set(range(100))


def test_a_change_that_was_recorded_meanwhile_does_not_count(db: None) -> None:
    chronicle = Chronicle()
    first = {"post": 1, "person": 7, "kind": "MAIN", "starts_on": "2026-04-01", "ends_on": None}
    chronicle.read(1, "APPOINTMENT", first, AT)
    second = {**first, "ends_on": "2026-05-01", "supersedes": 1}
    chronicle.read(2, "APPOINTMENT", second, LATER)

    during, after = LATER + timedelta(seconds=30), LATER + timedelta(minutes=2)
    assert chronicle.named(1, during) is not None
    assert chronicle.named(1, after) is None
    told = chronicle.named(2, after)
    assert told is not None
    assert told.ends_on == "2026-05-01"


def test_a_replay_counts_what_it_derived(office: City) -> None:
    a_project()
    replay = Replay()

    entries = LedgerEntry.objects.order_by("seq")
    assert replay.read([ledger.Link.of(each) for each in entries]) is None
    assert replay.derived == 1


def test_an_entry_that_no_verb_wrote_is_named(office: City) -> None:
    entries = [ledger.Link.of(each) for each in LedgerEntry.objects.order_by("seq")]
    spoilt = [each._replace(payload={}) for each in entries if each.kind == "APPOINTMENT"][1]

    replay = Replay()
    assert replay.read([each if each.seq != spoilt.seq else spoilt for each in entries]) == (
        spoilt.seq,
        Flaw.ALTERED_ROW,
    )


def test_a_corrected_row_is_judged_by_its_newest_entry(office: City) -> None:
    row = Appointment.objects.get(post__code="HEAD-SHIMIN")
    row.ends_on = date(2027, 4, 1)
    with transaction.atomic():
        record(row, by=None, at=AT)

    said = say(a_project(), Outcome.APPROVED)

    assert ledger.verify().ok
    assert said.authority["ledger_entry"] == row.ledger_entry_id
