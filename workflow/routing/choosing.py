"""Which route a case takes: gap, tie and shadow, over every kind of case that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from bpr_projects.enums import RevisionKind
from workflow.routing.cells import MOST, cells, count_of, prepared
from workflow.routing.findings import Finding, Ground, wrong_in
from workflow.routing.terms import FACT_WORDS, atoms, comparison_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from workflow.routing.conditions import Facts
    from workflow.routing.texts import RouteText

QUESTIONS: Final = (
    RevisionKind.CHANGE,
    RevisionKind.STOP,
    RevisionKind.COMPLETION,
    RevisionKind.ROLLOUT,
    RevisionKind.ROUTE,
)
"""Kinds of a question for which there has to be a route."""


def choice_findings(text: RouteText, ground: Ground) -> Iterator[Finding]:
    """Gap, tie and shadow, decided over every kind of case that the conditions can tell apart."""
    found = [
        finding
        for others in (ground.others, *ground.later)
        for finding in _among([*others, text], text)
    ]
    yield from dict.fromkeys(found)


def _among(rules: Sequence[RouteText], text: RouteText) -> Iterator[Finding]:
    if any(_is_unreadable(rule.condition) for rule in rules):
        return
    for asked, competing in _competitions(rules, text):
        if count_of(rule.condition for rule in competing) > MOST:
            yield Finding("condition", _("条件の組合せが多すぎて、重なりを確かめられません。"))
            continue
        yield from _competition(text, asked, sorted(competing, key=lambda rule: rule.priority))


def _is_unreadable(condition: Mapping[str, Any]) -> bool:
    return next(wrong_in(_without_words(condition)), None) is not None


def _without_words(condition: Mapping[str, Any]) -> dict[str, Any]:
    """The condition as far as a comparison can read it: how it is worded does not matter."""
    if "fact" in condition:
        return {**condition, "text": "－"}
    return {
        name: _without_words(part) if name == "not" else [_without_words(each) for each in part]
        for name, part in condition.items()
    }


def _competitions(
    rules: Sequence[RouteText], text: RouteText
) -> Iterator[tuple[str, list[RouteText]]]:
    """The rules that are tried together: for proposals, or for one kind of question each."""
    if text.is_of_cases:
        yield _("提案"), [rule for rule in rules if rule.is_of_cases]
        return
    for kind in QUESTIONS:
        yield (
            str(kind.label),
            [rule for rule in rules if not rule.is_of_cases and kind in rule.revision_kinds],
        )


def _competition(text: RouteText, asked: str, rules: Sequence[RouteText]) -> Iterator[Finding]:
    takes = [(rule, prepared(rule.condition)) for rule in rules]
    gap, tie = None, None
    chosen: set[str] = set()
    for facts in cells(rule.condition for rule in rules):
        first = next((rule for rule, test in takes if test(facts)), None)
        if first is None:
            gap = gap or facts
            continue
        chosen.add(first.code)
        if tie is None and _is_tied(text, first, takes, facts):
            tie = facts
    if gap is not None or not rules:
        said = {"asked": asked, "case": described(gap or {}, rules)}
        sentence = _("どの経路にも当てはまらない「%(asked)s」が生じます（例：%(case)s）。") % said
        yield Finding("condition", sentence)
    if tie is not None:
        said = {"asked": asked, "case": described(tie, rules)}
        sentence = _("同じ優先順位の経路と重なる「%(asked)s」があります（例：%(case)s）。") % said
        yield Finding("priority", sentence)
    for rule in rules:
        if rule.code in chosen:
            continue
        sentence = _("優先順位が先の経路にすべて取られ、%(rule)sになる「%(asked)s」がありません。")
        name = _("この経路") if rule is text else f"{rule.code} {rule.name}"
        yield Finding("priority", sentence % {"rule": name, "asked": asked})


def _is_tied(
    text: RouteText,
    first: RouteText,
    takes: Sequence[tuple[RouteText, Callable[[Facts], bool]]],
    facts: Facts,
) -> bool:
    """Whether the version and another one of its priority both would take the case."""
    if first.priority != text.priority:
        return False
    alike = [rule for rule, test in takes if rule.priority == text.priority and test(facts)]
    return text in alike and len(alike) > 1


def described(facts: Mapping[str, Any], rules: Sequence[RouteText]) -> str:
    """A case in words: the facts that the conditions ask for, as far as they are not the usual."""
    named = dict.fromkeys(atom["fact"] for rule in rules for atom in atoms(rule.condition))
    words = []
    for name in named:
        value, fact = facts.get(name), FACT_WORDS[name]
        if fact.is_number:
            words.append(f"{fact.label} {value:,}{fact.unit}")
        elif value:
            words.append(comparison_of({"fact": name, "op": "==", "value": True}))
    return "、".join(words) or _("条件に挙げた事実がない")
