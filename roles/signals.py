"""Facts about people, past tense, sent inside the transaction that made them.

Only ``notifications.receivers`` listens. ``send``, never ``send_robust``: a fact that nobody
could record must not commit.
"""

from django.dispatch import Signal

# absence: Absence (with person loaded); by: User who registered it; at: datetime
absence_registered = Signal()

# absence: Absence that was ended early, with its deputies; by: User who ended it; at: datetime
absence_ended = Signal()
