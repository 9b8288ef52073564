"""The tags of the user interface, rendered as templates render them."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template, engines
from django.test import RequestFactory

from bpr_projects.charts import KpiSeries, MatrixPoint
from bpr_projects.enums import Stage
from bpr_projects.forms import SheetForm
from bpr_projects.sheet import Lists
from bpr_projects.templatetags import ui

pytestmark = pytest.mark.once

NOW = datetime(2026, 11, 24, 1, 40, tzinfo=UTC)  # 10:40 in Japan
STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"


def rendered(source: str, **values: object) -> str:
    return Template(source).render(Context({"now": NOW, **values}))


def plain(html: str) -> str:
    """What a person reads."""
    return re.sub(r"<[^>]+>", "", html).strip()


def symbols() -> set[str]:
    return set(re.findall(r'symbol id="i-([a-z0-9-]+)"', (STATIC / "ui/icons.svg").read_text()))


# --- Icons and states ---


def test_an_icon_is_decoration_out_of_the_sprite() -> None:
    assert rendered('{% icon "check" "sm" %}') == (
        '<svg class="icon sm" aria-hidden="true" focusable="false">'
        '<use href="/static/ui/icons.svg#i-check"></use></svg>'
    )


def test_every_icon_a_page_names_is_in_the_sprite() -> None:
    named = {
        name
        for page in TEMPLATES.rglob("*.html")
        for name in re.findall(r'{%\s*icon "([a-z0-9-]+)"', page.read_text())
    }
    tables = {look.icon for look in ui.STAGE_LOOKS.values()} | set(ui.BANNER_ICONS.values())

    assert named | tables <= symbols()


def test_every_stage_has_a_look() -> None:
    assert set(ui.STAGE_LOOKS) == set(Stage)


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_is_shown_in_color_form_and_word(stage: Stage) -> None:
    html = rendered("{% stage_chip stage %}", stage=stage.value)

    assert plain(html) == str(stage.label)
    assert f"#i-{ui.STAGE_LOOKS[stage].icon}" in html


def test_a_label_is_text_not_markup() -> None:
    assert "<b>" not in rendered('{% chip "ok" label "check" %}', label="<b>窓口</b>")


@pytest.mark.parametrize(
    ("due_at", "words", "tone"),
    [
        (None, "期限なし", None),
        (datetime(2026, 11, 19, 8, 15, tzinfo=UTC), "期限 2営業日超過", "bad"),
        (datetime(2026, 11, 22, 8, 15, tzinfo=UTC), "期限 1営業日超過", "bad"),
        (datetime(2026, 11, 24, 1, 0, tzinfo=UTC), "期限 期限を過ぎました", "bad"),
        (datetime(2026, 11, 24, 8, 15, tzinfo=UTC), "期限 今日まで", "warn"),
        (datetime(2026, 11, 25, 8, 15, tzinfo=UTC), "期限 明日まで", "warn"),
        (datetime(2026, 11, 27, 8, 15, tzinfo=UTC), "期限 11/27（金）", ""),
        (datetime(2027, 1, 8, 8, 15, tzinfo=UTC), "期限 令和9年1/8（金）", ""),
    ],
)
def test_a_deadline_is_said_in_words(due_at: datetime | None, words: str, tone: str | None) -> None:
    html = rendered("{% due due_at now %}", due_at=due_at)

    assert plain(html) == words
    assert tone is None or f'data-tone="{tone}"' in html


@pytest.mark.parametrize(
    ("closures", "words"),
    [
        (frozenset({date(2026, 11, 20)}), "期限 1営業日超過"),
        (frozenset({date(2026, 11, 20), date(2026, 11, 24)}), "期限 期限を過ぎました"),
    ],
)
def test_no_day_is_late_on_which_the_city_hall_is_closed(
    closures: frozenset[date], words: str
) -> None:
    due_at = datetime(2026, 11, 19, 8, 15, tzinfo=UTC)

    html = rendered("{% due due_at now %}", due_at=due_at, closures=closures)

    assert plain(html) == words


def test_a_deadline_shows_its_arithmetic() -> None:
    values = {
        "opened_at": datetime(2026, 11, 20, 1, 0, tzinfo=UTC),
        "due_at": datetime(2026, 12, 2, 8, 15, tzinfo=UTC),
        "closures": frozenset({date(2026, 11, 25)}),
    }

    assert rendered("{% reckoned opened_at 5 due_at now 1 %}", **values) == (
        "標準5営業日 = 12/2（水）まで（休日2日を除く、保留1営業日を加算）"
    )


def test_a_deadline_of_just_after_midnight_is_tomorrow_in_japan() -> None:
    due_at = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)

    assert plain(rendered("{% due due_at now %}", due_at=due_at)) == "期限 明日まで"


@pytest.mark.parametrize(("count", "words"), [(0, ""), (3, "3件"), (99, "99件"), (128, "99+件")])
def test_a_badge_counts_up_to_99(count: int, words: str) -> None:
    assert plain(rendered("{% badge count %}", count=count)) == words


def test_an_avatar_shows_the_first_character() -> None:
    assert plain(rendered('{% avatar "成田 由美子" 7 "sm" %}')) == "成"
    assert 'data-c="4"' in rendered('{% avatar "成田" 7 %}')
    assert 'data-c="1"' in rendered('{% avatar "成田" nobody %}', nobody=None)


# --- Dates and amounts ---


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ day|wareki }}", "令和8年11月25日（水）"),
        ("{{ now|wareki }}", "令和8年11月24日（火）"),
        ("{{ none|wareki }}", ""),
        ("{{ day|short_date:now }}", "11/25（水）"),
        ("{{ none|short_date:now }}", ""),
        ("{{ now|moment:now }}", "10:40"),
        ("{{ before|moment:now }}", "11/20（金）09:05"),
        ("{{ none|moment:now }}", ""),
        ("{{ now|wareki_moment }}", "令和8年11月24日（火）10:40"),
        ("{{ none|wareki_moment }}", ""),
        ("{{ day|stamp_date }}", "8.11.25"),
        ("{{ 2026|fiscal_year_label }}", "令和8年度"),
        ("{{ 4180000|yen }}", "4,180,000円"),
        ("{{ none|yen }}", "－"),
        ("{{ 4180000|thousand_yen }}", "4,180千円"),
        ("{{ 4180500|thousand_yen }}", "4,180.5千円"),
        ("{{ none|thousand_yen }}", "－"),
        ("{{ 4180500|thousands }}", "4,180.5"),
        ("{{ none|thousands }}", "－"),
        ("{{ 1104|grouped }}", "1,104"),
        ("{{ 3.5|grouped }}", "3.5"),
        ("{{ 0.04|grouped }}", "0.04"),
        ("{{ 12345.67|grouped }}", "12,345.67"),
        ("{{ 1100|grouped }}", "1,100"),
        ("{{ small|grouped }}", "0"),
        ("{{ exact|grouped }}", "-0.5"),
        ("{{ none|grouped }}", "－"),
        ("{{ 820|filesize }}", "820B"),
        ("{{ 12345|filesize }}", "12KB"),
        ("{{ 1468006|filesize }}", "1.4MB"),
    ],
)
def test_dates_and_amounts_are_written_as_the_city_writes_them(source: str, words: str) -> None:
    before = datetime(2026, 11, 20, 0, 5, tzinfo=UTC)

    numbers = {"small": -0.001, "exact": Decimal("-0.50")}
    known = {"day": date(2026, 11, 25), "none": None, "before": before, **numbers}
    assert rendered(source, **known) == words


# --- Navigation and frame ---


def test_a_link_to_a_page_that_does_not_exist_is_left_out() -> None:
    assert rendered('{% nav_link "no-such-page" "どこか" "house" %}').strip() == ""


@pytest.mark.parametrize(
    ("path", "current"),
    [("/healthz", "page"), ("/healthz/more", "true"), ("/p/R8-1/", "true"), ("/other/", "")],
)
def test_the_menu_marks_where_one_is(path: str, current: str) -> None:
    request = RequestFactory().get(path)

    html = rendered('{% nav_link "healthz" "状態" "house" 0 "/p/" %}', request=request)

    assert html.count("aria-current") == bool(current)
    assert not current or f'aria-current="{current}"' in html


def test_what_is_constant_is_drawn_once_and_sees_nothing_of_the_page() -> None:
    template = engines["django"].from_string(
        "{% constant %}[{{ word }}{% icon 'plus' %}]{% endconstant %}{{ word }}"
    )

    first, second = (template.render({"word": word}) for word in ("甲", "乙"))

    assert first.endswith("]甲")
    assert second == first.replace("]甲", "]乙")
    assert "甲" not in second


def test_the_frame_stands_without_a_person() -> None:
    html = rendered('{% extends "base.html" %}{% block main %}本文{% endblock %}')

    assert "本文" in html
    assert "<nav" not in html
    assert settings.SITE_NAME in html


def test_the_frame_shows_the_person_and_the_banners() -> None:
    shell = SimpleNamespace(
        person_name="成田 由美子",
        capacity_label="DX推進リーダー",
        inbox_count=120,
        home_count=0,
        fiscal_year_label="令和8年度",
    )

    banners = [("warn", "通信は暗号化されていません。")]

    html = rendered('{% extends "base.html" %}', shell=shell, banners=banners)

    assert "成田 由美子" in html
    assert "通信は暗号化されていません。" in html
    assert 'lang="ja"' in html
    assert 'href="#main"' in html


def test_no_page_carries_a_style_a_script_or_a_handler() -> None:
    pages = [page for page in TEMPLATES.rglob("*.html") if "email" not in page.parts]
    inline = re.compile(r'\sstyle=|<style|\son[a-z]+="|<script(?![^>]*\ssrc=)|javascript:')

    assert [page.name for page in pages if inline.search(page.read_text())] == []


@pytest.mark.parametrize(
    ("level", "tone", "icon"),
    [("success", "ok", "circle-check"), ("error", "bad", "circle-alert"), ("info", "info", "info")],
)
def test_a_message_has_the_tone_of_its_level(level: str, tone: str, icon: str) -> None:
    words = rendered("{{ level|banner_tone }} {{ level|banner_icon }}", level=level)

    assert words == f"{tone} {icon}"


# --- Charts and seals ---


def test_charts_are_drawn_by_their_tags() -> None:
    series = KpiSeries(title="読取率", unit="%", labels=["4月"], actual=[12], target=[None])
    html = rendered(
        '{% bar 4 5 %}{% spark values %}{% mini_ring "ACT" %}{% ooda_ring "ACT" 2 3 %}'
        "{% kpi_line series %}{% matrix points %}",
        values=[1, 2],
        series=series,
        points=[MatrixPoint(label="17", ease=7, effect=8)],
    )

    assert html.count("<svg") == 6


@pytest.mark.parametrize("on", ["8.11.24", date(2026, 11, 24), NOW])
def test_a_seal_takes_a_date_a_moment_or_a_text(on: object) -> None:
    assert "8.11.24" in rendered('{% stamp "工藤" on "本部長" "承認" %}', on=on)


# --- Form fields ---


class Sheet(forms.Form):
    """One field of each layout."""

    title = forms.CharField(label="提案名", help_text="30字以内")
    story = forms.CharField(label="困りごと", widget=forms.Textarea, max_length=500, required=False)
    outcome = forms.ChoiceField(
        label="判断",
        widget=forms.RadioSelect,
        choices=[("OK", "承認する"), ("NO", "<b>差し戻す</b>")],
        help_text="1つ選びます。",
    )
    has_secrets = forms.BooleanField(label="個人情報を扱う", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


def test_a_field_ties_its_help_and_error_to_the_input() -> None:
    html = Sheet({"title": ""})["title"].as_field_group()

    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'aria-invalid="true"' in html
    assert {'id="id_title_helptext"', 'id="id_title_error"'} <= set(re.findall(r'id="[^"]+"', html))
    assert "必須" in plain(html)


def test_a_long_text_is_counted_and_never_cut_by_the_browser() -> None:
    html = Sheet()["story"].as_field_group()

    assert 'data-limit="500"' in html
    assert 'aria-describedby="id_story_count"' in html
    assert "maxlength" not in html
    assert "任意" in plain(html)


def test_a_line_is_never_cut_by_the_browser_and_counted_where_it_stands_alone() -> None:
    title = SheetForm(lists=Lists())["title"].as_field_group()
    cell = rendered("{% field_widget cell %}", cell=SheetForm(lists=Lists())["whys-0-why"])

    assert 'data-count-of="id_title" data-limit="30"' in title
    assert 'aria-describedby="id_title_helptext id_title_count"' in title
    assert "maxlength" not in title
    assert cell.strip() == '<input type="text" name="whys-0-why" class="input" id="id_whys-0-why">'


def test_radio_buttons_are_a_group_with_a_name() -> None:
    html = Sheet({})["outcome"].as_field_group()

    assert "<fieldset" in html
    assert "<legend" in html
    assert html.count('class="choice"') == 2
    assert 'aria-describedby="id_outcome_helptext id_outcome_error"' in html
    assert "<b>差し戻す" not in html


def test_a_single_check_has_its_words_beside_it() -> None:
    html = Sheet()["has_secrets"].as_field_group()

    assert 'class="checkline"' in html
    assert 'class="check"' in html


def test_a_hidden_field_has_no_frame() -> None:
    assert Sheet()["version"].as_field_group().strip() == (
        '<input type="hidden" name="version" id="id_version">'
    )


def test_the_summary_leads_from_each_error_to_its_field() -> None:
    html = rendered('{% include "ui/error_summary.html" %}', form=Sheet({}))

    assert 'href="#id_title"' in html
    assert 'href="#id_outcome"' in html
    assert "2か所" in html
    assert rendered('{% include "ui/error_summary.html" %}', form=Sheet()).strip() == ""
