"""お願いする: who may ask whom and when, what it leaves behind, and what the pages show of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse

from notifications.enums import Event
from notifications.models import OutboxMessage
from records.models import LedgerEntry
from tests.make import AT, JST, a_delegation, a_project, a_user, holder, say, the_slot
from tests.proof import refused, state_of
from tests.workflow.pages import client_of, messages_of, text_of
from workflow import engine
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound
from workflow.enums import Outcome, StepKind
from workflow.models import Nudge

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from roles.models import User
    from tests.fixtures_city import City

LATE = datetime(2026, 5, 14, 10, 0, tzinfo=JST)
"""Thursday: the 所属長 was asked on Monday and had until Wednesday 17:15."""
NOT_WAITING = "確認をお願いできるのは、提案した側の方と事務局です。"
LATELY = "5/14（木）にお願い済みです。次は5/18（月）からです。"


def ask(case: Project, by: User, at: datetime = LATE, slot: int = 0) -> Nudge:
    return engine.nudge(slot_id=slot or the_slot(case).pk, project=case, by=by, at=at)


# --- the verb ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["LEADER-SHIMIN", "SECRETARIAT"])
def test_the_waiting_side_asks_once_it_is_late(office: City, code: str) -> None:
    case = a_project()
    entries = LedgerEntry.objects.count()

    ask(case, holder(code))

    row = Nudge.objects.get()
    assert (row.slot_id, row.asked_by, row.asked_at) == (the_slot(case).pk, holder(code), LATE)
    assert LedgerEntry.objects.count() == entries
    message = OutboxMessage.objects.get(event=Event.REMINDED)
    assert (message.fact, message.post, message.slot_id, message.actor) == (
        f"reminded:{row.pk}",
        office.post("HEAD-SHIMIN"),
        the_slot(case).pk,
        holder(code),
    )


def test_a_deputy_of_the_proposing_seat_asks_too(office: City) -> None:
    case = a_project()
    deputy = a_user(name="代理 次郎")
    a_delegation(post=office.post("LEADER-SHIMIN"), deputy=deputy)

    ask(case, deputy)

    assert Nudge.objects.get().asked_by == deputy


@pytest.mark.parametrize("code", ["HEAD-ZEIMU", "PT-CHAIR", "HQ-CHAIR", "AUDITOR"])
def test_nobody_else_asks(office: City, code: str) -> None:
    case = a_project()

    with refused(case, NotAllowed) as refusal:
        ask(case, holder(code))

    assert refusal.value.message == NOT_WAITING


def test_nobody_asks_oneself(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)

    with refused(case, NotAllowed) as refusal:
        ask(case, holder("SECRETARIAT"), AT + timedelta(days=30))

    assert refusal.value.message == "ご自身の番です。"


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        (AT, "標準の日数のうちです。5/13（水）の期限を過ぎると、お願いできます。"),
        (
            datetime(2026, 5, 13, 17, 15, tzinfo=JST),
            "標準の日数のうちです。5/13（水）の期限を過ぎると、お願いできます。",
        ),
    ],
)
def test_nobody_is_asked_within_the_standard_days(
    office: City, at: datetime, sentence: str
) -> None:
    case = a_project()

    with refused(case, NotAllowed) as refusal:
        ask(case, case.proposer, at)

    assert refusal.value.message == sentence
    assert not OutboxMessage.objects.filter(event=Event.REMINDED).exists()


def test_the_first_minute_after_the_deadline_is_late(office: City) -> None:
    case = a_project()

    assert ask(case, case.proposer, datetime(2026, 5, 13, 17, 15, 1, tzinfo=JST)).pk


def test_a_paused_case_is_left_in_peace(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    say(case, Outcome.HELD, until="2026-08-03")

    with refused(case, NotAllowed) as refusal:
        ask(case, case.proposer, AT + timedelta(days=30))

    assert refusal.value.message == "保留中のため、お願いできません。"


@pytest.mark.parametrize("code", ["LEADER-SHIMIN", "SECRETARIAT"])
def test_two_business_days_lie_between_two_requests_whoever_asks(office: City, code: str) -> None:
    case = a_project()
    ask(case, case.proposer)

    for moment in (LATE, LATE + timedelta(hours=8), LATE + timedelta(days=3)):  # until Sunday
        with refused(case, AlreadyDone) as refusal:
            ask(case, holder(code), moment)
        assert refusal.value.message == LATELY

    ask(case, holder(code), LATE + timedelta(days=4))
    assert Nudge.objects.count() == 2


def test_every_seat_of_a_body_is_asked_by_itself(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    late = AT + timedelta(days=15)
    first, second = the_slot(case, "PT-SOMU"), the_slot(case, "PT-SHIMIN")

    ask(case, case.proposer, late, first.pk)
    ask(case, case.proposer, late, second.pk)

    assert list(Nudge.objects.values_list("slot", flat=True)) == [first.pk, second.pk]


def test_who_answered_is_not_asked(office: City) -> None:
    case = a_project()
    slot = the_slot(case)
    say(case, Outcome.APPROVED)

    with refused(case, AlreadyDone) as refusal:
        ask(case, case.proposer, LATE, slot.pk)

    assert refusal.value.decision is not None
    assert refusal.value.decision.outcome == Outcome.APPROVED


def test_a_slot_of_another_case_is_not_found(office: City) -> None:
    case, other = a_project(), a_project(title="もう一つの案")

    with refused(case, NotFound):
        ask(case, case.proposer, LATE, the_slot(other).pk)


def test_the_leader_of_a_running_case_is_asked_by_the_secretariat(office: City) -> None:
    case = a_project(to=StepKind.OBSERVE, route="RT1")

    ask(case, holder("SECRETARIAT"), AT + timedelta(days=30))

    assert Nudge.objects.get().slot == the_slot(case)


# --- the button -------------------------------------------------------------------------------


def post(case: Project, who: str | User, **more: str) -> str:
    """What the click leads to, as text."""
    response = client_of(who).post(f"/p/{case.reference}/nudge/", more, follow=True)
    assert response.status_code == 200
    [message] = messages_of(response)
    return f"{response.request['PATH_INFO']} {message}"


def test_a_click_asks_and_says_so(office: City) -> None:
    case = a_project()

    with time_machine.travel(LATE, tick=False):
        told = post(case, case.proposer, return_to="home")
        again = post(case, case.proposer, return_to="home")

    asked = "「書かない窓口」の確認を、市民課長にお願いしました。メールでもお知らせします。"
    assert (told, again) == (f"/ {asked}", f"/ {LATELY}")
    assert Nudge.objects.count() == 1


def test_a_click_asks_each_seat_that_has_not_answered(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    say(case, Outcome.SCORED, post="PT-SOMU")

    with time_machine.travel(AT + timedelta(days=15), tick=False):
        told = post(case, case.proposer)

    assert told.startswith(f"/p/{case.number}/ 「書かない窓口」の確認を、")
    assert "ほか4人にお願いしました。" in told
    assert Nudge.objects.count() == 5


@pytest.mark.parametrize(
    ("code", "at", "status"),
    [
        ("LEADER-SHIMIN", AT, 403),
        ("HEAD-SHIMIN", LATE, 403),
        ("AUDITOR", LATE, 403),
        ("LEADER-ZEIMU", LATE, 404),
    ],
)
def test_a_refused_click_changes_nothing(
    office: City, code: str, at: datetime, status: int
) -> None:
    case = a_project()
    before = state_of()

    with time_machine.travel(at, tick=False):
        response = client_of(code).post(f"/p/{case.reference}/nudge/")

    assert (response.status_code, state_of()) == (status, before)
    assert not OutboxMessage.objects.filter(event=Event.REMINDED).exists()


def page(who: str | User, url: str, at: datetime = LATE) -> str:
    with time_machine.travel(at, tick=False):
        return text_of(client_of(who).get(url))


def test_home_offers_it_when_it_is_late_and_says_when_again(office: City) -> None:
    case = a_project()
    form = f'<form method="post" action="/p/{case.number}/nudge/">'

    early = page(case.proposer, reverse("home"), AT)
    late = page(case.proposer, reverse("home"))
    ask(case, case.proposer)
    afterwards = page(case.proposer, reverse("home"))

    assert [form in each for each in (early, late, afterwards)] == [False, True, False]
    assert "お願いする" not in early
    assert LATELY in afterwards
    assert re.search(r'<button [^>]*disabled aria-describedby="nudge-\d+">お願いする', afterwards)


def test_the_case_offers_it_to_who_waits_and_to_nobody_else(office: City) -> None:
    case = a_project()
    url = f"/p/{case.number}/"
    form = f'<form method="post" action="{url}nudge/">'
    codes = ["LEADER-SHIMIN", "SECRETARIAT", "HEAD-SHIMIN", "AUDITOR"]

    assert [form in page(code, url) for code in codes] == [True, True, False, False]
    assert "標準の日数のうちです。5/13（水）の期限を過ぎると" in page(case.proposer, url, AT)


def test_the_receiver_sees_who_asked(office: City) -> None:
    case = a_project()
    head = holder("HEAD-SHIMIN")
    told = f"{case.proposer.family_name}さんからお願いが届いています（5/14）"
    urls = [
        reverse("home"),
        reverse("inbox"),
        f"{reverse('inbox')}?item={the_slot(case).pk}",
        f"/p/{case.number}/",
    ]

    before = [page(head, url).count(told) for url in urls]
    ask(case, case.proposer)
    after = [page(head, url).count(told) for url in urls]

    assert (before, after) == ([0, 0, 0, 0], [1, 1, 2, 1])


def test_the_secretariat_asks_from_its_list_of_coming_cases(office: City) -> None:
    case = a_project()
    url = f"{reverse('inbox')}?tab=upcoming"
    form = f'<form method="post" action="/p/{case.number}/nudge/">'

    shown = [form in page(code, url) for code in ("SECRETARIAT", "DEPT-SHIMINBU")]
    with time_machine.travel(LATE, tick=False):
        told = post(case, "SECRETARIAT", return_to="coming")

    assert shown == [True, False]
    assert told.startswith("/inbox/ ")
