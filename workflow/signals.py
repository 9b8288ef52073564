"""Facts, past tense, sent inside the transaction that made them.

Only ``notifications.receivers`` listens. ``send``, never ``send_robust``: a fact that nobody
could record must not commit. ``bundle``: UUID of several acts that are told together, or None.
``may_be_taken_back``: whether 引戻し of the act may follow; ``not_before``: datetime at which the
result is told, or None. Both belong to an act and go with every fact of it, as ``bundle`` does.
"""

from django.dispatch import Signal

# work_items: list[WorkItem] that were opened together; by: User whose act opened them;
# at: datetime; bundle …
work_opened = Signal()

# slot_ids: list[int] whose work items were closed; at: datetime
work_closed = Signal()

# slots: list[Slot] that are open and that nobody can answer; by: User whose act left them so;
# at: datetime; bundle …
work_unheld = Signal()

# decision: Decision (with step_run, slot, revision, project loaded); by: User whose act it was, who
# of a decision on paper confirmed it; at: datetime; bundle …
decision_recorded = Signal()

# readings: list[Reading] that were opened together; by: User whose act opened them; at: datetime;
# bundle …
reading_opened = Signal()

# nudge: Nudge (with slot.step_run loaded); at: datetime; bundle
nudged = Signal()

# claim: Claim (with slot.step_run loaded) by which a colleague was named; by: User; at: datetime
handed_over = Signal()

# disposal: Disposal that waits for the approval of 監査; at: datetime
disposal_asked = Signal()

# disposal: Disposal that was approved, its words blanked; at: datetime
disposal_approved = Signal()

# report: ConditionReport (with condition loaded) that waits for the 事務局; at: datetime
condition_reported = Signal()

# report: ConditionReport that the 事務局 found enough or sent back; at: datetime
condition_checked = Signal()

# paper: PaperDecision that waits for a second person of the 事務局; at: datetime
paper_recorded = Signal()

# paper: PaperDecision that was refused or came too late; by: User; at: datetime
paper_closed = Signal()
