"""What of a text goes into a copy of it: all that still fits, nothing that is over."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from bpr_projects.sheet.fields import FIELDS
from bpr_projects.sheet.kinds import Field, Kind
from bpr_projects.sheet.values import is_empty

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_THE_PROPOSER: Final = ("section", "sections", "partners")
"""Answers that are true for the one who wrote them only."""


def carried(text: Mapping[str, Any], on: date, *, is_own: bool) -> dict[str, Any]:
    """The answers for a new draft. Days that are past that day are left open, in rows too.

    ``is_own``: the same seat proposes again; others fill in their own section and people.
    """
    return {
        field.name: _still(field, text[field.name], on)
        for field in FIELDS
        if not is_empty(text.get(field.name)) and (is_own or field.name not in OF_THE_PROPOSER)
    }


def _still(field: Field, value: Any, on: date) -> Any:
    if field.kind == Kind.ROWS:
        return [
            {
                cell.name: _still(cell, row[cell.name], on)
                for cell in field.columns
                if cell.name in row
            }
            for row in value
        ]
    if field.kind == Kind.DAY and _is_past(value, on):
        return ""
    return value


def _is_past(value: Any, on: date) -> bool:
    return isinstance(value, str) and bool(value) and date.fromisoformat(value) <= on
