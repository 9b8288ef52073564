"""用語集: the page, and the first of each term marked where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse

from bpr_projects import glossary
from bpr_projects.models import GlossaryTerm
from tests.workflow.pages import client_of

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = pytest.mark.once

WORDS = ("AI", "AI-OCR", "業務改革（BPR）", "スマート", "採択", "条件付き採択", "横展開")


@pytest.fixture
def terms() -> dict[str, glossary.Term]:
    found = [glossary.Term(pk, word, f"{word}の意味", "計画") for pk, word in enumerate(WORDS, 1)]
    glossary.shelf.keep(found)
    return {each.word: each for each in found}


def marked(text: str, seen: set[int] | None = None) -> list[tuple[str, str]]:
    """Which words of a text are marked, and as which term."""
    found = glossary.pieces(text, set() if seen is None else seen)
    return [(words, term.word) for words, term in found if term is not None]


@pytest.mark.usefixtures("terms")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AI-OCRで読み、AIで要約", [("AI-OCR", "AI-OCR"), ("AI", "AI")]),
        ("業務改革の手引", [("業務改革", "業務改革（BPR）")]),
        ("BPRと業務改革", [("BPR", "業務改革（BPR）")]),
        ("条件付き採択か採択か", [("条件付き採択", "条件付き採択"), ("採択", "採択")]),
        ("スマートフォンで申請", []),
        ("MAIL や AID", []),
        ("横展開、横展開", [("横展開", "横展開")]),
        ("", []),
    ],
)
def test_whole_words_are_marked_once_and_the_longest_wins(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert marked(text) == expected


@pytest.mark.usefixtures("terms")
def test_no_letter_of_a_text_is_lost() -> None:
    text = "AI-OCR（AI）を<横展開>する。横展開。"

    assert "".join(words for words, _term in glossary.pieces(text, set())) == text


def test_without_terms_a_text_stays_as_it_is() -> None:
    assert list(glossary.pieces("採択", set())) == [("採択", None)]


def test_a_page_marks_a_term_once_and_escapes_everything(terms: dict[str, glossary.Term]) -> None:
    request = RequestFactory().get("/")
    page = Template("{% explained first %}|{% explained second %}")

    shown = page.render(Context({"request": request, "first": "<採択>", "second": "採択と横展開"}))

    first, second = shown.split("|")
    assert first.startswith("&lt;<button")
    assert first.endswith("</span>&gt;")
    assert 'popovertarget="term-5"' in first
    assert 'popovertarget="term-5"' not in second
    assert 'popovertarget="term-7"' in second
    assert "横展開の意味" in second
    assert 'href="/glossary/#term-7"' in second


def test_a_field_explains_the_terms_of_its_help_and_of_its_label(
    terms: dict[str, glossary.Term],
) -> None:
    class Sheet(forms.Form):
        reach = forms.CharField(label="横展開の見込み", help_text="採択の後に考えます。")
        more = forms.CharField(label="採択の条件", help_text="横展開を含みます。")

    sheet = Sheet()
    fields = {name: sheet[name].as_field_group() for name in ("reach", "more")}

    assert fields["reach"].count('class="term"') == 2
    assert 'id="id_reach_term-5"' in fields["reach"]
    assert 'id="id_reach_term-7"' in fields["reach"]
    assert 'class="term"' not in fields["more"]
    assert '<label for="id_reach">横展開の見込み' in fields["reach"]


def test_terms_are_read_when_the_shelf_has_become_old(office: City) -> None:
    GlossaryTerm.objects.all().delete()
    GlossaryTerm.objects.create(word="後閲", heading="こ", meaning="後で見る", source="x", order=1)

    assert glossary.shelf.read() == ()

    glossary.shelf.clear()
    assert [term.word for term in glossary.shelf.read()] == ["後閲"]


def test_everybody_reads_the_glossary_and_the_secretariat_edits_it(office: City) -> None:
    staff, secretariat = (client_of(code) for code in ("LEADER-ZEIMU", "SECRETARIAT"))

    page = staff.get("/glossary/").content.decode()

    assert page.count("<dt>") == 44
    assert 'href="#index-1">A</a>' in page
    assert "用語を編集する" not in page
    assert "用語を編集する" in secretariat.get("/glossary/").content.decode()


def test_an_empty_glossary_says_so(office: City) -> None:
    GlossaryTerm.objects.all().delete()

    assert "用語はまだ登録されていません" in client_of("AUDITOR").get("/glossary/").content.decode()


def test_trusted_html_of_a_help_text_stays_html(office: City) -> None:
    page = client_of("LEADER-SHIMIN").get(reverse("account_change_password")).content.decode()

    assert "&lt;li&gt;" not in page
    assert "<ul><li>" in page
