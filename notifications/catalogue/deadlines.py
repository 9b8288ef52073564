"""What is told of a deadline on which day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifications.enums import Event

if TYPE_CHECKING:
    from datetime import date


def event_on(day: date, due_on: date) -> Event:
    """Before, on or after the day on which something is due."""
    if day < due_on:
        return Event.DUE_SOON
    return Event.DUE_TODAY if day == due_on else Event.OVERDUE
