"""How a person wants to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from notifications.catalogue import default_way, may_choose, ways_of
from notifications.models import Preference, QuietHours
from roles.models import User, capacities_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, time

    from notifications.enums import Event, Way


class NotChoosable(Exception):
    """This way of being told is not offered for this kind of fact, and why."""


@dataclass(frozen=True)
class Quiet:
    """静かにする時間 as a person asks for them."""

    starts_at: time
    ends_at: time
    also_days_off: bool


def choosable(*, by: User, at: datetime) -> list[Event]:
    """The facts of which this person may be told, by the posts of the day."""
    return may_choose({each.post.role for each in capacities_of(by, localdate(at))})


def choose(*, ways: Mapping[Event, Way], quiet: Quiet | None, by: User, at: datetime) -> None:
    """Keep what differs from the catalogue; what is as it says is forgotten. Once or twice alike.

    ``quiet``: none is no quiet hours.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)  # two tabs of one person: one after another
        _guard(ways, by, at)
        others = {event: way for event, way in ways.items() if way != default_way(event)}
        by.preferences.filter(event__in=ways).exclude(event__in=others).delete()
        Preference.objects.bulk_create(
            [Preference(person=by, event=event, way=way) for event, way in others.items()],
            update_conflicts=True,
            unique_fields=["person", "event"],
            update_fields=["way"],
        )
        if quiet is None:
            QuietHours.objects.filter(person=by).delete()
        else:
            QuietHours.objects.update_or_create(person=by, defaults=vars(quiet))


def _guard(ways: Mapping[Event, Way], by: User, at: datetime) -> None:
    offered = choosable(by=by, at=at)
    for event, way in ways.items():
        if event not in offered:
            raise NotChoosable(
                _("「%s」は、事務局・監査の職にある方へのお知らせのため、選べません。")
                % event.label
            )
        if way not in ways_of(event):
            raise NotChoosable(
                _("「%(event)s」の届け方に「%(way)s」は選べません。")
                % {"event": event.label, "way": way.label}
            )


def forget(*, by: User, at: datetime) -> None:
    """Be told as everybody is who chose nothing, at every hour."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)
        by.preferences.all().delete()
        QuietHours.objects.filter(person=by).delete()
