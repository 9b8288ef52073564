"""Answers of a sheet: what is missing, malformed or contradictory, and what differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects.enums import BudgetMeasure, Reallocation, Simplification
from bpr_projects.sheet.effect import effect_of
from bpr_projects.sheet.fields import BY_NAME, FIELDS
from bpr_projects.sheet.kinds import Field, Kind, Lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from django_stubs_ext import StrOrPromise

Problem = tuple[str, "StrOrPromise"]
"""(name of the field, or ``kpis-0-unit`` for a cell; what is wrong)."""

UNFIT: Final = gettext_lazy("%(label)sの書き方が正しくありません。")
EMPTY: Final = gettext_lazy("%(label)sを入力してください。")
UNCHOSEN: Final = gettext_lazy("%(label)sを選んでください。")
LONGEST_CODE: Final = 20
NEEDS_SAFEGUARDS: Final = ("has_my_number", "uses_cloud", "uses_ai", "crosses_networks")


def is_empty(value: Any) -> bool:
    """No answer, nor any in the rows of a list. 0 and False are answers."""
    if isinstance(value, list):
        return all(isinstance(row, dict) and all(map(is_empty, row.values())) for row in value)
    return value is None or (isinstance(value, (str, dict)) and not value)


def missing(sheet: Mapping[str, Any]) -> list[Field]:
    """Required fields without an answer, in the order of the sheet."""
    return [field for field in FIELDS if field.required and is_empty(sheet.get(field.name))]


def asks_for(field: Field) -> StrOrPromise:
    """What to tell somebody who left a field open."""
    is_chosen = field.kind in (Kind.CHOICE, Kind.CHOICES)
    return (UNCHOSEN if is_chosen else EMPTY) % {"label": field.label}


def unfinished(sheet: Mapping[str, Any]) -> Iterator[Problem]:
    """Required cells without an answer in rows that were begun."""
    for field in FIELDS:
        for index, row in enumerate(_rows(field, sheet.get(field.name))):
            for cell in field.columns:
                if cell.required and is_empty(row.get(cell.name)):
                    yield cell_name(field, index, cell), asks_for(cell)


def cell_name(field: Field, index: int, cell: Field) -> str:
    """What forms call a cell: ``kpis-0-unit``."""
    return f"{field.name}-{index}-{cell.name}"


def malformed(sheet: Mapping[str, Any]) -> Iterator[Problem]:
    """Answers that are not of their kind. Forms never produce them; imports might."""
    for field in FIELDS:
        value = sheet.get(field.name)
        if is_empty(value) or fits(field, value):
            continue
        cells = list(_unfit_cells(field, value))
        yield from cells or [(field.name, UNFIT % {"label": field.label})]


def _unfit_cells(field: Field, value: Any) -> Iterator[Problem]:
    for index, row in enumerate(_rows(field, value)):
        for cell in field.columns:
            if not is_empty(row.get(cell.name)) and not fits(cell, row[cell.name]):
                yield cell_name(field, index, cell), UNFIT % {"label": cell.label}


def _rows(field: Field, value: Any) -> Sequence[Mapping[str, Any]]:
    if field.kind != Kind.ROWS or not isinstance(value, list):
        return ()
    return [row for row in value if isinstance(row, dict)]


def fits(field: Field, value: Any) -> bool:
    """Whether an answer is of the field's kind and within its limits."""
    return CHECKS[field.kind](field, value)


def _is_text(field: Field, value: Any) -> bool:
    return isinstance(value, str) and len(value) <= field.limit and "\0" not in value


