"""All of what is told, and why the rest is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notifications.catalogue.company import OF_COMPANY
from notifications.catalogue.keeping import OF_KEEPING
from notifications.catalogue.results import OF_RESULTS
from notifications.catalogue.work import OF_WORK
from notifications.enums import Event
from workflow.enums import Outcome, StepKind
from workflow.outcomes import STATIONS

if TYPE_CHECKING:
    from notifications.catalogue.lines import Notice

NOTICES: Final[dict[Event, Notice]] = {**OF_WORK, **OF_RESULTS, **OF_COMPANY, **OF_KEEPING}
"""Event -> how it is told.

``Event.SECRET`` brings its own words (``outbox.post_secret``); ``Event.SUMMARY`` joins others.
"""

OF_OUTCOME: Final[dict[Outcome, Event]] = {
    outcome: event for event, notice in NOTICES.items() for outcome in notice.outcomes
}
"""Outcome of a decision -> the event that tells it."""

OF_READING: Final[dict[StepKind, Event]] = {
    StepKind.POST_READING: Event.POST_READING,
    StepKind.CIRCULATION: Event.CIRCULATION,
}
"""Kind of a reading -> the event that tells it."""

NO_MAIL: Final[dict[tuple[Outcome, StepKind | None], str]] = {
    (Outcome.SUBMITTED, None): "the next station is told that it is its turn",
    (Outcome.RESUBMITTED, StepKind.REVISION): "as SUBMITTED",
    (Outcome.APPROVED, StepKind.CONFIRMATION): "intermediate: the page shows it, the next is asked",
    (Outcome.APPROVED, StepKind.APPROVAL): "as the confirmation",
    (Outcome.RECEIVED, StepKind.RECEPTION): "intermediate",
    (Outcome.SCORED, StepKind.REVIEW): "hidden from the others until their own is in",
    **{
        (Outcome.RECUSED, kind): "the next is asked; a seat that nobody may answer for: UNHELD"
        for kind, outcomes in STATIONS.items()
        if Outcome.RECUSED in outcomes
    },
    (Outcome.REFERRED, StepKind.REFERRAL): "intermediate",
    (Outcome.REFERRED_CONDITIONALLY, StepKind.REFERRAL): "an opinion, not the result",
    (Outcome.REFERRED_AGAINST, StepKind.REFERRAL): "an opinion, not the result",
    (Outcome.AGREED, StepKind.CONCURRENCE): "intermediate",
    (Outcome.AGREED_WITH_OPINION, StepKind.CONCURRENCE): "the decider reads it",
    (Outcome.AGREED, StepKind.DELIBERATION): "intermediate",
    (Outcome.AGREED_WITH_OPINION, StepKind.DELIBERATION): "the decider reads it",
    (Outcome.OBJECTED, StepKind.DELIBERATION): "a member's vote; nobody has to arrange anything",
    (Outcome.SETTLED, StepKind.MEDIATION): "those who took part in the 協議 know",
    (Outcome.UNSETTLED, StepKind.MEDIATION): "as SETTLED; the decider must answer it",
    (Outcome.ESCALATED, StepKind.STANDING_DECISION): "the 本部長 is told that it is the turn",
    (Outcome.RECORDED, StepKind.OBSERVE): "the same seat goes on",
    (Outcome.RECORDED, StepKind.ORIENT): "the same seat goes on",
    (Outcome.RECORDED, StepKind.DECIDE): "the 所属長 gets 供覧, or headquarters is asked",
    (Outcome.RECORDED, StepKind.ACT): "the same seat goes on, or headquarters is asked",
    (Outcome.SKIPPED, None): "the rule's doing, on the record",
    (Outcome.CARRIED_OVER, None): "as SKIPPED",
    (Outcome.CLOSED, None): "the next station is asked; unsent requests are superseded",
    (Outcome.HALTED, None): "the leader is told that it is the turn again, with the reason",
    (Outcome.RESTRICTED, None): "nobody has to do anything; the page and its history show it",
    (Outcome.UNRESTRICTED, None): "as RESTRICTED",
}
"""(Outcome, kind of step) -> why nobody is mailed. No kind: not an answer at a step."""


def event_of(outcome: Outcome, kind: StepKind | None) -> Event | None:
    """The event that tells an outcome at a kind of step, or none by ``NO_MAIL``."""
    if (outcome, kind) in NO_MAIL:
        return None
    return OF_OUTCOME.get(outcome)
