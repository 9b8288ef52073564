"""通知の設定: what is offered to whom, what is kept, and what comes of it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bpr_projects.calendar import JST
from notifications import actions
from notifications.actions import Quiet
from notifications.catalogue import NOTICES, default_way, may_choose, ways_of
from notifications.enums import DeliveryState, Event, Topic, Way
from notifications.forms import field_of
from notifications.models import Preference, QuietHours
from roles.enums import Role
from tests.make import AT, a_project
from tests.notifications.mails import assert_accounted, names, send, the_mail, told
from tests.workflow.pages import client_of, messages_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django import Settings

    from roles.models import User
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

PAGE: Final = "/me/notifications/"
FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
NIGHT: Final = Quiet(time(19), time(7, 30), also_days_off=True)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def head(office: City) -> User:
    return office.holder("HEAD-SHIMIN")


def form(**changed: str) -> dict[str, str]:
    """What the page sends; by default as the catalogue says."""
    ways = {field_of(event): default_way(event).value for event in may_choose([])}
    return ways | {
        field_of(Event(name)) if name in Event.values else name: sent
        for name, sent in changed.items()
    }


def kept(person: User) -> dict[str, str]:
    return dict(person.preferences.values_list("event", "way"))


def choose(person: User, **ways: Way) -> None:
    chosen = {Event[name]: way for name, way in ways.items()}
    actions.choose(ways=chosen, quiet=None, by=person, at=AT)


def test_the_page_offers_what_the_catalogue_allows(head: User) -> None:
    page = client_of(head).get(PAGE)

    shown = {
        event: [way for way, _label in page.context["form"].fields[field_of(event)].choices]
        for event in page.context["form"].events
    }
    assert shown == {event: list(ways_of(event)) for event in may_choose([])}
    assert [topic for topic, _rows in page.context["form"].topics] == [
        topic for topic in Topic if topic != Topic.KEEPING
    ]
    assert '<option value="NOW" selected>すぐに（初期設定）</option>' in text_of(page)


def test_the_secretariat_chooses_of_its_own_work_too(office: City) -> None:
    page = client_of("SECRETARIAT").get(PAGE)

    assert page.context["form"].events == may_choose([Role.SECRETARIAT])
    assert set(page.context["form"].events) == set(NOTICES)


def test_what_cannot_be_switched_off_says_why(head: User) -> None:
    page = text_of(client_of(head).get(PAGE))

    fixed = [event for event in may_choose([]) if not NOTICES[event].may_be_switched_off]
    assert page.count("見落とせないお知らせのため、メールは止められません。") == len(fixed)
    assert page.count("その日のうちのお知らせのため、週に一度は選べません。") == 4


def test_only_what_differs_is_kept(head: User) -> None:
    client = client_of(head)

    answer = client.post(PAGE, form(ADOPTED="SCREEN", YOUR_TURN="MORNING"), follow=True)

    assert messages_of(answer) == ["通知の設定を保存しました。これから届くお知らせに使います。"]
    assert kept(head) == {"ADOPTED": "SCREEN", "YOUR_TURN": "MORNING"}
    assert '<option value="SCREEN" selected>画面のみ</option>' in text_of(client.get(PAGE))


def test_the_default_forgets_the_choice_and_twice_is_once(head: User) -> None:
    client = client_of(head)
    client.post(PAGE, form(ADOPTED="SCREEN", WITHDRAWN="WEEKLY"))

    for _time in range(2):
        client.post(PAGE, form(WITHDRAWN="MORNING"))

    assert kept(head) == {"WITHDRAWN": "MORNING"}


def test_one_person_s_choice_is_nobody_else_s(head: User, office: City) -> None:
    other = office.holder("LEADER-SHIMIN")
    choose(other, ADOPTED=Way.SCREEN)
    client = client_of(head)

    client.post(PAGE, form(ADOPTED="WEEKLY"))
    client.post(PAGE, {"action": "reset"})

    assert (kept(head), kept(other)) == ({}, {"ADOPTED": "SCREEN"})


def test_what_is_not_offered_any_more_stays_as_it_was(head: User) -> None:
    Preference.objects.create(person=head, event=Event.CONDITION_REPORTED, way=Way.WEEKLY)

    client_of(head).post(PAGE, form())

    assert kept(head) == {"CONDITION_REPORTED": "WEEKLY"}


def test_a_choice_that_is_not_allowed_any_more_is_shown_as_the_default(head: User) -> None:
    Preference.objects.create(person=head, event=Event.YOUR_TURN, way=Way.SCREEN)

    page = client_of(head).get(PAGE)

    assert page.context["form"]["YOUR_TURN-way"].value() == default_way(Event.YOUR_TURN)


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        ({"YOUR_TURN": "SCREEN"}, "届け方は、一覧から選んでください。"),
        ({"DUE_TODAY": "WEEKLY"}, "届け方は、一覧から選んでください。"),
        ({"ADOPTED": ""}, "届け方を選んでください。"),
        ({"is_quiet": "on", "ends_at": "07:00"}, "静かにする時間の時刻を入力してください。"),
        ({"is_quiet": "on", "starts_at": "25:00", "ends_at": "7:00"}, "時刻は 19:00 のように"),
        ({"is_quiet": "on", "starts_at": "7:00", "ends_at": "07:00"}, "始まりと同じ時刻は"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_kept(
    head: User, sent: dict[str, str], complaint: str
) -> None:
    choose(head, ADOPTED=Way.WEEKLY)

    answer = client_of(head).post(PAGE, form(WITHDRAWN="SCREEN", **sent))

    page = text_of(answer)
    assert answer.status_code == 422
    assert complaint in page
    assert 'name="WITHDRAWN-way"' in page
    assert '<option value="SCREEN" selected>' in page
    assert sent.get("starts_at", "") in page
    assert (kept(head), QuietHours.objects.count()) == ({"ADOPTED": "WEEKLY"}, 0)


def test_half_a_form_takes_no_choice_away(head: User) -> None:
    choose(head, ADOPTED=Way.SCREEN)

    answer = client_of(head).post(PAGE, {"WITHDRAWN": "NOW"})

    assert answer.status_code == 422
    assert kept(head) == {"ADOPTED": "SCREEN"}


def test_quiet_hours_are_kept_changed_and_dropped(head: User) -> None:
    client = client_of(head)
    hours = {"starts_at": "19:30".translate(FULL_WIDTH), "ends_at": "07:15"}

    client.post(PAGE, form(is_quiet="on", also_days_off="on", **hours))
    first = QuietHours.objects.get()
    client.post(PAGE, form(is_quiet="on", starts_at="20:00", ends_at="07:15"))
    second = QuietHours.objects.get()
    shown = client.get(PAGE).context["form"]
    client.post(PAGE, form(**hours))

    assert (first.person, first.starts_at, first.ends_at) == (head, time(19, 30), time(7, 15))
    assert (first.also_days_off, second.also_days_off) == (True, False)
    assert (second.starts_at, second.ends_at) == (time(20), time(7, 15))
    assert (shown["is_quiet"].value(), shown["starts_at"].value()) == (True, time(20))
    assert not QuietHours.objects.exists()


def test_all_goes_back_to_the_beginning(head: User) -> None:
    actions.choose(ways={Event.ADOPTED: Way.SCREEN}, quiet=NIGHT, by=head, at=AT)

    answer = client_of(head).post(PAGE, form(ADOPTED="WEEKLY", action="reset"), follow=True)

    assert messages_of(answer) == ["通知の設定を、初期設定に戻しました。"]
    assert (kept(head), QuietHours.objects.count()) == ({}, 0)


def test_the_verb_refuses_what_is_not_offered_and_keeps_nothing(head: User) -> None:
    with pytest.raises(actions.NotChoosable) as of_a_way:
        choose(head, ADOPTED=Way.SCREEN, YOUR_TURN=Way.SCREEN)
    with pytest.raises(actions.NotChoosable) as of_a_kind:
        choose(head, ADOPTED=Way.SCREEN, UNHELD=Way.MORNING)

    assert str(of_a_way.value) == "「あなたの番」の届け方に「画面のみ」は選べません。"
    assert str(of_a_kind.value) == (
        "「担当できる職がない手続」は、事務局・監査の職にある方へのお知らせのため、選べません。"
    )
    assert kept(head) == {}


def test_few_choices_and_many_cost_the_same(head: User) -> None:
    client = client_of(head)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        return len(asked)

    cost()
    choose(head, ADOPTED=Way.SCREEN)
    one = cost()
    choose(head, WITHDRAWN=Way.SCREEN, HELD=Way.WEEKLY, OBJECTED=Way.WEEKLY)

    assert cost() == one == 6


def test_every_way_to_the_page(head: User) -> None:
    assert text_of(client_of(head).get("/help/")).count(f'href="{PAGE}"') == 1
    for url in ("/mailbox/", "/notices/"):
        assert text_of(client_of(head).get(url)).count(f'href="{PAGE}"') == 2


def test_who_wants_to_be_asked_in_the_morning_is_asked_at_half_past_eight(
    head: User, settings: Settings
) -> None:
    settings.MAIL_DIGEST = True
    client_of(head).post(PAGE, form(YOUR_TURN="MORNING"))
    a_project()

    send(AT)
    evening = told()
    morning = datetime(2026, 5, 12, 8, 30, tzinfo=JST)
    send(morning - timedelta(minutes=1))
    early = told()
    send(morning)

    assert (evening, early, told()) == ([], [], names(head))
    mail = the_mail(Event.SUMMARY, head)
    assert (mail.way, mail.sent_at) == (Way.MORNING, morning)
    assert_accounted()


def test_a_mail_waits_for_the_end_of_the_quiet_hours(head: User) -> None:
    night = {"is_quiet": "on", "starts_at": "08:00", "ends_at": "12:00"}
    client_of(head).post(PAGE, form(**night))
    a_project()

    send(AT)
    before = told()
    send(AT.replace(hour=12))

    assert (before, told()) == ([], names(head))
    assert the_mail(Event.YOUR_TURN, head).state == DeliveryState.SENT
    assert_accounted()


def test_nobody_chooses_without_a_login(client: Client, head: User) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE, form(ADOPTED="SCREEN")).status_code == 403
    assert not Preference.objects.exists()
