"""The command that founds a city: everything that a first case needs, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.management import CommandError, call_command

from bpr_projects.models import Area, Principle, UnitPrice
from records import ledger
from roles.models import Department, Section, User
from tests.make import AT, PASSWORD, a_project, a_user
from workflow.models import Route, Run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures_city import City

pytestmark = pytest.mark.django_db

FOUNDED = [
    "組織と職員を読み込みました。",
    "計画の内容を読み込みました。",
    "決裁の経路を読み込みました。",
]


def found(*options: str) -> None:
    with time_machine.travel(AT, tick=False):
        call_command("found_city", *options)


def nothing_is_there() -> bool:
    return not any(model.objects.exists() for model in (Department, User, Area, UnitPrice, Route))


def test_a_case_can_be_proposed_in_a_city_that_was_founded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found()

    assert capsys.readouterr().out.splitlines() == FOUNDED
    counts = [each.objects.count() for each in (User, Section, Area, Principle, UnitPrice)]
    assert (counts[:2], min(counts[2:]) > 0) == ([71, 25], True)
    case = a_project()
    assert Run.objects.values_list("route__code", flat=True).get(project=case) == "RT2"
    assert ledger.verify().ok


def test_people_get_a_provisional_password_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_PASSWORD", PASSWORD)

    found("--password-env", "FIRST_PASSWORD")

    person = User.objects.get(employee_number="100001")
    assert (person.check_password(PASSWORD), person.must_change_password) == (True, True)


def test_founding_twice_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    found()
    Section.objects.filter(code="SHIMIN").update(name="市民窓口課")
    before = ledger.verify()
    capsys.readouterr()

    found()

    assert capsys.readouterr().out.splitlines() == [
        "組織と職員は登録済みのため、変更しませんでした。",
        "計画の内容は登録済みのため、変更しませんでした。",
        "決裁の経路は登録済みのため、変更しませんでした。",
    ]
    assert Section.objects.get(code="SHIMIN").name == "市民窓口課"
    assert ledger.verify() == before


def test_what_a_half_founded_city_lacks_is_added(
    city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    found()

    assert capsys.readouterr().out.splitlines() == [
        "組織と職員は登録済みのため、変更しませんでした。",
        *FOUNDED[1:],
    ]
    assert Route.objects.exists()


def test_people_without_an_organization_are_a_refusal() -> None:
    a_user()

    with pytest.raises(CommandError, match=r"職員だけが登録されています.*何も変更していません"):
        found()

    assert not any(model.objects.exists() for model in (Department, Area, Route))


@pytest.mark.parametrize("option", ["--city", "--plan", "--routes"])
def test_a_file_that_cannot_be_read_founds_nothing(tmp_path: Path, option: str) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[[areas]]\nname = '道'\n", encoding="utf-8")

    for path in (broken, tmp_path / "nowhere.toml"):
        with pytest.raises(CommandError, match=rf"{path.name} を読み込めません"):
            found(option, str(path))
        assert nothing_is_there()


def test_a_password_that_is_not_there_founds_nothing() -> None:
    with pytest.raises(CommandError, match="環境変数 NO_SUCH_NAME がありません"):
        found("--password-env", "NO_SUCH_NAME")

    assert nothing_is_there()
