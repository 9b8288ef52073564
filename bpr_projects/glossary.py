"""用語集 where its words are used: the terms, and the first of each marked in a text.

The terms are read once in a while by each process, not by each page: what the 事務局 edits is on
every page a minute later. No label has to be written differently for it.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bpr_projects.models import GlossaryTerm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIFETIME: Final = 60.0
"""Seconds for which a process keeps the terms that it has read."""

BRACKETS: Final = re.compile(r"\s*[（()）]\s*")
LATIN: Final = re.compile(r"[A-Za-z]")
NEVER: Final = r"(?!)"
KATAKANA: Final = re.compile(r"[ァ-ヶー]+")


@dataclass(frozen=True)
class Term:
    """A row of the glossary; 「業務改革（BPR）」 is found as 業務改革 and as BPR."""

    pk: int
    word: str
    meaning: str
    source: str
    is_unchecked: bool = False

    @property
    def forms(self) -> list[str]:
        """How the term is written in a text."""
        return [form for form in BRACKETS.split(self.word) if form]


@dataclass
class Shelf:
    """The terms that this process has at hand, and until when it believes them."""

    terms: tuple[Term, ...] = ()
    until: float = field(default=0.0)

    def read(self) -> tuple[Term, ...]:
        """The terms, from the database when they have become old."""
        if time.monotonic() >= self.until:
            rows = GlossaryTerm.objects.values_list(
                "pk", "word", "meaning", "source", "is_unchecked"
            )
            self.keep(Term(*row) for row in rows)
        return self.terms

    def keep(self, terms: Iterable[Term], seconds: float = LIFETIME) -> None:
        """Put terms on the shelf."""
        self.terms = tuple(terms)
        self.until = time.monotonic() + seconds

    def clear(self) -> None:
        """Read them again when they are asked for."""
        self.until = 0.0


shelf: Final = Shelf()
"""The one of this process."""


def pieces(text: str, seen: set[int]) -> Iterator[tuple[str, Term | None]]:
    """The text in pieces, with the term where one occurs for the first time.

    ``seen`` are terms that the page has marked already; new ones are added.
    """
    terms = shelf.read()
    by_form = _by_form(terms)
    end = 0
    for match in _pattern(terms).finditer(text):
        term = by_form[match.group()]
        if term.pk in seen:
            continue
        seen.add(term.pk)
        yield text[end : match.start()], None
        yield match.group(), term
        end = match.end()
    yield text[end:], None


@lru_cache(maxsize=1)
def _by_form(terms: tuple[Term, ...]) -> dict[str, Term]:
    return {form: term for term in reversed(terms) for form in term.forms}


@lru_cache(maxsize=1)
def _pattern(terms: tuple[Term, ...]) -> re.Pattern[str]:
    """Whole words only: no スマート in スマートフォン, no AI in AI-OCR; the longest form wins."""
    forms = sorted(_by_form(terms), key=lambda form: (-len(form), form))
    return re.compile("|".join(_bounded(form) for form in forms) or NEVER)


def _bounded(form: str) -> str:
    if LATIN.match(form):
        return rf"(?<![A-Za-z0-9-]){re.escape(form)}(?![A-Za-z0-9-])"
    if KATAKANA.fullmatch(form):
        return rf"(?<![ァ-ヶー]){re.escape(form)}(?![ァ-ヶー])"
    return re.escape(form)
