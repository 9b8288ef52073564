"""The form of the proposal sheet, built from the one table ``sheet.FIELDS``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from bpr_projects import sheet
from bpr_projects.enums import BudgetMeasure
from bpr_projects.forms.fields import CountField, DayField, LineField, NumberField, TextField
from bpr_projects.sheet import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django_stubs_ext import StrOrPromise

    from bpr_projects.models import Area
    from roles.models import Section

Choices = list[tuple[str, "StrOrPromise"]]
CALC = {"volume": "count", "minutes_before": "before", "minutes_after": "after", "cost": "cost"}
"""Field -> its part in the effect calculator (static/js/calc.js)."""


class Part(NamedTuple):
    """A part of the form: fields with their width in a grid of two columns."""

    code: str
    title: str
    fields: list[tuple[forms.BoundField, str]]


class SheetForm(forms.Form):
    """All questions of the sheet. An unfinished draft is valid: only what was typed is checked.

    ``cleaned_data`` is JSON as ``sheet`` documents it. A seat of one section is not asked for the
    section (``own_section``). ``problems`` are what submitting would complain of.
    """

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        areas: Sequence[Area],
        sections: Sequence[Section],
        own_section: str = "",
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        area_choices: Choices = [(each.code, each.name) for each in areas]
        section_choices: Choices = [(each.code, each.name) for each in sections]
        for spec in sheet.FIELDS:
            if spec.name == "section" and own_section:
                continue
            self.fields[spec.name] = _field(spec, area_choices, section_choices)
        others = [pair for pair in section_choices if pair[0] != own_section]
        self.fields["sections"].choices = others  # type: ignore[attr-defined]

    def _clean_fields(self) -> None:
        needed = [field for field in self.fields.values() if field.required]
        for field in needed:
            field.required = False
        super()._clean_fields()  # type: ignore[misc]
        for field in needed:
            field.required = True

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """Say beside the fields why the sheet cannot be submitted."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, sentence)

    def parts(self) -> Iterator[Part]:
        """The parts of the sheet in order, each with its fields."""
        for code, title in sheet.PARTS.items():
            specs = [each for each in sheet.FIELDS if each.part == code]
            asked = [(self[each.name], _width(each)) for each in specs if each.name in self.fields]
            yield Part(code, str(title), asked)


def data_of(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as a browser would send them, so that a stored sheet can be checked again."""
    return {
        name: _typed(value)
        for name, value in answers.items()
        if not (value is None or value is False or value == "")  # 0 is an answer
    }


def _typed(value: Any) -> Any:
    return value if isinstance(value, (str, list)) else "on" if value is True else str(value)


def _width(spec: sheet.Field) -> str:
    is_long = spec.kind in (Kind.TEXT, Kind.SECTIONS) or spec.name == "title"
    return "full" if is_long else "half"


def _field(spec: sheet.Field, areas: Choices, sections: Choices) -> forms.Field:
    said: dict[str, Any] = {
        "label": spec.label,
        "help_text": spec.help,
        "required": spec.required,
    }
    chosen_from: dict[Kind, Choices] = {
        Kind.AREA: areas,
        Kind.SECTION: sections,
        Kind.BUDGET: [(str(code), str(label)) for code, label in BudgetMeasure.choices],
    }
    if spec.kind in chosen_from:
        choices = [("", _("選んでください")), *chosen_from[spec.kind]]
        return forms.ChoiceField(choices=choices, **said)
    if spec.kind == Kind.SECTIONS:
        boxes = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(choices=sections, widget=boxes, **said)
    return _typed_field(spec, said)


def _typed_field(spec: sheet.Field, said: dict[str, Any]) -> forms.Field:
    match spec.kind:
        case Kind.LINE:
            return LineField(max_length=spec.limit, **said)
        case Kind.TEXT:
            rows = forms.Textarea(attrs={"rows": 5})
            return TextField(max_length=spec.limit, widget=rows, **said)
        case Kind.DAY:
            return DayField(**said)
        case Kind.FLAG:
            return forms.BooleanField(**said)
        case _:
            return _figure(spec, said)


def _figure(spec: sheet.Field, said: dict[str, Any]) -> forms.Field:
    kind = NumberField if spec.kind == Kind.DECIMAL else CountField
    least = -spec.limit if spec.part == "kpi" else 0
    field = kind(least=least, most=spec.limit, unit=spec.unit, **said)
    if spec.name in CALC:
        field.widget.attrs["data-calc-in"] = CALC[spec.name]
    return field
