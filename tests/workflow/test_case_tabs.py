"""The tabs of a case: 概要, 審査結果, 添付, 版の比較, 図 as each reader meets them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.urls import reverse

from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.models import Attachment, Comment
from tests.make import (
    AT,
    SCORES,
    a_draft,
    a_project,
    holder,
    record_phase,
    resubmit,
    say,
    the_slot,
    walk,
)
from tests.workflow.pages import answer_url, client_of, sent, text_of
from workflow.enums import Outcome, StepKind
from workflow.models import Condition, ConditionReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

TABS = ["project", "project-review", "project-history", "project-files", "project-compare"]
STEPS: dict[str, Any] = {
    "as_is": [
        {"what": "記入台で記入", "who": "市民", "minutes": 12, "flags": ["PAPER", "SEAL"]},
        {"what": "照合", "who": "市民課", "minutes": 6},
    ],
    "to_be": [
        {"what": "聞き取り", "who": "市民課", "minutes": 8},
        {"what": "照合", "who": "市民課", "minutes": 6},
    ],
}


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


def page_of(project: Project, who: str, tab: str = "", query: str = "") -> str:
    response = client_of(who).get(f"/p/{project.reference}/{tab}{query}")
    assert response.status_code == 200
    return text_of(response)


def words_of(page: str) -> str:
    """The words of a page, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# --- the tabs themselves -------------------------------------------------------------------


@pytest.mark.parametrize("name", [*TABS, "project-flow"])
def test_every_tab_has_the_head_and_says_which_it_is(name: str) -> None:
    project = a_project()

    page = text_of(client_of("HEAD-SHIMIN").get(reverse(name, args=[project.number])))

    assert page.count('aria-current="page">') >= 1
    assert f'href="{reverse(name, args=[project.number])}" aria-current="page"' in page
    assert f"<h1>{project.title}</h1>" in page
    assert "が「所属長 確認」を担当中。" in page


@pytest.mark.parametrize("tab", ["review/", "files/", "versions/", "flow/", "history/"])
def test_a_draft_has_its_tabs_too_and_only_for_its_authors(tab: str) -> None:
    draft = a_draft()

    assert page_of(draft, "LEADER-SHIMIN", tab)
    assert client_of("HEAD-SHIMIN").get(f"/p/{draft.reference}/{tab}").status_code == 404


# --- 概要 ----------------------------------------------------------------------------------


def test_the_overview_draws_both_ways_of_working_with_their_sums() -> None:
    project = a_project(**STEPS)

    words = words_of(page_of(project, "HEAD-SHIMIN"))

    assert "いま 2工程・18分 記入台で記入 市民 12分 紙・押印 照合 市民課 6分" in words
    assert "これから 2工程・14分 聞き取り 市民課 8分 新しい 照合 市民課 6分" in words


def test_the_overview_says_what_it_is_worth_in_a_year() -> None:
    project = a_project(citizen_minutes_before=45, citizen_minutes_after=50)

    words = words_of(page_of(project, "HEAD-SHIMIN"))

    assert "職員の処理時間（1件） 42分 25分 567時間の減" in words
    assert "市民の手続時間（1件） 45分 50分 167時間の増" in words
    assert "平均手続時間 42分 25分" in words


def test_the_route_says_until_when_each_station_will_be_through() -> None:
    project = a_project()

    response = client_of("LEADER-SHIMIN").get(f"/p/{project.number}/")

    coming = response.context["coming"]
    due = the_slot(project).step_run.due_at
    assert due is not None
    assert coming[0].until > due.date()
    days = [each.until for each in coming if each.until]
    assert days == sorted(days)
    assert "ごろまで" in text_of(response)


def a_comment(project: Project, level: CommentLevel, text: str) -> None:
    Comment.objects.create(
        project=project,
        kind=CommentKind.QUESTION,
        level=level,
        text=text,
        written_by=holder("SECRETARIAT"),
        written_at=AT,
    )


def test_the_overview_tells_of_the_discussion_only_what_the_reader_may_read() -> None:
    project = a_project(to=StepKind.REVIEW)
    a_comment(project, CommentLevel.PARTIES, "件数の根拠は何ですか。")
    a_comment(project, CommentLevel.REVIEW, "採点の前に確かめたい点です。")

    team, leader = page_of(project, "PT-SHIMIN"), page_of(project, "LEADER-SHIMIN")

    assert "採点の前に確かめたい点です。" in team
    assert "質問 2件が回答待ち" in team
    assert "件数の根拠は何ですか。" in leader
    assert "採点の前に確かめたい点です。" not in leader
    assert "質問 1件が回答待ち" in leader


