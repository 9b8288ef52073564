"""通知の一覧: every line of the catalogue, and each kind on a real case, made but never written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bpr_projects import discussion
from bpr_projects.enums import CommentKind, CommentLevel
from notifications.catalogue import NOTICES
from notifications.catalogue.words import BLANKS, heading_in_words, subject_in_words
from notifications.enums import Event, Topic
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from tests.make import AT, a_delegation, a_project, holder, say
from tests.notifications.mails import send, the_mail
from tests.workflow.pages import client_of, text_of
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.fixtures_city import City

pytestmark = pytest.mark.once

LIST: Final = "/notices/catalogue/"
TURN: Final = f"{LIST}YOUR_TURN/"


@pytest.fixture
def clerk(office: City) -> Iterator[Client]:
    with time_machine.travel(AT, tick=False):
        yield client_of("SECRETARIAT")


def test_every_kind_of_fact_has_its_line_under_its_topic(clerk: Client) -> None:
    page = clerk.get(LIST)

    shown = {topic: [line.event for line in lines] for topic, lines in page.context["topics"]}
    assert shown == {
        topic: [event for event, notice in NOTICES.items() if notice.topic == topic]
        for topic in Topic
    }
    text = text_of(page)
    for event, notice in NOTICES.items():
        assert f'href="{LIST}{event}/"' in text
        assert str(notice.whom) in text
        assert subject_in_words(event) in text
    assert text.count("見落とせないお知らせのため") == sum(
        not notice.may_be_switched_off for notice in NOTICES.values()
    )


@pytest.mark.parametrize("event", NOTICES)
def test_every_blank_of_a_subject_has_its_word(event: Event) -> None:
    words = subject_in_words(event) + heading_in_words(event)

    assert "%" not in words
    assert str(NOTICES[event].subject).count("%(") == sum(
        subject_in_words(event).count(str(word)) for word in set(BLANKS.values())
    )


def test_of_a_secret_there_is_a_line_and_no_page(clerk: Client) -> None:
    assert str(Event.SECRET.label) in text_of(clerk.get(LIST))
    for event in (Event.SECRET, Event.SUMMARY, "NOTHING"):
        assert clerk.get(f"{LIST}{event}/").status_code == 404
        assert clerk.get(f"{LIST}{event}/html/").status_code == 404


def test_a_kind_is_shown_as_it_was_mailed(clerk: Client) -> None:
    a_project()
    send()
    mail = the_mail(Event.YOUR_TURN)
    before = state()

    preview = clerk.get(TURN).context["preview"]
    part = clerk.get(f"{TURN}html/")

    assert (preview.letter.subject, preview.letter.text) == (mail.subject, mail.text)
    assert part.content.decode() == mail.html
    assert preview.person == holder("HEAD-SHIMIN")
    assert state() == before


def state() -> list[int]:
    return [model.objects.count() for model in (OutboxMessage, Delivery, DeliveredFact)]


def test_the_formatted_part_is_shut_in(clerk: Client) -> None:
    a_project()
    send()

    page, part = clerk.get(TURN), clerk.get(f"{TURN}html/")

    assert f'<iframe src="{TURN}html/"' in text_of(page)
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    policy = part.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert part.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_case_can_be_chosen(clerk: Client) -> None:
    first, second = a_project(title="はじめの案"), a_project(title="つぎの案")

    assert "つぎの案" in clerk.get(TURN).context["preview"].letter.subject
    chosen = clerk.get(TURN, {"case": first.reference})
    assert "はじめの案" in chosen.context["preview"].letter.subject
    assert f"{TURN}html/?case={first.number}" in text_of(chosen)
    assert "はじめの案" in text_of(clerk.get(f"{TURN}html/", {"case": first.reference}))
    assert second.number != first.number


@pytest.mark.parametrize("number", ["R8-999", "<script>alert(1)</script>", "あ\x00い", "x" * 400])
def test_a_case_without_such_a_fact_is_named(clerk: Client, number: str) -> None:
    a_project()

    page = clerk.get(TURN, {"case": number})

    assert (page.status_code, page.context["preview"]) == (200, None)
    assert "この種類のお知らせがありません" in text_of(page)
    assert b"<script>alert" not in page.content
    assert clerk.get(f"{TURN}html/", {"case": number}).status_code == 404


def test_of_what_never_happened_the_words_of_the_catalogue_are_shown(clerk: Client) -> None:
    page = text_of(clerk.get(f"{LIST}DISPOSAL_ASKED/"))

    assert "この種類のお知らせは、まだありません" in page
    assert subject_in_words(Event.DISPOSAL_ASKED) in page
    assert heading_in_words(Event.DISPOSAL_ASKED) in page


def test_of_a_vacant_post_the_reader_stands_for_whoever_comes(clerk: Client, office: City) -> None:
    a_project()
    office.post("HEAD-SHIMIN").appointments.update(ends_on=AT.date())

    assert clerk.get(TURN).context["preview"].person == holder("SECRETARIAT")


def test_an_author_in_the_secretariat_sees_no_mail_of_the_reviewers(clerk: Client) -> None:
    case = a_project(post="SECRETARIAT", section="SHIMIN", to=StepKind.REVIEW)
    discussion.write(
        project=case,
        kind=CommentKind.REMARK,
        level=CommentLevel.REVIEW,
        text="審査の言葉",
        mentions=[holder("PT-FUKUSHI")],
        by=holder("PT-CHAIR"),
        at=AT,
    )
    send()
    author = client_of(case.proposer)

    page = author.get(f"{LIST}MENTIONED/")

    assert page.context["preview"] is None
    assert author.get(f"{LIST}MENTIONED/html/").status_code == 404


@pytest.mark.parametrize("post", ["HEAD-SHIMIN", "HQ-CHAIR", "AUDITOR", "SYSTEM-ADMIN"])
def test_only_the_secretariat_sees_the_catalogue(office: City, post: str) -> None:
    a_project()
    send()
    client = client_of(post)

    for url in (LIST, TURN, f"{TURN}html/"):
        page = client.get(url)
        assert page.status_code == 403
        assert "通知の一覧を見られるのは、事務局です。" in text_of(page)
        assert "書かない窓口" not in text_of(page)
    assert f'href="{LIST}"' not in text_of(client.get("/mailbox/"))


def test_the_secretariat_finds_the_catalogue_from_the_mailbox(clerk: Client) -> None:
    assert f'href="{LIST}"' in text_of(clerk.get("/mailbox/"))


MOST_QUERIES: Final = 12


def cost(clerk: Client, url: str) -> int:
    clerk.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert clerk.get(url).status_code == 200
    return len(asked)


def test_the_list_costs_the_same_however_much_happened(clerk: Client) -> None:
    a_project()
    one = cost(clerk, LIST)
    for _number in range(2):
        say(a_project(), Outcome.SENT_BACK)
    send()

    assert cost(clerk, LIST) == one


@pytest.mark.parametrize("part", ["", "html/"])
@pytest.mark.parametrize("event", ["YOUR_TURN", "SENT_BACK", "ADOPTED_WITH_CONDITIONS"])
def test_a_kind_on_a_case_costs_the_same_however_much_happened(
    clerk: Client, office: City, event: str, part: str
) -> None:
    """Whoever is asked is asked as a deputy: the mail names in whose place."""
    a_delegation(post=office.post("PT-CHAIR"), deputy=holder("HEAD-KYODO"))
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=holder("HEAD-KYODO"))

    def happens() -> None:
        a_project(to=StepKind.REFERRAL)
        say(a_project(), Outcome.SENT_BACK)
        decided = a_project(to=StepKind.DECISION)
        say(decided, Outcome.ADOPTED_WITH_CONDITIONS)
        send()

    happens()
    one = cost(clerk, f"{LIST}{event}/{part}")
    happens()
    happens()

    assert cost(clerk, f"{LIST}{event}/{part}") == one <= MOST_QUERIES
