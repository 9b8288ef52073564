"""代決・代理 in words: whose place somebody takes, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from roles.enums import Basis

if TYPE_CHECKING:
    from roles.models import Capacity


def in_place_of(capacity: Capacity) -> str:
    """Whose place somebody takes, and until when where that is known."""
    words = {"post": capacity.post.title, "basis": str(capacity.basis.label)}
    last = capacity.last_day
    if last is None:
        return _("%(post)sの%(basis)s") % words
    return _("%(post)sの%(basis)s（%(m)s/%(d)sまで）") % {**words, "m": last.month, "d": last.day}


IN_PLACE: Final = (Basis.DEPUTY, Basis.ACTING)
"""代理 and 代決: what the tab of the same name lists."""
