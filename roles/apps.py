"""Application registry entry of the roles."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RolesConfig(AppConfig):
    """Who people are: users, sections, posts, dated appointments, delegations, permissions."""

    name = "roles"
    verbose_name = _("組織と職")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the checks, and let the ledger compare its entries with our rows."""
        from records.ledger import register_evidence  # noqa: PLC0415 -- models are loaded only now
        from roles import checks as _checks  # noqa: F401, PLC0415 -- registers itself
        from roles.actions import RECORDED, evidence_of  # noqa: PLC0415 -- as above

        for model in RECORDED:
            register_evidence(*evidence_of(model))
