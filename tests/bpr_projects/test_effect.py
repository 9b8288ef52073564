"""The effect as the server counts it and as the page counts it while people type: one table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from bpr_projects.forms import SheetForm
from bpr_projects.prices import Rate
from bpr_projects.sheet import Lists, effect_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from bpr_projects.sheet import Effect

pytestmark = pytest.mark.once

CASES: Final = json.loads(Path(__file__).with_name("effects.json").read_text(encoding="utf-8"))
SCRIPT: Final = Path(settings.BASE_DIR) / "static/js/calc.js"
# The module has run when its import resolves; a script tag of a module only says that it was added.
READ: Final = """async ([script, typed]) => {
  await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  for (const field of document.querySelectorAll("input")) {
    field.value = typed[field.name] ?? "";
  }
  document.forms[0].dispatchEvent(new Event("input", { bubbles: true }));
  const places = [...document.querySelectorAll("output")];
  return Object.fromEntries(places.map((each) => [each.dataset.calcOut, each.textContent]));
}"""


def a_form(typed: dict[str, str] | None = None) -> SheetForm:
    return SheetForm(typed, lists=Lists())


def words(effect: Effect) -> dict[str, str]:
    return {
        "hours": effect.hours_words,
        "yen": effect.yen_words,
        "years": effect.payback_words,
        "citizen-hours": effect.citizen_words,
        "visits": effect.visits_words,
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_server_counts_by_the_table(case: dict[str, Any]) -> None:
    form = a_form(case["typed"])
    form.is_valid()

    effect = effect_of(form.over({}), yen_per_hour=case["yen_per_hour"])
    assert words(effect) == case["shown"]


@pytest.mark.browser
@pytest.mark.once
def test_the_page_counts_by_the_table(browser: Browser) -> None:
    page = browser.new_page()
    fields = [each for each in a_form() if "data-calc-in" in each.field.widget.attrs]
    outputs = render_to_string(
        "workflow/proposal_effect.html",
        {"effect": effect_of({}, yen_per_hour=0), "rate": Rate()},
    )
    shown = []
    for case in CASES:
        start = f'<form data-calc data-hourly-yen="{case["yen_per_hour"]}">'
        page.set_content(f"{start}{''.join(map(str, fields))}{outputs}</form>")
        read = page.evaluate(READ, [SCRIPT.read_text(encoding="utf-8"), case["typed"]])
        shown.append((case["name"], read))
    page.close()

    assert shown == [(case["name"], case["shown"]) for case in CASES]


def test_nothing_is_called_minus_nothing() -> None:
    effect = effect_of({"volume": 1, "minutes_before": 0, "minutes_after": 5}, yen_per_hour=2500)

    assert str(effect.hours) == str(effect.yen) == "0"
