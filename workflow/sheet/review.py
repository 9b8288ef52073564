"""The PT's scores as the page shows them; others' scores stay hidden until one's own is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.enums import Outcome, SlotState, StepKind
from workflow.models import StepRun

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from workflow.models import Decision
    from workflow.sheet.belongings import PrincipleRow
    from workflow.sheet.dossier import Dossier, Step


@dataclass(frozen=True)
class Opinion:
    """What one member of the PT said."""

    name: str
    part: str
    total: int | None
    comment: str
    is_recusal: bool


@dataclass(frozen=True)
class Review:
    """The scores of one region. ``lines``: principle, mean of 5; ``total``: mean of 100."""

    answered: int
    asked: int
    is_closed: bool
    is_shown: bool
    total: int | None
    lines: tuple[tuple[PrincipleRow, float], ...]
    opinions: tuple[Opinion, ...]


def last_review(dossier: Dossier) -> Step | None:
    """The region whose scores count: the last one that was opened."""
    found = [step for step in dossier.steps if step.run.kind == StepKind.REVIEW]
    return found[-1] if found else None


def may_see(step: Step, mine: set[int]) -> bool:
    """While the region is open only those whose own score is in see the others'."""
    return not step.is_open or any(
        slot.post_id in mine and slot.state == SlotState.DONE for slot in step.slots
    )


def hidden_regions(mine: Iterable[int]) -> QuerySet[StepRun]:
    """``may_see`` for a query: open regions whose scores holders of these posts are not shown."""
    regions = StepRun.objects.filter(kind=StepKind.REVIEW, closed_at=None)
    own = regions.filter(slots__post__in=list(mine), slots__state=SlotState.DONE)
    return regions.exclude(pk__in=own.values("pk"))


def review_of(dossier: Dossier, mine: set[int]) -> Review | None:
    """The scores for a reader who holds the posts ``mine``; nothing before the first region."""
    step = last_review(dossier)
    if step is None:
        return None
    said = [answer for slot in step.slots if (answer := dossier.answer_of(slot)) is not None]
    scored = [each for each in said if each.outcome == Outcome.SCORED and each.scores]
    is_shown = may_see(step, mine)
    totals = [each.total for each in scored if each.total is not None]
    return Review(
        answered=len(scored),
        asked=sum(slot.state != SlotState.RECUSED for slot in step.slots),
        is_closed=not step.is_open,
        is_shown=is_shown,
        total=round(sum(totals) / len(totals)) if totals and is_shown else None,
        lines=_means(dossier, scored) if is_shown else (),
        opinions=tuple(_opinion(dossier, each) for each in said) if is_shown else (),
    )


def _means(dossier: Dossier, scored: list[Decision]) -> tuple[tuple[PrincipleRow, float], ...]:
    scores = [each.scores or {} for each in scored]
    lines = []
    for principle in dossier.belongings.principles:
        points = [each[principle.code] for each in scores if principle.code in each]
        if points:
            lines.append((principle, round(sum(points) / len(points), 1)))
    return tuple(lines)


def _opinion(dossier: Dossier, said: Decision) -> Opinion:
    return Opinion(
        name=said.decided_by.name,
        part=said.post.part or said.post.title,
        total=said.total,
        comment=dossier.texts.get(said.pk, {}).get("comment", ""),
        is_recusal=said.outcome == Outcome.RECUSED,
    )
