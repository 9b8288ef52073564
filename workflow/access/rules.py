"""Rules (routes): everybody reads what holds, the 事務局 writes, nobody decides on their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from roles.enums import Scope
from roles.grants import permits, scopes_of
from roles.models import capacities_of
from roles.permissions import Perm
from workflow.access.permits import Permit, no, yes
from workflow.enums import RouteState
from workflow.models import Slot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from roles.models import Capacity, User
    from workflow.models import Route


def may_write_rules(user: User, at: datetime) -> Permit:
    """Drafts are written, proposed and withdrawn by the 事務局."""
    return permit_to_write_rules(capacities_of(user, localdate(at)))


def permit_to_write_rules(capacities: Collection[Capacity]) -> Permit:
    """The rule on facts that were read before."""
    for each in capacities:
        if permits([each], Perm.MANAGE_ROUTES):
            return yes(each)
    return no(_("経路の改正案を書けるのは、事務局です。"))


def reads_drafts(capacities: Collection[Capacity]) -> bool:
    """Who reads every case reads what is to become a rule: 事務局, 監査, 本部, PT長."""
    return Scope.ALL in scopes_of(capacities, Perm.VIEW_PROJECT)


def readable(routes: Iterable[Route], capacities: Collection[Capacity]) -> list[Route]:
    """What holds or held is read by everybody; a draft also by whoever is asked about it."""
    found = list(routes)
    if reads_drafts(capacities) or all(each.state == RouteState.ACTIVE for each in found):
        return found
    posts = [each.post.pk for each in capacities]
    asked = Slot.objects.filter(step_run__run__rule__isnull=False, post__in=posts)
    known = set(asked.order_by().values_list("step_run__run__rule", flat=True))
    return [each for each in found if each.state == RouteState.ACTIVE or each.pk in known]
