"""The evidence of a decision: which text, which rule, which authority, and where in the chain."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records import ledger
from records.models import LedgerEntry
from roles.models import Appointment, Post
from tests.make import (
    AT,
    a_delegation,
    a_project,
    an_absence,
    dispose,
    holder,
    record_phase,
    resubmit,
    say,
    the_slot,
    walk,
    withdraw,
)
from tests.workflow.pages import client_of, text_of
from tests.workflow.papers import confirm, register
from workflow import engine
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, Route, Run
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.test import Client
    from pytest_django import Settings

    from bpr_projects.models import Project
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

CHECKS: Final = "/checks/"
MOST_QUERIES: Final = 12


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture(autouse=True)
def anchors(settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "anchors.jsonl"
    settings.ANCHOR_FILE = path
    return path


def url_of(decision: Decision, ending: str = "/") -> str:
    assert decision.project is not None
    return f"/p/{decision.project.reference}/decisions/{decision.pk}{ending}"


def evidence_of(client: Client, decision: Decision) -> dict[str, Any]:
    found: dict[str, Any] = client.get(url_of(decision, ".json")).json()
    return found


def test_the_evidence_says_what_by_which_rule_on_what_authority_and_where(
    office: City, anchors: Path
) -> None:
    said = say(a_project(), Outcome.APPROVED, comment="市民の負担が減る。")
    ledger.write_anchor(anchors, at=AT)

    found = evidence_of(client_of("HEAD-SHIMIN"), said)

    run = Run.objects.select_related("route", "revision").get(pk=said.run_id)
    appointed = Appointment.objects.get(post__code="HEAD-SHIMIN")
    assert run.route is not None
    assert run.revision is not None
    assert (found["decision"]["outcome"], found["decision"]["post"]["title"]) == (
        "APPROVED",
        "市民課長",
    )
    assert found["revision"]["hash"] == run.revision.content_hash
    assert found["rule"]["route"] == str(run.route)
    assert found["rule"]["clause"] == said.clause
    assert found["rule"]["step"]["担当の定め"] == "所管課の所属長"
    assert found["authority"]["snapshot"] == said.authority
    assert found["authority"]["entry"]["seq"] == appointed.ledger_entry_id
    assert found["authority"]["entry"]["payload"]["person"] == said.decided_by_id
    assert found["entry"]["hash"] == said.entry.hash
    assert found["entry"]["payload"] == said.entry.payload
    assert [(each["name"], each["is_sound"]) for each in found["checks"]] == [
        ("row", True),
        ("links", True),
        ("texts", True),
        ("rows", True),
        ("authority", True),
        ("anchors", True),
    ]
    assert found["anchors"]["count"] == 1
    assert found["texts"] == [
        {
            "name": "comment",
            "sha256": ledger.sha256_of("市民の負担が減る。"),
            "text": "市民の負担が減る。",
            "blanked_at": None,
        }
    ]


def test_the_page_says_the_same_in_words(office: City) -> None:
    said = say(a_project(), Outcome.APPROVED, comment="市民の負担が減る。")

    page = text_of(client_of("HEAD-SHIMIN").get(url_of(said)))

    for words in (
        "市民課長　",
        "本務の任用",
        said.clause,
        "市民の負担が減る。",
        said.entry.hash,
        "所管課の所属長",
        "まだ控えに含まれていません",
    ):
        assert words in page


def test_the_page_draws_its_checks_in_and_leads_to_them_without_javascript(office: City) -> None:
    said = say(a_project(), Outcome.APPROVED)
    browser = client_of("HEAD-SHIMIN")

    page, checks = (text_of(browser.get(url_of(said, end))) for end in ("/", CHECKS))

    url = url_of(said, CHECKS)
    assert f'hx-get="{url}" hx-trigger="load" hx-select="#found" hx-select-oob="#e-results"' in page
    assert page.count(f'href="{url}"') == 2
    for part in ("found", "e-results"):
        assert (page.count(f'id="{part}"'), checks.count(f'id="{part}"')) == (1, 1)
    assert f'href="{url_of(said)}"' in checks
    assert "下の6つをすべて計算し直しました。" in checks
    assert checks.count('<li data-s="ok">') == 6


def test_every_decision_of_a_whole_case_agrees_with_the_ledger(office: City) -> None:
    case = a_project(route="RT3")
    walk(case)
    browser = client_of("SECRETARIAT")

    pages = {
        text_of(browser.get(url_of(each, CHECKS))).count("記録と一致しています")
        for each in Decision.objects.filter(project=case)
    }

    assert pages == {1}


def test_the_history_and_the_stamps_lead_to_the_evidence(office: City) -> None:
    said = say(a_project(), Outcome.APPROVED)
    assert said.project is not None
    browser = client_of("HEAD-SHIMIN")

    history = text_of(browser.get(f"/p/{said.project.reference}/history/"))
    case = text_of(browser.get(f"/p/{said.project.reference}/"))

    for page in (history, case):
        assert f'href="{url_of(said)}"' in page


def test_a_deputy_s_evidence_names_both(office: City) -> None:
    case = a_project()
    deputy = holder("HEAD-ZEIMU")
    row = a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)
    said = say(case, Outcome.APPROVED, by=deputy)

    found = evidence_of(client_of("SECRETARIAT"), said)
    page = text_of(client_of("SECRETARIAT").get(url_of(said)))

    assert found["authority"]["entry"]["seq"] == row.ledger_entry_id
    assert found["decision"]["on_behalf_of"] == holder("HEAD-SHIMIN").name
    assert "代理の指名" in page


def test_a_text_that_was_replaced_leads_to_its_version(office: City) -> None:
    case = a_project()
    said = say(case, Outcome.SENT_BACK)
    resubmit(case, minutes_after=20)

    page = text_of(client_of("HEAD-SHIMIN").get(url_of(said)))

    assert f"/p/{case.number}/versions/?to=1&all=1" in page


def test_an_earlier_round_shows_the_route_that_it_took(office: City) -> None:
    case = a_project(route="RT5", to=StepKind.RECEPTION)
    say(case, Outcome.SENT_BACK)
    case = resubmit(case, is_pilot=False, cost=680_000, budget_measure="INITIAL")
    walk(case, to=StepKind.REVIEW)
    auditor = client_of("AUDITOR")

    rules = [evidence_of(auditor, said)["rule"] for said in Decision.objects.order_by("pk")]

    names = {route.code: str(route) for route in Route.objects.filter(code__in=("RT3", "RT5"))}
    taken = [names["RT5"]] * 4 + [names["RT3"]] * 2
    assert [rule["route"] for rule in rules] == taken
    assert [rule["why_this_route"] is None for rule in rules] == [True] * 4 + [False] * 2


def test_what_was_lawfully_disposed_of_says_so_and_is_sound(office: City) -> None:
    case = a_project()
    said = say(case, Outcome.APPROVED, comment="市民の負担が減る。")
    withdraw(case)
    case.refresh_from_db()
    dispose(case)

    found = evidence_of(client_of("HEAD-SHIMIN"), said)

    assert [each["text"] for each in found["texts"]] == ["廃棄済"]
    assert all(each["is_sound"] for each in found["checks"])


def test_a_score_stays_hidden_until_the_own_one_is_in(office: City) -> None:
    case = a_project(to=StepKind.REVIEW)
    slots = list(the_slot(case).step_run.slots.select_related("post").order_by("pk"))
    said = say(case, Outcome.SCORED, slot=slots[0], comment="効果が大きい。")
    other = client_of(slots[1].post.code)

    found = evidence_of(other, said)
    page = text_of(other.get(url_of(said)))
    own = evidence_of(client_of(slots[0].post.code), said)

    assert (found["entry"], found["texts"][0]["text"]) == (None, None)
    assert "効果が大きい。" not in page
    assert str(said.total) not in found["decision"]["words"]
    assert own["texts"][0]["text"] == "効果が大きい。"
    assert own["entry"]["payload"]["total"] == said.total


def test_whoever_does_not_see_the_case_sees_no_evidence(office: City) -> None:
    said = say(a_project(), Outcome.APPROVED)
    other = a_project()

    for ending in ("/", CHECKS, ".json"):
        assert client_of("LEADER-ZEIMU").get(url_of(said, ending)).status_code == 404
        elsewhere = f"/p/{other.reference}/decisions/{said.pk}{ending}"
        assert client_of("HEAD-SHIMIN").get(elsewhere).status_code == 404
        nothing = f"/p/{other.reference}/decisions/{2**63}{ending}"
        assert client_of("HEAD-SHIMIN").get(nothing).status_code == 404


def test_an_unreadable_anchor_file_is_said(office: City, anchors: Path) -> None:
    said = say(a_project(), Outcome.APPROVED)
    anchors.write_text("not an anchor\n", encoding="utf-8")

    browser = client_of("HEAD-SHIMIN")

    assert "控えのファイルを読めません" in text_of(browser.get(url_of(said)))
    assert "記録と一致しません" in text_of(browser.get(url_of(said, CHECKS)))


def test_an_anchor_that_the_chain_does_not_hold_is_said(office: City, anchors: Path) -> None:
    said = say(a_project(), Outcome.APPROVED)
    head = LedgerEntry.objects.latest("seq")
    line = ledger.Anchor(head.seq, "0" * 64, head.seq, AT).as_line()
    anchors.write_text(f"{line}\n", encoding="utf-8")

    found = evidence_of(client_of("HEAD-SHIMIN"), said)

    assert [each["name"] for each in found["checks"] if not each["is_sound"]] == ["anchors"]


def own() -> Decision:
    return say(a_project(), Outcome.APPROVED)


def a_deputys() -> Decision:
    case, deputy = a_project(), holder("HEAD-ZEIMU")
    a_delegation(post=Post.objects.get(code="HEAD-SHIMIN"), deputy=deputy)
    return say(case, Outcome.APPROVED, by=deputy)


def acting() -> Decision:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    an_absence(person=holder("HEAD-DIGITAL"))
    by = holder("DEPT-SOMUBU")
    return say(case, Outcome.ADOPTED, by=by, urgent_reason="本日中に要るため")


def on_paper() -> Decision:
    return confirm(register(a_project(to=StepKind.DECISION, route="RT2")))


def final() -> Decision:
    case = a_project(to=StepKind.DECISION)
    return say(case, Outcome.ADOPTED_WITH_CONDITIONS)


def corrected() -> Decision:
    before = final()
    assert before.project is not None
    engine.correct(
        project=before.project,
        decision_id=before.pk,
        answer=Answer(comment="言葉を改める。", correction="誤記のため。"),
        by=before.decided_by,
        at=AT,
    )
    return Decision.objects.get(pk=before.pk)


def correction() -> Decision:
    return corrected().superseded_by


def taken_back() -> Decision:
    case = a_project()
    engine.pull_back(project=case, by=case.proposer, at=AT)
    return Decision.objects.get(project=case, outcome=Outcome.SUBMITTED)


def carried_over() -> Decision:
    case = a_project(route="RT2", to=StepKind.DECISION)
    say(case, Outcome.SENT_BACK)
    resubmit(case)
    return Decision.objects.filter(project=case, outcome=Outcome.CARRIED_OVER).latest("pk")


def scored() -> Decision:
    return say(a_project(to=StepKind.REVIEW), Outcome.SCORED)


def of_a_phase() -> Decision:
    case = a_project(route="RT1", to=StepKind.OBSERVE)
    record_phase(case)
    return Decision.objects.get(project=case, outcome=Outcome.RECORDED)


KINDS: Final = (
    own,
    a_deputys,
    acting,
    on_paper,
    final,
    corrected,
    correction,
    taken_back,
    carried_over,
    scored,
    of_a_phase,
)


@pytest.mark.parametrize("ending", ["/", CHECKS])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_evidence_of_any_decision_costs_as_little_as_any_page(
    office: City, anchors: Path, kind: Callable[[], Decision], ending: str
) -> None:
    said = kind()
    ledger.write_anchor(anchors, at=AT)
    costs, pages = {}, {}
    for seat in ("HEAD-SHIMIN", "PT-SHIMIN", "HQ-CHAIR", "SECRETARIAT", "AUDITOR"):
        browser = client_of(seat)
        if browser.get(url_of(said, ending)).status_code == HTTPStatus.OK:
            with CaptureQueriesContext(connection) as queries:
                pages[seat] = text_of(browser.get(url_of(said, ending)))
            costs[seat] = sum("SAVEPOINT" not in each["sql"] for each in queries)

    assert costs.keys() >= {"HEAD-SHIMIN", "SECRETARIAT", "AUDITOR"}
    assert {seat: cost for seat, cost in costs.items() if cost > MOST_QUERIES} == {}
    sound = {"記録と一致しています。" in page for page in pages.values()}
    assert sound == {ending == CHECKS}


@pytest.mark.parametrize("ending", ["/", CHECKS, ".json"])
def test_the_evidence_costs_the_same_however_long_the_history_is(office: City, ending: str) -> None:
    case: Project = a_project()
    first = say(case, Outcome.APPROVED)
    say(case, Outcome.RECEIVED)
    browser = client_of("SECRETARIAT")
    browser.get(url_of(first, ending))

    with CaptureQueriesContext(connection) as short:
        browser.get(url_of(first, ending))
    walk(case, to=StepKind.REFERRAL)
    with CaptureQueriesContext(connection) as long:
        browser.get(url_of(first, ending))

    assert len(short) == len(long)