def test_the_overview_says_how_each_condition_stands() -> None:
    project = a_project(to=StepKind.DECISION, route="RT4")
    say(project, Outcome.ADOPTED_WITH_CONDITIONS, comment="条件を付けます。")

    with time_machine.travel("2027-04-05 09:00+09:00", tick=False):
        late = page_of(project, "LEADER-SHIMIN")
    condition = Condition.objects.get(project=project)
    ConditionReport.objects.create(
        condition=condition, text="済み。", reported_by=project.proposer, reported_at=AT
    )
    reported = page_of(project, "LEADER-SHIMIN")

    assert "予算の成立を条件とする" in late
    assert "期限を過ぎています" in late
    assert "事務局の確認待ち" in reported


# --- 審査結果 ------------------------------------------------------------------------------


def score(project: Project, part: str, points: int, comment: str) -> None:
    scores = dict.fromkeys(SCORES, points)
    say(project, Outcome.SCORED, post=f"PT-{part}", scores=scores, comment=comment)


def test_an_open_region_shows_nothing_until_the_own_score_is_in() -> None:
    project = a_project(to=StepKind.REVIEW)
    score(project, "SHIMIN", 5, "窓口がよくなります。")

    for who in ("PT-FUKUSHI", "PT-CHAIR", "LEADER-SHIMIN", "SECRETARIAT", "AUDITOR"):
        page = page_of(project, who, "review/")
        assert "窓口がよくなります。" not in page
        assert "100点" not in page
        assert "採点は、ご自身の採点を提出した後" in page
    assert "採点する" in page_of(project, "PT-FUKUSHI", "review/")

    own = page_of(project, "PT-SHIMIN", "review/")
    assert "窓口がよくなります。" in own
    assert "自分の採点を直す" in own


def test_after_the_region_everybody_sees_means_spread_opinions_and_recusals() -> None:
    project = a_project(to=StepKind.REVIEW)
    say(project, Outcome.RECUSED, post="PT-SHIMIN", comment="所管の業務のため。")
    walk(project, to=StepKind.REFERRAL)

    words = words_of(page_of(project, "LEADER-SHIMIN", "review/"))

    assert "目安の60点以上" in words
    assert "4.0" in words
    assert "4〜4" in words
    assert "辞退の理由 ：所管の業務のため。" in words
    assert "効果 × 実現しやすさ" in words


def test_only_who_weighs_is_told_which_scores_stand_apart() -> None:
    project = a_project(to=StepKind.REVIEW)
    slots = the_slot(project).step_run.slots.select_related("post")
    first, *others = [slot.post.code for slot in slots]
    score(project, first.removeprefix("PT-"), 1, "効果が見えません。")
    for code in others:
        score(project, code.removeprefix("PT-"), 5, "よい案です。")
    low = holder(first).name

    chair = page_of(project, "PT-CHAIR", "review/")
    leader = page_of(project, "LEADER-SHIMIN", "review/")

    assert "上申の前に確かめたい、離れた採点" in chair
    assert f"合計：{low}（20点）" in chair
    assert "離れた採点" not in leader
    assert "割れている" in leader


def test_under_60_is_a_hint() -> None:
    project = a_project(to=StepKind.REVIEW)
    for slot in the_slot(project).step_run.slots.select_related("post"):
        score(project, slot.post.code.removeprefix("PT-"), 2, "まだ早い。")

    assert "目安の60点より下" in page_of(project, "PT-CHAIR", "review/")
    assert "上申（可）" in page_of(project, "PT-CHAIR")


def test_a_score_that_was_given_shows_its_total_without_a_script() -> None:
    project = a_project(to=StepKind.REVIEW)
    score(project, "SHIMIN", 2, "まだ早い。")

    page = page_of(project, "PT-SHIMIN")

    assert "<output data-total>40</output>" in page
    assert "data-under>" in page
    assert "data-under hidden>" in page_of(project, "PT-FUKUSHI")


def test_what_is_missing_on_the_review_sheet_is_said_beside_it() -> None:
    project = a_project(to=StepKind.REVIEW)
    slot = the_slot(project, "PT-SHIMIN")
    points = {f"scores_{code}": "4" for code in SCORES if code != "N3"}

    response = client_of("PT-SHIMIN").post(answer_url(slot), sent(slot, "SCORED", **points))

    page = text_of(response)
    assert response.status_code == 422
    assert page.count("data-missing") == 1
    assert "選んでください" in page[page.index("data-missing") :][:600]
    assert "確かめました。問題ありません。" in page


