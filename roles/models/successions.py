"""What follows a post of a section that was merged, split or renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from records.models import PermanentQuerySet
from roles.models.organization import Post
from roles.models.periods import (
    Dated,
    Payload,
    Recorded,
    days_include,
    ends_after_it_starts,
    iso,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


class SuccessionQuerySet(PermanentQuerySet["Succession"]):
    """Queries over what follows what."""

    def in_force(self, on: date) -> Self:
        return self.filter(days_include(on))


class Succession(Dated, Recorded):
    """What a closed post left open is done by whoever holds its heir, from a day on.

    The closed post keeps its title and its past. When the heir is closed in turn, this row ends
    and one to the next heir begins, so that one step always leads to who acts today.
    """

    post = models.ForeignKey(
        Post, models.PROTECT, related_name="heirs", verbose_name=_("なくなった職")
    )
    heir = models.ForeignKey(
        Post, models.PROTECT, related_name="inherited", verbose_name=_("引き継ぐ職")
    )

    objects = SuccessionQuerySet.as_manager()

    class Meta:
        ordering = ["starts_on", "pk"]
        verbose_name = _("職の引継ぎ")
        verbose_name_plural = _("職の引継ぎ")
        constraints = [
            ends_after_it_starts("succession_ends_after_it_starts"),
            models.UniqueConstraint(
                fields=["post"], condition=Q(ends_on=None), name="one_heir_of_a_post"
            ),
            models.CheckConstraint(condition=~Q(post=F("heir")), name="no_post_is_its_own_heir"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.heir_id} {self.starts_on}"

    def ledger_payload(self) -> Payload:
        return {
            "post": self.post_id,
            "heir": self.heir_id,
            "starts_on": iso(self.starts_on),
            "ends_on": iso(self.ends_on),
        }


def heirs_of(posts: Iterable[int], on: date) -> models.QuerySet[Succession, int]:
    """Keys of the posts that act for these on that day, where they were closed: a subquery."""
    found = Succession.objects.in_force(on).filter(post__in=posts)
    return found.order_by().values_list("heir", flat=True)
