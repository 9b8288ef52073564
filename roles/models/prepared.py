"""Queries that are spelled once, and asked with other values each time.

Whoever may act is asked for in nested conditions on many tables of few rows: Django takes ten
times as long to spell such a query as the database takes to answer it, at every page and verb.
"""

from __future__ import annotations

from copy import copy
from datetime import date
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from django.db import connection
from django.db.models import QuerySet

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from django.db.models.sql.compiler import SQLCompiler

R = TypeVar("R")

DAY: Final = date(1, 2, 3)
FIRST_NUMBER: Final = 31_000
"""What stands in for the day and for the numbers while a query is spelled: nothing that a query of
ours says of itself, and within the bounds of every column of whole numbers."""
MOST_NUMBERS: Final = 16
"""Each count of numbers has its own spelling; what asks for more is spelled when it is asked."""
MOST_LISTED: Final = 256
"""Of several lists, that many each: a sweep asks about the cases of 200 mails at once."""


class Prepared(Generic[R]):
    """A query over a day and some whole numbers, such as keys; ``build`` is its plain form."""

    def __init__(self, build: Callable[..., QuerySet[Any, R]]) -> None:
        self.build = build
        self._spellings: dict[tuple[str, int], _Spelling[R]] = {}

    def rows(self, on: date, *numbers: int) -> list[R]:
        """What ``build(on, *numbers)`` finds, in one statement."""
        count = len(numbers)
        if count > MOST_NUMBERS:
            return list(self.build(on, *numbers))
        key = connection.vendor, count
        if key not in self._spellings:
            stand_ins = range(FIRST_NUMBER, FIRST_NUMBER + count)
            self._spellings[key] = _Spelling(self.build(DAY, *stand_ins), stand_ins)
        return self._spellings[key].ask(on, numbers)


class PreparedLists(Generic[R]):
    """A query over a day and several lists of whole numbers; ``build`` is its plain form.

    A list is filled up to a round length with a number of its own, so that few spellings do; beside
    a long one all that are not empty are filled to its length.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, R]]) -> None:
        self.build = build
        self._spellings: dict[tuple[str, tuple[int, ...]], _Spelling[R]] = {}

    def rows(self, on: date, *lists: Collection[int]) -> list[R]:
        """What ``build(on, *lists)`` finds, in one statement."""
        longest = max(map(len, lists))
        if longest > MOST_LISTED:
            return list(self.build(on, *lists))
        least = _round(longest) if longest > MOST_NUMBERS else 0
        filled = [_filled(each, least) for each in lists]
        key = connection.vendor, tuple(map(len, filled))
        if key not in self._spellings:
            numbers = iter(range(FIRST_NUMBER, FIRST_NUMBER + sum(key[1])))
            stand_ins = [list(islice(numbers, count)) for count in key[1]]
            plain = self.build(DAY, *stand_ins)
            self._spellings[key] = _Spelling(plain, chain(*stand_ins))
        return self._spellings[key].ask(on, chain(*filled))


def _filled(numbers: Collection[int], least: int) -> list[int]:
    """Up to a round length of at least so many; nothing stays nothing."""
    found = sorted(numbers)
    return found + found[-1:] * (max(_round(len(found)), least) - len(found))


def _round(count: int) -> int:
    """The next power of two."""
    return 1 << (count - 1).bit_length()


class _Spelling(Generic[R]):
    """The statement of a query, and which of its parameters are filled in when it is asked."""

    def __init__(self, queryset: QuerySet[Any, R], stand_ins: Iterable[int]) -> None:
        self._queryset: Any = queryset
        self._compiler: SQLCompiler = queryset.query.get_compiler(connection=connection)
        self._sql, self._params = self._compiler.as_sql()
        places = {value: at for at, value in enumerate(_adapted(DAY, stand_ins))}
        self._places = [
            (at, places[param]) for at, param in enumerate(self._params) if param in places
        ]

    def ask(self, on: date, numbers: Iterable[int]) -> list[R]:
        """Let Django execute the statement and make of its rows what it makes of any query's."""
        params, adapted = list(self._params), _adapted(on, numbers)
        for at, place in self._places:
            params[at] = adapted[place]
        compiler: Any = copy(self._compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *_args, **_kwargs: (self._sql, params)
        query = copy(self._queryset.query)
        query.get_compiler = lambda *_args, **_kwargs: compiler
        asked: Any = QuerySet(self._queryset.model, query=query)
        asked._iterable_class = self._queryset._iterable_class  # noqa: SLF001
        asked._fields = self._queryset._fields
        return list(asked)


def _adapted(on: date, numbers: Iterable[int]) -> list[Any]:
    """As the database takes them."""
    return [connection.ops.adapt_datefield_value(on), *numbers]
