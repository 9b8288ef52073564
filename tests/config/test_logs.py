"""What the log says and what it keeps to itself."""

import json
import logging
import sys

from config.logs import JsonLines


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    """A log record as `logging` makes it."""
    made = logging.LogRecord("workflow", logging.INFO, __file__, 1, message, args, None)
    vars(made).update(extra)
    return made


def test_a_record_is_one_line_of_json() -> None:
    line = JsonLines().format(record("two\nlines by %s", "it", user_id=7, title="秘密"))

    assert "\n" not in line
    said = json.loads(line)
    assert said["message"] == "two\nlines by it"
    assert said["user_id"] == 7
    assert said["at"].endswith("+00:00")
    assert "秘密" not in line


def test_an_exception_is_named_and_placed_but_not_quoted() -> None:
    made = record("it broke")
    try:
        raise ValueError("mail address of a person")  # noqa: TRY301 -- the exception is the subject
    except ValueError:
        made.exc_info = sys.exc_info()

    line = JsonLines().format(made)

    said = json.loads(line)
    assert said["exception"] == "ValueError"
    assert said["where"][-1].endswith("test_an_exception_is_named_and_placed_but_not_quoted")
    assert "mail address" not in line
