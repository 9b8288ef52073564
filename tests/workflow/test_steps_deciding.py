"""決裁 over HTTP: the password again, conditions, standing objections, 差戻し and 保留."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from bpr_projects.enums import Stage
from tests.make import AT, PASSWORD, a_project, holder, say, the_slot, walk
from tests.proof import state_of
from tests.workflow.pages import TYPED, answer_url, client_of, messages_of, said, sent, text_of
from workflow.enums import Outcome, StepKind
from workflow.models import Condition, WorkItem

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        yield


# --- 決裁 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "stage", "afterwards"),
    [
        (
            Outcome.ADOPTED,
            Stage.RUNNING,
            "改めるときは、所管課がOODAボードで変更や中止を提案し、決裁を受けます。",
        ),
        (
            Outcome.NOT_ADOPTED,
            Stage.NOT_ADOPTED,
            "提案者は、案件を複製し、直して再び提案できます。",
        ),
    ],
)
def test_a_decision_says_that_it_is_never_taken_back_and_what_can_be_done(
    outcome: Outcome, stage: Stage, afterwards: str
) -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)
    form = sent(slot, outcome, comment=TYPED, confirmed="on")

    response = client_of("HQ-CHAIR").post(answer_url(slot), form, follow=True)

    project.refresh_from_db()
    assert project.stage == stage
    recorded = f"「書かない窓口」を「{outcome.label}」として記録しました。"
    assert messages_of(response) == [f"{recorded}決裁は取り消せません。{afterwards}"]


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


@pytest.mark.parametrize("count", ["9" * 5_000, "-1", "1.5", "\u0661", "\0", ""])
def test_a_number_of_rows_that_is_none_is_no_row(count: str) -> None:
    project = a_project(to=StepKind.DECISION)
    slot = the_slot(project)
    rows = conditions(("研修を終えること", "SHIMIN", "2026-12-11"))
    form = sent(slot, "ADOPTED_WITH_CONDITIONS", **{**rows, "conditions-rows": count})
    before = state_of()

    response = client_of("HQ-CHAIR").post(answer_url(slot), form)

    assert response.status_code == 422
    assert "条件を1つ以上入力してください。" in text_of(response)
    assert state_of() == before


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
        (("研修", "", ""), "条件ごとに、内容・担当課・期限（明日から10年以内）を入れてください。"),
        (("研修", "SHIMIN", "2026-05-11"), "条件ごとに、内容・担当課・期限（明日から10年以内）"),
        (("研\x07修", "SHIMIN", "2026-12-11"), "改行や、目に見えない制御文字は使えません。"),
        (("研\u202e修", "SHIMIN", "2026-12-11"), "改行や、目に見えない制御文字は使えません。"),
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
