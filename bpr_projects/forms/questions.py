"""One form field for each kind of question; rows and notes are made of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from bpr_projects.forms.fields import (
    CountField,
    DayField,
    LineField,
    NumberField,
    PathField,
    PeopleField,
    TextField,
)
from bpr_projects.sheet import PERSON, Kind, Lookup

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_stubs_ext import StrOrPromise

    from bpr_projects.sheet import Field, Lists

Choices = list[tuple[str, "StrOrPromise"]]

CALC: Final = {
    "volume": "count",
    "minutes_before": "before",
    "minutes_after": "after",
    "citizen_minutes_before": "citizen-before",
    "citizen_minutes_after": "citizen-after",
    "visits_before": "visits-before",
    "visits_after": "visits-after",
    "cost": "cost",
    "running_cost": "running",
}
"""Field -> its part in the effect calculator (static/js/calc.js)."""
FEW: Final = 2
"""So many choices are shown as buttons, more as a list."""


def build(spec: Field, lists: Lists) -> forms.Field:
    """The form field of a question."""
    said = {"label": spec.label, "help_text": spec.help, "required": spec.required}
    field = BUILDERS[spec.kind](spec, lists, said)
    if spec.name in CALC:
        field.widget.attrs |= _calculated(spec)
    if spec.drives_route:
        field.widget.attrs["data-drives-route"] = ""
    return field


def _calculated(spec: Field) -> dict[str, Any]:
    """How the effect calculator reads a figure: as the server does."""
    found = {
        "data-calc-in": CALC[spec.name],
        "data-calc-unit": spec.unit,
        "data-calc-most": spec.limit,
    }
    return found if spec.kind == Kind.DECIMAL else found | {"data-calc-whole": ""}


def _choices(spec: Field, lists: Lists) -> Choices:
    named: Choices = [(each.code, each.name) for each in lists.offered(spec.lookup or "")]
    fixed: Choices = list(spec.choices.choices) if spec.choices is not None else []
    return [*named, *fixed]


def _explained(spec: Field, lists: Lists) -> Choices:
    """The articles, each with the 基本理念 that it stands for below it; nothing for others."""
    if spec.lookup != Lookup.ARTICLE:
        return []
    words = "{}<small>{}</small>"
    return [(each.code, format_html(words, *each[1:3])) for each in lists.offered(spec.lookup)]


def _line(spec: Field, _lists: Lists, said: dict[str, Any]) -> forms.Field:
    field = LineField(max_length=spec.limit, **said)
    field.is_counted = bool(spec.part)  # a cell of rows has no room for it
    return field


def _text(spec: Field, _lists: Lists, said: dict[str, Any]) -> forms.Field:
    rows = 5 if spec.limit > 2000 else 3
    return TextField(max_length=spec.limit, widget=forms.Textarea(attrs={"rows": rows}), **said)


def _count(spec: Field, _lists: Lists, said: dict[str, Any]) -> forms.Field:
    return CountField(most=spec.limit, unit=spec.unit, **said)


def _decimal(spec: Field, _lists: Lists, said: dict[str, Any]) -> forms.Field:
    least = -spec.limit if spec.may_be_negative else 0
    return NumberField(least=least, most=spec.limit, unit=spec.unit, **said)


def _day(_spec: Field, _lists: Lists, said: dict[str, Any]) -> forms.Field:
    return DayField(**said)


def _flag(_spec: Field, _lists: Lists, said: dict[str, Any]) -> forms.Field:
    return forms.BooleanField(**said)


def _choice(spec: Field, lists: Lists, said: dict[str, Any]) -> forms.Field:
    choices = _choices(spec, lists)
    if spec.lookup is None and len(choices) <= FEW:
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **said)
    return forms.ChoiceField(choices=[("", _("選んでください")), *choices], **said)


def _many(spec: Field, lists: Lists, said: dict[str, Any]) -> forms.Field:
    boxes = forms.CheckboxSelectMultiple
    return forms.TypedMultipleChoiceField(
        choices=_explained(spec, lists) or _choices(spec, lists),
        coerce=int if spec.lookup == Lookup.ARTICLE else str,
        empty_value=[],
        widget=boxes,
        **said,
    )


def _people(spec: Field, lists: Lists, said: dict[str, Any]) -> forms.Field:
    known = [each.code for each in lists.offered(PERSON)]
    return PeopleField(most=spec.most, known=known, **said)


def _path(spec: Field, _lists: Lists, said: dict[str, Any]) -> forms.Field:
    return PathField(most=spec.most, least=-spec.limit, largest=spec.limit, **said)


BUILDERS: Final[dict[Kind, Callable[[Field, Lists, dict[str, Any]], forms.Field]]] = {
    Kind.LINE: _line,
    Kind.TEXT: _text,
    Kind.COUNT: _count,
    Kind.YEN: _count,
    Kind.DECIMAL: _decimal,
    Kind.DAY: _day,
    Kind.FLAG: _flag,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _many,
    Kind.PEOPLE: _people,
    Kind.PATH: _path,
}
"""Kind -> its form field; ``NOTES`` and ``ROWS`` are made of lines and cells."""
