"""廃棄 of words: two people, an ended case, and a ledger that stays whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import IntegrityError, transaction

from records import ledger
from records.models import LedgerEntry, LedgerText
from tests.make import AT, a_project, holder, say, withdraw
from tests.workflow.pages import client_of, text_of
from workflow import engine
from workflow.actions.refusals import NotAllowed, NotFound, Unanswered
from workflow.enums import Outcome
from workflow.models import Disposal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpr_projects.models import Project
    from tests.fixtures_city import City

WORDS = "市民の負担が減る。"


def an_ended_case() -> Project:
    case = a_project()
    say(case, Outcome.APPROVED, comment=WORDS)
    withdraw(case)
    case.refresh_from_db()
    return case


def words_of(case: Project) -> set[str]:
    texts = LedgerText.objects.filter(entry__decision__project=case)
    return set(texts.values_list("text", flat=True))


def test_two_people_blank_the_words_and_the_ledger_stays_whole(office: City) -> None:
    case = an_ended_case()
    other = a_project()
    say(other, Outcome.APPROVED, comment=WORDS)
    count = LedgerText.objects.filter(entry__decision__project=case).count()

    asked = engine.ask_for_disposal(
        project=case, reason="保存期間の満了", by=holder("SECRETARIAT"), at=AT
    )
    done = engine.approve_disposal(disposal_id=asked.pk, by=holder("AUDITOR"), at=AT)

    assert (done.texts, words_of(case)) == (count, {""})
    assert WORDS in words_of(other)
    found = ledger.verify()
    assert (found.ok, found.disposed) == (True, count)
    grounds = LedgerEntry.objects.filter(kind=ledger.TEXT_DISPOSAL)
    assert done.entry is not None
    assert {each.payload["ground"]["approval"] for each in grounds} == {done.entry.seq}
    assert done.entry.payload["asked_by"] == holder("SECRETARIAT").pk
    with time_machine.travel(AT, tick=False):
        history = text_of(client_of("SECRETARIAT").get(f"/p/{case.reference}/history/"))
    assert "廃棄済" in history
    assert WORDS not in history


def test_a_case_that_goes_on_keeps_its_words(office: City) -> None:
    case = a_project()
    say(case, Outcome.APPROVED, comment=WORDS)

    with pytest.raises(NotAllowed, match="終了していない"):
        engine.ask_for_disposal(project=case, reason="満了", by=holder("SECRETARIAT"), at=AT)

    assert Disposal.objects.count() == 0


def test_who_asks_gives_a_reason_and_belongs_to_the_office(office: City) -> None:
    case = an_ended_case()
    before = LedgerEntry.objects.count()

    with pytest.raises(Unanswered):
        engine.ask_for_disposal(project=case, reason=" ", by=holder("SECRETARIAT"), at=AT)
    with pytest.raises(NotAllowed):
        engine.ask_for_disposal(project=case, reason="満了", by=holder("AUDITOR"), at=AT)

    assert (Disposal.objects.count(), LedgerEntry.objects.count()) == (0, before)


def test_only_an_auditor_approves_and_nobody_alone(office: City) -> None:
    case = an_ended_case()
    asked = engine.ask_for_disposal(project=case, reason="満了", by=holder("SECRETARIAT"), at=AT)

    for nobody in ("SECRETARIAT", "HQ-CHAIR"):
        with pytest.raises(NotAllowed):
            engine.approve_disposal(disposal_id=asked.pk, by=holder(nobody), at=AT)
    with pytest.raises(NotFound):
        engine.approve_disposal(disposal_id=asked.pk + 1, by=holder("AUDITOR"), at=AT)
    Disposal.objects.update(asked_by=holder("AUDITOR"))
    with pytest.raises(NotAllowed, match="ご自身で"):
        engine.approve_disposal(disposal_id=asked.pk, by=holder("AUDITOR"), at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disposal.objects.update(approved_by=holder("AUDITOR"))

    assert WORDS in words_of(case)


def test_the_same_request_and_approval_are_written_once(office: City) -> None:
    case = an_ended_case()
    request = {"project": case, "reason": "満了", "by": holder("SECRETARIAT"), "at": AT}

    first, second = (engine.ask_for_disposal(**request) for _click in range(2))  # type: ignore[arg-type]
    engine.approve_disposal(disposal_id=first.pk, by=holder("AUDITOR"), at=AT)
    count = LedgerEntry.objects.count()
    engine.approve_disposal(disposal_id=first.pk, by=holder("AUDITOR"), at=AT)

    assert first == second
    assert LedgerEntry.objects.count() == count
    assert ledger.verify().ok


# --- the page ----------------------------------------------------------------------------------


@pytest.fixture
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.mark.usefixtures("_clock")
def test_the_office_asks_and_an_auditor_approves_on_the_page(office: City) -> None:
    case = an_ended_case()
    url = f"/p/{case.reference}/disposal/"
    office_s, auditor = client_of("SECRETARIAT"), client_of("AUDITOR")

    missing = office_s.post(url, {"reason": ""})
    asked = office_s.post(url, {"reason": "保存期間の満了"}, follow=True)
    listed = text_of(auditor.get("/ledger/"))
    unconfirmed = auditor.post(url, {})
    approved = auditor.post(url, {"confirmed": "on"}, follow=True)

    assert (missing.status_code, unconfirmed.status_code) == (422, 422)
    assert "理由を入力してください。" in text_of(missing)
    assert "監査の承認を待ちます。" in text_of(asked)
    assert "承認を待っている本文の廃棄" in listed
    assert "保存期間の満了" in text_of(unconfirmed)
    assert "件を廃棄しました。" in text_of(approved)
    assert words_of(case) == {""}
    assert ledger.verify().ok


@pytest.mark.usefixtures("_clock")
def test_whoever_has_nothing_to_do_is_refused_and_nothing_changes(office: City) -> None:
    case = an_ended_case()
    url = f"/p/{case.reference}/disposal/"

    refused = {
        "auditor, unasked": client_of("AUDITOR").post(url, {"confirmed": "on"}).status_code,
        "leader": client_of("LEADER-SHIMIN").post(url, {"reason": "満了"}).status_code,
        "stranger": client_of("LEADER-ZEIMU").post(url, {"reason": "満了"}).status_code,
    }
    client_of("SECRETARIAT").post(url, {"reason": "満了"})
    refused["office, waiting"] = client_of("SECRETARIAT").post(url, {"confirmed": "on"}).status_code

    assert refused == {
        "auditor, unasked": 403,
        "leader": 403,
        "stranger": 404,
        "office, waiting": 403,
    }
    assert WORDS in words_of(case)


@pytest.mark.usefixtures("_clock")
def test_the_history_of_an_ended_case_leads_there_for_those_who_may(office: City) -> None:
    case = an_ended_case()
    link = f'href="/p/{case.reference}/disposal/"'

    pages = {
        code: link in text_of(client_of(code).get(f"/p/{case.reference}/history/"))
        for code in ("SECRETARIAT", "AUDITOR", "LEADER-SHIMIN")
    }

    assert pages == {"SECRETARIAT": True, "AUDITOR": True, "LEADER-SHIMIN": False}
