"""Who may read which case: the one rule behind every list, page, search, mail and export."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db.models import Q
from django.utils.timezone import localdate
from guardian.shortcuts import get_objects_for_user, get_users_with_perms

from bpr_projects.enums import ADOPTED
from bpr_projects.models import Participant, Project, ProjectQuerySet
from roles.enums import Role, Scope
from roles.grants import GRANTS
from roles.models import User, capacities_of
from roles.permissions import Perm

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from roles.models import Capacity


def visible_to(user: User, at: datetime) -> ProjectQuerySet:
    """Cases that this person may read at this moment. Inactive people see nothing.

    Own and co-proposed cases always; drafts nobody else's. Submitted cases by the scope of the
    posts of the day, by participation of a post or section, by an explicit grant. Adopted cases
    are shared with all staff (plan 2-5(5)) unless confidential.
    """
    if not user.is_active:
        return Project.objects.none()
    capacities = capacities_of(user, localdate(at))
    posts = [each.post.pk for each in capacities]
    mine = (
        Q(proposer=user)
        | Q(proposer_post__in=posts)
        | Q(pk__in=granted(user, "bpr_projects.edit_draft"))
    )
    submitted = Q(number__isnull=False)
    return Project.objects.filter(mine | (submitted & _readable(user, capacities, posts)))


def _readable(user: User, capacities: Iterable[Capacity], posts: list[int]) -> Q:
    sections: set[int] = set()
    departments: set[int] = set()
    for each in capacities:
        scope = GRANTS[Role(each.post.role)].get(Perm.VIEW_PROJECT)
        if scope == Scope.ALL:
            return Q()
        if scope == Scope.OWN_SECTION:
            if each.post.section_id:
                sections.add(each.post.section_id)
            elif each.post.department_id:
                departments.add(each.post.department_id)
    own = {each.post.section_id for each in capacities if each.post.section_id}
    return (
        Q(section__in=sections)
        | Q(section__department__in=departments)
        | Q(
            pk__in=Participant.objects.filter(Q(post__in=posts) | Q(section__in=own)).values(
                "project"
            )
        )
        | Q(pk__in=granted(user, "bpr_projects.read_project"))
        | Q(stage__in=ADOPTED, is_confidential=False)
    )


def granted(user: User, permission: str) -> ProjectQuerySet:
    """Cases on which a person holds an explicit grant; model-wide rights do not count."""
    cases = get_objects_for_user(
        user, permission, Project, accept_global_perms=False, use_groups=False
    )
    return cast("ProjectQuerySet", cases)


def authors_of(project: Project) -> frozenset[int]:
    """Persons who proposed: the author and those who may edit the draft."""
    people = cast(
        "QuerySet[User]",
        get_users_with_perms(project, only_with_perms_in=["edit_draft"], with_group_users=False),
    )
    return frozenset({project.proposer_id, *people.values_list("pk", flat=True)})
