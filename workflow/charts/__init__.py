"""Where cases stand, as plain data: who holds each, since when, until when, what comes next."""

from workflow.charts.lines import (
    Ball,
    ball_lines,
    ball_of,
    closing_days,
    following_words,
    is_late,
    lines_of,
    next_title,
    open_slots,
)
from workflow.charts.seats import People, Seat, seats_today

__all__ = [
    "Ball",
    "People",
    "Seat",
    "ball_lines",
    "ball_of",
    "closing_days",
    "following_words",
    "is_late",
    "lines_of",
    "next_title",
    "open_slots",
    "seats_today",
]
