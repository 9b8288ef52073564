from __future__ import annotations

from datetime import timedelta
from importlib import reload
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.test import override_settings
from django.urls import URLResolver, reverse

from roles import urls
from roles.backends import AccountAdapter, AppointmentBackend
from roles.enums import Role
from roles.models import Post, Section, User
from roles.permissions import Perm
from tests.make import (
    AT,
    PASSWORD,
    TODAY,
    a_delegation,
    a_holder,
    a_post,
    a_section,
    a_user,
    an_appointment,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client, RequestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_the_day() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def a_case(section: Section | None) -> Post:
    """Anything that belongs to a section, or to none."""
    return Post(section=section)


# --- permissions -------------------------------------------------------------------------------


def test_a_permission_reaches_as_far_as_its_scope() -> None:
    own, other = a_section(), a_section()
    leader = a_holder(Role.DX_LEADER, section=own)

    assert leader.has_perm(Perm.PROPOSE_PROJECT)
    assert leader.has_perm(Perm.PROPOSE_PROJECT, own)
    assert leader.has_perm(Perm.VIEW_PROJECT, a_case(own))
    assert not leader.has_perm(Perm.VIEW_PROJECT, a_case(other))
    assert not leader.has_perm(Perm.VIEW_PROJECT, a_case(None))
    assert not leader.has_perm(Perm.RECEIVE_PROJECT)
    assert a_holder(Role.SECRETARIAT).has_perm(Perm.VIEW_PROJECT, a_case(None))


def test_a_permission_ends_with_the_appointment_in_the_same_session() -> None:
    secretary = an_appointment(post=a_post(Role.SECRETARIAT), ends_on=TODAY + timedelta(days=1))

    assert secretary.person.has_perm(Perm.RECEIVE_PROJECT)
    with time_machine.travel(AT + timedelta(days=1), tick=False):
        assert not secretary.person.has_perm(Perm.RECEIVE_PROJECT)


def test_a_deputy_has_the_permissions_of_the_post() -> None:
    deputy = a_user()
    a_delegation(post=a_post(Role.SECRETARIAT), deputy=deputy)

    assert deputy.has_perm(Perm.RECEIVE_PROJECT)


def test_nobody_else_has_any() -> None:
    inactive = an_appointment(post=a_post(Role.SECRETARIAT), person=a_user(is_active=False)).person

    for user in (a_user(), inactive, AnonymousUser()):
        assert not any(user.has_perm(perm) for perm in Perm)
    assert not AppointmentBackend().has_perm(AnonymousUser(), Perm.VIEW_PROJECT)


def test_only_the_system_administrator_sees_the_administration() -> None:
    admin, secretary = a_holder(Role.SYSTEM_ADMIN), a_holder(Role.SECRETARIAT)

    assert (admin.is_staff, secretary.is_staff) == (True, True)  # for the plan's lists
    assert admin.has_module_perms("records")
    assert admin.has_perm("records.view_ledgerentry")
    assert not admin.has_perm("records.change_ledgerentry")
    assert not admin.has_perm("roles.view_section", a_section())
    assert not secretary.has_module_perms("records")
    assert not secretary.has_perm("records.view_ledgerentry")


# --- log in ------------------------------------------------------------------------------------


def log_in(client: Client, user_number: str, password: str) -> bytes:
    response = client.post(reverse("account_login"), {"login": user_number, "password": password})
    assert response.status_code == 200
    return b"".join(
        line
        for line in response.content.splitlines()
        if b"csrf" not in line and user_number.encode() not in line
    )


def test_the_employee_number_and_the_password_open_the_session(client: Client) -> None:
    user = a_user()

    response = client.post(
        reverse("account_login"), {"login": user.employee_number, "password": PASSWORD}
    )

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.session["_auth_user_backend"] == "roles.backends.AppointmentBackend"


def test_the_answer_is_the_same_for_unknown_wrong_and_inactive(client: Client) -> None:
    known, inactive = a_user(), a_user(is_active=False)

    unknown = log_in(client, "999999", PASSWORD)
    wrong = log_in(client, known.employee_number, "a-wrong-password")
    left = log_in(client, inactive.employee_number, PASSWORD)

    assert unknown == wrong == left
    assert "_auth_user_id" not in client.session


def test_an_inactive_user_is_refused_at_once(client: Client) -> None:
    user = a_user()
    client.force_login(user, backend="roles.backends.AppointmentBackend")
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert AppointmentBackend().get_user(user.pk) is None
    assert authenticate(None, username=user.employee_number, password=PASSWORD) is None


def test_signing_up_is_closed(rf: RequestFactory) -> None:
    assert not AccountAdapter().is_open_for_signup(rf.get("/"))


def test_a_provisional_password_is_changed_first(rf: RequestFactory) -> None:
    user = a_user(must_change_password=True)
    request = rf.get("/")
    request.user = user
    adapter = AccountAdapter()

    assert adapter.get_login_redirect_url(request) == reverse("account_change_password")
    adapter.set_password(user, "another-long-password")

    user.refresh_from_db()
    assert not user.must_change_password
    assert user.check_password("another-long-password")
    assert adapter.get_login_redirect_url(request) == "/"


def test_single_sign_on_is_mounted_when_the_city_has_it() -> None:
    def included() -> int:
        return sum(isinstance(pattern, URLResolver) for pattern in reload(urls).urlpatterns)

    with override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": []}}):
        assert included() == 3
    with override_settings(SOCIALACCOUNT_PROVIDERS={}):
        assert included() == 1
