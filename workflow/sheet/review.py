"""The PT's scores as the page shows them; others' scores stay hidden until one's own is in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import mean
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from bpr_projects.charts import MatrixPoint
from roles.enums import Role
from workflow.enums import Outcome, SlotState, StepKind
from workflow.models import StepRun
from workflow.outcomes import MEASURES, PASSING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from roles.models import Capacity
    from workflow.models import Decision
    from workflow.sheet.dossier import Dossier, Step

FAR: Final = 1.5
"""So many points of 5 from the mean, and a score is an outlier …"""

FAR_TOTAL: Final = 20
"""… or so many of 100 from the mean of the totals …"""

ENOUGH: Final = 3
"""… when so many members scored."""

WEIGHERS: Final = frozenset({Role.PT_CHAIR, Role.SECRETARIAT})
"""Who is shown which scores stand apart: the PT長, who weighs them, and the 事務局."""


@dataclass(frozen=True)
class Opinion:
    """What one member of the PT said. ``points`` in the order of the lines."""

    name: str
    part: str
    total: int | None
    comment: str
    is_recusal: bool
    at: datetime
    points: tuple[int | None, ...] = ()
    is_apart: bool = False
    was_revised: bool = False


@dataclass(frozen=True)
class ScoreLine:
    """One thing that was scored, over all members."""

    code: str
    name: str
    question: str
    mean: float
    low: int
    high: int
    apart: tuple[str, ...] = ()

    @property
    def is_split(self) -> bool:
        """Whether the members are far from each other."""
        return self.high - self.low > 2


@dataclass(frozen=True)
class Review:
    """The scores of one region. ``lines``: by principle; ``total``: mean of 100."""

    round: int
    opened_at: datetime
    answered: int
    asked: int
    is_closed: bool
    is_shown: bool
    total: int | None
    totals: tuple[int, ...] = ()
    lines: tuple[ScoreLine, ...] = ()
    measures: tuple[ScoreLine, ...] = ()
    opinions: tuple[Opinion, ...] = ()

    @property
    def is_under(self) -> bool:
        """Whether the mean is under what usually is referred."""
        return self.total is not None and self.total < PASSING

    @property
    def scored(self) -> tuple[Opinion, ...]:
        """Who scored."""
        return tuple(each for each in self.opinions if each.total is not None)

    @property
    def recused(self) -> tuple[Opinion, ...]:
        """Who does not judge, and why."""
        return tuple(each for each in self.opinions if each.is_recusal)

    @property
    def apart(self) -> list[str]:
        """What the PT長 should look at before 上申, in words."""
        said = [
            _("「%(line)s」：%(names)s") % {"line": line.name, "names": "、".join(line.apart)}
            for line in (*self.lines, *self.measures)
            if line.apart
        ]
        totals = [
            _("合計：%(name)s（%(total)s点）") % {"name": each.name, "total": each.total}
            for each in self.opinions
            if each.is_apart
        ]
        return totals + said

    def place(self, label: str) -> list[MatrixPoint]:
        """Where effect and ease of doing it put the case, for the chart."""
        found = {line.code: line.mean for line in self.measures}
        if set(found) != {"effect", "feasibility"}:
            return []
        ease, effect = ((found[code] - 1) * 2.5 for code in ("feasibility", "effect"))
        return [MatrixPoint(label=label, ease=ease, effect=effect, is_highlighted=True)]


def weighs(capacities: Iterable[Capacity]) -> bool:
    """Whether a reader is shown which scores stand apart."""
    return any(each.post.role in WEIGHERS for each in capacities)


def reviews(dossier: Dossier) -> list[Step]:
    """The regions of a case, oldest first; the last one's scores count."""
    return [step for step in dossier.steps if step.run.kind == StepKind.REVIEW]


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


def review_of(dossier: Dossier, mine: set[int], *, is_weighing: bool = False) -> Review | None:
    """The scores for a reader who holds the posts ``mine``; nothing before the first region."""
    regions = reviews(dossier)
    return read_region(dossier, regions[-1], mine, is_weighing=is_weighing) if regions else None


def read_region(
    dossier: Dossier, step: Step, mine: set[int], *, is_weighing: bool = False
) -> Review:
    """One region. ``is_weighing``: scores that stand apart are named."""
    said = [answer for slot in step.slots if (answer := dossier.answer_of(slot)) is not None]
    scored = [each for each in said if each.outcome == Outcome.SCORED and each.scores]
    is_shown = may_see(step, mine)
    found = Review(
        round=step.run.round,
        opened_at=step.run.opened_at,
        answered=len(scored),
        asked=len(step.asked),
        is_closed=not step.is_open,
        is_shown=is_shown,
        total=None,
    )
    return _filled(dossier, found, said, scored, is_weighing=is_weighing) if is_shown else found


def _filled(
    dossier: Dossier,
    bare: Review,
    said: list[Decision],
    scored: list[Decision],
    *,
    is_weighing: bool,
) -> Review:
    totals = tuple(each.total for each in scored if each.total is not None)
    asked = [(row.code, row.name, row.question) for row in dossier.belongings.principles]
    lines = _lines(asked, scored, is_weighing=is_weighing)
    besides = [(code, str(name), str(question)) for code, (name, question) in MEASURES.items()]
    measures = _lines(besides, scored, is_weighing=is_weighing)
    codes = [line.code for line in (*lines, *measures)]
    average = mean(totals) if len(totals) >= ENOUGH and is_weighing else None
    return replace(
        bare,
        total=round(mean(totals)) if totals else None,
        totals=totals,
        lines=lines,
        measures=measures,
        opinions=tuple(_opinion(dossier, each, codes, average) for each in said),
    )


def _lines(
    asked: list[tuple[str, str, str]], scored: list[Decision], *, is_weighing: bool
) -> tuple[ScoreLine, ...]:
    found = (
        _line(code, name, question, scored, is_weighing=is_weighing)
        for code, name, question in asked
    )
    return tuple(line for line in found if line is not None)


def _line(
    code: str, name: str, question: str, scored: list[Decision], *, is_weighing: bool
) -> ScoreLine | None:
    given = [(each, (each.scores or {})[code]) for each in scored if code in (each.scores or {})]
    if not given:
        return None
    points = [point for _said, point in given]
    average = mean(points)
    is_marking = is_weighing and len(points) >= ENOUGH
    return ScoreLine(
        code=code,
        name=name,
        question=question,
        mean=round(average, 1),
        low=min(points),
        high=max(points),
        apart=tuple(
            f"{said.decided_by.name}（{point}）"
            for said, point in given
            if is_marking and abs(point - average) >= FAR
        ),
    )


def _opinion(dossier: Dossier, said: Decision, codes: list[str], average: float | None) -> Opinion:
    scores = said.scores or {}
    return Opinion(
        name=said.decided_by.name,
        part=said.post.part or said.post.title,
        total=said.total,
        comment=dossier.texts.get(said.pk, {}).get("comment", ""),
        is_recusal=said.outcome == Outcome.RECUSED,
        at=said.decided_at,
        points=tuple(scores.get(code) for code in codes) if scores else (),
        is_apart=(
            average is not None
            and said.total is not None
            and abs(said.total - average) >= FAR_TOTAL
        ),
        was_revised=said.supersedes_id is not None,
    )
