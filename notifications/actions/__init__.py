"""What people do by hand to mails, to what they were told, and to how they are told."""

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
from notifications.actions.reading import NoticeGone, read, read_all
from notifications.actions.wishes import NotChoosable, Quiet, choosable, choose, forget

__all__ = [
    "NotChoosable",
    "NotDiscardable",
    "NotReleasable",
    "NotResendable",
    "NoticeGone",
    "Quiet",
    "choosable",
    "choose",
    "discard",
    "discard_dead",
    "discard_fact",
    "forget",
    "read",
    "read_all",
    "resend",
    "resend_dead",
    "send_fact_now",
    "send_now",
]
