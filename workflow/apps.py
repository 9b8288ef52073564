"""Who must act next, who decided what, on what authority. Viewflow lives here and only here."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = _("手続と決裁")
    default_auto_field = "django.db.models.BigAutoField"
