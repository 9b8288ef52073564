"""Starts that many tests share are lived once a process; later the same rows are written again.

The sample city, or a case that stands before the PT, comes about by the real verbs the first time.
The next test that begins like this gets what the verbs wrote, statement by statement. SQLite gives
the same keys again after a rollback; PostgreSQL does not, so there every test lives its own start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

T = TypeVar("T")
WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Recording:
    """What a start wrote, what it asked for at the commit, and its result."""

    statements: Sequence[tuple[str, Any, bool]]
    on_commit: Sequence[tuple[object, Callable[[], object], bool]]
    result: Any


class Recorder:
    """Collects what a connection writes (an execute wrapper)."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, Any, bool]] = []
        self.taken_back = False

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        params, many, _context = rest
        self.taken_back |= sql.startswith("ROLLBACK")
        if sql.startswith(WRITES):
            self.statements.append((sql, params, many))
        return execute(sql, *rest)


class Starts:
    """The starts of this process, and how the test that runs now has begun."""

    def __init__(self) -> None:
        self._recordings: dict[Hashable, Recording] = {}
        self._way: tuple[Hashable, ...] | None = None
        self._state: Hashable = None

    def begin(self) -> None:
        """A test begins, and has written nothing yet."""
        self._way = (_sequences(),) if connection.vendor == "sqlite" else None
        self._state = _state()

    def end(self) -> None:
        """The test is over: nothing is known of what comes."""
        self._way = None

    def start(self, name: Hashable, live: Callable[[], T]) -> T:
        """The result of ``live``, by living it, or by writing again what it wrote.

        A test that has written anything else since it began lives everything itself.
        """
        if self._way is None or self._state != _state():
            self._way = None
            return live()
        way, self._way = (*self._way, name), None
        known = self._recordings.get(way)
        result: T = self._record(way, live) if known is None else _write_again(known)
        self._way, self._state = way, _state()
        return result

    def _record(self, way: Hashable, live: Callable[[], T]) -> T:
        waiting = len(connection.run_on_commit)
        recorder = Recorder()
        with connection.execute_wrapper(recorder):
            result = live()
        if not recorder.taken_back:
            asked: list[Any] = connection.run_on_commit[waiting:]
            self._recordings[way] = Recording(recorder.statements, asked, result)
        return result


def _write_again(recording: Recording) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        for sql, params, many in recording.statements:
            if many:
                cursor.executemany(sql, params)
            else:
                cursor.execute(sql, params)
                cursor.fetchall()  # SQLite finishes INSERT ... RETURNING when it is read
    for _savepoints, callback, robust in recording.on_commit:
        transaction.on_commit(callback, robust=robust)
    return recording.result


def _sequences() -> tuple[tuple[str, int], ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence WHERE seq > 0 ORDER BY name")
        return tuple(cursor.fetchall())


def _state() -> Hashable:
    """Two equal states: no row was written or taken back between them."""
    if connection.vendor != "sqlite":
        return None
    return connection.connection.total_changes, sum(seq for _name, seq in _sequences())


starts = Starts()
