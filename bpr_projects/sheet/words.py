"""Answers as people read them: one text for comparison and search, a table for rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from bpr_projects import calendar
from bpr_projects.sheet.kinds import Field, Kind
from bpr_projects.sheet.values import is_empty

if TYPE_CHECKING:
    from collections.abc import Callable

    from bpr_projects.sheet.lists import Lists

NOTHING: Final = "－"


@dataclass(frozen=True)
class Table:
    """Rows of a sheet with their headings."""

    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]


def shown(field: Field, value: Any, lists: Lists) -> str:
    """An answer in words; a dash for none."""
    if field.kind != Kind.FLAG and is_empty(value):
        return NOTHING
    return SHOWN[field.kind](field, value, lists)


def table_of(field: Field, value: Any, lists: Lists) -> Table | None:
    """Rows and notes as a table; None for everything else and for no answer."""
    if is_empty(value):
        return None
    if field.kind == Kind.ROWS:
        cells = [
            each
            for each in field.columns
            if each.required or not all(is_empty(row.get(each.name)) for row in value)
        ]
        body = (tuple(shown(each, row.get(each.name), lists) for each in cells) for row in value)
        return Table(tuple(str(each.label) for each in cells), tuple(body))
    if field.kind == Kind.NOTES:
        notes = ((lists.name(field.lookup or "", code), text) for code, text in value.items())
        return Table((str(field.label), _("この提案では")), tuple(notes))
    return None


def _text(_field: Field, value: Any, _lists: Lists) -> str:
    return str(value)


def _number(field: Field, value: Any, _lists: Lists) -> str:
    return f"{value:,}{field.unit}"


def _day(_field: Field, value: Any, _lists: Lists) -> str:
    return calendar.wareki(date.fromisoformat(value))


def _flag(_field: Field, value: Any, _lists: Lists) -> str:
    return _("はい") if value else _("いいえ")


def _choice(field: Field, value: Any, lists: Lists) -> str:
    if field.choices is not None and value in field.choices.values:
        return str(field.choices(value).label)
    return lists.name(field.lookup or "", value)


def _choices(field: Field, value: Any, lists: Lists) -> str:
    return "、".join(_choice(field, each, lists) for each in value)


def _notes(field: Field, value: Any, lists: Lists) -> str:
    name = field.lookup or ""
    return "\n".join(f"{lists.name(name, code)}：{text}" for code, text in value.items())


def _people(_field: Field, value: Any, lists: Lists) -> str:
    return "、".join(lists.person(each) for each in value)


def _path(_field: Field, value: Any, _lists: Lists) -> str:
    return "、".join(
        f"{calendar.fiscal_year_label(each['year'])} {each['value']:,}" for each in value
    )


def _rows(field: Field, value: Any, lists: Lists) -> str:
    lines = []
    for number, row in enumerate(value, start=1):
        cells = [
            shown(cell, row.get(cell.name), lists) if cell.required else _labelled(cell, row, lists)
            for cell in field.columns
            if not is_empty(row.get(cell.name))
        ]
        lines.append(f"{number}　" + "／".join(cells))
    return "\n".join(lines)


def _labelled(cell: Field, row: dict[str, Any], lists: Lists) -> str:
    return f"{cell.label} {shown(cell, row.get(cell.name), lists)}"


SHOWN: Final[dict[Kind, Callable[[Field, Any, Lists], str]]] = {
    Kind.LINE: _text,
    Kind.TEXT: _text,
    Kind.COUNT: _number,
    Kind.YEN: _number,
    Kind.DECIMAL: _number,
    Kind.DAY: _day,
    Kind.FLAG: _flag,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.NOTES: _notes,
    Kind.PEOPLE: _people,
    Kind.PATH: _path,
    Kind.ROWS: _rows,
}
"""How an answer of each kind is shown."""
