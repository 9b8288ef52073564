"""What explains a page: words of the glossary as buttons that open their meaning, and its guide.

A builtin library. The meaning is a native popover: it opens by click, Enter or Space, closes by Esc
or a click beside it, and needs no script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bpr_projects import glossary, guides
from bpr_projects.models import unchecked

if TYPE_CHECKING:
    from django.forms import BoundField
    from django.template.context import Context

register = template.Library()

MARK = (
    '<button type="button" class="term" popovertarget="{id}">{form}</button>'
    '<span class="termcard" id="{id}" popover role="note"><b>{word}</b><span>{meaning}</span>'
    '<a href="{url}">{more}</a></span>'
)


@register.simple_tag(takes_context=True)
def explained(context: Context, text: Any) -> SafeString:
    """A text of the page; the first occurrence of each term on the page can be opened."""
    request = context.get("request")
    seen: set[int] = getattr(request, "terms_seen", None) or set()
    if request is not None:
        request.terms_seen = seen
    return _marked(str(text), seen, "term")


@register.simple_tag(takes_context=True)
def help_url(context: Context) -> str:
    """The guide that explains the page."""
    match = getattr(context.get("request"), "resolver_match", None)
    return guides.url_for(match.url_name or "" if match else "")


@register.filter
def explained_help(field: BoundField) -> SafeString:
    """The help text of a field; each term is marked once a form. Trusted HTML stays as it is."""
    text = str(field.help_text)
    if isinstance(text, SafeString):
        return text
    return _marked(text, _seen_in(field), f"{field.auto_id}_term")


@register.filter
def explained_label(field: BoundField) -> SafeString:
    """The terms of a label alone, to stand below it: a label holds no buttons."""
    marks = (
        (_mark(term.word, term, f"{field.auto_id}_term"),)
        for _text, term in glossary.pieces(str(field.label), _seen_in(field))
        if term is not None
    )
    return format_html_join(" ", "{}", marks)


def _seen_in(field: BoundField) -> set[int]:
    seen: set[int] = field.form.__dict__.setdefault("terms_seen", set())
    return seen


def _marked(text: str, seen: set[int], prefix: str) -> SafeString:
    parts = (
        (text if term is None else _mark(text, term, prefix),)
        for text, term in glossary.pieces(text, seen)
    )
    return format_html_join("", "{}", parts)


def _mark(form: str, term: glossary.Term, prefix: str) -> SafeString:
    return format_html(
        MARK,
        id=f"{prefix}-{term.pk}",
        form=form,
        word=term.word,
        meaning=f"{term.meaning}{unchecked.MARK if term.is_unchecked else ''}",
        url=f"{reverse('glossary')}#term-{term.pk}",
        more=_("用語集で見る"),
    )
