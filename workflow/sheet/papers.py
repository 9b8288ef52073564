"""What pages say of a decision that was made on paper: its day, who registered and confirmed it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from django.utils.timezone import get_current_timezone, localdate

from workflow.enums import ASIDE

if TYPE_CHECKING:
    from workflow.models import Decision, OnPaper


def paper_of(said: Decision) -> OnPaper | None:
    """The paper that a decision stands for; nothing for one that was made in the system."""
    return None if said.outcome in ASIDE else said.on_paper


def day_of(said: Decision) -> date:
    """The day on which it was decided: that of the paper, where there is one."""
    paper = paper_of(said)
    return paper.on if paper else localdate(said.decided_at)


def stamped_at(said: Decision) -> datetime:
    """The moment that its stamp shows: of a paper only the day is known."""
    paper = paper_of(said)
    if paper is None:
        return said.decided_at
    return datetime.combine(paper.on, time(12), get_current_timezone())
