"""What a letter says, or leaves unsaid, by the kind of its fact."""

from __future__ import annotations

from typing import Final

from notifications.catalogue import OF_OTHERS
from notifications.enums import Event
from workflow.enums import Outcome

QUIET: Final = OF_OTHERS | {
    Event.REMINDED,
    Event.HANDED_OVER,
    Event.DUE_SOON,
    Event.DUE_TODAY,
    Event.OVERDUE,
}
"""Facts about work that was opened long ago: they do not repeat what was said then."""

QUOTES: Final = {
    Outcome.SENT_BACK: "差戻しの理由",
    Outcome.NOT_ADOPTED: "不採択の理由",
    Outcome.WITHDRAWN: "取下げの理由",
    Outcome.ABANDONED: "廃案の理由",
    Outcome.HELD: "保留の理由",
    Outcome.OBJECTED: "不同意の理由",
    Outcome.ESCALATED: "上申の理由",
    Outcome.HALTED: "停止の理由",
    Outcome.REASSIGNED: "付替えの理由",
    Outcome.ADOPTED: "決裁者の意見",
    Outcome.ADOPTED_WITH_CONDITIONS: "決裁者の意見",
}
"""Outcome -> what its words are called where a mail carries them; other comments stay inside."""
