"""代決: who stands in for a seat that nobody attends, by the order of the rule. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def standing_in(
    principals: Collection[int],
    attending: Collection[int],
    ranks: Iterable[Collection[int]],
    *,
    conflicted: Collection[int] = (),
    approved: Collection[int] = (),
) -> frozenset[int]:
    """Persons of the first rank in which somebody may decide in place of the principals.

    ``principals``: who is appointed to the seat, ``attending`` those of them who are there;
    ``ranks``: who is there of each seat that stands in, in the order of the rule. Nobody stands in
    for somebody who is there, or for an author. Whoever is an author, approved below or holds the
    seat is passed over: the next in order decides. A rank's own stand-ins or deputies are never
    asked, so nothing is passed on and no circle can arise.
    """
    if attending or not set(conflicted).isdisjoint(principals):
        return frozenset()
    barred = {*conflicted, *approved, *principals}
    return next((able for rank in ranks if (able := frozenset(rank) - barred)), frozenset())
