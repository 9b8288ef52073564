"""Forms of a running case: the four phases of a cycle, observations, measured values.

What must not be missing is said by the verb (``workflow.actions.cycles``); these forms only read
what was typed, so that a refusal comes back with every word still there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import CycleResult, ObservationKind, Phase
from bpr_projects.forms.fields import CountField, DayField, LineField, NumberField, TextField
from bpr_projects.sheet import MOST_YEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONG: Final = 2000
LONGEST_OPTION: Final = 200


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
        "options": _long(
            _("選択肢"),
            _("1行に1つずつ。費用・期間・見込みも書くと、次の「意思決定」で比べやすくなります。"),
            rows=4,
        ),
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


class PhaseForm(forms.Form):
    """The record of one phase. ``options`` of 方向づけ become the cards of 意思決定."""

    use_required_attribute = False

    def __init__(self, *args: Any, phase: Phase, options: Sequence[str] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields.update(FIELDS_OF[phase]())
        if phase == Phase.DECIDE and options:
            self.fields["choice"] = forms.ChoiceField(
                label=_("何を選びますか"),
                choices=[(option, option) for option in options],
                widget=forms.RadioSelect,
            )

    def _clean_fields(self) -> None:
        needed = [field for field in self.fields.values() if field.required]
        for field in needed:
            field.required = False
        super()._clean_fields()  # type: ignore[misc]
        for field in needed:
            field.required = True

    def clean_options(self) -> str:
        """Each 選択肢 becomes a card of 意思決定: a longer line is named, never cut."""
        text: str = self.cleaned_data["options"]
        sentence = gettext(
            "%(number)s行目は%(length)s字あります。1つの選択肢は%(limit)s字以内で入力してください。"
        )
        problems = [
            sentence % {"number": number, "length": len(line), "limit": LONGEST_OPTION}
            for number, line in enumerate(_bare_lines(text), start=1)
            if len(line) > LONGEST_OPTION
        ]
        if problems:
            raise ValidationError(problems)
        return text

    def content(self) -> dict[str, Any]:
        """What was typed, without what was left empty; 選択肢 as a list, one a line."""
        found = {name: value for name, value in self.cleaned_data.items() if value is not None}
        if "options" in found:
            found["options"] = list(dict.fromkeys(filter(None, _bare_lines(found["options"]))))
        return found

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """Put what the verb complains of beside the fields."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, sentence)


def _bare_lines(text: str) -> list[str]:
    """Lines without the marks of a list."""
    return [line.strip(" 　・") for line in text.split("\n")]


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
    """A measured value of the case's indicator."""

    use_required_attribute = False
    measured_on = DayField(label=_("測った日"))
    value = NumberField(label=_("値"), least=-1_000_000_000, most=1_000_000_000)
    note = LineField(label=_("メモ"), max_length=200, required=False)
