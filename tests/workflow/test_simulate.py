"""Whole lives through the engine, on both databases."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from workflow.enums import RouteState
from workflow.management.simulation import Tally, World, rulebook
from workflow.models import Route, WorkItem

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.fixtures_city import City

FEW: Final = 4
MANY: Final = 8


def lived(cases: int, seed: int) -> tuple[dict[str, Any], str]:
    """Run the command; what it says last, and everything it says."""
    out = io.StringIO()
    sizes = ("--cases", str(cases), "--seed", str(seed))
    with override_settings(PRODUCTION=False):
        call_command("simulate", *sizes, "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1]), out.getvalue()


def test_a_few_lives_are_lived_to_their_ends(office: City) -> None:
    result, said = lived(FEW, seed=5)
    assert result["violations"] == 0
    assert sum(result["endings"].values()) == FEW
    assert result["acts"]["submit"] == FEW
    assert result["expected_refusals"]["AlreadyDone"] >= FEW
    assert f"{FEW}件、" in said
    assert not WorkItem.objects.exists()


@pytest.mark.once
@pytest.mark.slow
def test_many_lives_fill_an_empty_database_and_break_nothing(transactional_db: None) -> None:
    result, _said = lived(MANY, seed=8)
    assert result["violations"] == 0
    assert sum(result["endings"].values()) == MANY
    changes = {"delegate", "revoke", "suspend", "transfer", "go_away", "come_back", "fill"}
    assert set(result["personnel"]) <= changes
    assert len(result["personnel"]) > 2
    assert {"pull back", "withdraw", "resubmit"} <= set(result["acts"])
    assert {"WITHDRAWN"} < set(result["endings"])


def test_the_same_seed_proposes_the_same(office: City) -> None:
    worlds = [World(seed=3, tally=Tally()), World(seed=3, tally=Tally())]
    proposals = [world.proposal(1, world.now) for world in worlds]
    assert proposals[0] == proposals[1]


@pytest.mark.slow
def test_rules_that_change_in_mid_flow_break_nothing(
    office: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulebook, "CHANCE", 0.25)

    result, _said = lived(FEW, seed=11)

    assert result["violations"] == 0
    assert {"propose rule", "rule approved", "rule adopted"} <= set(result["acts"])
    assert Route.objects.filter(state=RouteState.ACTIVE, version__gt=1).exists()
    assert not WorkItem.objects.exists()


def test_a_production_with_people_is_left_alone(office: City, settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="本番"):
        call_command("simulate", "--cases", "1")
