"""Pages of cases by key: the tenth thousand costs what the first one does.

Nothing is skipped and nothing is counted to the end. A case that moves while somebody turns pages
comes up on the first one, and no other case is shown twice or left out for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from workflow.inbox.cursors import cursor_of, cursor_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bpr_projects.models import Project, ProjectQuerySet

PAGE: Final = 25
MOST: Final = 1000
"""A list counts so far; what is beyond it, people narrow down and do not count."""


@dataclass(frozen=True)
class Page:
    """Cases, the last moved first, and where the pages before and after it begin.

    ``count``: of all pages, at most ``MOST`` and one more.
    """

    cases: list[Any]
    newer: str
    older: str
    count: int

    @property
    def has_others(self) -> bool:
        """Whether there is anywhere to turn to."""
        return bool(self.newer or self.older)

    @property
    def is_counted(self) -> bool:
        """Whether ``count`` is all of them."""
        return self.count <= MOST

    @property
    def most(self) -> int:
        """What is said of more than that."""
        return MOST


def page_of(cases: ProjectQuerySet, asked: Mapping[str, str]) -> Page:
    """The page that ``after`` or ``before`` names; the first one for what names none."""
    count = cases.order_by().values("pk")[: MOST + 1].count()
    before, after = cursor_of(asked.get("before", "")), cursor_of(asked.get("after", ""))
    if before is not None:
        found = list(cases.filter(_moved(before, "gt")).order_by("updated_at", "pk")[: PAGE + 1])
        if found:
            rows = found[PAGE - 1 :: -1]
            return Page(rows, cursor(rows[0]) if len(found) > PAGE else "", cursor(rows[-1]), count)
    cases = cases.order_by("-updated_at", "-pk")
    found = list(cases.filter(_moved(after, "lt"))[: PAGE + 1]) if after is not None else []
    newer = cursor(found[0]) if found else ""
    found = found or list(cases[: PAGE + 1])
    rows = found[:PAGE]
    return Page(rows, newer, cursor(rows[-1]) if len(found) > PAGE else "", count)


def cursor(case: Project) -> str:
    """The key of a case in the order of the list, as ``cursor_of`` reads it."""
    return cursor_text(case.updated_at, case.pk)


def _moved(place: tuple[datetime, int], way: str) -> Q:
    """Beyond a place of the order: one range of the index, whose ends alone are looked at."""
    at, pk = place
    return Q(**{f"updated_at__{way}e": at}) & (
        Q(**{f"updated_at__{way}": at}) | Q(**{f"pk__{way}": pk})
    )
