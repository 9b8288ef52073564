"""The table of notices is complete: nothing can happen that nobody thought of telling."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.urls import resolve

from notifications.catalogue import (
    CORRECTIONS,
    NO_MAIL,
    NO_TURN,
    NOTICES,
    OF_OUTCOME,
    OF_READING,
    TURNS,
    Notice,
    Turn,
    event_of,
)
from notifications.enums import Event, Reason, Why
from workflow.enums import READING_KINDS, Outcome, RunKind, StepKind
from workflow.outcomes import STATIONS

pytestmark = pytest.mark.once

BODIES = Path(settings.BASE_DIR) / "templates" / "notifications" / "email" / "body"


def test_every_event_has_a_notice() -> None:
    assert set(NOTICES) == set(Event) - {Event.SECRET}


def test_every_kind_of_step_is_asked_for_or_says_why_not() -> None:
    assert set(TURNS) | set(NO_TURN) == set(StepKind)
    assert not set(TURNS) & set(NO_TURN)
    assert set(OF_READING) == READING_KINDS


def test_every_text_that_may_come_back_is_asked_for() -> None:
    assert set(CORRECTIONS) == set(RunKind) - {RunKind.CYCLE}


def test_every_outcome_is_told_or_says_why_not() -> None:
    silent = {outcome for outcome, _kind in NO_MAIL}

    assert set(OF_OUTCOME) | silent == set(Outcome)
    assert set(OF_OUTCOME) & silent == {Outcome.OBJECTED}


@pytest.mark.parametrize("kind", StepKind)
def test_every_answer_at_a_station_is_told_or_says_why_not(kind: StepKind) -> None:
    for outcome in STATIONS[kind]:
        is_told = event_of(outcome, kind) is not None
        assert is_told != ((outcome, kind) in NO_MAIL), outcome


def test_no_outcome_has_two_events() -> None:
    outcomes = [outcome for notice in NOTICES.values() for outcome in notice.outcomes]

    assert len(outcomes) == len(set(outcomes))


def test_every_notice_has_its_body() -> None:
    assert {notice.template for notice in NOTICES.values()} == {
        path.stem for path in BODIES.glob("*.txt")
    }


def test_what_asks_for_work_cannot_be_switched_off() -> None:
    assert not NOTICES[Event.YOUR_TURN].may_be_switched_off
    assert not NOTICES[Event.SENT_BACK].may_be_switched_off


LEADING: tuple[Notice | Turn, ...] = (*NOTICES.values(), *TURNS.values(), *CORRECTIONS.values())


@pytest.mark.parametrize("path", sorted({each.path for each in LEADING} | {"/inbox/"}))
def test_every_link_leads_to_a_page(path: str) -> None:
    assert resolve(path.format(reference="R8-001", slot=1, announcement=1))


def test_mails_spell_procedure_as_official_documents_do() -> None:
    templates = (Path(settings.BASE_DIR) / "templates" / "notifications").rglob("*.*")
    texts = [path.read_text(encoding="utf-8") for path in templates]
    texts += [
        str(label) for notice in NOTICES.values() for label in (notice.subject, notice.heading)
    ]
    texts += [str(label) for label in (*Why.labels, *Reason.labels)]

    assert [text for text in texts if "手続き" in text] == []
