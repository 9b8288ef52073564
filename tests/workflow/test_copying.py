"""再提案 and 横展開: a draft with the text of another case, and how both lead to each other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from bpr_projects.models import Project
from tests.make import AT, a_project, say, withdraw
from tests.workflow.pages import client_of, text_of
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


def refused_case(**answers: Any) -> Project:
    project = a_project(to=StepKind.DECISION, route="RT4", **answers)
    say(project, Outcome.NOT_ADOPTED, comment="来年度に改めて。")
    return Project.objects.get(pk=project.pk)


def copied(project: Project, who: str) -> Project:
    response = client_of(who).post(f"/p/{project.number}/copy/")
    assert response.status_code == 302
    return Project.objects.latest("pk")


def verb_of(project: Project, who: str) -> Any:
    desk = client_of(who).get(f"/p/{project.number}/").context["desk"]
    return next((each for each in desk.verbs if each.url.endswith("/copy/")), None)


def test_the_seat_that_proposed_proposes_again_with_all_that_still_fits() -> None:
    project = refused_case(sections=["ZEIMU"])

    with time_machine.travel("2026-08-03 09:00+09:00", tick=False):
        copy = copied(project, "LEADER-SHIMIN")

    assert (copy.copied_from, copy.stage, copy.number) == (project, "DRAFT", None)
    assert copy.title == project.title
    assert copy.sheet["problem"] == project.sheet["problem"]
    assert copy.sheet["sections"] == ["ZEIMU"]
    assert copy.sheet["starts_on"] == ""
    assert copy.sheet["ends_on"] == "2027-03-31"
    assert [row["target_on"] for row in copy.sheet["kpis"]] == ["2027-03-31"]


def test_the_days_of_rows_that_are_past_are_left_open_too() -> None:
    waves = [
        {"what": "本庁", "starts_on": "2026-07-01"},
        {"what": "支所", "starts_on": "2026-10-01"},
    ]
    project = refused_case(waves=waves)

    with time_machine.travel("2026-08-03 09:00+09:00", tick=False):
        copy = copied(project, "LEADER-SHIMIN")

    assert [row["starts_on"] for row in copy.sheet["waves"]] == ["", "2026-10-01"]


def test_another_leader_reuses_what_was_adopted_for_the_own_section() -> None:
    project = a_project(to=StepKind.OBSERVE)

    copy = copied(project, "LEADER-ZEIMU")

    assert copy.section is not None
    assert copy.section.code == "ZEIMU"
    assert copy.sheet["section"] == "ZEIMU"
    assert "partners" not in copy.sheet
    assert copy.sheet["reform"] == project.sheet["reform"]


def test_both_cases_lead_to_each_other_as_far_as_one_may_read() -> None:
    project = refused_case()
    copy = copied(project, "LEADER-SHIMIN")

    there = text_of(client_of("LEADER-SHIMIN").get(f"/p/{copy.reference}/"))
    back = text_of(client_of("LEADER-SHIMIN").get(f"/p/{project.number}/"))
    others = text_of(client_of("HEAD-SHIMIN").get(f"/p/{project.number}/"))

    assert f'もとの案件：<a href="/p/{project.number}/">' in there
    assert f'この案件をもとにした案件：<a href="/p/{copy.reference}/">' in back
    assert copy.reference not in others


def test_what_is_not_decided_yet_cannot_be_copied() -> None:
    project = a_project()

    response = client_of("LEADER-SHIMIN").post(f"/p/{project.number}/copy/")

    assert response.status_code == 403
    assert "まだ決まっていないため複製できません。" in text_of(response)
    assert verb_of(project, "LEADER-SHIMIN") is None
    assert Project.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "allowed"), [("LEADER-SHIMIN", True), ("SECRETARIAT", False), ("HEAD-SHIMIN", None)]
)
def test_a_case_that_was_not_adopted_is_its_proposers_to_try_again(
    who: str,
    *,
    allowed: bool | None,
) -> None:
    verb = verb_of(refused_case(), who)

    assert (None if verb is None else bool(verb.permit)) == allowed
    if verb is not None and not verb.permit:
        assert "の職にある方です。" in verb.permit.reason


def test_a_case_that_was_withdrawn_can_be_proposed_again() -> None:
    project = a_project()
    withdraw(project)

    assert copied(project, "LEADER-SHIMIN").copied_from == project


def test_the_page_before_says_what_is_copied_and_writes_nothing() -> None:
    project = a_project(to=StepKind.OBSERVE)

    page = client_of("SECRETARIAT").get(f"/p/{project.number}/copy/")

    assert page.status_code == 200
    assert "下書きを作る" in text_of(page)
    assert Project.objects.count() == 1


def test_a_second_click_opens_the_same_copy() -> None:
    project = refused_case()
    with time_machine.travel("2026-08-03 09:00:00+09:00", tick=False):
        first = copied(project, "LEADER-SHIMIN")
    with time_machine.travel("2026-08-03 09:00:40+09:00", tick=False):
        assert copied(project, "LEADER-SHIMIN") == first
        assert Project.objects.filter(copied_from=project).count() == 1
    with time_machine.travel("2026-08-03 09:01:10+09:00", tick=False):
        assert copied(project, "LEADER-SHIMIN") != first


def test_a_copy_in_which_somebody_wrote_is_not_given_again() -> None:
    project = refused_case()
    with time_machine.travel("2026-08-03 09:00:00+09:00", tick=False):
        first = copied(project, "LEADER-SHIMIN")
    with time_machine.travel("2026-08-03 09:00:20+09:00", tick=False):
        client_of("LEADER-SHIMIN").post(
            f"/p/{first.reference}/edit/",
            {"draft_version": first.draft_version, "title": "書き始めた"},
        )
        assert copied(project, "LEADER-SHIMIN") != first
