"""The mailbox: who sees what, at a fixed price; resending with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications import outbox
from notifications.enums import DeliveryState, Event, Reason
from notifications.models import Delivery, Intervention
from notifications.views.mailbox import PAGE
from tests.make import AT, a_project, holder, say
from tests.notifications.mails import send, the_mail
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from django.http import HttpResponseBase
    from django.test import Client

    from roles.models import User
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

MAILBOX = "/mailbox/"
SECRET_WORDS = "秘密の合言葉"


@pytest.fixture
def clerk(office: City, client: Client) -> Client:
    """Somebody of the secretariat."""
    client.force_login(holder("SECRETARIAT"))
    return client


def login(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def page(response: HttpResponseBase) -> str:
    return bytes(getattr(response, "content", b"")).decode()


def a_dead_mail() -> Delivery:
    a_project()
    send()
    Delivery.objects.update(state=DeliveryState.DEAD, reason=Reason.REFUSED, error="550 no")
    return Delivery.objects.get()


def test_nobody_sees_mails_without_a_login(client: Client, office: City) -> None:
    mail = a_dead_mail()
    for url in (MAILBOX, f"{MAILBOX}{mail.pk}/", f"{MAILBOX}{mail.pk}/html/"):
        assert client.get(url).status_code == 302
    for url in (f"{MAILBOX}{mail.pk}/resend/", f"{MAILBOX}resend/"):
        response = client.post(url, {"reason": "x", "confirmed": "on"})
        assert (response.status_code, "ログイン" in page(response)) == (403, True)
    assert Delivery.objects.get().state == DeliveryState.DEAD


def test_the_secretariat_sees_every_mail(clerk: Client) -> None:
    a_project()
    send()

    response = clerk.get(MAILBOX)

    assert "所属長確認のお願い：R8-001 書かない窓口" in page(response)
    assert "石川 真由美" in page(response)


def test_one_sees_only_what_was_sent_to_oneself(client: Client, office: City) -> None:
    case = a_project()
    send()
    say(case, Outcome.APPROVED)
    send()
    login(client, office.holder("HEAD-SHIMIN"))
    others = Delivery.objects.filter(person=office.holder("SECRETARIAT")).latest("pk")

    listed = page(client.get(MAILBOX))

    assert "所属長確認のお願い" in listed
    assert "受付のお願い" not in listed
    assert client.get(f"{MAILBOX}{others.pk}/").status_code == 404
    assert client.get(f"{MAILBOX}{others.pk}/html/").status_code == 404
    assert client.post(f"{MAILBOX}{others.pk}/resend/", {"reason": "x"}).status_code == 404
    assert client.get(f"{MAILBOX}{the_mail(Event.YOUR_TURN).pk + 99}/").status_code == 404
    assert client.get(f"{MAILBOX}{'9' * 40}/").status_code == 404


@pytest.mark.parametrize(
    ("state", "count"), [("", 1), ("sent", 0), ("dead", 1), ("waiting", 0), ("dropped", 0)]
)
def test_mails_are_filtered_by_state(clerk: Client, state: str, count: int) -> None:
    a_dead_mail()

    response = clerk.get(MAILBOX, {"state": state})

    assert page(response).count('class="row__t"') == count


def test_a_page_ends_and_the_next_begins_where_it_ended(clerk: Client, office: City) -> None:
    person = office.holder("HEAD-SHIMIN")
    Delivery.objects.bulk_create(
        Delivery(
            person=person,
            event=Event.YOUR_TURN,
            message_id=f"<{number}@x>",
            subject=f"件名{number:03}。",
            due_at=AT,
            created_at=AT,
        )
        for number in range(PAGE + 5)
    )

    first = page(clerk.get(MAILBOX))
    older = Delivery.objects.order_by("-pk")[PAGE - 1].pk
    second = page(clerk.get(MAILBOX, {"before": older}))

    assert first.count('class="row__t"') == PAGE
    assert f"before={older}" in first
    assert second.count('class="row__t"') == 5
    assert "件名000。" in second
    assert page(clerk.get(MAILBOX, {"before": "x' OR 1"})).count('class="row__t"') == PAGE


def test_the_list_costs_the_same_for_one_mail_and_for_many(clerk: Client) -> None:
    a_project()
    send()
    clerk.get(MAILBOX)
    with CaptureQueriesContext(connection) as one:
        clerk.get(MAILBOX)
    case = a_project(to=StepKind.REVIEW)
    send()
    say(case, Outcome.SCORED)

    with CaptureQueriesContext(connection) as many:
        clerk.get(MAILBOX)

    assert len(many) == len(one) <= 12


def test_a_mail_is_shown_as_it_was_sent(clerk: Client) -> None:
    a_project()
    send()
    mail = Delivery.objects.get()

    with CaptureQueriesContext(connection) as queries:
        response = clerk.get(f"{MAILBOX}{mail.pk}/")

    assert len(queries) <= 12
    assert mail.subject in page(response)
    assert mail.message_id.strip("<>") in page(response)
    assert "あなたが「市民課長」の職にあるためです。" in page(response)
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]


def test_the_formatted_part_is_shut_in(clerk: Client) -> None:
    a_project()
    send()
    mail = Delivery.objects.get()

    response = clerk.get(f"{MAILBOX}{mail.pk}/html/")

    policy = response.headers["Content-Security-Policy"]
    assert page(response) == mail.html
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_secret_is_shown_to_nobody(clerk: Client, office: City) -> None:
    person = office.holder("SECRETARIAT")
    mail = outbox.post_secret(
        key="secret:1", person=person, subject=SECRET_WORDS, text=SECRET_WORDS, at=AT
    )

    assert SECRET_WORDS not in page(clerk.get(MAILBOX))
    assert SECRET_WORDS not in page(clerk.get(f"{MAILBOX}{mail.pk}/"))
    assert clerk.get(f"{MAILBOX}{mail.pk}/html/").status_code == 404


def test_a_vacant_post_is_reported_to_the_secretariat(clerk: Client, office: City) -> None:
    a_project()
    office.post("HEAD-SHIMIN").appointments.update(ends_on=AT.date())
    send()

    assert "空席のため、まだ送れていない通知が1件あります" in page(clerk.get(MAILBOX))


def test_a_dead_mail_is_sent_again_with_a_reason(clerk: Client) -> None:
    mail = a_dead_mail()

    response = clerk.post(f"{MAILBOX}{mail.pk}/resend/", {"reason": "アドレスを直したため"})

    assert response.headers["Location"] == reverse("mail-detail", args=[mail.pk])
    act = Intervention.objects.get()
    assert (act.delivery, act.by, act.reason) == (
        mail,
        holder("SECRETARIAT"),
        "アドレスを直したため",
    )
    again = Delivery.objects.get()
    assert (again.state, again.attempts, again.message_id) == (
        DeliveryState.QUEUED,
        1,
        mail.message_id,
    )
    assert "アドレスを直したため" in page(clerk.get(f"{MAILBOX}{mail.pk}/"))


@pytest.mark.parametrize("reason", ["", "  ", "二行\r\nの理由", "あ" * 201])
def test_a_mail_is_not_sent_again_without_a_proper_reason(clerk: Client, reason: str) -> None:
    mail = a_dead_mail()

    response = clerk.post(f"{MAILBOX}{mail.pk}/resend/", {"reason": reason})

    assert response.status_code == 422
    assert Delivery.objects.get().state == DeliveryState.DEAD
    assert not Intervention.objects.exists()


def test_a_mail_that_went_out_is_not_sent_again(clerk: Client) -> None:
    a_project()
    send()
    mail = Delivery.objects.get()

    response = clerk.post(f"{MAILBOX}{mail.pk}/resend/", {"reason": "念のため"})

    assert response.status_code == 409
    assert "念のため" in page(response)
    assert not Intervention.objects.exists()


def test_a_secret_is_not_sent_again(clerk: Client, office: City) -> None:
    mail = outbox.post_secret(
        key="secret:1", person=office.holder("AUDITOR"), subject="x", text="x", at=AT
    )
    Delivery.objects.update(state=DeliveryState.DEAD, reason=Reason.REFUSED)

    response = clerk.post(f"{MAILBOX}{mail.pk}/resend/", {"reason": "念のため"})

    assert response.status_code == 409
    assert not Intervention.objects.exists()


DEAD_WORDS = "2件をすべて再送する"


def two_dead_mails() -> list[Delivery]:
    a_project()
    a_project()
    send()
    Delivery.objects.update(
        state=DeliveryState.DEAD, reason=Reason.REFUSED, error="550 no", attempts=3, losses=1
    )
    return list(Delivery.objects.order_by("pk"))


def test_all_dead_mails_are_sent_again_at_once(clerk: Client, office: City) -> None:
    dead = two_dead_mails()
    secret = outbox.post_secret(key="s", person=holder("AUDITOR"), subject="x", text="x", at=AT)
    Delivery.objects.filter(pk=secret.pk).update(state=DeliveryState.DEAD, reason=Reason.REFUSED)
    assert DEAD_WORDS in page(clerk.get(MAILBOX, {"state": "dead"}))
    assert DEAD_WORDS not in page(clerk.get(MAILBOX))

    response = clerk.post(f"{MAILBOX}resend/", {"reason": "サーバーの復旧", "confirmed": "on"})

    assert response.headers["Location"] == MAILBOX
    assert "2件を送信待ちに戻しました" in page(clerk.get(MAILBOX))
    again = Delivery.objects.exclude(pk=secret.pk).order_by("pk")
    assert list(again.values_list("state", "reason", "error", "attempts", "losses")) == [
        (DeliveryState.QUEUED, "", "", 1, 0),
        (DeliveryState.QUEUED, "", "", 1, 0),
    ]
    assert list(Intervention.objects.values_list("delivery", "by", "reason")) == [
        (mail.pk, holder("SECRETARIAT").pk, "サーバーの復旧") for mail in dead
    ]
    secret.refresh_from_db()
    assert secret.state == DeliveryState.DEAD


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"reason": "復旧"}, "すべて再送してよいことを確認し"),
        ({"confirmed": "on"}, "操作の理由を入力してください。"),
    ],
)
def test_all_dead_mails_are_sent_again_only_with_a_reason_and_a_confirmation(
    clerk: Client, typed: dict[str, str], complaint: str
) -> None:
    two_dead_mails()

    response = clerk.post(f"{MAILBOX}resend/", typed)

    assert response.status_code == 422
    assert complaint in page(response)
    assert typed.get("reason", "") in page(response)
    assert {mail.state for mail in Delivery.objects.all()} == {DeliveryState.DEAD}
    assert not Intervention.objects.exists()


def test_when_no_mail_is_dead_any_more_it_is_said(clerk: Client) -> None:
    response = clerk.post(f"{MAILBOX}resend/", {"reason": "念のため", "confirmed": "on"})

    assert response.status_code == 409
    assert "再送できるメールは、もうありません。" in page(response)
    assert "念のため" in page(response)


def test_only_the_secretariat_sends_all_again(client: Client, office: City) -> None:
    two_dead_mails()
    login(client, office.holder("HEAD-SHIMIN"))

    response = client.post(f"{MAILBOX}resend/", {"reason": "念のため", "confirmed": "on"})

    assert response.status_code == 403
    assert {mail.state for mail in Delivery.objects.all()} == {DeliveryState.DEAD}
    assert "すべて再送する" not in page(client.get(MAILBOX, {"state": "dead"}))


def test_only_the_secretariat_sends_again(client: Client, office: City) -> None:
    mail = a_dead_mail()
    login(client, office.holder("HEAD-SHIMIN"))

    response = client.post(f"{MAILBOX}{mail.pk}/resend/", {"reason": "念のため"})

    assert response.status_code == 403
    assert Delivery.objects.get().state == DeliveryState.DEAD
    assert "もう一度送る" not in page(client.get(f"{MAILBOX}{mail.pk}/"))
