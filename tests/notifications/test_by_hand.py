"""What the secretariat does to mails and waiting facts by hand: each with a reason, each once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from notifications import actions, outbox
from notifications.actions import NotDiscardable, NotReleasable, NotResendable
from notifications.delivery.claims import claim
from notifications.delivery.expansion import expand
from notifications.enums import Act, DeliveryState, Event, MessageState, Reason, Way
from notifications.models import DeliveredFact, Delivery, Intervention, OutboxMessage, Preference
from roles.models import Appointment
from tests.make import AT, a_project, holder, say, the_slot
from tests.notifications.mails import assert_accounted, send, told
from tests.workflow.pages import client_of, text_of
from workflow.enums import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

WHY = "宛先の誤りのため"
LATER = AT + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def a_queued_mail() -> Delivery:
    """To the head whose turn it is."""
    a_project()
    expand(AT)
    return Delivery.objects.get()


def a_dead_mail() -> Delivery:
    a_queued_mail()
    Delivery.objects.update(
        state=DeliveryState.DEAD, reason=Reason.REFUSED, error="550 no", attempts=3
    )
    return Delivery.objects.get()


def a_secret(state: DeliveryState = DeliveryState.QUEUED) -> Delivery:
    mail = outbox.post_secret(
        key="secret:1", person=holder("AUDITOR"), subject="合言葉", text="合言葉", at=AT
    )
    if state == DeliveryState.DEAD:
        Delivery.objects.filter(pk=mail.pk).update(state=state, reason=Reason.REFUSED)
    return Delivery.objects.get(pk=mail.pk)


def a_held_fact(until: datetime = LATER) -> OutboxMessage:
    """The head's turn, which the proposer may still take back."""
    a_project()
    OutboxMessage.objects.update(hold_until=until)
    return OutboxMessage.objects.get()


def a_digest() -> Delivery:
    """Two turns of one head, wanted together in the morning."""
    Preference.objects.create(
        person=holder("HEAD-SHIMIN"), event=Event.POST_READING, way=Way.MORNING
    )
    a_project()
    a_project()
    expand(AT)
    first, second = Delivery.objects.order_by("pk")
    DeliveredFact.objects.filter(delivery=second).update(delivery=first)
    second.delete()
    Delivery.objects.update(
        event=Event.SUMMARY, project=None, way=Way.MORNING, due_at=AT + timedelta(days=1)
    )
    return Delivery.objects.get()


def acts() -> list[tuple[str, str, str]]:
    rows = Intervention.objects.select_related("by")
    return [(each.act, each.by.name, each.reason) for each in rows]


BY = "佐藤 健"


def newest(mail: Delivery) -> int:
    """The last fact that somebody who looks at the mail now sees."""
    return mail.facts.latest("pk").pk


def give_up(mail: Delivery) -> Delivery:
    by = holder("SECRETARIAT")
    return actions.discard(delivery=mail, upto=newest(mail), reason=WHY, by=by, at=AT)


# --- the verbs --------------------------------------------------------------------------------


def test_a_queued_mail_is_given_up_and_its_facts_are_told_by_no_other(office: City) -> None:
    mail = give_up(a_queued_mail())

    assert (mail.state, mail.reason) == (DeliveryState.SKIPPED, Reason.DISCARDED)
    assert acts() == [(Act.DISCARD, BY, WHY)]
    OutboxMessage.objects.update(state=MessageState.PENDING)  # asked again, whatever the cause
    send(LATER)
    assert told() == []
    assert Delivery.objects.get().state == DeliveryState.SKIPPED
    assert_accounted()


def test_a_dead_mail_is_given_up_and_the_server_s_words_stay(office: City) -> None:
    mail = give_up(a_dead_mail())

    assert (mail.state, mail.reason, mail.error, mail.attempts) == (
        DeliveryState.SKIPPED,
        Reason.DISCARDED,
        "550 no",
        3,
    )
    assert_accounted()


def test_every_fact_of_a_digest_ends_with_it_and_what_comes_later_is_told(office: City) -> None:
    digest = a_digest()

    give_up(digest)
    a_project()
    send(AT + timedelta(days=2))

    assert digest.facts.count() == 2
    assert told() == [holder("HEAD-SHIMIN").name]
    assert_accounted()


@pytest.mark.parametrize("state", [DeliveryState.QUEUED, DeliveryState.DEAD])
def test_a_secret_is_given_up_and_its_words_are_gone(office: City, state: DeliveryState) -> None:
    mail = give_up(a_secret(state))

    assert (mail.state, mail.subject, mail.text, mail.html) == (DeliveryState.SKIPPED, "", "", "")
    with pytest.raises(NotResendable):
        actions.resend(delivery=mail, reason=WHY, by=holder("SECRETARIAT"), at=AT)


