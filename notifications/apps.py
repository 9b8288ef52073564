"""Application registry entry of the notifications."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    """Who is told, when, how. Listens to the workflow's facts; nobody imports it."""

    name = "notifications"
    verbose_name = _("通知")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen, and count for the bell."""
        from notifications import receivers as _receivers  # noqa: F401, PLC0415 -- registers itself
        from notifications.bell import unread_rows  # noqa: PLC0415 -- models are ready only now
        from workflow.inbox.statement import COUNTED_ELSEWHERE, UNREAD  # noqa: PLC0415 -- as above

        COUNTED_ELSEWHERE[UNREAD] = unread_rows
