from __future__ import annotations

import pytest

from roles.checks import grants_are_complete
from roles.enums import Role, Scope
from roles.grants import GRANTS, permits, scopes_of
from roles.models import Capacity, capacities_of
from roles.permissions import Perm
from tests.make import TODAY, a_department, a_holder, a_section

pytestmark = pytest.mark.once

MATRIX = {
    Perm.PROPOSE_PROJECT: {Role.DX_LEADER, Role.PT_MEMBER, Role.PT_CHAIR, Role.SECRETARIAT},
    Perm.VIEW_PROJECT: set(Role) - {Role.SYSTEM_ADMIN},
    Perm.RECEIVE_PROJECT: {Role.SECRETARIAT},
    Perm.ABANDON_PROJECT: {Role.SECRETARIAT},
    Perm.RESTRICT_PROJECT: {Role.SECRETARIAT},
    Perm.REASSIGN_WORK: {Role.SECRETARIAT},
    Perm.CLOSE_REGION: {Role.PT_CHAIR, Role.SECRETARIAT},
    Perm.VIEW_MAILBOX: {Role.SECRETARIAT},
    Perm.VIEW_LEDGER: {Role.AUDITOR, Role.SECRETARIAT},
    Perm.ASK_DISPOSAL: {Role.SECRETARIAT},
    Perm.RECORD_PAPER: {Role.SECRETARIAT},
    Perm.ANNOUNCE: {Role.SECRETARIAT},
    Perm.APPROVE_DISPOSAL: {Role.AUDITOR},
    Perm.MANAGE_ORGANIZATION: {Role.SECRETARIAT},
    Perm.MANAGE_PLAN: {Role.SECRETARIAT},
    Perm.MANAGE_ROUTES: {Role.SECRETARIAT},
    Perm.ADMINISTER: {Role.SYSTEM_ADMIN},
}


def capacities(role: Role, **post_fields: object) -> list[Capacity]:
    return capacities_of(a_holder(role, **post_fields), TODAY)


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("perm", Perm)
def test_a_role_has_exactly_its_permissions(role: Role, perm: Perm) -> None:
    assert permits(capacities(role), perm) == (role in MATRIX[perm])


def test_the_system_administrator_sees_and_decides_no_case() -> None:
    assert GRANTS[Role.SYSTEM_ADMIN] == {Perm.ADMINISTER: Scope.ALL}


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.DX_LEADER, Role.SECTION_HEAD])
def test_the_own_section_is_the_section_of_the_post(role: Role) -> None:
    department = a_department()
    own, neighbour = a_section(department=department), a_section(department=department)
    held = capacities(role, section=own)

    assert permits(held, Perm.VIEW_PROJECT, own)
    assert not permits(held, Perm.VIEW_PROJECT, neighbour)


@pytest.mark.django_db
def test_the_own_sections_of_a_department_head_are_those_of_the_department() -> None:
    department = a_department()
    held = capacities(Role.DEPARTMENT_HEAD, department=department)

    assert permits(held, Perm.VIEW_PROJECT, a_section(department=department))
    assert not permits(held, Perm.VIEW_PROJECT, a_section())


@pytest.mark.django_db
def test_a_post_without_a_section_has_no_own_section() -> None:
    assert not permits(capacities(Role.DX_LEADER), Perm.VIEW_PROJECT, a_section())


@pytest.mark.django_db
def test_assigned_cases_are_not_answered_by_a_section() -> None:
    section = a_section()
    held = capacities(Role.STAFF, section=section)

    assert permits(held, Perm.VIEW_PROJECT)
    assert not permits(held, Perm.VIEW_PROJECT, section)
    assert scopes_of(held, Perm.VIEW_PROJECT) == {Scope.ASSIGNED}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "role", [Role.SECRETARIAT, Role.PT_CHAIR, Role.HQ_MEMBER, Role.HQ_CHAIR, Role.AUDITOR]
)
def test_some_roles_see_the_whole_city(role: Role) -> None:
    assert permits(capacities(role), Perm.VIEW_PROJECT, a_section())


def test_nothing_is_permitted_without_a_post() -> None:
    assert not any(permits([], perm) for perm in Perm)


def test_the_table_of_grants_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    assert grants_are_complete(None) == []

    monkeypatch.delitem(GRANTS, Role.SYSTEM_ADMIN)
    assert [error.id for error in grants_are_complete(None)] == ["roles.E001", "roles.E002"]
