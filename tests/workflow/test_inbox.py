"""マイワーク and 承認・確認: what is offered to whom, what it costs, what it leaves behind."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from guardian.shortcuts import assign_perm

from bpr_projects.access import visible_to
from bpr_projects.models import Project
from roles.enums import Basis
from tests.make import (
    AT,
    SCORES,
    TODAY,
    a_cycle,
    a_delegation,
    a_draft,
    a_project,
    a_user,
    holder,
    say,
    the_run,
    the_slot,
    walk,
)
from workflow import engine, inbox
from workflow.enums import CYCLE_KINDS, Outcome, RunKind, SendBackTarget, StepKind
from workflow.inbox.cursors import cursor_of
from workflow.inbox.desk import Desk, Listing
from workflow.inbox.links import case_url, rule_url, work_url
from workflow.inbox.mywork import VERBS
from workflow.inbox.statement import statement
from workflow.models import FAR_FUTURE, Run, Seen, Slot, StepRun, WorkItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import Settings

    from roles.models import Post, User
    from tests.fixtures_city import City

MOST: int = 8
"""Queries of a page, session and user included."""


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(hours=2), tick=False):
        yield


@pytest.fixture
def chair(office: City) -> User:
    return holder("HQ-CHAIR")


def page(client: Client, person: User, url: str, **headers: str) -> str:
    client.cookies.clear()
    client.force_login(person)
    response = client.get(url, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def queries(client: Client, person: User, url: str) -> list[str]:
    """What the second look at a page asks the database."""
    client.force_login(person)
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        response = client.get(url)
    assert response.status_code == 200
    assert len(response.content) < 150_000
    return [query["sql"] for query in asked]


def much_work(project: Project, post: Post, count: int) -> None:
    """Open tasks of a post, each due a minute after the one before; written directly."""
    runs = Run.objects.bulk_create(
        Run(kind=RunKind.CYCLE, project=project, started_by=project.proposer, started_at=AT)
        for _n in range(count)
    )
    steps = StepRun.objects.bulk_create(
        StepRun(
            run=run,
            project=project,
            kind="APPROVAL",
            station="HEADQUARTERS",
            title="部長 承認",
            position=0,
            round=1,
            snapshot={},
            mode="ALL",
            quorum=1,
            standard_days=3,
            opened_at=AT,
            due_at=AT + timedelta(days=30, minutes=n),
        )
        for n, run in enumerate(runs)
    )
    slots = Slot.objects.bulk_create(Slot(step_run=step, post=post, opened_at=AT) for step in steps)
    WorkItem.objects.bulk_create(
        engine.work_item(run, step, slot)
        for run, step, slot in zip(runs, steps, slots, strict=True)
    )


# --- マイワーク -------------------------------------------------------------------------------


def test_home_says_how_much_waits_and_what_to_do(client: Client, office: City) -> None:
    case = a_project()

    shown = page(client, holder("HEAD-SHIMIN"), reverse("home"))

    assert re.search(r"さんの番が.*1件", shown)
    assert "書かない窓口 ― 提案の内容を確認する" in shown
    assert f'href="/p/{case.number}/decide/"' in shown
    assert "次は 事務局 受付" in shown


def test_home_of_somebody_without_work_says_so(client: Client, office: City) -> None:
    a_project()

    shown = page(client, holder("AUDITOR"), reverse("home"))

    assert "いま、あなたの番の案件はありません" in shown
    assert "書かない窓口 ―" not in shown


def test_home_tells_the_author_who_holds_the_case(client: Client, office: City) -> None:
    case = a_project()

    shown = page(client, case.proposer, reverse("home"))

    assert f"市民課長 {holder('HEAD-SHIMIN').family_name}さん" in shown
    assert "1日目" in shown
    assert "標準2日" in shown
    assert "次は 事務局 受付" in shown


def test_only_overdue_work_gets_the_solid_button(client: Client, office: City) -> None:
    a_project()
    button = re.compile(r'btn--(primary|outline)" href="/p/R8-001/decide/"')

    early = button.search(page(client, holder("HEAD-SHIMIN"), reverse("home")))
    with time_machine.travel(AT + timedelta(days=7), tick=False):
        late = button.search(page(client, holder("HEAD-SHIMIN"), reverse("home")))

    assert (early and early[1], late and late[1]) == ("outline", "primary")


def test_own_drafts_are_offered_and_nobody_elses(client: Client, office: City) -> None:
    draft = a_draft(title="わたしの下書き")

    own = page(client, draft.proposer, reverse("home"))
    other = page(client, holder("HEAD-SHIMIN"), reverse("home"))

    assert f'href="/p/draft-{draft.pk}/edit/"' in own
    assert "わたしの下書き" not in other


def test_a_returned_case_leads_to_its_form(client: Client, office: City) -> None:
    case = a_project()
    say(case, Outcome.SENT_BACK)

    shown = page(client, case.proposer, reverse("home"))

    assert "差戻しの指摘に対応する" in shown
    assert f'href="/p/{case.number}/edit/"' in shown


def test_running_cases_lead_to_the_board(client: Client, office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")

    shown = page(client, case.proposer, reverse("home"))

    assert "「観察」を記録する" in shown
    assert "第1サイクル・観察" in shown
    assert f'href="/p/{case.number}/ooda/"' in shown


def test_the_city_hears_of_public_cases_alone(client: Client, office: City) -> None:
    a_project(to=StepKind.OBSERVE, route="RT1", title="みんなの案件")
    secret = a_project(to=StepKind.OBSERVE, route="RT1", title="限られた案件")
    Project.objects.filter(pk=secret.pk).update(is_confidential=True)

    shown = page(client, holder("LEADER-ZEIMU"), reverse("home"))

    assert "みんなの案件" in shown
    assert "が採択され、実行が始まりました" in shown
    assert "限られた案件" not in shown


def test_a_question_to_headquarters_is_the_others_turn(client: Client, office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")
    a_cycle(case, result="STOP", lesson="予約では足りない。")

    shown = page(client, case.proposer, reverse("home"))

    assert "相手の番" in shown
    assert "次の進め方を本部で審議中" in shown


def test_every_kind_of_work_has_its_verb() -> None:
    assert {*VERBS} == {*StepKind} - {StepKind.POST_READING, StepKind.CIRCULATION}


@pytest.mark.parametrize("count", [1, 3])
def test_home_costs_the_same_for_one_and_three(client: Client, office: City, count: int) -> None:
    for _n in range(count):
        a_project()
        a_cycle(a_project(to=StepKind.OBSERVE, route="RT1"))
        a_draft()
        secret = a_project(to=StepKind.OBSERVE, route="RT1", post="LEADER-ZEIMU")
        Project.objects.filter(pk=secret.pk).update(is_confidential=True)

    asked = queries(client, holder("LEADER-SHIMIN"), reverse("home"))

    assert len(asked) == MOST - 1


# --- 承認・確認: what is offered ----------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, 1000])
def test_inbox_costs_the_same_for_one_and_a_thousand(
    client: Client, office: City, chair: User, count: int
) -> None:
    case = a_project(to=StepKind.DECISION)
    much_work(case, office.post("HQ-CHAIR"), count - 1)
    url = reverse("inbox")

    assert len(queries(client, chair, url)) == 4
    assert len(queries(client, chair, f"{url}?item={the_slot(case).pk}")) == 6


def test_the_first_look_adds_one_write(client: Client, chair: User) -> None:
    url = f"{reverse('inbox')}?item={the_slot(a_project(to=StepKind.DECISION)).pk}"
    client.force_login(chair)
    client.get(reverse("inbox"))

    with CaptureQueriesContext(connection) as asked:
        client.get(url)

    reads = ("SELECT", "(SELECT")
    writes = [each["sql"] for each in asked if not each["sql"].startswith(reads)]
    assert [sql.split('"')[1] for sql in writes] == ["workflow_seen"]
    assert len(asked) - len(writes) <= MOST


def test_a_list_writes_nothing(client: Client, chair: User) -> None:
    a_project(to=StepKind.DECISION)

    for tab in ("todo", "deputy", "reading", "upcoming", "done"):
        asked = queries(client, chair, f"{reverse('inbox')}?tab={tab}")
        assert all(sql.startswith(("SELECT", "(SELECT")) for sql in asked)
        assert len(asked) <= MOST


def test_badges_stop_at_99(client: Client, office: City, chair: User) -> None:
    much_work(a_project(to=StepKind.DECISION), office.post("HQ-CHAIR"), 150)

    assert "99+" in page(client, chair, reverse("inbox"))


def test_pages_follow_each_other_without_gap(office: City, chair: User) -> None:
    much_work(a_project(to=StepKind.DECISION), office.post("HQ-CHAIR"), 60)
    desk = Desk(chair, AT)
    seen: list[int] = []
    after = Listing().after
    while True:
        load = desk.read(Listing(after=after))
        seen += [item.slot_id for item in load.items]
        if not load.has_more:
            break
        after = cursor_of(load.items[-1].cursor) or after

    waiting = WorkItem.objects.filter(post__code="HQ-CHAIR").order_by("due_sort", "slot")
    assert seen == list(waiting.values_list("pk", flat=True))
    assert len(seen) == 61


def test_the_next_page_is_linked(client: Client, office: City, chair: User) -> None:
    much_work(a_project(to=StepKind.DECISION), office.post("HQ-CHAIR"), 60)
    first = page(client, chair, reverse("inbox"))
    link = re.search(r'href="\?tab=todo&amp;after=([^"]+)"', first)
    assert link

    second = page(client, chair, f"{reverse('inbox')}?after={link[1]}")

    items = re.compile(r'id="item-(\d+)"')
    assert not set(items.findall(first)) & set(items.findall(second))
    assert len(items.findall(second)) == 25


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "20260511T000000.000000",
        "9-9",
        "-5",
        "20260101T000000.000000-99999999999999999999",
        "20260101T000000.000000--1",
        "20260101T000000.000000-\uff19",
    ],
)
def test_a_broken_cursor_is_no_cursor(client: Client, chair: User, text: str) -> None:
    case = a_project(to=StepKind.DECISION)

    assert cursor_of(text) is None
    assert case.title in page(client, chair, f"{reverse('inbox')}?after={text}")


@pytest.mark.parametrize("moment", ["00010101T000000.000000", "99991231T235959.999999"])
def test_a_cursor_at_the_end_of_time_is_answered(client: Client, chair: User, moment: str) -> None:
    case = a_project(to=StepKind.DECISION)

    shown = page(client, chair, f"{reverse('inbox')}?after={moment}-{'9' * 18}")

    assert (f"{case.title}</a>" in shown) == moment.startswith("0001")


def test_work_of_several_posts_comes_in_the_order_of_deadlines(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    much_work(case, office.post("PT-CHAIR"), 3)
    much_work(case, office.post("PT-SOMU"), 3)
    WorkItem.objects.filter(post__code="PT-SOMU").update(due_sort=FAR_FUTURE, due_at=None)
    person = holder("PT-CHAIR")
    assert holder("PT-SOMU") == person

    items = Desk(person, AT).read(Listing()).items

    assert [item.due_sort for item in items] == sorted(item.due_sort for item in items)
    assert [item.due_at is None for item in items] == [False] * 3 + [True] * 3


def test_deputised_posts_have_their_own_tab(client: Client, office: City) -> None:
    case = a_project()
    deputy = a_user(name="代理 次郎")
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=deputy)

    own = page(client, deputy, reverse("inbox"))
    acting = page(client, deputy, f"{reverse('inbox')}?tab=deputy")

    assert f"{case.title}</a>" not in own
    assert f"{case.title}</a>" in acting
    assert "市民課長の代理" in acting


def test_an_author_is_not_offered_the_own_case(client: Client, office: City) -> None:
    case = a_project(to=StepKind.RECEPTION, post="SECRETARIAT", section="SHIMIN")
    first, second, *_others = office.holders("SECRETARIAT")
    author, other = (first, second) if case.proposer == first else (second, first)

    assert "利害関係があるため表示していません" in page(client, author, reverse("inbox"))
    assert f"{case.title}</a>" not in page(client, author, reverse("inbox"))
    assert case.title in page(client, other, reverse("inbox"))


def test_a_co_author_is_not_offered_the_case(client: Client, office: City) -> None:
    case = a_project()
    assign_perm("edit_draft", holder("HEAD-SHIMIN"), case)

    shown = page(client, holder("HEAD-SHIMIN"), f"{reverse('inbox')}?item={the_slot(case).pk}")

    assert "利害関係があるため表示していません" in shown
    assert "この案件の提案に関わっているため、判断できません。" in shown
    assert not Seen.objects.exists()


def test_a_deputy_of_the_author_is_not_offered_the_case(client: Client, office: City) -> None:
    case = a_project()
    head = holder("HEAD-SHIMIN")
    a_delegation(post=office.post("LEADER-SHIMIN"), deputy=head)

    shown = page(client, head, f"{reverse('inbox')}?item={the_slot(case).pk}")

    assert "提案者の代理をしているため" in shown
    assert "btn--ok" not in shown


def test_filters_find_what_is_late_and_what_is_due_this_week(client: Client, office: City) -> None:
    a_project(title="急ぐ案件")
    head, url = holder("HEAD-SHIMIN"), reverse("inbox")

    assert "急ぐ案件" in page(client, head, f"{url}?due=week")
    assert "急ぐ案件" not in page(client, head, f"{url}?due=late")
    with time_machine.travel(AT + timedelta(days=7), tick=False):
        assert '期限超過 <span data-badge="late">1<' in page(client, head, f"{url}?due=late")


@pytest.mark.parametrize(
    ("after", "late"), [(timedelta(days=2), 0), (timedelta(days=2, hours=9), 1)]
)
def test_the_warning_and_the_count_begin_with_the_deadline(
    office: City, after: timedelta, late: int
) -> None:
    """Opened on Monday at 9:00 with two days: due on Wednesday at 17:15."""
    a_project()

    load = Desk(holder("HEAD-SHIMIN"), AT + after).read(Listing())

    assert ([item.is_late for item in load.items], load.counts.late) == ([bool(late)], late)


def test_a_paused_case_is_never_late(client: Client, chair: User) -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-08-03")

    with time_machine.travel(AT + timedelta(days=30), tick=False):
        shown = page(client, chair, reverse("inbox"))

    assert "保留中" in shown
    assert '期限超過 <span data-badge="late">0<' in shown


# --- the preview ------------------------------------------------------------------------------


def test_opening_an_item_is_remembered_once(client: Client, office: City) -> None:
    case = a_project()
    head, url = holder("HEAD-SHIMIN"), f"{reverse('inbox')}?item={the_slot(case).pk}"

    assert "is-unread" in page(client, head, reverse("inbox"))
    page(client, head, url)
    page(client, head, url)

    seen = Seen.objects.get()
    assert (seen.slot_id, seen.person, seen.seen_at) == (
        the_slot(case).pk,
        head,
        AT + timedelta(hours=2),
    )
    assert "is-unread" not in page(client, head, reverse("inbox"))


def test_looking_ahead_is_not_seeing(client: Client, office: City) -> None:
    case = a_project()
    url = f"{reverse('inbox')}?item={the_slot(case).pk}"
    client.force_login(holder("HEAD-SHIMIN"))

    client.head(url)
    client.get(url, headers={"Sec-Purpose": "prefetch;prerender"})
    client.get(reverse("inbox"))

    assert not Seen.objects.exists()


def test_a_stranger_opens_nothing(client: Client, office: City) -> None:
    case = a_project()

    shown = page(client, holder("HEAD-ZEIMU"), f"{reverse('inbox')}?item={the_slot(case).pk}")

    assert "いまのあなたの担当ではありません" in shown
    assert f"{case.title}</a>" not in shown
    assert not Seen.objects.exists()


def test_a_finished_item_says_so(client: Client, office: City) -> None:
    case = a_project()
    slot = the_slot(case)
    say(case, Outcome.APPROVED)

    shown = page(client, holder("HEAD-SHIMIN"), f"{reverse('inbox')}?item={slot.pk}")

    assert "この番は終わっています" in shown
    assert 'class="decide"' not in shown


def test_the_decider_sees_what_was_said(client: Client, chair: User) -> None:
    case = a_project(to=StepKind.CONCURRENCE, route="RT3")
    say(case, Outcome.OBJECTED, comment="保守費が計上されていない。")
    while the_slot(case).step_run.kind != StepKind.DECISION:
        kind = the_slot(case).step_run.kind
        yes = {"MEDIATION": Outcome.UNSETTLED}.get(kind, Outcome.AGREED)
        say(case, yes)

    shown = page(client, chair, f"{reverse('inbox')}?item={the_slot(case).pk}")

    assert "が不同意です。決裁では回答が必要です" in shown
    assert "保守費が計上されていない。" in shown
    assert "プロジェクトチームの審査" in shown
    assert "PT長の意見" in shown
    assert "567時間の減" in shown
    assert "680" in shown
    assert f'href="/p/{case.number}/decide/?outcome=ADOPTED&amp;from=inbox"' in shown
    assert f'href="/p/{case.number}/decide/?from=inbox">ほかの選択肢' in shown
    assert "経路 RT3" in shown


def test_scores_of_others_stay_hidden_until_the_own_one_is_in(client: Client, office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    say(case, Outcome.SCORED, post="PT-SHIMIN", comment="よい案だと思う。")
    person = holder("PT-SOMU")
    url = f"{reverse('inbox')}?item={the_slot(case, 'PT-SOMU').pk}"

    before = page(client, person, url)
    say(case, Outcome.SCORED, post="PT-SOMU")
    after = page(client, person, url)

    assert "プロジェクトチームの審査" not in before
    assert "プロジェクトチームの審査" in after


LOW = {**SCORES, "N1": 2}


def is_told_scores(pane: str) -> bool:
    return "プロジェクトチームの審査" in pane or "/100" in pane or "の評価が" in pane


@pytest.mark.parametrize("code", ["HEAD-SHIMIN", "SECRETARIAT"])
def test_an_old_item_tells_no_scores_of_an_open_region(
    client: Client, office: City, code: str
) -> None:
    case = a_project(to=StepKind.REVIEW)
    say(case, Outcome.SCORED, post="PT-SHIMIN", scores=LOW)
    url = f"{reverse('inbox')}?item={the_slot(case, code).pk}"

    during = page(client, holder(code), url)
    walk(case, to=StepKind.REFERRAL)
    afterwards = page(client, holder(code), url)

    assert (is_told_scores(during), is_told_scores(afterwards)) == (False, True)


def test_who_scored_before_sees_a_second_region_after_the_own_score(
    client: Client, office: City
) -> None:
    case = a_project(to=StepKind.REVIEW)
    first = the_slot(case, "PT-SOMU")
    walk(case, to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK, target=SendBackTarget.PROJECT_TEAM)
    say(case, Outcome.SCORED, post="PT-SHIMIN", scores=LOW)
    person, url = holder("PT-SOMU"), f"{reverse('inbox')}?item={first.pk}"

    before = page(client, person, url)
    say(case, Outcome.SCORED, post="PT-SOMU")
    after = page(client, person, url)

    assert (is_told_scores(before), is_told_scores(after)) == (False, True)
    assert "の評価が 3.0" not in after
    assert '<b class="num">3.0</b>' in after


def test_htmx_gets_the_pane_alone(client: Client, office: City) -> None:
    case = a_project()
    url = f"{reverse('inbox')}?item={the_slot(case).pk}"

    pane = page(client, holder("HEAD-SHIMIN"), url, **{"HX-Request": "true"})

    assert "<html" not in pane
    assert "preview-title" in pane


def test_a_deputy_may_not_take_the_decision(client: Client, office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    deputy = a_user(name="代理 次郎")
    a_delegation(post=office.post("HQ-CHAIR"), deputy=deputy)
    step = the_run(case).step
    assert step is not None
    StepRun.objects.filter(pk=step.pk).update(snapshot={**step.snapshot, "deputy": "NEVER"})

    shown = page(client, deputy, f"{reverse('inbox')}?tab=deputy&item={the_slot(case).pk}")

    assert "規則により代理の方は行えません" in shown


def test_a_question_about_a_running_case_is_told_in_words(client: Client, office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")
    a_cycle(case, result="STOP", lesson="予約では足りない。")
    slot = the_slot(case)

    shown = page(client, holder(slot.post.code), f"{reverse('inbox')}?item={slot.pk}")

    assert "予約では足りない。" in shown
    assert "手続時間（1件）" not in shown


def test_a_phase_is_recorded_on_the_board(client: Client, office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")

    shown = page(client, case.proposer, f"{reverse('inbox')}?item={the_slot(case).pk}")

    assert "第1サイクルのねらい" in shown
    assert f'href="/p/{case.number}/ooda/"' in shown


@pytest.mark.parametrize("item", ["abc", "-1", "\uff19", "9" * 30])
def test_a_senseless_item_is_no_item(client: Client, chair: User, item: str) -> None:
    assert "案件を選ぶと" in page(client, chair, f"{reverse('inbox')}?tab=zzz&item={item}")


# --- the other tabs ---------------------------------------------------------------------------


def test_readings_are_listed_with_their_button(client: Client, office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT2")
    reading = case.readings.select_related("post").first()
    assert reading is not None

    shown = page(client, holder(reading.post.code), f"{reverse('inbox')}?tab=reading")

    assert case.title in shown
    assert f'action="/readings/{reading.pk}/read/"' in shown
    assert '<input type="hidden" name="return_to" value="inbox">' in shown
    assert f'aria-label="内容を確認しました：{case.title}"' in shown
    assert "</svg>内容を確認しました</button>" in shown


@pytest.mark.parametrize(
    "code", ["LEADER-SHIMIN", "HEAD-SHIMIN", "DEPT-SHIMINBU", "PT-KENSETSU", "PT-CHAIR"]
)
def test_coming_cases_are_visible_and_not_mine(client: Client, office: City, code: str) -> None:
    for section in ("SHIMIN", "ZEIMU", "KYODO"):
        a_project(post=f"LEADER-{section}", title=f"{section}の案件", to=StepKind.RECEPTION)
    a_draft(title="SHIMINの下書き")
    person = holder(code)

    shown = page(client, person, f"{reverse('inbox')}?tab=upcoming")

    visible = set(visible_to(person, AT).values_list("title", flat=True))
    listed = set(re.findall(r"[A-Z]+の(?:案件|下書き)", shown))
    assert listed == visible - {"SHIMINの下書き"}


def test_what_waits_for_me_is_not_coming(client: Client, office: City) -> None:
    case = a_project()

    assert case.title not in page(client, holder("HEAD-SHIMIN"), f"{reverse('inbox')}?tab=upcoming")


def test_what_i_said_is_kept_newest_first(client: Client, office: City) -> None:
    for n in range(30):
        say(a_project(title=f"案件{n:02}", at=AT + timedelta(minutes=n)), Outcome.APPROVED)
    head = holder("HEAD-SHIMIN")
    url = f"{reverse('inbox')}?tab=done"

    first = page(client, head, url)
    link = re.search(r'before=(\d+)"', first)
    assert link
    second = page(client, head, f"{url}&before={link[1]}")

    told = re.compile(r"案件(\d\d)")
    assert [int(n) for n in told.findall(first)] == list(range(29, 4, -1))
    assert [int(n) for n in told.findall(second)] == list(range(4, -1, -1))
    assert len(queries(client, head, url)) == 5


def test_a_pulled_back_act_is_marked(client: Client, office: City) -> None:
    case = a_project()
    say(case, Outcome.APPROVED)
    head = holder("HEAD-SHIMIN")
    engine.pull_back(project=case, by=head, at=AT)

    assert "引戻し済み" in page(client, head, f"{reverse('inbox')}?tab=done")


# --- the frame --------------------------------------------------------------------------------


def test_nobody_has_no_shell() -> None:
    request = RequestFactory().get("/")
    assert "shell" not in inbox.shell(request)
    request.user = AnonymousUser()
    assert "shell" not in inbox.shell(request)


def test_the_shell_asks_nothing_until_it_is_drawn(office: City) -> None:
    request = RequestFactory().get("/")
    request.user = holder("HEAD-SHIMIN")

    with CaptureQueriesContext(connection) as asked:
        shell = inbox.shell(request)["shell"]
    assert not asked.captured_queries
    with CaptureQueriesContext(connection) as asked:
        assert (shell.inbox_count, shell.capacity_label) == (0, "市民課長")
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("code", "rights"),
    [
        ("LEADER-SHIMIN", (True, False, False)),
        ("HEAD-SHIMIN", (False, False, False)),
        ("SECRETARIAT", (True, True, False)),
        ("SYSTEM-ADMIN", (False, False, True)),
    ],
)
def test_the_shell_knows_what_one_may(
    office: City, code: str, rights: tuple[bool, bool, bool]
) -> None:
    request = RequestFactory().get("/")
    request.user = holder(code)
    shell = inbox.shell(request)["shell"]

    assert (shell.can_propose, shell.can_see_mailbox, shell.can_administer) == rights


def test_the_shell_says_what_kind_of_system_this_is(office: City, settings: Settings) -> None:
    request = RequestFactory().get("/")
    request.user = a_user()
    settings.DEMO, settings.PLAIN_HTTP = True, True
    demo = inbox.shell(request)
    assert demo["banners"] == (("", "これはデモです。人物・案件・数値はすべて架空のものです。"),)
    assert demo["shell"].capacity_label == "現在の担当はありません"

    settings.DEMO = False
    plain = (("warn", "暗号化されていない通信（HTTP）で動いています。"),)
    assert inbox.shell(request)["banners"] == plain
    assert plain[0][1] in page_before_login("/accounts/login/")
    assert plain[0][1] in page_before_login("/no-such-page/")

    settings.PLAIN_HTTP = False
    assert inbox.shell(request)["banners"] == ()
    assert 'class="strip"' not in page_before_login("/accounts/login/")


def page_before_login(url: str) -> str:
    return Client().get(url).content.decode()


def test_pages_demand_a_login(client: Client, db: None) -> None:
    for name in ("home", "inbox", "project-list", "running"):
        assert client.get(reverse(name)).status_code == 302
        assert client.post(reverse(name)).status_code in (302, 405)


def test_links_are_those_of_the_urlconf() -> None:
    assert case_url("R8-001") == reverse("project", args=["R8-001"])
    assert work_url("R8-001", StepKind.DECISION) == reverse("decide", args=["R8-001"])
    assert work_url("R8-001", StepKind.REVISION) == reverse("project-edit", args=["R8-001"])
    assert {work_url("R8-001", kind) for kind in CYCLE_KINDS} == {reverse("board", args=["R8-001"])}
    assert rule_url("RT2-12") == reverse("route", args=["RT2", 12])


# --- the plan ---------------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor != "sqlite", reason="test_work_list_plan asks PostgreSQL")
def test_the_statement_walks_the_index(office: City, chair: User) -> None:
    case = a_project(to=StepKind.DECISION)
    for code in ("HQ-CHAIR", "PT-CHAIR", "PT-SHIMIN", "HEAD-ZEIMU"):
        much_work(case, office.post(code), 600)

    sql, parameters = statement(Desk(chair, AT), Listing())
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        plan = "\n".join(str(row) for row in cursor.fetchall())

    assert "workitem_inbox" in plan
    assert not re.search(r"SCAN (st|s|r|x)\b", plan)
    assert plan.count("SCAN w'") <= 1  # the rows that were found


def test_the_statement_reads_back_what_was_written(office: City, chair: User) -> None:
    case = a_project(to=StepKind.DECISION)

    (item,) = Desk(chair, AT).read(Listing(bases=(Basis.OWN,))).items

    row = WorkItem.objects.get()
    assert (item.opened_at, item.due_at, item.due_sort) == (row.opened_at, row.due_at, row.due_sort)
    assert item.opened_at.tzinfo is not None
    assert (item.is_paused, item.is_seen, item.stage) == (False, False, case.stage)
    assert cursor_of(item.cursor) == (row.due_sort, row.pk)


def test_closures_and_principles_come_along(office: City, chair: User) -> None:
    load = Desk(chair, AT).load

    assert list(load.principles)[:2] == ["N1", "N2"]
    assert load.closures == frozenset()
    assert TODAY not in load.closures
    assert datetime(2026, 1, 1, tzinfo=UTC) < AT
