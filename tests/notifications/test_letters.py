"""What mails say: subjects, the first lines, the footer, headers; hostile titles."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import QuerySet
from django.test import RequestFactory

from bpr_projects.models import Closure, Project, Revision
from notifications import outbox
from notifications.delivery.letters import one_line
from notifications.enums import DeliveryState, Event, MessageState, Reason, Why
from notifications.models import Announcement, Delivery, OutboxMessage
from notifications.outbox import Fact
from notifications.recipients import Addressee
from notifications.reminders import remind
from roles.models import Section, User
from tests.make import (
    AT,
    a_delegation,
    a_project,
    holder,
    record_phase,
    resubmit,
    say,
    the_slot,
    walk,
    withdraw,
)
from tests.notifications.mails import assert_accounted, forget_mails, send, the_mail, told
from tests.workflow import rules
from workflow import engine
from workflow.enums import Outcome, StepKind
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.fixtures_city import City
    from tests.notifications.conftest import Sink

pytestmark = pytest.mark.once

CASE = "R8-001 書かない窓口"


def subject(event: Event) -> str:
    return the_mail(event).subject.removeprefix("【業務改革ナビ】")


@pytest.mark.parametrize(
    ("kind", "route", "expected"),
    [
        (StepKind.CONFIRMATION, "RT2", f"所属長確認のお願い：{CASE}（5/13まで）"),
        (StepKind.RECEPTION, "RT2", f"受付のお願い：{CASE}（5/14まで）"),
        (StepKind.REVIEW, "RT2", f"審査のお願い：{CASE}（5/21まで）"),
        (StepKind.REFERRAL, "RT2", f"上申のお願い：{CASE}（5/14まで）"),
        (StepKind.APPROVAL, "RT2", f"承認のお願い：{CASE}（5/13まで）"),
        (StepKind.CONCURRENCE, "RT3", f"合議のお願い：{CASE}（5/15まで）"),
        (StepKind.DELIBERATION, "RT3", f"持ち回り審議のお願い：{CASE}（5/18まで）"),
        (StepKind.DECISION, "RT2", f"決裁のお願い：{CASE}"),
        (StepKind.STANDING_DECISION, "RT1", f"決裁（専決）のお願い：{CASE}"),
        (StepKind.OBSERVE, "RT1", f"観察の記録をお願いします：{CASE}（5/25まで）"),
    ],
)
def test_whose_turn_it_is_stands_in_the_subject_with_the_deadline(
    office: City, kind: StepKind, route: str, expected: str
) -> None:
    a_project(to=kind, route=route)

    send()

    assert subject(Event.YOUR_TURN).startswith(expected)


def test_a_mediation_says_that_somebody_objected(office: City) -> None:
    case = a_project(to=StepKind.CONCURRENCE, route="RT3")

    say(case, Outcome.OBJECTED, comment="窓口の人員が足りません。")
    send()

    mail = the_mail(Event.YOUR_TURN)
    assert "協議調整のお願い" in mail.subject
    assert "窓口の人員が足りません。" in mail.text
    assert subject(Event.OBJECTED) == f"合議で不同意がありました：{CASE}"


def test_a_case_sent_back_asks_the_proposer_and_informs_the_others(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    say(case, Outcome.SENT_BACK, comment="効果の根拠を書いてください。")

    send()

    asked = the_mail(Event.SENT_BACK, office.holder("LEADER-SHIMIN"))
    informed = the_mail(Event.SENT_BACK, office.holder("HEAD-SHIMIN"))
    assert asked.subject.endswith(f"差戻し：{CASE} 修正をお願いします（5/18まで）")
    assert "http://testserver/p/R8-001/edit/" in asked.text
    assert informed.subject.endswith(f"差戻し：{CASE}")
    assert "http://testserver/p/R8-001/\n" in informed.text
    assert all("効果の根拠を書いてください。" in each.text for each in (asked, informed))


def test_a_case_that_was_corrected_before_the_mail_went_out_is_not_asked_to_be(
    office: City,
) -> None:
    case = a_project(to=StepKind.RECEPTION)
    forget_mails()
    say(case, Outcome.SENT_BACK)
    resubmit(case)

    send()

    rows = OutboxMessage.objects.filter(event=Event.SENT_BACK).order_by("pk")
    assert list(rows.values_list("post__code", "person", "state", "reason")) == [
        ("LEADER-SHIMIN", None, MessageState.SUPERSEDED, Reason.WORK_CLOSED),
        (None, case.proposer.pk, MessageState.SUPERSEDED, Reason.WORK_CLOSED),
        (None, office.holder("HEAD-SHIMIN").pk, MessageState.EXPANDED, ""),
        (None, office.holder("SECRETARIAT").pk, MessageState.SKIPPED, Reason.ACTOR),
    ]
    assert told(Event.SENT_BACK) == [office.holder("HEAD-SHIMIN").name]
    assert_accounted()


def test_a_case_sent_back_again_is_asked_to_be_corrected_again(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    forget_mails()
    say(case, Outcome.SENT_BACK)
    case = resubmit(case)
    say(case, Outcome.SENT_BACK)

    send()

    asked = OutboxMessage.objects.filter(event=Event.SENT_BACK, post__code="LEADER-SHIMIN")
    assert list(asked.values_list("state", flat=True)) == [
        MessageState.SUPERSEDED,
        MessageState.EXPANDED,
    ]
    assert told(Event.SENT_BACK).count(office.holder("LEADER-SHIMIN").name) == 1


def test_a_deadline_says_how_it_came_about(office: City) -> None:
    a_project()

    send()

    mail = the_mail(Event.YOUR_TURN)
    assert "  期限：令和8年5月13日（水）　※標準2営業日 = 5/13（水）まで\n" in mail.text
    assert (
        '<span style="font-size:14px;color:#4d4d4d">標準2営業日 = 5/13（水）まで</span>'
        in mail.html
    )


def test_a_reminder_counts_holidays_and_holds(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    Closure.objects.create(day=date(2026, 5, 20), reason="庁舎点検")
    say(case, Outcome.HELD, until="2026-05-13")
    engine.resume_due(at=AT + timedelta(days=2))
    forget_mails()

    remind(at=AT + timedelta(days=10))
    send(AT + timedelta(days=10))

    words = "標準5営業日 = 5/21（木）まで（5/20（水・閉庁日）を除く、保留2営業日を加算）"
    mail = the_mail(Event.DUE_TODAY)
    assert (words in mail.text, words in mail.html) == (True, True)


def test_a_result_with_conditions_lists_them(office: City) -> None:
    case = a_project(to=StepKind.DECISION)

    say(case, Outcome.ADOPTED_WITH_CONDITIONS)
    send()

    mail = the_mail(Event.ADOPTED_WITH_CONDITIONS)
    assert subject(Event.ADOPTED_WITH_CONDITIONS) == (
        f"条件付きで採択されました（条件1件）：{CASE}"
    )
    assert "1. 予算の成立を条件とする（財政課、令和9年3月31日（水）まで）" in mail.text
    assert "支出は別途、財務規則の手続によります。" in mail.text


@pytest.mark.parametrize(
    ("outcome", "event", "expected"),
    [
        (Outcome.ADOPTED, Event.ADOPTED, f"採択されました：{CASE}"),
        (Outcome.NOT_ADOPTED, Event.NOT_ADOPTED, f"不採択となりました：{CASE}"),
        (Outcome.HELD, Event.HELD, f"保留になりました（5/18まで）：{CASE}"),
    ],
)
def test_a_decision_carries_its_reason(
    office: City, outcome: Outcome, event: Event, expected: str
) -> None:
    case = a_project(to=StepKind.DECISION)

    say(case, outcome, comment="市民への説明が要ります。")
    send()

    assert subject(event) == expected
    assert "市民への説明が要ります。" in the_mail(event).text
    assert "市民への説明が要ります。" in the_mail(event).html


def test_what_ends_without_a_decision_says_so(office: City) -> None:
    case = a_project()
    forget_mails()
    other = a_project()
    forget_mails()

    withdraw(case, at=AT + timedelta(hours=1))
    engine.abandon(
        project=other,
        answer=Answer(comment="本部長の了承を得ました。", confirmed=True),
        by=office.holder("SECRETARIAT"),
        at=AT + timedelta(hours=1),
    )
    send(AT + timedelta(hours=1))

    assert subject(Event.WITHDRAWN) == f"取り下げられました：{CASE}"
    assert subject(Event.ABANDONED) == "廃案となりました：R8-002 書かない窓口"
    assert "お願いしていた対応は不要です" in the_mail(Event.WITHDRAWN).text


def test_a_pull_back_says_that_nothing_is_to_be_done(office: City) -> None:
    case = a_project()
    forget_mails()

    engine.pull_back(project=case, by=case.proposer, at=AT + timedelta(hours=1))
    send(AT + timedelta(hours=1))

    assert subject(Event.PULLED_BACK) == f"引き戻されました（対応は不要です）：{CASE}"


def test_a_circulated_result_says_what_was_decided(office: City) -> None:
    case = a_project(to=StepKind.DECISION)

    say(case, Outcome.ADOPTED)
    send()

    mail = the_mail(Event.CIRCULATION)
    assert subject(Event.CIRCULATION) == f"供覧：{CASE}（5/18まで）"
    assert "「採択」としました。" in mail.text


def test_a_reading_names_its_deadline_and_the_button_of_its_page(office: City) -> None:
    a_project(to=StepKind.OBSERVE, route="RT1")

    send()

    mail = the_mail(Event.POST_READING)
    assert subject(Event.POST_READING) == f"後閲をお願いします：{CASE}（5/25まで）"
    assert "読み終えたら「内容を確認しました」を押してください。" in mail.text


def test_a_change_is_called_a_change(office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")
    record_phase(case)
    record_phase(case)
    forget_mails()

    record_phase(case, cost=5_000_000)
    send()
    asked = the_mail(Event.YOUR_TURN)
    walk(case)
    send()

    assert asked.subject.endswith(f"所属長確認のお願い：{CASE}（変更）（5/13まで）")
    assert subject(Event.ADOPTED) == f"採択されました：{CASE}（変更）"


def test_the_first_lines_say_who_what_and_by_when(office: City) -> None:
    a_project()

    send()

    mail = the_mail(Event.YOUR_TURN)
    assert mail.text.splitlines()[:8] == [
        "石川 真由美 様",
        "",
        "次の件について、あなたの番になりました。",
        "",
        "■ 書かない窓口（R8-001）",
        "  提案：市民課",
        "  期限：令和8年5月13日（水）　※標準2営業日 = 5/13（水）まで",
        "",
    ]
    assert "見込まれる効果：年間 567時間の削減" in mail.text
    assert "・いまの担当：市民課長 石川さん（5/11（月）から5/13（水）まで）" in mail.text
    assert "・このあと：事務局 受付" in mail.text
    assert "http://testserver/p/R8-001/decide/" in mail.text
    assert "届いた理由：あなたが「市民課長」の職にあるためです。" in mail.text


def test_a_deputy_is_told_whose_place_it_is(office: City) -> None:
    deputy = office.holder("LEADER-SOMU")
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=deputy)
    a_project()

    send()

    mail = the_mail(Event.YOUR_TURN, deputy)
    assert "市民課長 石川 真由美さんの代理としてのお願いです。" in mail.text
    assert "届いた理由：市民課長 石川 真由美さんの代理に指名されているためです。" in mail.text


def test_a_mail_carries_what_mail_systems_need(office: City, sink: Sink) -> None:
    case = a_project()
    send()
    say(case, Outcome.APPROVED)
    send()

    first, *others = sink.accepted
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Id"].endswith("<bpr.testserver>")
    assert first["Message-ID"].endswith("@testserver>")
    assert len({mail["Message-ID"] for mail in sink.accepted}) == len(sink.accepted)
    assert {mail["References"] for mail in sink.accepted} == {f"<case-{case.pk}@testserver>"}
    assert all(mail["In-Reply-To"] == first["In-Reply-To"] for mail in others)
    parts = [part.get_content_type() for part in first.iter_parts()]
    assert parts == ["text/plain", "text/html"]


def test_a_mail_is_divided_by_what_nobody_can_guess(office: City, sink: Sink) -> None:
    say(a_project(), Outcome.APPROVED)
    send()

    lines = [mail.get_boundary() or "" for mail in sink.accepted]
    assert len(set(lines)) == len(lines) > 1
    assert min(map(len, lines)) == 32


def test_links_come_from_the_settings_and_not_from_a_request(office: City) -> None:
    RequestFactory().get("/", headers={"host": "evil.example"})
    a_project()

    send()

    mail = the_mail(Event.YOUR_TURN)
    assert "evil" not in mail.text + mail.html
    links = [each for each in mail.html.split('"') if each.startswith("http")]
    assert set(links) == {
        "http://testserver/p/R8-001/decide/",
        "http://testserver/me/notifications/",
    }


HOSTILE = [
    "題名\r\nBcc: a@kazuno.example",
    "絵文字🎉🎉" + "長" * 25,
    "\u202e逆さ\u2066隠し\u200b文字",
    "<script>alert(1)</script>",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "題\nBcc: a@kazuno.example\n🎉\u202e" + "長" * 300,
]
FORBIDDEN = set("\r\n\u202e\u2066\u200b")


def assert_sane(sink: Sink) -> None:
    """What left the house has its own headers alone, each in one clean line."""
    assert sink.accepted
    for headers in sink.accepted:
        assert headers["Bcc"] is None
        assert len(headers.get_all("To") or []) == len(headers.get_all("Subject") or []) == 1
        assert len(headers["To"].addresses) == 1
        assert not set(str(headers["Subject"]).strip()) & FORBIDDEN
        assert not set(headers["To"].addresses[0].display_name) & FORBIDDEN
    for mail in Delivery.objects.filter(state=DeliveryState.SENT):
        assert len(mail.subject) <= 150
        assert not set(mail.subject) & FORBIDDEN
        assert not set(mail.text) & (FORBIDDEN - {"\n"})
        assert "\nBcc:" not in mail.text
        assert "<script>" not in mail.html


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_makes_a_sane_mail(office: City, sink: Sink, title: str) -> None:
    case = a_project()
    Project.objects.filter(pk=case.pk).update(title=title)

    assert send().sent == 1

    mail = Delivery.objects.get()
    headers = sink.accepted[0]
    assert headers["Bcc"] is None
    assert len(headers.get_all("To") or []) == 1
    assert len(mail.subject) <= 150
    assert not set(mail.subject) & set("\r\n\u202e\u2066\u200b")
    assert "<script>" not in mail.html
    assert "14" not in mail.subject.removeprefix("【業務改革ナビ】").split("（")[0]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_make_sane_mails_and_digests(
    office: City, sink: Sink, settings: Settings, words: str
) -> None:
    case, other = a_project(to=StepKind.DECISION), a_project(to=StepKind.DECISION)
    forget_mails()
    sink.accepted.clear()
    Project.objects.update(title=words)
    Section.objects.update(name=words[:40])
    User.objects.update(family_name=words[:40])
    settings.MAIL_DIGEST = True
    for each in (case, other):
        say(each, Outcome.ADOPTED)

    send()
    send(AT + timedelta(days=1))

    assert Delivery.objects.filter(event=Event.SUMMARY, state=DeliveryState.SENT).exists()
    assert_sane(sink)
    assert_accounted()


@pytest.mark.parametrize("words", HOSTILE)
def test_a_hostile_announcement_or_rule_makes_a_sane_mail(
    office: City, sink: Sink, words: str
) -> None:
    run = rules.propose(rules.a_draft())
    assert run.revision is not None
    # What was handed in is frozen; here it was so from the start.
    QuerySet(Revision).filter(pk=run.revision.pk).update(title=words[:120])
    announcement = Announcement.objects.create(
        title=words[:60], text="内容", written_by=holder("SECRETARIAT"), written_at=AT
    )
    fact = Fact(
        event=Event.ANNOUNCEMENT_WAITING,
        key="announcement:1",
        addressees=[Addressee(Why.KEEPER, person_id=holder("HEAD-SHIMIN").pk)],
        announcement_id=announcement.pk,
    )
    outbox.post([fact], at=AT)

    send()

    assert told(Event.ANNOUNCEMENT_WAITING) == [holder("HEAD-SHIMIN").name]
    assert told(Event.YOUR_TURN) == [holder(rules.HEAD).name]
    assert_sane(sink)
    assert_accounted()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\n b", "a b"),
        ("\ud800x", "x"),
        ("　全角　空白　", "全角 空白"),
        ("123456", "1234…"),
        ("長" * 300, "長" * 4 + "…"),
        ("", ""),
    ],
)
def test_one_line_is_one_line(text: str, expected: str) -> None:
    assert one_line(text, 5) == expected or one_line(text, 20) == expected


def test_a_step_on_hold_has_no_deadline_in_its_mail(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    slot = the_slot(case)
    say(case, Outcome.HELD)

    send()

    assert slot.step_run.kind == StepKind.DECISION
    mail = the_mail(Event.YOUR_TURN, holder("HQ-CHAIR"))
    assert "まで）" not in mail.subject
    assert "保留中" in mail.text


def test_a_polite_request_names_who_asks_and_how_long_it_took(office: City) -> None:
    case = a_project()
    late = AT + timedelta(days=3)
    engine.nudge(slot_id=the_slot(case).pk, project=case, by=case.proposer, at=late)

    send(late)

    mail = the_mail(Event.REMINDED)
    assert subject(Event.REMINDED) == f"浅石 桃子さんから確認のお願いです：{CASE}"
    assert mail.person == office.holder("HEAD-SHIMIN")
    assert "浅石 桃子さんが、この件の確認をお待ちです。" in mail.text
    assert "お願いしてから4日目です（標準2日）。" in mail.text
    assert "http://testserver/p/R8-001/decide/" in mail.text
    assert_accounted()


def test_a_proposer_who_lets_wait_is_led_to_the_form(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    say(case, Outcome.SENT_BACK)
    late = AT + timedelta(days=10)
    engine.nudge(slot_id=the_slot(case).pk, project=case, by=holder("SECRETARIAT"), at=late)

    send(late)

    mail = the_mail(Event.REMINDED)
    assert mail.person == case.proposer
    assert "指摘への対応と再提出をお願いします。" in mail.text
    assert "http://testserver/p/R8-001/edit/" in mail.text
