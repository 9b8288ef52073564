"""People."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from records.models import Permanent, PermanentQuerySet
from roles.permissions import Perm

if TYPE_CHECKING:
    from datetime import date


class UserQuerySet(PermanentQuerySet["User"]):
    """Queries over people."""

    def active(self) -> Self:
        return self.filter(is_active=True)

    def with_leaving(self, on: date) -> Self:
        """Say of each whether the last post has ended: no post today, none to come, one before."""
        held = Q(appointments__isnull=False, appointments__revoked_at=None)
        lasting = held & (Q(appointments__ends_on=None) | Q(appointments__ends_on__gt=on))
        people = User.objects.filter(pk=OuterRef("pk"))
        ended = Q(Exists(people.filter(held))) & ~Q(Exists(people.filter(lasting)))
        return self.annotate(has_left=ExpressionWrapper(ended, models.BooleanField()))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes users. There is no superuser: what a person may do follows from appointments."""

    def create_user(
        self, *, employee_number: str, password: str | None = None, **fields: Any
    ) -> User:
        user = User(employee_number=employee_number, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(Permanent, AbstractBaseUser, PermissionsMixin):
    """A person of the city, for ever: a leaver is made inactive, history keeps the name."""

    employee_number = models.CharField(
        _("職員番号"),
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"\A[0-9A-Za-z-]+\Z")],
        error_messages={"unique": _("この職員番号は登録済みです。")},
    )
    family_name = models.CharField(_("姓"), max_length=40)
    given_name = models.CharField(_("名"), max_length=40)
    kana = models.CharField(_("ふりがな"), max_length=80, blank=True)
    email = models.EmailField(_("メールアドレス"), blank=True)
    is_active = models.BooleanField(_("有効"), default=True)
    must_change_password = models.BooleanField(_("パスワードの変更が必要"), default=False)
    toured_at = models.DateTimeField(
        _("はじめの案内を閉じた日時"), null=True, blank=True, editable=False
    )

    has_left: bool
    """Of a row that was read ``with_leaving``."""

    objects = UserManager()

    USERNAME_FIELD = "employee_number"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["family_name", "given_name"]

    class Meta:
        ordering = ["employee_number"]
        verbose_name = _("職員")
        verbose_name_plural = _("職員")
        constraints = [
            models.CheckConstraint(condition=Q(is_superuser=False), name="there_is_no_superuser"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.family_name} {self.given_name}"

    @property
    def is_staff(self) -> bool:
        """Whether Django's administration opens: today's appointments say so, no flag.

        What somebody sees and changes there, each page asks by itself.
        """
        return self.has_perm(Perm.ADMINISTER) or self.has_perm(Perm.MANAGE_PLAN)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.family_name
