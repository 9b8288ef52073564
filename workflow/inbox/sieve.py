"""How a person narrows the work list: named in the address, put into the one statement."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.db import connection
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from workflow.enums import READING_KINDS, StepKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from django_stubs_ext import StrOrPromise

    from workflow.inbox.desk import Desk

    Condition = tuple[str, list[Any]]

WORDS: Final = 5
LONGEST: Final = 60
"""So many words are looked for, in the first characters of what was typed."""

CODE: Final = 20
"""No code of a section or an area is longer."""

FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
"""Half width to full width: people write letters both ways."""

DUES: Final[dict[str, StrOrPromise]] = {
    "late": _("期限超過"),
    "today": _("今日まで"),
    "week": _("今週まで"),
}
AMOUNTS: Final[dict[str, tuple[StrOrPromise, int, int | None]]] = {
    "none": (_("費用なし"), 0, 1),
    "small": (_("50万円未満"), 1, 500),
    "large": (_("50万円以上"), 500, None),
}
"""Words, from and below how many thousand yen of the first year."""

SEEN_TO: Final[dict[str, StrOrPromise]] = {"me": _("自分が担当"), "nobody": _("担当が未定")}
KINDS: Final = tuple(kind for kind in StepKind if kind not in READING_KINDS)

COST: Final = {
    "sqlite": "CAST(json_extract(v.sheet, '$.cost') AS REAL)",
    "postgresql": "CAST(NULLIF(v.sheet ->> 'cost', '') AS numeric)",
}
"""How a database reads the cost of the text that is to be decided, in thousand yen."""

COSTS: Final = "COALESCE({cost}, 0)"
CALLED: Final = """(UPPER(w.title) LIKE %s ESCAPE '!' OR UPPER(w.number) LIKE %s ESCAPE '!'
    OR UPPER(w.section_name) LIKE %s ESCAPE '!' OR UPPER(u.family_name) LIKE %s ESCAPE '!'
    OR UPPER(u.given_name) LIKE %s ESCAPE '!')"""
SEEN: Final = """(SELECT s.id FROM workflow_seen s
    WHERE s.slot_id = w.slot_id AND s.person_id = %(me)s)"""
PUT_OFF: Final = "(z.id IS NOT NULL AND z.until > %(on)s AND w.due_sort > %(now)s)"
"""あとで: left out of the list until its day, and never when it is overdue."""


@dataclass(frozen=True)
class Sieve:
    """What the rows have in common. A value that means nothing is left out, never an error."""

    due: str = ""
    kind: str = ""
    area: str = ""
    section: str = ""
    amount: str = ""
    held: str = ""
    q: str = ""
    unread: str = ""
    later: str = ""
    post: int | None = None

    @cached_property
    def query(self) -> str:
        """What of it an address names; nothing for the whole list."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        named["as"] = named.pop("post")
        return urlencode({name: value for name, value in named.items() if value})

    @property
    def is_set(self) -> bool:
        """Whether it leaves anything out that the plain list shows."""
        return self != ALL

    @property
    def is_detailed(self) -> bool:
        """Whether something is chosen in the form of しぼり込み."""
        return any((self.kind, self.area, self.section, self.amount, self.held, self.post))

    @property
    def words(self) -> list[str]:
        """What is looked for, as it was typed."""
        return self.q.split()[:WORDS]


ALL: Final = Sieve()
"""The whole list."""


def sieve_of(query: Mapping[str, str], post: int | None = None) -> Sieve:
    """Read an address. ``post``: the chosen seat, if it is one of the person's."""
    return Sieve(
        due=_one_of(query.get("due"), DUES),
        kind=_one_of(query.get("kind"), KINDS),
        area=_code(query.get("area")),
        section=_code(query.get("section")),
        amount=_one_of(query.get("amount"), AMOUNTS),
        held=_one_of(query.get("held"), SEEN_TO),
        q=(query.get("q") or "").replace("\0", "")[:LONGEST].strip(),
        unread=_one_of(query.get("unread"), ("1",)),
        later=_one_of(query.get("later"), ("1",)),
        post=post,
    )


