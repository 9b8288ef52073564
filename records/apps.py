"""Application registry entry of the records."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    """The lowest app: what must never be lost. It knows nobody."""

    name = "records"
    verbose_name = _("記録")
    default_auto_field = "django.db.models.BigAutoField"