def test_the_review_sheet_says_what_the_proposal_claims_of_each_principle() -> None:
    project = a_project(to=StepKind.REVIEW, principles={"N3": "支所から小さく始める。"})

    words = words_of(page_of(project, "PT-SHIMIN"))

    question = "小さく試し、意見を踏まえて見直す進め方ですか。（要確認）"
    assert f"{question} 提案では： 支所から小さく始める。" in words


# --- 添付 ----------------------------------------------------------------------------------


def attach(project: Project, name: str) -> Attachment:
    content = ContentFile(b"%PDF-1.7", name=name)
    return Attachment.objects.create(
        project=project,
        file=content,
        name=name,
        extension="pdf",
        size=8,
        sha256="0" * 64,
        uploaded_by=project.proposer,
        uploaded_at=AT,
    )


def test_files_say_which_versions_hold_them_and_removed_ones_stay_with_theirs() -> None:
    project = a_project()
    say(project, Outcome.SENT_BACK, comment="図を足してください。")
    plan = attach(project, "動線図.pdf")
    project = resubmit(project)
    say(project, Outcome.SENT_BACK, comment="図を直してください。")
    plan.removed_at = AT
    plan.save()
    attach(project, "動線図2.pdf")
    project = resubmit(project)
    say(project, Outcome.SENT_BACK, comment="もう一度。")
    attach(project, "書きかけ.pdf")

    words = words_of(page_of(project, "HEAD-SHIMIN", "files/"))
    own = words_of(page_of(project, "LEADER-SHIMIN", "files/"))

    current, _, past = words.partition("前の版にあったファイル")
    assert "動線図2.pdf" in current
    assert "第3版" in current
    assert "動線図.pdf 外された" in past
    assert "第2版" in past
    assert "書きかけ.pdf" not in words
    assert "まだ提出していない版" in own


# --- 版の比較 ------------------------------------------------------------------------------


def test_two_versions_are_read_as_one_text_with_the_reason_for_the_later() -> None:
    project = a_project()
    say(project, Outcome.SENT_BACK, comment="件数の根拠を足してください。")
    project = resubmit(project, problem="転出の手続で同じ住所を何度も書いていただいている。")

    page = page_of(project, "HEAD-SHIMIN", "versions/")

    assert "転<del>入</del><ins>出</ins>の手続で" in page
    assert f"{project.proposer.name} が提出" in page
    assert "の「差戻し」（5/11（月））" in page
    assert "件数の根拠を足してください。" in page
    assert 'id="c-title"' not in page
    assert 'id="c-title"' in page_of(project, "HEAD-SHIMIN", "versions/", "?from=1&to=2&all=1")


def test_an_address_of_versions_that_are_not_there_shows_the_last_two() -> None:
    project = a_project()

    assert "いまあるのは第1版だけです。" in page_of(project, "HEAD-SHIMIN", "versions/")
    for query in ("?from=9&to=x", "?from=&to=", "?from=1&to=1", "?from=c9&to=1&all=2"):
        assert page_of(project, "HEAD-SHIMIN", "versions/", query)


def test_what_was_typed_is_text_in_a_comparison_too() -> None:
    project = a_project(problem="<script>alert(1)</script>")
    say(project, Outcome.SENT_BACK, comment="<b>直して</b>")
    project = resubmit(project, problem="<img src=x onerror=alert(2)>")

    raw = client_of("HEAD-SHIMIN").get(f"/p/{project.number}/versions/").content.decode()

    assert "<script>alert" not in raw
    assert "<img src=x" not in raw
    assert "<b>直して" not in raw


# --- 図 ------------------------------------------------------------------------------------


def states_of(project: Project, who: str = "LEADER-SHIMIN") -> list[tuple[str, str]]:
    way = client_of(who).get(f"/p/{project.reference}/flow/").context["way"]
    return [(stop.title, stop.state) for stop in way.stops]


def test_the_picture_shows_what_is_done_where_it_is_and_what_comes() -> None:
    project = a_project(to=StepKind.RECEPTION)

    states = states_of(project)

    assert states[:3] == [
        ("起案・提出", "done"),
        ("所属長 確認", "done"),
        ("事務局 受付", "now"),
    ]
    assert {state for _title, state in states[3:]} == {"coming"}
    assert states[-1][0] == "採択なら実行（OODA）"


def test_a_returned_case_is_with_its_proposer_and_the_loop_is_drawn() -> None:
    project = a_project(to=StepKind.RECEPTION)
    say(project, Outcome.SENT_BACK, comment="件数の根拠を足してください。")

    page = page_of(project, "LEADER-SHIMIN", "flow/")

    assert states_of(project)[0] == ("修正と再提出", "now")
    assert {state for _title, state in states_of(project)[1:]} == {"coming"}
    assert "差戻し5/11" in page
    assert "「事務局 受付」から「修正と再提出」へ" in page
    assert page.count('class="routemap__loop"') == 1


