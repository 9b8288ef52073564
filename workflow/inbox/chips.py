"""What stands above the list: chips that narrow it with one click, and the form of しぼり込み."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workflow.inbox.sieve import ALL, AMOUNTS, DUES, KINDS, SEEN_TO, sieve_of
from workflow.inbox.stands import chosen_post, seats_of
from workflow.inbox.whereabouts import TODO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_stubs_ext import StrOrPromise

    from workflow.inbox.desk import Desk, Load
    from workflow.inbox.whereabouts import Whereabouts

ICONS: Final = {"late": "triangle-alert", "today": "clock", "week": "calendar"}
ANY: Final = gettext_lazy("すべて")


@dataclass(frozen=True)
class Chip:
    """A link that puts one condition on or off. ``count``: how many it finds, where known.

    ``name``: under which the count is renewed. Without a ``url`` it leads nowhere any more.
    """

    name: str
    label: StrOrPromise
    url: str
    is_on: bool
    icon: str = ""
    count: int | None = None
    is_bad: bool = False


@dataclass(frozen=True)
class Choice:
    """A list of the form to choose from."""

    name: str
    label: StrOrPromise
    options: list[tuple[str, StrOrPromise]]
    chosen: str


def chips_of(here: Whereabouts, load: Load) -> Iterator[Chip]:
    """Deadlines, unread, あとで, and what the person saved."""
    sieve, counts = here.sieve, load.counts
    known = {"late": counts.late, "today": counts.today, "week": counts.week}
    for due, words in DUES.items():
        is_on = sieve.due == due
        url = here.narrowed(replace(sieve, due="" if is_on else due)).url()
        count = known[due] if here.tab == TODO else None
        is_bad = due == "late" and counts.late > 0
        yield Chip(due, words, url, is_on, ICONS[due], count, is_bad=is_bad)
    unread = here.narrowed(replace(sieve, unread="" if sieve.unread else "1"))
    yield Chip("unread", _("未読"), unread.url(), bool(sieve.unread), "eye")
    if counts.later or sieve.later:
        later = here.narrowed(replace(sieve, later="" if sieve.later else "1"))
        yield Chip("later", _("あとで"), later.url(), bool(sieve.later), "hourglass", counts.later)


def saved_of(here: Whereabouts, desk: Desk) -> Iterator[tuple[int, Chip]]:
    """Named sieves with their keys; one of a seat that is not held any more leads nowhere."""
    for each in desk.load.saved:
        query = QueryDict(each.query).dict()
        seat = str(query.get("as", ""))
        saved = sieve_of(query, chosen_post(desk, seat))
        is_on = saved == here.sieve
        url = here.narrowed(ALL if is_on else saved).url()
        is_lost = bool(seat) and saved.post is None
        yield each.pk, Chip("saved", each.name, "" if is_lost else url, is_on, "filter")


def choices_of(here: Whereabouts, desk: Desk) -> Iterator[Choice]:
    """The lists of the form, each with what is chosen now."""
    sieve, load = here.sieve, desk.load
    lists: list[tuple[str, StrOrPromise, list[tuple[str, StrOrPromise]]]] = [
        ("kind", _("手続の種類"), [(kind.value, kind.label) for kind in KINDS]),
        ("area", _("取組事項"), list(load.areas)),
        ("section", _("所管課"), list(load.sections)),
        ("amount", _("費用（初年度）"), [(key, words) for key, (words, *_of) in AMOUNTS.items()]),
        ("held", _("担当"), list(SEEN_TO.items())),
    ]
    for name, label, options in lists:
        yield Choice(name, label, [("", ANY), *options], getattr(sieve, name))
    seats = [(str(each.post.pk), each.post.title) for each in seats_of(desk)]
    if seats:
        chosen = str(sieve.post) if sieve.post else ""
        yield Choice("as", _("立場"), [("", ANY), *seats], chosen)


def kept_of(here: Whereabouts, *but: str) -> list[tuple[str, Any]]:
    """What a form of the page hands on unchanged."""
    return [(name, value) for name, value in QueryDict(here.query).items() if name not in but]
