"""提案・案件 and 実行中の案件: what is found, what stays hidden, what it costs."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bpr_projects.access import visible_to
from bpr_projects.enums import Stage
from bpr_projects.models import Project
from tests.make import AT, JST, a_draft, a_project, holder, record_phase, say, withdraw
from workflow.enums import Outcome, StepKind
from workflow.views.paging import cursor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from roles.models import User
    from tests.fixtures_city import City

QUERIES = 9
FULL_WIDTH = "\uff32\uff18\uff0d\uff10\uff10\uff12"
"""R8-002 as an input method types it."""


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(hours=2), tick=False):
        yield


def titles(client: Client, person: User, name: str = "project-list", **query: str) -> list[str]:
    client.force_login(person)
    response = client.get(reverse(name), query)
    assert response.status_code == 200
    return re.findall(r'class="row__t" href="[^"]+">([^<]+)<', response.content.decode())


@pytest.fixture
def four(office: City) -> None:
    a_project(title="書かない窓口")
    a_project(title="申告書の読取り", post="LEADER-ZEIMU", area="P1", to=StepKind.REVIEW)
    a_project(title="休日の予約制", to=StepKind.OBSERVE, route="RT1")
    a_draft(title="まだ下書き")


@pytest.mark.parametrize(
    "code",
    [
        "LEADER-SHIMIN",
        "LEADER-ZEIMU",
        "HEAD-ZEIMU",
        "DEPT-SHIMINBU",
        "PT-SHIMIN",
        "SYSTEM-ADMIN",
        "SECRETARIAT",
        "HQ-CHAIR",
        "AUDITOR",
        "STAFF-SHIMIN",
    ],
)
def test_everybody_sees_what_may_be_seen(
    client: Client, four: None, office: City, code: str
) -> None:
    person = holder(code)

    visible = visible_to(person, AT).order_by("-updated_at", "-pk")

    assert titles(client, person) == list(visible.values_list("title", flat=True))


def test_a_draft_is_its_authors_alone(client: Client, four: None) -> None:
    assert "まだ下書き" in titles(client, holder("LEADER-SHIMIN"))
    assert "まだ下書き" not in titles(client, holder("SECRETARIAT"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "窓口"}, ["書かない窓口"]),
        ({"q": "R8-002"}, ["申告書の読取り"]),
        ({"q": FULL_WIDTH}, ["申告書の読取り"]),
        ({"q": "税務課 読取り"}, ["申告書の読取り"]),
        ({"q": "税務課 窓口"}, []),
        ({"stage": Stage.IN_REVIEW}, ["申告書の読取り"]),
        ({"stage": "underway"}, ["申告書の読取り", "書かない窓口"]),
        ({"stage": "adopted"}, ["休日の予約制"]),
        ({"area": "P1"}, ["申告書の読取り"]),
        ({"section": "ZEIMU"}, ["申告書の読取り"]),
        ({"section": "ZEIMU", "area": "P2"}, []),
        ({"year": "2026", "section": "ZEIMU"}, ["申告書の読取り"]),
        ({"year": "2025"}, []),
    ],
)
def test_filters(client: Client, four: None, query: dict[str, str], found: list[str]) -> None:
    assert sorted(titles(client, holder("SECRETARIAT"), **query)) == sorted(found)


def test_a_person_is_found_by_name(client: Client, four: None) -> None:
    author = holder("LEADER-ZEIMU")

    assert titles(client, holder("SECRETARIAT"), q=author.family_name) == ["申告書の読取り"]


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\0"},
        {"q": "長" * 101},
        {"stage": "NOWHERE"},
        {"year": "x"},
        {"section": "%"},
        {"page": "999"},
        {"page": "x"},
        {"after": "x"},
        {"after": "20260511T000000.000000-"},
        {"after": "19000101T000000.000000-1"},
        {"before": "99991231T000000.000000-1"},
    ],
)
def test_a_value_without_meaning_is_left_out(
    client: Client, four: None, query: dict[str, str]
) -> None:
    assert len(titles(client, holder("SECRETARIAT"), **query)) == 3


def test_the_fiscal_year_turns_on_april_1(client: Client, office: City) -> None:
    years = {"三月末": (2027, 3, 31, 23, 59), "四月一日": (2027, 4, 1, 0, 0)}
    for title, moment in years.items():
        a_project(title=title, ends_on="2028-03-31", at=datetime(*moment, tzinfo=JST))
    with time_machine.travel(datetime(2027, 4, 2, 9, 0, tzinfo=JST), tick=False):
        secretariat = holder("SECRETARIAT")
        assert titles(client, secretariat, year="2026") == ["三月末"]
        assert titles(client, secretariat, year="2027") == ["四月一日"]


def test_each_row_says_who_holds_it_and_what_comes_next(client: Client, office: City) -> None:
    a_project()
    client.force_login(holder("SECRETARIAT"))

    shown = client.get(reverse("project-list")).content.decode()

    assert f"市民課長 {holder('HEAD-SHIMIN').family_name}さん" in shown
    assert "次は 事務局 受付" in shown
    assert "標準2日" in shown


def test_a_paused_case_says_until_when(client: Client, office: City) -> None:
    say(a_project(to=StepKind.DECISION), Outcome.HELD, until="2026-06-01")
    client.force_login(holder("SECRETARIAT"))

    shown = client.get(reverse("project-list")).content.decode()

    assert "保留中" in shown
    assert "6/1（月）まで" in shown


def test_an_ended_case_is_held_by_nobody(client: Client, office: City) -> None:
    withdraw(a_project())
    client.force_login(holder("SECRETARIAT"))

    shown = client.get(reverse("project-list")).content.decode()

    assert "取下げ" in shown
    assert 'class="ball"' not in shown


def test_running_cases_show_their_phase(client: Client, four: None) -> None:
    case = Project.objects.get(title="休日の予約制")
    record_phase(case)
    person = holder("LEADER-ZEIMU")
    client.force_login(person)

    shown = client.get(reverse("running")).content.decode()

    assert titles(client, person, "running") == ["休日の予約制"]
    assert "第1サイクル・方向づけ" in shown
    assert f'href="/p/{case.number}/ooda/"' in shown
    assert titles(client, person, "running", section="ZEIMU") == []


def test_a_confidential_case_runs_unseen(client: Client, four: None) -> None:
    Project.objects.filter(title="休日の予約制").update(is_confidential=True)

    assert titles(client, holder("LEADER-ZEIMU"), "running") == []
    assert titles(client, holder("LEADER-SHIMIN"), "running") == ["休日の予約制"]


def test_an_empty_city_says_what_will_come(client: Client, office: City) -> None:
    client.force_login(holder("AUDITOR"))

    assert "まだ案件がありません" in client.get(reverse("project-list")).content.decode()
    assert "まだありません" in client.get(reverse("running")).content.decode()


def many(count: int, *, moved: int = 1) -> list[str]:
    """Cases that run, ``moved`` at each moment; their titles as the list has them."""
    first = a_project(to=StepKind.OBSERVE, route="RT1", title="案件0")
    made = Project.objects.bulk_create(
        Project(
            number=f"R8-9{n:03}",
            title=f"案件{n}",
            stage=Stage.RUNNING,
            section=first.section,
            area=first.area,
            proposer=first.proposer,
            proposer_post=first.proposer_post,
            created_at=AT,
            updated_at=AT - timedelta(days=1, minutes=n // moved),
        )
        for n in range(1, count)
    )
    ordered = sorted(made, key=lambda case: (case.updated_at, case.pk), reverse=True)
    return [first.title, *(case.title for case in ordered)]


def turn(client: Client, url: str, rel: str) -> str:
    """Where a page leads; nothing at the end."""
    link = re.search(rf'href="([^"]+)" rel="{rel}"', client.get(url).content.decode())
    return f"{url.partition('?')[0]}{html.unescape(link[1])}" if link else ""


def rows_of(client: Client, url: str) -> list[str]:
    text = client.get(url).content.decode()
    return re.findall(r'class="row__t" href="[^"]+">([^<]+)<', text)


@pytest.mark.parametrize("name", ["project-list", "running"])
@pytest.mark.parametrize("moved", [1, 40], ids=["one-by-one", "together"])
def test_pages_are_turned_to_the_end_and_back(
    client: Client, office: City, name: str, moved: int
) -> None:
    titles = many(80, moved=moved)
    client.force_login(holder("DEPT-SHIMINBU"))
    pages, url = [], f"{reverse(name)}?section=SHIMIN&page=3"
    while url:
        pages.append(url)
        url = turn(client, url, "next")
    back = [pages[-1]]
    while url := turn(client, back[-1], "prev"):
        back.append(url)

    assert [len(rows_of(client, each)) for each in pages] == [25, 25, 25, 5]
    assert [title for each in pages for title in rows_of(client, each)] == titles
    assert [rows_of(client, each) for each in reversed(back)] == [
        rows_of(client, each) for each in pages
    ]
    assert all("section=SHIMIN" in each and "page=3" not in each for each in pages[1:])


def test_a_page_beyond_the_end_is_the_first_one(client: Client, office: City) -> None:
    titles = many(30)
    last = Project.objects.earliest("updated_at", "pk")
    client.force_login(holder("DEPT-SHIMINBU"))

    for way in (f"after={cursor(last)}", f"before={cursor(Project.objects.get(title='案件0'))}"):
        assert rows_of(client, f"{reverse('project-list')}?{way}") == titles[:25]


def test_no_page_is_found_by_counting(client: Client, office: City) -> None:
    many(1100)
    client.force_login(holder("DEPT-SHIMINBU"))
    url = turn(client, turn(client, reverse("project-list"), "next"), "next")

    with CaptureQueriesContext(connection) as asked:
        response = client.get(url)

    assert "1,000件以上" in response.content.decode()
    assert not [each["sql"] for each in asked if "OFFSET" in each["sql"]]
    counts = [each["sql"] for each in asked if each["sql"].startswith("SELECT COUNT(*)")]
    assert [sql.count("LIMIT 1001") for sql in counts] == [1]


@pytest.mark.parametrize("name", ["project-list", "running"])
@pytest.mark.parametrize("count", [1, 3, 30, 1000])
def test_a_list_costs_the_same_for_one_and_many(
    client: Client, office: City, name: str, count: int
) -> None:
    many(count)
    client.force_login(holder("DEPT-SHIMINBU"))
    client.get(reverse(name))

    with CaptureQueriesContext(connection) as asked:
        response = client.get(reverse(name))

    assert len(asked) == QUERIES
    assert all(each["sql"].startswith(("SELECT", "(SELECT")) for each in asked)
    assert len(response.content) < 150_000
    assert response.content.count(b'class="row__t"') == min(count, 25)
    assert (b'rel="next"' in response.content) == (count > 25)
