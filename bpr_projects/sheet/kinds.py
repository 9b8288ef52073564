"""The kinds of questions a sheet may have, and the lists that their codes come from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from django.db.models import TextChoices
    from django_stubs_ext import StrOrPromise

MOST_YEN: Final = 10_000_000_000
"""The largest amount that a form takes, of one expense and of a running total."""


class Kind(StrEnum):
    """How a value is typed, checked and shown; the JSON it is stored as stands behind it."""

    LINE = "line"  # str
    TEXT = "text"  # str with line breaks
    COUNT = "count"  # int
    DECIMAL = "decimal"  # int or float
    YEN = "yen"  # int
    DAY = "day"  # ISO date
    FLAG = "flag"  # bool
    CHOICE = "choice"  # one code
    CHOICES = "choices"  # codes; of the articles their numbers
    NOTES = "notes"  # code -> short text
    PEOPLE = "people"  # employee numbers
    PATH = "path"  # [{"year": fiscal year, "value": number}]
    ROWS = "rows"  # dicts by the names of ``columns``


class Lookup(StrEnum):
    """Lists of the plan and the city, kept in the database."""

    AREA = "area"
    SECTION = "section"
    TOOL = "tool"
    UPPER_PLAN = "upper_plan"
    ARTICLE = "article"
    PRINCIPLE = "principle"


class Materiality(StrEnum):
    """What of a reform an answer is about: whose yes on it no longer stands when it changes."""

    WORDING = "wording"  # names, notes, references: what is done stays the same
    WORK = "work"  # how the section describes its own work
    EFFECT = "effect"  # what it is worth, and by which evidence
    SCHEDULE = "schedule"  # from when, until when, in which order
    COST = "cost"  # money, budget, public funds
    DATA = "data"  # what is done with data, and where
    CONTENT = "content"  # the reform itself
    SCOPE = "scope"  # whose work and whom it concerns: the form, too, is checked anew


@dataclass(frozen=True)
class Field:
    """One question of the sheet, or one column of a question that is answered in rows.

    ``limit`` is characters for text, the largest value for numbers; ``may_be_negative`` widens it
    to both sides. ``drives_route``: the answer is a fact by which the route is chosen.
    ``materiality``: every question has one, no column.
    """

    name: str
    part: str
    kind: Kind
    label: StrOrPromise
    required: bool = True
    limit: int = 0
    unit: StrOrPromise = ""
    help: StrOrPromise = ""
    drives_route: bool = False
    materiality: Materiality | None = None
    may_be_negative: bool = False
    lookup: Lookup | None = None
    choices: type[TextChoices] | None = None
    columns: tuple[Field, ...] = ()
    most: int = 0
    noun: StrOrPromise = ""


def optional(name: str, part: str, kind: Kind, label: StrOrPromise, **more: object) -> Field:
    """A question that a sheet may leave open."""
    return Field(name, part, kind, label, required=False, **more)  # type: ignore[arg-type]


def column(name: str, kind: Kind, label: StrOrPromise, **more: object) -> Field:
    """A column of rows."""
    return Field(name, "", kind, label, **more)  # type: ignore[arg-type]
