"""The sheet's form: what people may type, and the JSON that comes of it."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from unicodedata import normalize

import pytest
from django.forms import Form
from hypothesis import given, settings
from hypothesis import strategies as st

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
from bpr_projects.forms.fields import PathField, PeopleField
from bpr_projects.forms.questions import BUILDERS, build
from bpr_projects.forms.sheet import data_of
from bpr_projects.sheet import Lists
from bpr_projects.sheet.lists import Entry
from tests.make import SHEET, a_user

pytestmark = pytest.mark.once

LISTS = Lists.of(
    [
        ("area", Entry("P2", "窓口改革")),
        ("section", Entry("SHIMIN", "市民課")),
        ("section", Entry("ZEIMU", "税務課")),
        ("section", Entry("OLD", "旧課", is_offered=False)),
        ("tool", Entry("T-CARD", "マイナンバーカード")),
        ("upper_plan", Entry("UP-DX", "自治体DX推進計画")),
        *(("article", Entry(str(number), f"第{number}条")) for number in range(1, 13)),
        *(("principle", Entry(f"N{number}", f"理念{number}", "問い")) for number in range(1, 7)),
    ]
)


def a_form(data: dict[str, Any] | None = None, **kwargs: Any) -> SheetForm:
    return SheetForm(data, lists=LISTS, **kwargs)


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


@pytest.mark.parametrize("kind", [LineField, TextField])
def test_a_text_that_is_too_long_is_told_its_length(kind: type[LineField | TextField]) -> None:
    refusal = "200字以内で入力してください（いま201字）。"
    assert errors_of(kind(max_length=200), "長" * 201) == [refusal]


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

    assert set(BUILDERS) | {sheet.Kind.ROWS, sheet.Kind.NOTES} == set(sheet.Kind)
    assert [part.code for part in form.parts()] == list(sheet.PARTS)
    asked = [each for part in form.parts() for each in part.questions]
    assert [each.spec.name for each in asked] == [field.name for field in sheet.FIELDS]
    for each in asked:
        assert (each.bound is not None) + bool(each.rows) + bool(each.notes) == 1
        if each.bound is not None:
            assert each.bound.field.required == each.spec.required


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
    form = a_form({"title": "長" * 31, "volume": "たくさん", "area": "P9", "sections": ["OLD"]})

    assert set(form.errors) == {"title", "volume", "area", "sections"}


def test_the_own_section_is_not_asked() -> None:
    form = a_form(own_section="SHIMIN")

    assert "section" not in form.fields
    assert [code for code, _ in form.fields["sections"].choices] == ["ZEIMU"]  # type: ignore[attr-defined]


# --- rows ------------------------------------------------------------------------------------


def row(question: str, index: int, /, **cells: Any) -> dict[str, Any]:
    return {f"{question}-{index}-{cell}": value for cell, value in cells.items()}


def rows_of(form: SheetForm, name: str) -> list[str]:
    return [each for each in form.fields if each.startswith(f"{name}-")]


def test_an_empty_sheet_shows_one_row_of_each_question() -> None:
    assert rows_of(a_form(), "whys") == ["whys-0-why"]
    assert rows_of(a_form({}), "whys") == ["whys-0-why"]


@pytest.mark.parametrize(("stored", "more", "shown"), [(2, "", 2), (2, "whys", 3), (5, "whys", 5)])
def test_stored_rows_are_shown_and_one_more_when_asked(stored: int, more: str, shown: int) -> None:
    form = a_form(answers={"whys": [{"why": "紙だから"}] * stored}, more=more)

    assert len(rows_of(form, "whys")) == shown
    assert form["whys-1-why"].value() == "紙だから"


def test_rows_are_read_in_order_and_empty_ones_dropped() -> None:
    typed = {"whys-7-why": "規則だから", "whys-2-why": "紙だから", "whys-3-why": "  "}
    form = a_form(typed)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["whys"] == [{"why": "紙だから"}, {"why": "規則だから"}]


def test_a_row_keeps_all_its_cells() -> None:
    step = row("as_is", 0, what="書く", minutes="７．５", flags=["PAPER"])  # noqa: RUF001
    form = a_form(step)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["as_is"] == [
        {"what": "書く", "who": "", "minutes": 7.5, "flags": ["PAPER"]}
    ]


def test_a_cell_that_cannot_be_read_is_named_and_leaves_the_rest() -> None:
    form = a_form({**row("kpis", 0, name="時間", baseline="多い"), "title": "題"})

    assert dict(form.errors) == {
        "kpis-0-baseline": ["数字で入力してください。小数は2けたまでです（例：12.5）。"]
    }
    assert form["kpis-0-baseline"].label == "指標1：いまの値"
    assert [(row["name"], row["baseline"]) for row in form.cleaned_data["kpis"]] == [("時間", None)]
    assert form.cleaned_data["title"] == "題"


def test_more_rows_than_asked_for_are_refused_in_words() -> None:
    form = a_form({f"whys-{n}-why": "なぜ" for n in range(6)})

    assert dict(form.errors) == {"whys-5-why": ["なぜは5件までです。6件目から後は保存できません。"]}


def test_a_flood_of_rows_is_not_read() -> None:
    form = a_form({f"whys-{n}-why": "なぜ" for n in range(500)})

    assert len(rows_of(form, "whys")) == 40
    assert form.errors


def test_problems_of_rows_and_notes_stand_at_their_first_field() -> None:
    form = a_form({})
    form.full_clean()
    form.add_problems({"kpis": "KPIを入力", "principles": "理念を入力", "kpis-0-unit": "単位"})

    assert set(form.errors) == {"kpis-0-name", "principles-N1", "kpis-0-unit"}


def test_notes_keep_what_was_said() -> None:
    form = a_form({"principles-N2": "通しで考える。", "principles-N9": "?", "principles-N1": ""})

    assert form.is_valid()
    assert form.cleaned_data["principles"] == {"N2": "通しで考える。"}


@pytest.mark.parametrize(
    ("typed", "steps"),
    [
        ("", []),
        ("R8=38、R9=30", [{"year": 2026, "value": 38}, {"year": 2027, "value": 30}]),
        ("令和8年度 38.5", [{"year": 2026, "value": 38.5}]),
        ("2026：1,200, 2027：-3", [{"year": 2026, "value": 1200}, {"year": 2027, "value": -3}]),
    ],
)
def test_yearly_values_are_read(typed: str, steps: list[dict[str, Any]]) -> None:
    field = PathField(most=3, least=-10, largest=2000, required=False)

    assert value_of(field, typed) == steps
    assert field.clean(field.prepare_value(steps)) == steps


@pytest.mark.parametrize(
    "typed",
    ["38", "R8=", "R9=1、R8=2", "R8=1、R8=2", "R8=1、R9=1、R10=1、R11=1", "R8=2001", "R99=1e9"],
)
def test_yearly_values_are_refused(typed: str) -> None:
    assert errors_of(PathField(most=3, least=-10, largest=2000), typed)


@pytest.mark.parametrize("typed", ["2017=5", "R0=5", "H30=5", "平成30年度=5", "2018=1、2019=2"])
def test_years_before_reiwa_are_refused(typed: str) -> None:
    assert errors_of(PathField(most=3, least=-10, largest=2000), typed)


def test_the_first_year_of_reiwa_is_read_and_shown() -> None:
    field = PathField(most=3, least=-10, largest=2000)

    assert field.prepare_value(field.clean("2019=5")) == "R1=5"
    assert errors_of(field, "2018=5") == ["令和元年度（R1）より前の年度は入力できません。"]


def test_co_proposers_are_people_who_work_here(db: None) -> None:
    here, gone = a_user(employee_number="000123"), a_user(employee_number="7", is_active=False)
    field = PeopleField(most=3, required=False)

    assert value_of(field, " ０００１２３、 000123 ") == [here.employee_number]  # noqa: RUF001
    assert value_of(field, "") == []
    assert errors_of(field, f"000123 {gone.employee_number} 888") == [
        "職員番号 7、888 の職員が見つかりません。"
    ]
    assert errors_of(field, "1 2 3 4") == ["3人までです。"]
    assert errors_of(field, "1\x002") == ["目に見えない制御文字は使えません。"]


# --- any sheet ---------------------------------------------------------------------------------

LETTERS = st.characters(exclude_categories=("C", "Z", "M"), max_codepoint=0xFFFF)
WORDS = st.text(LETTERS, min_size=1, max_size=9).map(partial(normalize, "NFC"))
WORDS = WORDS.filter(lambda text: text == text.strip() and len(text) <= 9)
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31)).map(date.isoformat)


def answer_to(spec: sheet.Field) -> st.SearchStrategy[Any]:
    """Anything that a question may be answered with, or nothing."""
    least = -spec.limit if spec.may_be_negative else 0
    return {
        sheet.Kind.LINE: st.just("") | WORDS,
        sheet.Kind.TEXT: st.just("") | st.lists(WORDS, min_size=1).map("\n".join),
        sheet.Kind.COUNT: st.none() | st.integers(0, spec.limit),
        sheet.Kind.YEN: st.none() | st.integers(0, spec.limit),
        sheet.Kind.DECIMAL: st.none() | st.integers(least, spec.limit),
        sheet.Kind.DAY: st.none() | DAYS,
        sheet.Kind.FLAG: st.booleans(),
        sheet.Kind.CHOICE: st.just("")
        | st.sampled_from([code for code, _ in _codes(spec)] or [""]),
        sheet.Kind.CHOICES: _some(spec),
        sheet.Kind.NOTES: st.dictionaries(st.sampled_from([f"N{n}" for n in range(1, 7)]), WORDS),
        sheet.Kind.PEOPLE: st.just([]),
        sheet.Kind.PATH: st.just([]) | st.just([{"year": 2026, "value": 1.5}]),
        sheet.Kind.ROWS: st.lists(_row(spec), max_size=spec.most),
    }[spec.kind]


def _codes(spec: sheet.Field) -> list[tuple[str, Any]]:
    if spec.kind not in (sheet.Kind.CHOICE, sheet.Kind.CHOICES):
        return []
    field: Any = build(spec, LISTS)
    return [(code, label) for code, label in field.choices if code]


def _some(spec: sheet.Field) -> st.SearchStrategy[list[Any]]:
    codes = [int(c) if spec.lookup == sheet.Lookup.ARTICLE else c for c, _ in _codes(spec)] or [0]
    return st.lists(st.sampled_from(codes), unique=True).map(
        lambda found: [code for code in codes if code in found]
    )


def _row(spec: sheet.Field) -> st.SearchStrategy[dict[str, Any]]:
    cells = st.fixed_dictionaries({cell.name: answer_to(cell) for cell in spec.columns})
    return cells.filter(lambda row: not all(sheet.is_empty(value) for value in row.values()))


@given(st.fixed_dictionaries({spec.name: answer_to(spec) for spec in sheet.FIELDS}))
@settings(max_examples=60, deadline=None)
def test_any_sheet_comes_back_as_it_was(answers: dict[str, Any]) -> None:
    form = a_form(data_of(answers))

    assert form.is_valid(), form.errors
    assert form.cleaned_data == answers
    assert list(sheet.malformed(answers)) == []


def test_problems_stand_beside_their_fields() -> None:
    form = a_form({}, own_section="SHIMIN")
    form.full_clean()
    form.add_problems({"title": "提案名を入力してください。", "section": "所管課がありません。"})

    assert form.errors["title"] == ["提案名を入力してください。"]
    assert form.non_field_errors() == ["所管課がありません。"]


def test_indicators_may_be_negative_and_counts_not() -> None:
    form = a_form({"kpis-0-target": "-5", "volume": "-5"})

    assert set(form.errors) == {"volume"}
    assert form.cleaned_data["kpis"][0]["target"] == -5


# --- the running case ------------------------------------------------------------------------


def oriented(*rows: tuple[str, ...], **more: str) -> dict[str, str]:
    """方向づけ as a browser sends it: (案, よい点, 心配な点, 費用) a row."""
    cells = {
        f"options-{index}-{name}": text
        for index, row in enumerate(rows)
        for name, text in zip(("plan", "merit", "worry", "cost"), row, strict=False)
    }
    return {"causes": "枠がない", **cells, **more}


def test_options_are_rows_without_their_empty_cells() -> None:
    sent = oriented(
        ("予約制", "早い", "", "12,000"), ("増員", "", "費用がかかる"), ("", "", "", "")
    )
    form = PhaseForm(sent, phase=Phase.ORIENT)

    assert form.is_valid()
    assert form.content() == {
        "causes": "枠がない",
        "options": [
            {"plan": "予約制", "merit": "早い", "cost": 12_000},
            {"plan": "増員", "worry": "費用がかかる"},
        ],
    }


@pytest.mark.parametrize(
    ("rows", "errors"),
    [
        (
            (("予約制",), ("長" * 201,)),
            {"options-1-plan": ["200字以内で入力してください（いま201字）。"]},
        ),
        ((("予約制",), ("", "早い")), {"options-1-plan": ["案の名前を入力してください。"]}),
        ((("予約制",), ("予約制",)), {"options-1-plan": ["同じ名前の案があります。"]}),
        (
            (("予約制", "", "", "約5万"),),
            {"options-0-cost": ["整数で入力してください（例：1,200）。"]},
        ),
    ],
)
def test_a_row_that_does_not_fit_is_named(
    rows: tuple[tuple[str, ...], ...], errors: dict[str, list[str]]
) -> None:
    form = PhaseForm(oriented(*rows), phase=Phase.ORIENT)

    assert dict(form.errors) == errors
    assert form["options-0-plan"].value() == "予約制"


def plans(form: PhaseForm) -> list[str]:
    return [row.cells[0].value() or "" for row in form.option_rows()]


def test_two_rows_are_offered_at_least_and_six_at_most() -> None:
    many = oriented(*((f"案{n}",) for n in range(9)))

    assert plans(PhaseForm(phase=Phase.ORIENT)) == ["", ""]
    assert plans(PhaseForm(many, phase=Phase.ORIENT)) == [f"案{n}" for n in range(6)]
    assert PhaseForm(many, phase=Phase.ORIENT).is_full


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("add-option", ["予約制", "約5万", "増員", ""]),
        ("remove-option-1", ["予約制", "増員"]),
        ("remove-option-9", ["予約制", "約5万", "増員"]),
        ("remove-option-x", ["予約制", "約5万", "増員"]),
    ],
)
def test_rows_are_arranged_with_every_word_kept(action: str, expected: list[str]) -> None:
    sent = oriented(("予約制",), ("約5万", "", "", "約5万"), ("増員",), action=action)

    form = PhaseForm.rearranged(sent)

    assert plans(form) == expected
    assert form["causes"].value() == "枠がない"
    assert not form.errors


def test_the_missing_option_is_asked_for_in_the_first_empty_row() -> None:
    form = PhaseForm(oriented(("予約制",)), phase=Phase.ORIENT)
    assert form.is_valid()
    form.add_problems({"options": "選択肢を2つ以上入力してください。"})

    assert set(form.errors) == {"options-1-plan"}


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
