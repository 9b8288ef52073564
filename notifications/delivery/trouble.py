"""What keeps mails from going out: one answer for the watchman and for the secretariat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q
from django.db.models.functions import Coalesce

from notifications.enums import DeliveryState
from notifications.models import Delivery, OutboxMessage

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Trouble:
    """Since when something is stuck, and how many mails were given up on."""

    facts_since: datetime | None
    mails_since: datetime | None
    dead: int
    dead_since: datetime | None

    @property
    def late_since(self) -> datetime | None:
        """When the longest waiting of all should have gone out."""
        return min(filter(None, (self.facts_since, self.mails_since)), default=None)


def trouble_at(at: datetime) -> Trouble:
    """Look once, in two queries. Secrets count as late, never as dead: nobody sends them again."""
    facts = OutboxMessage.objects.late(at).aggregate(
        since=Min(Coalesce("hold_until", "created_at"))
    )
    dead = Q(state=DeliveryState.DEAD)
    stuck = Delivery.objects.late(at) | Delivery.objects.resendable()
    mails = stuck.order_by().aggregate(
        since=Min("due_at", filter=~dead),
        dead=Count("pk", filter=dead),
        dead_since=Min("created_at", filter=dead),
    )
    return Trouble(
        facts_since=facts["since"],
        mails_since=mails["since"],
        dead=mails["dead"],
        dead_since=mails["dead_since"],
    )
