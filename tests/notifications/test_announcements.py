"""Pages of 全庁周知: what one is told, and how the 事務局 writes, releases and counts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import announcing
from notifications.enums import Event
from notifications.models import Announcement, DeliveredFact, OutboxMessage
from notifications.views.announcements import PAGE
from roles.enums import Role
from roles.models import Section
from tests.make import AT, TODAY, a_post, a_section, an_appointment, holder
from tests.notifications.announced import TEXT, TITLE, announce, read, write
from tests.notifications.mails import send, told
from tests.workflow.pages import client_of, messages_of, text_of
from tests.workflow.papers import keepers
from workflow.access import NO_POST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

LIST = "/announcements/"
NEW = "/announcements/new/"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def clerk(office: City) -> Client:
    """The first person of the 事務局."""
    return client_of(keepers(AT)[0])


@pytest.fixture
def second(office: City) -> Client:
    """Another one."""
    return client_of(keepers(AT)[1])


@pytest.fixture
def head(office: City) -> Client:
    """市民課長."""
    return client_of("HEAD-SHIMIN")


def page_of(one: Announcement) -> str:
    return f"{LIST}{one.pk}/"


def typed(**more: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    return {"title": TITLE, "text": TEXT.replace("\n", "\r\n"), **more}


def key(code: str) -> str:
    return str(Section.objects.get(code=code).pk)


def titles(client: Client, address: str = LIST) -> list[str]:
    """What a list shows, in its order."""
    return re.findall(r'class="row__t" href="[^"]*">([^<]*)</a>', text_of(client.get(address)))


# --- the whole way -----------------------------------------------------------------------------


def test_from_the_form_to_the_reader(clerk: Client, second: Client, head: Client) -> None:
    sent = typed(sections=[key("SHIMIN")], roles=["SECTION_HEAD", "DX_LEADER"])
    looked_at = clerk.post(NEW, sent)
    assert looked_at.status_code == 200
    assert "対象 2人" in text_of(looked_at)
    assert "市民課の所属長・DX推進リーダー" in text_of(looked_at)
    assert not Announcement.objects.exists()

    hidden = dict.fromkeys(("title", "text"), "") | {
        name: value for name, value in hidden_fields(text_of(looked_at)) if name in sent
    }
    assert (hidden["title"], hidden["text"].replace("\r\n", "\n")) == (TITLE, TEXT)
    written = clerk.post(NEW, {**sent, "action": "save"}, follow=True)
    one = Announcement.objects.get()
    assert written.redirect_chain == [(page_of(one), 302)]
    assert messages_of(written) == [
        "作成しました。事務局のほかの方に、公開の確認をメールでお願いします。"
    ]
    assert (one.title, one.text, one.roles) == (TITLE, TEXT, ["SECTION_HEAD", "DX_LEADER"])
    assert (one.written_by, one.written_at) == (keepers(AT)[0], AT)

    waiting = second.get(page_of(one))
    assert "いま公開すると、対象は2人です。" in text_of(waiting)
    assert head.get(page_of(one)).status_code == 404
    released = second.post(f"{page_of(one)}release/", follow=True)
    assert messages_of(released) == ["公開しました。対象の方にお知らせします。"]
    assert "宛先を確定しています。" in text_of(released)

    send()
    assert sorted(told(Event.ANNOUNCED)) == sorted(
        [holder("HEAD-SHIMIN").name, holder("LEADER-SHIMIN").name]
    )
    assert titles(head) == [TITLE]
    opened = text_of(head.get(page_of(one)))
    assert TEXT in opened
    assert "読みました" in opened
    assert not DeliveredFact.objects.exclude(read_at=None).exists()

    after = text_of(head.post(f"{page_of(one)}read/", follow=True))
    assert "5月11日 09:00" in after
    assert "に確認済み" in after
    assert "読みました</button>" not in after
    assert "確認済み 1人／2人（50%）" in text_of(clerk.get(page_of(one)))
    assert "確認済み 1人／2人（50%）" in text_of(clerk.get(LIST))


def hidden_fields(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)


def test_whoever_goes_back_finds_everything_in_the_form(clerk: Client) -> None:
    response = clerk.post(NEW, typed(sections=[key("SHIMIN")], roles=["STAFF"], action="edit"))

    page = text_of(response)
    assert response.status_code == 200
    assert f'value="{TITLE}"' in page
    assert TEXT in page.replace("\r\n", "\n")
    assert page.count(" checked") == 2
    assert not Announcement.objects.exists()


# --- the form ----------------------------------------------------------------------------------


def test_what_is_missing_or_too_long_is_said_beside_its_field(clerk: Client) -> None:
    response = clerk.post(NEW, {"title": "件" * 61, "text": "  ", "action": "save"})

    page = text_of(response)
    assert response.status_code == 422
    assert "60字以内で入力してください（いま61字）。" in page
    assert "本文を入力してください。" in page
    assert "件" * 61 in page
    assert not Announcement.objects.exists()


@pytest.mark.parametrize("more", [{"sections": ["0"]}, {"roles": ["NOBODY"]}, {"title": "二\n行"}])
def test_what_is_not_offered_is_refused(clerk: Client, more: dict[str, Any]) -> None:
    response = clerk.post(NEW, typed(**more, action="save"))

    assert response.status_code == 422
    assert TEXT in text_of(response).replace("\r\n", "\n")
    assert not Announcement.objects.exists()


def test_an_audience_of_nobody_is_said_before_saving(clerk: Client) -> None:
    empty = a_section(name="準備室")

    response = clerk.post(NEW, typed(sections=[str(empty.pk)]))

    assert response.status_code == 422
    assert "この課等と役割に当てはまる職に就いている方がいません。" in text_of(response)


def test_who_has_one_waiting_is_told_so_and_keeps_what_was_typed(clerk: Client) -> None:
    one = write()
    reason = f"あなたが5/11 09:00に作成した「{TITLE}」が、公開を待っています。"

    asked = text_of(clerk.get(NEW))
    assert reason in asked
    assert page_of(one) in asked
    assert 'name="text"' not in asked

    for action in ("", "save"):
        refused = clerk.post(NEW, typed(title="別件", action=action))
        assert refused.status_code == 409
        assert reason in text_of(refused)
        assert TEXT in text_of(refused).replace("\r\n", "\n")
    assert list(Announcement.objects.all()) == [one]


@pytest.mark.parametrize("code", ["HEAD-SHIMIN", "LEADER-SHIMIN", "AUDITOR", "SYSTEM-ADMIN"])
def test_nobody_else_comes_to_the_form(office: City, code: str) -> None:
    client = client_of(code)

    for response in (client.get(NEW), client.post(NEW, typed(action="save"))):
        assert response.status_code == 403
        assert "全庁周知を作成し、公開するのは、事務局です。" in text_of(response)
    assert not Announcement.objects.exists()


# --- releasing, dropping -----------------------------------------------------------------------


def test_the_author_reads_why_the_button_is_not_there(clerk: Client) -> None:
    one = write()

    page = text_of(clerk.get(page_of(one)))

    assert "作成した方は、ご自身で公開できません。" in page
    assert "公開する</button>" not in page
    assert "取りやめる</button>" in page
    refused = clerk.post(f"{page_of(one)}release/")
    assert refused.status_code == 409
    assert "作成した方は、ご自身で公開できません。" in text_of(refused)
    assert Announcement.objects.get().is_waiting


def test_the_limit_is_said_on_the_page_and_by_the_refusal(second: Client) -> None:
    for n in range(3):
        announce(f"{n}件目")
    one = write(title="4件目")
    reason = "全庁周知の公開は、7日間に3件までです。次に公開できるのは、5/18 09:00 からです。"

    assert reason in text_of(second.get(page_of(one)))
    refused = second.post(f"{page_of(one)}release/")

    assert refused.status_code == 409
    assert reason in text_of(refused)
    assert not OutboxMessage.objects.filter(announcement=one, event=Event.ANNOUNCED).exists()


def test_who_comes_second_gets_who_and_when(second: Client) -> None:
    one = write()
    page = page_of(one)
    third = keepers(AT)[2]
    announcing.release(announcement=one, by=third, at=AT)

    for verb in ("release", "drop"):
        refused = second.post(f"{page}{verb}/")
        assert refused.status_code == 409
        assert f"5/11 09:00 に{third.name}さんが公開しました。" in text_of(refused)


def test_what_was_dropped_stays_with_the_secretariat(clerk: Client, head: Client) -> None:
    one = write()

    response = clerk.post(f"{page_of(one)}drop/", follow=True)

    assert messages_of(response) == ["取りやめました。だれにもお知らせしません。"]
    assert "取りやめ" in text_of(clerk.get(LIST))
    assert titles(clerk) == [TITLE]
    assert titles(head) == []
    assert head.get(page_of(one)).status_code == 404


def test_who_is_told_may_neither_release_nor_drop(head: Client) -> None:
    one = announce(sections=["SHIMIN"])
    send()

    for verb in ("release", "drop"):
        refused = head.post(f"{page_of(one)}{verb}/")
        assert refused.status_code == 403
        assert "全庁周知を作成し、公開するのは、事務局です。" in text_of(refused)


# --- reading -----------------------------------------------------------------------------------


def test_one_sees_only_what_one_is_told(head: Client, clerk: Client) -> None:
    mine = announce("市民課へ", sections=["SHIMIN"])
    others = announce("税務課へ", sections=["ZEIMU"])
    waiting = write(title="まだ")
    send()

    assert titles(head) == ["市民課へ"]
    assert head.get(page_of(mine)).status_code == 200
    for one in (others, waiting):
        assert head.get(page_of(one)).status_code == 404
        for verb in ("read", "release", "drop"):
            assert head.post(f"{page_of(one)}{verb}/").status_code == 404
    assert titles(clerk) == ["まだ", "税務課へ", "市民課へ"]
    assert not DeliveredFact.objects.exclude(read_at=None).exists()


def test_a_reader_learns_nothing_of_the_others(head: Client) -> None:
    one = announce(sections=["SHIMIN"])
    send()

    pages = text_of(head.get(page_of(one))) + text_of(head.get(LIST))

    assert "既読" not in pages
    assert "人／" not in pages
    assert "未確認" in pages


def test_the_first_reading_stands(head: Client) -> None:
    one = announce(sections=["SHIMIN"])
    send()

    for minutes in (0, 30):
        with time_machine.travel(AT + timedelta(minutes=minutes), tick=False):
            assert head.post(f"{page_of(one)}read/").status_code == 302

    assert DeliveredFact.objects.get(person=holder("HEAD-SHIMIN")).read_at == AT


def test_the_secretariat_reads_only_what_it_is_told(clerk: Client) -> None:
    one = announce(sections=["SHIMIN"])
    send()

    assert "読みました</button>" not in text_of(clerk.get(page_of(one)))
    assert clerk.post(f"{page_of(one)}read/").status_code == 404


def test_a_leaver_sees_nothing_and_is_told_why(head: Client) -> None:
    one = announce(sections=["SHIMIN"])
    send()
    person = holder("HEAD-SHIMIN")
    person.appointments.update(ends_on=TODAY)
    an_appointment(post=a_post(Role.STAFF), person=person, starts_on=TODAY + timedelta(days=90))

    assert titles(head) == []
    assert str(NO_POST) in text_of(head.get(LIST))
    for answer in (head.get(page_of(one)), head.post(f"{page_of(one)}read/")):
        assert answer.status_code == 403
        assert str(NO_POST) in text_of(answer)


def test_the_table_of_readers_has_exact_figures(clerk: Client) -> None:
    one = announce(roles=[Role.SECTION_HEAD])
    send()
    read(one, holder("HEAD-SHIMIN"))

    page = text_of(clerk.get(page_of(one)))

    rows = re.findall(
        r'<th scope="row">([^<]*)</th><td class="r">(\d+)</td><td class="r">(\d+)</td>'
        r'<td class="r">(\d+)%</td>',
        page,
    )
    assert ("市民課", "1", "1", "100") in rows
    assert ("税務課", "1", "0", "0") in rows
    assert f"確認済み 1人／{len(rows)}人（{100 // len(rows)}%）" in page


def test_markup_and_addresses_in_a_text_are_harmless(head: Client) -> None:
    one = announce(
        "<b>強調</b>",
        text="<script>alert(1)</script> https://kazuno.example/a?b=1",
        sections=["SHIMIN"],
    )
    send()

    for address in (LIST, page_of(one)):
        body = head.get(address).content.decode()
        assert "<script>alert(1)" not in body
        assert "<b>強調" not in body
    assert 'href="https://kazuno.example/a?b=1"' in head.get(page_of(one)).content.decode()


# --- lists -------------------------------------------------------------------------------------


def stock(count: int) -> None:
    """So many more to 市民課, a week apart, each read by its head, who is told no others."""
    for _n in range(count):
        at = AT - timedelta(days=7 * (4 - Announcement.objects.count() // 2))
        announce("税務課へ", sections=["ZEIMU"], at=at)
        one = announce("市民課へ", sections=["SHIMIN"], at=at + timedelta(minutes=1))
        send(at + timedelta(hours=1))
        read(one, holder("HEAD-SHIMIN"))


@pytest.mark.parametrize(("who", "rows", "price"), [("SECRETARIAT", 2, 7), ("HEAD-SHIMIN", 1, 6)])
def test_a_list_costs_the_same_for_one_and_for_three(
    office: City, who: str, rows: int, price: int
) -> None:
    client = client_of(who)
    client.get(LIST)
    found = []
    for n in (1, 2):
        stock(n)
        with CaptureQueriesContext(connection) as asked:
            shown = titles(client)
        found.append((len(shown), len(asked)))

    assert found == [(rows, price), (3 * rows, price)]


def test_an_announcement_costs_the_same_for_one_section_and_for_many(clerk: Client) -> None:
    counts = []
    for sections in (["SHIMIN"], ["SHIMIN", "ZEIMU", "KIKAKU"]):
        one = announce("・".join(sections), sections=sections)
        send()
        clerk.get(page_of(one))
        with CaptureQueriesContext(connection) as asked:
            clerk.get(page_of(one))
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_pages_follow_each_other_without_gap_or_repetition(clerk: Client) -> None:
    first, second = keepers(AT)[:2]
    Announcement.objects.bulk_create(
        Announcement(
            title=f"{n}件目",
            text=TEXT,
            written_by=first,
            written_at=AT,
            released_by=second,
            released_at=AT + timedelta(minutes=n // 2),  # two at each moment
        )
        for n in range(PAGE + 3)
    )

    page = text_of(clerk.get(LIST))
    [older] = re.findall(r'href="(/announcements/\?before=[^"]*)" rel="next"', page)
    last = titles(clerk, older)

    assert titles(clerk) + last == [f"{n}件目" for n in reversed(range(PAGE + 3))]
    assert len(last) == 3
    for nonsense in ("x", "-", "20260511T000000.0-99999999999999999999999", "\x00"):
        assert titles(clerk, f"{LIST}?before={nonsense}") == titles(clerk)


def test_what_was_released_last_stands_first(clerk: Client) -> None:
    first, second = keepers(AT)[:2]
    early = write(title="先に作成", by=first)
    late = write(title="あとに作成", by=second)
    announcing.release(announcement=late, by=first, at=AT + timedelta(minutes=1))
    announcing.release(announcement=early, by=second, at=AT + timedelta(minutes=2))

    assert titles(clerk) == ["先に作成", "あとに作成"]


def test_an_address_beyond_every_key_is_no_failure(clerk: Client) -> None:
    assert clerk.get(f"{LIST}{10**30}/").status_code == 404
    assert clerk.get(f"{LIST}{10**19}/").status_code == 404


def test_everybody_finds_the_list_behind_the_bell(head: Client) -> None:
    assert 'href="/notices/"' in text_of(head.get("/"))
    assert f'href="{LIST}"' in text_of(head.get("/notices/"))
