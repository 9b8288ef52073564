"""The first look at マイワーク: three sentences, until somebody puts them away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roles.models import User

if TYPE_CHECKING:
    from datetime import datetime


def end_tour(*, user: User, at: datetime) -> None:
    """Remember that the person has read them; the first time counts."""
    User.objects.filter(pk=user.pk, toured_at=None).update(toured_at=at)
