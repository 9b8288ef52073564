"""The page on which a returned change is corrected and asked again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
import time_machine

from bpr_projects.enums import RevisionKind
from tests.make import AT, a_project, record_phase, say, the_slot
from tests.proof import state_of
from tests.workflow.pages import TYPED, client_of, text_of
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project


pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

FORM: Final = {
    "what": "予約制を本庁舎でも行う",
    "reason": "待ち時間が半分になったため。",
    "cost": "60,000円",
    "ends_on": "2027-04-30",
    "comment": TYPED,
}


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


def returned_change() -> Project:
    """A change that the 所属長 sent back to the leader."""
    case = a_project(route="RT1", to=StepKind.OBSERVE)
    for decided in ({}, {}, {"cost": 50_000}):
        record_phase(case, content=decided)
    say(case, Outcome.SENT_BACK)
    return case


def address_of(case: Project) -> str:
    return f"/p/{case.number}/steps/{the_slot(case).pk}/correct/"


def asked(case: Project) -> list[dict[str, Any]]:
    """What was asked of headquarters, oldest text first."""
    texts = case.revisions.filter(kind=RevisionKind.CHANGE).order_by("number")
    return [{name: text.sheet[name] for name in ("cost", "ends_on")} for text in texts]


def test_a_corrected_change_is_asked_again_with_its_figures() -> None:
    case = returned_change()
    client = client_of("LEADER-SHIMIN")

    page = client.get(address_of(case))
    response = client.post(address_of(case), FORM)

    assert 'value="50,000"' in text_of(page)
    assert (response.status_code, response["Location"]) == (302, f"/p/{case.number}/")
    assert asked(case) == [
        {"cost": 50_000, "ends_on": "2027-03-31"},
        {"cost": 60_000, "ends_on": "2027-04-30"},
    ]


@pytest.mark.parametrize("cost", ["9" * 25, "10,000,000,001", "-1", "9" * 5_000])
def test_a_cost_beyond_any_form_is_named_beside_its_field(cost: str) -> None:
    case = returned_change()
    before = state_of()

    response = client_of("LEADER-SHIMIN").post(address_of(case), {**FORM, "cost": cost})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["cost"]
    assert TYPED in text_of(response)
    assert state_of() == before


def test_an_end_in_the_past_is_named_beside_its_field() -> None:
    case = returned_change()
    before = state_of()

    response = client_of("LEADER-SHIMIN").post(address_of(case), {**FORM, "ends_on": "2026-05-11"})

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "ends_on": ["期限は、明日から2100年までの日を入れてください。"]
    }
    assert TYPED in text_of(response)
    assert state_of() == before


@pytest.mark.parametrize("name", ["what", "reason", "comment"])
@pytest.mark.parametrize("text", ["予約\u202eを行う", "\x1b[31m予約", "予約\x00"])
def test_what_cannot_be_seen_is_not_stored(name: str, text: str) -> None:
    case = returned_change()
    before = state_of()

    response = client_of("LEADER-SHIMIN").post(address_of(case), {**FORM, name: text})

    assert response.status_code == 422
    assert response.context["form"].errors == {name: ["目に見えない制御文字は使えません。"]}
    assert state_of() == before


@pytest.mark.parametrize("day", ["令和9年4月30日", "R9.4.30", "2027/4/30"])
def test_the_end_is_read_in_any_usual_spelling(day: str) -> None:
    case = returned_change()
    client = client_of("LEADER-SHIMIN")

    page = client.get(address_of(case))
    response = client.post(address_of(case), {**FORM, "ends_on": day})

    assert 'value="令和9年3月31日"' in text_of(page)
    assert response.status_code == 302
    assert asked(case)[-1]["ends_on"] == "2027-04-30"
