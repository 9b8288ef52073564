"""What the page of an answer draws by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workflow.enums import Outcome
    from workflow.outcomes import Rule


class OutcomeCard(NamedTuple):
    """A radio card: the answer, what it means, whether it is chosen."""

    outcome: Outcome
    label: str
    rule: Rule
    is_chosen: bool


class Rating(NamedTuple):
    """A row of radio buttons."""

    name: str
    title: str
    question: str
    points: str
    claim: str
    is_principle: bool
    is_missing: bool
