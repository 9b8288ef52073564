"""Forms of a running case: the four phases of a cycle, observations, measured values.

What must not be missing is said by the verb (``workflow.actions.cycles``); these forms only read
what was typed, so that a refusal comes back with every word still there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import FEWEST_OPTIONS, CycleResult, ObservationKind, Phase
from bpr_projects.forms.fields import CountField, DayField, LineField, NumberField, TextField
from bpr_projects.sheet import MOST_YEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONG: Final = 2000
LONGEST_OPTION: Final = 200
MOST_OPTIONS: Final = 6

ADD_OPTION: Final = "add-option"
REMOVE_OPTION: Final = "remove-option-"
"""Values of the buttons that only arrange the rows of 選択肢; they record nothing."""

CELL: Final = re.compile(r"options-(\d{1,2})-(\w+)")


def _long(label: Any, help_text: Any = "", *, rows: int = 3, required: bool = True) -> TextField:
    return TextField(
        label=label,
        help_text=help_text,
        max_length=LONG,
        required=required,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _observe() -> dict[str, forms.Field]:
    return {
        "findings": _long(
            _("観察したこと"),
            _("数値・利用者の声・職員の気づきから、事実だけを短くまとめます。"),
            rows=5,
        )
    }


def _orient() -> dict[str, forms.Field]:
    return {
        "causes": _long(_("原因・状況の見立て"), _("なぜそうなっているのか、何が変わったのか。")),
    }


def _option(*, is_needed: bool = False) -> dict[str, forms.Field]:
    """The cells of a row of 選択肢."""
    return {
        "plan": LineField(label=_("案の内容"), max_length=LONGEST_OPTION, required=is_needed),
        "merit": LineField(label=_("よい点"), max_length=LONGEST_OPTION, required=False),
        "worry": LineField(label=_("心配な点"), max_length=LONGEST_OPTION, required=False),
        "cost": CountField(label=_("費用"), most=MOST_YEN, unit=_("円"), required=False),
    }


def _decide() -> dict[str, forms.Field]:
    return {
        "choice": LineField(label=_("選んだ案"), max_length=LONGEST_OPTION),
        "reason": _long(_("決めた理由")),
        "actor": LineField(label=_("行動する人"), max_length=60),
        "until": DayField(label=_("いつまでに")),
        "cost": CountField(
            label=_("今回の費用"),
            help_text=_("このサイクルで使う費用。かからないときは空のままで構いません。"),
            most=MOST_YEN,
            unit=_("円"),
            required=False,
        ),
    }


def _act() -> dict[str, forms.Field]:
    return {
        "done": _long(_("実施した内容")),
        "effect": _long(_("結果"), _("KPIや現場の様子がどう変わったか。")),
        "result": forms.ChoiceField(
            label=_("このサイクルの結論"),
            choices=CycleResult.choices,
            widget=forms.RadioSelect,
            help_text=_("「広げる」「やめる」「完了」は、本部の決裁へ回ります。"),
        ),
        "next_aim": LineField(label=_("次のサイクルのねらい"), max_length=200, required=False),
        "lesson": _long(
            _("学んだこと（次に活かすこと）"),
            _("「広げる」「やめる」「完了」のときは必ず書いてください。"),
            required=False,
        ),
    }


FIELDS_OF: Final = {
    Phase.OBSERVE: _observe,
    Phase.ORIENT: _orient,
    Phase.DECIDE: _decide,
    Phase.ACT: _act,
}


@dataclass(frozen=True)
class OptionRow:
    """A row of 選択肢: its cells, and whether it may be taken out."""

    number: int
    cells: list[forms.BoundField]
    is_spare: bool

    @property
    def remove(self) -> str:
        """The value of its button."""
        return f"{REMOVE_OPTION}{self.number - 1}"


class PhaseForm(forms.Form):
    """The record of one phase. ``options`` of 方向づけ become the cards of 意思決定."""

    use_required_attribute = False

    def __init__(self, *args: Any, phase: Phase, options: Sequence[str] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields.update(FIELDS_OF[phase]())
        self.row_count = self._count_rows() if phase == Phase.ORIENT else 0
        for index in range(self.row_count):
            self._add_row(index)
        if phase == Phase.DECIDE and options:
            self.fields["choice"] = forms.ChoiceField(
                label=_("何を選びますか"),
                choices=[(option, option) for option in options],
                widget=forms.RadioSelect,
            )

    @classmethod
    def rearranged(cls, data: Mapping[str, Any]) -> PhaseForm:
        """方向づけ with a row more or less, and every word as it was typed; nothing is checked."""
        action = str(data.get("action", ""))
        rows = _typed_rows(data)
        taken = action.removeprefix(REMOVE_OPTION)
        if action == ADD_OPTION:
            wanted = max(FEWEST_OPTIONS, len(rows)) + 1
            rows += [{} for _n in range(wanted - len(rows))]
        elif taken.isdecimal() and int(taken) < len(rows):
            del rows[int(taken)]
        initial = {name: data.get(name, "") for name in FIELDS_OF[Phase.ORIENT]()}
        return cls(phase=Phase.ORIENT, initial={**initial, "options": rows})

    def _count_rows(self) -> int:
        typed = _typed_rows(self.data) if self.is_bound else self.initial.get("options") or []
        return min(max(FEWEST_OPTIONS, len(typed)), MOST_OPTIONS)

    def _add_row(self, index: int) -> None:
        known = self.initial.get("options") or []
        row = known[index] if index < len(known) else {}
        for name, field in _option(is_needed=index < FEWEST_OPTIONS).items():
            self.fields[f"options-{index}-{name}"] = field
            self.initial[f"options-{index}-{name}"] = row.get(name)

    def _clean_fields(self) -> None:
        needed = [field for field in self.fields.values() if field.required]
        for field in needed:
            field.required = False
        super()._clean_fields()  # type: ignore[misc]
        for field in needed:
            field.required = True

    def clean(self) -> dict[str, Any]:
        """Each 案 becomes a card of 意思決定: it needs a name, and its own."""
        cleaned = super().clean() or self.cleaned_data
        names: set[str] = set()
        for index, row in enumerate(self._options()):
            cell = f"options-{index}-plan"
            if cell in self.errors:
                continue
            if row and not row.get("plan"):
                self.add_error(cell, gettext("案の名前を入力してください。"))
            elif row and row["plan"] in names:
                self.add_error(cell, gettext("同じ名前の案があります。"))
            names.add(row.get("plan", ""))
        return cleaned

    def _options(self) -> Iterator[dict[str, Any]]:
        """The rows as they were cleaned, without empty cells."""
        for index in range(self.row_count):
            cells = {name: self.cleaned_data.get(f"options-{index}-{name}") for name in _option()}
            yield {name: value for name, value in cells.items() if value not in (None, "")}

    def content(self) -> dict[str, Any]:
        """What was typed, without what was left empty; 選択肢 as a list of rows."""
        found = {
            name: value
            for name, value in self.cleaned_data.items()
            if value is not None and not CELL.fullmatch(name)
        }
        if self.row_count:
            found["options"] = [row for row in self._options() if row]
        return found

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """Put what the verb complains of beside the fields."""
        for name, sentence in problems.items():
            where = self._empty_row() if name == "options" else name
            self.add_error(where if where in self.fields else None, sentence)

    def _empty_row(self) -> str:
        """The cell of the first row without a 案."""
        cells = [f"options-{index}-plan" for index in range(self.row_count)]
        return next((cell for cell in cells if not self.cleaned_data.get(cell)), cells[0])

    # --- what the page draws by itself ---

    def option_rows(self) -> list[OptionRow]:
        """The rows of 選択肢."""
        return [
            OptionRow(
                index + 1,
                [self[f"options-{index}-{name}"] for name in _option()],
                self.row_count > FEWEST_OPTIONS,
            )
            for index in range(self.row_count)
        ]

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another row."""
        return self.row_count >= MOST_OPTIONS


def _typed_rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of 選択肢 as a browser sent them."""
    rows: list[dict[str, Any]] = []
    for name in data:
        found = CELL.fullmatch(name)
        if found and int(found[1]) < MOST_OPTIONS:
            rows += [{} for _n in range(int(found[1]) + 1 - len(rows))]
            rows[int(found[1])][found[2]] = data[name]
    return rows


class ObservationForm(forms.Form):
    """A short note from the field."""

    use_required_attribute = False
    kind = forms.ChoiceField(
        label=_("種類"), choices=ObservationKind.choices, widget=forms.RadioSelect
    )
    text = TextField(
        label=_("観察したこと"),
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("市民のお名前など、個人が分かることは書かないでください。"),
    )


class MeasurementForm(forms.Form):
    """A measured value of one of the case's indicators."""

    use_required_attribute = False
    measured_on = DayField(label=_("測った日"))
    value = NumberField(label=_("値"), least=-1_000_000_000, most=1_000_000_000)
    note = LineField(label=_("メモ"), max_length=200, required=False)
