"""What the story files say, as typed rows; ``cities/sample_story.toml`` explains the words."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import date, time
from typing import TYPE_CHECKING, Any, Final

from bpr_projects import calendar
from workflow.enums import Outcome, SendBackTarget
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from pathlib import Path

SCORE_NAMES: Final = ("N1", "N2", "N3", "N4", "N5", "N6", "effect", "feasibility")


@dataclass(frozen=True)
class Event:
    """One line of a case's story. ``day``: business days before the day of loading."""

    day: int
    at: time
    do: str
    more: dict[str, Any]


@dataclass(frozen=True)
class Line:
    """An answer that a post gives in place of the usual one, once."""

    post: str
    outcome: Outcome | None
    answer: Answer
    kind: str = ""
    run: str = ""


@dataclass(frozen=True)
class Script:
    """A sample idea: the answers of its sheet, what happens, and what is said."""

    code: str
    section: str
    sheet: dict[str, Any]
    events: tuple[Event, ...] = ()
    lines: list[Line] = field(default_factory=list)
    is_hurried: bool = False
    """Nobody's look is recorded before the answer: there are many of these."""


@dataclass(frozen=True)
class Story:
    """Everything that is told, and the sentences for answers that the story leaves open."""

    scripts: tuple[Script, ...]
    usual: dict[str, list[str]]


def read(ideas_file: Path, story_file: Path) -> Story:
    """Both files together; an idea without events stays a draft."""
    ideas = json.loads(ideas_file.read_text(encoding="utf-8"))["ideas"]
    told = tomllib.loads(story_file.read_text(encoding="utf-8"))
    return Story(
        scripts=tuple(_script(idea, told.get(idea["code"], {})) for idea in ideas),
        usual=told["usual"],
    )


def _script(idea: dict[str, Any], told: dict[str, Any]) -> Script:
    sheet = {
        "title": idea["title"],
        "area": idea["area"],
        "problem": idea["asis"],
        "reform": idea["tobe"],
        "cost": idea["cost"],
        **idea["sheet"],
    }
    return Script(
        code=idea["code"],
        section=sheet["section"],
        sheet=sheet,
        events=tuple(_event(row) for row in told.get("events", [])),
        lines=[_line(row) for row in told.get("says", [])],
    )


def _event(row: dict[str, Any]) -> Event:
    more = {key: value for key, value in row.items() if key not in ("day", "at", "do")}
    return Event(row["day"], time.fromisoformat(row["at"]), row["do"], more)


def _line(row: dict[str, Any]) -> Line:
    answer = Answer(
        comment=row.get("comment", ""),
        target=SendBackTarget(row.get("target", SendBackTarget.PROPOSER)),
        until=row.get("until", ""),
        scores=dict(zip(SCORE_NAMES, row.get("scores", []), strict=bool(row.get("scores")))),
        conditions=tuple((text, section, due) for text, section, due in row.get("conditions", [])),
        reply=row.get("reply", ""),
    )
    outcome = Outcome(row["outcome"]) if "outcome" in row else None
    return Line(row["post"], outcome, answer, row.get("kind", ""), row.get("run", ""))


def dated(value: Any, today: date, closures: frozenset[date]) -> Any:
    """``"+20"`` is the day 20 business days after ``today``; everything else is itself."""
    if isinstance(value, str) and value.startswith("+") and value[1:].isdigit():
        return calendar.add_business_days(today, int(value[1:]), closures).isoformat()
    return value
