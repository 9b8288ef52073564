"""Application registry entry of the records."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    """The lowest app: what must never be lost. It knows nobody."""

    name = "records"
    verbose_name = _("記録")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say who verifies the ledger once a month."""
        from records.actions import CHECK, register_runner  # noqa: PLC0415 -- models are loaded only now
        from records.tasks import check_ledger  # noqa: PLC0415 -- the same

        register_runner(CHECK, check_ledger)
