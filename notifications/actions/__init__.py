"""What people do by hand to mails, to what they were told, and to how they are told."""

from notifications.actions.mails import NotResendable, resend, resend_dead
from notifications.actions.reading import NoticeGone, read, read_all
from notifications.actions.wishes import NotChoosable, Quiet, choosable, choose, forget

__all__ = [
    "NotChoosable",
    "NotResendable",
    "NoticeGone",
    "Quiet",
    "choosable",
    "choose",
    "forget",
    "read",
    "read_all",
    "resend",
    "resend_dead",
]
