"""The sheet's form: what people may type, and the JSON that comes of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.forms import Form

from bpr_projects import sheet
from bpr_projects.enums import Phase
from bpr_projects.forms import (
    CountField,
    DayField,
    LineField,
    MeasurementForm,
    NumberField,
    ObservationForm,
    PhaseForm,
    SheetForm,
    TextField,
)
from bpr_projects.forms.sheet import data_of
from tests.make import SHEET

AREAS: Any = [SimpleNamespace(code="P2", name="窓口改革")]
SECTIONS: Any = [
    SimpleNamespace(code="SHIMIN", name="市民課"),
    SimpleNamespace(code="ZEIMU", name="税務課"),
]


def a_form(data: dict[str, Any] | None = None, **kwargs: Any) -> SheetForm:
    return SheetForm(data, areas=AREAS, sections=SECTIONS, **kwargs)


def errors_of(field: Any, typed: str) -> list[str]:
    one = type("One", (Form,), {"answer": field})(data={"answer": typed})
    return [str(each) for each in one.errors.get("answer", [])]


def value_of(field: Any, typed: str) -> Any:
    assert errors_of(field, typed) == []
    return field.clean(typed)


# --- fields ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    ["一行\n二行", "ベル\x07", "C1\x9b制御", "右から\u202e左", "隔離\u2067", "行\u2028区切り"],
)
def test_a_line_refuses_what_nobody_sees(typed: str) -> None:
    refusal = "改行や、目に見えない制御文字は使えません。"
    assert errors_of(LineField(max_length=60), typed) == [refusal]


def test_space_around_a_line_is_taken_off() -> None:
    assert value_of(LineField(max_length=60), "　書かない窓口\r\n") == "書かない窓口"


def test_nul_is_refused_everywhere() -> None:
    assert errors_of(LineField(max_length=60), "あ\x00い")
    assert errors_of(TextField(max_length=60), "あ\x00い")


def test_a_text_keeps_its_line_breaks_as_one_character() -> None:
    assert value_of(TextField(max_length=60), "一\r\n二\x0b三\r四") == "一\n二\n三\n四"


def test_a_text_refuses_bidi_controls() -> None:
    assert errors_of(TextField(max_length=60), "あ\u202eい") == [
        "目に見えない制御文字は使えません。"
    ]


def test_text_is_composed() -> None:
    decomposed = "か\u3099"

    assert value_of(LineField(max_length=1), decomposed) == "が"
    assert value_of(TextField(max_length=1), decomposed) == "が"


def test_rare_characters_stay() -> None:
    assert value_of(LineField(max_length=20), "髙﨑𠮷辻\U000e0100") == "髙﨑𠮷辻\U000e0100"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1200", 1200),
        ("１，２００", 1200),  # noqa: RUF001 -- as an input method types it
        (" 1,200件 ", 1200),
        ("0", 0),
        ("", None),
    ],
)
def test_a_count_is_read(typed: str, number: int | None) -> None:
    assert value_of(CountField(most=10_000, unit="件", required=False), typed) == number


@pytest.mark.parametrize("typed", ["約100", "1.5", "1e3", "-1", "10001", "NaN", "∞", "1-2"])
def test_a_count_is_refused(typed: str) -> None:
    assert errors_of(CountField(most=10_000), typed)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("12.5", 12.5), ("−3", -3), ("4.00", 4), ("０．２５", 0.25)],  # noqa: RUF001
)
def test_a_decimal_is_read(typed: str, number: float) -> None:
    value = value_of(NumberField(least=-10, most=100), typed)

    assert value == number
    assert isinstance(value, type(number))


def test_a_decimal_has_two_digits() -> None:
    assert errors_of(NumberField(most=100), "1.234") == [
        "数字で入力してください。小数は2けたまでです（例：12.5）。"
    ]


def test_figures_are_shown_with_commas() -> None:
    field = CountField(most=10_000_000)

    assert field.prepare_value(1_234_567) == "1,234,567"
    assert field.prepare_value("約100") == "約100"
    assert field.prepare_value(None) is None


@pytest.mark.parametrize(
    "typed",
    ["令和8年12月1日", "R8.12.1", "2026/12/1", "2026-12-01", "令和8年12月1日（火）"],
)
def test_a_day_is_read(typed: str) -> None:
    assert value_of(DayField(), typed) == "2026-12-01"


@pytest.mark.parametrize("typed", ["来月", "R8.13.1", "12/1", "昭和50年1月1日", "2999-01-01"])
def test_a_day_is_refused(typed: str) -> None:
    assert "日付を読み取れません" in errors_of(DayField(), typed)[0]


def test_a_day_is_shown_as_people_write_it() -> None:
    field = DayField()

    assert field.prepare_value("2026-12-01") == "令和8年12月1日"
    assert field.prepare_value("2026-13-01") == "2026-13-01"
    assert field.prepare_value("来月の頭") == "来月の頭"
    assert field.prepare_value(None) is None
    assert value_of(DayField(required=False), "") is None


# --- the sheet -------------------------------------------------------------------------------


def test_every_question_of_the_sheet_has_its_field() -> None:
    form = a_form()

    assert list(form.fields) == [field.name for field in sheet.FIELDS]
    assert [part.code for part in form.parts()] == list(sheet.PARTS)
    for spec in sheet.FIELDS:
        assert form.fields[spec.name].required == spec.required


def test_an_empty_draft_is_valid() -> None:
    form = a_form({})

    assert form.is_valid()
    assert sheet.missing(form.cleaned_data) == [field for field in sheet.FIELDS if field.required]
    assert form.fields["title"].required  # the mark 必須 stays


def test_a_complete_sheet_comes_back_as_it_was() -> None:
    stored = {**SHEET, "section": "SHIMIN", "sections": ["ZEIMU"], "has_personal_data": True}
    form = a_form(data_of(stored))

    assert form.is_valid(), form.errors
    assert {name: form.cleaned_data[name] for name in stored} == stored
    assert form.cleaned_data["cost"] == 0
    assert form.cleaned_data["uses_ai"] is False


def test_only_what_was_typed_is_checked() -> None:
    form = a_form({"title": "長" * 31, "volume": "たくさん", "area": "P9", "sections": ["X"]})

    assert set(form.errors) == {"title", "volume", "area", "sections"}


def test_the_own_section_is_not_asked() -> None:
    form = a_form(own_section="SHIMIN")

    assert "section" not in form.fields
    assert [code for code, _ in form.fields["sections"].choices] == ["ZEIMU"]  # type: ignore[attr-defined]


def test_problems_stand_beside_their_fields() -> None:
    form = a_form({}, own_section="SHIMIN")
    form.full_clean()
    form.add_problems({"title": "提案名を入力してください。", "section": "所管課がありません。"})

    assert form.errors["title"] == ["提案名を入力してください。"]
    assert form.non_field_errors() == ["所管課がありません。"]


def test_indicators_may_be_negative_and_counts_not() -> None:
    form = a_form({"kpi_target": "-5", "volume": "-5"})

    assert set(form.errors) == {"volume"}
    assert form.cleaned_data["kpi_target"] == -5


# --- the running case ------------------------------------------------------------------------


def test_options_are_lines_without_repeats() -> None:
    form = PhaseForm(
        {"causes": "枠がない", "options": "・予約制\n\n増員\n予約制"}, phase=Phase.ORIENT
    )

    assert form.is_valid()
    assert form.content() == {"causes": "枠がない", "options": ["予約制", "増員"]}


def test_an_option_that_is_too_long_is_named_and_never_cut() -> None:
    texts = ["予約制", "長" * 201, "短" * 200, "・" + "増" * 250]
    form = PhaseForm({"causes": "枠がない", "options": "\r\n".join(texts)}, phase=Phase.ORIENT)

    assert form.errors == {
        "options": [
            "2行目は201字あります。1つの選択肢は200字以内で入力してください。",
            "4行目は250字あります。1つの選択肢は200字以内で入力してください。",
        ]
    }
    assert form["options"].value() == "\r\n".join(texts)


def test_decide_chooses_among_the_options() -> None:
    form = PhaseForm({"choice": "別の案"}, phase=Phase.DECIDE, options=["予約制"])

    assert set(form.errors) == {"choice"}


def test_decide_without_options_is_written_freely() -> None:
    form = PhaseForm({"choice": "予約制", "until": "R8.9.30", "cost": ""}, phase=Phase.DECIDE)

    assert form.is_valid()
    assert form.content() == {
        "choice": "予約制",
        "reason": "",
        "actor": "",
        "until": "2026-09-30",
    }


def test_problems_of_a_phase_stand_beside_their_fields() -> None:
    form = PhaseForm({}, phase=Phase.ACT)
    assert form.is_valid()
    form.add_problems({"done": "実施した内容を入力してください。", "elsewhere": "別の問題"})

    assert set(form.errors) == {"done", "__all__"}


def test_notes_and_values_need_their_answers() -> None:
    assert set(ObservationForm({}).errors) == {"kind", "text"}
    assert set(MeasurementForm({}).errors) == {"measured_on", "value"}
