"""bench_inbox: what it fills is sound, what it measures is told, and no city is touched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from roles.models import User
from tests.make import a_user
from workflow.management import worklist
from workflow.models import Slot

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_city_at_work_is_left_alone(settings: Settings) -> None:
    settings.PRODUCTION = True
    a_user()

    with pytest.raises(CommandError, match="本番のデータベースでは実行できません"):
        call_command("bench_inbox", open=400, users=10)

    assert (User.objects.count(), Slot.objects.count()) == (1, 0)


def test_fewer_people_than_a_step_asks_are_refused() -> None:
    with pytest.raises(CommandError, match="--users は 10 以上"):
        call_command("bench_inbox", open=400, users=9)

    assert User.objects.count() == 0


@pytest.mark.slow
def test_it_fills_and_tells(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.PRODUCTION = False

    for wanted in (400, 600):  # the second time it adds what is missing
        call_command("bench_inbox", open=wanted, users=10, rounds=1, json=True)

        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert (told["open"], told["mine"], told["posts"]) == (wanted, 40, 5)
        assert told["queries"] <= 8
        assert told["writes"] == 0
        sides = {"query", "rows_query", "bare_query", "stock_query", "page", "bare_page"}
        assert set(told["ms"]) == sides
    assert list(worklist.faults(timezone.now())) == []
