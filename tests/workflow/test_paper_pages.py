"""紙決裁の後登録 on the pages: the form, the second person, and what every page says afterwards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate

from roles.actions import record
from roles.enums import Role
from roles.models import Appointment, Succession
from tests.make import (
    a_delegation,
    a_post,
    a_project,
    a_user,
    an_appointment,
    holder,
    say,
    the_slot,
)
from tests.proof import assert_sound, state_of
from tests.workflow.pages import TYPED, client_of, text_of
from tests.workflow.papers import (
    LATER,
    SCAN,
    WHY,
    WORDS,
    a_paper,
    a_scan,
    confirm,
    keepers,
    refuse,
    register,
    upload,
)
from workflow import access, sheet
from workflow.enums import Outcome, PaperState, RunKind, StepKind
from workflow.models import Decision, PaperDecision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


def at_decision() -> Project:
    return a_project(to=StepKind.DECISION)


def address(case: Project) -> str:
    return reverse("paper", args=[case.reference, the_slot(case).pk])


def sent(case: Project, **more: Any) -> dict[str, Any]:
    """The form as it should be."""
    revision = the_slot(case).step_run.revision
    assert revision is not None
    return {
        "decided_by": holder("HQ-CHAIR", LATER).pk,
        "decided_on": "令和8年5月12日",
        "outcome": "ADOPTED",
        "comment": WORDS,
        "reason": WHY,
        "scan": upload(),
        "revision_hash": revision.content_hash,
        **more,
    }


# --- registering -------------------------------------------------------------------------------


def test_who_held_the_seat_since_the_step_was_opened_may_have_decided(office: City) -> None:
    slot = the_slot(at_decision())
    opened, today = localdate(slot.opened_at), localdate(LATER)
    [present] = Appointment.objects.filter(post=slot.post)
    left_before, left_after = a_user(name="青木 一"), a_user(name="石田 二")
    for person, ends_on in ((left_before, opened), (left_after, opened + timedelta(days=1))):
        an_appointment(post=slot.post, person=person, ends_on=ends_on)
    an_appointment(post=slot.post, starts_on=today + timedelta(days=1))

    known = access.holders_since(slot, today)

    assert known == sorted([left_after, present.person], key=lambda each: each.name)


def test_who_holds_the_heir_of_a_closed_seat_may_have_decided(office: City) -> None:
    slot = the_slot(at_decision())
    today = localdate(LATER)
    heir = a_post(Role.HQ_CHAIR)
    successor = an_appointment(post=heir).person
    a_delegation(post=heir, deputy=a_user())
    Appointment.objects.filter(post=slot.post).update(ends_on=localdate(slot.opened_at))
    with transaction.atomic():
        record(Succession(post=slot.post, heir=heir, starts_on=today), by=successor, at=LATER)

    assert access.holders_since(slot, today - timedelta(days=1)) == []
    assert access.holders_since(slot, today) == [successor]


def test_the_form_asks_the_same_whatever_was_registered_before(office: City) -> None:
    case = at_decision()
    clerk, asked = client_of(keepers()[0]), []
    clerk.get(address(case))
    for _time in range(3):
        with CaptureQueriesContext(connection) as queries:
            page = clerk.get(address(case))
        asked.append((len(page.context["past"]), len(queries)))
        refuse(register(case))

    assert [past for past, _queries in asked] == [0, 1, 2]
    assert len({queries for _past, queries in asked}) == 1
    assert asked[0][1] <= 12


def test_the_office_registers_and_another_confirms_on_the_page() -> None:
    case = at_decision()
    recorder, confirmer = (client_of(each) for each in keepers()[:2])
    url = address(case)

    assert url in text_of(recorder.get(f"/p/{case.reference}/"))
    registered = recorder.post(url, sent(case), follow=True)
    [paper] = PaperDecision.objects.all()
    waiting = text_of(confirmer.get(url))
    confirmed = confirmer.post(
        reverse("paper-confirm", args=[case.reference, paper.key]), {"confirmed": "on"}, follow=True
    )

    assert "確認すると、決裁として記録され、手続が進みます。" in text_of(registered)
    assert "登録した方は、ご自身で確認できません。" in text_of(registered)
    for words in (WORDS, WHY, "令和8年5月12日", paper.scan_sha256, keepers()[0].name):
        assert words in waiting
    assert "「採択」として記録しました。" in text_of(confirmed)
    said = Decision.objects.get(project=case, outcome=Outcome.ADOPTED)
    assert said.decided_by == holder("HQ-CHAIR", LATER)
    assert_sound()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("decided_by", "", "紙で決裁した人を選んでください。"),
        ("decided_by", "999999", "紙で決裁した人を、一覧から選んでください。"),
        ("decided_on", "", "紙で決裁した日を入力してください。"),
        ("decided_on", "きのう", "日付"),
        ("decided_on", "2026-05-15", "紙で決裁した日が、きょうより後になっています。"),
        ("decided_on", "2026-05-01", "この段階が始まった日（5月11日）より前の日になっています。"),
        ("outcome", "", "判断を選んでください。"),
        ("outcome", "HELD", "判断を、一覧から選んでください。"),
        ("reason", " ", "紙で決裁した理由を入力してください。"),
        ("scan", "", "紙の決裁のスキャンを選んでください。"),
        ("scan", upload(b"", "空.pdf"), "ファイルが空です。"),
        ("scan", upload(b"<svg/>", "絵.svg"), "この種類のファイルは添付できません。"),
        ("scan", upload(b"MZ\x90", "決裁.pdf"), "ファイルの中身が「pdf」ではないようです。"),
        ("scan", upload(b"x", "決裁.txt"), "添付できるのは pdf、jpg、jpeg、png です。"),
        ("scan", upload(b"%PDF-" + b"x" * 20 * 1024 * 1024, "大.pdf"), "1つ20MBまでです。"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    field: str, value: Any, sentence: str
) -> None:
    case = at_decision()
    before = state_of()

    answer = client_of(keepers()[0]).post(
        address(case), sent(case, comment=TYPED, **{field: value})
    )

    page = text_of(answer)
    assert answer.status_code == 422
    assert sentence in str(answer.context["form"].errors[field])
    assert sentence in page
    assert TYPED in page
    assert state_of() == before


def test_a_condition_that_is_missing_is_asked_for_beside_the_conditions() -> None:
    case = at_decision()
    before = state_of()

    answer = client_of(keepers()[0]).post(
        address(case), sent(case, outcome="ADOPTED_WITH_CONDITIONS", comment=TYPED)
    )

    assert answer.status_code == 422
    assert answer.context["form"].errors["conditions"] == ["条件を1つ以上入力してください。"]
    assert TYPED in text_of(answer)
    assert state_of() == before


def test_a_condition_is_added_without_any_complaint() -> None:
    case = at_decision()
    rows = {"conditions-rows": "1", "conditions-0-text": "研修", "add_condition": "1"}

    answer = client_of(keepers()[0]).post(address(case), sent(case, **rows, scan=""))

    assert answer.status_code == 200
    assert 'name="conditions-1-text"' in text_of(answer)
    assert "研修" in text_of(answer)
    assert PaperDecision.objects.count() == 0


def test_a_second_form_is_told_of_the_first() -> None:
    case = at_decision()
    register(case)

    answer = client_of(keepers()[1]).post(address(case), sent(case, comment=TYPED, reason=""))

    assert answer.status_code == 409
    assert "に紙の決裁を登録し、事務局のほかの方の確認を待っています。" in text_of(answer)
    assert TYPED in text_of(answer)
    assert PaperDecision.objects.count() == 1


def test_a_form_that_comes_after_the_decision_is_told_who_decided() -> None:
    case = at_decision()
    url, form = address(case), sent(case, comment=TYPED)
    say(case, Outcome.ADOPTED, at=LATER)
    before = state_of()

    answer = client_of(keepers()[0]).post(url, form)

    assert answer.status_code == 409
    assert "「採択」としました" in text_of(answer)
    assert TYPED in text_of(answer)
    assert state_of() == before


def test_a_step_that_decides_nothing_has_no_such_page() -> None:
    case = a_project()

    assert client_of("SECRETARIAT").get(address(case)).status_code == 404


# --- the second person -------------------------------------------------------------------------


def test_who_has_nothing_to_do_there_is_refused() -> None:
    case = at_decision()
    url = address(case)
    leader = client_of("LEADER-SHIMIN")
    assert leader.get(url).status_code == 403
    paper = register(case)
    confirming = reverse("paper-confirm", args=[case.reference, paper.key])
    scan = reverse("paper-scan", args=[case.reference, paper.key])
    holder_s = client_of("HQ-CHAIR")
    before = state_of()

    statuses = {
        "leader": (leader.get(url).status_code, leader.get(scan).status_code),
        "holder": (holder_s.get(url).status_code,),
        "recorder": (client_of(keepers()[0]).post(confirming, {"confirmed": "on"}).status_code,),
        "holder confirms": (holder_s.post(confirming, {"confirmed": "on"}).status_code,),
    }

    assert statuses == {
        "leader": (403, 404),
        "holder": (200,),
        "recorder": (403,),
        "holder confirms": (403,),
    }
    assert state_of() == before


def test_the_confirmer_has_to_say_that_it_agrees_and_who_it_is() -> None:
    case = at_decision()
    paper = register(case)
    url = reverse("paper-confirm", args=[case.reference, paper.key])
    before = state_of()

    unsaid = client_of(keepers()[1]).post(url, {})
    stale = client_of(keepers()[1], is_fresh=False).post(url, {"confirmed": "on"})

    assert (unsaid.status_code, stale.status_code) == (422, 422)
    assert "確認の欄に印を付けてください。" in text_of(unsaid)
    assert "パスワード" in text_of(stale)
    assert state_of() == before


def test_a_paper_is_refused_with_a_reason() -> None:
    case = at_decision()
    paper = register(case)
    url = reverse("paper-refuse", args=[case.reference, paper.key])
    browser = client_of(keepers()[1])

    empty = browser.post(url, {"reason": ""})
    done = browser.post(url, {"reason": "日付が違う。"}, follow=True)
    again = text_of(client_of(keepers()[0]).get(address(case)))

    assert empty.status_code == 422
    assert "理由を入力してください。" in text_of(empty)
    assert "紙の決裁を、確認しないで終えました。" in text_of(done)
    paper.refresh_from_db()
    assert paper.state == PaperState.REFUSED
    assert "この紙の決裁は、" in again
    assert paper.scan_name in again


def test_the_scan_is_a_download_that_runs_nothing() -> None:
    case = at_decision()
    paper = register(case)

    answer = client_of(keepers()[1]).get(reverse("paper-scan", args=[case.reference, paper.key]))

    assert b"".join(answer) == SCAN
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/octet-stream"


def test_the_holder_reads_that_it_waits_and_decides_all_the_same() -> None:
    case = at_decision()
    paper = register(case)
    browser = client_of("HQ-CHAIR")

    page = text_of(browser.get(f"/p/{case.reference}/"))
    say(case, Outcome.NOT_ADOPTED, at=LATER)

    assert "紙の決裁が登録され、確認を待っています" in page
    assert 'value="ADOPTED"' in page
    paper.refresh_from_db()
    assert paper.state == PaperState.LAPSED
    leader = text_of(client_of("LEADER-SHIMIN").get(f"/p/{case.reference}/"))
    assert "紙の決裁が登録され" not in leader


def test_the_office_finds_what_waits_on_its_desk_and_the_auditor_in_the_ledger() -> None:
    case = at_decision()
    register(case)
    link = address(case)

    pages = {
        "office": link in text_of(client_of(keepers()[2]).get("/")),
        "leader": link in text_of(client_of("LEADER-SHIMIN").get("/")),
        "ledger": link in text_of(client_of("AUDITOR").get("/ledger/")),
    }

    assert pages == {"office": True, "leader": False, "ledger": True}


# --- what every page says afterwards -----------------------------------------------------------


def decided() -> tuple[Project, Decision]:
    case = at_decision()
    return case, confirm(register(case))


def test_history_sheet_and_case_say_on_which_day_and_by_whom() -> None:
    case, said = decided()
    recorder, confirmer = keepers()[:2]
    words = f"5月12日 紙で決裁（登録 {recorder.name}、確認 {confirmer.name}）"
    browser = client_of("LEADER-SHIMIN")

    history = text_of(browser.get(f"/p/{case.reference}/history/"))
    page = text_of(browser.get(f"/p/{case.reference}/"))
    paper = text_of(browser.get(f"/p/{case.reference}/kessai/"))

    assert words in history
    assert a_scan().sha256[:16] in history
    assert f"紙で決裁した理由</b>：{WHY}" in history
    assert words in page
    assert words in paper
    assert a_scan().sha256 in paper
    assert f"事務局の{recorder.name}が登録し、{confirmer.name}が令和8年5月14日" in paper
    dossier = sheet.dossier_of(case, LATER)
    run = dossier.run_of(RunKind.PROJECT)
    assert run is not None
    column = sheet.columns_of(dossier, run)[0]
    assert column.stamp is not None
    assert (f"{column.stamp.at:%m-%d}", column.note) == ("05-12", "紙で決裁")
    assert said.decided_at == LATER


def test_the_evidence_shows_the_paper_and_checks_the_stored_scan() -> None:
    case, said = decided()
    browser = client_of("LEADER-SHIMIN")
    url = f"/p/{case.reference}/decisions/{said.pk}"

    page, told = text_of(browser.get(f"{url}/")), browser.get(f"{url}.json").json()
    checks = text_of(browser.get(f"{url}/checks/"))
    paper = PaperDecision.objects.get()
    scan = browser.get(reverse("paper-scan", args=[case.reference, paper.key]))
    assert b"".join(scan) == SCAN
    with Path(paper.scan.path).open("ab") as file:
        file.write(b"more")
    tampered = text_of(browser.get(f"{url}/checks/"))
    paper.scan.storage.delete(str(paper.scan.name))
    gone = text_of(browser.get(f"{url}/checks/"))

    assert "記録と一致しています。" in checks
    assert "下の7つをすべて計算し直しました。" in checks
    assert a_scan().sha256 in page
    assert told["paper"]["scan"]["sha256"] == a_scan().sha256
    assert told["paper"]["decided_on"] == "2026-05-12"
    assert told["paper"]["confirmed_by"]["name"] == keepers()[1].name
    assert told["entry"]["payload"]["paper"]["scan"] == a_scan().sha256
    assert {each["name"]: each["is_sound"] for each in told["checks"]}["scan"]
    assert "記録と一致しません。" in tampered
    assert "ファイルを読めません" in gone


def test_a_case_for_few_shows_its_paper_to_few(office: City) -> None:
    case = at_decision()
    case.is_confidential = True
    case.save(update_fields=["is_confidential"])
    paper = register(case, a_paper(Outcome.NOT_ADOPTED))
    confirm(paper)
    scan = reverse("paper-scan", args=[case.reference, paper.key])

    answers = {
        code: client_of(code).get(scan) for code in ("LEADER-SHIMIN", "HQ-CHAIR", "LEADER-ZEIMU")
    }

    found = {code: b"".join(each) for code, each in answers.items() if each.status_code == 200}
    assert found == {"LEADER-SHIMIN": SCAN, "HQ-CHAIR": SCAN}
    assert answers["LEADER-ZEIMU"].status_code == 404
