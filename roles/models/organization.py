"""Departments, sections, posts, and who stands in for which post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from records.models import Permanent, PermanentQuerySet
from roles.enums import Role, role_choices
from roles.models.periods import Dated, days_include, ends_after_it_starts

if TYPE_CHECKING:
    from datetime import date


class SectionQuerySet(PermanentQuerySet["Section"]):
    """Queries over sections."""

    def in_force(self, on: date) -> Self:
        return self.filter(days_include(on))

    def followed(self, section: Section, on: date) -> Section:
        """The section itself, or the one that has its open work on that day."""
        while not section.is_in_force(on):
            heir = section.succeeded_by
            if heir is None or heir.starts_on > on:
                break
            section = heir
        return section


class Department(Permanent):
    """部. A body that is not under the mayor is asked, never instructed."""

    code = models.SlugField(_("コード"), max_length=30, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    order = models.PositiveSmallIntegerField(_("並び順"), default=0)
    is_independent = models.BooleanField(_("市長部局の外"), default=False)

    objects = PermanentQuerySet["Department"].as_manager()

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("部")
        verbose_name_plural = _("部")

    def __str__(self) -> str:
        return self.name


class Section(Dated):
    """課等. A new name is a new row: what was done under the old name goes on saying so."""

    code = models.SlugField(_("コード"), max_length=30, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    short_name = models.CharField(_("略称"), max_length=20)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="sections", verbose_name=_("部")
    )
    order = models.PositiveSmallIntegerField(_("並び順"), default=0)
    phone = models.CharField(_("内線"), max_length=20, blank=True)
    is_secretariat = models.BooleanField(_("推進本部の事務局"), default=False)
    succeeded_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("開いている仕事を引き継ぐ課等"),
    )
    predecessors = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="successors", verbose_name=_("前身")
    )

    objects = SectionQuerySet.as_manager()

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("課等")
        verbose_name_plural = _("課等")
        constraints = [ends_after_it_starts("section_ends_after_it_starts")]

    def __str__(self) -> str:
        return self.name


class PostQuerySet(PermanentQuerySet["Post"]):
    """Queries over seats."""

    def in_force(self, on: date) -> Self:
        return self.filter(days_include(on))

    def of_role(self, role: Role) -> Self:
        return self.filter(role=role)

    def acting_for(self, section: Section | None, on: date) -> Self:
        """Posts in force that day of a section, or of the one that took over its work."""
        inherited = Q(inherited__post__section=section) & days_include(on, "inherited__")
        return self.in_force(on).filter(Q(section=section) | inherited).distinct()


class Post(Dated):
    """A seat. A task belongs to a seat; whoever holds it on the day acts."""

    code = models.SlugField(_("コード"), max_length=40, unique=True)
    role = models.CharField(_("役割"), max_length=20, choices=role_choices)
    title = models.CharField(_("職名"), max_length=60)
    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name=_("課等")
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="posts",
        verbose_name=_("部"),
    )
    part = models.CharField(_("担当（PT）"), max_length=40, blank=True)
    is_shared = models.BooleanField(_("複数人の席"), default=False)
    order = models.PositiveSmallIntegerField(_("並び順"), default=0)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("職")
        verbose_name_plural = _("職")
        constraints = [ends_after_it_starts("post_ends_after_it_starts")]

    def __str__(self) -> str:
        return self.title


class StandIn(Permanent):
    """代決 order as data: the rule says who decides for an absent post, not the absentee."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="stand_ins", verbose_name=_("職"))
    stand_in_post = models.ForeignKey(
        Post, models.PROTECT, related_name="stands_in_for", verbose_name=_("代決する職")
    )
    order = models.PositiveSmallIntegerField(_("順位"), default=1)

    objects = PermanentQuerySet["StandIn"].as_manager()

    class Meta:
        ordering = ["post", "order"]
        verbose_name = _("代決の順序")
        verbose_name_plural = _("代決の順序")
        constraints = [
            models.UniqueConstraint(fields=["post", "order"], name="one_stand_in_a_rank"),
            models.UniqueConstraint(
                fields=["post", "stand_in_post"], name="a_post_stands_in_once_for_another"
            ),
            models.CheckConstraint(
                condition=~Q(stand_in_post=F("post")), name="no_post_stands_in_for_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.order} {self.stand_in_post}"
