"""How people arrange their work: sieves, あとで, 担当, fresh rows, and where an answer leads."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bpr_projects.models import Revision
from notifications.enums import Event
from notifications.models import OutboxMessage
from tests.make import AT, a_delegation, a_project, a_user, holder, say, the_slot
from workflow import access, engine
from workflow.actions import sieves
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound, Unanswered
from workflow.enums import Outcome, StepKind
from workflow.inbox import desk, statement
from workflow.inbox.arranged import days_off
from workflow.inbox.desk import Desk, Listing
from workflow.inbox.sieve import (
    AMOUNTS,
    CONDITIONS,
    DUES,
    FULL_WIDTH,
    KINDS,
    SEEN_TO,
    Sieve,
    sieve_of,
)
from workflow.inbox.whereabouts import Whereabouts, came_from, whereabouts
from workflow.models import Claim, Decision, SavedSieve, Seen, Snooze

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from roles.models import User
    from tests.fixtures_city import City

INBOX = "/inbox/"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT + timedelta(hours=2), tick=False):
        yield


def listed(person: User, at: datetime = AT, /, **sieve: Any) -> list[str]:
    return [item.title for item in Desk(person, at).read(Listing(sieve=Sieve(**sieve))).items]


def page(client: Client, person: User, url: str, status: int = 200) -> str:
    client.cookies.clear()
    client.force_login(person)
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def post(client: Client, actor: User, url: str, /, **sent: Any) -> Any:
    client.cookies.clear()
    client.force_login(actor)
    return client.post(url, sent)


def secretaries(office: City) -> list[User]:
    return sorted(office.holders("SECRETARIAT"), key=lambda each: each.pk)


# --- sieves -----------------------------------------------------------------------------------


def test_every_field_of_the_sieve_has_its_condition() -> None:
    own = {"later", "post"}

    assert {each.name for each in fields(Sieve)} - own == set(CONDITIONS)


@pytest.mark.parametrize("due", DUES)
@pytest.mark.parametrize("amount", ["", *AMOUNTS])
@pytest.mark.parametrize("held", ["", *SEEN_TO])
def test_every_choice_is_asked_of_the_database(
    office: City, due: str, amount: str, held: str
) -> None:
    a_project()

    assert listed(holder("AUDITOR"), due=due, amount=amount, held=held) == []


@pytest.mark.parametrize(
    ("sieve", "found"),
    [
        ({}, ["窓口の改革", "電子申請"]),
        ({"q": "電子"}, ["電子申請"]),
        ({"q": "r8-0 窓口"}, ["窓口の改革"]),
        ({"q": "電子 窓口"}, []),
        ({"q": "市民課"}, ["窓口の改革", "電子申請"]),
        ({"q": "%"}, []),
        ({"q": "_"}, []),
        ({"q": "!"}, []),
        ({"kind": "CONFIRMATION"}, ["窓口の改革", "電子申請"]),
        ({"kind": "DECISION"}, []),
        ({"section": "SHIMIN"}, ["窓口の改革", "電子申請"]),
        ({"section": "ZEIMU"}, []),
        ({"amount": "none"}, ["窓口の改革"]),
        ({"amount": "small"}, []),
        ({"amount": "large"}, ["電子申請"]),
        ({"due": "late"}, []),
        ({"due": "today"}, []),
        ({"due": "week"}, ["窓口の改革", "電子申請"]),
        ({"unread": "1"}, ["電子申請"]),
        ({"later": "1"}, []),
        ({"held": "me"}, []),
    ],
)
def test_a_sieve_finds_what_it_says(office: City, sieve: dict[str, Any], found: list[str]) -> None:
    first = a_project(title="窓口の改革", cost=0)
    a_project(title="電子申請", cost=900, budget_measure="INITIAL", at=AT + timedelta(minutes=1))
    head = holder("HEAD-SHIMIN")
    engine.mark_seen(slot=the_slot(first), by=head, at=AT)

    assert listed(head, **sieve) == found


def test_a_senseless_address_is_the_whole_list() -> None:
    asked = {"due": "x", "kind": "POST_READING", "area": "\u200b", "amount": "-1", "q": "\0 "}

    assert sieve_of(asked) == Sieve()
    assert StepKind.POST_READING not in KINDS


def test_an_address_says_where_one_is(office: City) -> None:
    desk = Desk(holder("HEAD-SHIMIN"), AT)
    here = whereabouts({"tab": "deputy", "due": "late", "q": "電子 申請&x=1", "as": "1"}, desk)

    assert here == Whereabouts("deputy", Sieve(due="late", q="電子 申請&x=1"))
    assert came_from(here.mark, desk) == here
    assert came_from("https://evil.example/", desk) is None
    assert came_from("inbox?tab=nonsense&after=x", desk) == Whereabouts()
    assert Whereabouts().mark == "inbox"


def test_counts_leave_out_what_may_not_be_decided(office: City) -> None:
    a_project()
    leader_and_head = holder("HEAD-SHIMIN")
    case = a_project(title="自分の案件")
    case.proposer = leader_and_head
    case.save(update_fields=["proposer"])

    counts = Desk(leader_and_head, AT + timedelta(days=9)).load.counts

    assert (counts.own, counts.hidden, counts.late) == (1, 1, 1)


# --- saved sieves -----------------------------------------------------------------------------


def test_a_sieve_is_saved_under_a_name_and_offered(client: Client, office: City) -> None:
    a_project(title="窓口の改革")
    head = holder("HEAD-SHIMIN")

    answer = post(client, head, reverse("sieve-keep"), here="inbox?tab=todo&due=week", name="急ぎ")
    shown = client.get(answer["Location"]).content.decode()

    assert answer["Location"] == f"{INBOX}?tab=todo&due=week"
    assert "いまの条件を「急ぎ」として保存しました。" in shown
    kept = SavedSieve.objects.get()
    assert (kept.person, kept.name, kept.query) == (head, "急ぎ", "due=week")
    other = page(client, holder("HEAD-ZEIMU"), INBOX)
    assert "急ぎ" not in other
    gone = post(client, head, reverse("sieve-drop", args=[kept.pk]), here="inbox")
    assert (gone["Location"], SavedSieve.objects.count()) == (INBOX, 0)


def test_a_sieve_without_name_comes_back_with_the_reason(client: Client, office: City) -> None:
    answer = post(client, holder("HEAD-SHIMIN"), reverse("sieve-keep"), here="inbox?due=week")

    assert answer.status_code == 422
    assert "条件に付ける名前を入力してください。" in answer.content.decode()
    assert not SavedSieve.objects.exists()


def test_nobody_drops_what_a_colleague_saved(client: Client, office: City) -> None:
    kept = sieves.keep(name="急ぎ", query="due=week", by=holder("HEAD-SHIMIN"), at=AT)

    post(client, holder("HEAD-ZEIMU"), reverse("sieve-drop", args=[kept.pk]))

    assert SavedSieve.objects.count() == 1


def test_the_same_name_means_the_newest_and_eight_are_enough(office: City) -> None:
    head = holder("HEAD-SHIMIN")
    for number in range(sieves.MOST):
        sieves.keep(name=f"条件{number}", query="due=week", by=head, at=AT)
    sieves.keep(name="条件0", query="due=late", by=head, at=AT)

    with pytest.raises(Unanswered) as refused:
        sieves.keep(name="もう1つ", query="due=week", by=head, at=AT)
    with pytest.raises(Unanswered):
        sieves.keep(name="条件0", query="", by=head, at=AT)

    assert "8個まで" in refused.value.problems["name"]
    assert SavedSieve.objects.get(name="条件0").query == "due=late"
    assert SavedSieve.objects.count() == sieves.MOST


# --- あとで -----------------------------------------------------------------------------------


def test_what_is_put_off_leaves_the_list_and_its_count(client: Client, office: City) -> None:
    case = a_project(title="窓口の改革")
    head, slot = holder("HEAD-SHIMIN"), the_slot(case)
    a_project(title="電子申請", at=AT + timedelta(minutes=1))

    answer = post(client, head, reverse("snooze", args=[slot.pk]), here="inbox", until="2026-05-12")
    shown = client.get(answer["Location"]).content.decode()

    off = Snooze.objects.get()
    assert (off.person, off.until) == (head, date(2026, 5, 12))
    assert listed(head) == ["電子申請"]
    assert listed(head, later="1") == ["窓口の改革"]
    counts = Desk(head, AT).load.counts
    assert (counts.own, counts.later) == (1, 1)
    assert "5/12（火）まで「あとで」にしました。期限は延びません。" in shown
    assert "電子申請" in shown
    assert listed(head, AT + timedelta(days=1)) == ["窓口の改革", "電子申請"]
    post(client, head, reverse("unsnooze", args=[slot.pk]), here="inbox")
    assert listed(head) == ["窓口の改革", "電子申請"]


def test_a_colleague_still_sees_it(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    first, second = secretaries(office)[:2]

    engine.snooze(slot_id=the_slot(case).pk, until=date(2026, 5, 12), by=first, at=AT)

    assert (listed(first), listed(second)) == ([], [case.title])


def test_an_overdue_item_is_never_out_of_sight(office: City) -> None:
    """Opened on Monday with two days: due on Wednesday at 17:15."""
    case = a_project()
    head, slot = holder("HEAD-SHIMIN"), the_slot(case)
    engine.snooze(slot_id=slot.pk, until=date(2026, 5, 13), by=head, at=AT)
    Snooze.objects.update(until=date(2026, 5, 20))

    evening = AT + timedelta(days=2, hours=9)

    assert listed(head, evening - timedelta(hours=1)) == []
    assert listed(head, evening) == [case.title]
    assert Desk(head, evening).load.counts.late == 1


@pytest.mark.parametrize(
    ("until", "at", "reason"),
    [
        (date(2026, 5, 11), AT, "明日以降の日を選んでください。"),
        (date(2026, 5, 14), AT, "期限の5/13（水）までの日を選んでください。期限は延びません。"),
        (
            date(2026, 5, 15),
            AT + timedelta(days=2),
            "期限が今日か、すでに過ぎているため、「あとで」にはできません。",
        ),
    ],
)
def test_a_wrong_day_comes_back_beside_the_field(
    client: Client, office: City, until: date, at: datetime, reason: str
) -> None:
    slot = the_slot(a_project())

    with time_machine.travel(at, tick=False):
        url = reverse("snooze", args=[slot.pk])
        answer = post(client, holder("HEAD-SHIMIN"), url, until=until.isoformat())

    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert until.isoformat() in answer.content.decode()
    assert not Snooze.objects.exists()


def test_what_was_answered_meanwhile_is_not_put_off(client: Client, office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    first, second = secretaries(office)[:2]
    slot = the_slot(case)
    say(case, Outcome.RECEIVED, by=second)

    answer = post(client, first, reverse("snooze", args=[slot.pk]), until="2026-05-12")

    assert answer.status_code == 409
    assert second.name in answer.content.decode()
    assert not Snooze.objects.exists()


@pytest.mark.parametrize("name", ["snooze", "unsnooze", "claim", "release"])
def test_a_stranger_arranges_nothing(client: Client, office: City, name: str) -> None:
    slot = the_slot(a_project())

    for key in (slot.pk, 10**18, 0):
        answer = post(client, holder("HEAD-ZEIMU"), reverse(name, args=[key]), until="2026-05-12")
        assert answer.status_code == 404

    assert not Snooze.objects.exists()
    assert not Claim.objects.exists()


def test_days_are_offered_that_keep_the_deadline() -> None:
    monday = AT
    due = AT + timedelta(days=9)

    assert days_off(due, monday, frozenset()) == [
        (date(2026, 5, 12), "次の開庁日 5/12（火）"),
        (date(2026, 5, 18), "来週 5/18（月）"),
        (date(2026, 5, 20), "期限の日 5/20（水）"),
    ]
    assert days_off(AT + timedelta(days=1), monday, frozenset()) == [
        (date(2026, 5, 12), "次の開庁日 5/12（火）")
    ]
    assert days_off(AT, monday, frozenset()) == []
    assert days_off(None, monday, frozenset({date(2026, 5, 12)})) == [
        (date(2026, 5, 13), "次の開庁日 5/13（水）"),
        (date(2026, 5, 18), "来週 5/18（月）"),
    ]


# --- 担当 -------------------------------------------------------------------------------------


def test_somebody_of_a_shared_seat_takes_it_on(client: Client, office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    first, second = secretaries(office)[:2]
    slot = the_slot(case)

    answer = post(client, first, reverse("claim", args=[slot.pk]), here="inbox", person=first.pk)

    assert answer["Location"] == f"{INBOX}?tab=todo&item={slot.pk}"
    assert (Claim.objects.get().person, listed(first, held="me")) == (first, [case.title])
    assert listed(second, held="nobody") == []
    assert f"{first.family_name}さんが担当" in page(client, second, INBOX)
    assert "自分が担当" in page(client, first, INBOX)
    assert not OutboxMessage.objects.filter(event=Event.HANDED_OVER).exists()


def test_the_seat_may_answer_all_the_same(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    first, second = secretaries(office)[:2]
    engine.claim(slot_id=the_slot(case).pk, person_id=first.pk, shown_id=None, by=first, at=AT)

    say(case, Outcome.RECEIVED, by=second)

    assert Decision.objects.filter(outcome=Outcome.RECEIVED).get().decided_by == second


def test_whoever_comes_second_is_told_who_was_first(client: Client, office: City) -> None:
    slot = the_slot(a_project(to=StepKind.RECEPTION))
    first, second = secretaries(office)[:2]
    engine.claim(slot_id=slot.pk, person_id=first.pk, shown_id=None, by=first, at=AT)

    answer = post(client, second, reverse("claim", args=[slot.pk]), person=second.pk)
    let_go = post(client, second, reverse("release", args=[slot.pk]))

    told = f"{first.name}さんが 5/11 09:00 から担当しています。"
    assert (answer.status_code, told in answer.content.decode()) == (409, True)
    assert (let_go.status_code, told in let_go.content.decode()) == (409, True)
    assert Claim.objects.get().person == first


def test_it_is_handed_over_and_the_colleague_told(client: Client, office: City) -> None:
    slot = the_slot(a_project(to=StepKind.RECEPTION))
    first, second = secretaries(office)[:2]
    engine.claim(slot_id=slot.pk, person_id=first.pk, shown_id=None, by=first, at=AT)
    url = reverse("claim", args=[slot.pk])

    assert second.name in page(client, first, url)
    answer = post(client, first, url, person=second.pk, shown=first.pk)

    assert answer.status_code == 302
    assert Claim.objects.get().person == second
    told = OutboxMessage.objects.get(event=Event.HANDED_OVER)
    assert (told.person, told.actor, told.slot_id) == (second, first, slot.pk)


def test_it_is_handed_to_nobody_outside_the_seat(client: Client, office: City) -> None:
    slot = the_slot(a_project(to=StepKind.RECEPTION))
    first = secretaries(office)[0]
    url = reverse("claim", args=[slot.pk])

    answer = post(client, first, url, person=holder("HEAD-ZEIMU").pk)
    with pytest.raises(Unanswered):
        engine.claim(
            slot_id=slot.pk, person_id=holder("HEAD-ZEIMU").pk, shown_id=None, by=first, at=AT
        )

    assert answer.status_code == 422
    assert "同じ席で判断できる方から選んでください。" in answer.content.decode()
    assert not Claim.objects.exists()


def test_a_seat_of_one_needs_no_claim(client: Client, office: City) -> None:
    slot = the_slot(a_project())
    head = holder("HEAD-SHIMIN")

    answer = post(client, head, reverse("claim", args=[slot.pk]), person=head.pk)
    with pytest.raises(NotAllowed):
        engine.claim(slot_id=slot.pk, person_id=head.pk, shown_id=None, by=head, at=AT)

    assert answer.status_code == 403
    assert "1人の席のため、担当を決める必要はありません。" in answer.content.decode()
    assert not Claim.objects.exists()


def test_who_left_the_seat_sees_to_nothing(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    first, second = secretaries(office)[:2]
    slot = the_slot(case)
    engine.claim(slot_id=slot.pk, person_id=first.pk, shown_id=None, by=first, at=AT)
    first.appointments.filter(post__code="SECRETARIAT").update(ends_on=AT.date())

    assert listed(second, held="nobody") == [case.title]
    taken = engine.claim(slot_id=slot.pk, person_id=second.pk, shown_id=None, by=second, at=AT)

    assert taken.person == second


def test_a_claim_is_given_up(client: Client, office: City) -> None:
    slot = the_slot(a_project(to=StepKind.RECEPTION))
    first = secretaries(office)[0]
    engine.claim(slot_id=slot.pk, person_id=first.pk, shown_id=None, by=first, at=AT)

    post(client, first, reverse("release", args=[slot.pk]))

    assert not Claim.objects.exists()


def test_no_such_item(office: City) -> None:
    with pytest.raises(NotFound):
        engine.release(slot_id=0, by=holder("HEAD-SHIMIN"), at=AT)


def test_only_open_work_is_claimed(office: City) -> None:
    case = a_project(to=StepKind.RECEPTION)
    first, second = secretaries(office)[:2]
    slot = the_slot(case)
    say(case, Outcome.RECEIVED, by=second)

    with pytest.raises(AlreadyDone) as refused:
        engine.claim(slot_id=slot.pk, person_id=first.pk, shown_id=None, by=first, at=AT)

    assert second.name in refused.value.message
    assert access.claimed_by(Claim(slot=slot, person=first, claimed_at=AT)) == (
        f"{first.name}さんが 5/11 09:00 から担当しています。"
    )


# --- after an answer, and without reloading ---------------------------------------------------


def test_an_answer_leads_to_the_next_item_of_the_same_list(client: Client, office: City) -> None:
    cases = [a_project(title=f"案件{n}", at=AT + timedelta(minutes=n)) for n in range(3)]
    head, first = holder("HEAD-SHIMIN"), the_slot(cases[1])
    mark = "inbox?tab=todo&due=week"
    shown = page(client, head, f"/p/{cases[1].number}/decide/?outcome=APPROVED&from={mark}")
    assert 'value="inbox?tab=todo"' in shown  # what "&" cuts off belongs to the page itself

    answer = post(
        client,
        head,
        reverse("answer", args=[cases[1].number, first.pk]),
        outcome="APPROVED",
        revision_hash=Revision.objects.get(project=cases[1]).content_hash,
        return_to=mark,
    )
    after = client.get(answer["Location"]).content.decode()

    assert answer["Location"] == f"{INBOX}?tab=todo&due=week&item={the_slot(cases[2]).pk}"
    assert f'href="/p/{cases[1].number}/pull-back/"' in after
    assert "次の担当者が開くまでは、引き戻せます。" in after


def fresh(client: Client, person: User, query: str) -> tuple[str, list[str]]:
    client.cookies.clear()
    client.force_login(person)
    client.get(f"{INBOX}fresh/?{query}")
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(f"{INBOX}fresh/?{query}", headers={"X-Asks-By-Itself": "1"})
    assert answer.status_code == 200
    return answer.content.decode(), [each["sql"] for each in asked]


def test_rows_are_fresh_and_what_is_over_turns_grey(client: Client, office: City) -> None:
    first, second = secretaries(office)[:2]
    cases = [
        a_project(title=f"案件{n}", to=StepKind.RECEPTION, at=AT + timedelta(minutes=n))
        for n in range(3)
    ]
    slots = [the_slot(case) for case in cases]
    say(cases[1], Outcome.RECEIVED, by=second, at=AT + timedelta(hours=1))

    shown, asked = fresh(
        client, first, "tab=todo&" + "&".join(f"shown={slot.pk}" for slot in slots)
    )

    order = re.findall(r"案件\d(?=</a>)", shown)
    assert order == ["案件0", "案件1", "案件2"]
    assert f"{second.name}さんが 5/11 10:00 に「受付」としました。" in shown
    assert shown.count("is-gone") == 1
    assert """hx-swap-oob="innerHTML:[data-badge='own']"><span class="badge">2""" in shown
    assert len(asked) <= 8
    assert not Seen.objects.filter(person=first).exists()


def test_a_page_elsewhere_asks_for_counts_alone(client: Client, office: City) -> None:
    a_project(title="秘密の名前")

    shown, asked = fresh(client, holder("HEAD-SHIMIN"), "")

    assert "秘密の名前" not in shown
    assert """[data-badge='inbox']"><span class="badge">1""" in shown
    assert len(asked) == 4


