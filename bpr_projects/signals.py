"""Facts of a case beside its decisions, past tense, sent inside the transaction that made them.

Only ``notifications.receivers`` listens. ``send``, never ``send_robust``: a fact that nobody
could record must not commit.
"""

from django.dispatch import Signal

# project: Project whose sheet was saved; people: list[User] newly named on it as co-proposers;
# by: who saved; at: datetime
partners_named = Signal()

# comment: Comment with its mentions; settles: the question that it answers, or None; at: datetime
comment_written = Signal()

# comment: Comment that was taken back; at: datetime
comment_taken_back = Signal()

# request: JoinRequest that is open; at: datetime
join_asked = Signal()

# request: JoinRequest that was answered; at: datetime
join_answered = Signal()
