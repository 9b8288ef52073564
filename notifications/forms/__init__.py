"""Forms about mails, notices and what the staff is told."""

from notifications.forms.announcing import AnnouncementForm
from notifications.forms.mails import ByHandForm, DiscardDeadForm, ResendDeadForm, SearchForm
from notifications.forms.wishes import UptoForm, WishesForm, field_of, why_narrow

__all__ = [
    "AnnouncementForm",
    "ByHandForm",
    "DiscardDeadForm",
    "ResendDeadForm",
    "SearchForm",
    "UptoForm",
    "WishesForm",
    "field_of",
    "why_narrow",
]
