"""決裁の経路 on the screen: read by everybody, written by the 事務局, nothing typed is lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.make import AT, a_project, holder
from tests.proof import state_of
from tests.workflow.pages import TYPED, client_of, messages_of, text_of
from tests.workflow.rules import (
    CHAIR,
    HEAD,
    LATER,
    a_draft,
    change,
    decided,
    open_slot,
    propose,
    say,
)
from workflow.actions import route_versions
from workflow.enums import Outcome, RouteState
from workflow.models import Decision, Route, RouteStep, Seen, WorkItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _today(office: City) -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def head_of(draft: Route, **more: Any) -> dict[str, Any]:
    """The form of the version itself, as the page sends it."""
    return {
        "draft_version": draft.draft_version,
        "name": "標準",
        "purpose": "期限を縮める。",
        "effective_from": "令和8年7月1日",
        "priority": "40",
        "clause": "規程第2条",
        "condition-join": "any",
        "condition-rows": "2",
        "condition-0-fact": "cost",
        "condition-0-comparison": "gt",
        "condition-0-value": "10,000円",
        "condition-0-text": "費用が1万円を超える",
        "condition-1-fact": "has_personal_data",
        "condition-1-comparison": "yes",
        "condition-1-value": "",
        "condition-1-text": "個人情報を取り扱う",
        **more,
    }


def step_of(draft: Route, **more: Any) -> dict[str, Any]:
    """The form of a step: a second 合議 of the accountant."""
    return {
        "draft_version": draft.draft_version,
        "kind": "CONCURRENCE",
        "title": "合議",
        "who": "NAMED_POST",
        "posts": ["DEPT-KAIKEI"],
        "condition-join": "all",
        "condition-rows": "1",
        "mode": "ALL",
        "quorum": "1",
        "standard_days": "4営業日",
        "deputy": "ALLOWED",
        "at_deadline": "ESCALATE",
        "escalate_to": "SECRETARIAT",
        "may_return_to": ["PROPOSER"],
        "fallback_1": "SOMU",
        "clause": "規程第2条",
        **more,
    }


def new_of(code: str = "RT2") -> Route:
    return Route.objects.get(code=code, version=2)


# --- reading ----------------------------------------------------------------------------------


SECURITY = (
    "クラウドサービスを使う",
    "AIを使う",
    "特定個人情報を取り扱う",
    "ネットワーク系統をまたぐ",
)
FAST = (
    "実証実験である",
    "期間が3か月以内",
    "費用が10万円以下",
    "元に戻せる",
    "市民への影響がない",
)


def test_everybody_reads_the_decision_table_in_the_order_of_priority() -> None:
    page = client_of("STAFF-SHIMIN").get("/routes/")

    rows = page.context["of_cases"]
    assert [(row.route.code, row.takes) for row in rows] == [
        ("RT4", "、又は".join(SECURITY)),
        ("RT5", "、かつ".join(FAST)),
        ("RT3", "費用が50万円以上、又は2課以上にまたがる"),
        ("RT2", "費用がかかる、又は個人情報を取り扱う"),
        ("RT1", "ほかの経路に当てはまらない提案"),
    ]
    assert [row.route.code for row in page.context["of_questions"]] == ["RT6", "RT8", "RT9"]
    assert [words for _step, words in rows[2].chain][5:8] == [
        "合議：財政課",
        "合議：関係課",
        "合議：会計課",
    ]
    assert "令和8年4月1日（水）から" in text_of(page)


def test_a_version_shows_each_step_with_its_words() -> None:
    page = client_of("STAFF-SHIMIN").get("/routes/RT3/1/")

    shown = page.context["steps"][5]
    assert (shown.step.title, shown.who) == ("合議", "財政課の所属長")
    assert [(field.label, field.words) for field in shown.rest] == [
        ("置く条件", "費用がかかる"),
        ("人数", "全員"),
        ("標準日数", "4営業日"),
        ("代決・代理", "可"),
        ("省略", "職がないとき等は省略"),
        ("期限を過ぎたとき", "督促する"),
        ("根拠条項", "鹿角市事務決裁規程（要確認）別表 予算を伴うもの"),
    ]
    decision = page.context["steps"][9]
    assert {field.name: field.words for field in decision.rest}["may_return_to"] == (
        "提案者・プロジェクトチーム（再審査）・PT長（再上申）"
    )


def test_two_versions_are_compared_step_by_step_and_field_by_field() -> None:
    draft = a_draft("RT2", name="標準（改）")
    change(draft, "プロジェクトチーム 審査", standard_days=6, mode="QUORUM", quorum=3)
    route_versions.remove_step(draft, 5)
    run = propose(draft)
    say(run, Outcome.APPROVED)
    say(run, Outcome.ADOPTED)

    page = client_of("STAFF-SHIMIN").get("/routes/RT2/compare/?from=1&to=2")

    assert list(page.context["comparison"].sentences()) == [
        "名称：標準 → 標準（改）",
        "施行日：令和8年4月1日（水） → 令和8年7月1日（水）",
        "「プロジェクトチーム 審査」の人数：全員（4人以上で締切可） → 3人以上",
        "「プロジェクトチーム 審査」の標準日数：8営業日 → 6営業日",
        "段階「部長 承認」がなくなる",
    ]
    marks = [(pair.step.title, pair.mark) for pair in page.context["comparison"].pairs]
    assert ("部長 承認", "del") in marks
    assert ("本部長 決裁", "") in marks


@pytest.mark.parametrize("address", ["/routes/RT2/2/", "/routes/RT2/2/replay/"])
def test_a_draft_exists_only_for_those_who_read_every_case(address: str) -> None:
    a_draft()

    seen = {
        post: client_of(post).get(address).status_code
        for post in ("SECRETARIAT", "AUDITOR", CHAIR, "HQ-KYOIKU", "PT-CHAIR", "STAFF-SHIMIN", HEAD)
    }

    assert seen == {
        "SECRETARIAT": 200,
        "AUDITOR": 200,
        CHAIR: 200,
        "HQ-KYOIKU": 200,
        "PT-CHAIR": 200,
        "STAFF-SHIMIN": 404,
        HEAD: 404,
    }
    assert "第2版" not in text_of(client_of("STAFF-SHIMIN").get("/routes/RT2/1/"))
    compared = client_of("STAFF-SHIMIN").get("/routes/RT2/compare/?from=1&to=2")
    assert [each.version for each in compared.context["versions"]] == [1]


def test_who_is_asked_about_a_draft_may_read_it() -> None:
    propose(a_draft())

    assert client_of(HEAD).get("/routes/RT2/2/").status_code == 200
    assert client_of("STAFF-SHIMIN").get("/routes/RT2/2/").status_code == 404


@pytest.mark.parametrize(
    "address", ["/routes/XX/1/", "/routes/RT2/9/", "/routes/RT2/99999999999999999999/"]
)
def test_an_address_of_nothing_is_not_found(address: str) -> None:
    assert client_of("SECRETARIAT").get(address).status_code == 404


# --- writing ----------------------------------------------------------------------------------


def test_a_copy_is_written_head_first() -> None:
    browser = client_of("SECRETARIAT")

    answer = browser.post("/routes/RT2/1/copy/", follow=True)

    assert answer.redirect_chain == [("/routes/RT2/2/edit/", 302)]
    assert messages_of(answer) == [
        "RT2 標準（第2版）の案を作りました。改める理由と施行日から書いてください。"
    ]
    assert (new_of().state, new_of().effective_from.isoformat()) == (RouteState.DRAFT, "2026-06-01")
    again = browser.post("/routes/RT2/1/copy/", follow=True)
    name = holder("SECRETARIAT").name
    assert messages_of(again) == [
        f"RT2 標準（第2版）が、すでに「案」としてあります（書いた方：{name}）。"
    ]
    assert Route.objects.filter(code="RT2").count() == 2


def test_the_head_is_saved_as_typed() -> None:
    draft = a_draft()

    answer = client_of("SECRETARIAT").post("/routes/RT2/2/edit/", head_of(draft))

    assert (answer.status_code, answer.headers["Location"]) == (302, "/routes/RT2/2/")
    saved = new_of()
    assert (saved.effective_from, saved.draft_version) == (LATER, draft.draft_version + 1)
    assert saved.condition == {
        "any": [
            {"fact": "cost", "op": ">", "value": 10_000, "text": "費用が1万円を超える"},
            {"fact": "has_personal_data", "op": "==", "value": True, "text": "個人情報を取り扱う"},
        ]
    }


def test_one_more_row_keeps_everything_and_saves_nothing() -> None:
    draft = a_draft()

    page = client_of("SECRETARIAT").post(
        "/routes/RT2/2/edit/", head_of(draft, add_row="1", purpose=TYPED, name="")
    )

    assert page.status_code == 422
    assert text_of(page).count('name="condition-2-fact"') == 1
    assert TYPED in text_of(page)
    assert "費用が1万円を超える" in text_of(page)
    assert not page.context["form"].errors
    assert new_of().draft_version == draft.draft_version


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": ""}, "name", "このフィールドは必須です。"),
        (
            {"effective_from": "13月40日"},
            "effective_from",
            "日付を読み取れません。「令和8年12月1日」「R8.12.1」「2026/12/1」のように入力してください。",
        ),
        ({"priority": "0"}, "priority", "1以上999以下で入力してください。"),
        (
            {"condition-0-value": "たくさん"},
            "condition",
            "条件1：整数で入力してください（例：1,200）。",
        ),
        (
            {"condition-1-comparison": ""},
            "condition",
            "条件2：事実と比べ方を選んでください。",
        ),
        (
            {"condition-1-comparison": "ge"},
            "condition",
            "条件2：「個人情報を取り扱う」は、「はい」か「いいえ」で比べてください。",
        ),
        (
            {"condition-0-comparison": "yes"},
            "condition",
            "条件1：「費用（初年度）」は、数で比べてください。",
        ),
        (
            {"condition-0-text": ""},
            "condition",
            "条件1：画面に出す言葉を、80字以内で入力してください。",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    wrong: dict[str, str], field: str, sentence: str
) -> None:
    draft = a_draft()

    page = client_of("SECRETARIAT").post(
        "/routes/RT2/2/edit/", head_of(draft, **{"purpose": TYPED, **wrong})
    )

    assert page.status_code == 422
    assert page.context["form"].errors == {field: [sentence]}
    assert TYPED in text_of(page)
    assert f'aria-describedby="id_{field}' in text_of(page)
    assert new_of().draft_version == draft.draft_version


def test_a_step_is_added_with_all_its_terms() -> None:
    draft = a_draft()

    answer = client_of("SECRETARIAT").post("/routes/RT2/2/steps/add/", step_of(draft))

    assert (answer.status_code, answer.headers["Location"]) == (302, "/routes/RT2/2/steps/8/")
    row = RouteStep.objects.get(route=draft, order=8)
    assert (row.who, row.who_argument, row.station) == (
        "NAMED_POST",
        ["DEPT-KAIKEI"],
        "HEADQUARTERS",
    )
    assert (row.at_deadline, row.escalate_to, row.may_return_to, row.fallback) == (
        "ESCALATE",
        "SECRETARIAT",
        ["PROPOSER"],
        ["SOMU"],
    )


def test_what_the_checks_find_stands_beside_the_field_until_it_is_right() -> None:
    draft = a_draft()
    browser = client_of("SECRETARIAT")
    sent = step_of(draft, kind="REVIEW", title="審査", who="PT_MEMBERS", quorum="9")

    page = browser.post("/routes/RT2/2/steps/3/", sent, follow=True)

    assert messages_of(page) == [
        "段階「審査」を保存しました。このままでは提出できません。赤い字のところを確かめてください。"
    ]
    assert page.context["form"].errors == {"quorum": ["9人以上とありますが、担当は6席です。"]}
    assert RouteStep.objects.get(route=draft, order=3).quorum == 9
    whole = browser.get("/routes/RT2/2/")
    assert [(each.where, each.field, each.sentence) for each in whole.context["findings"]] == [
        ("段階3 審査", "人数", "9人以上とありますが、担当は6席です。")
    ]


def test_steps_are_moved_and_taken_out_by_buttons() -> None:
    draft = a_draft()
    browser = client_of("SECRETARIAT")

    for order, button in ((5, "up"), (7, "out")):
        version = new_of().draft_version
        browser.post(
            f"/routes/RT2/2/steps/{order}/place/", {"draft_version": version, "place": button}
        )

    titles = RouteStep.objects.filter(route=draft).order_by("order")
    assert list(titles.values_list("kind", flat=True)) == [
        "CONFIRMATION",
        "RECEPTION",
        "REVIEW",
        "APPROVAL",
        "REFERRAL",
        "DECISION",
    ]


def test_a_save_over_a_later_save_is_refused_and_gives_the_text_back() -> None:
    draft = a_draft()
    browser = client_of("SECRETARIAT")
    browser.post("/routes/RT2/2/edit/", head_of(draft))

    page = browser.post("/routes/RT2/2/edit/", head_of(draft, purpose=TYPED))

    assert page.status_code == 409
    assert TYPED in text_of(page)
    assert new_of().purpose == "期限を縮める。"


def test_everybody_who_saves_is_an_author() -> None:
    draft = a_draft()
    other = client_of("SECRETARIAT")
    draft.authors.clear()

    other.post("/routes/RT2/2/edit/", head_of(draft))

    assert list(draft.authors.all()) == [holder("SECRETARIAT")]


def test_what_is_no_draft_is_not_written() -> None:
    decided()
    browser = client_of("SECRETARIAT")

    statuses = [
        browser.get("/routes/RT2/2/edit/").status_code,
        browser.post("/routes/RT2/2/edit/", head_of(new_of())).status_code,
        browser.post("/routes/RT2/2/steps/1/", step_of(new_of())).status_code,
        browser.post(
            "/routes/RT2/2/steps/1/place/", {"draft_version": "2", "place": "out"}
        ).status_code,
        browser.post("/routes/RT2/2/discard/", {"draft_version": "2"}).status_code,
    ]

    assert statuses == [409] * 5
    assert new_of().steps.count() == 7


# --- deciding ---------------------------------------------------------------------------------


def answer_of(slot: int, outcome: str, **more: str) -> tuple[str, dict[str, str]]:
    revision = new_of().revision
    assert revision is not None
    return f"/routes/RT2/2/answer/{slot}/", {
        "outcome": outcome,
        "comment": "確かめました。",
        "revision_hash": revision.content_hash,
        **more,
    }


def test_an_unclean_draft_stays_and_says_where_it_is_wrong() -> None:
    draft = a_draft()
    change(draft, "事務局 受付", fallback=["NAI"])
    before = state_of()

    page = client_of("SECRETARIAT").post(
        "/routes/RT2/2/propose/", {"draft_version": draft.draft_version}
    )

    assert page.status_code == 422
    assert messages_of(page) == ["直すところが1か所あるため、提出できません。"]
    assert [each.where for each in page.context["findings"]] == ["段階2 事務局 受付"]
    assert state_of() == before


def test_a_version_is_proposed_approved_and_adopted_on_the_screen() -> None:
    draft = a_draft()
    keeper, head, chair = (client_of(post) for post in ("SECRETARIAT", HEAD, CHAIR))

    keeper.post("/routes/RT2/2/propose/", {"draft_version": draft.draft_version})
    [item] = head.get("/inbox/").context["rows"]
    pane = head.get(f"/inbox/?item={item.slot_id}")
    head.post(*answer_of(item.slot_id, "APPROVED"))
    [last] = chair.get("/inbox/").context["rows"]
    done = chair.post(*answer_of(last.slot_id, "ADOPTED"), follow=True)

    assert (item.url, item.title) == ("/routes/RT2/2/", "経路 RT2 標準（第2版）")
    assert pane.context["rule_preview"].differences == (
        "施行日：令和8年4月1日（水） → 令和8年7月1日（水）",
    )
    assert [button.outcome for button in pane.context["rule_preview"].buttons] == [
        "APPROVED",
        "SENT_BACK",
    ]
    assert Seen.objects.filter(slot=item.slot_id, person=holder(HEAD)).exists()
    [sentence] = messages_of(done)
    assert sentence == (
        "「経路 RT2 標準（第2版）」を「採択」として記録しました。"
        "令和8年7月1日（水）から、この版になります。"
    )
    assert [line.what for line in done.context["history"]] == ["採択", "承認", "提出"]
    finished = chair.get("/inbox/?tab=done")
    assert "RT2 標準（第2版）" in text_of(finished)
    assert 'href="/routes/RT2/2/"' in text_of(finished)


def test_who_opens_the_page_by_its_link_has_seen_it() -> None:
    run = propose(a_draft())
    slot = open_slot(run)

    client_of("AUDITOR").get("/routes/RT2/2/")
    client_of(HEAD).get("/routes/RT2/2/", headers={"Sec-Purpose": "prefetch"})
    client_of(HEAD).head("/routes/RT2/2/")
    assert not Seen.objects.exists()
    client_of(HEAD).get("/routes/RT2/2/")

    assert [each.slot for each in Seen.objects.filter(person=holder(HEAD))] == [slot]


def test_an_answer_without_a_choice_comes_back_with_what_was_typed() -> None:
    run = propose(a_draft())

    page = client_of(HEAD).post(*answer_of(open_slot(run).pk, "", comment=TYPED))

    assert page.status_code == 422
    assert "判断を選んでください。" in text_of(page)
    assert TYPED in text_of(page)
    assert Decision.objects.filter(run=run).count() == 1


def test_the_decider_reads_what_stands_in_the_way_beside_the_choice() -> None:
    run = propose(a_draft())
    say(run, Outcome.APPROVED)

    with time_machine.travel(AT.replace(month=7, day=1), tick=False):
        page = client_of(CHAIR).post(*answer_of(open_slot(run).pk, "ADOPTED", comment=TYPED))

    assert page.status_code == 422
    assert page.context["desk"].form.errors == {
        "outcome": ["施行日（2026-07-01）が過ぎています。差し戻して、施行日を改めてください。"]
    }
    assert TYPED in text_of(page)
    assert new_of().state == RouteState.PROPOSED


def test_an_author_sees_why_nothing_can_be_pressed() -> None:
    draft = a_draft()
    run = propose(draft)
    draft.authors.add(holder(HEAD))
    slot = open_slot(run)
    browser = client_of(HEAD)

    assert browser.get("/inbox/").context["rows"] == []
    assert browser.get("/inbox/").context["desk"].load.counts.hidden == 1
    page = browser.get("/routes/RT2/2/")
    sentence = "この改正案を書いた方又はその代理の方のため、判断できません。"
    assert sentence in text_of(page)
    assert sentence in text_of(browser.get(f"/inbox/?item={slot.pk}"))
    assert browser.post(*answer_of(slot.pk, "APPROVED")).status_code == 403
    assert not Seen.objects.exists()


def test_a_version_goes_back_and_is_proposed_again_on_the_screen() -> None:
    draft = a_draft()
    run = propose(draft)
    keeper = client_of("SECRETARIAT")
    client_of(HEAD).post(*answer_of(open_slot(run).pk, "SENT_BACK"))

    [item] = keeper.get("/inbox/").context["rows"]
    page = keeper.get(item.url)
    assert "再提出する" in text_of(page)
    assert item.next_title == "室長 承認"
    assert "次は「室長 承認」。" in text_of(page)
    empty = keeper.post(
        f"/routes/RT2/2/propose/{item.slot_id}/", {"draft_version": new_of().draft_version}
    )
    assert empty.status_code == 422
    assert "指摘にどう対応したかを入力してください。" in text_of(empty)
    again = keeper.post(
        f"/routes/RT2/2/propose/{item.slot_id}/",
        {"draft_version": new_of().draft_version, "comment": "直しました。"},
        follow=True,
    )
    assert messages_of(again) == ["改正案をもう一度提出しました。"]
    assert WorkItem.objects.get(project=None).post.code == HEAD


def at_the_chair() -> int:
    """A version that waits for its 決裁; the slot."""
    run = propose(a_draft())
    client_of(HEAD).post(*answer_of(open_slot(run).pk, "APPROVED"))
    return open_slot(run).pk


def test_a_version_on_hold_says_until_when_to_everybody() -> None:
    slot = at_the_chair()
    chair = client_of("HQ-CHAIR")
    chair.post(*answer_of(slot, "HELD", until="2026-05-20"))

    held = "が「本部長 決裁」を保留しています。5/20（水）まで日数を数えません。"
    for reader in (chair, client_of("SECRETARIAT"), client_of("AUDITOR")):
        assert held in text_of(reader.get("/routes/RT2/2/"))


def test_a_version_that_nobody_may_decide_says_so_and_promises_nothing() -> None:
    at_the_chair()
    holder("HQ-CHAIR").appointments.filter(post__code="HQ-CHAIR").update(ends_on=AT.date())

    page = text_of(client_of("SECRETARIAT").get("/routes/RT2/2/"))

    assert "いま 担当できる職がありません：本部長（副市長）（空席）" in page
    assert "付替え待ち" not in page


def test_a_version_is_withdrawn_on_the_screen() -> None:
    propose(a_draft())
    keeper = client_of("SECRETARIAT")

    asked = keeper.get("/routes/RT2/2/withdraw/")
    empty = keeper.post("/routes/RT2/2/withdraw/", {"comment": TYPED})
    done = keeper.post(
        "/routes/RT2/2/withdraw/", {"comment": "合わせます。", "confirmed": "on"}, follow=True
    )

    assert (asked.status_code, empty.status_code) == (200, 422)
    assert TYPED in text_of(empty)
    assert messages_of(done) == ["改正案を取り下げました。案として直せます。"]
    assert new_of().state == RouteState.DRAFT


# --- the price of a page ----------------------------------------------------------------------


MOST_QUERIES = 12


def price(browser: Client, address: str) -> int:
    """Queries of a page."""
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


@pytest.mark.parametrize(
    "address",
    [
        "/routes/",
        "/routes/RT3/1/",
        "/routes/RT2/compare/",
        "/routes/RT2/2/",
        "/routes/RT2/2/edit/",
        "/routes/RT2/2/steps/3/",
        "/routes/RT2/2/replay/",
    ],
)
def test_a_page_costs_the_same_whatever_there_is(address: str) -> None:
    draft = a_draft("RT2")
    if address == "/routes/RT2/2/":
        propose(draft)
    browser = client_of("SECRETARIAT")
    a_project(route="RT2")
    browser.get(address)

    before = price(browser, address)
    for code in ("RT1", "RT4", "RT3"):
        decided(code)
    a_project(route="RT4", sections=["FUKUSHI"])
    a_project(route="RT3", post="LEADER-ZEIMU", collects_money=True)

    assert price(browser, address) == before <= MOST_QUERIES


def test_no_page_of_rules_names_a_machine_or_an_inline_script() -> None:
    page = text_of(client_of("SECRETARIAT").get("/routes/"))

    assert not re.search(r"<script(?![^>]*src=)| style=", page)
