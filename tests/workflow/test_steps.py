"""Every human act over HTTP: what it does, and what each refusal looks like."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client

from bpr_projects.enums import Stage
from bpr_projects.models import Project
from tests.make import AT, PASSWORD, SCORES, a_project, holder, resubmit, say, the_slot, walk
from tests.workflow.pages import answer_url, client_of, messages_of, sent, text_of
from workflow import engine
from workflow.actions.refusals import Busy
from workflow.enums import Outcome, StepKind
from workflow.models import Condition, Decision, Reading, WorkItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures_city import City

pytestmark = pytest.mark.usefixtures("office")

TYPED = "窓口の混雑がさらに減る書き方に直してください。"


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


def said(project: Project) -> list[str]:
    return list(
        Decision.objects.filter(project=project)
        .exclude(outcome=Outcome.SKIPPED)
        .order_by("pk")
        .values_list("outcome", flat=True)
    )


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
        (
            "「書かない窓口」を「承認」として記録しました。"
            "次の担当者が開くまでは、案件の画面から引き戻せます。"
        )
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


def test_what_is_missing_stands_beside_its_field_and_nothing_typed_is_lost() -> None:
    project = a_project(to=StepKind.REFERRAL)
    slot = the_slot(project)
    before = said(project)

    response = client_of("PT-CHAIR").post(
        answer_url(slot), sent(slot, "HELD", comment=TYPED, until="")
    )

    page = text_of(response)
    assert response.status_code == 422
    assert "いつまで保留するか、明日以降の日を入れてください。" in page
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
    assert 'name="scores_N1" value="4" checked' in text_of(response)


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
    assert TYPED in page
    assert said(project) == ["SUBMITTED", "APPROVED", "RECEIVED"]


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


def test_a_get_never_answers() -> None:
    project = a_project()

    response = client_of("HEAD-SHIMIN").get(answer_url(the_slot(project)))

    assert response.status_code == 405


def test_nobody_answers_without_a_login() -> None:
    slot = the_slot(a_project())

    response = Client().post(answer_url(slot), sent(slot, "APPROVED"))

    assert response["Location"].startswith("/accounts/login/")


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


# --- 決裁 ------------------------------------------------------------------------------------


def test_an_adoption_says_that_it_is_never_taken_back() -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)

    response = client_of("HQ-CHAIR").post(answer_url(slot), sent(slot, "ADOPTED"), follow=True)

    project.refresh_from_db()
    assert project.stage == Stage.RUNNING
    assert "決裁は取り消せません。" in messages_of(response)[0]


def test_an_old_login_has_to_give_the_password_again_before_a_decision() -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)
    client = client_of("HQ-CHAIR", is_fresh=False)
    form = sent(slot, "ADOPTED", comment=TYPED)

    asked = client.post(answer_url(slot), form)
    wrong = client.post(answer_url(slot), {**form, "password": "another-password"})

    assert [asked.status_code, wrong.status_code] == [422, 422]
    assert "パスワードを入力してください。" in text_of(asked)
    assert TYPED in text_of(asked)
    assert "パスワードが違います。" in text_of(wrong)
    assert "another-password" not in text_of(wrong)
    assert "ADOPTED" not in said(project)

    right = client.post(answer_url(slot), {**form, "password": PASSWORD})

    assert right.status_code == 302
    assert said(project)[-1] == "ADOPTED"


def test_the_password_is_asked_after_thirty_minutes_and_only_for_decisions() -> None:
    decision = a_project(to=StepKind.DECISION)
    client = client_of("HQ-CHAIR")

    assert 'type="password"' not in text_of(client.get(f"/p/{decision.number}/"))
    with time_machine.travel(AT + timedelta(minutes=36), tick=False):
        client.cookies.pop("bpr-idle", None)
        assert 'type="password"' in text_of(client.get(f"/p/{decision.number}/"))

    confirmation = a_project()
    old = client_of("HEAD-SHIMIN", is_fresh=False)
    assert 'type="password"' not in text_of(old.get(f"/p/{confirmation.number}/"))


def test_guessing_the_password_again_and_again_is_stopped() -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)
    client = client_of("HQ-CHAIR", is_fresh=False)
    form = sent(slot, "ADOPTED", password="wrong")

    pages = [text_of(client.post(answer_url(slot), form)) for _turn in range(11)]

    assert "パスワードが違います。" in pages[0]
    assert "続けて間違えたため" in pages[-1]


def test_a_person_without_a_password_logs_in_again_before_a_decision() -> None:
    project = a_project(to=StepKind.DECISION)
    chair = holder("HQ-CHAIR")
    chair.set_unusable_password()
    chair.save()
    slot = the_slot(project)

    response = client_of(chair, is_fresh=False).post(answer_url(slot), sent(slot, "ADOPTED"))

    assert response.status_code == 422
    assert "ログインし直してください。" in text_of(response)


def test_one_more_condition_is_a_button_that_decides_nothing() -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)
    form = sent(
        slot,
        "ADOPTED_WITH_CONDITIONS",
        comment=TYPED,
        **{"conditions-rows": "1", "conditions-0-text": "研修を終えること", "add_condition": "1"},
    )

    response = client_of("HQ-CHAIR").post(answer_url(slot), form)

    page = text_of(response)
    assert response.status_code == 200
    assert 'name="conditions-1-text"' in page
    assert 'value="研修を終えること"' in page
    assert TYPED in page
    assert "入力を確認してください" not in page
    assert "ADOPTED_WITH_CONDITIONS" not in said(project)


def conditions(*rows: tuple[str, str, str]) -> dict[str, str]:
    found = {"conditions-rows": str(len(rows))}
    for index, (text, section, due) in enumerate(rows):
        found |= {
            f"conditions-{index}-text": text,
            f"conditions-{index}-section": section,
            f"conditions-{index}-due": due,
        }
    return found


def test_conditions_are_adopted_with_owner_and_day() -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)
    rows = conditions(
        ("研修を終えること", "SHIMIN", "2026-12-11"),
        ("", "", ""),
        ("予算成立を条件とする", "ZAISEI", "令和9年3月31日"),
    )

    response = client_of("HQ-CHAIR").post(
        answer_url(slot), sent(slot, "ADOPTED_WITH_CONDITIONS", **rows), follow=True
    )

    assert [
        (each.text, each.owner.code, each.due_on.isoformat())
        for each in Condition.objects.order_by("due_on")
    ] == [
        ("研修を終えること", "SHIMIN", "2026-12-11"),
        ("予算成立を条件とする", "ZAISEI", "2027-03-31"),
    ]
    assert "予算成立を条件とする" in text_of(response)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("研修", "", ""), "条件ごとに、内容・担当課・期限（明日以降）を入れてください。"),
        (("研修", "SHIMIN", "2026-05-11"), "条件ごとに、内容・担当課・期限（明日以降）"),
        (("研\x07修", "SHIMIN", "2026-12-11"), "改行や制御文字は使えません。"),
        (("研" * 201, "SHIMIN", "2026-12-11"), "条件は200字以内で入力してください。"),
    ],
)
def test_a_condition_that_is_not_complete_is_refused(
    row: tuple[str, str, str], sentence: str
) -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)

    response = client_of("HQ-CHAIR").post(
        answer_url(slot), sent(slot, "ADOPTED_WITH_CONDITIONS", **conditions(row))
    )

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert Condition.objects.count() == 0


def test_conditions_are_not_silently_dropped_from_a_plain_adoption() -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)
    rows = conditions(("研修を終えること", "SHIMIN", "2026-12-11"))

    response = client_of("HQ-CHAIR").post(answer_url(slot), sent(slot, "ADOPTED", **rows))

    assert response.status_code == 422
    assert "条件を付けるときは「条件付き採択」を選び" in text_of(response)
    assert "ADOPTED" not in said(project)


def test_a_standing_objection_is_shown_in_red_and_must_be_answered() -> None:
    project = a_project(to=StepKind.CONCURRENCE, route="RT3")
    say(project, Outcome.OBJECTED, comment="保守費の根拠がありません。")
    walk(project, to=StepKind.MEDIATION)
    say(project, Outcome.UNSETTLED)
    walk(project, to=StepKind.DECISION)
    slot = the_slot(project)
    client = client_of("HQ-CHAIR")

    page = text_of(client.get(f"/p/{project.number}/"))
    without = client.post(answer_url(slot), sent(slot, "ADOPTED"))
    answered = client.post(
        answer_url(slot), sent(slot, "ADOPTED", reply="5年間の保守費を実行編に載せます。")
    )

    assert "合議で不同意が残っています。" in page
    assert "保守費の根拠がありません。" in page
    assert without.status_code == 422
    assert "残っている不同意への回答を入力してください。" in text_of(without)
    assert answered.status_code == 302
    history = text_of(client.get(f"/p/{project.number}/history/"))
    assert "5年間の保守費を実行編に載せます。" in history


def test_a_decision_may_go_back_to_the_chair_of_the_team() -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)

    response = client_of("HQ-CHAIR").post(
        answer_url(slot), sent(slot, "SENT_BACK", comment=TYPED, target="PT_CHAIR"), follow=True
    )

    project.refresh_from_db()
    assert project.stage == Stage.REFERRAL
    assert "差戻し（→ PT長（再上申））" in text_of(response)


def test_a_hold_takes_a_japanese_day_and_stops_the_clock() -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)

    response = client_of("HQ-CHAIR").post(
        answer_url(slot), sent(slot, "HELD", comment=TYPED, until="令和8年5月29日"), follow=True
    )

    assert WorkItem.objects.get(slot=slot).is_paused
    assert "保留（5/29まで）" in text_of(response)
    assert "保留しています。5/29（金）まで日数を数えません。" in text_of(response)


# --- 引戻し, 取下げ, 廃案, 締切 -----------------------------------------------------------------


def test_pulling_back_asks_first_and_then_gives_the_turn_back() -> None:
    project = a_project()
    client = client_of("LEADER-SHIMIN")
    address = f"/p/{project.number}/pull-back/"

    asked = client.get(address)
    assert "自分の番に戻します。" in text_of(asked)
    assert said(project) == ["SUBMITTED"]

    done = client.post(address, follow=True)
    assert said(project) == ["SUBMITTED", "PULLED_BACK"]
    assert messages_of(done) == ["「書かない窓口」を「引戻し」として記録しました。"]


def test_what_the_next_holder_has_seen_is_not_pulled_back() -> None:
    project = a_project()
    client_of("HEAD-SHIMIN").get(f"/p/{project.number}/")

    client = client_of("LEADER-SHIMIN")
    page = text_of(client.get(f"/p/{project.number}/"))
    response = client.post(f"/p/{project.number}/pull-back/")

    reason = f"{holder('HEAD-SHIMIN').name}さんが 5/11 09:05 に開いたため、引き戻せません。"
    assert reason in page
    assert response.status_code == 403
    assert reason in text_of(response)
    assert said(project) == ["SUBMITTED"]


def test_whoever_lost_to_the_next_holder_sees_who_decided() -> None:
    project = a_project()
    say(project, Outcome.APPROVED)

    response = client_of("LEADER-SHIMIN").post(f"/p/{project.number}/pull-back/")

    page = text_of(response)
    assert response.status_code == 403
    assert f"市民課長　{holder('HEAD-SHIMIN').name}" in page
    assert "令和8年5月11日（月）09:00" in page


def test_withdrawing_needs_a_reason_and_a_mark() -> None:
    project = a_project()
    client = client_of("LEADER-SHIMIN")
    address = f"/p/{project.number}/withdraw/"

    refused = client.post(address, {"comment": TYPED})
    assert refused.status_code == 422
    assert TYPED in text_of(refused)
    assert said(project) == ["SUBMITTED"]

    assert client.post(address, {"comment": TYPED, "confirmed": "on"}).status_code == 302
    project.refresh_from_db()
    assert project.stage == Stage.WITHDRAWN


@pytest.mark.parametrize("act", ["withdraw", "abandon", "close-region", "pull-back"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_not_is_told_why(act: str, method: str) -> None:
    project = a_project()
    client = client_of("HEAD-SHIMIN")

    response = getattr(client, method)(
        f"/p/{project.number}/{act}/", {"comment": TYPED, "confirmed": "on"}
    )

    assert response.status_code == 403
    assert "この操作はできません" in text_of(response)
    assert said(project) == ["SUBMITTED"]


def test_the_secretariat_abandons_a_dead_case() -> None:
    project = a_project()

    response = client_of("SECRETARIAT").post(
        f"/p/{project.number}/abandon/", {"comment": "本部長の了承済み", "confirmed": "on"}
    )

    project.refresh_from_db()
    assert response.status_code == 302
    assert project.stage == Stage.ABANDONED


def test_a_region_closes_early_with_a_reason_once_there_are_enough_scores() -> None:
    project = a_project(to=StepKind.REVIEW)
    client = client_of("PT-CHAIR")
    address = f"/p/{project.number}/close-region/"

    early = client.post(address, {"comment": TYPED})
    assert early.status_code == 403
    assert "定足数の4人に満たないため" in text_of(early)

    for _turn in range(4):
        say(project, Outcome.SCORED)
    assert client.post(address, {"comment": " "}).status_code == 422
    assert client.post(address, {"comment": TYPED}).status_code == 302
    assert said(project)[-1] == "CLOSED"


# --- 後閲・供覧 ------------------------------------------------------------------------------


def test_a_reading_is_marked_by_its_holder_only() -> None:
    project = a_project(route="RT1", to=StepKind.OBSERVE)
    reading = Reading.objects.filter(project=project, post__code="HQ-CHAIR").get()
    chair = client_of("HQ-CHAIR")

    assert "後閲のお願い" in text_of(chair.get(f"/p/{project.number}/"))
    assert client_of("SECRETARIAT").post(f"/readings/{reading.pk}/read/").status_code == 403
    reading.refresh_from_db()
    assert reading.read_at is None

    response = chair.post(f"/readings/{reading.pk}/read/")
    reading.refresh_from_db()
    assert response["Location"] == f"/p/{project.number}/"
    assert reading.read_by == holder("HQ-CHAIR")
    assert "後閲のお願い" not in text_of(chair.get(f"/p/{project.number}/"))


def test_a_reading_from_the_work_list_leads_back_to_it() -> None:
    project = a_project(route="RT1", to=StepKind.OBSERVE)
    reading = Reading.objects.filter(project=project, post__code="HQ-CHAIR").get()

    response = client_of("HQ-CHAIR").post(f"/readings/{reading.pk}/read/", {"return_to": "inbox"})

    assert response["Location"] == "/inbox/?tab=reading"


def test_a_reading_of_a_case_that_one_may_not_see_is_not_found() -> None:
    project = a_project(route="RT1", to=StepKind.OBSERVE)
    Project.objects.filter(pk=project.pk).update(is_confidential=True)
    reading = Reading.objects.filter(project=project).first()
    assert reading is not None

    assert client_of("LEADER-ZEIMU").post(f"/readings/{reading.pk}/read/").status_code == 404
    assert client_of("HQ-CHAIR").post("/readings/999999/read/").status_code == 404
