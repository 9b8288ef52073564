"""Forms about mails, notices and what the staff is told."""

from notifications.forms.announcing import AnnouncementForm
from notifications.forms.mails import ResendDeadForm, ResendForm
from notifications.forms.wishes import UptoForm, WishesForm, why_narrow

__all__ = [
    "AnnouncementForm",
    "ResendDeadForm",
    "ResendForm",
    "UptoForm",
    "WishesForm",
    "why_narrow",
]
