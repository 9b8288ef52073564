"""手続の状況: what waits where and how long, whose eyes see it, and one お願い for many steps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from bpr_projects.models import Project
from notifications.enums import Event
from notifications.models import Delivery, OutboxMessage
from roles.models import Post
from tests.make import (
    AT,
    JST,
    a_project,
    holder,
    say,
    the_run,
    the_slot,
    the_step,
    withdraw,
)
from tests.notifications.mails import send
from tests.proof import state_of
from tests.replay import starts
from tests.workflow import rules
from tests.workflow.pages import client_of, messages_of, text_of
from workflow import engine
from workflow.enums import Outcome, RunKind, StepKind
from workflow.models import Nudge, Run, Slot, StepRun
from workflow.views.station_list import PAGE
from workflow.views.station_rows import STATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoAssertNumQueries

    from roles.models import User
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

LATE = datetime(2026, 5, 14, 10, 0, tzinfo=JST)
"""Thursday: the 所属長 was asked on Monday and had until Wednesday 17:15."""
URL = "/stations/"
NUDGE = "/stations/nudge/"
NOT_WAITING = "確認をお願いできるのは、提案した側の方と事務局です。"
LATELY = "5/14（木）にお願い済みです。次は5/18（月）からです。"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(LATE, tick=False):
        yield


def look(who: str | User, **query: str) -> Any:
    """The page, as what it was drawn from."""
    response = client_of(who).get(URL, query)
    assert response.status_code == 200
    return response


def figures(page: Any) -> dict[str, tuple[int, int, int]]:
    """Station -> open, late, held; stations where nothing waits are left out."""
    return {
        each.kind: (each.open, each.late, each.paused)
        for each in page.context["stations"]
        if each.open
    }


def listed(page: Any) -> list[str]:
    return [row.number for row in page.context["listed"].rows]


def ask(who: str | User, *cases: Project, **more: Any) -> Any:
    """The click on まとめてお願いする, and where it leads."""
    steps = [the_run(case).step_id for case in cases]
    return client_of(who).post(NUDGE, {"step": steps, **more}, follow=True)


def a_secret(**more: Any) -> Project:
    """A case of 市民課 that only those read who have a part in it."""
    case = a_project(title="公表前の入札", **more)
    engine.restrict(
        project=case,
        reason="公表前の入札のため。",
        by=holder("SECRETARIAT"),
        at=AT,
    )
    return Project.objects.get(pk=case.pk)


def lives(case: Project, count: int, *, due_at: datetime, post: str = "LEADER-SHIMIN") -> list[int]:
    """So many more open steps of a running case, all due at the same moment."""
    seat, by = Post.objects.get(code=post), holder(post)
    runs = Run.objects.bulk_create(
        Run(kind=RunKind.CYCLE, project=case, plan=[], started_by=by, started_at=AT)
        for _number in range(count)
    )
    steps = StepRun.objects.bulk_create(
        StepRun(
            run=run,
            project=case,
            kind=StepKind.OBSERVE,
            station="CYCLE",
            title="観察",
            position=0,
            round=1,
            snapshot={},
            mode="ALL",
            quorum=1,
            standard_days=2,
            opened_at=AT,
            due_at=due_at,
        )
        for run in runs
    )
    Slot.objects.bulk_create(Slot(step_run=step, post=seat, opened_at=AT) for step in steps)
    return [step.pk for step in steps]


# --- the table --------------------------------------------------------------------------------


def test_the_secretariat_sees_what_waits_at_every_station(office: City) -> None:
    a_project()
    a_project(at=AT + timedelta(days=3))
    held = a_project(to=StepKind.DECISION)
    say(held, Outcome.HELD, until="2026-08-03")
    a_project(route="RT1", to=StepKind.OBSERVE)

    page = look("SECRETARIAT")

    assert [each.kind for each in page.context["stations"]] == list(STATIONS)
    assert figures(page) == {
        StepKind.CONFIRMATION: (2, 1, 0),
        StepKind.DECISION: (1, 0, 1),
        StepKind.OBSERVE: (1, 0, 0),
    }
    total = page.context["total"]
    assert (total.open, total.late, total.paused) == (4, 1, 1)


def test_the_longest_wait_is_told_in_business_days_with_its_standard(office: City) -> None:
    a_project()
    a_project(at=AT + timedelta(days=2))

    station = look("SECRETARIAT").context["stations"][0]

    assert (station.day_n, station.standard) == (4, 2)


def test_what_is_held_waits_for_nobody(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-08-03")

    page = look("SECRETARIAT", show="paused")

    assert page.context["total"].day_n == 0
    assert listed(page) == [case.number]
    assert listed(look("SECRETARIAT")) == []


def test_medians_stand_beside_the_standard(office: City) -> None:
    for days in (0, 1, 3):
        case = a_project()
        say(case, Outcome.APPROVED, at=AT + timedelta(days=days))

    taken = look("SECRETARIAT").context["stations"][0].taken

    assert (sorted(taken.days), taken.median, taken.standards) == ([0, 1, 3], 1.0, {2})


def test_a_step_that_others_ended_says_nothing_of_its_station(office: City) -> None:
    withdraw(a_project())

    assert look("SECRETARIAT").context["stations"][0].taken.median is None


def test_what_was_closed_more_than_a_year_ago_is_left_out(office: City) -> None:
    say(a_project(), Outcome.APPROVED)
    StepRun.objects.exclude(closed_at=None).update(closed_at=LATE - timedelta(days=366))

    assert look("SECRETARIAT").context["stations"][0].taken.days == []


def test_a_rule_under_decision_counts_at_its_station(office: City) -> None:
    rules.propose(rules.a_draft())

    seen = {who: figures(look(who)) for who in ("SECRETARIAT", "HEAD-ZEIMU")}
    asked = look("HEAD-DIGITAL", of="own")

    assert seen == {"SECRETARIAT": {StepKind.APPROVAL: (1, 0, 0)}, "HEAD-ZEIMU": {}}
    assert figures(asked) == {StepKind.APPROVAL: (1, 0, 0)}
    page = text_of(look("SECRETARIAT", show="open"))
    assert "/routes/RT2/2/" in page
    assert "決裁の経路の改正" in page


# --- who sees what ----------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["LEADER-SHIMIN", "HEAD-SHIMIN", "DEPT-SHIMINBU"])
def test_who_leads_sees_the_own_cases_alone(office: City, code: str) -> None:
    own = a_project()
    a_project(post="LEADER-ZEIMU" if code != "DEPT-SHIMINBU" else "LEADER-FUKUSHI")

    page = look(code)

    assert listed(page) == [own.number]
    assert figures(page) == {StepKind.CONFIRMATION: (1, 1, 0)}


def test_a_head_of_department_who_sits_in_headquarters_may_look_at_the_city(office: City) -> None:
    a_project()
    a_project(post="LEADER-FUKUSHI")

    pages = {of: look("DEPT-SHIMINBU", of=of) for of in ("own", "all", "")}

    assert {of: page.context["total"].open for of, page in pages.items()} == {
        "own": 1,
        "all": 2,
        "": 1,
    }
    assert 'href="/stations/?of=all"' in text_of(pages[""])


def test_nobody_of_another_section_learns_of_a_case_not_even_by_counts(office: City) -> None:
    empty = figures(look("LEADER-ZEIMU"))
    case = a_secret(route="RT1", to=StepKind.OBSERVE)
    lives(case, 2, due_at=AT)

    for query in ({}, {"of": "all"}, {"show": "open"}, {"show": "open", "station": "OBSERVE"}):
        page = look("LEADER-ZEIMU", **query)
        assert (figures(page), listed(page), page.context["total"].open) == (empty, [], 0)
        assert not any(each.taken.days for each in page.context["stations"])
        assert case.title not in text_of(page)
    assert look("AUDITOR").context["total"].open == 3


@pytest.mark.parametrize("code", ["PT-FUKUSHI", "SYSTEM-ADMIN"])
def test_who_reads_assigned_cases_only_is_told_why_there_is_no_page(
    office: City, code: str
) -> None:
    response = client_of(code).get(URL)

    assert response.status_code == 403
    assert "手続の状況は、事務局、PT長、本部、監査と、課や部の案件を" in text_of(response)


def test_the_menu_leads_there_for_whoever_may_look(office: City) -> None:
    link = 'href="/stations/"'
    codes = ["SECRETARIAT", "LEADER-SHIMIN", "AUDITOR", "HQ-CHAIR", "PT-FUKUSHI"]

    counts = {code: text_of(client_of(code).get("/")).count(link) for code in codes}

    assert counts == {
        "SECRETARIAT": 2,
        "LEADER-SHIMIN": 2,
        "AUDITOR": 2,
        "HQ-CHAIR": 2,
        "PT-FUKUSHI": 0,
    }


# --- headquarters -----------------------------------------------------------------------------


def test_headquarters_see_how_long_cases_wait_for_themselves(office: City) -> None:
    case = a_project(route="RT3", to=StepKind.DELIBERATION)
    first = the_slot(case)
    say(case, Outcome.AGREED, slot=first)
    decided = a_project(route="RT2", to=StepKind.DECISION)
    say(decided, Outcome.ADOPTED, at=AT + timedelta(days=2))

    page = look("HQ-CHAIR")

    headquarters = page.context["headquarters"]
    [row] = headquarters.rows
    assert (headquarters.count, row.number, row.ball.day_n) == (1, case.number, 4)
    seats = {seat.post_id for seat in row.ball.seats}
    assert first.post_id not in seats
    assert len(seats) == row.ball.asked - 1
    text = text_of(page)
    assert [seat.text for seat in row.ball.seats if seat.text not in text] == []
    taken = dict(page.context["taken"])
    assert (taken[StepKind.DECISION].median, taken[StepKind.DECISION].longest) == (2.0, 2)
    assert "この12か月：中央値 <b>2日</b>・最長 <b>2日</b>（1件）" in text


@pytest.mark.parametrize("code", ["LEADER-SHIMIN", "SECRETARIAT", "AUDITOR"])
def test_to_others_the_table_says_it(office: City, code: str) -> None:
    assert "本部で待っている日数" not in text_of(look(code))


# --- the list ---------------------------------------------------------------------------------


def test_a_row_says_who_holds_it_since_when_and_what_comes_next(office: City) -> None:
    case = a_project()
    step = the_step(case)
    assert step is not None
    assert step.due_at is not None

    page = look("SECRETARIAT")

    [row] = page.context["listed"].rows
    text = text_of(page)
    name = holder("HEAD-SHIMIN").family_name
    assert (row.title, row.section_name, row.step.pk) == (case.title, "市民課", step.pk)
    assert f"市民課長 {name}さん" in text
    assert "4日目 / 標準2日" in text
    assert "期限 5/13（水）" in text
    assert f"次は {row.ball.next_title}" in text
    assert 'href="/stations/?of=all&amp;show=late&amp;station=CONFIRMATION#list"' in (
        page.content.decode()
    )


def test_the_longest_over_its_days_comes_first_and_a_station_can_be_chosen(office: City) -> None:
    younger = a_project(at=AT + timedelta(hours=26))
    older = a_project()
    other = a_project(route="RT1", to=StepKind.OBSERVE)
    StepRun.objects.filter(project=other, closed_at=None).update(due_at=AT)

    with time_machine.travel(LATE + timedelta(days=30), tick=False):
        assert listed(look("SECRETARIAT")) == [other.number, older.number, younger.number]
        chosen = look("SECRETARIAT", station="CONFIRMATION")
        assert listed(chosen) == [older.number, younger.number]
        nonsense = look("SECRETARIAT", station="X", show="X", of="X", after="X")
        assert len(listed(nonsense)) == 3


@pytest.mark.parametrize("show", ["late", "open"])
def test_pages_of_equal_moments_have_every_row_once(office: City, show: str) -> None:
    case = a_project(route="RT1", to=StepKind.OBSERVE)
    StepRun.objects.filter(project=case, closed_at=None).update(due_at=AT + timedelta(days=90))
    keys = lives(case, 2 * PAGE + 1, due_at=AT + timedelta(days=1))
    seen: list[int] = []
    after = ""
    sizes = []
    for _page in range(3):
        page = look("SECRETARIAT", show=show, station="OBSERVE", after=after).context["listed"]
        seen += [row.step.pk for row in page.rows]
        sizes.append(len(page.rows))
        after = page.more

    everything = keys if show == "late" else [the_slot(case).step_run_id, *keys]
    assert (sorted(seen), len(set(seen))) == (sorted(everything), len(everything))
    assert (sizes, after) == ([PAGE, PAGE, len(everything) - 2 * PAGE], "")


def test_empty_pages_say_what_comes_next(office: City) -> None:
    assert "進行中の手続はありません" in text_of(look("SECRETARIAT"))
    a_project(at=LATE)

    page = text_of(look("SECRETARIAT"))

    assert "標準の日数を過ぎた手続はありません" in page
    assert "次の期限は 5/18（月）です。" in page
    assert "保留中の手続はありません" in text_of(look("SECRETARIAT", show="paused"))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("code", "queries"), [("SECRETARIAT", 9), ("HEAD-SHIMIN", 9), ("HQ-CHAIR", 11)]
)
def test_the_page_has_a_fixed_number_of_queries(
    office: City,
    count: int,
    code: str,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    def live() -> None:
        a_secret(post="LEADER-ZEIMU")
        for number in range(count):
            a_project()
            a_project(route="RT3", to=StepKind.DELIBERATION)
            say(a_project(title=f"終わった案 {number}"), Outcome.APPROVED, at=LATE)

    starts.start(("many stations", count), live)
    browser = client_of(code)
    browser.get(URL)

    with django_assert_num_queries(queries):
        page = browser.get(URL)

    assert len(listed(page)) == count + (code != "HEAD-SHIMIN")
    assert ("公表前の入札" in text_of(page)) == (code != "HEAD-SHIMIN")


# --- お願い for many --------------------------------------------------------------------------


def test_many_steps_are_asked_for_at_once(office: City) -> None:
    first, second, left = a_project(), a_project(title="もう一つの案"), a_project(title="残す案")

    done = ask("SECRETARIAT", first, second, of="all", station="CONFIRMATION")

    assert messages_of(done) == ["2件の手続で、2つの職にお願いしました。メールでもお知らせします。"]
    assert list(Nudge.objects.values_list("slot", "asked_by", "asked_at")) == [
        (the_slot(case).pk, holder("SECRETARIAT").pk, LATE) for case in (first, second)
    ]
    assert OutboxMessage.objects.filter(event=Event.REMINDED).count() == 2
    assert not Nudge.objects.filter(slot=the_slot(left)).exists()
    assert done.redirect_chain == [("/stations/?of=all&show=late&station=CONFIRMATION", 302)]
    assert "最後のお願い 5/14（木）" in text_of(done)


def test_who_holds_several_of_the_seats_gets_one_mail(office: City) -> None:
    first, second = a_project(), a_project(title="もう一つの案")
    ask("SECRETARIAT", first, second)

    send(LATE + timedelta(minutes=2))

    mail = Delivery.objects.get(event=Event.REMINDED)
    assert mail.person == holder("HEAD-SHIMIN")
    asker = holder("SECRETARIAT").name
    assert mail.subject == f"【業務改革ナビ】{asker}さんから確認のお願い：2件"
    assert all(case.title in mail.text for case in (first, second))


def test_every_seat_of_a_body_that_has_not_answered_is_asked(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    say(case, Outcome.SCORED, post="PT-SOMU")

    with time_machine.travel(AT + timedelta(days=15), tick=False):
        done = ask("SECRETARIAT", case)

    assert messages_of(done) == ["1件の手続で、5つの職にお願いしました。メールでもお知らせします。"]
    assert Nudge.objects.count() == 5


def test_who_was_asked_lately_is_left_in_peace_and_told_with_the_reason(office: City) -> None:
    first, second = a_project(), a_project(title="もう一つの案")
    engine.nudge(slot_id=the_slot(first).pk, project=first, by=holder("LEADER-SHIMIN"), at=LATE)

    done = ask("SECRETARIAT", first, second)

    assert messages_of(done) == [
        "1件の手続で、1つの職にお願いしました。メールでもお知らせします。",
        f"お願いしなかった手続：{first.number}（市民課長）。{LATELY}",
    ]
    assert Nudge.objects.count() == 2


@pytest.mark.parametrize(
    ("code", "reason"),
    [("HEAD-SHIMIN", NOT_WAITING), ("AUDITOR", NOT_WAITING), ("HQ-CHAIR", NOT_WAITING)],
)
def test_who_does_not_wait_asks_nobody_and_has_no_box_to_tick(
    office: City, code: str, reason: str
) -> None:
    case = a_project()
    before = state_of()

    shown = text_of(look(code))
    done = ask(code, case)

    assert 'name="step"' not in shown
    assert messages_of(done) == [f"お願いしなかった手続：{case.number}（市民課長）。{reason}"]
    assert state_of() == before
    assert not OutboxMessage.objects.filter(event=Event.REMINDED).exists()


def test_the_proposing_side_asks_for_its_own_steps(office: City) -> None:
    case = a_project()

    done = ask("LEADER-SHIMIN", case)

    assert "1件の手続で、1つの職にお願いしました。" in messages_of(done)[0]


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([], "お願いする手続を選んでください。"),
        (["x", "-1", "\uff19", "9" * 30], "お願いする手続を選んでください。"),
        ([str(number) for number in range(1, 27)], "一度にお願いできるのは25件までです。"),
    ],
)
def test_a_wrong_choice_is_named_beside_the_button(
    office: City, steps: list[str], problem: str
) -> None:
    a_project()
    before = state_of()

    page = client_of("SECRETARIAT").post(NUDGE, {"step": steps, "station": "CONFIRMATION"})

    assert page.status_code == 422
    assert problem in text_of(page)
    assert page.context["wanted"].kind == StepKind.CONFIRMATION
    assert state_of() == before


def test_what_one_may_not_see_is_not_there(office: City) -> None:
    case = a_secret(post="LEADER-ZEIMU")
    before = state_of()

    done = ask("LEADER-SHIMIN", case)

    assert messages_of(done) == ["選んだ手続のうち1件は、見つかりませんでした。"]
    assert state_of() == before


def test_a_step_that_somebody_answered_meanwhile_is_told_by_whom(office: City) -> None:
    case = a_project()
    step = the_run(case).step_id
    say(case, Outcome.APPROVED, at=LATE)
    before = state_of()

    done = client_of("SECRETARIAT").post(NUDGE, {"step": [step]}, follow=True)

    [message] = messages_of(done)
    assert message.startswith(f"お願いしなかった手続：{case.number}（所属長 確認）。")
    assert "が 5/14 10:00 に「承認」としました。" in message
    assert state_of() == before


def test_the_holder_of_a_rule_under_decision_is_asked_too(office: City) -> None:
    run = rules.propose(rules.a_draft())

    with time_machine.travel(AT + timedelta(days=30), tick=False):
        shown = look("SECRETARIAT")
        client_of("SECRETARIAT").post(NUDGE, {"step": [run.step_id]})

    assert listed(shown) == ["RT2-2"]
    assert Nudge.objects.get().slot == rules.open_slot(run)


def test_nobody_is_offered_to_ask_oneself(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    before = state_of()

    with time_machine.travel(AT + timedelta(days=30), tick=False):
        shown = look("SECRETARIAT")
        done = ask("SECRETARIAT", case)

    [row] = shown.context["listed"].rows
    assert row.ask is not None
    assert (bool(row.ask), row.ask.reason) == (False, "ご自身の番です。")
    assert messages_of(done) == [f"お願いしなかった手続：{case.number}（事務局）。ご自身の番です。"]
    assert state_of() == before


def test_all_that_may_be_asked_for_can_be_ticked_without_a_script(office: City) -> None:
    a_project()
    asked = a_project(title="もう一つの案")
    engine.nudge(slot_id=the_slot(asked).pk, project=asked, by=holder("LEADER-SHIMIN"), at=LATE)

    page = look("SECRETARIAT", pick="all")

    text = text_of(page)
    assert text.count('name="step"') == 2
    assert len(page.context["ticked"]) == 1
    assert "お願いできる1件をすべて選ぶ" in text
    assert LATELY in text