def test_nobody_gives_up_what_nobody_looked_at(office: City) -> None:
    digest, clerk = a_digest(), client_of("SECRETARIAT")
    url = f"/mailbox/{digest.pk}/"
    seen = re.search(r'name="upto" value="(\d+)"', clerk.get(url).content.decode())
    assert seen is not None
    a_project()
    expand(AT)
    DeliveredFact.objects.exclude(delivery=digest).update(delivery=digest)

    for upto, added in ((seen[1], 1), ("", 3), ("abc", 3)):
        answer = clerk.post(f"{url}discard/", {"reason": WHY, "upto": upto})
        assert answer.status_code == 409
        assert f"お知らせすることが{added}件加わりました" in text_of(answer)
        assert WHY in text_of(answer)
    digest.refresh_from_db()
    assert (digest.state, digest.facts.count(), acts()) == (DeliveryState.QUEUED, 3, [])


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DeliveryState.SENDING, "このメールは、いま送信しているところです。"),
        (DeliveryState.SENT, "（いまは「送信済み」です）"),
        (DeliveryState.SHOWN, "（いまは「画面でお知らせ」です）"),
        (DeliveryState.SKIPPED, "（いまは「送信対象外」です）"),
        (DeliveryState.SUPERSEDED, "（いまは「送信前に不要」です）"),
    ],
)
def test_what_is_over_or_under_way_is_not_given_up(
    office: City, state: DeliveryState, words: str
) -> None:
    mail = a_queued_mail()
    if state == DeliveryState.SENDING:
        claim(worker="w", at=AT, limit=1)
    else:
        Delivery.objects.update(state=state, reason=Reason.ACTOR, sent_at=AT)
    before = Delivery.objects.values().get()

    with pytest.raises(NotDiscardable) as refusal:
        give_up(mail)

    assert words in str(refusal.value)
    assert Delivery.objects.values().get() == before
    assert acts() == []


def test_all_dead_mails_are_given_up_secrets_too(office: City) -> None:
    mail, secret = a_dead_mail(), a_secret(DeliveryState.DEAD)
    a_project()
    expand(AT)
    by = holder("SECRETARIAT")

    assert actions.discard_dead(reason=WHY, by=by, at=AT) == 2

    states = Delivery.objects.order_by("pk").values_list("pk", "state", "reason")
    queued = Delivery.objects.latest("pk")
    assert list(states) == [
        (mail.pk, DeliveryState.SKIPPED, Reason.DISCARDED),
        (secret.pk, DeliveryState.SKIPPED, Reason.DISCARDED),
        (queued.pk, DeliveryState.QUEUED, ""),
    ]
    with pytest.raises(NotDiscardable):
        actions.discard_dead(reason=WHY, by=by, at=AT)
    assert acts() == [(Act.DISCARD, BY, WHY)] * 2


def test_a_held_fact_is_given_up_and_becomes_no_mail(office: City) -> None:
    by = holder("SECRETARIAT")
    message = actions.discard_fact(message=a_held_fact(), reason=WHY, by=by, at=AT)

    assert (message.state, message.reason, message.settled_at) == (
        MessageState.SKIPPED,
        Reason.DISCARDED,
        AT,
    )
    [act] = Intervention.objects.all()
    assert (act.message, act.delivery, act.act) == (message, None, Act.DISCARD)
    send(LATER)
    assert not Delivery.objects.exists()
    assert_accounted()
    with pytest.raises(
        NotDiscardable, match="すでに終わっています（事務局が送信を取りやめたため）"
    ):
        actions.discard_fact(message=message, reason=WHY, by=by, at=AT)
    assert Intervention.objects.count() == 1


@pytest.mark.parametrize("verb", [actions.discard_fact, actions.send_fact_now])
def test_what_has_become_a_mail_is_acted_on_as_a_mail(office: City, verb: object) -> None:
    message = a_held_fact(AT)
    expand(AT)

    with pytest.raises((NotDiscardable, NotReleasable), match="すでにメールになっています"):
        verb(message=message, reason=WHY, by=holder("SECRETARIAT"), at=AT)  # type: ignore[operator]

    assert OutboxMessage.objects.get().state == MessageState.EXPANDED
    assert acts() == []


def test_a_held_fact_goes_out_at_once(office: City) -> None:
    message = a_held_fact()
    assert send(AT).sent == 0

    actions.send_fact_now(message=message, reason=WHY, by=holder("SECRETARIAT"), at=AT)

    send(AT)
    assert told() == [holder("HEAD-SHIMIN").name]
    assert acts() == [(Act.RELEASE, BY, WHY)]


