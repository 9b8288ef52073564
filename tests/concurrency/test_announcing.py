"""全庁周知 that several people of the 事務局 settle at the same moment: one of them does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from notifications import announcing
from notifications.access import LIMITS
from notifications.announcing import Refused
from notifications.enums import Event
from notifications.models import Announcement, OutboxMessage
from tests.concurrency.at_once import at_once
from tests.make import AT
from tests.notifications.announced import announce, release, write
from tests.workflow.papers import keepers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


def released() -> list[Announcement]:
    return list(Announcement.objects.exclude(released_at=None).order_by("pk"))


def test_two_release_the_same_one(real_office: City) -> None:
    first, second, third = keepers(AT)[:3]
    waiting = write(by=first, sections=["SHIMIN"])

    done, refusals = at_once([partial(release, waiting, by=each) for each in (second, third)])

    assert released() == done == [waiting]
    [winner] = [each.released_by for each in done]
    assert winner is not None
    assert [(type(each), each.status, each.message) for each in refusals] == [
        (Refused, 409, f"「{waiting.title}」は、5/11 09:00 に{winner.name}さんが公開しました。")
    ]
    told = OutboxMessage.objects.filter(event=Event.ANNOUNCED)
    assert set(told.values_list("actor", flat=True)) == {winner.pk}


def test_one_releases_what_another_drops(real_office: City) -> None:
    first, second, third = keepers(AT)[:3]
    waiting = write(by=first, sections=["SHIMIN"])

    acts: list[Callable[[], Announcement]] = [
        partial(release, waiting, by=second),
        partial(announcing.drop, announcement=waiting, by=third, at=AT),
    ]
    done, refusals = at_once(acts)

    assert (len(done), [type(each) for each in refusals]) == (1, [Refused])
    waiting.refresh_from_db()
    assert (waiting.released_at is None) != (waiting.dropped_at is None)
    is_told = OutboxMessage.objects.filter(event=Event.ANNOUNCED).exists()
    assert is_told == (waiting.released_at is not None)


def test_two_share_the_last_place_of_the_week(real_office: City) -> None:
    for n in range(LIMITS.released - 1):
        announce(f"{n}件目", sections=["SHIMIN"])
    first, second, third = keepers(AT)[:3]
    left = write(title="左", by=first, sections=["SHIMIN"])
    right = write(title="右", by=second, sections=["SHIMIN"])

    done, refusals = at_once([partial(release, left, by=third), partial(release, right, by=first)])

    assert (len(done), [type(each) for each in refusals]) == (1, [Refused])
    assert len(released()) == LIMITS.released


def test_one_author_in_two_windows(real_office: City) -> None:
    done, refusals = at_once([partial(write, title=title) for title in ("左", "右")])

    assert (len(done), [type(each) for each in refusals]) == (1, [Refused])
    assert list(Announcement.objects.all()) == done
