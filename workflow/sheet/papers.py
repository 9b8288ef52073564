"""What pages say of a decision that was made on paper: its day, who registered and confirmed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from django.utils.timezone import get_current_timezone, localdate
from django.utils.translation import gettext as _

from workflow.enums import ASIDE

if TYPE_CHECKING:
    from workflow.models import Decision


@dataclass(frozen=True)
class OnPaper:
    """As the snapshot of authority has it."""

    key: str
    on: date
    recorder: str
    confirmer: str
    scan: str

    @property
    def words(self) -> str:
        """5月12日 紙で決裁（登録 佐藤 健、確認 畠山 理恵）."""
        facts = {"recorder": self.recorder, "confirmer": self.confirmer}
        day = {"month": self.on.month, "day": self.on.day}
        return _("%(month)s月%(day)s日 紙で決裁（登録 %(recorder)s、確認 %(confirmer)s）") % {
            **day,
            **facts,
        }


def paper_of(said: Decision) -> OnPaper | None:
    """The paper that a decision stands for; nothing for one that was made in the system."""
    told = said.authority.get("paper")
    if told is None or said.outcome in ASIDE:
        return None
    return OnPaper(
        key=told["id"],
        on=date.fromisoformat(told["on"]),
        recorder=told["recorder"],
        confirmer=told["confirmer"],
        scan=told["scan"],
    )


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