def test_nothing_is_told_of_work_of_others(client: Client, office: City) -> None:
    case = a_project(title="秘密の名前", to=StepKind.RECEPTION)
    slot = the_slot(case)
    say(case, Outcome.RECEIVED)

    shown, _asked = fresh(client, holder("HEAD-ZEIMU"), f"tab=todo&shown={slot.pk}&shown=x")

    assert "秘密の名前" not in shown
    assert "is-gone" not in shown


def test_what_asks_by_itself_never_becomes_the_login(client: Client, office: City) -> None:
    by_itself = {"HX-Request": "true", "X-Asks-By-Itself": "1"}

    answer = client.get(f"{INBOX}fresh/", headers=by_itself)

    assert (answer.status_code, answer.content) == (204, b"")
    assert "Location" not in answer.headers


def test_the_way_back_of_the_browser_gets_the_whole_page(client: Client, office: City) -> None:
    slot = the_slot(a_project())
    client.force_login(holder("HEAD-SHIMIN"))
    back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    whole = client.get(f"{INBOX}?item={slot.pk}", headers=back)
    pane = client.get(f"{INBOX}?item={slot.pk}", headers={"HX-Request": "true"})

    assert "<html" in whole.content.decode()
    assert "<html" not in pane.content.decode()


def test_what_was_opened_can_be_chosen_for_several_at_once(client: Client, office: City) -> None:
    cases = [a_project(title=f"案件{n}", at=AT + timedelta(minutes=n)) for n in range(2)]
    head, slot = holder("HEAD-SHIMIN"), the_slot(cases[0])
    engine.mark_seen(slot=slot, by=head, at=AT)

    shown = page(client, head, INBOX)

    boxes = re.findall(r'<input class="check" type="checkbox" name="slot"[^>]*>', shown)
    assert [f'value="{slot.pk}"' in box for box in boxes] == [True, False]
    assert ["disabled" in box for box in boxes] == [False, True]
    assert f'action="{reverse("bulk-approve")}"' in shown


