"""Days and hours as people type them, as ISO text."""

from __future__ import annotations

from datetime import time

from bpr_projects.calendar import parse_date


def iso_minute(text: str) -> str:
    """2026/12/1 9:00 as ISO text; what is no day and time stays as it was typed."""
    day, _space, hour = text.replace("T", " ").strip().partition(" ")
    try:
        return f"{iso_day(day)}T{time.fromisoformat(hour.strip().zfill(5)):%H:%M}"
    except ValueError:
        return text


def iso_day(text: str) -> str:
    """2026/12/1 or 令和8年12月1日 as ISO text; what is no day stays as it was typed."""
    day = parse_date(text)
    return day.isoformat() if day else text
