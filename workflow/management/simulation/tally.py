"""What a simulation counts, and how it fails."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.actions.refusals import Refusal

T = TypeVar("T")


class Failure(Exception):
    """Something happened that may not. ``case`` is the reference of the first bad case."""

    def __init__(self, case: str, what: str) -> None:
        self.case, self.what = case, what
        super().__init__(f"{case}: {what}")


@dataclass
class Tally:
    """Counts by name: acts that took effect, refusals that were expected, endings of cases.

    ``previews``: what the previews were compared with, and what explained each difference.
    """

    acts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    previews: Counter[str] = field(default_factory=Counter)
    vacant: int = 0

    @property
    def transitions(self) -> int:
        return self.acts.total()

    def act(self, name: str, verb: Callable[[], T]) -> T:
        """A verb that has to take effect."""
        done = verb()
        self.acts[name] += 1
        return done

    def attempt(
        self, name: str, verb: Callable[[], object], *refusals: type[Refusal]
    ) -> Refusal | None:
        """A verb that may take effect or be refused for one of these reasons."""
        try:
            self.act(name, verb)
        except refusals as refusal:
            self.refusals[type(refusal).__name__] += 1
            return refusal
        return None
