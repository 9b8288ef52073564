"""関係者限り: the 事務局 takes a case from the eyes of all staff, and gives it back to them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from bpr_projects.access import visible_to
from records import ledger
from records.models import LedgerText
from tests.make import AT, a_draft, a_project, holder, say, withdraw
from tests.proof import assert_sound, refused
from tests.workflow.pages import TYPED, client_of, messages_of, said, text_of
from workflow import access, engine
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound, Unanswered
from workflow.enums import Outcome, StepKind
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = [pytest.mark.usefixtures("office"), pytest.mark.once]

LATER = AT + timedelta(minutes=5)
WHY = "公表前の入札の情報を含むため。"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def running() -> Project:
    return a_project(route="RT1", to=StepKind.OBSERVE)


def restrict(case: Project, by: str = "SECRETARIAT", reason: str = WHY) -> None:
    engine.restrict(project=case, reason=reason, by=holder(by), at=LATER)


def unrestrict(case: Project, by: str = "SECRETARIAT", reason: str = "公表した。") -> None:
    engine.unrestrict(project=case, reason=reason, by=holder(by), at=LATER)


def readers_of(case: Project) -> list[str]:
    posts = ("LEADER-SHIMIN", "HEAD-SHIMIN", "HQ-CHAIR", "AUDITOR", "LEADER-ZEIMU", "LEADER-KIKAKU")
    return [code for code in posts if visible_to(holder(code), LATER).filter(pk=case.pk).exists()]


PARTIES = ["LEADER-SHIMIN", "HEAD-SHIMIN", "HQ-CHAIR", "AUDITOR"]
EVERYBODY = [*PARTIES, "LEADER-ZEIMU", "LEADER-KIKAKU"]


def test_a_running_case_is_taken_from_all_staff_and_given_back(running: Project) -> None:
    assert readers_of(running) == EVERYBODY

    restrict(running)
    assert readers_of(running) == PARTIES

    unrestrict(running)
    assert readers_of(running) == EVERYBODY


def test_who_set_it_when_and_why_is_in_the_ledger(running: Project) -> None:
    restrict(running)

    row = Decision.objects.get(project=running, outcome=Outcome.RESTRICTED)
    assert (row.decided_by, row.post.code, row.decided_at) == (
        holder("SECRETARIAT"),
        "SECRETARIAT",
        LATER,
    )
    texts = LedgerText.objects.filter(entry=row.entry)
    assert list(texts.values_list("name", "text")) == [("comment", WHY)]
    assert ledger.verify().ok
    assert_sound()


def test_what_is_set_before_the_decision_holds_after_it() -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    restrict(case)

    say(case, Outcome.ADOPTED)

    assert readers_of(case) == PARTIES


def test_the_way_of_the_case_goes_on_as_it_stood() -> None:
    case = a_project()
    restrict(case)

    assert access.may(holder("LEADER-SHIMIN"), "pull_back", case, LATER)
    say(case, Outcome.APPROVED, at=LATER)

    assert said(case) == ["SUBMITTED", "RESTRICTED", "APPROVED"]


@pytest.mark.parametrize("who", ["LEADER-SHIMIN", "HEAD-SHIMIN", "PT-CHAIR", "HQ-CHAIR"])
def test_nobody_but_the_secretariat_sets_it(running: Project, who: str) -> None:
    with refused(running, NotAllowed) as refusal:
        restrict(running, by=who)

    assert refusal.value.message == "公開の範囲を決められるのは、事務局です。"


def test_the_secretariat_s_own_case_is_for_another_member(office: City) -> None:
    case = a_project(post="SECRETARIAT", section="SHIMIN", to=StepKind.REVIEW)
    other = next(each for each in office.holders("SECRETARIAT") if each != case.proposer)

    with refused(case, NotAllowed) as refusal:
        engine.restrict(project=case, reason=WHY, by=case.proposer, at=LATER)
    engine.restrict(project=case, reason=WHY, by=other, at=LATER)

    assert refusal.value.message == (
        "ご自身が提案した案件の公開の範囲は、事務局のほかの方が決めます。"
    )


def test_it_has_a_reason(running: Project) -> None:
    with refused(running, Unanswered) as refusal:
        restrict(running, reason=" ")

    assert refusal.value.problems == {"comment": "理由を入力してください。"}


def test_it_is_set_once_and_lifted_once(running: Project) -> None:
    with refused(running, NotAllowed) as refusal:
        unrestrict(running)
    assert refusal.value.message == "この案件は、「関係者限り」ではありません。"

    restrict(running)
    with refused(running, AlreadyDone) as late:
        restrict(running)
    assert late.value.message.endswith("さんが 5/11 09:05 に「関係者限り」としました。")

    unrestrict(running)
    with refused(running, AlreadyDone):
        unrestrict(running)


def test_what_nobody_else_reads_is_not_restricted() -> None:
    draft, ended = a_draft(), a_project()
    withdraw(ended)

    with refused(draft, NotFound):
        restrict(draft)
    with refused(ended, NotAllowed) as refusal:
        restrict(ended)

    assert refusal.value.message == ("「取下げ」の案件は全職員に公開されないため、行えません。")


# --- the page --------------------------------------------------------------------------------


def test_the_secretariat_presses_the_button_and_the_history_shows_it(running: Project) -> None:
    secretariat = client_of("SECRETARIAT")
    page = f"/p/{running.number}/"
    assert "関係者限りにする" in text_of(secretariat.get(page))
    assert secretariat.post(f"{page}restrict/", {"comment": " "}).status_code == 422

    done = secretariat.post(f"{page}restrict/", {"comment": TYPED}, follow=True)
    again = secretariat.post(f"{page}restrict/", {"comment": TYPED}, follow=True)

    assert messages_of(done) == ["「書かない窓口」を「関係者限り」として記録しました。"]
    assert messages_of(again) == ["すでに記録済みです。二重には記録されていません。"]
    assert "関係者限りを解く" in text_of(done)
    assert "関係者限りにする" not in text_of(done)
    assert TYPED in text_of(secretariat.get(f"{page}history/"))
    assert client_of("LEADER-ZEIMU").get(page).status_code == 404


def test_the_page_of_an_adopted_case_still_says_how_it_was_decided(running: Project) -> None:
    before = client_of("HEAD-SHIMIN").get(f"/p/{running.number}/kessai/").context["lines"]
    restrict(running)

    page = client_of("HEAD-SHIMIN").get(f"/p/{running.number}/kessai/")

    assert [line.what for line in page.context["lines"]] == [line.what for line in before]
