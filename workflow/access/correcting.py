"""May this person correct a 決裁? Its post may, by a new decision in place of the standing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from roles.enums import Basis
from roles.models import capacities_of
from workflow.access.conflicts import conflicted
from workflow.access.permits import Permit, no, yes
from workflow.enums import RunKind
from workflow.models import Decision
from workflow.outcomes import FINAL

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Project
    from roles.models import Capacity, User


def standing_final(project: Project) -> Decision | None:
    """The decision of the proposal that counts; nothing stands in its place yet."""
    return (
        Decision.objects.effective()
        .filter(project=project, run__kind=RunKind.PROJECT, outcome__in=FINAL)
        .select_related("post", "decided_by", "step_run", "slot", "entry")
        .order_by("-pk")
        .first()
    )


def may_correct(user: User, project: Project, at: datetime) -> Permit:
    """The rule of 訂正, asked by verbs and pages alike."""
    final = standing_final(project)
    capacities = capacities_of(user, localdate(at))
    permit = permit_to_correct(final, capacities)
    if permit and final is not None and user.pk in conflicted(final.run, localdate(at)):
        return no(_("この案件の提案に関わっているため、訂正できません。"))
    return permit


def permit_to_correct(final: Decision | None, capacities: list[Capacity]) -> Permit:
    """The post that decided, in its holder's own right: nobody stands in for a 訂正."""
    if final is None:
        return no(_("まだ決裁されていないため、訂正するものがありません。"))
    for each in capacities:
        if each.post.pk == final.post_id and each.basis == Basis.OWN:
            return yes(each)
    return no(_("訂正できるのは、決裁をした %s の職にある方です。") % final.post.title)
