"""担当の付替え: may somebody move a place of an open step to another post?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from roles.grants import permits
from roles.models import capacities_of
from roles.permissions import Perm
from workflow.access.conflicts import barred_in
from workflow.access.permits import Permit, no, yes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from roles.models import Capacity, User
    from workflow.access.conflicts import Barred
    from workflow.models import Slot


def may_reassign(user: User, slot: Slot, at: datetime, barred: Barred | None = None) -> Permit:
    """The 事務局, but nobody in the own case. Who stepped aside may still hand a place on.

    ``barred``: where it was read already.
    """
    capacities = capacities_of(user, localdate(at))
    barred = barred or barred_in(slot.step_run.run, localdate(at))
    return permit_to_reassign(capacities, is_author=user.pk in barred.persons - barred.recused)


def permit_to_reassign(capacities: Iterable[Capacity], *, is_author: bool) -> Permit:
    """The rule on facts that were read before."""
    for each in capacities:
        if permits([each], Perm.REASSIGN_WORK):
            if is_author:
                return no(_("ご自身が提案した等の案件の担当は、事務局のほかの方が付け替えます。"))
            return yes(each)
    return no(_("担当を付け替えられるのは、事務局です。"))
