"""Every human act over HTTP: what it does, and what each refusal looks like."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client

from config.failures import POST_ONLY
from tests.architecture.matrix import ACTORS, MATRIX
from tests.make import AT, SCORES, a_project, holder, resubmit, say, the_slot, walk
from tests.workflow.pages import TYPED, answer_url, client_of, messages_of, said, sent, text_of
from workflow import engine
from workflow.actions.refusals import Busy
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures_city import City

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


def scores(**more: str) -> dict[str, str]:
    return {f"scores_{code}": str(points) for code, points in SCORES.items()} | more


# --- answering -----------------------------------------------------------------------------


def test_an_answer_is_recorded_and_the_page_says_that_it_can_be_taken_back() -> None:
    project = a_project()
    slot = the_slot(project)

    response = client_of("HEAD-SHIMIN").post(answer_url(slot), sent(slot, "APPROVED"), follow=True)

    assert response.redirect_chain == [(f"/p/{project.number}/", 302)]
    assert said(project) == ["SUBMITTED", "APPROVED"]
    assert messages_of(response) == [
        ("「書かない窓口」を「承認」として記録しました。次の担当者が開くまでは、引き戻せます。")
    ]


def test_from_the_work_list_the_next_item_follows() -> None:
    first, second = a_project(), a_project()
    slot = the_slot(first)

    response = client_of("HEAD-SHIMIN").post(
        answer_url(slot), sent(slot, "APPROVED", return_to="inbox")
    )

    assert response["Location"] == f"/inbox/?tab=todo&item={the_slot(second).pk}"
    slot = the_slot(second)
    response = client_of("HEAD-SHIMIN").post(
        answer_url(slot), sent(slot, "APPROVED", return_to="inbox")
    )
    assert response["Location"] == "/inbox/"


def test_the_button_of_the_work_list_carries_its_choice_and_the_way_back() -> None:
    project = a_project()
    client = client_of("HEAD-SHIMIN")

    page = text_of(client.get(f"/p/{project.number}/decide/?outcome=SENT_BACK&from=inbox"))

    assert re.findall(r'value="(\w+)" data-verb="[^"]+" checked', page) == ["SENT_BACK"]
    assert 'name="return_to" value="inbox"' in page
    assert said(project) == ["SUBMITTED"]


@pytest.mark.parametrize("query", ["", "?outcome=ADOPTED", "?outcome=%00", "?outcome="])
def test_what_the_station_does_not_offer_is_not_chosen(query: str) -> None:
    project = a_project()

    page = text_of(client_of("HEAD-SHIMIN").get(f"/p/{project.number}/decide/{query}"))

    assert re.findall(r'data-verb="([^"]+)" checked', page) == []


def test_what_is_missing_stands_beside_its_field_and_nothing_typed_is_lost() -> None:
    project = a_project(to=StepKind.REFERRAL)
    slot = the_slot(project)
    before = said(project)

    response = client_of("PT-CHAIR").post(
        answer_url(slot), sent(slot, "HELD", comment=TYPED, until="")
    )

    page = text_of(response)
    assert response.status_code == 422
    assert "いつまで保留するか、明日から1年以内の日を入れてください。" in page
    assert f'id="a{slot.pk}_until_error"' in page
    assert "入力を確認してください（1か所）" in page
    assert TYPED in page
    assert 'value="HELD" data-verb="保留する" checked' in page
    assert said(project) == before


def test_without_a_choice_nothing_is_recorded() -> None:
    project = a_project()
    slot = the_slot(project)

    response = client_of("HEAD-SHIMIN").post(answer_url(slot), sent(slot, "", comment=TYPED))

    assert response.status_code == 422
    assert "判断を選んでください。" in text_of(response)
    assert TYPED in text_of(response)
    assert said(project) == ["SUBMITTED"]


def test_an_answer_that_the_station_does_not_have_is_no_choice() -> None:
    project = a_project()
    slot = the_slot(project)

    response = client_of("HEAD-SHIMIN").post(answer_url(slot), sent(slot, "ADOPTED"))

    assert response.status_code == 422
    assert said(project) == ["SUBMITTED"]


def test_an_equal_score_sent_twice_is_one_score() -> None:
    project = a_project(to=StepKind.REVIEW)
    slot = the_slot(project)
    client = client_of(holder(slot.post.code))
    form = sent(slot, "SCORED", **scores())

    codes = [client.post(answer_url(slot), form).status_code for _turn in range(2)]

    assert codes == [302, 302]
    assert said(project).count("SCORED") == 1


def test_a_score_may_be_revised_until_the_region_closes() -> None:
    project = a_project(to=StepKind.REVIEW)
    slot = the_slot(project)
    client = client_of(holder(slot.post.code))
    client.post(answer_url(slot), sent(slot, "SCORED", **scores()))

    page = text_of(client.get(f"/p/{project.number}/"))
    response = client.post(answer_url(slot), sent(slot, "SCORED", **scores(scores_N1="1")))

    assert "提出済みの採点です。" in page
    assert 'name="scores_effect" value="4" checked' in page
    assert response.status_code == 302
    totals = Decision.objects.filter(slot=slot).order_by("pk").values_list("total", flat=True)
    assert list(totals) == [80, 70]


def test_an_unscored_principle_is_asked_for() -> None:
    project = a_project(to=StepKind.REVIEW)
    slot = the_slot(project)

    response = client_of(holder(slot.post.code)).post(
        answer_url(slot), sent(slot, "SCORED", **scores(scores_N3="9"))
    )

    assert response.status_code == 422
    assert "すべての項目を1から5で採点してください。" in text_of(response)
    assert 'name="scores_N1" value="4" data-counts checked' in text_of(response)


# --- refusals ------------------------------------------------------------------------------


def test_who_comes_second_is_told_who_did_what_and_when(office: City) -> None:
    project = a_project(to=StepKind.RECEPTION)
    slot = the_slot(project)
    first, second = office.holders("SECRETARIAT")[:2]
    form = sent(slot, "SENT_BACK", comment=TYPED)
    client_of(first).post(answer_url(slot), sent(slot, "RECEIVED"))

    response = client_of(second).post(answer_url(slot), form)

    page = text_of(response)
    assert response.status_code == 409
    assert f"事務局　{first.name}" in page
    assert "受付" in page
    assert "令和8年5月11日（月）09:05" in page
    assert re.findall(r"readonly>([^<]*)</textarea>", page) == [TYPED]
    assert said(project) == ["SUBMITTED", "APPROVED", "RECEIVED"]


def test_the_same_answer_sent_twice_is_good_news_and_one_record() -> None:
    project = a_project()
    slot = the_slot(project)
    client = client_of("HEAD-SHIMIN")
    client.post(answer_url(slot), sent(slot, "APPROVED", comment=TYPED), follow=True)

    response = client.post(answer_url(slot), sent(slot, "APPROVED", comment=TYPED), follow=True)

    assert response.redirect_chain == [(f"/p/{project.number}/", 302)]
    assert messages_of(response) == ["すでに記録済みです。二重には記録されていません。"]
    assert said(project) == ["SUBMITTED", "APPROVED"]


def test_another_answer_than_the_own_first_one_is_not_called_recorded() -> None:
    project = a_project()
    slot = the_slot(project)
    client = client_of("HEAD-SHIMIN")
    client.post(answer_url(slot), sent(slot, "APPROVED"), follow=True)

    response = client.post(answer_url(slot), sent(slot, "SENT_BACK", comment=TYPED))

    page = text_of(response)
    assert response.status_code == 409
    assert "この操作は記録していません" in page
    assert f"市民課長　{holder('HEAD-SHIMIN').name}</b>　承認" in page
    assert re.findall(r"readonly>([^<]*)</textarea>", page) == [TYPED]
    assert said(project) == ["SUBMITTED", "APPROVED"]


def test_who_comes_second_without_a_choice_is_told_too() -> None:
    project = a_project()
    slot = the_slot(project)
    say(project, Outcome.APPROVED)

    response = client_of("HEAD-SHIMIN").post(answer_url(slot), sent(slot, "", comment=TYPED))

    assert response.status_code == 409
    assert TYPED in text_of(response)


def test_an_old_text_cannot_be_decided_and_the_difference_is_shown() -> None:
    project = a_project(to=StepKind.RECEPTION)
    old = the_slot(project)
    say(project, Outcome.SENT_BACK)
    project = resubmit(project, reform="聞き取りに加えて、郵送でも受け付けます。")
    say(project, Outcome.APPROVED)
    slot = the_slot(project)

    response = client_of("SECRETARIAT").post(
        answer_url(slot), {**sent(old, "RECEIVED"), "comment": TYPED}
    )

    page = text_of(response)
    assert response.status_code == 409
    assert "新しい版が提出されています" in page
    assert "聞き取りで申請書を作り、署名だけをいただく。" in page
    assert "聞き取りに加えて、郵送でも受け付けます。" in page
    assert TYPED in page
    assert said(project)[-1] == "APPROVED"


def test_an_unknown_text_cannot_be_decided() -> None:
    project = a_project()
    slot = the_slot(project)

    response = client_of("HEAD-SHIMIN").post(
        answer_url(slot), sent(slot, "APPROVED", revision_hash="0" * 64)
    )

    assert response.status_code == 409
    assert said(project) == ["SUBMITTED"]


def test_somebody_elses_turn_is_refused_with_the_reason() -> None:
    project = a_project()
    slot = the_slot(project)

    response = client_of("SECRETARIAT").post(
        answer_url(slot), sent(slot, "APPROVED", comment=TYPED)
    )

    page = text_of(response)
    assert response.status_code == 403
    assert "いまの担当は 市民課長（" in page
    assert TYPED in page
    assert said(project) == ["SUBMITTED"]


def test_somebody_elses_turn_is_refused_whatever_else_is_missing() -> None:
    slot = the_slot(a_project())

    response = client_of("SECRETARIAT").post(answer_url(slot), sent(slot, ""))

    assert response.status_code == 403


def test_a_step_of_another_case_is_not_found() -> None:
    mine, other = a_project(), a_project()
    slot = the_slot(other)
    address = answer_url(slot).replace(str(other.number), str(mine.number))

    response = client_of("HEAD-SHIMIN").post(address, sent(slot, "APPROVED"))

    assert response.status_code == 404
    assert said(other) == ["SUBMITTED"]


@pytest.mark.parametrize("to", [StepKind.OBSERVE, StepKind.REVISION])
def test_steps_with_pages_of_their_own_are_not_answered_here(to: StepKind) -> None:
    project = a_project(to=StepKind.RECEPTION)
    if to == StepKind.REVISION:
        say(project, Outcome.SENT_BACK)
    else:
        walk(project, to=to)
    slot = the_slot(project)

    response = client_of("LEADER-SHIMIN").post(answer_url(slot), sent(slot, "RECORDED"))

    assert response.status_code == 404


def test_a_case_that_one_may_not_see_is_not_found() -> None:
    slot = the_slot(a_project())

    response = client_of("LEADER-ZEIMU").post(answer_url(slot), sent(slot, "APPROVED"))

    assert response.status_code == 404


def test_a_get_never_answers_and_leads_back_to_the_case() -> None:
    project = a_project()

    response = client_of("HEAD-SHIMIN").get(answer_url(the_slot(project)))

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "この画面は直接開けません" in text_of(response)
    assert f'<a class="btn btn--primary" href="/p/{project.number}/">' in text_of(response)


def test_a_wrong_method_outside_a_case_leads_home() -> None:
    response = client_of("HEAD-SHIMIN").post("/inbox/")

    assert response.status_code == 405
    assert '<a class="btn btn--primary" href="/">' in text_of(response)


# --- an ended session ----------------------------------------------------------------------


def login_link(response: Any) -> str:
    """Where the page of an ended session leads after the login."""
    [link] = re.findall(r'href="(/accounts/login/[^"]*)"', text_of(response))
    return str(parse_qs(urlsplit(link).query)["next"][0])


def test_a_form_of_an_ended_session_comes_back_with_its_text() -> None:
    slot = the_slot(a_project())
    form = sent(slot, "SENT_BACK", comment=TYPED, return_to="inbox", password=TYPED + "秘密")

    response = Client().post(answer_url(slot), form)

    page = text_of(response)
    assert response.status_code == 403
    assert "ログインの期限が切れました</h1>" in page
    assert "送信を受け付けませんでした。内容は、まだ記録も保存もされていません。" in page
    assert re.findall(r"readonly>([^<]*)</textarea>", page) == [TYPED]
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cache-Control"] == "no-store, private"
    assert Decision.objects.filter(slot=slot).count() == 0


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://testserver/p/{ref}/decide/?from=inbox", "/p/{ref}/decide/?from=inbox"),
        ("http://testserver/inbox/?tab=todo&item=3", "/inbox/?tab=todo&item=3"),
        ("http://testserver/p/{ref}/steps/{slot}/answer/", "/p/{ref}/"),
        ("http://testserver//elsewhere.example/", "/p/{ref}/"),
        ("http://elsewhere.example/inbox/", "/p/{ref}/"),
        ("", "/p/{ref}/"),
    ],
)
def test_after_the_login_comes_the_page_of_the_form(came_from: str, leads_to: str) -> None:
    slot = the_slot(a_project())
    known = {"ref": slot.step_run.project.reference, "slot": slot.pk}  # type: ignore[union-attr]
    headers = {"Referer": came_from.format(**known)} if came_from else {}

    response = Client().post(answer_url(slot), sent(slot, "APPROVED"), headers=headers)

    assert login_link(response) == leads_to.format(**known)


def test_a_form_outside_a_case_leads_home_after_the_login() -> None:
    response = Client().post("/readings/1/read/", {"return_to": "inbox"})

    assert response.status_code == 403
    assert login_link(response) == "/"
    assert "別のタブ" not in text_of(response)


def test_a_request_that_sends_nothing_is_led_to_the_login_and_then_to_the_case() -> None:
    slot = the_slot(a_project())
    project = slot.step_run.project
    assert project is not None

    response = Client().post(answer_url(slot))

    assert response["Location"] == f"/accounts/login/?next=/p/{project.number}/"


def test_nobody_is_led_to_an_address_without_a_page() -> None:
    without = {
        route
        for route, (got, _posted) in MATRIX.items()
        if set(got[ACTORS.index("leader") :]) == {405}
    }

    assert without == POST_ONLY


def test_a_busy_case_asks_to_try_again_and_keeps_the_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slot = the_slot(a_project())

    def busy(**_asked: object) -> None:
        raise Busy

    monkeypatch.setattr(engine, "decide", busy)
    response = client_of("HEAD-SHIMIN").post(
        answer_url(slot), sent(slot, "SENT_BACK", comment=TYPED)
    )

    assert response.status_code == 503
    assert response["Retry-After"] == "3"
    assert TYPED in text_of(response)