def _is_count(field: Field, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= field.limit


def _is_number(field: Field, value: Any) -> bool:
    try:
        number = Decimal(str(value))
        least = -field.limit if field.may_be_negative else 0
        return number.is_finite() and least <= number <= field.limit
    except InvalidOperation:
        return False


def _is_day(_field: Field, value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_flag(_field: Field, value: Any) -> bool:
    return isinstance(value, bool)


def _is_choice(field: Field, value: Any) -> bool:
    if field.lookup == Lookup.ARTICLE:
        return isinstance(value, int) and not isinstance(value, bool)
    if field.choices is not None and value in field.choices.values:
        return True
    return field.lookup is not None and isinstance(value, str) and len(value) <= LONGEST_CODE


def _are_choices(field: Field, value: Any) -> bool:
    return isinstance(value, list) and all(_is_choice(field, each) for each in value)


def _are_notes(field: Field, value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_choice(field, code) and _is_text(field, text) for code, text in value.items()
    )


def _are_people(field: Field, value: Any) -> bool:
    if not isinstance(value, list) or len(value) > field.most:
        return False
    return all(isinstance(each, str) and 0 < len(each) <= LONGEST_CODE for each in value)


def _is_path(field: Field, value: Any) -> bool:
    if not isinstance(value, list) or len(value) > field.most:
        return False
    return all(
        isinstance(each, dict)
        and set(each) == {"year", "value"}
        and isinstance(each["year"], int)
        and _is_number(BY_SIDES, each["value"])
        for each in value
    )


BY_SIDES: Final = Field("", "", Kind.DECIMAL, "", limit=1_000_000_000, may_be_negative=True)
"""A value on the way of an indicator."""


def _are_rows(field: Field, value: Any) -> bool:
    names = {cell.name for cell in field.columns}
    return (
        isinstance(value, list)
        and len(value) <= field.most
        and all(isinstance(row, dict) and set(row) <= names for row in value)
        and not list(_unfit_cells(field, value))
    )


CHECKS: Final[dict[Kind, Callable[[Field, Any], bool]]] = {
    Kind.LINE: _is_text,
    Kind.TEXT: _is_text,
    Kind.COUNT: _is_count,
    Kind.YEN: _is_count,
    Kind.DECIMAL: _is_number,
    Kind.DAY: _is_day,
    Kind.FLAG: _is_flag,
    Kind.CHOICE: _is_choice,
    Kind.CHOICES: _are_choices,
    Kind.NOTES: _are_notes,
    Kind.PEOPLE: _are_people,
    Kind.PATH: _is_path,
    Kind.ROWS: _are_rows,
}
"""How an answer of each kind is checked."""


# --- answers that do not fit together ----------------------------------------------------------


def contradictions(sheet: Mapping[str, Any], on: date) -> Iterator[Problem]:
    """Answers that do not fit together or that day."""
    yield from _of_days(sheet, on)
    yield from _of_care(sheet)
    yield from _of_reform(sheet)
    yield from _of_money(sheet)
    yield from _of_kpis(sheet)


def _of_days(sheet: Mapping[str, Any], on: date) -> Iterator[Problem]:
    starts, ends = _day(sheet.get("starts_on")), _day(sheet.get("ends_on"))
    if starts and ends and ends <= starts:
        yield "ends_on", _("終える日は、始める日より後の日を入れてください。")
    elif ends and ends <= on:
        yield "ends_on", _("終える日は、明日以降の日を入れてください。")
    if sheet.get("is_pilot") and not sheet.get("pilot_months"):
        yield "pilot_months", _("実証実験の期間（か月）を入れてください。")


def _of_care(sheet: Mapping[str, Any]) -> Iterator[Problem]:
    if sheet.get("has_my_number") and not sheet.get("has_personal_data"):
        sentence = _("特定個人情報を取り扱うときは、個人情報にも印を付けてください。")
        yield "has_personal_data", sentence
    if sheet.get("affects_citizens") and not sheet.get("alternative"):
        yield "alternative", _("デジタルを使えない方への手立てを入力してください。")
    if any(sheet.get(name) for name in NEEDS_SAFEGUARDS) and not sheet.get("safeguards"):
        yield "safeguards", _("情報の守り方を入力してください。")


def _of_reform(sheet: Mapping[str, Any]) -> Iterator[Problem]:
    tried = sheet.get("simplify") or []
    if Simplification.KEEP in tried and len(tried) > 1:
        yield "simplify", _("「いまの手順が必要」は、ほかの答えと一緒には選べません。")
    if sheet.get("as_is") and not sheet.get("to_be"):
        yield "to_be", _("変えた後の流れも入力してください。")
    if sheet.get("to_be") and not sheet.get("as_is"):
        yield "as_is", _("いまの流れも入力してください。")
    gained = effect_of(sheet, yen_per_hour=0).hours > 0
    if gained and sheet.get("reallocation") in (None, "", Reallocation.NONE):
        yield "reallocation", _("減らした時間を何に使うかを選んでください。")


def _of_money(sheet: Mapping[str, Any]) -> Iterator[Problem]:
    measure = sheet.get("budget_measure")
    if sheet.get("cost") and measure == BudgetMeasure.NONE:
        yield "budget_measure", _("費用がかかるときは、予算措置を選んでください。")
    if measure == BudgetMeasure.SUPPLEMENTARY and not sheet.get("budget_request"):
        yield "budget_request", _("予算要求の時期を選んでください。")


def _of_kpis(sheet: Mapping[str, Any]) -> Iterator[Problem]:
    field = BY_NAME["kpis"]
    seen: set[str] = set()
    for index, row in enumerate(_rows(field, sheet.get("kpis"))):
        if row.get("name") in seen:
            yield f"kpis-{index}-name", _("同じ名前の指標があります。")
        seen.add(str(row.get("name")))
        if not is_empty(row.get("baseline")) and row.get("baseline") == row.get("target"):
            yield f"kpis-{index}-target", _("いまの値と違う値を入れてください。")


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else None


# --- two texts ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One field that differs between two texts."""

    field: Field
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Fields whose answers differ, in the order of the sheet; two spellings of no answer do not."""
    return [
        Difference(field, before.get(field.name), after.get(field.name))
        for field in FIELDS
        if before.get(field.name) != after.get(field.name)
        and not (_says_nothing(before.get(field.name)) and _says_nothing(after.get(field.name)))
    ]


def _says_nothing(value: Any) -> bool:
    return value is False or is_empty(value)
