"""The form of the proposal sheet, built from the one table ``sheet.FIELDS``.

Rows and notes are flat fields (``kpis-0-name``, ``principles-N1``), so that every cell has its own
label, error and address; ``clean`` packs them into the JSON that ``sheet`` documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext as _

from bpr_projects import sheet
from bpr_projects.forms.questions import build
from bpr_projects.sheet import Kind, cell_name, is_empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bpr_projects.sheet import Field, Lists

BLANK: Final = "__n__"
"""Stands for the number of a row that a script is going to add."""
INDEX: Final = "0|[1-9][0-9]{0,8}"
"""The number of a row in its names: rows that come and go leave gaps, so it may be large."""
MOST_POSTED: Final = 40
"""So many rows of one question are read; more than its ``most`` are refused in words."""


@dataclass(frozen=True)
class Row:
    """One row of a question: ``index`` is its number in the names, ``number`` its place."""

    index: int | str
    number: int
    cells: list[forms.BoundField]


@dataclass(frozen=True)
class Asked:
    """One question on the page with what is typed into."""

    spec: Field
    width: str
    bound: forms.BoundField | None = None
    notes: list[forms.BoundField] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    blank: Row | None = None

    @property
    def is_full(self) -> bool:
        """No further row fits."""
        return len(self.rows) >= self.spec.most


@dataclass(frozen=True)
class Part:
    """A part of the form."""

    code: str
    title: str
    questions: list[Asked]


class SheetForm(forms.Form):
    """All questions of the sheet. An unfinished draft is valid: only what was typed is checked.

    ``cleaned_data`` is JSON as ``sheet`` documents it; ``over`` says the same of a form with cells
    that could not be read. A seat of one section is not asked for the section (``own_section``).
    ``more``: a question of rows that shows one more empty row.
    """

    use_required_attribute = False

    def __init__(
        self,
        data: Any = None,
        *,
        lists: Lists,
        answers: Mapping[str, Any] | None = None,
        own_section: str = "",
        more: str = "",
    ):
        super().__init__(data, initial=_flat(answers or {}))
        self.lists = lists
        self.numbers: dict[str, list[int]] = {}
        self._typed: dict[str, Any] = {}
        for spec in sheet.FIELDS:
            if spec.name == "section" and own_section:
                continue
            if spec.kind == Kind.ROWS:
                stored = len((answers or {}).get(spec.name) or [])
                self.numbers[spec.name] = self._numbers_of(spec, stored, more=more == spec.name)
            self.fields.update(self._fields_of(spec))
        self._leave_out(own_section)

    def _numbers_of(self, spec: Field, stored: int, *, more: bool) -> list[int]:
        """The rows of a question: those that were sent, else the stored ones; at least one."""
        if self.is_bound:
            pattern = re.compile(rf"{spec.name}-({INDEX})-")
            found = sorted({int(each[1]) for each in map(pattern.match, self.data) if each})
            if more and found and len(found) < spec.most:
                found.append(found[-1] + 1)
            return found[:MOST_POSTED] or [0]
        return list(range(min(stored + more, spec.most) or 1))

    def _fields_of(self, spec: Field) -> Iterator[tuple[str, forms.Field]]:
        if spec.kind == Kind.ROWS:
            for place, index in enumerate(self.numbers[spec.name], start=1):
                for cell in spec.columns:
                    yield cell_name(spec, index, cell), _cell(spec, cell, place, self.lists)
        elif spec.kind == Kind.NOTES:
            for entry in self.lists.offered(spec.lookup or ""):
                yield f"{spec.name}-{entry.code}", _note(spec, entry)
        else:
            yield spec.name, build(spec, self.lists)

    def _leave_out(self, own_section: str) -> None:
        others: Any = self.fields["sections"]
        others.choices = [pair for pair in others.choices if pair[0] != own_section]

    # --- reading ---------------------------------------------------------------------------

    def _clean_fields(self) -> None:
        needed = [each for each in self.fields.values() if each.required]
        for each in needed:
            each.required = False
        super()._clean_fields()  # type: ignore[misc]
        for each in needed:
            each.required = True

    def clean(self) -> dict[str, Any]:
        """The answers as JSON by the names of the table."""
        self._typed = self.cleaned_data
        for spec in sheet.FIELDS:
            for row in list(self._begun(spec).values())[spec.most :]:
                self._refuse(spec, row)
        return self.over({})

    def over(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """The answers to save over stored ones: a cell that could not be read stays as stored."""
        packed: dict[str, Any] = {}
        for spec in sheet.FIELDS:
            if spec.kind == Kind.ROWS:
                packed[spec.name] = self._rows_over(spec, stored.get(spec.name) or [])
            elif spec.kind == Kind.NOTES:
                packed[spec.name] = self._notes_over(spec, stored.get(spec.name) or {})
            elif spec.name in self._typed:
                packed[spec.name] = self._typed[spec.name]
        return packed

    def _begun(self, spec: Field) -> dict[int, dict[str, str]]:
        """The rows that hold anything, readable or not, by number: column -> name of the cell."""
        rows = {
            index: {cell.name: cell_name(spec, index, cell) for cell in spec.columns}
            for index in self.numbers.get(spec.name, ())
        }
        return {n: row for n, row in rows.items() if any(map(self._is_filled, row.values()))}

    def _is_filled(self, name: str) -> bool:
        return name not in self._typed or not is_empty(self._typed[name])

    def _refuse(self, spec: Field, row: Mapping[str, str]) -> None:
        """A row that is too many is not saved: each of its cells says so."""
        sentence = _("%(noun)sは%(most)s件までです。%(next)s件目から後は保存できません。")
        for name in filter(self._is_filled, row.values()):
            if name in self._typed:
                self.add_error(name, sentence % {**vars(spec), "next": spec.most + 1})

    def _rows_over(self, spec: Field, stored: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Rows keep their places while none is taken off, and a cell finds what it was before."""
        begun = self._begun(spec)
        in_place = list(begun) == list(range(len(begun))) and len(begun) >= len(stored)
        rows = zip(begun.values(), chain(stored if in_place else (), repeat({})), strict=False)
        return [
            {column: self._typed.get(name, before.get(column)) for column, name in row.items()}
            for row, before in islice(rows, spec.most)
        ]

    def _notes_over(self, spec: Field, stored: Mapping[str, str]) -> dict[str, str]:
        codes = [each.code for each in self.lists.offered(spec.lookup or "")]
        notes = {code: self._typed.get(f"{spec.name}-{code}", stored.get(code)) for code in codes}
        return {code: text for code, text in notes.items() if text}

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """Say beside the fields why the sheet cannot be submitted, in these words alone."""
        placed = [(self._place_of(name), sentence) for name, sentence in problems.items()]
        for said in {place for place, _sentence in placed if place}:
            self.errors.pop(said, None)
        for place, sentence in placed:
            self.add_error(place, sentence)

    def _place_of(self, name: str) -> str | None:
        """The field that stands for a question: of rows and notes the first."""
        if name in self.fields:
            return name
        return next((each for each in self.fields if each.startswith(f"{name}-")), None)

    # --- showing ---------------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        """The parts of the sheet in order, each with its questions."""
        for code, title in sheet.PARTS.items():
            asked = [self._asked(each) for each in sheet.FIELDS if each.part == code]
            yield Part(code, str(title), [each for each in asked if each is not None])

    def _asked(self, spec: Field) -> Asked | None:
        width = width_of(spec)
        if spec.kind == Kind.ROWS:
            rows = [
                self._row(spec, index, place)
                for place, index in enumerate(self.numbers[spec.name], start=1)
            ]
            return Asked(spec, width, rows=rows, blank=self._blank(spec))
        if spec.kind == Kind.NOTES:
            names = [each for each in self.fields if each.startswith(f"{spec.name}-")]
            return Asked(spec, width, notes=[self[each] for each in names])
        return Asked(spec, width, self[spec.name]) if spec.name in self.fields else None

    def _row(self, spec: Field, index: int, place: int) -> Row:
        return Row(index, place, [self[cell_name(spec, index, each)] for each in spec.columns])

    def _blank(self, spec: Field) -> Row:
        """The row that a script copies."""
        form = forms.Form()
        names = [f"{spec.name}-{BLANK}-{cell.name}" for cell in spec.columns]
        form.use_required_attribute = False
        for name, cell in zip(names, spec.columns, strict=True):
            form.fields[name] = _cell(spec, cell, 0, self.lists)
        return Row(BLANK, 0, [form[name] for name in names])


