"""A provisional password for somebody who has never had one. Good for choosing an own one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from records import ledger
from roles.actions.appointments import must_manage
from roles.models import User

if TYPE_CHECKING:
    from datetime import datetime

PASSWORD_ISSUED: Final = "PASSWORD_ISSUED"  # noqa: S105 -- the name of an entry
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike on paper."""
GROUPS: Final = (4, 4, 4, 4)


@transaction.atomic
def issue_password(*, person: User, by: User, at: datetime) -> str:
    """Make one, tell it this once, and record that it was issued.

    Only for accounts that never had a password: nobody can take over a colleague's.
    """
    must_manage(by, at)
    user = User.objects.select_for_update().get(pk=person.pk)
    if user.has_usable_password() or user.last_login is not None or not user.is_active:
        raise ValidationError(_("%s さんには、すでにパスワードがあります。") % user.name)
    password = "-".join("".join(secrets.choice(LETTERS) for _n in range(n)) for n in GROUPS)
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    ledger.append(kind=PASSWORD_ISSUED, payload={"person": user.pk, "by": by.pk}, at=at)
    return password
