"""Guessing passwords is slow, whoever one says to be. The counters live in the database."""

import pytest
from django.test import Client

from roles.models import User
from tests.make import PASSWORD, a_user

LOGIN = "/accounts/login/"


@pytest.fixture
def user(db: None) -> User:
    return a_user()


def attempt(client: Client, number: str, password: str, *, forwarded: str = "10.0.0.1") -> int:
    """Try to log in; 302 is success."""
    typed = {"login": number, "password": password}
    return client.post(LOGIN, typed, headers={"x-forwarded-for": forwarded}).status_code


def test_the_right_password_opens(client: Client, user: User) -> None:
    assert attempt(client, user.employee_number, PASSWORD) == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_after_five_wrong_ones_even_the_right_password_waits(client: Client, user: User) -> None:
    for turn in range(5):
        attempt(client, user.employee_number, "wrong", forwarded=f"10.0.0.{turn}")

    assert attempt(client, user.employee_number, PASSWORD, forwarded="10.0.9.9") != 302
    assert "_auth_user_id" not in client.session


def test_one_machine_cannot_try_many_accounts(client: Client, user: User) -> None:
    for turn in range(20):
        attempt(client, f"nobody-{turn}", "wrong", forwarded=f"10.0.1.{turn}")

    assert attempt(client, user.employee_number, PASSWORD, forwarded="10.0.9.9") != 302


def test_an_unknown_person_and_a_wrong_password_get_the_same_answer(
    client: Client, user: User
) -> None:
    unknown = client.post(LOGIN, {"login": "nobody", "password": "wrong"})
    wrong = client.post(LOGIN, {"login": user.employee_number, "password": "wrong"})

    assert unknown.status_code == wrong.status_code == 200
    assert unknown.context["form"].errors == wrong.context["form"].errors
