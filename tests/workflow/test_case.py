"""The page of a case: what each reader sees, may do and may not know, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.make import (
    AT,
    a_cycle,
    a_draft,
    a_project,
    holder,
    record_phase,
    resubmit,
    say,
    the_slot,
    the_step,
    walk,
)
from tests.workflow.pages import answer_url, client_of, sent, text_of
from workflow import engine
from workflow.enums import Outcome, RunKind, StepKind
from workflow.models import Decision, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project


pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

MOST_QUERIES = 12
MOST_BYTES = 150_000


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


# --- what it costs -------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["HEAD-SHIMIN", "LEADER-SHIMIN", "DEPT-SHIMINBU", "SECRETARIAT"])
def test_one_decision_or_thirty_cost_the_same_and_little(who: str) -> None:
    small, large = a_project(), a_project()
    for _turn in range(15):
        pull_back(large)
        resubmit(large)
    assert Decision.objects.filter(project=large).count() > 30
    client = client_of(who)
    counts = []
    for project in (small, large):
        client.get(f"/p/{project.number}/")
        with CaptureQueriesContext(connection) as queries:
            response = client.get(f"/p/{project.number}/")
        counts.append(len(queries))
        assert len(response.content) < MOST_BYTES

    assert counts[0] == counts[1] <= MOST_QUERIES


def test_the_first_look_of_a_holder_and_the_whole_history_stay_in_the_limit() -> None:
    project = a_project(to=StepKind.DECISION, route="RT4")
    with CaptureQueriesContext(connection) as first:
        client_of("HQ-CHAIR").get(f"/p/{project.number}/")
    client = client_of("AUDITOR")
    with CaptureQueriesContext(connection) as history:
        client.get(f"/p/{project.number}/history/")

    reading = [each for each in first if 'INSERT INTO "django_session"' not in each["sql"]]
    own = [each for each in reading if "SAVEPOINT" not in each["sql"]]
    assert len([each for each in own if "workflow_seen" in each["sql"]]) == 2
    assert len(history) <= MOST_QUERIES


# --- who has seen it -----------------------------------------------------------------------


def test_a_holder_who_opens_the_page_has_seen_the_slot_once() -> None:
    project = a_project()
    client = client_of("HEAD-SHIMIN")

    client.get(f"/p/{project.number}/")
    client.get(f"/p/{project.number}/decide/")

    seen = Seen.objects.get(slot=the_slot(project))
    assert (seen.person, seen.seen_at) == (holder("HEAD-SHIMIN"), AT + timedelta(minutes=5))


@pytest.mark.parametrize("who", ["LEADER-SHIMIN", "SECRETARIAT", "AUDITOR", "DEPT-SHIMINBU"])
def test_whoever_is_not_asked_leaves_no_trace(who: str) -> None:
    project = a_project()

    client_of(who).get(f"/p/{project.number}/")

    assert Seen.objects.count() == 0


def test_what_a_browser_fetches_by_itself_is_not_seen() -> None:
    project = a_project()
    client = client_of("HEAD-SHIMIN")

    client.head(f"/p/{project.number}/")
    client.get(f"/p/{project.number}/", headers={"Sec-Purpose": "prefetch;prerender"})
    client.get(f"/p/{project.number}/", headers={"Purpose": "prefetch"})
    client.get(f"/p/{project.number}/history/")

    assert Seen.objects.count() == 0


# --- who may read it -----------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "decide/", "history/", "kessai/", "kessai.pdf", "withdraw/"])
def test_a_case_that_one_may_not_see_is_not_found(path: str) -> None:
    project = a_project()

    assert client_of("LEADER-ZEIMU").get(f"/p/{project.number}/{path}").status_code == 404
    assert client_of("LEADER-ZEIMU").get(f"/p/R9-999/{path}").status_code == 404
    assert Client().get(f"/p/{project.number}/{path}").status_code == 302


def test_a_draft_is_its_authors_alone_and_leads_to_the_form() -> None:
    draft = a_draft()

    page = page_of(draft, "LEADER-SHIMIN")

    assert "続きを書く" in page
    assert "提出すると経路が決まります。" in page
    assert client_of("HEAD-SHIMIN").get(f"/p/{draft.reference}/").status_code == 404


def test_what_people_typed_is_shown_as_text() -> None:
    project = a_project(title="<script>alert(1)</script>", reform="<img src=x onerror=alert(2)>")

    raw = client_of("HEAD-SHIMIN").get(f"/p/{project.number}/").content.decode()

    assert "<script>alert" not in raw
    assert "<img src=x" not in raw


# --- who holds it --------------------------------------------------------------------------


def test_the_page_says_who_holds_it_since_when_until_when_and_what_follows() -> None:
    project = a_project()

    page = page_of(project, "LEADER-SHIMIN")

    head = holder("HEAD-SHIMIN").family_name
    assert f"市民課長 {head}さん" in page
    assert "「所属長 確認」を担当中。5/11（月）から1日目、標準2営業日 = 5/13（水）まで。" in page
    assert "次は「事務局 受付」。" in page
    assert "あなたの操作は必要ありません。" in page


@pytest.mark.parametrize(
    ("to", "who", "heading", "answers"),
    [
        (StepKind.CONFIRMATION, "HEAD-SHIMIN", "市民課長としての確認", ["承認", "差戻し", "辞退"]),
        (StepKind.RECEPTION, "SECRETARIAT", "事務局としての受付", ["受付", "差戻し", "辞退"]),
        (StepKind.REVIEW, "PT-SHIMIN", "PT員（市民窓口）としての採点", ["採点", "辞退"]),
        (
            StepKind.REFERRAL,
            "PT-CHAIR",
            "PT長としての上申",
            ["上申（可）", "上申（条件付き可）", "上申（不可）", "差戻し", "保留", "辞退"],
        ),
        (StepKind.APPROVAL, "DEPT-SHIMINBU", "市民部長としての承認", ["承認", "差戻し", "辞退"]),
        (
            StepKind.CONCURRENCE,
            "HEAD-ZAISEI",
            "財政課長としての合議",
            ["同意", "意見付き同意", "不同意", "辞退"],
        ),
        (
            StepKind.DECISION,
            "HQ-CHAIR",
            "本部長（副市長）としての判断",
            ["採択", "条件付き採択", "差戻し", "保留", "不採択", "辞退"],
        ),
    ],
)
def test_each_station_offers_its_own_answers(
    to: StepKind, who: str, heading: str, answers: list[str]
) -> None:
    project = a_project(to=to, route="RT3")

    response = client_of(who).get(f"/p/{project.number}/")

    (part,) = response.context["desk"].parts
    assert heading in text_of(response)
    assert [card.label for card in part.form.cards()] == answers


def test_a_returned_case_leads_its_proposer_to_the_form() -> None:
    project = a_project()
    say(project, Outcome.SENT_BACK, comment="件数の根拠を足してください。")

    page = page_of(project, "LEADER-SHIMIN")

    assert f'href="/p/{project.number}/edit/"' in page
    assert "件数の根拠を足してください。" in page
    assert "修正中" in page


def test_a_running_case_leads_its_section_to_the_board() -> None:
    project = a_project(to=StepKind.OBSERVE)

    page = page_of(project, "LEADER-SHIMIN")

    assert f'href="/p/{project.number}/ooda/"' in page
    assert "「観察」を記録する" in page
    assert "決裁票を見る" in page


def test_a_question_about_a_running_case_is_shown_and_decided_on_its_page() -> None:
    project = a_project(to=StepKind.OBSERVE)
    a_cycle(project, result="STOP", lesson="予約枠だけでは足りなかった。")
    step = the_step(project)
    assert step is not None
    assert step.run.kind == RunKind.APPROVAL
    walk(project, to=StepKind.DECISION)
    slot = the_slot(project)

    client = client_of("HQ-CHAIR")
    page = text_of(client.get(f"/p/{project.number}/"))
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/p/{project.number}/")
    done = client.post(answer_url(slot), sent(slot, "ADOPTED"), follow=True)

    assert "決めること：中止" in page
    assert "予約を始めた。" in page
    assert "予約枠だけでは足りなかった。" in page
    assert len(queries) <= MOST_QUERIES
    assert done.status_code == 200
    project.refresh_from_db()
    assert project.stage == "STOPPED"


def test_a_change_outside_the_bounds_says_what_it_asks_for() -> None:
    project = a_project(to=StepKind.OBSERVE)
    while record_phase(project, cost=900_000, until="2027-06-30") != "DECIDE":
        pass

    page = page_of(project, "HEAD-SHIMIN")

    assert "決めること：変更" in page
    assert "900,000円" in page
    assert "令和9年6月30日" in page
    assert "自由枠を超える点" in page


# --- the deep link of mails ----------------------------------------------------------------


def test_the_link_of_a_mail_lands_on_the_decision() -> None:
    project = a_project()

    page = text_of(client_of("HEAD-SHIMIN").get(f"/p/{project.number}/decide/"))

    assert 'id="decide" tabindex="-1" autofocus' in page
    assert "いまはあなたの番ではありません" not in page


def test_an_old_link_says_who_acted() -> None:
    project = a_project()
    say(project, Outcome.APPROVED)

    page = text_of(client_of("HEAD-SHIMIN").get(f"/p/{project.number}/decide/"))

    assert "この手続は、いまはあなたの番ではありません。" in page
    assert f"最後に 市民課長　{holder('HEAD-SHIMIN').name} さんが" in page
    assert "「承認」としました。" in page
