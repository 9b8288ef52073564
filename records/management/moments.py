"""A moment as somebody types it on a command line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime

from django.utils.timezone import is_naive, make_aware


def moment(text: str) -> datetime:
    """For ``add_argument(type=moment)``: without a zone it is the city's own time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        sentence = f"日時として読めません: {text}（例: 2026-06-03T12:00）"
        raise ArgumentTypeError(sentence) from None
    return make_aware(found) if is_naive(found) else found
