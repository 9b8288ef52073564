"""A decision on paper is judged anew: by the ledger before it, and by the copy of it alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.core.management import call_command

from records import ledger
from records.enums import Flaw
from records.models import LedgerEntry
from roles.actions import Chronicle
from roles.enums import Basis
from tests.make import a_project, a_suspension, holder
from tests.workflow.papers import LATER, a_paper, confirm, keepers, register
from tests.workflow.test_ledger_page import relinked, verified
from workflow.actions.authority import Said, Situation, flaw_of
from workflow.actions.paper_trail import REPEATED, Trail
from workflow.actions.rederiving import _Rules, flaw_in, said_in, situation_of
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, PaperDecision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fixtures_city import City

pytestmark = pytest.mark.once


def a_decision() -> Decision:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    return confirm(register(case))


def facts(decision: Decision) -> tuple[Said, Situation]:
    """The decision, and what the ledger said before it."""
    [said] = said_in(Decision.objects.filter(pk=decision.pk)).values()
    chronicle, trail = Chronicle(), Trail()
    for entry in LedgerEntry.objects.filter(seq__lt=said.seq).order_by("seq"):
        chronicle.read(entry.seq, entry.kind, entry.payload, entry.recorded_at)
        trail.read(entry.kind, entry.payload, entry.recorded_at)
    return said, situation_of([said], chronicle, _Rules(), trail)


def paper(said: Said, **more: Any) -> Said:
    """The same, with another paper in its snapshot."""
    told = {**said.authority["paper"], **more}
    return replace(said, authority={**said.authority, "paper": told})


def other(name: str, said: Said) -> Said:
    return replace(said, payload={**said.payload, name: "x"})


UNSOUND: Final[dict[str, tuple[Flaw, Callable[[Said], Said]]]] = {
    "no paper was registered": (Flaw.NO_PAPER, lambda said: paper(said, id="0")),
    "another scan": (Flaw.NO_PAPER, lambda said: paper(said, scan="0" * 64)),
    "another recorder": (Flaw.NO_PAPER, lambda said: paper(said, recorded_by=1)),
    "another seat": (Flaw.NO_PAPER, lambda said: paper(said, recorded_as=1)),
    "another run": (Flaw.NO_PAPER, lambda said: replace(said, run=said.run + 1)),
    **{f"another {name}": (Flaw.NO_PAPER, partial(other, name)) for name in REPEATED},
    "opened after the paper": (
        Flaw.WRONG_DAY,
        lambda said: replace(said, opened_at=said.at + timedelta(days=1)),
    ),
    "an answer that no paper gives": (
        Flaw.NO_PAPER,
        lambda said: replace(said, outcome=Outcome.HELD),
    ),
    "an act that needs none": (
        Flaw.NO_PAPER,
        lambda said: replace(
            said, outcome=Outcome.WITHDRAWN, slot=None, kind=None, basis=Basis.OWN
        ),
    ),
    "one person alone": (
        Flaw.ONE_PERSON,
        lambda said: paper(said, confirmed_by=said.authority["paper"]["recorded_by"]),
    ),
    "who decided confirmed": (
        Flaw.ONE_PERSON,
        lambda said: paper(said, confirmed_by=said.person),
    ),
    "nobody of the office": (Flaw.ONE_PERSON, lambda said: paper(said, confirmed_by=999_999)),
    "of no such seat": (Flaw.ONE_PERSON, lambda said: paper(said, confirmed_as=999_999)),
    "the writer of the text": (
        Flaw.CONFLICT,
        lambda said: replace(said, writer=said.authority["paper"]["confirmed_by"]),
    ),
}


@pytest.mark.parametrize(("flaw", "change"), UNSOUND.values(), ids=UNSOUND)
def test_what_does_not_follow_from_the_paper_is_named(
    office: City, flaw: Flaw, change: Callable[[Said], Said]
) -> None:
    said, situation = facts(a_decision())
    assert flaw_of(said, situation) is None

    assert flaw_of(change(said), situation) == flaw


def test_a_paper_counts_once(office: City) -> None:
    decision = a_decision()
    said, situation = facts(decision)

    situation.trail.use(said)

    assert flaw_of(said, situation) == Flaw.NO_PAPER


def test_what_the_rules_did_with_it_rests_on_the_paper_just_used(office: City) -> None:
    said, situation = facts(a_decision())
    situation.trail.use(said)

    aside = replace(said, outcome=Outcome.SKIPPED, basis=Basis.OWN, slot=None)

    assert flaw_of(aside, situation) is None
    later = replace(aside, at=aside.at + timedelta(seconds=1))
    assert flaw_of(later, situation) == Flaw.NO_PAPER


@pytest.mark.parametrize("kind", ["PAPER_REFUSED", "PAPER_LAPSED"])
def test_a_paper_that_came_to_nothing_carries_no_decision(office: City, kind: str) -> None:
    said, situation = facts(a_decision())

    situation.trail.read(kind, {"paper": said.authority["paper"]["id"]}, LATER)

    assert flaw_of(said, situation) == Flaw.NO_PAPER


def test_the_day_of_the_paper_decides_who_held_the_seat(office: City) -> None:
    said, situation = facts(a_decision())
    assert said.on == "2026-05-12"

    early = replace(said, on="2026-03-31")

    assert flaw_of(early, situation) == Flaw.NOT_IN_FORCE


def test_a_keeper_who_went_on_leave_afterwards_does_not_count_against_it(office: City) -> None:
    decision = a_decision()
    a_suspension(person=keepers()[1], starts_on=date(2026, 6, 1))

    assert ledger.verify().ok
    assert flaw_in(decision) is None


# --- by the rows alone -------------------------------------------------------------------------

Lines = list[dict[str, Any]]


def the_decision(lines: Lines) -> dict[str, Any]:
    payload: dict[str, Any] = [
        line["payload"] for line in lines if line["payload"].get("paper") and _is_decision(line)
    ][-1]
    return payload


def _is_decision(line: dict[str, Any]) -> bool:
    return bool(line["kind"] == "DECISION")


def changed(lines: Lines, **told: Any) -> Lines:
    said = the_decision(lines)
    said["paper"].update(told)
    return relinked(lines)


def other_answer(lines: Lines) -> Lines:
    the_decision(lines)["outcome"] = "NOT_ADOPTED"
    return relinked(lines)


def held_on_paper(lines: Lines) -> Lines:
    """Both rows say what leaves the case open."""
    for line in lines:
        if line["kind"] == "PAPER_RECORDED":
            line["payload"]["outcome"] = "HELD"
    the_decision(lines)["outcome"] = "HELD"
    return relinked(lines)


def refused_before(lines: Lines) -> Lines:
    """The paper was refused; a row that says so takes the place of the first one."""
    [index] = [n for n, line in enumerate(lines) if line["kind"] == "PAPER_RECORDED"]
    key = lines[index]["payload"]["paper"]
    added = {
        **lines[index],
        "kind": "PAPER_REFUSED",
        "payload": {"paper": key, "by": 1},
        "texts": {},
    }
    made = [*lines[: index + 1], added, *lines[index + 1 :]]
    for number, line in enumerate(made, 1):
        line["seq"] = number
    return relinked(made)


def later_day(lines: Lines) -> Lines:
    for line in lines:
        if line["kind"] == "PAPER_RECORDED":
            line["payload"]["on"] = "2026-05-20"
    return changed(lines, on="2026-05-20")


def author_confirms(lines: Lines) -> Lines:
    said = the_decision(lines)
    for line in lines:
        told = line["payload"]
        if _is_decision(line) and told["outcome"] == "SUBMITTED" and told["run"] == said["run"]:
            who, seat = said["paper"]["confirmed_by"], said["paper"]["confirmed_as"]
            told.update(decided_by=who, post=seat)
    return relinked(lines)


def before_the_office(lines: Lines) -> Lines:
    """The confirmer came to the 事務局 only later."""
    said = the_decision(lines)["paper"]
    for line in lines:
        told = line["payload"]
        is_own = line["kind"] == "APPOINTMENT" and told["post"] == said["confirmed_as"]
        if is_own and told["person"] == said["confirmed_by"]:
            told["starts_on"] = "2030-04-01"
    return relinked(lines)


FRAUDS: Final[dict[str, tuple[str, Callable[[Lines], Lines]]]] = {
    "no paper": ("NO_PAPER", lambda lines: changed(lines, id="0")),
    "another scan": ("NO_PAPER", lambda lines: changed(lines, scan="0" * 64)),
    "another answer": ("NO_PAPER", other_answer),
    "an answer that no paper gives": ("NO_PAPER", held_on_paper),
    "a refused paper": ("NO_PAPER", refused_before),
    "a day after it was registered": ("WRONG_DAY", later_day),
    "a day before the seat was held": (
        "NO_AUTHORITY",
        lambda lines: changed(lines, on="2020-01-01"),
    ),
    "one person": (
        "ONE_PERSON",
        lambda lines: changed(lines, confirmed_by=the_decision(lines)["paper"]["recorded_by"]),
    ),
    "who decided": (
        "ONE_PERSON",
        lambda lines: changed(lines, confirmed_by=the_decision(lines)["decided_by"]),
    ),
    "of no seat": ("ONE_PERSON", lambda lines: changed(lines, confirmed_as=999_999)),
    "not yet of the office": ("ONE_PERSON", before_the_office),
    "an author": ("CONFLICT", author_confirms),
}


@pytest.mark.parametrize(("flaw", "do"), FRAUDS.values(), ids=FRAUDS)
def test_a_bare_interpreter_names_it(
    office: City, tmp_path: Path, flaw: str, do: Callable[[Lines], Lines]
) -> None:
    decision = a_decision()
    path = tmp_path / "ledger.jsonl"
    call_command("export_ledger", str(path))
    assert verified(path)[1]["ok"]
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    told = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in do(lines))
    path.write_text(told, encoding="utf-8")

    code, found = verified(path)
    assert (code, found["reason"]) == (1, flaw)
    assert found["first_bad_seq"] in (decision.entry_id, decision.entry_id + 1)


def test_the_copy_says_by_whom_on_which_day_and_with_which_scan(
    office: City, tmp_path: Path
) -> None:
    case = a_project(to=StepKind.DECISION)
    decision = confirm(register(case, a_paper(Outcome.SENT_BACK)))
    path = tmp_path / "ledger.jsonl"
    call_command("export_ledger", str(path))

    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    [registered] = [line for line in lines if line["kind"] == "PAPER_RECORDED"]
    told = lines[decision.entry_id - 1]["payload"]
    found = PaperDecision.objects.get()
    assert registered["payload"]["scan"] == told["paper"]["scan"] == found.scan_sha256
    assert told["paper"]["on"] == "2026-05-12"
    assert (told["paper"]["recorded_by"], told["paper"]["confirmed_by"]) == (
        keepers()[0].pk,
        keepers()[1].pk,
    )
    assert told["decided_by"] == holder("HQ-CHAIR", LATER).pk
    assert verified(path)[1]["ok"]