def test_a_decision_is_never_chosen(client: Client, office: City) -> None:
    a_project(to=StepKind.DECISION)

    shown = page(client, holder("HQ-CHAIR"), INBOX)

    assert 'name="slot"' not in shown
    assert reverse("bulk-approve") not in shown


def test_words_are_found_however_they_were_written(office: City) -> None:
    wide = "DX".translate(FULL_WIDTH)
    title = f"{wide}推進①の改革"
    a_project(title=title)
    head = holder("HEAD-SHIMIN")

    for words in (wide, "dx", "DX推進①", "推進①の"):
        assert listed(head, q=words) == [title]


def test_the_longest_search_can_be_saved(client: Client, office: City) -> None:
    words = "あ" * 60
    here = f"inbox?tab=todo&q={words}"

    answer = post(client, holder("HEAD-SHIMIN"), reverse("sieve-keep"), here=here, name="長い")

    assert answer.status_code == 302
    assert sieve_of({"q": words}).query == SavedSieve.objects.get().query


def test_a_saved_sieve_of_a_lost_seat_leads_nowhere(client: Client, office: City) -> None:
    head = holder("HEAD-SHIMIN")
    sieves.keep(name="失った席", query="as=999999", by=head, at=AT)

    shown = page(client, head, f"{INBOX}?sieve=1")

    assert "失った席" in shown
    assert "as=999999" not in shown


def test_a_deputy_settles_nobody_s_work(client: Client, office: City) -> None:
    slot = the_slot(a_project(to=StepKind.RECEPTION))
    first, second = secretaries(office)[:2]
    deputy = a_user(name="代理 次郎")
    a_delegation(post=office.post("SECRETARIAT"), deputy=deputy, made_by=first)
    engine.claim(slot_id=slot.pk, person_id=second.pk, shown_id=None, by=second, at=AT)
    url = reverse("claim", args=[slot.pk])

    answer = post(client, deputy, url, person=first.pk, shown=second.pk)

    assert answer.status_code == 403
    assert Claim.objects.get().person == second


def test_a_hundred_and_more_wait_also_when_some_are_put_off(
    office: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [a_project(title=f"案件{n}", at=AT + timedelta(minutes=n)) for n in range(3)]
    head = holder("HEAD-SHIMIN")
    engine.snooze(slot_id=the_slot(cases[0]).pk, until=date(2026, 5, 12), by=head, at=AT)
    monkeypatch.setattr(statement, "CAP", 2)
    monkeypatch.setattr(desk, "CAP", 2)

    assert Desk(head, AT).load.counts.own == 2
