"""A thing to put right in a version of a route, and what a version is checked against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from workflow.routing.conditions import OPERATORS
from workflow.routing.terms import FACT_WORDS, Names, atoms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from workflow.routing.texts import RouteText


@dataclass(frozen=True)
class Finding:
    """One thing to put right. ``step``: the order of the step, none for the version itself."""

    field: str
    sentence: str
    step: int | None = None


@dataclass(frozen=True)
class Ground:
    """What a version is checked against.

    ``others``: the rules of the other codes on its first day; ``later``: on each day after it on
    which one of them changes. ``begun``: first days of the decided versions of its code. ``names``
    and ``seats``: the city on that day.
    """

    today: date
    names: Names
    seats: Mapping[str, int] = field(default_factory=dict)
    others: tuple[RouteText, ...] = ()
    later: tuple[tuple[RouteText, ...], ...] = ()
    begun: tuple[date, ...] = ()


def wrong_in(condition: Mapping[str, Any]) -> Iterator[str]:
    """What no condition may say, sentence by sentence."""
    found = list(atoms(condition))
    if condition and not found:
        yield _("条件に、事実が1つもありません。")
    for atom in found:
        fact = FACT_WORDS.get(atom["fact"])
        if fact is None:
            yield _("「%s」という事実はありません。") % atom["fact"]
            continue
        if atom.get("op") not in OPERATORS:
            yield _("「%s」の比べ方を選んでください。") % fact.label
        elif not fact.is_number and atom["op"] != "==":
            yield _("「%s」は、はい・いいえで比べてください。") % fact.label
        value = atom.get("value")
        if isinstance(value, bool) == fact.is_number or not isinstance(value, int):
            yield _("「%s」の値が正しくありません。") % fact.label
        if not str(atom.get("text") or "").strip():
            yield _("「%s」に、画面に出す言葉を入力してください。") % fact.label
