"""Verbs that neither the simulation nor the races meet, once on each database."""

from __future__ import annotations

import pytest

from bpr_projects.enums import Phase
from tests.make import AT, holder
from tests.proof import assert_sound
from tests.workflow.rules import a_draft, propose
from tests.workflow.test_correction import LATER, correct, decided, final_of
from tests.workflow.test_engine_cycles import halt, running, until
from tests.workflow.test_restricting import PARTIES, readers_of, restrict, unrestrict
from tests.workflow.test_rule_turning import pull_back, rule_of
from workflow.enums import Outcome, RouteState
from workflow.models import Decision

pytestmark = pytest.mark.usefixtures("office")


def test_what_was_begun_is_halted() -> None:
    case = running()
    until(case, Phase.ACT)

    halt(case)

    assert Decision.objects.latest("pk").outcome == Outcome.HALTED
    assert_sound()


def test_a_case_is_for_its_parties_alone_and_for_everybody_again() -> None:
    case = running()

    restrict(case)
    assert readers_of(case) == PARTIES

    unrestrict(case)
    assert len(readers_of(case)) > len(PARTIES)
    assert_sound()


def test_a_decision_is_corrected() -> None:
    project = decided()
    before = final_of(project)

    after = correct(project)

    assert (after.supersedes, after.decided_at) == (before, LATER)
    assert final_of(project) == after
    assert_sound()


def test_a_rule_that_was_proposed_is_taken_back() -> None:
    run = propose(a_draft())

    pull_back(run, holder("SECRETARIAT"), AT)

    assert rule_of(run).state == RouteState.DRAFT
    assert_sound()
