"""What a fact asks of its reader, and the page to which its mail and its notice lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notifications.catalogue.lines import INBOX
from notifications.catalogue.notices import NOTICES
from notifications.catalogue.turns import CORRECTIONS, TURNS
from notifications.enums import Event
from workflow.enums import RunKind, StepKind

if TYPE_CHECKING:
    from notifications.catalogue.lines import Turn
    from notifications.models import OutboxMessage
    from workflow.models import Slot

OF_OTHERS: Final = frozenset(
    {
        Event.UNHELD,
        Event.PAPER_WAITING,
        Event.DELAY_TOLD,
        Event.NOT_REMINDED,
        Event.NOT_RESUMED,
    }
)
"""Facts about work that the reader is not asked to answer."""

OF_THE_LEDGER: Final = frozenset({Event.LEDGER_CHECKED, Event.ANCHOR_FAILED})
"""Facts about no case."""


def work_of(message: OutboxMessage) -> Slot | None:
    """What the addressee is asked to do.

    All who write a proposal correct it; a change, stop or roll-out, whoever holds its seat.
    """
    run = message.run
    is_of_a_seat = run is not None and run.kind != RunKind.PROJECT
    return None if is_of_a_seat and message.post is None else message.slot


def turn_of(message: OutboxMessage) -> Turn | None:
    """How the addressee is asked for it."""
    work, run = work_of(message), message.run
    if work is None or run is None or message.event in OF_OTHERS:
        return None
    kind = StepKind(work.step_run.kind)
    return CORRECTIONS[RunKind(run.kind)] if kind == StepKind.REVISION else TURNS[kind]


def place_of(message: OutboxMessage) -> str:
    """The path of the page where the matter stands; opening it never acts."""
    notice = NOTICES[Event(message.event)]
    if message.announcement_id is not None:
        return notice.path.format(announcement=message.announcement_id)
    if message.project is None:
        is_elsewhere = message.absence_id is not None or message.event in OF_THE_LEDGER
        return notice.path if is_elsewhere else _rule_path(message)
    turn = turn_of(message)
    path = turn.path if turn else notice.path
    address = path.format(reference=message.project.reference, slot=message.slot_id)
    remark = message.comment_id
    return f"{address}?thread={remark}#c{remark}" if remark else address


def _rule_path(message: OutboxMessage) -> str:
    """The version of a route that the fact is about."""
    run = message.run
    if run is None or run.rule is None:
        return INBOX
    return f"/routes/{run.rule.code}/{run.rule.version}/"
