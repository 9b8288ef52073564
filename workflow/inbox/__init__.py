"""Home, the work list and the frame's counts: what waits for a person, found by their posts."""

from workflow.inbox.closing import closing
from workflow.inbox.desk import Desk
from workflow.inbox.rows import CaseRow
from workflow.inbox.views import desk_of, home, inbox, shell, tour_end

__all__ = ["CaseRow", "Desk", "closing", "desk_of", "home", "inbox", "shell", "tour_end"]
