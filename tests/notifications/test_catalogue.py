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
    default_way,
    event_of,
    may_choose,
    ways_of,
)
from notifications.delivery.checking import MATTERS, SELDOM
from notifications.enums import Event, Reason, Topic, Way, Why
from notifications.models import OutboxMessage
from roles.enums import Role
from workflow.enums import READING_KINDS, Outcome, RunKind, StepKind
from workflow.outcomes import STATIONS

pytestmark = pytest.mark.once

BODIES = Path(settings.BASE_DIR) / "templates" / "notifications" / "email" / "body"


def test_every_event_has_a_notice() -> None:
    assert set(NOTICES) == set(Event) - {Event.SECRET, Event.SUMMARY}


def test_whatever_a_fact_may_be_about_is_read_with_it() -> None:
    about = {each.name for each in OutboxMessage._meta.concrete_fields if each.many_to_one}
    joined = {path.partition("__")[0] for path in MATTERS}

    assert joined | set(SELDOM) == about - {"person"}
    assert not joined & set(SELDOM)


def test_what_is_for_the_secretariat_alone_is_offered_to_nobody_else() -> None:
    keeping = [event for event in NOTICES if NOTICES[event].topic == Topic.KEEPING]

    assert [event for event in may_choose({Role.AUDITOR}) if event in keeping] == keeping
    assert set(may_choose({Role.DX_LEADER})) == set(NOTICES) - set(keeping)


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


@pytest.mark.parametrize("event", NOTICES)
def test_nobody_loses_sight_of_what_has_to_be_done(event: Event) -> None:
    may_be_off = NOTICES[event].may_be_switched_off

    assert default_way(event) in ways_of(event)
    assert (Way.SCREEN in ways_of(event)) == may_be_off
    assert Way.WEEKLY not in ways_of(event) or may_be_off


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
    texts += [
        str(label)
        for label in (*Why.labels, *Reason.labels, *(notice.whom for notice in NOTICES.values()))
    ]

    assert [text for text in texts if "手続き" in text] == []
