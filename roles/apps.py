"""Application registry entry of the roles."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RolesConfig(AppConfig):
    """Who people are: users, sections, posts, dated appointments, delegations, permissions."""

    name = "roles"
    verbose_name = _("組織と職")
    default_auto_field = "django.db.models.BigAutoField"
