"""Log in by employee number; answer ``has_perm`` from the appointments of today."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from roles.enums import Scope
from roles.grants import permits, scopes_of
from roles.models import Prepared, Section, User, capacities_of
from roles.permissions import Perm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from roles.models import Capacity

ADMIN_PAGE: Final = re.compile(r"\w+\.view_\w+")
"""Django's own permission to look at the rows of a model in the administration."""


PERSON: Final = Prepared(lambda on, pk: User.objects.with_leaving(on).filter(pk=pk))
"""Asked at every request: whose session it is, and whether the last post has ended."""


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the city, never by signing up; a provisional password is changed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if isinstance(request.user, User) and request.user.must_change_password:
            return reverse("account_change_password")
        return str(super().get_login_redirect_url(request))

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Tell somebody whose last post has ended that the account is closed."""
        if User.objects.with_leaving(timezone.localdate()).get(pk=user.pk).has_left:
            return self.respond_user_inactive(request, user)  # type: ignore[no-any-return]
        return super().pre_login(request, user, **kwargs)  # type: ignore[no-any-return]

    def set_password(self, user: User, password: str) -> None:
        user.must_change_password = False
        super().set_password(user, password)


class AppointmentBackend(AuthenticationBackend):
    """The one door to a session, and the one source of permissions.

    Nothing is cached: an appointment that ends today is gone with the next question.
    """

    @classmethod
    def _stash_user(cls, user: object) -> None:
        """Forget that the password of an inactive user was right: the answer is the same."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User:
        """Open the door or close it for good: no other backend is asked after a refusal."""
        user = super().authenticate(request, **credentials)
        if not isinstance(user, User):
            raise PermissionDenied
        return user

    def get_user(self, user_id: object) -> User | None:
        """Whose session it is; it ends with the last post, and nothing has to run for that."""
        found = next(iter(PERSON.rows(timezone.localdate(), int(str(user_id)))), None)
        return None if found is None or found.has_left or not found.is_active else found

    def has_perm(self, user_obj: object, perm: str, obj: object = None) -> bool:
        """Whether a post held today, or deputised for, carries the permission that far.

        The answer to one of our own permissions is final: no other backend is asked.
        """
        if not isinstance(user_obj, User):
            return False
        capacities = capacities_of(user_obj, timezone.localdate())
        if perm in set(Perm):
            if not _reaches(capacities, Perm(perm), obj):
                raise PermissionDenied
            return True
        is_admin_page = obj is None and ADMIN_PAGE.fullmatch(perm) is not None
        return is_admin_page and permits(capacities, Perm.ADMINISTER)

    def has_module_perms(self, user_obj: object, app_label: str) -> bool:
        """The administration is open to whoever holds the post of the system administrator."""
        return isinstance(user_obj, User) and permits(
            capacities_of(user_obj, timezone.localdate()), Perm.ADMINISTER
        )


def _reaches(capacities: list[Capacity], perm: Perm, obj: object) -> bool:
    """What belongs to no section is reached by city-wide permissions only."""
    section = obj if isinstance(obj, Section) else getattr(obj, "section", None)
    if obj is not None and section is None:
        return Scope.ALL in scopes_of(capacities, perm)
    return permits(capacities, perm, section)
