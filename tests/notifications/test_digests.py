"""What acts given at once tell: one mail a person, and every fact of it accounted for."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from notifications import outbox
from notifications.delivery.claims import claim
from notifications.delivery.expansion import expand
from notifications.delivery.sweeping import Report, _Batch
from notifications.delivery.transport import Line
from notifications.delivery.write_behind import WriteBehind
from notifications.enums import DeliveryState, Event, MessageState, Reason
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from notifications.outbox import GATHERING
from roles.models import Appointment
from tests.make import AT, a_project, a_user, an_appointment, holder, say, the_slot
from tests.notifications.mails import (
    assert_accounted,
    forget_mails,
    names,
    send,
    the_mail,
    told,
)
from tests.workflow.pages import client_of, text_of
from workflow import engine
from workflow.enums import Outcome, StepKind
from workflow.outcomes import AT_ONCE, Answer
from workflow.views.approving import BUDGET

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from tests.fixtures_city import City
    from tests.notifications.conftest import Sink

pytestmark = pytest.mark.once

SOON = AT + GATHERING
LONGEST_STATEMENT = 15.0
"""Seconds, by the settings of the database."""
PREFIX = "【業務改革ナビ】"


def at_once(*cases: Project) -> None:
    """まとめて承認 of the open steps of these cases, as the page does it."""
    bundle = uuid4()
    for case in cases:
        slot = the_slot(case)
        by, revision = holder(slot.post.code), slot.step_run.revision
        assert revision is not None
        engine.mark_seen(slot=slot, by=by, at=AT)
        engine.decide(
            project=case,
            slot_id=slot.pk,
            revision_hash=revision.content_hash,
            outcome=AT_ONCE[StepKind(slot.step_run.kind)],
            answer=Answer(),
            by=by,
            at=AT,
            bundle=bundle,
        )


def three(to: StepKind = StepKind.CONFIRMATION, route: str = "RT2") -> list[Project]:
    return [a_project(to=to, route=route, title=f"案{number}") for number in range(1, 4)]


def test_several_cases_at_once_are_one_mail_a_person(office: City, sink: Sink) -> None:
    cases = three()
    forget_mails()
    at_once(*cases)

    assert send(AT).sent == 0  # it waits for the last of them
    send(SOON)

    assert told() == names(*office.holders("SECRETARIAT"))
    mail = the_mail(Event.YOUR_TURN, office.holder("SECRETARIAT"))
    assert mail.subject == f"{PREFIX}受付のお願い：3件"
    assert mail.project is None
    assert mail.facts.count() == 3
    [sent] = [each for each in sink.accepted if each["Message-ID"] == mail.message_id]
    assert sent["Subject"].strip() == mail.subject
    assert sent["References"] is None
    assert_accounted()


def test_what_acts_tell_together_waits_longer_than_their_request_lasts() -> None:
    longest = BUDGET + LONGEST_STATEMENT

    assert timedelta(seconds=longest) < GATHERING


def test_the_mail_lists_each_case_with_its_deadline_and_its_address(office: City) -> None:
    cases = three()
    forget_mails()
    at_once(*cases)
    send(SOON)

    mail = the_mail(Event.YOUR_TURN, office.holder("SECRETARIAT"))

    assert mail.text.startswith(
        f"{mail.person.name} 様\n\n次の3件を、まとめてお知らせします。\n\n"
        "形式を確認し、受付をお願いします。\n"
        f"市民課長 {holder('HEAD-SHIMIN').name}さんが 5/11 09:00 に「承認」としました。\n\n"
        "■ 案1（R8-001）\n  提案：市民課\n  受付のお願い（期限：令和8年5月14日（木））\n"
        "  http://testserver/p/R8-001/decide/\n\n"
        "■ 案2（R8-002）\n"
    )
    assert "▼ 承認・確認を開く" in mail.text
    assert "\nhttp://testserver/inbox/\n" in mail.text
    assert "届いた理由：あなたが「事務局」の職にあるためです。\n" in mail.text
    assert all(f"/p/{case.reference}/decide/" in mail.html for case in cases)


def test_one_case_alone_is_told_as_ever(office: City) -> None:
    plain, bundled = a_project(), a_project()
    forget_mails()
    say(plain, Outcome.APPROVED)
    at_once(bundled)

    send(SOON)

    reader = office.holder("SECRETARIAT")
    first, second = Delivery.objects.filter(event=Event.YOUR_TURN, person=reader).order_by("pk")
    assert second.subject == first.subject.replace("R8-001", "R8-002")
    assert second.text == first.text.replace("R8-001", "R8-002")
    assert second.project == bundled
    assert_accounted()


def test_each_member_of_a_body_gets_one(office: City) -> None:
    cases = three(StepKind.RECEPTION)
    forget_mails()
    at_once(*cases)

    send(SOON)

    assert len(told()) == len(set(told())) == 6
    assert the_mail(Event.YOUR_TURN).subject == f"{PREFIX}審査のお願い：3件"
    assert_accounted()


def test_what_leads_to_different_stations_is_counted_by_each(office: City) -> None:
    cases = [a_project(to=StepKind.RECEPTION, route=route) for route in ("RT1", "RT1", "RT2")]
    head = office.holder("HEAD-DIGITAL")
    an_appointment(post=office.post("PT-SOMU"), person=head)
    forget_mails()
    at_once(*cases)

    send(SOON)

    mail = the_mail(Event.YOUR_TURN, head)
    assert mail.subject == f"{PREFIX}決裁（専決）のお願い：2件、審査のお願い：1件"
    assert_accounted()


def test_what_is_answered_before_the_sweep_is_told_to_nobody(office: City) -> None:
    cases = three()
    forget_mails()
    at_once(*cases)
    say(cases[0], Outcome.RECEIVED)

    send(SOON)

    mail = the_mail(Event.YOUR_TURN, office.holder("SECRETARIAT"))
    assert mail.subject == f"{PREFIX}受付のお願い：2件"
    assert "案1" not in mail.text
    assert_accounted()


def test_what_is_answered_after_the_sweep_drops_out_of_the_mail(office: City) -> None:
    cases = three()
    forget_mails()
    at_once(*cases)
    expand(SOON)
    slot = the_slot(cases[0])
    say(cases[0], Outcome.RECEIVED)

    send(SOON)

    reader = office.holder("SECRETARIAT")
    mail = Delivery.objects.get(event=Event.YOUR_TURN, person=reader, state=DeliveryState.SENT)
    assert mail.subject == f"{PREFIX}受付のお願い：2件"
    fact = DeliveredFact.objects.get(message__slot=slot, person=reader)
    assert (fact.delivery.state, fact.delivery.reason, fact.delivery.project) == (
        DeliveryState.SUPERSEDED,
        Reason.WORK_CLOSED,
        cases[0],
    )
    assert_accounted()


def test_a_sweep_that_lost_a_mail_takes_nothing_out_of_it(office: City) -> None:
    cases = three()
    forget_mails()
    at_once(*cases)
    expand(SOON)
    say(cases[0], Outcome.RECEIVED)
    keys = claim(worker="slow", at=SOON, limit=100)
    Delivery.objects.filter(pk__in=keys).update(lease_by="another")
    before = list(DeliveredFact.objects.order_by("pk").values())

    with Line() as line, WriteBehind() as behind:
        _Batch(keys, line, behind, "slow", SOON, Report(), time.monotonic()).run()

    assert list(DeliveredFact.objects.order_by("pk").values()) == before
    assert told() == []
    mails = Delivery.objects.filter(pk__in=keys)
    assert set(mails.values_list("state", "lease_by")) == {(DeliveryState.SENDING, "another")}


def test_a_mail_of_which_nothing_is_left_is_not_sent(office: City) -> None:
    cases = three()
    forget_mails()
    at_once(*cases)
    expand(SOON)
    for case in cases:
        engine.pull_back(project=case, by=holder("HEAD-SHIMIN"), at=SOON)

    send(SOON)

    asked = DeliveredFact.objects.filter(message__slot__step_run__kind=StepKind.RECEPTION)
    assert asked.count() == 3 * len(office.holders("SECRETARIAT"))
    assert set(asked.values_list("delivery__state", "delivery__reason")) == {
        (DeliveryState.SUPERSEDED, Reason.WORK_CLOSED)
    }
    assert told() == []
    assert_accounted()


def test_what_is_pulled_back_within_the_minute_is_told_to_nobody(office: City) -> None:
    cases = three()
    forget_mails()
    at_once(*cases)
    for case in cases:
        engine.pull_back(project=case, by=holder("HEAD-SHIMIN"), at=AT + timedelta(seconds=30))

    send(SOON)

    assert told() == []
    assert_accounted()


def test_a_successor_gets_what_the_holder_did_not(office: City) -> None:
    cases = three(StepKind.RECEPTION, "RT1")
    forget_mails()
    at_once(*cases)
    expand(SOON)
    post = office.post("HEAD-DIGITAL")
    Appointment.objects.filter(post=post).update(revoked_at=AT)
    successor = a_user(name="後任 花子")
    an_appointment(post=post, person=successor)

    send(SOON)
    send(SOON)

    assert told() == ["後任 花子"]
    assert the_mail(Event.YOUR_TURN, successor).subject == f"{PREFIX}決裁（専決）のお願い：3件"
    left = Delivery.objects.filter(person=office.holder("HEAD-DIGITAL"))
    assert set(left.values_list("state", "reason")) <= {
        (DeliveryState.SKIPPED, Reason.NOT_HOLDER),
        (DeliveryState.SENT, ""),
    }
    assert_accounted()


def test_a_vacant_seat_is_told_together_when_it_is_held_again(office: City) -> None:
    cases = three()
    forget_mails()
    at_once(*cases)
    post = office.post("SECRETARIAT")
    Appointment.objects.filter(post=post).update(revoked_at=AT)

    send(SOON)

    waiting = OutboxMessage.objects.filter(state=MessageState.PENDING, event=Event.YOUR_TURN)
    assert set(waiting.values_list("reason", flat=True)) == {Reason.VACANT}
    successor = a_user(name="後任 花子")
    an_appointment(post=post, person=successor)
    send(SOON + timedelta(hours=2))
    assert the_mail(Event.YOUR_TURN, successor).subject == f"{PREFIX}受付のお願い：3件"
    assert_accounted()


def test_what_is_to_be_read_is_one_mail_too(office: City) -> None:
    for _number in range(2):
        a_project(to=StepKind.OBSERVE)
    shown = OutboxMessage.objects.filter(event=Event.CIRCULATION)
    readers = set(shown.values_list("post", flat=True))
    shown.update(bundle=uuid4())

    send()

    mails = Delivery.objects.filter(event=Event.CIRCULATION, state=DeliveryState.SENT)
    assert {mail.subject for mail in mails} == {f"{PREFIX}供覧：2件"}
    assert {mail.facts.count() for mail in mails} == {2}
    assert readers
    assert "/inbox/?tab=reading" in mails[0].text
    assert_accounted()


def test_seats_that_nobody_may_answer_for_are_named_in_one_mail(office: City) -> None:
    slots = [the_slot(case) for case in three()]
    forget_mails()
    Appointment.objects.filter(post=office.post("HEAD-SHIMIN")).update(revoked_at=AT)
    outbox.post([outbox.unheld(slot) for slot in slots], at=AT, bundle=uuid4())

    send(SOON)

    assert told(Event.UNHELD) == names(*office.holders("SECRETARIAT"))
    assert the_mail(Event.UNHELD).subject == f"{PREFIX}担当できる職がない手続：3件"
    assert "http://testserver/unheld/" in the_mail(Event.UNHELD).text
    assert_accounted()


def test_titles_that_would_break_a_mail_are_kept_in_their_lines(office: City, sink: Sink) -> None:
    cases = [a_project(title="改行\u202e案"), a_project(title="Bcc: x@example.com")]
    forget_mails()
    at_once(*cases)

    send(SOON)

    mail = the_mail(Event.YOUR_TURN, office.holder("SECRETARIAT"))
    assert mail.subject == f"{PREFIX}受付のお願い：2件"
    assert "\u202e" not in mail.text
    assert all(each["Bcc"] is None for each in sink.accepted)


def test_the_mailbox_shows_a_digest_with_all_its_cases(office: City) -> None:
    cases = three()
    forget_mails()
    at_once(*cases)
    send(SOON)
    mail = the_mail(Event.YOUR_TURN, office.holder("SECRETARIAT"))
    browser = client_of(office.holder("SECRETARIAT"))

    page = text_of(browser.get(f"/mailbox/{mail.pk}/"))

    assert mail.subject in text_of(browser.get("/mailbox/"))
    assert all(f'<a class="row__t" href="/p/{case.number}/">{case}</a>' in page for case in cases)
    assert page.count("担当の職にあるため（事務局）") == 1
