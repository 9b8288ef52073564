"""Who stands in by the rule for seats that nobody may answer for (代決の順序)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.timezone import localdate

from roles.enums import Basis
from roles.models import holders_of, stand_ins_for
from workflow.enums import DeputyPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from workflow.models import Slot


@dataclass(frozen=True)
class StandingIn:
    """The seats that stand in for a seat, in their order, each with who holds it today.

    ``may_not``: the rule of the step lets nobody stand in; the 事務局 has to move the place.
    """

    title: str
    seats: tuple[tuple[str, str], ...]
    may_not: bool


def stand_ins_of(slots: Iterable[Slot], at: datetime) -> list[StandingIn]:
    """For each of the slots whose seat has such an order; three queries, none for no slots."""
    asked = {slot.post_id: slot for slot in slots}
    if not asked:
        return []
    rows = stand_ins_for(asked, localdate(at))
    held = holders_of({row.stand_in_post_id for row in rows}, localdate(at))
    found: dict[int, list[tuple[str, str]]] = {}
    for row in rows:
        names = [each.person.name for each in held[row.stand_in_post_id] if _is_own(each.basis)]
        found.setdefault(row.post_id, []).append((row.stand_in_post.title, "、".join(names)))
    return [
        StandingIn(
            asked[post].post.title,
            tuple(seats),
            may_not=asked[post].step_run.deputy == DeputyPolicy.NEVER,
        )
        for post, seats in found.items()
    ]


def _is_own(basis: Basis) -> bool:
    return basis == Basis.OWN
