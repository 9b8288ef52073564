"""Mails of 議論, of 参加の申出 and of conditions: whom, in which words, and when not any more."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bpr_projects import actions as cases
from bpr_projects import discussion, joining
from bpr_projects.enums import CommentKind, CommentLevel
from notifications.delivery.expansion import expand
from notifications.enums import DeliveryState, Event, MessageState, Reason
from notifications.management import accounting
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from tests.make import AT, a_draft, a_project, holder, say
from tests.notifications.mails import assert_accounted, forget_mails, names, send, the_mail, told
from workflow import engine
from workflow.enums import Outcome, StepKind
from workflow.models import FAR_FUTURE, Condition

if TYPE_CHECKING:
    from bpr_projects.models import Comment, Project
    from roles.models import User
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

LATER = AT + timedelta(minutes=30)
SECRET = "この文章は、メールに載りません。"
TITLE = "【業務改革ナビ】"


def write(case: Project, by: str, **more: Any) -> Comment:
    values: dict[str, Any] = {
        "kind": CommentKind.REMARK,
        "level": CommentLevel.PARTIES,
        "text": SECRET,
        "at": AT,
    }
    return discussion.write(project=case, by=holder(by), **{**values, **more})


def ask(case: Project, by: str = "PT-FUKUSHI", **more: Any) -> Comment:
    return write(case, by, kind=CommentKind.QUESTION, **more)


@pytest.fixture
def case(office: City) -> Project:
    made = a_project(to=StepKind.REVIEW)
    forget_mails()
    return made


@pytest.fixture
def running(office: City) -> Project:
    made = a_project(to=StepKind.OBSERVE, route="RT1")
    forget_mails()
    return made


# --- the discussion --------------------------------------------------------------------------


def test_who_is_called_is_told_and_nobody_else(office: City, case: Project) -> None:
    write(case, "LEADER-SHIMIN", mentions=[holder("PT-FUKUSHI"), holder("LEADER-SHIMIN")])

    send()

    assert told() == names(office.holder("PT-FUKUSHI"))
    assert_accounted()


def test_a_mail_says_who_wrote_where_and_not_what(case: Project) -> None:
    said = write(case, "LEADER-SHIMIN", mentions=[holder("PT-FUKUSHI")])

    send()

    mail = the_mail(Event.MENTIONED)
    assert mail.subject == f"{TITLE}議論で呼ばれました：{case.number} 書かない窓口"
    for words in (mail.text, mail.html):
        assert SECRET not in words
        assert holder("LEADER-SHIMIN").name in words
        assert f"/p/{case.number}/discussion/?thread={said.pk}#c{said.pk}" in words
    assert "議論であなたの名前が呼ばれたためです。" in mail.text


def test_a_question_is_told_to_the_proposing_side_once(office: City, case: Project) -> None:
    ask(case, mentions=[holder("LEADER-SHIMIN"), holder("PT-CHAIR")])

    send()

    assert told(Event.QUESTIONED) == names(office.holder("LEADER-SHIMIN"))
    assert told(Event.MENTIONED) == names(office.holder("PT-CHAIR"))
    assert_accounted()


def test_who_leads_the_section_answers_for_what_others_proposed(office: City) -> None:
    case = a_project(post="SECRETARIAT", section="SHIMIN", to=StepKind.REVIEW)
    forget_mails()

    ask(case)
    send()

    assert office.holder("LEADER-SHIMIN").name in told(Event.QUESTIONED)


def test_an_answer_is_told_to_who_asked(office: City, case: Project) -> None:
    question = ask(case)
    forget_mails()

    discussion.answer(thread=question, text=SECRET, by=holder("LEADER-SHIMIN"), at=LATER)
    send(LATER)

    assert told() == names(office.holder("PT-FUKUSHI"))
    assert "質問に回答がありました" in the_mail(Event.ANSWERED).subject
    assert_accounted()


def test_advice_is_told_to_the_proposing_side(office: City, case: Project) -> None:
    write(case, "SECRETARIAT", kind=CommentKind.ADVICE)

    send()

    assert told() == names(office.holder("LEADER-SHIMIN"))
    assert "事務局から助言" in the_mail(Event.ADVISED).subject


@pytest.mark.parametrize("is_expanded", [False, True])
def test_a_remark_that_was_taken_back_calls_nobody(case: Project, *, is_expanded: bool) -> None:
    said = write(case, "LEADER-SHIMIN", mentions=[holder("PT-FUKUSHI")])
    if is_expanded:
        expand(AT)

    discussion.take_back(comment=said, by=said.written_by, at=LATER)
    send(LATER)

    assert told() == []
    if is_expanded:
        ended = Delivery.objects.get(event=Event.MENTIONED)
        assert (ended.state, ended.reason) == (DeliveryState.SUPERSEDED, Reason.TAKEN_BACK)
    else:
        message = OutboxMessage.objects.get(event=Event.MENTIONED)
        assert (message.state, message.reason) == (MessageState.SUPERSEDED, Reason.TAKEN_BACK)
    assert_accounted()


def test_a_question_that_was_settled_first_is_not_mailed(case: Project) -> None:
    question = ask(case)
    discussion.settle(question=question, by=question.written_by, at=AT)

    send()

    assert told() == []
    assert_accounted()


@pytest.mark.parametrize("level", [CommentLevel.PARTIES, CommentLevel.REVIEW])
def test_who_may_not_read_it_any_more_is_not_told(
    office: City, running: Project, level: CommentLevel
) -> None:
    write(running, "SECRETARIAT", level=level, mentions=[holder("PT-FUKUSHI")])
    moved = AT + timedelta(days=1)
    person = holder("PT-FUKUSHI")
    person.appointments.update(ends_on=moved.date())

    send(moved)

    assert told() == []
    skipped = Delivery.objects.get(event=Event.MENTIONED)
    assert (skipped.state, skipped.reason) == (DeliveryState.SKIPPED, Reason.NOT_ENTITLED)
    assert_accounted()


def test_a_hostile_title_or_name_leaves_the_subject_one_line(case: Project) -> None:
    type(case).objects.filter(pk=case.pk).update(title="件名\r\nBcc: x@example.jp")

    write(case, "LEADER-SHIMIN", mentions=[holder("PT-FUKUSHI")])
    send()

    subject = the_mail(Event.MENTIONED).subject
    assert len(subject.splitlines()) == 1


# --- joining, and conditions -----------------------------------------------------------------


def test_a_request_to_join_is_told_to_who_may_answer_and_its_answer_to_the_section(
    office: City, running: Project
) -> None:
    asked = joining.ask_to_join(
        project=running,
        section=office.section("ZEIMU"),
        reason=SECRET,
        by=holder("LEADER-ZEIMU"),
        at=AT,
    )
    send()
    assert sorted(told(Event.JOIN_ASKED)) == sorted(
        names(holder("LEADER-SHIMIN"), *office.holders("SECRETARIAT"))
    )
    assert "税務課が参加を申し出ています" in the_mail(Event.JOIN_ASKED).subject
    assert SECRET not in the_mail(Event.JOIN_ASKED).text

    joining.answer_join(
        request=asked, is_accepted=False, reply=SECRET, by=holder("LEADER-SHIMIN"), at=LATER
    )
    send(LATER)

    assert told(Event.JOIN_ANSWERED) == names(holder("LEADER-ZEIMU"), holder("HEAD-ZEIMU"))
    assert "今回は見送られました" in the_mail(Event.JOIN_ANSWERED).text
    assert_accounted()


def test_a_report_is_told_to_the_secretariat_and_its_check_to_the_section(
    office: City,
) -> None:
    case = a_project(to=StepKind.DECISION)
    conditions = (("動線を図示する", "ZAISEI", "2026-06-30"),)
    say(case, Outcome.ADOPTED_WITH_CONDITIONS, conditions=conditions)
    forget_mails()
    condition = Condition.objects.get(project=case)

    engine.report_condition(
        condition_id=condition.pk, project=case, text=SECRET, by=holder("LEADER-ZAISEI"), at=AT
    )
    send()
    assert told(Event.CONDITION_REPORTED) == names(*office.holders("SECRETARIAT"))

    engine.check_condition(
        condition_id=condition.pk,
        project=case,
        is_enough=False,
        reply=SECRET,
        by=holder("SECRETARIAT"),
        at=LATER,
    )
    send(LATER)

    assert sorted(told(Event.CONDITION_CHECKED)) == sorted(
        names(holder("LEADER-ZAISEI"), holder("HEAD-ZAISEI"))
    )
    mail = the_mail(Event.CONDITION_CHECKED)
    assert mail.subject.startswith(f"{TITLE}条件の報告への返事（再報告のお願い）：{case.number}")
    assert "事務局から報告への返事がありました（再報告のお願い）。" in mail.text
    assert "もう一度の報告" in mail.text
    assert condition.due_on == date(2026, 6, 30)
    assert_accounted()


def test_a_report_that_was_enough_is_called_so(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    conditions = (("動線を図示する", "ZAISEI", "2026-06-30"),)
    say(case, Outcome.ADOPTED_WITH_CONDITIONS, conditions=conditions)
    forget_mails()
    condition = Condition.objects.get(project=case)
    same: dict[str, Any] = {"condition_id": condition.pk, "project": case}
    engine.report_condition(**same, text=SECRET, by=holder("LEADER-ZAISEI"), at=AT)
    engine.check_condition(**same, is_enough=True, reply="", by=holder("SECRETARIAT"), at=LATER)

    send(LATER)

    mail = the_mail(Event.CONDITION_CHECKED)
    assert mail.subject.startswith(f"{TITLE}条件の報告への返事（確認済み）：{case.number}")
    assert "再報告" not in mail.text


# --- who proposes along -----------------------------------------------------------------------


def save_partners(draft: Project, *people: User, by: User | None = None) -> Project:
    return cases.save_draft(
        project=draft,
        version=draft.draft_version,
        answers={"partners": [each.employee_number for each in people]},
        by=by or draft.proposer,
        at=AT,
    )


def test_who_is_named_as_a_partner_is_told_once(office: City) -> None:
    first, second = holder("PT-FUKUSHI"), holder("LEADER-ZEIMU")
    draft = save_partners(a_draft(), first)
    draft = save_partners(draft)
    draft = save_partners(draft, first, second)

    send()
    save_partners(draft, second, draft.proposer)
    send(LATER)

    assert sorted(told(Event.PARTNERED)) == sorted(names(first, second))
    mail = the_mail(Event.PARTNERED, first)
    assert mail.subject == f"{TITLE}いっしょに提案する人に加えられました：書かない窓口"
    assert (
        f"{draft.proposer.name}さんが、いっしょに提案する人としてあなたを加えました。" in mail.text
    )
    assert "この件の審査や決裁には加わりません。" in mail.text
    assert f"/p/{draft.reference}/edit/" in mail.text
    assert_accounted()


def test_who_was_taken_off_again_before_the_mail_is_not_told(office: City) -> None:
    save_partners(save_partners(a_draft(), holder("PT-FUKUSHI")))

    send()

    assert told() == []
    assert Delivery.objects.get().reason == Reason.NOT_ENTITLED
    assert_accounted()


def _forget(event: Event) -> list[str]:
    DeliveredFact.objects.filter(message__event=event).delete()
    Delivery.objects.filter(facts=None).delete()
    OutboxMessage.objects.filter(event=event).delete()
    return sorted({each.rule for each in accounting.faults(FAR_FUTURE)})


def test_what_was_told_to_nobody_is_found(office: City, running: Project) -> None:
    write(running, "LEADER-SHIMIN", mentions=[holder("PT-FUKUSHI")])
    asked = joining.ask_to_join(
        project=running,
        section=office.section("ZEIMU"),
        reason=SECRET,
        by=holder("LEADER-ZEIMU"),
        at=AT,
    )
    send()
    joining.answer_join(
        request=asked, is_accepted=True, reply="", by=holder("LEADER-SHIMIN"), at=LATER
    )
    send(LATER)
    assert_accounted()

    assert _forget(Event.MENTIONED) == ["comment-untold"]
    assert _forget(Event.JOIN_ASKED) == ["comment-untold", "join-untold"]
    assert _forget(Event.JOIN_ANSWERED) == ["comment-untold", "join-answer-untold", "join-untold"]
