"""The table of who may do what: role -> permission -> how far. No other file says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from roles.enums import Role, Scope
from roles.permissions import Perm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from roles.models import Capacity, Post, Section

GRANTS: Final[dict[Role, dict[Perm, Scope]]] = {
    Role.STAFF: {
        Perm.VIEW_PROJECT: Scope.ASSIGNED,
    },
    Role.DX_LEADER: {
        Perm.PROPOSE_PROJECT: Scope.OWN_SECTION,
        Perm.VIEW_PROJECT: Scope.OWN_SECTION,
    },
    Role.SECTION_HEAD: {
        Perm.VIEW_PROJECT: Scope.OWN_SECTION,
    },
    Role.DEPARTMENT_HEAD: {
        Perm.VIEW_PROJECT: Scope.OWN_SECTION,
    },
    Role.PT_MEMBER: {
        Perm.PROPOSE_PROJECT: Scope.ALL,
        Perm.VIEW_PROJECT: Scope.ASSIGNED,
    },
    Role.PT_CHAIR: {
        Perm.PROPOSE_PROJECT: Scope.ALL,
        Perm.VIEW_PROJECT: Scope.ALL,
        Perm.CLOSE_REGION: Scope.ALL,
    },
    Role.HQ_MEMBER: {
        Perm.VIEW_PROJECT: Scope.ALL,
    },
    Role.HQ_CHAIR: {
        Perm.VIEW_PROJECT: Scope.ALL,
    },
    Role.SECRETARIAT: {
        Perm.PROPOSE_PROJECT: Scope.ALL,
        Perm.VIEW_PROJECT: Scope.ALL,
        Perm.RECEIVE_PROJECT: Scope.ALL,
        Perm.ABANDON_PROJECT: Scope.ALL,
        Perm.RESTRICT_PROJECT: Scope.ALL,
        Perm.REASSIGN_WORK: Scope.ALL,
        Perm.CLOSE_REGION: Scope.ALL,
        Perm.VIEW_MAILBOX: Scope.ALL,
        Perm.VIEW_LEDGER: Scope.ALL,
        Perm.ASK_DISPOSAL: Scope.ALL,
        Perm.RECORD_PAPER: Scope.ALL,
        Perm.ANNOUNCE: Scope.ALL,
        Perm.MANAGE_ORGANIZATION: Scope.ALL,
        Perm.MANAGE_PLAN: Scope.ALL,
        Perm.MANAGE_ROUTES: Scope.ALL,
    },
    Role.AUDITOR: {
        Perm.VIEW_PROJECT: Scope.ALL,
        Perm.VIEW_LEDGER: Scope.ALL,
        Perm.APPROVE_DISPOSAL: Scope.ALL,
    },
    Role.SYSTEM_ADMIN: {
        Perm.ADMINISTER: Scope.ALL,
    },
}


def scopes_of(capacities: Iterable[Capacity], perm: Perm) -> set[Scope]:
    """How far a permission reaches for somebody with these capacities; empty: not granted."""
    return {
        GRANTS[Role(capacity.post.role)][perm]
        for capacity in capacities
        if perm in GRANTS[Role(capacity.post.role)]
    }


def permits(capacities: Iterable[Capacity], perm: Perm, section: Section | None = None) -> bool:
    """Whether one of the capacities carries the permission, and as far as this section.

    Without a section the question is whether it is granted at all. What is granted for assigned
    cases only is never answered by a section: participation decides there.
    """
    held = [
        (GRANTS[Role(capacity.post.role)][perm], capacity.post)
        for capacity in capacities
        if perm in GRANTS[Role(capacity.post.role)]
    ]
    if section is None:
        return bool(held)
    return any(
        scope == Scope.ALL or (scope == Scope.OWN_SECTION and covers(post, section))
        for scope, post in held
    )


def covers(post: Post, section: Section) -> bool:
    """A section is the own one of its posts, and of the posts of its whole department."""
    if post.section_id is not None:
        return post.section_id == section.pk
    return post.department_id is not None and post.department_id == section.department_id
