"""Conditions of routes and steps, as data, and the facts of a case that they ask for::

{}                                                     always
{"fact": "cost", "op": ">=", "value": 500000, "text": "費用が50万円以上"}
{"any": [...]}  {"all": [...]}  {"not": {...}}
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Facts = dict[str, int | bool | str]

OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

FACTS: Final = (
    "cost",
    "section_count",
    "pilot_months",
    "is_pilot",
    "is_reversible",
    "affects_citizens",
    "collects_money",
    "has_personal_data",
    "has_my_number",
    "uses_cloud",
    "uses_ai",
    "crosses_networks",
)
"""Names that a condition may use; ``facts_of`` answers each."""


@dataclass(frozen=True)
class Match:
    """Whether a condition holds, and the sentences that made it hold."""

    holds: bool
    reasons: tuple[str, ...] = ()


def matches(condition: Mapping[str, Any], facts: Facts) -> Match:
    """Evaluate a condition; an unknown fact or operator raises ``KeyError``."""
    if not condition:
        return Match(holds=True)
    if "any" in condition:
        parts = [matches(part, facts) for part in condition["any"]]
        held = [part for part in parts if part.holds]
        return Match(bool(held), tuple(reason for part in held for reason in part.reasons))
    if "all" in condition:
        parts = [matches(part, facts) for part in condition["all"]]
        return Match(
            all(part.holds for part in parts),
            tuple(reason for part in parts for reason in part.reasons),
        )
    if "not" in condition:
        return Match(not matches(condition["not"], facts).holds)
    holds = OPERATORS[condition["op"]](facts[condition["fact"]], condition["value"])
    return Match(holds, (condition["text"],) if holds and condition.get("text") else ())


def facts_of(sheet: Mapping[str, Any]) -> Facts:
    """The answers of a sheet that drive the route. Missing answers count as no and 0."""
    related = {code for code in sheet.get("sections") or [] if code != sheet.get("section")}
    return {
        "cost": int(sheet.get("cost") or 0),
        "section_count": 1 + len(related),
        "pilot_months": int(sheet.get("pilot_months") or 0),
        **{
            name: bool(sheet.get(name))
            for name in FACTS
            if name not in ("cost", "section_count", "pilot_months")
        },
    }
