"""The bell: what a person finds behind it, what counts as unread, and who reads what."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bpr_projects import discussion
from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.models import Project
from notifications import actions, outbox
from notifications.catalogue import ON_THE_LIST
from notifications.enums import DeliveryState, Event, Reason, Why
from notifications.models import Announcement, DeliveredFact, Delivery, OutboxMessage, Preference
from notifications.recipients import Addressee
from notifications.views.notices import PAGE
from tests.make import AT, SINCE, a_draft, a_post, a_project, an_appointment, holder, resubmit, say
from tests.notifications.mails import assert_accounted, forget_mails, send, told
from tests.workflow.pages import client_of, messages_of, text_of
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from roles.models import User
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

NOTICES: Final = "/notices/"
ALL: Final = "/notices/?show=all"
LATER: Final = AT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def leader(office: City) -> User:
    """Who proposed, and is told what came of it."""
    return office.holder("LEADER-SHIMIN")


def an_adopted_case(title: str = "書かない窓口") -> Project:
    case = a_project(to=StepKind.DECISION, title=title)
    say(case, Outcome.ADOPTED)
    send()
    return case


def adopted(person: User) -> DeliveredFact:
    """The last 採択 that this person was told."""
    return DeliveredFact.objects.filter(person=person, message__event=Event.ADOPTED).latest("pk")


def rows_of(client: Client, url: str = ALL) -> list[str]:
    """The rows as they are read: mark, kind, title; number, who, when."""
    page = text_of(client.get(url))
    row = r'<button class="row__t".*?</button>.*?<div class="row__m">.*?</div>'
    cells = re.findall(row, page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]


def badge_of(client: Client, url: str = "/help/") -> str:
    """What stands on the bell of any page, as it is read out."""
    link = re.search(
        rf'<a class="iconbtn" href="{NOTICES}">.*?</a>', text_of(client.get(url)), re.DOTALL
    )
    assert link is not None
    name = re.sub(r'<span class="badge" aria-hidden="true">[^<]*</span>', "", link[0])
    return " ".join(re.sub(r"<[^>]+>", "", name).split())


def test_a_notice_says_what_happened_to_which_case_and_who_did_it(leader: User) -> None:
    case = an_adopted_case()
    client = client_of(leader)

    assert rows_of(client) == [
        f"未読： 採択：書かない窓口 {case.number} {holder('HQ-CHAIR').name}さん 09:00"
    ]
    assert rows_of(client, NOTICES) == rows_of(client)
    assert badge_of(client) == "お知らせ 未読1件"


def test_without_anything_unread_the_bell_has_no_number(leader: User) -> None:
    assert badge_of(client_of(leader)) == "お知らせ"
    assert "未読のお知らせはありません" in text_of(client_of(leader).get(NOTICES))
    assert "お知らせはまだありません" in text_of(client_of(leader).get(ALL))


def test_what_the_work_list_shows_is_no_notice(office: City) -> None:
    a_project()
    send()
    head = office.holder("HEAD-SHIMIN")

    assert DeliveredFact.objects.get(person=head).message.event in ON_THE_LIST
    assert rows_of(client_of(head)) == []
    assert badge_of(client_of(head)) == "お知らせ"


def test_what_waits_for_its_hour_is_on_the_screen_at_once(leader: User) -> None:
    Preference.objects.create(person=leader, event=Event.ADOPTED, way="WEEKLY")

    an_adopted_case()

    assert adopted(leader).delivery.state == DeliveryState.QUEUED
    assert badge_of(client_of(leader)) == "お知らせ 未読1件"


@pytest.mark.parametrize("state", [DeliveryState.SUPERSEDED, DeliveryState.SKIPPED])
def test_what_was_not_told_is_no_notice(leader: User, state: DeliveryState) -> None:
    an_adopted_case()
    Delivery.objects.update(state=state, reason=Reason.WORK_CLOSED)

    assert rows_of(client_of(leader)) == []
    assert badge_of(client_of(leader)) == "お知らせ"


def test_a_secret_is_no_notice(leader: User) -> None:
    outbox.post_secret(key="s:1", person=leader, subject="合言葉", text="合言葉", at=AT)

    assert rows_of(client_of(leader)) == []
    assert badge_of(client_of(leader)) == "お知らせ"


def test_nobody_sees_what_another_was_told(leader: User, office: City) -> None:
    an_adopted_case("ひとの案件")
    fact = adopted(leader)
    stranger = client_of("LEADER-ZEIMU")

    assert rows_of(stranger) == []
    for url in (f"{NOTICES}{fact.pk}/", f"{NOTICES}{fact.pk}/read/"):
        assert stranger.post(url).status_code == 404
    stranger.post(f"{NOTICES}read/", {"upto": fact.pk})
    fact.refresh_from_db()
    assert fact.read_at is None


def test_a_case_that_may_not_be_read_any_more_is_no_notice(leader: User, office: City) -> None:
    case = an_adopted_case("秘密の案件")
    Project.objects.update(is_confidential=True, proposer_post=office.post("LEADER-ZEIMU"))
    Project.objects.update(proposer=office.holder("LEADER-ZEIMU"), section=None)
    case.participants.all().delete()
    client, fact = client_of(leader), adopted(leader)
    assert client.get(f"/p/{case.number}/").status_code == 404

    assert rows_of(client) == []
    assert badge_of(client) == "お知らせ"
    assert client.post(f"{NOTICES}{fact.pk}/").status_code == 404
    fact.refresh_from_db()
    assert fact.read_at is None


def test_a_leaver_finds_nothing(leader: User) -> None:
    an_adopted_case("もとの案件")
    leader.appointments.update(ends_on=AT.date())
    an_appointment(post=a_post(), person=leader, starts_on=SINCE.replace(year=2027))

    assert rows_of(client_of(leader)) == []
    assert client_of(leader).post(f"{NOTICES}{adopted(leader).pk}/").status_code == 404


def remark(case: Project, person: User, level: CommentLevel = CommentLevel.PARTIES) -> None:
    discussion.write(
        project=case,
        kind=CommentKind.REMARK,
        level=level,
        text="ひみつの言葉",
        mentions=[person],
        by=holder("SECRETARIAT"),
        at=AT,
    )


def test_a_call_names_its_writer_and_no_word_of_it(leader: User) -> None:
    case = a_project()
    remark(case, leader)
    send()
    writer = holder("SECRETARIAT").name

    assert rows_of(client_of(leader)) == [
        f"未読： 議論で呼ばれました：書かない窓口 {case.number} {writer}さん 09:00"
    ]


def test_a_remark_that_was_taken_back_is_no_notice(leader: User) -> None:
    remark(a_project(), leader)
    send()
    message = OutboxMessage.objects.get(event=Event.MENTIONED)
    assert message.comment is not None

    discussion.take_back(comment=message.comment, by=message.comment.written_by, at=AT)

    assert rows_of(client_of(leader)) == []
    assert badge_of(client_of(leader)) == "お知らせ"


def test_an_author_is_not_told_what_the_reviewers_say(office: City) -> None:
    case = a_project(post="SECRETARIAT", section="SHIMIN", to=StepKind.REVIEW)
    author = office.holder("SECRETARIAT")
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
    DeliveredFact.objects.filter(message__event=Event.MENTIONED).update(person=author)

    assert [row for row in rows_of(client_of(author)) if "議論" in row] == []


def test_a_request_whose_work_is_closed_counts_as_read(leader: User) -> None:
    case = a_project()
    say(case, Outcome.SENT_BACK)
    send()
    client = client_of(leader)
    assert [row.startswith("未読： 差戻し：") for row in rows_of(client)] == [True]

    resubmit(case)

    assert [row.startswith("差戻し：") for row in rows_of(client)] == [True]
    assert rows_of(client, NOTICES) == []
    assert badge_of(client) == "お知らせ"
    assert DeliveredFact.objects.get(person=leader).read_at is None


def test_to_open_a_notice_notes_it_and_leads_to_the_matter(leader: User) -> None:
    case, client = an_adopted_case(), client_of(leader)
    fact = adopted(leader)

    answer = client.post(f"{NOTICES}{fact.pk}/")

    assert (answer.status_code, answer["Location"]) == (303, f"/p/{case.number}/")
    fact.refresh_from_db()
    assert fact.read_at == AT
    assert badge_of(client) == "お知らせ"
    assert rows_of(client)[0].startswith("採択：")


def test_a_notice_leads_where_its_mail_leads(leader: User) -> None:
    case = a_project()
    remark(case, leader)
    send()
    mail = Delivery.objects.get(event=Event.MENTIONED)

    answer = client_of(leader).post(f"{NOTICES}{mail.facts.get().pk}/")

    assert f"http://testserver{answer['Location']}\n" in mail.text
    assert answer["Location"].startswith(f"/p/{case.number}/discussion/?thread=")


def test_looking_reads_nothing(leader: User) -> None:
    case, client = an_adopted_case(), client_of(leader)
    fact = adopted(leader)

    for url in (NOTICES, ALL, f"/p/{case.number}/"):
        assert client.get(url).status_code == 200
    assert client.get(f"{NOTICES}{fact.pk}/").status_code == 405

    fact.refresh_from_db()
    assert fact.read_at is None


def test_a_notice_is_read_once(leader: User) -> None:
    an_adopted_case()
    fact = adopted(leader)

    actions.read(pk=fact.pk, by=leader, at=AT)
    actions.read(pk=fact.pk, by=leader, at=LATER)

    fact.refresh_from_db()
    assert fact.read_at == AT


def test_one_is_marked_as_read_where_it_stands(leader: User) -> None:
    an_adopted_case()
    an_adopted_case()
    client, fact = client_of(leader), adopted(leader)

    answer = client.post(f"{NOTICES}{fact.pk}/read/", {"show": "all", "before": fact.pk + 1})

    assert answer["Location"] == f"{ALL}&before={fact.pk + 1}"
    assert [row.startswith("未読") for row in rows_of(client)] == [False, True]


def test_all_are_marked_as_read_but_not_what_came_after_the_page(leader: User) -> None:
    for _number in range(3):
        an_adopted_case()
    first, second, third = DeliveredFact.objects.filter(
        person=leader, message__event=Event.ADOPTED
    ).order_by("pk")
    client = client_of(leader)

    answer = client.post(f"{NOTICES}read/", {"upto": second.pk}, follow=True)
    again = client.post(f"{NOTICES}read/", {"upto": second.pk}, follow=True)

    assert messages_of(answer) == ["2件のお知らせを既読にしました。"]
    assert messages_of(again) == ["既読にするお知らせは、ありませんでした。"]
    marks = DeliveredFact.objects.filter(pk__in=[first.pk, second.pk, third.pk]).order_by("pk")
    assert list(marks.values_list("read_at", flat=True)) == [AT, AT, None]


def test_marking_all_leaves_what_is_no_notice(office: City) -> None:
    a_project()
    send()
    head = office.holder("HEAD-SHIMIN")
    fact = DeliveredFact.objects.get(person=head)

    client_of(head).post(f"{NOTICES}read/", {"upto": fact.pk})

    fact.refresh_from_db()
    assert fact.read_at is None


@pytest.mark.parametrize("upto", ["", "x", "-1", "9" * 40])
def test_all_are_not_marked_without_a_place(leader: User, upto: str) -> None:
    an_adopted_case()

    answer = client_of(leader).post(f"{NOTICES}read/", {"upto": upto})

    assert answer.status_code == 422
    assert "もう一度押してください" in text_of(answer)
    assert adopted(leader).read_at is None


def an_announcement(person: User) -> DeliveredFact:
    paper = Announcement.objects.create(
        title="窓口の見直し", text="本文", written_by=holder("SECRETARIAT"), written_at=AT
    )
    to = [Addressee(Why.STAFF, person_id=person.pk)]
    fact = outbox.Fact(
        event=Event.ANNOUNCED,
        key=f"announcement:{paper.pk}",
        addressees=to,
        announcement_id=paper.pk,
    )
    outbox.post([fact], at=AT, actor=holder("SECRETARIAT"))
    send()
    return DeliveredFact.objects.get(person=person, message__event=Event.ANNOUNCED)


def test_an_announcement_is_read_by_its_own_button_alone(leader: User) -> None:
    fact, client = an_announcement(leader), client_of(leader)
    sender = holder("SECRETARIAT").name
    asked = "内容を開いて「読みました」を押すと既読になります"
    assert rows_of(client) == [f"未読： 全庁周知：窓口の見直し {sender}さん 09:00 {asked}"]

    answer = client.post(f"{NOTICES}{fact.pk}/")
    client.post(f"{NOTICES}{fact.pk}/read/")
    client.post(f"{NOTICES}read/", {"upto": fact.pk})

    assert answer["Location"] == f"/announcements/{fact.message.announcement_id}/"
    fact.refresh_from_db()
    assert fact.read_at is None
    DeliveredFact.objects.filter(pk=fact.pk).update(read_at=AT)
    assert badge_of(client) == "お知らせ"


def many(person: User, count: int) -> None:
    """So many notices of one case, as rows."""
    case = a_draft()
    messages = OutboxMessage.objects.bulk_create(
        OutboxMessage(
            event=Event.ADVISED,
            fact=f"x:{n}",
            person=person,
            project=case,
            why="ASKER",
            state="EXPANDED",
            created_at=AT,
        )
        for n in range(count)
    )
    mails = Delivery.objects.bulk_create(
        Delivery(
            person=person, event=Event.ADVISED, message_id=f"<{n}@x>", due_at=AT, created_at=AT
        )
        for n in range(count)
    )
    DeliveredFact.objects.bulk_create(
        DeliveredFact(delivery=mail, message=message, fact=message.fact, person=person)
        for mail, message in zip(mails, messages, strict=True)
    )


def test_the_number_stops_at_99(leader: User) -> None:
    many(leader, 120)

    page = text_of(client_of(leader).get("/help/"))

    assert badge_of(client_of(leader)) == "お知らせ 未読99+件"
    assert '<span class="badge" aria-hidden="true">99+</span>' in page


def test_a_page_ends_and_the_next_begins_where_it_ended(leader: User) -> None:
    many(leader, PAGE + 5)
    client = client_of(leader)
    last = DeliveredFact.objects.order_by("-pk")[PAGE - 1].pk

    first, second = client.get(ALL), client.get(f"{ALL}&before={last}")

    assert [text_of(page).count('class="row__t"') for page in (first, second)] == [PAGE, 5]
    assert f"?show=all&before={last}" in text_of(first)
    assert "最新に戻る" in text_of(second)
    assert text_of(client.get(f"{ALL}&before=x' OR 1")).count('class="row__t"') == PAGE


def cost(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        client.get(url)
    return len(asked)


def test_one_notice_and_three_cost_the_same(leader: User) -> None:
    client = client_of(leader)
    an_adopted_case()
    remark(a_project(), leader)
    send()
    few = {url: cost(client, url) for url in (NOTICES, ALL)}
    for n in range(2):
        an_adopted_case(f"案{n}")
        remark(a_project(), leader)
    send()

    assert {url: cost(client, url) for url in (NOTICES, ALL)} == few
    assert set(few.values()) == {5}


def test_the_bell_costs_no_query_of_its_own(leader: User) -> None:
    """The statement of the work list counts it along; the inbox keeps its bar."""
    client = client_of(leader)
    before = {url: cost(client, url) for url in ("/", "/inbox/", "/help/")}
    an_adopted_case()

    assert {url: cost(client, url) for url in before} == before
    with CaptureQueriesContext(connection) as asked:
        client.get("/help/")
    assert [("deliveredfact" in each["sql"]) for each in asked].count(True) == 1


def test_the_number_is_renewed_with_the_others(leader: User) -> None:
    an_adopted_case()

    page = text_of(client_of(leader).get("/inbox/fresh/"))

    assert (
        """<span class="vh">未読1件</span><span class="badge" aria-hidden="true">1</span>"""
    ) in page.partition("[data-badge='notices']")[2]


def test_who_wants_no_mail_of_an_adoption_finds_it_on_the_screen(leader: User) -> None:
    Preference.objects.create(person=leader, event=Event.ADOPTED, way="SCREEN")
    case = a_project(to=StepKind.DECISION)
    forget_mails()

    say(case, Outcome.ADOPTED)
    send()

    assert leader.name not in told(Event.ADOPTED)
    assert holder("HEAD-SHIMIN").name in told(Event.ADOPTED)
    assert adopted(leader).delivery.state == DeliveryState.SHOWN
    assert badge_of(client_of(leader)) == "お知らせ 未読1件"
    assert_accounted()
