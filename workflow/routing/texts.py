"""The text of a route version, apart from its rows: what is frozen, checked and compared."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from workflow.enums import (
    READING_KINDS,
    STATION_OF,
    DeadlineAction,
    DeputyPolicy,
    Mode,
    RunKind,
    SendBackTarget,
    StepKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workflow.models import Route, RouteStep

LISTS: Final = ("who_argument", "fallback", "may_return_to")
"""Columns of a step that hold several codes."""


@dataclass(frozen=True)
class StepText:
    """One step as it is written. The station follows from the kind."""

    order: int
    kind: str
    title: str
    who: str
    standard_days: int
    clause: str
    who_argument: tuple[str, ...] = ()
    condition: Mapping[str, Any] = field(default_factory=dict)
    mode: str = Mode.ALL
    quorum: int = 1
    deputy: str = DeputyPolicy.ALLOWED
    may_skip: bool = False
    fallback: tuple[str, ...] = ()
    at_deadline: str = DeadlineAction.REMIND
    escalate_to: str = ""
    may_return_to: tuple[str, ...] = tuple(SendBackTarget)

    @classmethod
    def of(cls, row: RouteStep) -> StepText:
        """The text of a stored step."""
        values = {name: getattr(row, name) for name in cls.__dataclass_fields__}
        return cls(**{**values, **{name: tuple(values[name]) for name in LISTS}})

    @property
    def station(self) -> str:
        """Where the step is worked on; empty for a kind that no route has."""
        return STATION_OF.get(StepKind(self.kind), "") if self.kind in StepKind.values else ""

    @property
    def is_reading(self) -> bool:
        """後閲 or 供覧: it never holds a case."""
        return self.kind in READING_KINDS


@dataclass(frozen=True)
class RouteText:
    """A version as it is written; ``effective_to`` comes with its successor and is no part."""

    code: str
    version: int
    name: str
    kind: str
    priority: int
    clause: str
    effective_from: date
    revision_kinds: tuple[str, ...] = ()
    condition: Mapping[str, Any] = field(default_factory=dict)
    purpose: str = ""
    steps: tuple[StepText, ...] = ()

    @classmethod
    def of(cls, route: Route, steps: Iterable[RouteStep]) -> RouteText:
        """The text of a stored version."""
        names = [name for name in cls.__dataclass_fields__ if name != "steps"]
        values = {name: getattr(route, name) for name in names}
        values["revision_kinds"] = tuple(values["revision_kinds"])
        return cls(**values, steps=tuple(StepText.of(row) for row in steps))

    @property
    def is_of_cases(self) -> bool:
        """Whether proposals take it, and not the questions about running cases or rules."""
        return self.kind == RunKind.PROJECT

    def to_json(self) -> dict[str, Any]:
        """What a revision freezes."""
        return {**asdict(self), "effective_from": self.effective_from.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RouteText:
        """Read a frozen text back."""
        steps = [
            StepText(**{**row, **{name: tuple(row[name]) for name in LISTS}})
            for row in data["steps"]
        ]
        read = {
            "effective_from": date.fromisoformat(data["effective_from"]),
            "revision_kinds": tuple(data["revision_kinds"]),
            "steps": tuple(steps),
        }
        return cls(**{**data, **read})