def test_a_station_that_is_open_again_is_not_drawn_as_done() -> None:
    project = a_project(to=StepKind.RECEPTION)
    say(project, Outcome.SENT_BACK, comment="件数の根拠を足してください。")
    project = resubmit(project, cost=1000, budget_measure="INITIAL")

    assert states_of(project)[1] == ("所属長 確認", "now")
    walk(project, to=StepKind.RECEPTION)
    say(project, Outcome.SENT_BACK, comment="まだ足りません。")
    assert "差戻し2回" in page_of(project, "LEADER-SHIMIN", "flow/")


def test_who_scored_is_shown_but_not_how() -> None:
    project = a_project(to=StepKind.REVIEW)
    score(project, "SHIMIN", 5, "窓口がよくなります。")

    page = page_of(project, "PT-FUKUSHI", "flow/")

    assert holder("PT-SHIMIN").name in page
    assert "100点" not in page
    assert "窓口がよくなります。" not in page


@pytest.mark.parametrize(
    ("outcome", "last"),
    [
        (Outcome.ADOPTED, [("採択", "done"), ("実行（OODA）", "now")]),
        (Outcome.NOT_ADOPTED, [("不採択", "bad")]),
    ],
)
def test_the_end_of_the_way_is_how_it_was_decided(
    outcome: str, last: list[tuple[str, str]]
) -> None:
    project = a_project(to=StepKind.DECISION, route="RT4")
    say(project, Outcome(outcome))

    states = states_of(project)

    assert states[-len(last) :] == last
    assert {state for _title, state in states[: -len(last)]} <= {"done", "skipped"}


def test_a_question_about_a_running_case_has_a_way_of_its_own() -> None:
    project = a_project(to=StepKind.OBSERVE)
    while record_phase(project, cost=900_000, until="2027-06-30") != "DECIDE":
        pass

    response = client_of("LEADER-SHIMIN").get(f"/p/{project.number}/flow/")

    assert response.context["way"].title == "変更の決裁"
    assert [way.title for way in response.context["earlier"]] == ["提案の決裁"]


def test_a_change_is_compared_with_the_text_it_changes() -> None:
    project = a_project(to=StepKind.OBSERVE)
    while record_phase(project, cost=900_000, until="2027-06-30") != "DECIDE":
        pass

    response = client_of("LEADER-SHIMIN").get(f"/p/{project.number}/versions/")

    assert [each.label for each in response.context["versions"]] == ["第1版", "変更 第1版"]
    names = [field.name for part in response.context["parts"] for field in part.fields]
    assert {"what", "beyond", "cost", "ends_on"} <= set(names)
    assert "problem" not in names
    assert client_of("LEADER-SHIMIN").get(f"/p/{project.number}/versions/?from=1&to=c1")


# --- the head --------------------------------------------------------------------------------

HEAD = ["columns", "milestones", "balls", "approval", "run", "related", "counts"]


def _returned(to: StepKind) -> Project:
    """A case in its second round, after one that had come as far as the PT's chair."""
    project = a_project(to=StepKind.REFERRAL, route="RT2")
    say(project, Outcome.SENT_BACK, comment="根拠を足してください。")
    if to == StepKind.REVISION:
        return project
    project = resubmit(project, problem="根拠を足した。")
    walk(project, to=to)
    return project


def _pulled_back() -> Project:
    project = a_project(to=StepKind.RECEPTION)
    assert client_of("HEAD-SHIMIN").post(f"/p/{project.number}/pull-back/").status_code == 302
    return project


@pytest.mark.parametrize(
    "make",
    [
        a_draft,
        a_project,
        lambda: a_project(to=StepKind.DECISION, route="RT3"),
        lambda: a_project(to=StepKind.OBSERVE),
        lambda: _returned(StepKind.REVISION),
        lambda: _returned(StepKind.RECEPTION),
        lambda: _returned(StepKind.DECISION),
        lambda: _returned(StepKind.OBSERVE),
        _pulled_back,
    ],
)
def test_a_tab_that_reads_the_present_rounds_has_the_head_of_the_whole_case(make: Any) -> None:
    project = make()
    client = client_of("LEADER-SHIMIN")
    pages = [client.get(f"/p/{project.reference}/{tab}/").context for tab in ("files", "flow")]
    assert [pages[0][part] for part in HEAD] == [pages[1][part] for part in HEAD]