def width_of(spec: Field) -> str:
    """Half or all of the form's two columns."""
    half = (Kind.COUNT, Kind.YEN, Kind.DECIMAL, Kind.DAY, Kind.FLAG, Kind.CHOICE)
    is_short = spec.kind == Kind.LINE and 30 < spec.limit <= 60
    return "half" if spec.kind in half or is_short else "full"


def _cell(spec: Field, cell: Field, place: int, lists: Lists) -> forms.Field:
    """A cell: its label names the row, ``short_label`` is what stands above it."""
    built = build(cell, lists)
    if place:
        names = {"noun": spec.noun, "place": place, "label": cell.label}
        built.label = _("%(noun)s%(place)s：%(label)s") % names
    built.short_label = cell.label  # type: ignore[attr-defined]
    built.kind = cell.kind  # type: ignore[attr-defined]
    return built


def _note(spec: Field, entry: Any) -> forms.Field:
    text = sheet.Field(
        entry.code,
        spec.part,
        Kind.LINE,
        entry.name,
        required=False,
        limit=spec.limit,
        help=entry.note,
    )
    return build(text, sheet.Lists())


# --- stored answers as a browser would send them -----------------------------------------------


def data_of(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as a browser would send them, so that a stored sheet can be checked again."""
    return {
        name: "" if value is None else _sent(spec, value)
        for name, value, spec in _cells_of(answers)
        if value is not False
    }


def _sent(spec: Field | None, value: Any) -> Any:
    if spec is not None and spec.kind in (Kind.PEOPLE, Kind.PATH):
        return build(spec, sheet.Lists()).prepare_value(value)
    return value if isinstance(value, (str, list)) else "on" if value is True else str(value)


def _flat(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers by the names of form fields."""
    return {name: value for name, value, _spec in _cells_of(answers)}


def _cells_of(answers: Mapping[str, Any]) -> Iterator[tuple[str, Any, Field | None]]:
    for name, value in answers.items():
        spec = sheet.BY_NAME.get(name)
        if spec is not None and spec.kind == Kind.ROWS:
            for index, row in enumerate(value or []):
                for cell in spec.columns:
                    yield cell_name(spec, index, cell), row.get(cell.name), cell
        elif spec is not None and spec.kind == Kind.NOTES:
            for code, text in (value or {}).items():
                yield f"{name}-{code}", text, spec
        else:
            yield name, value, spec