def test_a_fact_that_waits_for_no_hour_is_not_hurried(office: City) -> None:
    ready, by = a_held_fact(AT), holder("SECRETARIAT")
    with pytest.raises(NotReleasable, match="すでに送信の順番を待っています"):
        actions.send_fact_now(message=ready, reason=WHY, by=by, at=AT)
    Appointment.objects.filter(post__code="HEAD-SHIMIN").update(ends_on=AT.date())
    expand(AT)
    vacant = OutboxMessage.objects.get()

    with pytest.raises(NotReleasable, match="職が空席です"):
        actions.send_fact_now(message=vacant, reason=WHY, by=by, at=AT)

    assert OutboxMessage.objects.get().hold_until == vacant.hold_until
    assert acts() == []


def test_a_digest_goes_out_before_its_hour(office: City) -> None:
    digest = a_digest()
    assert send(AT).sent == 0

    actions.send_now(delivery=digest, reason=WHY, by=holder("SECRETARIAT"), at=AT)

    send(AT)
    assert told() == [holder("HEAD-SHIMIN").name]
    assert acts() == [(Act.RELEASE, BY, WHY)]


def test_a_mail_that_waits_for_no_hour_is_not_hurried(office: City) -> None:
    mail, by = a_queued_mail(), holder("SECRETARIAT")
    with pytest.raises(NotReleasable, match="すでに送信の順番を待っています"):
        actions.send_now(delivery=mail, reason=WHY, by=by, at=AT)
    claim(worker="w", at=AT, limit=1)

    with pytest.raises(NotReleasable, match="いまは「送信中」です"):
        actions.send_now(delivery=mail, reason=WHY, by=by, at=AT)

    assert Delivery.objects.get().due_at == mail.due_at
    assert acts() == []


# --- the pages --------------------------------------------------------------------------------


def test_a_mail_is_given_up_on_its_page(office: City) -> None:
    mail, clerk = a_queued_mail(), client_of("SECRETARIAT")
    url = f"/mailbox/{mail.pk}/"
    assert "送らずに取りやめる" in text_of(clerk.get(url))

    response = clerk.post(f"{url}discard/", {"reason": WHY, "upto": newest(mail)}, follow=True)

    assert "このメールの送信を取りやめました。" in text_of(response)
    assert f"送信の取りやめ：{WHY}" in text_of(response)
    assert "送らずに取りやめる" not in text_of(response)
    again = clerk.post(f"{url}discard/", {"reason": "もう一度"})
    assert again.status_code == 409
    assert "もう一度" in text_of(again)
    assert acts() == [(Act.DISCARD, BY, WHY)]


@pytest.mark.parametrize("verb", ["discard", "now", "resend"])
def test_nothing_is_done_to_a_mail_without_a_reason(office: City, verb: str) -> None:
    mail = a_digest()
    before = Delivery.objects.values().get()

    response = client_of("SECRETARIAT").post(f"/mailbox/{mail.pk}/{verb}/", {"reason": " "})

    assert response.status_code == 422
    assert "操作の理由を入力してください。" in text_of(response)
    assert Delivery.objects.values().get() == before


@pytest.mark.parametrize("verb", ["discard", "now"])
def test_only_the_secretariat_acts_on_mails_and_facts(office: City, verb: str) -> None:
    digest = a_digest()
    head = client_of("HEAD-SHIMIN")
    message = OutboxMessage.objects.earliest("pk")
    before = Delivery.objects.values().get()

    statuses = [
        head.post(f"/mailbox/{digest.pk}/{verb}/", {"reason": WHY}).status_code,
        head.post(f"/mailbox/facts/{message.pk}/{verb}/", {"reason": WHY}).status_code,
        head.post(f"/mailbox/facts/{message.pk + 99}/{verb}/", {"reason": WHY}).status_code,
        head.post("/mailbox/discard/", {"reason": WHY, "confirmed": "on"}).status_code,
        client_of("LEADER-ZEIMU").post(f"/mailbox/{digest.pk}/{verb}/").status_code,
    ]

    assert statuses == [403, 403, 403, 403, 404]
    assert "手で行う操作" not in text_of(head.get(f"/mailbox/{digest.pk}/"))
    assert Delivery.objects.values().get() == before
    assert acts() == []


