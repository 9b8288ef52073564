"""Every code has its rows in the tables that speak of it."""

from __future__ import annotations

from typing import Any

import pytest

from bpr_projects.enums import ADOPTED, ALLOWED, IN_DECISION, UNDERWAY, Phase, Stage
from roles.enums import Role
from roles.grants import GRANTS
from workflow.actions.cycles import NEEDED, STANDARD_DAYS
from workflow.enums import (
    CYCLE_KINDS,
    DECIDING_KINDS,
    READING_KINDS,
    Outcome,
    SendBackTarget,
    StepKind,
)
from workflow.outcomes import (
    AT_ONCE,
    CAVEATS,
    FINAL,
    ONE_BY_ONE,
    PULLABLE,
    RULES,
    STAGE_OF,
    STATIONS,
    TARGET_STATION,
    Effect,
    Tone,
)

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (RULES, Outcome),
        (STATIONS, StepKind),
        (STAGE_OF, set(StepKind) - CYCLE_KINDS - READING_KINDS),
        (TARGET_STATION, SendBackTarget),
        (GRANTS, Role),
        (ALLOWED, Stage),
        (NEEDED, Phase),
        (STANDARD_DAYS, Phase),
    ],
    ids=[
        "rules",
        "stations",
        "stage-of",
        "target-station",
        "grants",
        "allowed",
        "needed",
        "standard-days",
    ],
)
def test_a_table_is_complete(table: dict[Any, Any], codes: Any) -> None:
    assert set(table) == set(codes)


def test_every_role_is_granted_something() -> None:
    assert [role for role in Role if not GRANTS[role]] == []


@pytest.mark.parametrize("outcome", Outcome)
def test_a_rule_is_fit_for_its_button_and_its_stamp(outcome: Outcome) -> None:
    rule = RULES[outcome]

    assert str(rule.button)
    assert 1 <= len(rule.stamp) <= 3
    assert str(rule.consequence).endswith("。")
    assert (type(rule.effect), type(rule.tone)) == (Effect, Tone)


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_of_a_station_has_an_effect_and_no_other_has(outcome: Outcome) -> None:
    at_stations = {each for outcomes in STATIONS.values() for each in outcomes}

    assert (RULES[outcome].effect != Effect.NONE) == (outcome in at_stations)


def test_nobody_but_the_decider_ends_a_proposal() -> None:
    ending = {Effect.ADOPT, Effect.REFUSE}
    ends = {
        kind
        for kind, outcomes in STATIONS.items()
        if any(RULES[outcome].effect in ending for outcome in outcomes)
    }

    assert ends == DECIDING_KINDS
    assert Outcome.NOT_ADOPTED not in STATIONS[StepKind.STANDING_DECISION]


def test_final_decisions_are_those_that_end_a_run_and_are_never_pulled_back() -> None:
    ending = {each for each in Outcome if RULES[each].effect in (Effect.ADOPT, Effect.REFUSE)}

    assert ending == FINAL
    assert not PULLABLE & DECIDING_KINDS


def test_every_kind_of_step_is_answered_at_once_or_one_by_one() -> None:
    assert set(AT_ONCE) | set(ONE_BY_ONE) == set(StepKind)
    assert not set(AT_ONCE) & (set(ONE_BY_ONE) | DECIDING_KINDS | CYCLE_KINDS)
    assert all(str(reason).endswith("。") for reason in ONE_BY_ONE.values())


@pytest.mark.parametrize(("kind", "outcome"), AT_ONCE.items())
def test_what_is_said_at_once_is_a_plain_yes_that_needs_nothing(
    kind: StepKind, outcome: Outcome
) -> None:
    rule = RULES[outcome]

    assert outcome == STATIONS[kind][0]
    assert (rule.effect, rule.tone) == (Effect.COUNT, Tone.OK)
    assert not any(
        (
            rule.needs_comment,
            rule.needs_conditions,
            rule.needs_until,
            rule.needs_scores,
            rule.needs_confirmation,
            rule.targets,
        )
    )


def test_whoever_comes_after_reads_these_words_first() -> None:
    assert {
        Outcome.REFERRED_CONDITIONALLY,
        Outcome.REFERRED_AGAINST,
        Outcome.AGREED_WITH_OPINION,
        Outcome.OBJECTED,
        Outcome.UNSETTLED,
    } == CAVEATS


def test_the_words_are_those_of_a_city_hall() -> None:
    words = " ".join(f"{each.label} {RULES[each].button}" for each in Outcome)

    assert "否認" not in words
    assert "却下" not in words


def test_stages_are_either_on_the_way_adopted_or_over() -> None:
    over = {Stage.NOT_ADOPTED, Stage.WITHDRAWN, Stage.ABANDONED}

    assert {Stage.DRAFT} | UNDERWAY | ADOPTED | over == set(Stage)
    assert not UNDERWAY & ADOPTED
    assert UNDERWAY > IN_DECISION
    assert set(STAGE_OF.values()) == UNDERWAY
