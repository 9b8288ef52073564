"""Sides that are timed in turns, so that a busy moment of the machine is everybody's."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Figures:
    """Milliseconds of one side: as a clock shows them, and as this process worked."""

    p50: float
    p95: float
    cpu: float

    @classmethod
    def of(cls, took: list[tuple[float, float]]) -> Figures:
        """Medians, and the 95th percentile of the clock."""
        clock, worked = ([each * 1000 for each in column] for column in zip(*took, strict=True))
        ordered = sorted(clock)
        return cls(
            p50=round(statistics.median(clock), 3),
            p95=round(ordered[min(len(ordered) * 95 // 100, len(ordered) - 1)], 3),
            cpu=round(statistics.median(worked), 3),
        )


DEPTHS: Final = 200
"""CPython keeps the frames of calls in chunks, and one whose busiest depth lies at the edge of a
chunk pays for a new one at every call (pages: up to half as much again). How deep a server calls is
luck, so each turn is taken at another depth."""


def in_turns(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Figures]:
    """A B C, B A C …, after one turn that opens connections and reads templates.

    In another order each time: who always came after the same one would find its caches as that
    one leaves them.
    """
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    luck = Random(0)  # noqa: S311 -- shuffles turns
    for number in range(rounds + 1):
        for name in luck.sample(list(sides), len(sides)):
            each = _timed(sides[name], luck.randrange(DEPTHS))
            if number:
                took[name].append(each)
    return {name: Figures.of(each) for name, each in took.items()}


def _timed(side: Callable[[], object], depth: int) -> tuple[float, float]:
    """Seconds by the clock and of work."""
    if depth:
        return _timed(side, depth - 1)
    clock, worked = time.perf_counter(), time.process_time()
    side()
    return time.perf_counter() - clock, time.process_time() - worked
