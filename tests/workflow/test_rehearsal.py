"""異動の予行: what would be wrong on a day, from all that is open now."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from roles.models import Appointment, Post
from tests.make import (
    AT,
    TODAY,
    a_delegation,
    a_post,
    a_project,
    a_suspension,
    a_user,
    an_appointment,
    holder,
)
from tests.proof import state_of
from tests.workflow.pages import client_of, text_of
from workflow.access.rehearsal import Rule, rehearse
from workflow.enums import StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

DAY = date(2027, 4, 1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def post(code: str) -> Post:
    return Post.objects.get(code=code)


def leave(code: str) -> None:
    Appointment.objects.filter(post__code=code).update(ends_on=DAY)


def found() -> dict[str, list[str]]:
    """Findings of the day by rule; empty rules are left out."""
    rehearsal = rehearse(DAY, today=TODAY)
    return {
        rule.value: [each.text for each in findings]
        for rule, _title, findings in rehearsal.groups
        if findings
    }


def run(*options: str) -> tuple[str, str]:
    """Output and complaint of the command."""
    out = StringIO()
    try:
        call_command("rehearse_transfer", "--on", "R9.4.1", *options, stdout=out)
    except CommandError as refusal:
        return out.getvalue(), str(refusal)
    return out.getvalue(), ""


def test_a_day_on_which_nothing_changes_is_fine(office: City) -> None:
    a_project()
    before = state_of()

    out, complaint = run("--json")

    report = json.loads(out.splitlines()[-1])
    assert complaint == ""
    assert (report["ok"], report["open"], report["on"]) == (True, 1, "2027-04-01")
    assert set(report["rules"]) == {rule.value for rule in Rule}
    assert sum(report["rules"].values()) == 0
    assert state_of() == before


def test_open_work_without_holder_and_the_vacant_seat_are_found(office: City) -> None:
    case = a_project()
    leave("HEAD-SHIMIN")

    assert found() == {
        "open-work-without-holder": [f"{case.reference}　所属長 確認（市民課長）"],
        "vacant-post": ["市民課長 が空席です。"],
    }


def test_who_is_on_leave_that_day_is_no_holder(office: City) -> None:
    a_project()
    a_suspension(person=holder("HEAD-SHIMIN"), starts_on=DAY)

    assert list(found()) == ["open-work-without-holder", "vacant-post"]


def test_two_on_a_seat_of_one_are_found(office: City) -> None:
    an_appointment(post=post("HEAD-SHIMIN"), person=a_user(name="後任 次郎"), starts_on=DAY)

    assert found() == {"double-holder": ["市民課長：石川 真由美、後任 次郎"]}


def test_who_would_come_to_sit_over_the_own_proposal_is_found(office: City) -> None:
    case = a_project()
    leave("HEAD-SHIMIN")
    an_appointment(post=post("HEAD-SHIMIN"), person=case.proposer, starts_on=DAY)

    assert found() == {
        "open-work-without-holder": [f"{case.reference}　所属長 確認（市民課長）"],
        "self-approval": [f"{case.reference}　所属長 確認（{case.proposer.name} さん）"],
    }


def test_a_deputy_who_leaves_and_a_deputy_on_leave_are_found(office: City) -> None:
    gone, away = a_user(name="退職 済男"), a_user(name="休職 中子")
    for code, deputy in (("HEAD-ZEIMU", gone), ("HEAD-KYODO", away)):
        a_delegation(post=post(code), deputy=deputy, ends_on=date(2028, 4, 1))
    Appointment.objects.filter(person=gone).update(ends_on=DAY)
    a_suspension(person=away, starts_on=DAY)

    assert found() == {
        "broken-delegation": [
            "税務課長の代理 退職 済男 さん（在籍しなくなる）",
            "市民共動課長の代理 休職 中子 さん（休職・育休中）",
        ]
    }


def test_readings_that_nobody_would_read_are_counted(office: City) -> None:
    a_project(route="RT1", to=StepKind.OBSERVE)
    leave("HQ-CHAIR")

    readings = found()["reading-without-holder"]

    assert readings == ["本部長（副市長）：1件"]


def test_the_command_names_the_first_and_fails(office: City) -> None:
    case = a_project()
    leave("HEAD-SHIMIN")

    out, complaint = run("--json")

    assert complaint == (
        f"令和9年4月1日に問題があります: {case.reference}　所属長 確認（市民課長）"
        "（open-work-without-holder、全2件）"
    )
    assert json.loads(out.splitlines()[-1])["ok"] is False
    with pytest.raises(CommandError):
        call_command("rehearse_transfer", "--on", "いつか")


def queries_of(action: Any) -> int:
    with CaptureQueriesContext(connection) as asked:
        action()
    said = [each["sql"].lstrip("(") for each in asked]
    assert [sql for sql in said if not sql.startswith("SELECT")] == []
    return len(asked)


def test_it_costs_the_same_however_many_cases_there_are(office: City) -> None:
    a_project()
    a_delegation(post=post("HEAD-KYODO"), deputy=a_user())
    leave("LEADER-ZEIMU")
    once = queries_of(lambda: rehearse(DAY, today=TODAY))
    for _n in range(3):
        a_project()
        a_delegation(post=post("HEAD-KYODO"), deputy=an_appointment(post=a_post()).person)
    leave("HEAD-SHIMIN")

    assert queries_of(lambda: rehearse(DAY, today=TODAY)) == once
    assert once <= 8


def test_the_page_leads_to_the_case_and_to_the_form(office: City) -> None:
    case = a_project()
    leave("HEAD-SHIMIN")

    page = text_of(client_of("SECRETARIAT").get("/org/rehearsal/", {"on": "R9.4.1"}))

    assert f'href="/p/{case.reference}/"' in page
    assert f"/org/appoint/?post={post('HEAD-SHIMIN').pk}&on=2027-04-01" in page
    assert "いま開いている手続1件を、令和9年4月1日の任命・代理・組織で確かめました。" in page


def test_without_a_day_the_next_first_of_april_is_rehearsed(office: City) -> None:
    response = client_of("SECRETARIAT").get("/org/rehearsal/")

    assert response.context["on"] == DAY
    assert "問題は見つかりませんでした。" in text_of(response)
