"""The record on the page of a case: scores, verbs, 決裁欄, route and history."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from bpr_projects.models import Project
from tests.make import (
    AT,
    a_draft,
    a_project,
    holder,
    resubmit,
    say,
    submit,
    the_run,
    walk,
    withdraw,
)
from tests.workflow.pages import client_of, text_of
from workflow import engine, sheet
from workflow.actions.completeness import objections
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


def page_of(project: Project, who: str) -> str:
    response = client_of(who).get(f"/p/{project.reference}/")
    assert response.status_code == 200
    return text_of(response)


def pull_back(project: Project) -> None:
    engine.pull_back(project=project, by=holder("LEADER-SHIMIN"), at=AT)


# --- scores --------------------------------------------------------------------------------

OPINION = "代行入力の手順が要ります。"


@pytest.fixture
def reviewed() -> Project:
    project = a_project(to=StepKind.REVIEW)
    say(project, Outcome.SCORED, post="PT-FUKUSHI", comment=OPINION)
    return project


@pytest.mark.parametrize("who", ["PT-SHIMIN", "PT-CHAIR", "SECRETARIAT", "LEADER-SHIMIN"])
@pytest.mark.parametrize("path", ["", "history/", "kessai/"])
def test_scores_are_hidden_until_ones_own_is_in(reviewed: Project, who: str, path: str) -> None:
    page = text_of(client_of(who).get(f"/p/{reviewed.number}/{path}"))

    assert OPINION not in page
    assert "78点" not in page
    assert "80点" not in page


def test_after_the_own_score_the_others_are_shown(reviewed: Project) -> None:
    say(reviewed, Outcome.SCORED, post="PT-SHIMIN")

    page = page_of(reviewed, "PT-SHIMIN")

    assert OPINION in page
    assert "採点 2/6人" in page
    assert OPINION in text_of(client_of("PT-FUKUSHI").get(f"/p/{reviewed.number}/history/"))


def test_after_the_region_everybody_sees_the_scores(reviewed: Project) -> None:
    say(reviewed, Outcome.RECUSED, post="PT-KYOIKU", comment="親族の会社が関係します。")
    walk(reviewed, to=StepKind.REFERRAL)

    page = page_of(reviewed, "LEADER-SHIMIN")

    assert OPINION in page
    assert "採点 5/5人" in page
    assert "辞退" in page
    assert '<b class="num">80</b>/100' in page


# --- verbs ---------------------------------------------------------------------------------


def test_the_page_offers_what_may_be_done_and_why_not() -> None:
    project = a_project(to=StepKind.REVIEW)

    def labels(who: str) -> list[tuple[str, bool]]:
        desk = client_of(who).get(f"/p/{project.number}/").context["desk"]
        own = [verb for verb in desk.verbs if not verb.is_post]
        return [(verb.label, bool(verb.permit)) for verb in own]

    assert labels("LEADER-SHIMIN") == [("取り下げる", True)]
    assert labels("SECRETARIAT") == [
        ("引き戻す", True),
        ("審査を締め切る", False),
        ("担当を付け替える", True),
        ("廃案とする", True),
        ("関係者限りにする", True),
    ]
    assert labels("PT-CHAIR") == [("審査を締め切る", False)]
    assert labels("AUDITOR") == []
    assert "定足数の4人がそろうと締め切れます。" in page_of(project, "PT-CHAIR")


def test_the_offer_to_pull_back_is_the_rule_of_the_engine() -> None:
    project = a_project()
    client = client_of("LEADER-SHIMIN")

    def offered() -> list[str]:
        desk = client.get(f"/p/{project.number}/").context["desk"]
        return [verb.label for verb in desk.verbs if verb.permit]

    assert "引き戻す" in offered()
    pull_back(project)
    assert "引き戻す" not in offered()
    resubmit(project)
    assert "引き戻す" in offered()
    say(project, Outcome.APPROVED)
    assert "引き戻す" not in offered()


# --- 決裁欄, route, history ------------------------------------------------------------------


def test_the_columns_follow_the_executed_route() -> None:
    project = a_project(to=StepKind.DECISION, route="RT3")

    response = client_of("HQ-CHAIR").get(f"/p/{project.number}/")

    columns = [
        (each.heading, each.stamp.word if each.stamp else each.note.rpartition("/")[2])
        for each in response.context["columns"]
    ]
    assert columns == [
        ("本部長", "判断待ち"),
        ("本部員", "6人"),
        ("財政", "同意"),
        ("部長", "承認"),
        ("PT長", "上申"),
        ("PT審査", "6人"),
        ("事務局", "受付"),
        ("所属長", "確認"),
        ("起案", "起案"),
    ]


def test_a_held_and_a_deputised_seat_say_so() -> None:
    project = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    say(project, Outcome.HELD)
    held = client_of("HEAD-DIGITAL").get(f"/p/{project.number}/").context["columns"][0]
    say(project, Outcome.ADOPTED)
    adopted = client_of("HEAD-DIGITAL").get(f"/p/{project.number}/").context["columns"][0]

    assert (held.heading, held.note, held.is_now) == ("室長（専決）", "保留中", True)
    assert adopted.stamp.word == "専決"


def test_after_a_new_text_the_old_stamps_are_gone() -> None:
    project = a_project(to=StepKind.RECEPTION)
    say(project, Outcome.SENT_BACK)
    project = resubmit(project, volume=2500)

    response = client_of("HEAD-SHIMIN").get(f"/p/{project.number}/")

    words = [each.stamp.word if each.stamp else each.note for each in response.context["columns"]]
    assert words[-2:] == ["判断待ち", "起案"]
    assert set(words[:-2]) == {""}
    assert "第2版" in text_of(response)


def test_skipped_and_coming_steps_are_on_the_route() -> None:
    project = a_project(route="RT3", section="KAIKEI", sections=["KAIKEI"], to=StepKind.REFERRAL)

    response = client_of("PT-CHAIR").get(f"/p/{project.number}/")

    coming = response.context["coming"]
    assert [each.title for each in coming][-2:] == [
        "本部長 決裁",
        "決裁後の供覧（プロジェクトチーム）",
    ]
    assert any("財政課の所属長" in each.who for each in coming)
    assert coming[-1].is_reading


@pytest.mark.slow
def test_the_history_goes_back_page_by_page() -> None:
    project = a_project()
    for _turn in range(30):
        pull_back(project)
        resubmit(project)
    client = client_of("AUDITOR")

    first = client.get(f"/p/{project.number}/history/")
    second = client.get(f"/p/{project.number}/history/?before={first.context['older']}")

    assert [len(each.context["lines"]) for each in (first, second)] == [50, 11]
    assert second.context["older"] is None
    assert "差替え・引戻し済み" in text_of(first)
    assert "照合番号" in text_of(first)
    odd = client.get(f"/p/{project.number}/history/?before=x")
    assert len(odd.context["lines"]) == 50


def test_what_the_page_calls_an_objection_is_what_the_engine_asks_about() -> None:
    project = a_project(to=StepKind.CONCURRENCE, route="RT3")
    say(project, Outcome.OBJECTED)

    for outcome in (None, Outcome.UNSETTLED):
        if outcome:
            walk(project, to=StepKind.MEDIATION)
            say(project, outcome)
        run = the_run(project)
        dossier = sheet.dossier_of(Project.objects.get(pk=project.pk), AT)
        assert [each.pk for each in dossier.objections(run)] == [
            each.pk for each in objections(run)
        ]


def test_an_ended_case_says_how_it_ended() -> None:
    project = submit(a_draft())
    withdraw(project)

    page = page_of(project, "LEADER-SHIMIN")

    assert "「取下げ」としました。担当を待っている手続はありません。" in page
