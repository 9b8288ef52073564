"""横展開: how far each section is with what one of them tried (plan 3: from part to whole)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bpr_projects.enums import RolloutState
from bpr_projects.models import RolloutSection
from roles.models import Section

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from bpr_projects.models import Project
    from roles.models import User


@dataclass(frozen=True)
class Line:
    """A section and how far it is; ``at`` is nothing for one that was not asked yet."""

    section: Section
    at: RolloutSection | None


@dataclass(frozen=True)
class Rollout:
    """Every section of the city beside a case. What is 対象外 does not count."""

    lines: tuple[Line, ...]

    @property
    def in_use(self) -> int:
        return self._count(RolloutState.IN_USE)

    @property
    def total(self) -> int:
        return len(self.lines) - self._count(RolloutState.NOT_CONCERNED)

    def _count(self, state: RolloutState) -> int:
        return sum(line.at is not None and line.at.state == state for line in self.lines)


def rollout_of(project: Project, on: date) -> Rollout:
    """The sections of that day, in their order, each with what is known of it. Two queries."""
    known = {row.section_id: row for row in project.rollout.all()}
    sections = Section.objects.in_force(on).select_related("department")
    return Rollout(
        tuple(
            Line(section, known.get(section.pk))
            for section in sections.order_by("department__order", "order", "pk")
        )
    )


def record_rollout(
    *,
    project: Project,
    sections: Iterable[Section],
    state: RolloutState,
    since: date,
    by: User,
    at: datetime,
) -> None:
    """Write down how far these sections are; the newest word counts."""
    for section in sections:
        RolloutSection.objects.update_or_create(
            project=project,
            section=section,
            defaults={"state": state, "since": since, "recorded_by": by, "recorded_at": at},
        )
