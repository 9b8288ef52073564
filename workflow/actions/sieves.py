"""Named sieves of the work list: a person's own, and no part of any case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _

from workflow.actions.refusals import Unanswered
from workflow.models import SavedSieve

if TYPE_CHECKING:
    from datetime import datetime

    from roles.models import User

MOST: Final = 8
"""So many a person may keep: they stand side by side above the list."""


def keep(*, name: str, query: str, by: User, at: datetime) -> SavedSieve:
    """Save conditions; under a name that is in use they replace what it meant.

    Raises ``Unanswered`` for ``name``.
    """
    with transaction.atomic():
        mine = SavedSieve.objects.filter(person=by)
        if not query:
            raise Unanswered(
                {"name": _("しぼり込みの条件がありません。条件を選んでから保存します。")}
            )
        if not mine.filter(name=name).exists() and mine.count() >= MOST:
            most = _("保存できる条件は%s個までです。使わない条件を消してから保存してください。")
            raise Unanswered({"name": most % MOST})
        kept, _new = SavedSieve.objects.update_or_create(
            person=by, name=name, defaults={"query": query, "created_at": at}
        )
        return kept


def drop(*, key: int, by: User) -> str:
    """Forget one's own; its name, or nothing where there was none."""
    with transaction.atomic():
        found = SavedSieve.objects.filter(person=by, pk=key).first()
        if found is None:
            return ""
        found.delete()
        return found.name
