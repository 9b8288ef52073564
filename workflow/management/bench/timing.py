"""Sides that are timed in turns, so that a busy moment of the machine is everybody's."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

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


def in_turns(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Figures]:
    """A B C, B A C …, after one turn that opens connections and reads templates.

    In another order each time: who always came after the same one would find its caches as that
    one leaves them.
    """
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    order = Random(0)  # noqa: S311 -- shuffles turns
    for number in range(rounds + 1):
        for name in order.sample(list(sides), len(sides)):
            clock, worked = time.perf_counter(), time.process_time()
            sides[name]()
            if number:
                took[name].append((time.perf_counter() - clock, time.process_time() - worked))
    return {name: Figures.of(each) for name, each in took.items()}
