"""A case as the lists of this package show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bpr_projects.enums import Phase, Stage
from workflow.inbox.links import case_url

if TYPE_CHECKING:
    from datetime import datetime

    from workflow.charts import Ball


@dataclass(frozen=True)
class Figure:
    """How far the first indicator of a case has come."""

    name: str
    unit: str
    first: float
    last: float


@dataclass(frozen=True)
class CaseRow:
    """A case in one of the lists of the page."""

    pk: int
    proposer_id: int
    number: str
    title: str
    stage: str
    section_name: str
    updated_at: datetime
    phase: str = ""
    cycle: int = 0
    ball: Ball | None = None
    area_name: str = ""
    proposer_name: str = ""
    may_ask: bool = False
    figure: Figure | None = None

    @property
    def url(self) -> str:
        """The case's page; of a draft the form."""
        reference = self.number or f"draft-{self.pk}"
        return case_url(reference, "edit/" if self.stage == Stage.DRAFT else "")

    @property
    def phase_name(self) -> str:
        """観察, 方向づけ, 意思決定, 行動; nothing while headquarters is asked."""
        return str(Phase(self.phase).label) if self.phase else ""

    @property
    def nudge_url(self) -> str:
        """Where お願いする is sent."""
        return case_url(self.number, "nudge/")

    @property
    def board_url(self) -> str:
        """The OODA board."""
        return case_url(self.number, "ooda/")
