"""What is being reformed, and how well it goes."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BprProjectsConfig(AppConfig):
    name = "bpr_projects"
    verbose_name = _("業務改革の案件")
    default_auto_field = "django.db.models.BigAutoField"
