"""Where in 承認・確認 somebody is: tab, sieve and page, as the address says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from roles.enums import Basis
from workflow.inbox.cursors import cursor_of
from workflow.inbox.desk import Listing
from workflow.inbox.places import IN_PLACE
from workflow.inbox.sieve import ALL, Sieve, sieve_of
from workflow.inbox.stands import chosen_post

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django_stubs_ext import StrOrPromise

    from workflow.inbox.desk import Desk

TODO, DEPUTY, READING, COMING, DONE = "todo", "deputy", "reading", "upcoming", "done"
TABS: Final[dict[str, StrOrPromise]] = {
    TODO: _("未処理"),
    DEPUTY: _("代決・代理"),
    READING: _("後閲・供覧"),
    COMING: _("これから"),
    DONE: _("処理済み"),
}

BASES: Final = {TODO: (Basis.OWN,), DEPUTY: IN_PLACE}
"""Tab of open work -> in which capacity it is the person's."""

INBOX: Final = "inbox"


@dataclass(frozen=True)
class Whereabouts:
    """A list of the page. ``after``: the cursor at which it begins."""

    tab: str = TODO
    sieve: Sieve = ALL
    after: str = ""

    @property
    def is_work(self) -> bool:
        """Whether it lists open work, with a pane beside it."""
        return self.tab in BASES

    @property
    def label(self) -> StrOrPromise:
        """The name of the tab."""
        return TABS[self.tab]

    @property
    def first(self) -> Whereabouts:
        """The first page of the same list."""
        return replace(self, after="")

    @property
    def whole(self) -> Whereabouts:
        """The first page of the whole list."""
        return self.narrowed(ALL)

    @cached_property
    def query(self) -> str:
        """What the address says of it."""
        begins = {"tab": self.tab} | ({"after": self.after} if self.after else {})
        return "&".join(part for part in (urlencode(begins), self.sieve.query) if part)

    @cached_property
    def mark(self) -> str:
        """What a form carries, so that its answer leads back here; read by ``came_from``."""
        return INBOX if self == Whereabouts() else f"{INBOX}?{self.query}"

    def url(self, item: int | None = None) -> str:
        """The address, with an item opened."""
        if self == Whereabouts() and not item:
            return reverse(INBOX)
        opened = f"&item={item}" if item else ""
        return f"{reverse(INBOX)}?{self.query}{opened}"

    def narrowed(self, sieve: Sieve) -> Whereabouts:
        """The first page of another sieve."""
        return replace(self, sieve=sieve, after="")

    def listing(self, *, with_saved: bool = False, with_choices: bool = False) -> Listing:
        """What the statement is asked for."""
        listing = Listing(
            BASES[self.tab], sieve=self.sieve, with_saved=with_saved, with_choices=with_choices
        )
        begins = cursor_of(self.after)
        return listing if begins is None else replace(listing, after=begins)

    def next_to(self, desk: Desk, due_sort: datetime, slot_id: int) -> str:
        """The address of the item after one that is done; of the first when it was the last."""
        if not self.is_work:
            return self.url()
        rest = replace(self.listing(), limit=1, after=(due_sort, slot_id))
        found = desk.read(rest).items or desk.read(replace(rest, after=Listing().after)).items
        return self.url(found[0].slot_id if found else None)


def whereabouts(query: Mapping[str, str], desk: Desk) -> Whereabouts:
    """Read an address; what means nothing is left out."""
    tab = query.get("tab", TODO)
    if tab not in BASES:
        return Whereabouts(tab if tab in TABS else TODO)
    after = query.get("after", "")
    sieve = sieve_of(query, chosen_post(desk, query.get("as", "")))
    return Whereabouts(tab, sieve, after if cursor_of(after) else "")


def came_from(mark: str, desk: Desk) -> Whereabouts | None:
    """Where in the work list an act began; None when it began elsewhere."""
    name, _question, query = mark.partition("?")
    return whereabouts(QueryDict(query).dict(), desk) if name == INBOX else None
