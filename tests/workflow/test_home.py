"""マイワーク: seats, the week, what moves in the city, drafts, the first look."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse
from guardian.shortcuts import assign_perm

from bpr_projects import actions as cases
from bpr_projects.access import visible_to
from bpr_projects.enums import Stage
from bpr_projects.models import Kpi, Project
from roles.models import User
from tests.make import (
    AT,
    JST,
    TODAY,
    a_cycle,
    a_delegation,
    a_draft,
    a_project,
    a_user,
    an_appointment,
    holder,
    say,
    walk,
)
from tests.workflow.pages import client_of, text_of
from workflow.enums import Outcome, StepKind
from workflow.inbox.desk import Desk
from workflow.inbox.mywork import MOVES, MyWork, my_work
from workflow.inbox.week import week_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures_city import City
    from workflow.inbox.week import Deadline, Week

pytestmark = pytest.mark.once

NOW = AT + timedelta(hours=2)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def home(who: User | str, **query: str | int) -> str:
    response = client_of(who).get(reverse("home"), query)
    assert response.status_code == 200
    return text_of(response)


def work_of(who: User | str, wanted: object = "", at: datetime = NOW) -> MyWork:
    person = holder(who, at) if isinstance(who, str) else who
    return my_work(Desk(person, at), str(wanted))


# --- 立場 -------------------------------------------------------------------------------------


@pytest.fixture
def two_hats(office: City) -> User:
    """The 市民課長, who sits in the PT too and stands in for the 税務課長."""
    person = holder("HEAD-SHIMIN")
    an_appointment(post=office.post("PT-SOMU"), person=person)
    a_delegation(post=office.post("HEAD-ZEIMU"), deputy=person)
    a_project(title="課の案件")
    a_project(title="審査の案件", post="LEADER-KYODO", to=StepKind.REVIEW)
    a_project(title="代理の案件", post="LEADER-ZEIMU")
    return person


def test_a_seat_is_chosen_by_the_address(two_hats: User, office: City) -> None:
    stands = [(each.label, each.count) for each in work_of(two_hats).stands]
    chosen = work_of(two_hats, office.post("PT-SOMU").pk)

    pt = office.post("PT-SOMU").title
    assert stands == [("市民課長", 1), (pt, 1), ("税務課長の代理", 1)]
    assert [item.title for item in chosen.items] == ["審査の案件"]
    assert (chosen.count, work_of(two_hats).count) == (1, 3)


def test_the_page_says_as_whom_one_looks(two_hats: User, office: City) -> None:
    everything = home(two_hats)
    deputy = home(two_hats, **{"as": office.post("HEAD-ZEIMU").pk})

    assert '<select class="input input--s" id="stand" name="as">' in everything
    assert re.search(r"石川さんの番が.*3件", everything)
    assert re.search(r"「税務課長の代理」としての番が.*1件", deputy)
    assert "課の案件 ―" not in deputy
    assert "代理の案件 ―" in deputy


@pytest.mark.parametrize("wanted", ["", "0", "x", "9" * 30, "-1"])
def test_a_seat_of_nobody_is_no_choice(two_hats: User, wanted: str) -> None:
    assert (work_of(two_hats, wanted).stand, work_of(two_hats, wanted).count) == (None, 3)


def test_a_foreign_seat_is_no_choice(two_hats: User, office: City) -> None:
    a_project(title="もう一つの案件", to=StepKind.DECISION)

    found = work_of(two_hats, office.post("HQ-CHAIR").pk)

    assert found.stand is None
    assert "もう一つの案件" not in [item.title for item in found.items]


def test_a_seat_without_work_says_so(two_hats: User, office: City) -> None:
    say(Project.objects.get(title="代理の案件"), Outcome.APPROVED)

    shown = home(two_hats, **{"as": office.post("HEAD-ZEIMU").pk})

    assert "「税務課長の代理」としての番は、いまありません" in shown
    assert "この立場で待っている案件はありません" in shown


def test_one_seat_leaves_nothing_to_choose(office: City) -> None:
    assert 'id="stand"' not in home("HEAD-SHIMIN")


# --- 今週 -------------------------------------------------------------------------------------


def test_the_week_names_deadlines_and_holidays(office: City) -> None:
    a_project(title="課の案件")

    week = work_of("HEAD-SHIMIN").week

    assert [(day.day.day, day.mark, day.closed, day.is_today) for day in week.days] == [
        (11, "月", "", True),
        (12, "火", "", False),
        (13, "水", "", False),
        (14, "木", "", False),
        (15, "金", "", False),
    ]
    assert [(n, each.what, each.is_mine, each.tone) for n, each in dues(week)] == [
        (2, "所属長の確認", True, "")
    ]


def dues(week: Week) -> list[tuple[int, Deadline]]:
    return [(n, each) for n, day in enumerate(week.days) for each in day.deadlines]


def test_what_was_due_before_the_week_is_counted(office: City) -> None:
    a_project(title="課の案件")
    at = AT + timedelta(days=9)

    week = work_of("HEAD-SHIMIN", at=at).week
    with time_machine.travel(at, tick=False):
        shown = home("HEAD-SHIMIN")

    assert (week.overdue, week.is_free) == (1, True)
    assert '<a href="/inbox/?due=late">前の週までの超過 1件</a>' in shown


def test_a_holiday_and_a_closed_day_are_marked() -> None:
    at = datetime(2026, 11, 24, 10, tzinfo=JST)

    week = week_of(at, frozenset({date(2026, 11, 25)}), [], [])

    assert [day.mark for day in week.days] == ["月・祝", "火", "水・休", "木", "金"]


def test_who_waits_sees_the_others_deadline(office: City) -> None:
    case = a_project(title="課の案件")

    [(n, due)] = dues(work_of(case.proposer).week)

    assert (n, due.is_mine, due.url) == (2, False, f"/p/{case.number}/")
    assert "相手の番" in home(case.proposer)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 24), [(23, "勤労感謝の日"), (24, ""), (25, "閉庁日"), (26, ""), (27, "")]),
        (date(2026, 11, 22), [(23, "勤労感謝の日"), (24, ""), (25, "閉庁日"), (26, ""), (27, "")]),
        (
            date(2026, 12, 29),
            [(28, ""), (29, "年末年始"), (30, "年末年始"), (31, "年末年始"), (1, "元日")],
        ),
    ],
)
def test_closed_days_have_their_reason(today: date, expected: list[tuple[int, str]]) -> None:
    at = datetime(today.year, today.month, today.day, 10, tzinfo=JST)

    week = week_of(at, frozenset({date(2026, 11, 25)}), [], [])

    assert [(day.day.day, day.closed) for day in week.days] == expected
    assert week.is_next == (today.weekday() >= 5)
    assert week.is_free


def test_a_free_week_says_what_comes_next(office: City) -> None:
    a_project(to=StepKind.OBSERVE, route="RT1", title="走る案件")

    week = work_of("LEADER-SHIMIN").week
    shown = home("LEADER-SHIMIN")

    assert week.is_free
    assert week.following is not None
    assert week.following.title == "走る案件"
    assert "期限はありません" in shown
    assert "次の期限は" in shown
    assert "5/25（月）" in shown


# --- 課で進行中, 庁内の動き ---------------------------------------------------------------------


def test_running_cases_show_how_far_they_came(office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")
    kpi = case.kpis.get()
    for day, value in ((12, 38), (18, 33)):
        cases.measure(
            kpi=kpi,
            measured_on=date(2026, 5, day),
            value=Decimal(value),
            note="",
            by=case.proposer,
            at=AT,
        )

    [row] = work_of("HEAD-SHIMIN").running

    assert row.figure is not None
    assert (row.figure.name, row.figure.first, row.figure.last) == ("平均手続時間", 42.0, 33.0)


def test_a_figure_speaks_of_one_indicator(office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")
    second = Kpi.objects.create(
        project=case, name="満足度", unit="点", baseline=60, target=80, target_on=TODAY, order=2
    )
    cases.measure(
        kpi=second, measured_on=TODAY, value=Decimal(75), note="", by=case.proposer, at=AT
    )

    [row] = work_of("HEAD-SHIMIN").running

    assert row.figure is None


def test_the_city_hears_the_newest_of_each_case(office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1", title="走る案件")
    ended = a_project(to=StepKind.OBSERVE, route="RT1", title="やめた案件", post="LEADER-KYODO")
    a_cycle(case, at=AT + timedelta(minutes=30))
    a_cycle(ended, at=AT + timedelta(minutes=40), result="STOP", lesson="早かった。")
    walk(ended, at=AT + timedelta(minutes=50))

    moves = work_of("LEADER-ZEIMU").moves

    assert [(move.case.title, str(move.what)) for move in moves] == [
        ("やめた案件", "が中止になりました"),
        ("走る案件", "が第2サイクルに入りました"),
    ]


def test_what_was_not_adopted_is_told_to_its_readers_alone(office: City) -> None:
    case = a_project(to=StepKind.DECISION, title="見送られた案件")
    say(case, Outcome.NOT_ADOPTED)

    heard = [
        code
        for code in ("LEADER-SHIMIN", "HEAD-SHIMIN", "AUDITOR", "LEADER-ZEIMU", "SYSTEM-ADMIN")
        if "見送られた案件</a> は不採択となりました" in home(code)
    ]

    assert heard == ["LEADER-SHIMIN", "HEAD-SHIMIN", "AUDITOR"]


@pytest.mark.parametrize(
    "code", ["LEADER-SHIMIN", "HEAD-SHIMIN", "PT-FUKUSHI", "HQ-CHAIR", "LEADER-ZEIMU", "AUDITOR"]
)
def test_nothing_leaks_of_what_one_may_not_read(office: City, code: str) -> None:
    """Confidential, running, with a second lap, in every list that the page has."""
    secret = a_project(to=StepKind.OBSERVE, route="RT1", title="限られた案件")
    Project.objects.filter(pk=secret.pk).update(is_confidential=True)
    a_cycle(secret)
    a_draft(title="秘密の下書き")
    person = holder(code)

    shown = home(person)

    visible = set(visible_to(person, NOW).values_list("title", flat=True))
    assert ("限られた案件" in shown) is ("限られた案件" in visible)
    assert ("秘密の下書き" in shown) is (person == secret.proposer)


def test_every_end_has_its_sentence() -> None:
    ends = {Stage.RUNNING, Stage.NOT_ADOPTED, Stage.COMPLETED, Stage.STOPPED, Stage.ROLLED_OUT}
    assert {*MOVES} == ends


def test_who_writes_along_finds_the_draft(office: City) -> None:
    draft = a_draft(title="いっしょに書く案")
    partner = holder("LEADER-ZEIMU")
    before = home(partner)

    assign_perm("edit_draft", partner, draft)

    assert ("いっしょに書く案" in before, "いっしょに書く案" in home(partner)) == (False, True)


# --- what comes next, where nothing waits -------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "link"),
    [("LEADER-ZEIMU", "/proposals/new/"), ("AUDITOR", "/inbox/?tab=upcoming")],
)
def test_an_empty_desk_leads_on(office: City, code: str, link: str) -> None:
    shown = home(code)

    assert "いま、あなたの番の案件はありません" in shown
    assert f'<a class="btn btn--outline btn--s" href="{link}">' in shown


# --- the first look ---------------------------------------------------------------------------


def test_three_sentences_until_they_are_put_away(office: City) -> None:
    person = holder("LEADER-SHIMIN")
    client = client_of(person)

    first = text_of(client.get(reverse("home")))
    response = client.post(reverse("tour-end"))
    second = text_of(client.get(reverse("home")))

    assert len(re.findall(r"<li>", first[first.index("h-tour") : first.index("grid2")])) == 3
    assert (response.status_code, response["Location"]) == (302, "/")
    assert "ようこそ" not in second
    assert User.objects.get(pk=person.pk).toured_at == NOW


def test_only_the_first_time_is_remembered(office: City) -> None:
    person, other = holder("LEADER-SHIMIN"), a_user()
    client_of(person).post(reverse("tour-end"))

    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        client_of(person).post(reverse("tour-end"))

    assert User.objects.get(pk=person.pk).toured_at == NOW
    assert User.objects.get(pk=other.pk).toured_at is None


# --- the menus --------------------------------------------------------------------------------

BOTTOM_BAR = re.compile(r'<nav class="bottomnav".*?</nav>', re.DOTALL)
PERSON_MENU = re.compile(r'<div class="usermenu__panel">.*?</div>', re.DOTALL)
LINK = re.compile(r'<a[^>]* href="([^"]*)"')


def links_in(menu: re.Pattern[str], page: str) -> list[str]:
    [found] = menu.findall(page)
    return LINK.findall(found)


@pytest.mark.parametrize(
    ("post", "last", "in_menu"),
    [
        ("LEADER-SHIMIN", ["/stations/"], set()),
        ("SECRETARIAT", ["/mailbox/"], {"/ledger/", "/stations/"}),
        ("AUDITOR", ["/ledger/"], {"/stations/"}),
        ("PT-FUKUSHI", [], set()),
    ],
)
def test_the_bar_of_a_phone_has_five_links_at_most_and_the_menu_has_the_rest(
    office: City, post: str, last: list[str], in_menu: set[str]
) -> None:
    page = home(post)

    everybody = ["/", "/inbox/", "/proposals/", "/running/"]
    assert links_in(BOTTOM_BAR, page) == [*everybody, *last]
    elsewhere = {"/ledger/", "/mailbox/", "/org/", "/stations/"}
    assert set(links_in(PERSON_MENU, page)) & elsewhere == {*in_menu, "/org/"}
