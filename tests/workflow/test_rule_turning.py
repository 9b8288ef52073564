"""A version of a route on its way: its last act is pulled back, its holders are asked to look."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
import time_machine

from notifications.enums import Event
from tests.make import AT, JST, an_appointment, holder
from tests.notifications.mails import assert_accounted, names, send, the_mail, told
from tests.proof import assert_sound, state_of
from tests.workflow.pages import client_of, messages_of, text_of
from tests.workflow.rules import CHAIR, HEAD, a_draft, change, open_slot, propose, say
from workflow import engine
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound, Refusal
from workflow.enums import Outcome, RouteState, StepKind
from workflow.models import Decision, Nudge, Route, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roles.models import User
    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db, pytest.mark.once]

LATE: Final = datetime(2026, 5, 15, 10, 0, tzinfo=JST)
"""Friday: the 室長 was asked on Monday and had until Thursday."""
PAGE: Final = "/routes/RT2/2/"


@contextmanager
def refused(kind: type[Refusal], sentence: str) -> Iterator[None]:
    """The verb says exactly this, and nothing at all has changed."""
    before = state_of()
    with pytest.raises(kind) as found:
        yield
    assert found.value.message == sentence
    assert state_of() == before


def pull_back(run: Run, by: User, at: datetime = AT) -> Run:
    return engine.pull_back_route(route=rule_of(run), by=by, at=at)


def rule_of(run: Run) -> Route:
    return Route.objects.get(runs=run)


def nudge(run: Run, by: User, at: datetime = LATE) -> Nudge:
    return engine.nudge(slot_id=open_slot(run).pk, project=None, by=by, at=at)


# --- 引戻し -----------------------------------------------------------------------------------


def test_a_return_that_is_pulled_back_closes_the_text_again(office: City) -> None:
    run = propose(a_draft())
    say(run, Outcome.SENT_BACK, comment="日数の根拠を書いてください。")
    assert rule_of(run).state == RouteState.DRAFT

    pull_back(run, holder(HEAD))

    assert rule_of(run).state == RouteState.PROPOSED
    assert open_slot(run).post.code == HEAD
    say(run, Outcome.APPROVED)
    assert_sound()


def test_a_return_stands_once_the_text_was_written_on(office: City) -> None:
    run = propose(a_draft())
    say(run, Outcome.SENT_BACK, comment="日数の根拠を書いてください。")
    change(rule_of(run), "プロジェクトチーム 審査", standard_days=6)

    with refused(NotAllowed, "差戻しの後に改正案が書き直されているため、引き戻せません。"):
        pull_back(run, holder(HEAD))


def test_what_nobody_has_opened_is_pulled_back_written_anew_and_decided(office: City) -> None:
    run = propose(a_draft())
    proposer = holder("SECRETARIAT")

    pull_back(run, proposer)

    draft = rule_of(run)
    assert draft.state == RouteState.DRAFT
    slot = open_slot(run)
    assert (slot.post.code, slot.step_run.kind) == ("SECRETARIAT", StepKind.REVISION)
    taken = Decision.objects.get(run=run, outcome=Outcome.PULLED_BACK)
    assert (taken.decided_by, taken.supersedes and taken.supersedes.outcome) == (
        proposer,
        Outcome.SUBMITTED,
    )
    assert_sound()

    change(draft, "プロジェクトチーム 審査", standard_days=6)
    engine.propose_route_again(
        route=draft,
        slot_id=slot.pk,
        draft_version=draft.draft_version,
        comment="日数を改めました。",
        by=proposer,
        at=AT,
    )
    say(run, Outcome.APPROVED)
    say(run, Outcome.ADOPTED)
    assert rule_of(run).state == RouteState.ACTIVE
    assert_sound()


def test_an_approval_is_pulled_back_by_who_gave_it_and_the_text_stays_frozen(office: City) -> None:
    run = propose(a_draft())
    say(run, Outcome.APPROVED)

    pull_back(run, holder(HEAD))

    assert rule_of(run).state == RouteState.PROPOSED
    assert open_slot(run).post.code == HEAD
    say(run, Outcome.APPROVED)
    assert open_slot(run).post.code == CHAIR
    assert_sound()


def test_what_the_next_holder_has_opened_is_not_pulled_back(office: City) -> None:
    run = propose(a_draft())
    engine.mark_seen(slot=open_slot(run), by=holder(HEAD), at=AT.replace(hour=11, minute=5))

    sentence = (
        f"{holder(HEAD).name}さんが 5/11 11:05 に開いたため、引き戻せません。"
        "直すときは、取り下げるか、担当の方に差戻しを依頼してください。"
    )
    with refused(NotAllowed, sentence):
        pull_back(run, holder("SECRETARIAT"))


def test_what_was_answered_is_not_pulled_back_by_the_proposer(office: City) -> None:
    run = propose(a_draft())
    say(run, Outcome.APPROVED)

    sentence = f"引き戻せるのは、直前に操作した {holder(HEAD).name} さんです。"
    with refused(NotAllowed, sentence):
        pull_back(run, holder("SECRETARIAT"))


def test_only_who_proposed_pulls_back(office: City) -> None:
    run = propose(a_draft())
    colleague, proposer = office.holders("SECRETARIAT")[-1], holder("SECRETARIAT")
    assert colleague != proposer

    with refused(NotAllowed, f"引き戻せるのは、直前に操作した {proposer.name} さんです。"):
        pull_back(run, colleague)


def test_once_pulled_back_there_is_nothing_more_to_pull(office: City) -> None:
    run = propose(a_draft())
    pull_back(run, holder("SECRETARIAT"))

    with refused(NotAllowed, "引き戻せる操作がありません。"):
        pull_back(run, holder("SECRETARIAT"))


def test_what_was_decided_is_not_pulled_back(office: City) -> None:
    run = propose(a_draft())
    say(run, Outcome.APPROVED)
    final = say(run, Outcome.ADOPTED)

    before = state_of()
    with pytest.raises(AlreadyDone) as found:
        pull_back(run, holder(CHAIR))
    assert found.value.decision == final
    assert state_of() == before


def test_a_draft_that_was_never_proposed_has_no_act(office: City) -> None:
    draft = a_draft()

    with pytest.raises(NotFound):
        engine.pull_back_route(route=draft, by=holder("SECRETARIAT"), at=AT)


def test_who_was_told_in_vain_is_told_so(office: City) -> None:
    run = propose(a_draft())
    send()
    pull_back(run, holder("SECRETARIAT"), AT + timedelta(minutes=20))
    send(AT + timedelta(hours=1))

    assert told(Event.PULLED_BACK) == names(holder(HEAD))
    mail = the_mail(Event.PULLED_BACK)
    assert mail.subject == (
        "【業務改革ナビ】引き戻されました（対応は不要です）：経路 RT2 標準（第2版）（経路）"
    )
    assert PAGE in mail.text
    assert_accounted()


# --- お願い -----------------------------------------------------------------------------------


def test_the_secretariat_asks_once_it_is_late_and_the_mail_leads_to_the_version(
    office: City,
) -> None:
    run = propose(a_draft())
    asker = office.holders("SECRETARIAT")[-1]

    asked = nudge(run, asker)
    send(LATE)

    assert (asked.slot, asked.asked_by, asked.asked_at) == (open_slot(run), asker, LATE)
    assert told(Event.REMINDED) == names(holder(HEAD))
    mail = the_mail(Event.REMINDED)
    assert mail.subject == (
        f"【業務改革ナビ】{asker.name}さんから確認のお願いです：経路 RT2 標準（第2版）（経路）"
    )
    assert PAGE in mail.text
    assert "案件" not in mail.text.partition("--")[0]
    assert_accounted()


def test_nobody_is_asked_before_it_is_late_nor_twice_in_two_days(office: City) -> None:
    run = propose(a_draft())
    asker = holder("SECRETARIAT")

    with refused(NotAllowed, "標準の日数のうちです。5/14（木）の期限を過ぎると、お願いできます。"):
        nudge(run, asker, AT)
    nudge(run, asker)
    with refused(AlreadyDone, "5/15（金）にお願い済みです。次は5/19（火）からです。"):
        nudge(run, asker)
    nudge(run, asker, LATE + timedelta(days=4))


def test_nobody_but_the_secretariat_asks(office: City) -> None:
    run = propose(a_draft())

    for code in ("LEADER-SHIMIN", CHAIR, "AUDITOR"):
        with refused(NotAllowed, "改正案の確認をお願いできるのは、案を出した事務局です。"):
            nudge(run, holder(code))


def test_nobody_asks_oneself(office: City) -> None:
    run = propose(a_draft())
    both = office.holders("SECRETARIAT")[-1]
    an_appointment(person=both, post=office.post(HEAD))

    with refused(NotAllowed, "ご自身の番です。"):
        nudge(run, both)


# --- the page ---------------------------------------------------------------------------------


def test_the_page_offers_both_with_their_reasons(office: City) -> None:
    propose(a_draft())

    with time_machine.travel(AT, tick=False):
        early = text_of(client_of("SECRETARIAT").get(PAGE))
    with time_machine.travel(LATE, tick=False):
        late = text_of(client_of("SECRETARIAT").get(PAGE))
        for other in (HEAD, CHAIR, "AUDITOR"):
            page = text_of(client_of(other).get(PAGE))
            assert f"{PAGE}nudge/" not in page
            assert f"{PAGE}pull-back/" not in page

    assert f'href="{PAGE}pull-back/"' in early
    assert "標準の日数のうちです。5/14（木）の期限を過ぎると、お願いできます。" in early
    assert f'action="{PAGE}nudge/"' not in early
    assert f'action="{PAGE}nudge/"' in late


def test_it_is_pulled_back_on_the_page(office: City) -> None:
    run = propose(a_draft())
    client = client_of("SECRETARIAT")

    with time_machine.travel(AT, tick=False):
        asked = client.get(f"{PAGE}pull-back/")
        assert not Decision.objects.filter(outcome=Outcome.PULLED_BACK).exists()
        done = client.post(f"{PAGE}pull-back/", follow=True)
        again = client.post(f"{PAGE}pull-back/")

    assert asked.status_code == 200
    assert messages_of(done) == ["引き戻しました。改めて判断又は提出ができます。"]
    assert "もう一度提出してください" in text_of(done)
    assert rule_of(run).state == RouteState.DRAFT
    assert again.status_code == 403


def test_a_page_that_came_too_late_says_who_opened_it(office: City) -> None:
    propose(a_draft())
    client = client_of("SECRETARIAT")

    with time_machine.travel(AT, tick=False):
        client_of(HEAD).get(PAGE)
        before = state_of()
        page = client.get(PAGE)
        asked = client.get(f"{PAGE}pull-back/")
        sent = client.post(f"{PAGE}pull-back/")

    sentence = f"{holder(HEAD).name}さんが 5/11 09:00 に開いたため、引き戻せません。"
    assert sentence in text_of(page)
    assert [asked.status_code, sent.status_code] == [403, 403]
    assert sentence in text_of(asked)
    assert sentence in text_of(sent)
    assert state_of() == before


def test_the_seat_is_asked_on_the_page_once(office: City) -> None:
    propose(a_draft())

    with time_machine.travel(LATE, tick=False):
        client = client_of("SECRETARIAT")
        first = client.post(f"{PAGE}nudge/", follow=True)
        second = client.post(f"{PAGE}nudge/", follow=True)

    done = "「RT2 標準（第2版）」の確認を、%sにお願いしました。メールでもお知らせします。"
    assert messages_of(first) == [done % office.post(HEAD).title]
    assert messages_of(second) == ["5/15（金）にお願い済みです。次は5/19（火）からです。"]
    assert Nudge.objects.count() == 1
