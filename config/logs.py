"""Log records as JSON lines: UTC, no line breaks from outside, no personal data."""

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

# Only these extras are written; a mail address, a title or a query string never is.
EXTRAS: Final = ("status_code", "user_id", "event", "subject_id")
incident: ContextVar[str] = ContextVar("incident", default="")
"""The number of the request that is being answered; the page of a failure shows it."""


class JsonLines(logging.Formatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record on one line; an exception without its message, which may quote data."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if number := incident.get():
            line["incident"] = number
        line |= {name: getattr(record, name) for name in EXTRAS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["where"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])[-12:]
            ]
        return json.dumps(line, ensure_ascii=False, default=str)
