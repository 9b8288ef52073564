"""A decision on paper and one in the system at the same moment: exactly one counts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.concurrency.at_once import at_once
from tests.make import a_project, say, the_slot, withdraw
from tests.proof import assert_sound
from tests.workflow.papers import LATER, a_paper, a_scan, confirm, keepers, refuse, register
from workflow.actions.refusals import AlreadyDone, Busy, NotAllowed
from workflow.enums import Outcome, PaperState, StepKind
from workflow.models import Decision, PaperDecision
from workflow.outcomes import FINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TOLD = {AlreadyDone, Busy, NotAllowed}


def final_ones() -> list[Decision]:
    return list(Decision.objects.filter(outcome__in=FINAL))


def test_the_holder_decides_while_the_paper_is_confirmed(real_office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    paper = register(case)
    slot, second = the_slot(case), keepers()[1]

    acts: list[Callable[[], Decision]] = [
        partial(say, case, Outcome.NOT_ADOPTED, slot=slot, at=LATER),
        partial(confirm, paper, by=second),
    ]
    done, refusals = at_once(acts)

    assert (len(done), len(refusals)) == (1, 1)
    assert {type(each) for each in refusals} <= TOLD
    assert final_ones() == done
    paper.refresh_from_db()
    by_paper = done[0].outcome == Outcome.ADOPTED
    assert paper.state == (PaperState.CONFIRMED if by_paper else PaperState.LAPSED)
    assert_sound()


def test_two_confirm_the_same_paper(real_office: City) -> None:
    paper = register(a_project(to=StepKind.DECISION))
    _recorder, second, third = keepers()

    done, refusals = at_once([partial(confirm, paper, by=each) for each in (second, third)])

    assert (len(done), len(refusals)) == (1, 1)
    assert {type(each) for each in refusals} <= TOLD
    assert final_ones() == done
    assert_sound()


def test_one_confirms_what_another_refuses(real_office: City) -> None:
    paper = register(a_project(to=StepKind.DECISION))
    _recorder, second, third = keepers()

    acts: list[Callable[[], object]] = [
        partial(confirm, paper, by=second),
        partial(refuse, paper, by=third),
    ]
    done, refusals = at_once(acts)

    assert (len(done), len(refusals)) == (1, 1)
    assert {type(each) for each in refusals} <= TOLD
    paper.refresh_from_db()
    assert len(final_ones()) == (paper.state == PaperState.CONFIRMED)
    assert_sound()


def test_the_proposer_withdraws_while_the_paper_is_confirmed(real_office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    paper = register(case)

    acts: list[Callable[[], object]] = [
        partial(confirm, paper, by=keepers()[1]),
        partial(withdraw, case, at=LATER),
    ]
    done, refusals = at_once(acts)

    assert (len(done), len(refusals)) == (1, 1)
    assert {type(each) for each in refusals} <= TOLD
    paper.refresh_from_db()
    assert len(final_ones()) == (paper.state == PaperState.CONFIRMED)
    assert_sound()


def test_two_register_at_once(real_office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    papers = [a_paper(scan=a_scan(f"%PDF-1.4 {n}".encode())) for n in range(2)]

    acts = [
        partial(register, case, each, by=person)
        for each, person in zip(papers, keepers(), strict=False)
    ]
    done, refusals = at_once(acts)

    assert (len(done), len(refusals)) == (1, 1)
    assert {type(each) for each in refusals} <= TOLD
    assert list(PaperDecision.objects.all()) == done
    assert_sound()