def test_a_digest_shows_its_cases_what_was_read_and_its_hour(office: City) -> None:
    digest = a_digest()
    fact = digest.facts.earliest("pk")
    DeliveredFact.objects.filter(pk=fact.pk).update(read_at=AT)
    page = text_of(client_of("SECRETARIAT").get(f"/mailbox/{digest.pk}/"))

    for number in ("R8-001", "R8-002"):
        assert f'href="/p/{number}/">{number} ' in page
    assert page.count("に画面で読みました") == 1
    assert page.count("画面ではまだ読んでいません") == 1
    assert "<dt>送信予定</dt><dd>令和8年5月12日（火）09:00</dd>" in page
    assert "<dt>届け方</dt><dd>朝8:30にまとめて</dd>" in page
    assert "<dt>試行回数</dt><dd>0回</dd>" in page


def test_a_mail_of_a_case_that_one_may_not_read_any_more_names_its_number_alone(
    office: City,
) -> None:
    case = a_project(title="秘密の案件")
    expand(AT)
    mail, head = Delivery.objects.get(), holder("HEAD-SHIMIN")
    Appointment.objects.filter(person=head).update(post=office.post("LEADER-ZEIMU"))

    send(AT)
    browser = client_of(head)

    assert Delivery.objects.get().reason == Reason.NOT_HOLDER
    for page in (browser.get("/mailbox/"), browser.get(f"/mailbox/{mail.pk}/")):
        assert "R8-001" in text_of(page)
        assert case.title not in text_of(page)
    assert browser.get("/mailbox/?q=秘密").context["rows"] == []
    assert len(browser.get("/mailbox/?q=R8-001").context["rows"]) == 1


def test_a_held_fact_is_hurried_and_given_up_on_its_page(office: City) -> None:
    message, clerk = a_held_fact(), client_of("SECRETARIAT")
    url = f"/mailbox/facts/{message.pk}/"
    page = text_of(clerk.get(url))
    assert "引き戻せる間は送りません（09:10まで）" in page
    assert "市民課長（送る時点でその職にある方）" in page

    response = clerk.post(f"{url}now/", {"reason": "急ぎのため"}, follow=True)

    assert "待機を終えました。まもなく送信されます。" in text_of(response)
    assert "待たずに送る" not in text_of(response)
    assert clerk.post(f"{url}now/", {"reason": WHY}).status_code == 409
    assert clerk.post(f"{url}discard/", {"reason": ""}).status_code == 422
    done = text_of(clerk.post(f"{url}discard/", {"reason": WHY}, follow=True))
    assert "このお知らせを取りやめました。" in done
    assert "事務局が送信を取りやめたため" in done
    assert acts() == [(Act.RELEASE, BY, "急ぎのため"), (Act.DISCARD, BY, WHY)]


def test_a_fact_that_became_a_mail_leads_to_it(office: City) -> None:
    mail = a_queued_mail()
    message = OutboxMessage.objects.get()

    page = text_of(client_of("SECRETARIAT").get(f"/mailbox/facts/{message.pk}/"))

    assert f'href="/mailbox/{mail.pk}/"' in page
    assert client_of("SECRETARIAT").get("/mailbox/facts/999999/").status_code == 404
    assert client_of("SECRETARIAT").get(f"/mailbox/facts/{'9' * 40}/").status_code == 404
    assert client_of("HEAD-SHIMIN").get(f"/mailbox/facts/{message.pk}/").status_code == 403


def test_all_dead_mails_are_given_up_only_with_a_reason_and_a_confirmation(office: City) -> None:
    a_dead_mail()
    a_secret(DeliveryState.DEAD)
    clerk = client_of("SECRETARIAT")
    assert "2件をすべて取りやめる" in text_of(clerk.get("/mailbox/?state=dead"))
    for typed, complaint in [
        ({"reason": WHY}, "すべて取りやめてよいことを確認し"),
        ({"confirmed": "on"}, "操作の理由を入力してください。"),
    ]:
        response = clerk.post("/mailbox/discard/", typed)
        assert response.status_code == 422
        assert complaint in text_of(response)
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DEAD}

    done = clerk.post("/mailbox/discard/", {"reason": WHY, "confirmed": "on"}, follow=True)

    assert "2件の送信を取りやめました。" in text_of(done)
    again = clerk.post("/mailbox/discard/", {"reason": WHY, "confirmed": "on"})
    assert again.status_code == 409
    assert acts() == [(Act.DISCARD, BY, WHY)] * 2


def test_who_acted_already_is_not_asked_by_a_mail_that_waited(office: City) -> None:
    """A mail that is hurried is checked at the door as ever."""
    digest = a_digest()
    for case in [fact.message.project for fact in digest.facts.select_related("message__project")]:
        assert case is not None
        assert the_slot(case)
        say(case, Outcome.APPROVED)

    actions.send_now(delivery=digest, reason=WHY, by=holder("SECRETARIAT"), at=AT)
    send(AT)

    assert holder("HEAD-SHIMIN").name not in told(Event.SUMMARY)
