"""Two frozen texts of a case, field by field: what stayed, what went, what came."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from bpr_projects.sheet import ASKED, ASKED_FIELDS, FIELDS, PARTS, Field, Kind, is_empty, shown
from workflow.sheet.wording import Piece, pieces, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bpr_projects.sheet import Lists

LIKE: Final = 0.5
"""Rows whose first words are at least so alike are one row that was changed."""


@dataclass(frozen=True)
class Cell:
    """One column of a row in both texts."""

    label: str
    pieces: tuple[Piece, ...]
    is_text: bool = True


@dataclass(frozen=True)
class RowChange:
    """A row that stayed (""), was changed ("mod"), went ("del") or came ("ins")."""

    mark: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class FieldChange:
    """One question in both texts, as pieces or as rows."""

    name: str
    label: str
    is_changed: bool
    is_text: bool = False
    pieces: tuple[Piece, ...] = ()
    rows: tuple[RowChange, ...] = ()


@dataclass(frozen=True)
class PartChange:
    """A part of the sheet."""

    title: str
    fields: tuple[FieldChange, ...]


def compared(
    before: Mapping[str, Any], after: Mapping[str, Any], lists: Lists, *, is_whole: bool
) -> list[PartChange]:
    """The parts in which something differs; ``is_whole``: with all that stayed, too."""
    titles = {ASKED: _("変更で求めること"), **PARTS}
    found: dict[str, list[FieldChange]] = {part: [] for part in titles}
    for field in (*ASKED_FIELDS, *FIELDS):
        change = _field(field, before.get(field.name), after.get(field.name), lists)
        if change.is_changed or (is_whole and (change.pieces or change.rows)):
            found[field.part].append(change)
    return [
        PartChange(str(title), tuple(found[part])) for part, title in titles.items() if found[part]
    ]


def _field(field: Field, before: Any, after: Any, lists: Lists) -> FieldChange:
    old, new = _said(field, before), _said(field, after)
    rows: tuple[RowChange, ...] = ()
    words: tuple[Piece, ...] = ()
    if field.kind == Kind.ROWS:
        rows = tuple(_rows(field, old or (), new or (), lists))
    elif field.kind == Kind.NOTES:
        rows = tuple(_notes(field, old or {}, new or {}, lists))
    elif field.kind in (Kind.CHOICES, Kind.PEOPLE):
        words = _listed(_items(field, old, lists), _items(field, new, lists))
    else:
        words = _words(field, old, new, lists)
    return FieldChange(
        field.name,
        str(field.label),
        is_changed=any(piece.op for piece in words) or any(row.mark for row in rows),
        is_text=field.kind in (Kind.LINE, Kind.TEXT),
        pieces=words,
        rows=rows,
    )


def _said(field: Field, value: Any) -> Any:
    """No answer in one spelling; a list in the place of a text becomes its lines."""
    if is_empty(value) or (value is False and field.kind == Kind.FLAG):
        return None
    if field.kind == Kind.TEXT and isinstance(value, list):
        return "\n".join(str(each) for each in value)
    return value


def _words(field: Field, old: Any, new: Any, lists: Lists) -> tuple[Piece, ...]:
    if field.kind == Kind.FLAG:
        if old == new:
            return (Piece("", _("はい")),) if new else ()
        return replaced(_("はい") if old else _("いいえ"), _("はい") if new else _("いいえ"))
    before = "" if old is None else shown(field, old, lists)
    after = "" if new is None else shown(field, new, lists)
    if field.kind in (Kind.LINE, Kind.TEXT):
        return pieces(before, after)
    return replaced(before, after) if before or after else ()


def _items(field: Field, value: Any, lists: Lists) -> list[str]:
    return [shown(field, [each], lists) for each in value or ()]


def _listed(old: list[str], new: list[str]) -> tuple[Piece, ...]:
    """A list of choices: each that went or came for itself."""
    found = [Piece("" if each in new else "del", each) for each in old]
    found += [Piece("ins", each) for each in new if each not in old]
    comma = Piece("", "、")
    return tuple(piece for each in found for piece in (comma, each))[1:]


def _notes(
    field: Field, old: Mapping[str, str], new: Mapping[str, str], lists: Lists
) -> Iterator[RowChange]:
    for code in dict.fromkeys([*old, *new]):
        words = pieces(old.get(code, ""), new.get(code, ""))
        mark = "ins" if code not in old else "del" if code not in new else ""
        if not mark and any(piece.op for piece in words):
            mark = "mod"
        yield RowChange(mark, (Cell(lists.name(field.lookup or "", code), words),))


# --- rows --------------------------------------------------------------------------------------

Texts = tuple[str, ...]


def _rows(
    field: Field,
    old: Sequence[Mapping[str, Any]],
    new: Sequence[Mapping[str, Any]],
    lists: Lists,
) -> Iterator[RowChange]:
    before, after = ([_texts(field, row, lists) for row in rows] for rows in (old, new))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if tag == "equal":
            yield from (_row(field, "", texts, texts) for texts in after[b_from:b_to])
        else:
            yield from _replaced(field, before[a_from:a_to], after[b_from:b_to])


def _texts(field: Field, row: Mapping[str, Any], lists: Lists) -> Texts:
    """The cells of a row in words; nothing for what was left open."""
    return tuple(
        "" if is_empty(row.get(cell.name)) else shown(cell, row[cell.name], lists)
        for cell in field.columns
    )


def _replaced(field: Field, old: list[Texts], new: list[Texts]) -> Iterator[RowChange]:
    """Rows that are alike are one that was changed; the others went or came."""
    left = list(old)
    for texts in new:
        match = next((each for each in left if _is_like(each, texts)), None)
        if match is None:
            yield _row(field, "ins", ("",) * len(texts), texts)
            continue
        while left[0] is not match:
            yield _gone(field, left.pop(0))
        left.pop(0)
        yield _row(field, "mod", match, texts)
    yield from (_gone(field, texts) for texts in left)


def _gone(field: Field, texts: Texts) -> RowChange:
    return _row(field, "del", texts, ("",) * len(texts))


def _is_like(one: Texts, other: Texts) -> bool:
    return SequenceMatcher(None, one[0], other[0], autojunk=False).ratio() >= LIKE


def _row(field: Field, mark: str, old: Texts, new: Texts) -> RowChange:
    return RowChange(
        mark,
        tuple(
            Cell(
                str(cell.label),
                pieces(before, after)
                if cell.kind in (Kind.LINE, Kind.TEXT)
                else replaced(before, after),
                is_text=cell.kind in (Kind.LINE, Kind.TEXT),
            )
            for cell, before, after in zip(field.columns, old, new, strict=True)
            if before or after
        ),
    )
