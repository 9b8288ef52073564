"""Home, the work list and the frame's counts: what waits for a person, found by their posts."""

from workflow.inbox.closing import closing
from workflow.inbox.desk import Desk
from workflow.inbox.frame import desk_of, shell
from workflow.inbox.rows import CaseRow
from workflow.inbox.views import home, inbox, inbox_fresh, tour_end
from workflow.inbox.whereabouts import came_from

__all__ = [
    "CaseRow",
    "Desk",
    "came_from",
    "closing",
    "desk_of",
    "home",
    "inbox",
    "inbox_fresh",
    "shell",
    "tour_end",
]
