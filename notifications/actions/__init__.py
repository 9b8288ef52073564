"""What people do by hand to mails, and to facts that are no mail yet."""

from notifications.actions.mails import (
    NotDiscardable,
    NotReleasable,
    NotResendable,
    discard,
    discard_dead,
    discard_fact,
    resend,
    resend_dead,
    send_fact_now,
    send_now,
)

__all__ = [
    "NotDiscardable",
    "NotReleasable",
    "NotResendable",
    "discard",
    "discard_dead",
    "discard_fact",
    "resend",
    "resend_dead",
    "send_fact_now",
    "send_now",
]
