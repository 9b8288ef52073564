"""立場: in which capacity one looks at マイワーク. Named in the address, remembered nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from roles.enums import Basis, Role

if TYPE_CHECKING:
    from roles.models import Capacity
    from workflow.inbox.desk import Desk


@dataclass(frozen=True)
class Stand:
    """A seat that can be asked; ``count`` is what waits for it."""

    post_id: int
    label: str
    count: int
    is_chosen: bool


def seats_of(desk: Desk) -> list[Capacity]:
    """The seats to choose from; none where there is nothing to choose."""
    seats = [each for each in desk.capacities.values() if each.post.role != Role.STAFF]
    seats += [each for post, each in desk.places.items() if post not in desk.capacities]
    return seats if len(seats) > 1 else []


def chosen_post(desk: Desk, wanted: str) -> int | None:
    """The post that the address names, if it is one of the person's."""
    return next((each.post.pk for each in seats_of(desk) if str(each.post.pk) == wanted), None)


def stands_of(desk: Desk, post: int | None) -> list[Stand]:
    """The seats with what waits for each; ``post`` is the chosen one."""
    return [
        Stand(
            post_id=each.post.pk,
            label=each.post.title
            if each.basis == Basis.OWN
            else _("%(post)sの%(basis)s") % {"post": each.post.title, "basis": each.basis.label},
            count=desk.load.counts.by_post.get(each.post.pk, 0),
            is_chosen=each.post.pk == post,
        )
        for each in seats_of(desk)
    ]
