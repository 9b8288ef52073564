"""廃棄: 監査 is asked to approve it, and who asked for it hears that it was done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from notifications.enums import DeliveryState, Event, Reason
from notifications.management.accounting import faults
from notifications.models import Delivery, OutboxMessage
from tests.make import AT, a_project, holder, withdraw
from tests.notifications.mails import assert_accounted, names, send, the_mail, told
from workflow import engine

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Project
    from tests.fixtures_city import City
    from workflow.models import Disposal

LATER = AT + timedelta(days=1)


def an_ended_case() -> Project:
    case = a_project()
    withdraw(case)
    case.refresh_from_db()
    return case


def ask(case: Project, at: datetime = AT) -> Disposal:
    return engine.ask_for_disposal(
        project=case, reason="保存期間の満了", by=holder("SECRETARIAT", at), at=at
    )


def approve(asked: Disposal, at: datetime = LATER) -> Disposal:
    return engine.approve_disposal(disposal_id=asked.pk, by=holder("AUDITOR", at), at=at)


def page_of(case: Project) -> str:
    return f"{settings.BASE_URL}/p/{case.reference}/disposal/"


def test_the_auditors_are_asked_once_with_the_page(office: City) -> None:
    case = an_ended_case()
    ask(case)
    ask(case, AT + timedelta(minutes=5))

    send()

    assert told(Event.DISPOSAL_ASKED) == names(*office.holders("AUDITOR"))
    mail = the_mail(Event.DISPOSAL_ASKED)
    assert mail.subject == (f"【業務改革ナビ】本文の廃棄の承認のお願い：{case.number} {case.title}")
    assert f"事務局の{holder('SECRETARIAT').name}さんが" in mail.text
    assert page_of(case) in mail.text
    assert "保存期間の満了" not in mail.text
    assert_accounted()


def test_who_asked_hears_that_it_was_approved_and_nobody_else(office: City) -> None:
    case = an_ended_case()
    asked = ask(case)
    send()
    done = approve(asked)

    send(LATER + timedelta(days=1))

    assert told(Event.DISPOSAL_APPROVED) == names(holder("SECRETARIAT"))
    mail = the_mail(Event.DISPOSAL_APPROVED)
    assert mail.subject == f"【業務改革ナビ】本文の廃棄が承認されました：{case.number} {case.title}"
    assert (
        f"監査の{holder('AUDITOR').name}さんが承認し、本文{done.texts}件を廃棄しました。"
        in mail.text
    )
    assert page_of(case) in mail.text
    assert_accounted()


def test_what_was_approved_before_the_mail_went_is_not_asked_for(office: City) -> None:
    asked = ask(an_ended_case())
    approve(asked, AT)

    send()

    [mail] = Delivery.objects.filter(facts__message__event=Event.DISPOSAL_ASKED)
    assert (mail.state, mail.reason) == (DeliveryState.SUPERSEDED, Reason.WORK_CLOSED)
    assert told(Event.DISPOSAL_ASKED) == []
    assert_accounted()


def test_a_disposal_that_nobody_was_told_of_is_found(office: City) -> None:
    asked = ask(an_ended_case())
    approve(asked, AT)
    assert [each.rule for each in faults(AT)] == []

    OutboxMessage.objects.filter(disposal=asked).delete()

    found = [(each.rule, each.row) for each in faults(AT)]
    assert found == [("disposal-untold", asked.pk), ("disposal-approval-untold", asked.pk)]
