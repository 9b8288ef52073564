"""Every kind of case that conditions can tell apart: a finite sample that misses nothing.

A condition compares facts with fixed values. Between two neighbouring values of a fact no
comparison changes, so one number of each interval stands for all of it; of a yes or no there are
two. The product over the facts that the conditions name is every case there is, as far as they see.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Final

from workflow.routing.conditions import OPERATORS, facts_of
from workflow.routing.terms import FACT_WORDS, atoms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from workflow.routing.conditions import Facts


def cells(conditions: Iterable[Mapping[str, Any]]) -> Iterator[Facts]:
    """One case for every way in which the conditions can turn out; plain cases come first."""
    values = sample_of(conditions)
    names = list(values)
    usual = facts_of({})
    for chosen in product(*(values[name] for name in names)):
        yield {**usual, **dict(zip(names, chosen, strict=True))}


def sample_of(conditions: Iterable[Mapping[str, Any]]) -> dict[str, list[int | bool]]:
    """Fact -> one value of each interval, ascending, as far as the conditions name it."""
    named: dict[str, set[int]] = {}
    for condition in conditions:
        for atom in atoms(condition):
            named.setdefault(atom["fact"], set()).add(atom["value"])
    return {
        name: _numbers(name, bounds) if FACT_WORDS[name].is_number else [False, True]
        for name, bounds in sorted(named.items())
    }


def _numbers(name: str, bounds: Iterable[int]) -> list[int | bool]:
    """Each bound, and one number of each gap beside the bounds, if the fact can be that."""
    least = FACT_WORDS[name].least
    ascending = sorted({bound for bound in bounds if bound >= least})
    found: list[int | bool] = []
    before = least - 1
    for bound in ascending:
        if bound - before > 1:
            found.append(before + 1)
        found.append(bound)
        before = bound
    return [*found, before + 1]


MOST: Final = 100_000
"""More cells than this are not tried: nobody could read such rules either."""


def count_of(conditions: Iterable[Mapping[str, Any]]) -> int:
    """How many cells there are."""
    return prod(len(values) for values in sample_of(conditions).values())


def prepared(condition: Mapping[str, Any]) -> Callable[[Facts], bool]:
    """``matches`` without the reasons, prepared once for many cases."""
    if not condition:
        return lambda _facts: True
    if "any" in condition:
        some = [prepared(part) for part in condition["any"]]
        return lambda facts: any(test(facts) for test in some)
    if "all" in condition:
        every = [prepared(part) for part in condition["all"]]
        return lambda facts: all(test(facts) for test in every)
    if "not" in condition:
        inner = prepared(condition["not"])
        return lambda facts: not inner(facts)
    compare, name, value = OPERATORS[condition["op"]], condition["fact"], condition["value"]
    return lambda facts: compare(facts[name], value)
