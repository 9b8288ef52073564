"""A version of a route tells whoever is asked, and what came of it; the mail leads to its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from notifications.enums import Event
from tests.make import AT, holder
from tests.notifications.mails import assert_accounted, names, send, the_mail, told
from tests.workflow.rules import CHAIR, HEAD, a_draft, propose, say
from workflow.enums import Outcome

if TYPE_CHECKING:
    from notifications.models import Delivery
    from tests.fixtures_city import City
    from workflow.models import Run

PAGE = f"{settings.BASE_URL}/routes/RT2/2/"
MATTER = "経路 RT2 標準（第2版）（経路）"


def a_run() -> Run:
    return propose(a_draft())


def leads_to_its_page(mail: Delivery) -> bool:
    return PAGE in mail.text


def test_whose_turn_it_is_is_told_with_the_page_of_the_version(office: City) -> None:
    run = a_run()

    send()

    assert told(Event.YOUR_TURN) == names(holder(HEAD))
    mail = the_mail(Event.YOUR_TURN)
    assert mail.subject == f"【業務改革ナビ】承認のお願い：{MATTER}（5/14まで）"
    assert leads_to_its_page(mail)

    say(run, Outcome.APPROVED)
    send()
    assert told(Event.YOUR_TURN) == names(holder(HEAD), holder(CHAIR))
    assert_accounted()


def test_what_was_decided_is_told_with_the_day_on_which_it_begins(office: City) -> None:
    run = a_run()
    say(run, Outcome.APPROVED)
    say(run, Outcome.ADOPTED)

    send(AT.replace(hour=23))
    send(AT.replace(day=12))

    mail = the_mail(Event.ADOPTED, holder(HEAD))
    assert mail.subject == f"【業務改革ナビ】採択されました：{MATTER}"
    assert "令和8年7月1日（水）から、この版になります。" in mail.text
    assert leads_to_its_page(mail)
    assert_accounted()


def test_a_version_that_came_back_is_told_to_the_seat_that_asked(office: City) -> None:
    run = a_run()
    say(run, Outcome.SENT_BACK, comment="日数の根拠を書いてください。")

    send()

    assert sorted(told(Event.SENT_BACK)) == sorted(names(*office.holders("SECRETARIAT")))
    mail = the_mail(Event.SENT_BACK, holder("SECRETARIAT"))
    assert "日数の根拠を書いてください。" in mail.text
    assert leads_to_its_page(mail)
    assert_accounted()


def test_a_version_that_was_not_adopted_leaves_the_present_one(office: City) -> None:
    run = a_run()
    say(run, Outcome.APPROVED)
    say(run, Outcome.NOT_ADOPTED, confirmed=True, comment="いまの日数で足りる。")

    send(AT.replace(day=12))

    mail = the_mail(Event.NOT_ADOPTED, holder("SECRETARIAT"))
    assert "いまの版のまま続きます。" in mail.text
    assert "案件は" not in mail.text
    assert_accounted()