def _one_of(text: str | None, known: Any) -> str:
    return text if text is not None and text in known else ""


def _code(text: str | None) -> str:
    """The code of a section or an area: what it means, the database knows."""
    is_code = text is not None and text.isascii() and text.isprintable() and len(text) <= CODE
    return text if is_code and text is not None else ""


def spellings(word: str) -> list[str]:
    """The ways in which a word may have been written: as it is, half width, full width."""
    written = (word, unicodedata.normalize("NFKC", word))
    wide = (each.translate(FULL_WIDTH) for each in written)
    return list(dict.fromkeys(each.upper() for each in (*written, *wide)))


def conditions_of(sieve: Sieve, desk: Desk) -> tuple[str, dict[str, Any]]:
    """The condition on a row and the parameters that it names, beside those of the statement."""
    found = [put(sieve, desk) for name, put in CONDITIONS.items() if getattr(sieve, name)]
    values = [value for _sql, each in found for value in each]
    names = [f"sieve_{n}" for n in range(len(values))]
    asked = " AND ".join(["1 = 1", *(sql for sql, _each in found)])
    put_off = PUT_OFF if sieve.later else f"NOT {PUT_OFF}"
    named = asked % tuple(f"%({name})s" for name in names)
    return f"{put_off} AND {named}", dict(zip(names, values, strict=True))


def _due(sieve: Sieve, desk: Desk) -> Condition:
    return "w.due_sort < %s AND NOT w.is_paused", [_moment(end_of(sieve.due, desk.at))]


def _kind(sieve: Sieve, _desk: Desk) -> Condition:
    return "w.kind = %s", [sieve.kind]


def _area(sieve: Sieve, _desk: Desk) -> Condition:
    return "p.area_id IN (SELECT id FROM bpr_projects_area WHERE code = %s)", [sieve.area]


def _section(sieve: Sieve, _desk: Desk) -> Condition:
    return "p.section_id IN (SELECT id FROM roles_section WHERE code = %s)", [sieve.section]


def _amount(sieve: Sieve, _desk: Desk) -> Condition:
    _words, least, below = AMOUNTS[sieve.amount]
    costs = COSTS.format(cost=COST[connection.vendor])
    if below is None:
        return f"{costs} >= %s", [least]
    return f"{costs} >= %s AND {costs} < %s", [least, below]


def _held(sieve: Sieve, desk: Desk) -> Condition:
    if sieve.held == "me":
        return "c.person_id = %s", [desk.user.pk]
    shared = "EXISTS (SELECT 1 FROM roles_post f WHERE f.id = w.post_id AND f.is_shared)"
    return f"c.person_id IS NULL AND {shared}", []


def _unread(_sieve: Sieve, desk: Desk) -> Condition:
    return f"{SEEN % {'me': '%s'}} IS NULL", [desk.user.pk]


def _called(sieve: Sieve, _desk: Desk) -> Condition:
    wanted = [spellings(word) for word in sieve.words]
    found = [f"({' OR '.join([CALLED] * len(written))})" for written in wanted]
    values = [
        f"%{_plain(word)}%"
        for written in wanted
        for word in written
        for _n in range(CALLED.count("%s"))
    ]
    return " AND ".join(found) or "1 = 1", values


CONDITIONS: Final[dict[str, Callable[[Sieve, Desk], Condition]]] = {
    "due": _due,
    "kind": _kind,
    "area": _area,
    "section": _section,
    "amount": _amount,
    "held": _held,
    "unread": _unread,
    "q": _called,
}
"""Field of the sieve -> its condition. ``later`` and ``post`` choose the rows themselves."""


def end_of(due: str, at: datetime) -> datetime:
    """Before which moment a task falls due: now, tomorrow 0:00, the Monday after this week."""
    if due == "late":
        return at
    midnight = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1 if due == "today" else 7 - midnight.weekday())


def _plain(word: str) -> str:
    for mark in "!%_":
        word = word.replace(mark, f"!{mark}")
    return word


def _moment(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)
