"""The list of mails: its tabs, what is found in it, and what is said where mails are stuck."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bpr_projects import actions as cases
from bpr_projects import discussion
from bpr_projects.enums import CommentKind, CommentLevel
from notifications import outbox
from notifications.delivery.expansion import expand
from notifications.delivery.trouble import trouble_at
from notifications.enums import DeliveryState, Event, MessageState, Reason, Way
from notifications.models import LATE, DeliveredFact, Delivery, OutboxMessage, Preference
from notifications.views.mailbox import PAGE, TABS, TONES
from roles.models import Appointment
from tests.make import AT, a_draft, a_project, a_user, holder, say
from tests.notifications.mails import of_mails, send
from tests.workflow.pages import client_of, text_of
from workflow.enums import Outcome, StepKind
from workflow.inbox.sieve import FULL_WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from bpr_projects.models import Project
    from roles.models import User
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

MAILBOX = "/mailbox/"
SECRET_WORDS = "秘密の合言葉"
LATER = AT + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def clerk(office: City) -> Client:
    """Somebody of the secretariat."""
    return client_of("SECRETARIAT")


def found(client: Client, **query: str | int) -> list[int]:
    """Keys of the rows on the page."""
    response = client.get(MAILBOX, query)
    assert response.status_code == 200
    return [row.pk for row, _tone, _icon in response.context["rows"]]


def one_of_each_state() -> dict[str, int]:
    """State of a mail -> its key."""
    for state in DeliveryState:
        Delivery.objects.create(
            person=holder("HEAD-SHIMIN"),
            event=Event.YOUR_TURN,
            state=state,
            reason=Reason.ACTOR,
            subject=f"件名{state}。",
            message_id=f"<{state}@x>",
            due_at=AT,
            lease_until=AT,
            sent_at=AT,
            created_at=AT,
        )
    return dict(Delivery.objects.values_list("state", "pk"))


# --- tabs -------------------------------------------------------------------------------------


def test_every_state_has_a_tab_and_a_tone() -> None:
    mails = {state for tab in TABS[1:] if not tab.is_of_facts for state in tab.states}
    facts = {state for tab in TABS if tab.is_of_facts for state in tab.states}

    assert mails == set(DeliveryState)
    assert facts == set(MessageState) - {MessageState.EXPANDED}
    assert set(DeliveryState) | set(MessageState) <= set(TONES)


@pytest.mark.parametrize(
    ("tab", "states"),
    [
        ("waiting", {"QUEUED", "SENDING"}),
        ("sent", {"SENT"}),
        ("shown", {"SHOWN"}),
        ("dead", {"DEAD"}),
        ("dropped", {"SUPERSEDED", "SKIPPED"}),
    ],
)
def test_a_tab_shows_its_states(clerk: Client, tab: str, states: set[str]) -> None:
    keys = one_of_each_state()

    assert set(found(clerk, state=tab)) == {keys[state] for state in states}


def test_facts_that_wait_or_never_were_mails_have_their_tabs(clerk: Client) -> None:
    a_project()
    a_project()
    a_project()
    waiting, gone, told = OutboxMessage.objects.order_by("pk")
    OutboxMessage.objects.filter(pk=waiting.pk).update(hold_until=LATER)
    OutboxMessage.objects.filter(pk=gone.pk).update(
        state=MessageState.SKIPPED, reason=Reason.NOBODY
    )
    expand(AT)

    assert found(clerk, state="held") == [waiting.pk]
    assert found(clerk, state="unmade") == [gone.pk]
    page = text_of(clerk.get(MAILBOX, {"state": "held"}))
    assert "あなたの番：R8-001 書かない窓口" in page
    assert "引き戻せる間は送りません（09:10まで）" in page
    assert found(client_of("HEAD-SHIMIN"), state="held") == [
        fact.delivery_id for fact in DeliveredFact.objects.filter(message=told)
    ]  # others have no such tab: they get the list of their own mails


def test_why_a_fact_waits_is_said(clerk: Client, office: City) -> None:
    a_project()
    message = OutboxMessage.objects.get()
    waits: list[tuple[dict[str, Any], str]] = [
        ({"hold_until": LATER}, "引き戻せる間は送りません（09:10まで）"),
        ({"bundle": "0" * 32, "hold_until": AT + timedelta(minutes=1)}, "1通にまとめています"),
        ({"actor": None, "bundle": None, "hold_until": LATER}, "送る時刻を待っています（09:10まで"),
        ({"hold_until": None}, "まもなく宛先を確定して送ります"),
    ]
    for change, words in waits:
        OutboxMessage.objects.filter(pk=message.pk).update(**change)
        assert words in text_of(clerk.get(MAILBOX, {"state": "held"}))
    Appointment.objects.filter(post__code="HEAD-SHIMIN").update(ends_on=AT.date())
    expand(AT)

    assert "職が空席です。後任の方が決まると送ります" in text_of(
        clerk.get(MAILBOX, {"state": "held"})
    )


def test_tabs_say_how_much_waits_and_no_more_than_99(clerk: Client) -> None:
    person = a_user()
    Delivery.objects.bulk_create(
        Delivery(
            person=person,
            event=Event.HELD,
            message_id=f"<{n}@x>",
            due_at=LATER,
            created_at=AT,
            way=Way.MORNING,
        )
        for n in range(105)
    )
    a_project()

    counts = clerk.get(MAILBOX).context["counts"]

    assert counts == {"held": 1, "waiting": 100, "dead": 0}
    page = text_of(clerk.get(MAILBOX, {"state": "waiting"}))
    assert "99+" in page
    assert "09:10に送ります（朝8:30にまとめて）" in page
    assert "counts" not in client_of("HEAD-SHIMIN").get(MAILBOX).context


@pytest.mark.parametrize("tab", ["", "held", "waiting", "sent", "dead", "unmade"])
def test_a_tab_costs_the_same_for_one_row_and_for_three(clerk: Client, tab: str) -> None:
    costs = []
    for count in (1, 2):
        for n in range(count):
            a_project()
            expand(AT)
            Delivery.objects.filter(state=DeliveryState.QUEUED).update(
                state=DeliveryState.DEAD, reason=Reason.REFUSED
            )
            a_project()
            send()
            a_project()
            OutboxMessage.objects.filter(state=MessageState.PENDING).update(
                state=MessageState.SKIPPED, reason=Reason.NOBODY
            )
            a_project()
            expand(AT)
            Delivery.objects.filter(state=DeliveryState.QUEUED).update(due_at=LATER)
            a_project()
            OutboxMessage.objects.filter(state=MessageState.PENDING).update(hold_until=LATER)
            assert n < count
        clerk.get(MAILBOX)
        with CaptureQueriesContext(connection) as queries:
            rows = found(clerk, state=tab, q="R8")
        assert rows
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 12


# --- search -----------------------------------------------------------------------------------


def test_a_mail_is_found_by_case_person_number_address_and_subject(clerk: Client) -> None:
    wanted = a_project(title="駐車場の予約")
    a_project(post="LEADER-ZEIMU", title="納税の証明")
    send()
    mail, other = Delivery.objects.order_by("pk")
    head = holder("HEAD-SHIMIN")

    for words in [
        wanted.number or "",
        (wanted.number or "").translate(FULL_WIDTH),
        "駐車場",
        head.family_name,
        f"{head.family_name} {head.given_name}",
        head.employee_number,
        head.email,
        "所属長確認のお願い 予約",
    ]:
        assert found(clerk, q=words) == [mail.pk], words
        assert found(clerk, q=words, state="sent") == [mail.pk], words
        assert found(clerk, q=words, state="dead") == [], words
        assert found(clerk, q=words, before=mail.pk) == [], words
    assert found(clerk, q="お願い") == [other.pk, mail.pk]
    assert found(clerk, q="お願い", before=other.pk) == [mail.pk]


def test_a_digest_is_found_by_each_of_its_cases(clerk: Client) -> None:
    a_project()
    a_project()
    expand(AT)
    first, second = Delivery.objects.order_by("pk")
    DeliveredFact.objects.filter(delivery=second).update(delivery=first)
    second.delete()
    Delivery.objects.update(event=Event.SUMMARY, project=None)

    assert found(clerk, q="R8-001") == found(clerk, q="R8-002") == [first.pk]


def test_a_waiting_fact_is_found_by_its_post_its_person_and_its_case(clerk: Client) -> None:
    case = a_project(title="駐車場の予約")
    a_project(post="LEADER-ZEIMU", title="納税の証明")
    message = OutboxMessage.objects.earliest("pk")

    for words in ("市民課長", case.number or "", "駐車場"):
        assert found(clerk, q=words, state="held") == [message.pk]
    assert found(clerk, q="該当なし", state="held") == []


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", '"', "100%", "R8_001", "a OR 1=1"])
def test_signs_of_patterns_are_looked_for_as_they_are(clerk: Client, words: str) -> None:
    a_project()
    send()

    assert found(clerk, q=words) == []
    assert found(clerk, q=words, state="held") == []


def test_a_percent_sign_finds_itself(clerk: Client) -> None:
    a_project(title="待ち時間を50%減らす窓口")
    a_project(title="待ち時間を500秒減らす窓口")
    send()

    assert len(found(clerk, q="50%減")) == 1


@pytest.mark.parametrize("words", ["あ" * 101, "a\x00b", "a\u202eb"])
def test_what_cannot_be_looked_for_is_refused_beside_the_field(clerk: Client, words: str) -> None:
    response = clerk.get(MAILBOX, {"q": words})

    assert response.status_code == 422
    assert response.context["rows"] == []
    assert 'id="id_q_error"' in text_of(response)


def test_the_words_stay_while_one_turns_pages_and_tabs(clerk: Client) -> None:
    person = a_user()
    Delivery.objects.bulk_create(
        Delivery(
            person=person,
            event=Event.HELD,
            subject=f"窓口<{n}>",
            message_id=f"<{n}@x>",
            due_at=LATER,
            created_at=AT,
        )
        for n in range(PAGE + 1)
    )

    page = clerk.get(MAILBOX, {"q": "窓口<", "state": "waiting"}).content.decode()

    assert 'value="窓口&lt;"' in page
    assert "q=%E7%AA%93%E5%8F%A3%3C" in page
    older = Delivery.objects.order_by("-pk")[PAGE - 1].pk
    assert f"before={older}" in page
    assert len(found(clerk, q="窓口<", state="waiting", before=older)) == 1


def test_a_search_finds_only_what_was_sent_to_oneself(office: City) -> None:
    case = a_project(title="駐車場の予約")
    send()
    say(case, Outcome.APPROVED)
    send()
    head = holder("HEAD-SHIMIN")
    mine = list(Delivery.objects.filter(person=head).order_by("-pk").values_list("pk", flat=True))
    others = holder("SECRETARIAT")
    assert Delivery.objects.filter(person=others).exists()
    browser = client_of(head)

    for words in ("", "R8-001", "駐車場"):
        assert found(browser, q=words) == mine
    for words in (others.family_name, others.employee_number, others.email, "受付のお願い"):
        assert found(browser, q=words) == []
    assert found(client_of("LEADER-ZEIMU"), q="R8-001") == []


def test_what_a_case_is_called_now_is_not_found_by_whoever_may_have_left_it(office: City) -> None:
    case = a_project(title="駐車場の予約")
    send()
    case.title = "非公開の名"
    case.save()

    assert found(client_of("HEAD-SHIMIN"), q="非公開の名") == []
    assert len(found(client_of("SECRETARIAT"), q="非公開の名")) == 1


def test_a_secret_is_found_by_its_person_and_never_by_its_words(clerk: Client) -> None:
    person = holder("AUDITOR")
    mail = outbox.post_secret(
        key="s", person=person, subject=SECRET_WORDS, text=SECRET_WORDS, at=AT
    )

    assert found(clerk, q=SECRET_WORDS) == []
    assert found(client_of(person), q=SECRET_WORDS) == []
    assert found(clerk, q=person.employee_number) == [mail.pk]
    message = OutboxMessage.objects.get()
    for url in (f"{MAILBOX}?q={person.employee_number}", f"{MAILBOX}facts/{message.pk}/"):
        page = text_of(clerk.get(url))
        assert SECRET_WORDS not in page
        assert "認証に関する連絡" in page


def test_an_author_in_the_secretariat_finds_nothing_that_reviewers_say(office: City) -> None:
    case = a_project(post="SECRETARIAT", section="SHIMIN", to=StepKind.REVIEW)
    send()
    discussion.write(
        project=case,
        kind=CommentKind.REMARK,
        level=CommentLevel.REVIEW,
        text="内々の話",
        mentions=[holder("PT-FUKUSHI")],
        by=holder("PT-CHAIR"),
        at=AT,
    )
    message = OutboxMessage.objects.latest("pk")
    author, other = (client_of(each) for each in office.holders("SECRETARIAT")[:2])
    words = case.number or ""

    assert message.event == Event.MENTIONED
    for browser, rows, status in ((author, [], 404), (other, [message.pk], 200)):
        assert found(browser, state="held") == rows
        assert found(browser, state="held", q=words) == rows
        assert browser.get(MAILBOX).context["counts"]["held"] == len(rows)
        assert browser.get(f"{MAILBOX}facts/{message.pk}/").status_code == status
    send()
    mail = Delivery.objects.latest("pk")
    assert mail.pk not in found(author, q=words)
    assert mail.pk in found(other, q=words)


def named_in_a_draft(draft: Project, named: User) -> None:
    cases.save_draft(
        project=draft,
        version=draft.draft_version,
        answers={"partners": [named.employee_number]},
        by=draft.proposer,
        at=AT,
    )


def test_the_secretariat_mends_a_mail_about_a_draft_and_reads_nothing_of_it(office: City) -> None:
    draft, named = a_draft(title="まだ内緒の提案"), holder("PT-FUKUSHI")
    named_in_a_draft(draft, named)
    fact = f"{MAILBOX}facts/{OutboxMessage.objects.get().pk}/"
    clerk, told = client_of("SECRETARIAT"), client_of(named)
    held = f"{MAILBOX}?state=held"
    pages = [text_of(clerk.get(url)) for url in (held, fact)]
    send()
    mail = Delivery.objects.get()
    url = f"{MAILBOX}{mail.pk}/"
    Delivery.objects.update(state=DeliveryState.DEAD, reason=Reason.REFUSED)

    dead = clerk.get(MAILBOX, {"state": "dead"})
    pages += [text_of(dead), text_of(clerk.get(url)), text_of(clerk.get(fact))]

    assert [row.pk for row, _tone, _icon in dead.context["rows"]] == [mail.pk]
    assert (dead.context["dead"], dead.context["counts"]["dead"]) == (1, 1)
    assert [each for each in pages if draft.title in each] == []
    assert "下書き" in pages[0]
    assert "内容は表示しません" in pages[3]
    assert clerk.get(f"{url}html/").status_code == 404
    assert [found(clerk, q=words) for words in (draft.title, "いっしょに提案する")] == [[], []]
    assert found(clerk, q=named.employee_number) == [mail.pk]
    clerk.post(f"{url}resend/", {"reason": "宛先を直したため。"})
    mail.refresh_from_db()
    assert mail.state == DeliveryState.QUEUED
    assert draft.title in text_of(told.get(url))
    assert found(told, q="いっしょに提案する") == [mail.pk]


def test_a_seat_that_shares_a_draft_reads_what_is_told_of_it(office: City) -> None:
    draft = a_draft(post="SECRETARIAT", title="事務局の下書き")
    named_in_a_draft(draft, holder("PT-FUKUSHI"))
    fact = f"{MAILBOX}facts/{OutboxMessage.objects.get().pk}/"
    send()
    mail = Delivery.objects.get()

    for clerk in map(client_of, office.holders("SECRETARIAT")):
        assert draft.title in text_of(clerk.get(f"{MAILBOX}{mail.pk}/"))
        assert draft.title in text_of(clerk.get(fact))


def test_a_digest_with_a_draft_in_it_stays_in_the_list_without_its_words(office: City) -> None:
    named = holder("PT-FUKUSHI")
    for event in (Event.YOUR_TURN, Event.PARTNERED):
        Preference.objects.create(person=named, event=event, way=Way.MORNING)
    case = a_project(to=StepKind.REVIEW)
    named_in_a_draft(a_draft(title="まだ内緒の提案"), named)
    expand(AT)
    digest = Delivery.objects.get(person=named, way=Way.MORNING)
    clerk = client_of("SECRETARIAT")

    page = text_of(clerk.get(f"{MAILBOX}{digest.pk}/"))

    assert digest.facts.count() == 2
    assert digest.pk in found(clerk)
    assert f"{case.number} {case.title}" in page
    assert "まだ内緒の提案" not in page


# --- trouble ----------------------------------------------------------------------------------


def stuck() -> Delivery:
    """Due since AT, and nobody sweeps."""
    a_project()
    expand(AT)
    return Delivery.objects.get()


def test_nothing_is_wrong_while_mails_flow(office: City) -> None:
    stuck()
    a_project(to=StepKind.RECEPTION)

    soon = trouble_at(AT + LATE - timedelta(seconds=1))

    assert (soon.late_since, soon.dead, soon.dead_since) == (None, 0, None)


def test_mails_that_are_due_for_long_are_trouble(office: City) -> None:
    mail = stuck()
    late = AT + LATE

    assert trouble_at(late).late_since == AT
    Delivery.objects.update(state=DeliveryState.SENDING, lease_until=AT)
    assert trouble_at(late).late_since == AT
    Delivery.objects.update(due_at=late, state=DeliveryState.QUEUED)
    assert trouble_at(late).late_since is None
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=AT, due_at=mail.due_at)
    assert trouble_at(late).late_since is None


def test_facts_that_no_sweep_takes_up_are_trouble_from_the_end_of_their_hold(office: City) -> None:
    a_project()
    assert trouble_at(AT + LATE).late_since == AT

    OutboxMessage.objects.update(hold_until=LATER)

    assert trouble_at(LATER).late_since is None
    assert trouble_at(LATER + LATE).late_since == LATER


@pytest.mark.parametrize("address", ["/", MAILBOX])
def test_the_secretariat_is_told_what_is_stuck_and_since_when(office: City, address: str) -> None:
    mail = stuck()
    quiet = text_of(client_of("SECRETARIAT").get(address))
    assert "メールの送信が滞っています" not in quiet
    Delivery.objects.create(
        person=mail.person,
        event=Event.HELD,
        state=DeliveryState.DEAD,
        reason=Reason.REFUSED,
        message_id="<1@x>",
        due_at=AT,
        created_at=AT - timedelta(days=3),
    )

    with time_machine.travel(AT + LATE, tick=False):
        page = text_of(client_of("SECRETARIAT").get(address))
        others = text_of(client_of("HEAD-SHIMIN").get(address))

    assert "メールの送信が滞っています" in page
    assert "09:00に送る予定のものが、まだ送られていません。" in page
    assert 'href="/mailbox/?state=waiting">滞っているものを見る' in page
    assert "送信できないメールが1件あります" in page
    assert "いちばん古いものは、5/8（金）09:00に作られました。" in page
    assert 'href="/mailbox/?state=dead">送信できないメールを見る' in page
    assert "滞っています" not in others
    assert "送信できないメールが" not in others


def test_the_home_page_asks_about_mails_only_for_those_who_see_to_them(office: City) -> None:
    stuck()
    asked = {}
    for post in ("SECRETARIAT", "HEAD-SHIMIN"):
        browser = client_of(post)
        browser.get("/")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/")
        asked[post] = len(of_mails(queries))

    assert asked == {"SECRETARIAT": 2, "HEAD-SHIMIN": 0}
