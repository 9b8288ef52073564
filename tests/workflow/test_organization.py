"""組織・役割: the pages everybody reads, and the forms of the 事務局."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records.models import LedgerEntry
from roles.actions import appoint
from roles.enums import AppointmentKind, Role, SuspensionKind
from roles.models import Appointment, Post, Section, Succession, Suspension, User
from tests.make import (
    AT,
    TODAY,
    a_delegation,
    a_draft,
    a_post,
    a_project,
    a_section,
    a_suspension,
    a_user,
    an_appointment,
    holder,
    say,
    submit,
    the_slot,
)
from tests.proof import state_of
from tests.workflow.pages import client_of, messages_of, text_of
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

DAY = date(2027, 4, 1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def clerk(office: City) -> Client:
    return client_of("SECRETARIAT")


def post(code: str) -> Post:
    return Post.objects.get(code=code)


# --- looking ---------------------------------------------------------------------------------


def test_the_chart_names_who_sits_where(office: City) -> None:
    page = text_of(client_of("LEADER-ZEIMU").get("/org/"))

    for words in (
        "推進本部",
        "プロジェクトチーム",
        "市民部",
        "市民課長",
        "石川 真由美",
        "事務取扱",
    ):
        assert words in page
    assert "空いている職はありません" in page
    assert "任命を追加" not in page


def test_the_chart_of_another_day_is_that_day_s(clerk: Client) -> None:
    office_head = holder("HEAD-SHIMIN")
    Appointment.objects.filter(post__code="HEAD-SHIMIN").update(ends_on=DAY)

    today, then = (text_of(clerk.get("/org/", {"on": on})) for on in ("", "令和9年4月1日"))

    assert office_head.name in today
    assert "市民課長 が空席です。" not in today
    assert "市民課長 が空席です。（令和9年4月1日から）" in then.replace("</small>", "").replace(
        '<small class="num">', ""
    )
    assert f"/org/appoint/?post={post('HEAD-SHIMIN').pk}&on=2027-04-01" in then


@pytest.mark.parametrize("typed", ["きのう", "2027-13-01", "1900-01-01", "\0"])
def test_a_day_that_cannot_be_read_is_said_beside_the_field(clerk: Client, typed: str) -> None:
    response = clerk.get("/org/", {"on": typed})

    assert response.status_code == 200
    assert "日付を読み取れません" in text_of(response)


def test_a_body_below_its_quorum_and_a_seat_on_leave_are_vacancies(clerk: Client) -> None:
    for code in ("PT-SHIMIN", "PT-FUKUSHI", "PT-SANGYO"):
        Appointment.objects.filter(post__code=code).update(ends_on=TODAY)
    a_suspension(person=holder("LEADER-ZEIMU"))

    page = text_of(clerk.get("/org/"))

    assert "審査できる方は3人です。定足数は4人です。" in page
    assert "税務課 DX推進リーダー が休職・育休中で、代理がいません。" in page


PAGES = ["/org/", "/org/terms/", "/org/deputies/", "/org/changes/", "/org/rehearsal/"]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_costs_the_same_however_large_the_city_is(clerk: Client, address: str) -> None:
    def grow() -> None:
        section = a_section()
        person = an_appointment(post=a_post(Role.SECTION_HEAD, section=section)).person
        an_appointment(post=a_post(Role.STAFF, section=section, is_shared=True))
        a_delegation(post=post("HEAD-SHIMIN"), deputy=person)
        a_post(Role.DX_LEADER, section=section)
        a_project()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            clerk.get(address)
        return len(queries)

    grow()
    asked()
    once = asked()
    grow()
    grow()
    assert asked() == once


def test_terms_are_drawn_over_the_months_of_a_fiscal_year(clerk: Client) -> None:
    comer = a_user(name="後任 次郎")
    Appointment.objects.filter(post__code="LEADER-ZEIMU").update(ends_on=date(2027, 2, 1))
    an_appointment(post=post("LEADER-ZEIMU"), person=comer, starts_on=date(2027, 2, 1))

    page = text_of(clerk.get("/org/terms/"))

    assert 'data-t="now" data-s="1" data-e="41"' in page
    assert 'data-t="plan" data-s="41" data-e="49"' in page
    assert "令和9年2月1日から" in page
    assert "令和9年度" in text_of(clerk.get("/org/terms/", {"on": "2027-04-01"}))


def test_deputies_and_the_order_of_the_rule_stand_beside_each_other(clerk: Client) -> None:
    row = a_delegation(post=post("HEAD-SHIMIN"), deputy=holder("HEAD-KYODO"))
    gone = a_delegation(post=post("HEAD-ZEIMU"), deputy=a_user(name="退職 済男"))
    Appointment.objects.filter(person=gone.deputy).update(ends_on=TODAY)

    page = text_of(clerk.get("/org/deputies/"))
    stranger = text_of(client_of("LEADER-ZEIMU").get("/org/deputies/"))

    assert row.deputy.name in page
    assert page.count("効いていません") == 1
    assert page.index("総務部長") < page.index("市民部長")
    assert "理由・登録者" not in stranger


def test_changes_are_told_in_words_newest_first_and_paged(clerk: Client) -> None:
    people = [a_user(name=f"職員 {n}番") for n in range(35)]
    for person in people:
        appoint(
            post=post("STAFF-SHIMIN"), person=person, starts_on=DAY, by=holder("SECRETARIAT"), at=AT
        )

    first = clerk.get("/org/changes/")
    second = clerk.get("/org/changes/", {"before": first.context["older"]})

    rows = first.context["rows"]
    assert [row.person.name for row in rows] == [f"職員 {n}番" for n in range(34, 4, -1)]
    assert (rows[0].what, rows[0].post, rows[0].starts_on) == ("任命", post("STAFF-SHIMIN"), DAY)
    assert rows[0].by == holder("SECRETARIAT")
    assert second.context["rows"][0].person.name == "職員 4番"
    assert clerk.get("/org/changes/", {"before": "x" * 40}).status_code == 200


def test_why_somebody_is_away_is_for_the_secretariat_and_for_oneself(clerk: Client) -> None:
    away = a_suspension(person=holder("LEADER-ZEIMU"), kind=SuspensionKind.LEAVE)
    address = f"/org/people/{away.person.pk}/"

    keeper, other, oneself = (
        text_of(each.get(address))
        for each in (clerk, client_of("HEAD-SHIMIN"), client_of(away.person))
    )

    assert ["休職・育休中" in page for page in (keeper, other, oneself)] == [True] * 3
    assert [">休職</" in page for page in (keeper, other, oneself)] == [True, False, True]
    log = client_of("HEAD-SHIMIN").get("/org/changes/")
    assert [row.detail for row in log.context["rows"] if row.what == "休職・育休"] == [""]


def test_a_person_s_posts_past_present_and_to_come(clerk: Client) -> None:
    person = a_user(name="異動 太郎")
    an_appointment(post=a_post(title="前の職"), person=person, ends_on=TODAY)
    an_appointment(post=a_post(title="いまの職"), person=person, starts_on=TODAY)
    an_appointment(post=a_post(title="次の職"), person=person, starts_on=DAY)

    periods = dict(clerk.get(f"/org/people/{person.pk}/").context["periods"])

    assert {name: [row.post.title for row in rows] for name, rows in periods.items()} == {
        "now": ["いまの職"],
        "plan": ["次の職"],
        "done": ["前の職"],
    }
    assert clerk.get("/org/people/999999999999999999999/").status_code == 404


# --- changing --------------------------------------------------------------------------------


def appointing(**more: Any) -> dict[str, Any]:
    return {
        "person": "100501",
        "post": str(post("LEADER-ZEIMU").pk),
        "kind": "CONCURRENT",
        "starts_on": "令和9年4月1日",
        "ends_on": "",
        **more,
    }


def test_a_future_appointment_is_one_row_and_one_entry(clerk: Client) -> None:
    Appointment.objects.filter(post__code="LEADER-ZEIMU").update(ends_on=DAY)

    response = clerk.post("/org/appoint/", appointing(person="髙橋　花"), follow=True)

    row = Appointment.objects.latest("pk")
    assert (row.person.employee_number, row.post.code) == ("100501", "LEADER-ZEIMU")
    assert (row.kind, row.starts_on, row.ends_on) == (AppointmentKind.CONCURRENT, DAY, None)
    assert row.ledger_entry.payload["by"] == holder("SECRETARIAT").pk
    assert messages_of(response) == [
        "髙橋 花 さんを「税務課 DX推進リーダー」に任命しました（令和9年4月1日から）。"
    ]


def test_a_last_day_is_the_last_one_in_office(clerk: Client) -> None:
    Appointment.objects.filter(post__code="LEADER-ZEIMU").update(ends_on=DAY)

    clerk.post("/org/appoint/", appointing(ends_on="R10.3.31"))

    assert Appointment.objects.latest("pk").ends_on == date(2028, 4, 1)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"person": ""}, "職員を入力してください。"),
        ({"person": "存在 しない"}, "という職員は見つかりません"),
        ({"post": ""}, "職を選んでください。"),
        ({"post": "999999"}, "正しく選択してください"),
        ({"starts_on": ""}, "始まりの日を入力してください。"),
        ({"starts_on": "あした"}, "日付を読み取れません"),
        ({"ends_on": "R9.3.1"}, "終わりの日は、始まりの日より後にしてください。"),
        ({}, "この職には 田中 彩 さんが就いています"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_lost(
    clerk: Client, wrong: dict[str, str], complaint: str
) -> None:
    before = Appointment.objects.count(), LedgerEntry.objects.count()

    response = clerk.post("/org/appoint/", appointing(**wrong))

    page = text_of(response)
    assert response.status_code == 422
    assert complaint in page
    if "starts_on" not in wrong:
        assert "令和9年4月1日" in page
    assert (Appointment.objects.count(), LedgerEntry.objects.count()) == before


def test_who_would_come_to_sit_over_the_own_proposal_is_warned_of_once(clerk: Client) -> None:
    case = a_project()
    Appointment.objects.filter(post__code="HEAD-SHIMIN").update(ends_on=TODAY)
    sent = appointing(
        person=case.proposer.employee_number,
        post=str(post("HEAD-SHIMIN").pk),
        starts_on=TODAY.isoformat(),
    )

    warned = clerk.post("/org/appoint/", sent)
    assert warned.status_code == 422
    assert f"{case.reference}　{case.title}" in text_of(warned)
    assert not Appointment.objects.filter(post__code="HEAD-SHIMIN", person=case.proposer).exists()

    done = clerk.post("/org/appoint/", {**sent, "confirmed": "on"})
    assert done.status_code == 302
    assert Appointment.objects.filter(post__code="HEAD-SHIMIN", person=case.proposer).exists()


def test_a_term_ends_after_its_last_day_and_a_reserved_one_is_taken_back(clerk: Client) -> None:
    now = Appointment.objects.get(post__code="LEADER-ZEIMU")
    clerk.post(f"/org/appointments/{now.pk}/end/", {"ends_on": "令和9年3月31日"})
    now.refresh_from_db()
    assert now.ends_on == DAY
    clerk.post("/org/appoint/", appointing())
    reserved = Appointment.objects.latest("pk")

    clerk.post(f"/org/appointments/{reserved.pk}/end/", {"revoke": "1"})

    reserved.refresh_from_db()
    assert reserved.revoked_at == AT
    response = clerk.post(f"/org/appointments/{now.pk}/end/", {"revoke": "1"}, follow=True)
    assert messages_of(response)[-1] == (
        "すでに始まっている任期は、取り消せません。終わりの日を入れてください。"
    )
    crossed = clerk.post(f"/org/appointments/{now.pk}/end/", {"ends_on": "R8.3.1"})
    assert (crossed.status_code, "始まりの日" in text_of(crossed)) == (422, True)


def test_the_last_head_of_headquarters_leaves_with_a_reason(clerk: Client) -> None:
    chair = Appointment.objects.get(post__code="HQ-CHAIR")
    address, last = f"/org/appointments/{chair.pk}/end/", {"ends_on": "令和9年3月31日"}

    refused = clerk.post(address, last)

    chair.refresh_from_db()
    assert (refused.status_code, chair.ends_on) == (422, None)
    assert "理由（任期満了等）を入力してください" in text_of(refused)
    assert clerk.post(address, {**last, "reason": "任期満了"}).status_code == 302
    chair.refresh_from_db()
    assert chair.ends_on == DAY
    assert chair.ledger_entry.texts.get(name="reason").text == "任期満了"


def test_leave_and_return(clerk: Client) -> None:
    person = holder("LEADER-ZEIMU")

    clerk.post(
        f"/org/people/{person.pk}/suspend/",
        {"kind": "PARENTAL", "starts_on": "令和8年6月1日", "ends_on": ""},
    )
    row = Suspension.objects.get()
    assert (row.person, row.kind, row.starts_on, row.ends_on) == (
        person,
        "PARENTAL",
        date(2026, 6, 1),
        None,
    )

    crossed = clerk.post(f"/org/suspensions/{row.pk}/end/", {"ends_on": "令和8年6月1日"})
    assert crossed.status_code == 422
    clerk.post(f"/org/suspensions/{row.pk}/end/", {"ends_on": "令和9年4月1日"})
    row.refresh_from_db()
    assert row.ends_on == DAY


def test_a_first_password_is_shown_once_and_only_for_a_new_account(clerk: Client) -> None:
    new = User.objects.create_user(
        employee_number="300001", family_name="新人", given_name="一郎", email="n@kazuno.example"
    )
    an_appointment(post=post("STAFF-SHIMIN"), person=new)
    assert "仮パスワードを発行する" in text_of(clerk.get(f"/org/people/{new.pk}/"))

    page = text_of(clerk.post(f"/org/people/{new.pk}/password/"))

    new.refresh_from_db()
    password = page.partition("<code>")[2].partition("</code>")[0]
    assert new.check_password(password)
    assert new.must_change_password
    assert LedgerEntry.objects.latest("seq").payload == {
        "person": new.pk,
        "by": holder("SECRETARIAT").pk,
    }
    assert clerk.post(f"/org/people/{new.pk}/password/").status_code == 409
    chair = holder("HQ-CHAIR")
    assert clerk.post(f"/org/people/{chair.pk}/password/").status_code == 409


# --- sections --------------------------------------------------------------------------------


def changing(change: str, former: list[str], *names: str, **more: Any) -> dict[str, Any]:
    sections = Section.objects.filter(code__in=former)
    rows = {f"{number}-name": name for number, name in enumerate(names, 1)}
    return {
        "change": change,
        "on": "令和9年4月1日",
        "former": [str(each.pk) for each in sections],
        **rows,
        **more,
    }


def test_a_section_is_renamed_from_the_form(clerk: Client) -> None:
    response = clerk.post(
        "/org/reorganize/", changing("RENAME", ["SHIMIN"], "市民生活課"), follow=True
    )

    new = Section.objects.latest("pk")
    assert (new.name, new.short_name, new.starts_on) == ("市民生活課", "市民生活課", DAY)
    assert Post.objects.get(section=new, role=Role.SECTION_HEAD).title == "市民生活課長"
    assert response.redirect_chain == [("/org/?on=2027-04-01", 302)]
    assert "市民生活課" in text_of(response)
    log = text_of(clerk.get("/org/changes/"))
    assert "組織の改正" in log
    assert "市民課 → 市民生活課" in log


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (("RENAME", ["SHIMIN", "ZEIMU"], "市民税務課"), "課を1つだけ選んでください"),
        (("MERGE", ["SHIMIN"], "市民税務課"), "課を2つ以上選んでください"),
        (("SPLIT", ["SHIMIN"], "窓口課"), "2つ目の課等の名称も"),
        (("RENAME", ["SHIMIN"]), "新しい課等の名称を入力してください。"),
        (("RENAME", ["SHIMIN"], "窓口課", "住民課"), "新しい課等は1つです"),
        (("RENAME", ["SHIMIN"], "税務課"), "「税務課」という課等は、すでにあります。"),
    ],
)
def test_a_change_of_sections_that_cannot_be_is_refused(
    clerk: Client, sent: tuple[Any, ...], complaint: str
) -> None:
    before = LedgerEntry.objects.count()

    response = clerk.post("/org/reorganize/", changing(*sent))

    assert response.status_code == 422
    assert complaint in text_of(response)
    assert (LedgerEntry.objects.count(), Succession.objects.exists()) == (before, False)


def test_a_section_changes_from_tomorrow_at_the_earliest(clerk: Client) -> None:
    sent = changing("RENAME", ["SHIMIN"], "市民生活課", on=TODAY.isoformat())

    assert "明日以降の日を入力してください。" in text_of(clerk.post("/org/reorganize/", sent))


def test_open_work_of_a_renamed_section_is_found_by_the_new_one(clerk: Client) -> None:
    """Old cases and decisions keep the old names; nothing runs on the day."""
    waiting = a_project(title="開いている案件")
    passed = a_project(title="所属長が認めた案件")
    said = say(passed, Outcome.APPROVED)
    returned = a_project(title="戻った案件")
    say(returned, Outcome.SENT_BACK)
    draft = a_draft(title="書きかけの案件")
    renamed = changing("RENAME", ["SHIMIN"], "市民生活課", on="令和8年6月1日")
    clerk.post("/org/reorganize/", renamed)
    then = AT.replace(month=6, day=1)

    with time_machine.travel(then, tick=False):
        new_head, new_leader = (
            holder(Post.objects.get(section__name="市民生活課", role=role).code, then)
            for role in (Role.SECTION_HEAD, Role.DX_LEADER)
        )
        inbox = text_of(client_of(new_head).get("/inbox/"))
        decision = say(waiting, Outcome.APPROVED, at=then, by=new_head)
        resent = submit(draft_of(draft), at=then)
        history = text_of(client_of(new_leader).get(f"/p/{passed.reference}/history/"))
        inherited = text_of(client_of(new_leader).get(f"/p/{waiting.reference}/history/"))
        page = text_of(client_of(new_leader).get(f"/p/{waiting.reference}/"))
        evidence = text_of(
            client_of(new_leader).get(f"/p/{waiting.reference}/decisions/{decision.pk}/")
        )
        proposing = text_of(client_of(new_leader).get("/proposals/new/"))

    assert "開いている案件" in inbox
    assert (decision.decided_by, decision.post.title) == (new_head, "市民課長")
    assert decision.authority["post_title"] == "市民課長"
    assert decision.authority["through"] == "市民生活課長"
    assert decision.authority["section"] == "市民課"
    told = f"市民課長　{new_head.name}（引継ぎ先：市民生活課長）"
    assert told in inherited
    assert told in page
    assert "廃止された 市民課長 の手続を引き継ぎました。" in evidence
    assert "引継ぎ先" not in history
    assert resent.number
    assert the_slot(resent).post.title == "市民生活課長"
    assert "市民課長" in history
    said.refresh_from_db()
    assert (said.post.title, said.authority["section"]) == ("市民課長", "市民課")
    waiting.refresh_from_db()
    assert waiting.section is not None
    assert waiting.section.name == "市民課"
    assert "市民生活課" in proposing or "市民課" not in proposing
    assert Decision.objects.filter(project=passed).count() == 2


def draft_of(case: Any) -> Any:
    """The draft as it is now."""
    return type(case).objects.get(pk=case.pk)


def test_the_deputy_s_word_names_whose_power_it_was_after_a_change_of_sections(
    clerk: Client,
) -> None:
    waiting = a_project()
    clerk.post("/org/reorganize/", changing("RENAME", ["SHIMIN"], "市民生活課"))
    heir = Post.objects.get(section__name="市民生活課", role=Role.SECTION_HEAD)
    deputy = holder("HEAD-KYODO")
    a_delegation(post=heir, deputy=deputy, starts_on=DAY, ends_on=date(2028, 4, 1))
    then = AT.replace(year=2027, month=4, day=1)

    with time_machine.travel(then, tick=False):
        decision = say(waiting, Outcome.APPROVED, at=then, by=deputy)

    assert decision.on_behalf_of == holder("HEAD-SHIMIN")
    assert decision.authority["delegation"] is not None


def test_a_running_case_is_led_by_the_section_that_took_over(clerk: Client) -> None:
    case = a_project(route="RT1", to=StepKind.OBSERVE)
    clerk.post("/org/reorganize/", changing("RENAME", ["SHIMIN"], "市民生活課"))
    then = AT.replace(year=2027, month=4, day=1)

    with time_machine.travel(then, tick=False):
        leader = holder(
            Post.objects.get(section__name="市民生活課", role=Role.DX_LEADER).code, then
        )
        page = client_of(leader).get(reverse("board", args=[case.reference]))

    assert page.status_code == 200
    assert "記録" in text_of(page)


def test_reading_changes_nothing(clerk: Client) -> None:
    a_project()
    before = state_of(), Appointment.objects.count()

    for address in [*PAGES, "/org/appoint/", "/org/reorganize/", "/org/import/"]:
        assert clerk.get(address).status_code == 200

    assert (state_of(), Appointment.objects.count()) == before
