"""Keys and places in lists, as addresses name them. What names none is None, never an error."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

KEY_DIGITS: Final = 19
"""A number of fewer digits fits a key of the database."""


def key_of(text: str | None) -> int | None:
    """A number that fits a key of the database."""
    is_key = text is not None and text.isascii() and text.isdecimal() and len(text) < KEY_DIGITS
    return int(text) if is_key and text is not None else None


def cursor_text(moment: datetime, key: int) -> str:
    """A place in a list that is ordered by a moment and then by key."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{key}"


def cursor_of(text: str) -> tuple[datetime, int] | None:
    """Read ``cursor_text`` back."""
    moment, _dash, key = text.partition("-")
    found = key_of(key)
    if found is None:
        return None
    try:
        return datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), found
    except ValueError:
        return None
