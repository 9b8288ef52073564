"""Starts that many tests share are lived once a process; later the same rows are written again.

The sample city, or a case that stands before the PT, comes about by the real verbs the first time.
The next test that begins like this gets what the verbs wrote, statement by statement, under the
same keys. SQLite gives them again after a rollback; PostgreSQL is told to where a test begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.core.management.color import no_style
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
        _take_back_keys()
        self._way = (_sequences(),)
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
            if cursor.description is not None:
                cursor.fetchall()  # SQLite finishes INSERT ... RETURNING when it is read
    for _savepoints, callback, robust in recording.on_commit:
        transaction.on_commit(callback, robust=robust)
    return recording.result


def _take_back_keys() -> None:
    """The next key of each table follows its last row, whatever was rolled back (PostgreSQL)."""
    if told := connection.ops.sequence_reset_sql(
        no_style(), apps.get_models(include_auto_created=True)
    ):
        with connection.cursor() as cursor:
            cursor.execute(";".join(told))


SEQUENCES = {
    "sqlite": "SELECT name, seq FROM sqlite_sequence WHERE seq > 0 ORDER BY name",
    "postgresql": "SELECT sequencename, last_value FROM pg_sequences"
    " WHERE schemaname = current_schema() AND last_value > 0 ORDER BY sequencename",
}
CHANGES = {
    "sqlite": "SELECT total_changes()",
    "postgresql": "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables",
}


def _sequences() -> tuple[tuple[str, int], ...]:
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES[connection.vendor])
        return tuple(cursor.fetchall())


def _state() -> Hashable:
    """Two equal states: no row was written or taken back between them."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGES[connection.vendor])
        (changes,) = cursor.fetchone()
    return changes, sum(seq for _name, seq in _sequences())


starts = Starts()
