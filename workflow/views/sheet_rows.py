"""A sheet as people read it: the print image, the comparison of two texts, the conflict page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from bpr_projects import sheet
from bpr_projects.sheet import Kind, Lists, Table

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Row:
    """One answer: ``is_long`` text keeps its line breaks, ``table`` has rows and notes apart."""

    name: str
    label: str
    text: str
    is_long: bool
    table: Table | None = None


@dataclass(frozen=True)
class ChangedRow:
    """One answer in two texts."""

    name: str
    label: str
    before: str
    after: str


def rows_by_part(answers: Mapping[str, Any], lists: Lists) -> list[tuple[str, str, list[Row]]]:
    """(code, title, rows) of every part of the sheet; its yes/no answers are one row. No query."""
    return [(code, str(title), _rows(code, answers, lists)) for code, title in sheet.PARTS.items()]


def _rows(part: str, answers: Mapping[str, Any], lists: Lists) -> list[Row]:
    fields = [field for field in sheet.FIELDS if field.part == part]
    flags = [field for field in fields if field.kind == Kind.FLAG]
    rows = [_row(field, answers, lists) for field in fields if field.kind != Kind.FLAG]
    if flags:
        said = "、".join(str(field.label) for field in flags if answers.get(field.name))
        rows.append(Row(f"{part}-flags", _("あてはまること"), said or _("なし"), is_long=False))
    return rows


def _row(field: sheet.Field, answers: Mapping[str, Any], lists: Lists) -> Row:
    value = answers.get(field.name)
    return Row(
        name=field.name,
        label=str(field.label),
        text=sheet.shown(field, value, lists),
        is_long=field.kind in (Kind.TEXT, Kind.ROWS, Kind.NOTES),
        table=sheet.table_of(field, value, lists),
    )


def changed_rows(
    before: Mapping[str, Any], after: Mapping[str, Any], lists: Lists
) -> list[ChangedRow]:
    """Answers that differ, in words."""
    return [
        ChangedRow(
            each.field.name,
            str(each.field.label),
            sheet.shown(each.field, each.before, lists),
            sheet.shown(each.field, each.after, lists),
        )
        for each in sheet.differences(before, after)
    ]
