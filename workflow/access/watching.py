"""手続の状況: who looks at the stations of the whole city, and who at those of the own sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from bpr_projects.access import visible_to
from roles.enums import Scope
from roles.grants import scopes_of
from roles.permissions import Perm
from workflow.access.permits import Permit, no, yes
from workflow.models import Run, StepRun

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

    from roles.models import Capacity, User


def permit_to_watch(capacities: Collection[Capacity]) -> Permit:
    """Whoever reads all cases, or those of a section or department: not only assigned ones."""
    for each in capacities:
        if scopes_of([each], Perm.VIEW_PROJECT) - {Scope.ASSIGNED}:
            return yes(each)
    return no(_("手続の状況は、事務局、PT長、本部、監査と、課や部の案件を受け持つ職の方が見ます。"))


def watches_all(capacities: Collection[Capacity]) -> bool:
    """事務局, PT長, 本部 and 監査: the stations of the whole city."""
    return Scope.ALL in scopes_of(capacities, Perm.VIEW_PROJECT)


def leading(capacities: Collection[Capacity]) -> list[Capacity]:
    """The posts that stand for a section or a department, whose cases are the own ones."""
    return [
        each
        for each in capacities
        if Scope.OWN_SECTION in scopes_of([each], Perm.VIEW_PROJECT)
        and (each.post.section_id or each.post.department_id)
    ]


def watched(
    user: User, at: datetime, capacities: Collection[Capacity], *, whole: bool
) -> QuerySet[StepRun]:
    """Steps of cases that this person may read: of all these, or of the own sections alone.

    Steps of a rule under decision belong to no section: whoever reads all cases reads drafts of
    rules, too (``reads_drafts``); to all others they are there once a seat of theirs is asked.
    """
    cases, rules = visible_to(user, at), Run.objects.filter(rule__isnull=False)
    if not (whole and watches_all(capacities)):
        cases = cases.filter(_own(capacities))
        rules = rules.filter(steps__slots__post__in=[each.post.pk for each in capacities])
    return StepRun.objects.filter(
        Q(project__in=cases.values("pk")) | Q(run__in=rules.values("pk"))
    ).order_by()


def _own(capacities: Collection[Capacity]) -> Q:
    posts = [each.post for each in leading(capacities)]
    return Q(section__in=[post.section_id for post in posts if post.section_id]) | Q(
        section__department__in=[post.department_id for post in posts if not post.section_id]
    )
