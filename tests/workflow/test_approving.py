"""まとめて承認: which of the chosen cases go together, what each becomes, and what it costs."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.models import LedgerText
from tests.make import AT, a_delegation, a_project, a_user, holder, say, the_slot, the_step
from tests.proof import assert_sound, refused, state_of
from tests.workflow import rules
from tests.workflow.pages import client_of, text_of
from workflow import engine
from workflow.access import MOST_AT_ONCE, chosen_at_once
from workflow.actions.refusals import NotAllowed
from workflow.enums import DeputyPolicy, Outcome, StepKind
from workflow.inbox import Desk
from workflow.models import Decision, Seen, Slot, StepRun
from workflow.outcomes import Answer
from workflow.views import approving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project
    from roles.models import User
    from tests.fixtures_city import City

NOW = AT + timedelta(minutes=5)
URL = "/inbox/approve/"
FOREIGN = "{}件は、いまのあなたの担当ではありません。"
CONCERNED = ["FUKUSHI"]


@pytest.fixture(autouse=True)
def _at_work() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def opened(case: Project, code: str = "", *, by: User | None = None) -> Slot:
    """The open seat of a case, or that of a post, of which its holder has opened the page."""
    slot = the_slot(case, code)
    engine.mark_seen(slot=slot, by=by or holder(slot.post.code), at=AT)
    return slot


def waiting(count: int = 3) -> list[Slot]:
    """Cases that the head of 市民課 has to confirm and has opened."""
    return [opened(a_project()) for _number in range(count)]


def form(*slots: Slot, **more: Any) -> dict[str, Any]:
    """What the page would send with these ticked."""
    hashes = {
        f"{slot.pk}-revision_hash": slot.step_run.revision.content_hash
        for slot in slots
        if slot.step_run.revision
    }
    return {"slot": [slot.pk for slot in slots], "comment": "", **hashes, **more}


def reasons(who: User, *slots: Slot) -> list[str]:
    """Why each of them has to be looked at by itself; nothing for those that go together."""
    keys = [slot.pk for slot in slots]
    chosen = chosen_at_once(who, keys, Desk(who, NOW).capacities, NOW)
    assert [each.slot.pk for each in chosen] == keys
    return [each.permit.reason for each in chosen]


def results(response: Any) -> list[tuple[int, str]]:
    """Slot and what came of it, as the page of results shows them."""
    return [(each.slot.pk, each.came) for each in response.context["results"]]


# --- which go together ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "route"),
    [
        (StepKind.CONFIRMATION, "RT2"),
        (StepKind.RECEPTION, "RT2"),
        (StepKind.APPROVAL, "RT2"),
        (StepKind.CONCURRENCE, "RT3"),
        (StepKind.DELIBERATION, "RT3"),
    ],
)
def test_what_was_opened_and_asks_for_a_plain_yes_goes_together(
    office: City, kind: StepKind, route: str
) -> None:
    slots = [opened(a_project(to=kind, route=route)) for _number in range(2)]

    assert reasons(holder(slots[0].post.code), *slots) == ["", ""]


def test_what_was_not_opened_by_oneself_is_looked_at_first(office: City) -> None:
    mine, other = office.holders("SECRETARIAT")[:2]
    slot = opened(a_project(to=StepKind.RECEPTION), by=other)

    assert reasons(other, slot) == [""]
    assert reasons(mine, slot) == ["まだ開いていません。内容を確認してから判断してください。"]


@pytest.mark.parametrize(
    ("kind", "route", "reason"),
    [
        (StepKind.REVIEW, "RT2", "採点は、案件ごとに行います。"),
        (StepKind.REFERRAL, "RT2", "上申には、案件ごとの意見が要ります。"),
        (StepKind.STANDING_DECISION, "RT1", "専決は、1件ずつ行います。"),
        (StepKind.DECISION, "RT2", "決裁は、1件ずつ行います。"),
        (StepKind.OBSERVE, "RT1", "OODAの記録は、案件ごとに行います。"),
    ],
)
def test_these_are_done_one_by_one(office: City, kind: StepKind, route: str, reason: str) -> None:
    slots = [opened(a_project(to=kind, route=route)) for _number in range(2)]

    assert reasons(holder(slots[0].post.code), *slots) == [reason, reason]


def test_most_of_a_kind_go_together(office: City) -> None:
    head = holder("HEAD-SHIMIN")
    asked = a_project(
        post="LEADER-ZEIMU", route="RT3", to=StepKind.CONCURRENCE, sections=["SHIMIN"]
    )
    odd = opened(asked, "HEAD-SHIMIN")

    assert reasons(head, odd, *waiting(2)) == [
        "一度に判断できるのは、同じ段階の案件です（この案件は「合議」）。",
        "",
        "",
    ]
    assert reasons(head, odd) == [""]


def test_a_condition_that_was_proposed_is_read_first(office: City) -> None:
    plain, conditional, against = (a_project(to=StepKind.REFERRAL) for _number in range(3))
    say(plain, Outcome.REFERRED)
    say(conditional, Outcome.REFERRED_CONDITIONALLY)
    say(against, Outcome.REFERRED_AGAINST)
    slots = [opened(case) for case in (plain, conditional, against)]

    found = reasons(holder(slots[0].post.code), *slots)

    assert found[0] == ""
    assert [re.findall("「(.*)」", reason) for reason in found[1:]] == [
        ["上申（条件付き可）"],
        ["上申（不可）"],
    ]
    assert all(reason.endswith("内容を読んで、個別に判断してください。") for reason in found[1:])


@pytest.mark.parametrize("outcome", [Outcome.AGREED_WITH_OPINION, Outcome.OBJECTED])
def test_an_opinion_of_another_section_is_read_first(office: City, outcome: Outcome) -> None:
    case = a_project(route="RT3", to=StepKind.CONCURRENCE, sections=CONCERNED)
    slot = opened(case, "HEAD-FUKUSHI")

    say(case, outcome, post="HEAD-ZAISEI")

    [reason] = reasons(holder("HEAD-FUKUSHI"), slot)
    assert f"「{outcome.label}」としました。" in reason


def test_an_objection_that_was_settled_is_no_obstacle(office: City) -> None:
    settled, unsettled = (a_project(route="RT3", to=StepKind.CONCURRENCE) for _number in range(2))
    for case, outcome in ((settled, Outcome.SETTLED), (unsettled, Outcome.UNSETTLED)):
        say(case, Outcome.OBJECTED)
        say(case, outcome)
    slots = [opened(case) for case in (settled, unsettled)]

    found = reasons(holder(slots[0].post.code), *slots)

    assert [bool(reason) for reason in found] == [False, True]


def test_a_paused_step_is_looked_at_by_itself(office: City) -> None:
    slot = opened(a_project())
    StepRun.objects.filter(pk=slot.step_run_id).update(
        paused_since=AT, paused_until=AT.date() + timedelta(days=7)
    )

    assert reasons(holder("HEAD-SHIMIN"), slot) == ["保留中のため、個別に確認してください。"]


def test_a_rule_is_approved_by_itself(office: City) -> None:
    slot = rules.open_slot(rules.propose(rules.a_draft()))
    engine.mark_seen(slot=slot, by=holder(rules.HEAD), at=AT)

    assert reasons(holder(rules.HEAD), slot) == ["規則の改正は、1件ずつ判断します。"]


def test_nobody_approves_the_own_proposal(office: City) -> None:
    own = a_project(post="SECRETARIAT", section="SHIMIN", to=StepKind.CONFIRMATION)
    case = a_project(to=StepKind.RECEPTION)
    author = own.proposer
    slot = opened(case, by=author)

    assert reasons(author, slot) == [""]
    say(case, Outcome.RECUSED, by=author)
    [reason] = reasons(author, the_slot(case))
    assert reason == "この案件の手続を辞退しているため、判断できません。"


def test_a_deputy_does_it_too_where_the_rule_lets_one(office: City) -> None:
    deputy = a_user(name="代理 次郎")
    a_delegation(post=office.post("HEAD-SHIMIN"), deputy=deputy)
    slots = [opened(a_project(), by=deputy) for _policy in DeputyPolicy]
    for slot, policy in zip(slots, DeputyPolicy, strict=True):
        step = slot.step_run
        step.snapshot |= {"deputy": policy}
        step.save(update_fields=["snapshot"])

    assert reasons(deputy, *slots) == [
        "",
        "代理で行う理由を、案件ごとに書いてください。",
        "この決裁は、規則により代理の方は行えません。",
    ]
    page = text_of(client_of(deputy).get(URL, {"slot": slots[0].pk}))
    assert "市民課長の代理" in page


def test_what_somebody_has_done_is_told_with_who_and_when(office: City) -> None:
    slot = opened(a_project())
    say(slot_case(slot), Outcome.APPROVED)

    assert reasons(holder("HEAD-SHIMIN"), slot) == [
        f"市民課長 {holder('HEAD-SHIMIN').name}さんが 5/11 09:00 に「承認」としました。"
    ]


def slot_case(slot: Slot) -> Project:
    case = slot.step_run.project
    assert case is not None
    return case


# --- the verb ---------------------------------------------------------------------------------


def test_the_verb_asks_again_inside_its_lock(office: City) -> None:
    case = a_project()
    slot = the_slot(case)

    with refused(case, NotAllowed) as refusal:
        decide(slot, Outcome.APPROVED)

    assert refusal.value.message == "まだ開いていません。内容を確認してから判断してください。"


def test_with_others_nothing_but_the_plain_yes_is_said(office: City) -> None:
    case = a_project()
    slot = opened(case)

    with refused(case, NotAllowed) as refusal:
        decide(slot, Outcome.SENT_BACK)

    assert refusal.value.message == "まとめて行えるのは「承認」だけです。"


def test_a_decision_is_never_given_with_others(office: City) -> None:
    case = a_project(to=StepKind.DECISION)
    slot = opened(case)

    with refused(case, NotAllowed) as refusal:
        decide(slot, Outcome.ADOPTED)

    assert refusal.value.message == "決裁は、1件ずつ行います。"


def decide(slot: Slot, outcome: Outcome) -> Decision:
    """As one of several."""
    assert slot.step_run.revision is not None
    return engine.decide(
        project=slot.step_run.project,
        slot_id=slot.pk,
        revision_hash=slot.step_run.revision.content_hash,
        outcome=outcome,
        answer=Answer(comment="確かめました。"),
        by=holder(slot.post.code),
        at=NOW,
        bundle=uuid4(),
    )


# --- the page that asks -----------------------------------------------------------------------


def test_the_page_lists_what_goes_together_and_why_the_rest_does_not(office: City) -> None:
    slots = waiting(2)
    unseen = the_slot(a_project(title="まだ読んでいない案"))

    response = client_of("HEAD-SHIMIN").get(URL, {"slot": [slot.pk for slot in [*slots, unseen]]})

    page = text_of(response)
    assert response.status_code == 200
    assert [line.slot.pk for line in response.context["together"]] == [slot.pk for slot in slots]
    assert [line.slot.pk for line in response.context["alone"]] == [unseen.pk]
    assert page.count('type="checkbox"') == 2
    assert "選んだ案件を「承認」とする" in page
    assert 'href="/p/R8-003/decide/"' in page


def test_looking_at_the_page_writes_nothing(office: City) -> None:
    case = a_project()
    before, seen = state_of(), Seen.objects.count()

    client_of("HEAD-SHIMIN").get(URL, {"slot": the_slot(case).pk})

    assert (state_of(), Seen.objects.count()) == (before, seen)


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_not_ones_own_shows_no_title(office: City, method: str) -> None:
    case = a_project(title="だれにも言えない案")
    before = state_of()
    texts = [the_slot(case).pk, "0", "-1", "9" * 30, "x", "1 OR 1=1", "٣", ""]

    response = getattr(client_of("LEADER-ZEIMU"), method)(URL, {"slot": texts})

    page = text_of(response)
    assert response.status_code == 200
    assert "だれにも言えない案" not in page
    assert FOREIGN.format(2) in page  # the slot, and all that is no number as one
    assert state_of() == before


def test_no_more_than_fifty_are_asked_about(office: City) -> None:
    slot = opened(a_project())
    others = list(range(slot.pk + 1, slot.pk + MOST_AT_ONCE + 3))

    page = text_of(client_of("HEAD-SHIMIN").get(URL, {"slot": [slot.pk, slot.pk, *others]}))

    assert "一度に判断できるのは50件までです。残りの3件は、このあとで選んでください。" in page
    assert FOREIGN.format(MOST_AT_ONCE - 1) in page


def test_without_a_choice_the_page_says_what_to_do(office: City) -> None:
    page = text_of(client_of("HEAD-SHIMIN").get(URL))

    assert "「承認・確認」の一覧で、開いて確認した案件を選んでください。" in page


def test_the_page_costs_the_same_for_one_and_for_three(office: City) -> None:
    slots = waiting(3)
    browser = client_of("HEAD-SHIMIN")
    browser.get("/inbox/")
    costs = []

    for chosen in (slots[:1], slots):
        with CaptureQueriesContext(connection) as queries:
            browser.get(URL, {"slot": [slot.pk for slot in chosen]})
        costs.append(len(queries))

    assert costs[0] == costs[1]
    assert costs[0] <= 12


# --- the answers ------------------------------------------------------------------------------


def test_each_case_is_decided_by_itself_and_stands_in_the_ledger(office: City) -> None:
    slots = waiting(3)

    response = client_of("HEAD-SHIMIN").post(URL, form(*slots, comment="3件とも確認しました。"))

    assert response.status_code == 200
    assert results(response) == [(slot.pk, approving.DONE) for slot in slots]
    said = Decision.objects.filter(slot__in=slots)
    assert [(row.outcome, row.decided_by) for row in said] == [
        (Outcome.APPROVED, holder("HEAD-SHIMIN"))
    ] * 3
    assert len({row.entry_id for row in said}) == 3
    texts = LedgerText.objects.filter(entry__decision__in=said, name="comment")
    assert [text.text for text in texts] == ["3件とも確認しました。"] * 3
    page = text_of(response)
    assert "3件のうち3件を記録しました。" in page
    assert "次の担当者が開くまでは、案件の画面から引き戻せます。" in page
    assert 'href="/p/R8-001/"' in page
    assert_sound()


def test_one_that_fails_neither_stops_nor_undoes_the_others(office: City) -> None:
    first, stale, taken, last = (opened(a_project(to=StepKind.RECEPTION)) for _number in range(4))
    mine, other = office.holders("SECRETARIAT")[:2]
    for slot in (first, stale, taken, last):
        engine.mark_seen(slot=slot, by=mine, at=AT)
    say(slot_case(taken), Outcome.SENT_BACK, by=other, at=AT + timedelta(minutes=1))
    sent = form(first, stale, taken, last, **{f"{stale.pk}-revision_hash": "0" * 64})
    sent["slot"] += [the_slot(a_project(title="よその案")).pk, "x"]

    response = client_of(mine).post(URL, sent)

    page = text_of(response)
    assert results(response) == [
        (first.pk, approving.DONE),
        (stale.pk, approving.LOST),
        (taken.pk, approving.LEFT),
        (last.pk, approving.DONE),
    ]
    assert f"{other.name}さんが 5/11 09:01 に「差戻し」としました。" in page
    assert "内容を確かめてください。" in page
    assert "よその案" not in page
    assert FOREIGN.format(2) in page
    assert not Decision.objects.filter(slot=stale).exists()
    assert [Decision.objects.get(slot=slot).outcome for slot in (first, taken, last)] == [
        Outcome.RECEIVED,
        Outcome.SENT_BACK,
        Outcome.RECEIVED,
    ]
    assert f"{URL}?here=inbox&slot={stale.pk}&slot={taken.pk}" in page
    assert_sound()


def test_a_second_click_finds_all_of_it_recorded(office: City) -> None:
    slots = waiting(2)
    browser = client_of("HEAD-SHIMIN")
    browser.post(URL, form(*slots))
    before = state_of()

    response = browser.post(URL, form(*slots))

    assert results(response) == [(slot.pk, approving.AGAIN) for slot in slots]
    assert "2件は、すでに記録済みです（二重には記録されていません）。" in text_of(response)
    assert state_of() == before


def test_a_case_that_is_broken_stops_no_other_and_stands_in_the_log(
    office: City, caplog: pytest.LogCaptureFixture
) -> None:
    first, broken, last = waiting(3)
    Slot.objects.filter(pk=broken.pk).update(task_id=0)

    with caplog.at_level(logging.ERROR, "workflow.views.approving"):
        response = client_of("HEAD-SHIMIN").post(URL, form(first, broken, last))

    assert results(response) == [
        (first.pk, approving.DONE),
        (broken.pk, approving.LEFT),
        (last.pk, approving.DONE),
    ]
    assert "システムの不具合のため、記録していません。" in text_of(response)
    assert [record.getMessage() for record in caplog.records] == [
        f"slot {broken.pk} was not answered with others"
    ]
    assert not Decision.objects.filter(slot=broken).exists()
    step = the_step(slot_case(broken))
    assert step is not None
    assert step.kind == StepKind.CONFIRMATION


def test_what_does_not_fit_into_the_time_is_left_for_another_request(
    office: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = waiting(2)
    before = state_of()
    monkeypatch.setattr(approving, "BUDGET", -1.0)

    response = client_of("HEAD-SHIMIN").post(URL, form(*slots))

    assert results(response) == [(slot.pk, approving.LEFT) for slot in slots]
    assert state_of() == before


def test_with_nothing_ticked_the_page_asks_again(office: City) -> None:
    slots = waiting(2)
    before = state_of()

    response = client_of("HEAD-SHIMIN").post(
        f"{URL}?slot={slots[0].pk}&slot={slots[1].pk}", {"comment": "確認しました。"}
    )

    page = text_of(response)
    assert response.status_code == 422
    assert "案件を1件以上選んでください。" in page
    assert "確認しました。" in page
    assert [line.is_checked for line in response.context["together"]] == [False, False]
    assert state_of() == before


def test_a_comment_that_is_too_long_comes_back_with_the_choice(office: City) -> None:
    slots = waiting(2)
    before = state_of()
    typed = "長" * 4001

    response = client_of("HEAD-SHIMIN").post(
        f"{URL}?slot={slots[0].pk}&slot={slots[1].pk}", form(slots[1], comment=typed)
    )

    assert response.status_code == 422
    assert typed in text_of(response)
    assert [line.is_checked for line in response.context["together"]] == [False, True]
    assert state_of() == before


def test_whoever_holds_no_post_any_more_approves_nothing(office: City) -> None:
    slots = waiting(1)
    leaver = a_user(name="退職 太郎")
    before = state_of()

    response = client_of(leaver).post(URL, form(*slots))

    assert results(response) == []
    assert FOREIGN.format(1) in text_of(response)
    assert state_of() == before
