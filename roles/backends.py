"""Log in by employee number; answer ``has_perm`` from the appointments of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from roles.grants import permits
from roles.models import Section, User, capacities_of
from roles.permissions import Perm

if TYPE_CHECKING:
    from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by the city, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- allauth's signature
        return False


class AppointmentBackend(AuthenticationBackend):  # type: ignore[misc]
    """The one door to a session, and the one source of permissions.

    Nothing is cached: an appointment that ends today is gone with the next question.
    """

    @classmethod
    def _stash_user(cls, user: AbstractBaseUser | None) -> None:  # noqa: ARG003 -- allauth's signature
        """Keep no trace of an inactive user with the right password: the answer is the same."""

    def get_group_permissions(
        self,
        user_obj: AbstractBaseUser | AnonymousUser,  # noqa: ARG002 -- Django's signature
        obj: object = None,  # noqa: ARG002 -- Django's signature
    ) -> set[str]:
        return set()

    def get_user_permissions(
        self,
        user_obj: AbstractBaseUser | AnonymousUser,  # noqa: ARG002 -- Django's signature
        obj: object = None,  # noqa: ARG002 -- Django's signature
    ) -> set[str]:
        return set()
