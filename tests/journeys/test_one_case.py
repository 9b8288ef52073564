"""One case through every station on the real pages, with JavaScript and without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from bpr_projects.enums import Stage
from bpr_projects.models import Project
from records import ledger
from tests import make
from tests.journeys.counter import Counter, asked, body_of, leader, typed
from tests.notifications.mails import assert_accounted, send
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.once]

TITLE: Final = "書かない窓口"
SHEET: Final[dict[str, Any]] = {
    "title": TITLE,
    "area": "P2",
    "problem": "転入の手続で、同じ住所を何度も書いていただいている。",
    "reform": "聞き取りで申請書を作り、署名だけをいただく。",
    "sections": ["FUKUSHI"],
    "volume": "2,000",
    "minutes_before": "42",
    "minutes_after": "25",
    "cost": "680,000",
    "budget_measure": "INITIAL",
    "starts_on": "令和8年7月1日",
    "ends_on": "R29.3.31",
    "has_personal_data": "on",
    "trigger": "HEARING",
    "users": "転入する世帯",
    "evidence": "発券機の記録。",
    "evidence_kind": "MEASURED",
    "simplify": ["MERGE"],
    "tool": "T-CARD",
    "reallocation": "CITIZENS",
    "principles-N1": "書く負担をなくす。",
    "kpis-0-name": "平均手続時間",
    "kpis-0-unit": "分",
    "kpis-0-baseline": "42",
    "kpis-0-target": "25",
    "kpis-0-target_on": "2027/3/31",
    "kpis-0-source": "発券機の記録",
}
MEMO: Final[FilePayload] = {
    "name": "現状調査.txt",
    "mimeType": "text/plain",
    "buffer": "転入 1件あたり平均42分".encode(),
}


def subject(asks: str, until: str = "", more: str = "") -> str:
    """The whole subject of a mail about the one case."""
    return f"【業務改革ナビ】{asks}：R8-001 {TITLE}{more}" + (f"（{until}まで）" if until else "")


def the_case() -> Project:
    return Project.objects.get()


def test_from_an_idea_to_the_first_lap_of_its_loop(counter: Counter) -> None:
    propose(counter)
    confirm_and_receive(counter)
    review(counter)
    counsel(counter)
    adopt(counter)
    run_a_lap(counter)
    send(now())
    assert_accounted()
    assert ledger.verify().ok


def propose(at: Counter) -> None:
    at.log_in(leader())
    at.sees("いま、あなたの番の案件はありません")
    at.page.get_by_role("link", name="提案を書く").first.click()
    at.fill(SHEET)
    at.page.locator("main header").get_by_role("button", name="下書きを保存").click()
    at.sees("下書きを保存しました。")
    at.page.set_input_files("#id_file", MEMO)
    at.press("添付する")
    at.sees("「現状調査.txt」を添付しました。")
    at.page.reload()
    assert at.page.input_value("[name=title]") == TITLE
    assert at.page.input_value("[name=cost]") == "680,000"
    assert at.page.is_checked("[name=sections][value=FUKUSHI]")
    at.press("入力内容を確認する")
    at.sees(
        "横断・予算", "所属長 確認", "市民課長", "プロジェクトチーム 審査", "本部長 決裁", "合議"
    )
    at.sees("680,000円", "567時間", "現状調査.txt")
    at.page.get_by_role("button", name="提出する").dblclick()
    expect(at.page).to_have_url(re.compile("/p/R8-001/$"))  # the first click's way is cut off
    at.sees("所属長 確認")
    assert Decision.objects.filter(outcome=Outcome.SUBMITTED).count() == 1
    assert at.ball() == (
        "いま 市民課長 石川さん が「所属長 確認」を担当中。5/11（月）から1日目、"
        "標準2営業日 = 5/13（水）まで。次は「事務局 受付」。"
    )


def confirm_and_receive(at: Counter) -> None:
    head = make.holder("HEAD-SHIMIN")
    mail = at.log_in_from_mail(head, subject("所属長確認のお願い", "5/13"))
    assert "内容を確認し、承認又は差戻しをお願いします。" in body_of(mail)
    at.sees("市民課長としての確認", "同じ住所を何度も書いていただいている")
    at.answer(the_case(), Outcome.APPROVED, comment="課として進めます。")
    clerk = make.holder("SECRETARIAT")
    at.log_in_from_mail(clerk, subject("受付のお願い", "5/14"))
    at.answer(the_case(), Outcome.RECEIVED)
    at.sees("プロジェクトチーム 審査")


def review(at: Counter) -> None:
    case = the_case()
    team = asked(case, StepKind.REVIEW)
    assert len(team) == 6
    scores = {f"scores_{code}": "4" for code in make.SCORES}
    for done, (_slot, member) in enumerate(team[:2], start=1):
        at.log_in_from_mail(member, subject("審査のお願い", "5/21"))
        at.answer(case, Outcome.SCORED, **scores, comment="効果が見込めます。")
        at.sees(f"採点 {done}/6人")
    for slot, member in team[2:]:
        make.say(case, Outcome.SCORED, slot=slot, by=member, at=now())
    chair = make.holder("PT-CHAIR")
    at.log_in_from_mail(chair, subject("上申のお願い", "5/14"))
    at.sees("効果が見込めます。")
    at.answer(case, Outcome.REFERRED, comment="可として上申する。")


def counsel(at: Counter) -> None:
    case = the_case()
    [(_slot, department)] = asked(case, StepKind.APPROVAL)
    at.log_in_from_mail(department, subject("承認のお願い", "5/13"))
    at.answer(case, Outcome.APPROVED)
    treasury = make.holder("HEAD-ZAISEI")
    at.log_in_from_mail(treasury, subject("合議のお願い", "5/15"))
    at.answer(case, Outcome.OBJECTED, comment="財源が示されていない。")
    for slot, person in asked(case, StepKind.CONCURRENCE):
        make.say(case, Outcome.AGREED, slot=slot, by=person, at=now())
    assert at.subjects(leader())[-1] == subject("合議で不同意がありました")
    [(_slot, mediator)] = asked(case, StepKind.MEDIATION)
    at.log_in(mediator, f"/p/{case.reference}/decide/")
    at.sees("財源が示されていない。")
    at.answer(case, Outcome.UNSETTLED, comment="財源は補正予算で協議を続ける。")
    members = asked(case, StepKind.DELIBERATION)
    _slot, member = members[0]
    at.log_in(member, "/inbox/?tab=todo")
    at.page.locator(".mail__a", has_text=TITLE).click()
    at.page.locator("#preview-title").wait_for()
    at.sees("財政課長が不同意です。決裁では回答が必要です", "財源が示されていない。", "80/100")
    at.page.get_by_role("link", name="案件を開く").click()
    at.answer(case, Outcome.AGREED)


def adopt(at: Counter) -> None:
    case = the_case()
    make.walk(case, to=StepKind.DECISION, at=now())
    mayor = make.holder("HQ-CHAIR")
    at.log_in_from_mail(mayor, subject("決裁のお願い", "5/18"))
    at.sees("合議で不同意が残っています。決裁では必ず回答してください。")
    form = at.form_of(case)
    form.locator("input[value=ADOPTED_WITH_CONDITIONS]").check()
    form.locator("[data-submit-label]").click()
    at.page.wait_for_load_state()
    assert the_case().stage == Stage.DELIBERATION
    at.answer(
        case,
        Outcome.ADOPTED_WITH_CONDITIONS,
        **{
            "conditions-0-text": "予算の成立を条件とする",
            "conditions-0-section": "ZAISEI",
            "conditions-0-due": "2027-03-31",
            "reply": "補正予算の成立まで支出しないことを条件とする。",
        },
    )
    at.sees("決裁は取り消せません。", "予算の成立を条件とする")
    assert the_case().stage == Stage.RUNNING
    assert subject("条件付きで採択されました（条件1件）") in at.subjects(leader())


def run_a_lap(at: Counter) -> None:
    case = the_case()
    at.log_in(leader(), f"/p/{case.reference}/ooda/")
    at.sees("観察を記録する")
    for phase, button in (
        ("OBSERVE", "記録して「方向づけ」へ進む"),
        ("ORIENT", "記録して「意思決定」へ進む"),
        ("DECIDE", "決定して「行動」へ進む"),
        ("ACT", "このサイクルを終える"),
    ):
        at.fill(dict(typed(make.PHASES[phase])))  # type: ignore[index]
        at.press(button)
        at.page.wait_for_load_state()
        at.sees("記録しました。")
    at.sees("第2サイクル", "これまでのサイクル")
    at.page.fill("[name=value]", "38.5")
    at.page.fill("[name=note]", "1か月目")
    at.page.locator(".figureform").get_by_role("button").last.click()
    at.sees("「平均手続時間」の値を記録しました。", "38.5")
    at.page.check("[name=kind][value=VOICE]")
    at.page.fill("[name=text]", "待ち時間が短くなったと言われた。")
    at.press("観察を記録する")
    at.sees("観察を記録しました。", "待ち時間が短くなったと言われた。")


def test_sent_back_pulled_back_and_withdrawn(counter: Counter) -> None:
    case = make.submit(make.a_draft(at=now()), at=now())
    pull_back(counter, case)
    send_back(counter, case)
    improve(counter, case)
    withdraw(counter, case)
    send(now())
    assert_accounted()


def pull_back(at: Counter, case: Project) -> None:
    head = make.holder("HEAD-SHIMIN")
    at.log_in(leader(), f"/p/{case.reference}/")
    at.press("引き戻す")
    at.page.wait_for_url("**/pull-back/")
    at.page.locator("main form").get_by_role("button").click()
    at.page.wait_for_url(f"**/p/{case.reference}/")
    assert the_case().stage == Stage.DRAFT
    at.sees("引戻し")
    at.page.goto(f"{at.url}/p/{case.reference}/confirm/")
    at.sees("引き戻した案件です")
    at.fill({"comment": "数値を確かめ直した。"})
    at.press("再提出する")
    at.page.wait_for_url(f"**/p/{case.reference}/")
    at.log_in_from_mail(head, subject("所属長確認のお願い", "5/13"))
    at.log_in(leader(), f"/p/{case.reference}/")
    assert at.page.get_by_role("button", name="引き戻す").is_disabled()


def send_back(at: Counter, case: Project) -> None:
    at.log_in(make.holder("HEAD-SHIMIN"), f"/p/{case.reference}/decide/")
    form = at.form_of(case)
    form.locator("input[value=SENT_BACK]").check()
    form.locator("[data-submit-label]").click()
    at.page.wait_for_load_state()
    at.sees("入力してください")
    at.answer(case, Outcome.SENT_BACK, comment="件数の根拠を書いてください。")
    assert the_case().stage == Stage.RETURNED
    mail = at.mail_to(leader(), subject("差戻し", "5/18", " 修正をお願いします"))
    assert "件数の根拠を書いてください。" in body_of(mail)


def improve(at: Counter, case: Project) -> None:
    at.log_in(leader())
    at.sees("浅石さんの番が 1件 あります", "市民課", "差戻し")
    at.page.get_by_role("link", name=re.compile(f"修正する：{TITLE}")).click()
    at.sees("差し戻されました", "件数の根拠を書いてください。")
    at.fill({"problem": "年2,000件（令和7年度の実績）の転入で、同じ住所を何度も書いている。"})
    at.press("入力内容を確認する")
    at.sees("第1版から変えたところ", "年2,000件（令和7年度の実績）")
    at.press("再提出する")
    at.sees("修正した点を入力してください。")
    at.fill({"comment": "令和7年度の実績を書き足しました。"})
    at.press("再提出する")
    at.page.wait_for_url(f"**/p/{case.reference}/")
    assert the_case().stage == Stage.WITH_HEAD


def withdraw(at: Counter, case: Project) -> None:
    at.log_in(leader(), f"/p/{case.reference}/")
    at.press("取り下げる")
    at.page.wait_for_url("**/withdraw/")
    at.fill({"comment": "別の案と一緒にします。", "confirmed": "on"})
    at.page.locator("main form").get_by_role("button").click()
    at.page.wait_for_url(f"**/p/{case.reference}/")
    at.sees("「取下げ」として記録しました。")
    assert the_case().stage == Stage.WITHDRAWN
    head = make.holder("HEAD-SHIMIN")
    assert at.subjects(head)[-1] == subject("取り下げられました")
