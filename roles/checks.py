"""System checks: the table of grants is complete."""

from __future__ import annotations

from typing import Any

from django.core.checks import Error, register

from roles.enums import Role
from roles.grants import GRANTS
from roles.permissions import Perm


@register()
def grants_are_complete(app_configs: Any, **_options: Any) -> list[Error]:
    """Every role has its row; every permission is given to somebody."""
    granted = {perm for perms in GRANTS.values() for perm in perms}
    return [
        Error(f"{role} has no row in roles/grants.py.", id="roles.E001")
        for role in Role
        if role not in GRANTS
    ] + [
        Error(f"{perm} is granted to no role in roles/grants.py.", id="roles.E002")
        for perm in Perm
        if perm not in granted
    ]
