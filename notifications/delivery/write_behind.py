"""Writing down how one mail went while the words of the next one are made."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self

from django.db import OperationalError, connection

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from types import TracebackType

logger = logging.getLogger(__name__)

SEVERAL: Final = 8
"""So many mails are worth the second connection."""


class WriteBehind:
    """One write at a time, by a second connection: the disk is waited for beside other work.

    Whoever calls ``wait`` before handing over the next mail has one at most that is accepted and
    not settled, as without this. Each write is done at once until there were several mails,
    inside a transaction, whose rows no other connection sees, on SQLite, where one connection
    writes, and where the database has no room for a second one.
    """

    def __init__(self) -> None:
        self._hand: ThreadPoolExecutor | None = None
        self._pending: tuple[Future[bool], Callable[[bool], None]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._hand is not None:
            self._hand.submit(_close)
            self._hand.shutdown()
        if self._pending is not None and (lost := self._pending[0].exception()) is not None:
            logger.error("a mail that was accepted is not settled: %s", type(lost).__name__)

    def begin(self, count: int) -> None:
        """So many mails are to come; none of them was handed over yet."""
        is_seen = connection.vendor == "postgresql" and not connection.in_atomic_block
        if self._hand is not None or not is_seen or count < SEVERAL:
            return
        self._hand = ThreadPoolExecutor(max_workers=1)
        try:
            self._hand.submit(_open).result()
        except OperationalError:
            self._hand.shutdown()
            self._hand = None

    def write(self, act: Callable[[], bool], then: Callable[[bool], None]) -> None:
        """``act`` beside what comes next; ``then`` gets its result, at once or when waited for."""
        self.wait()
        if self._hand is None:
            then(act())
        else:
            self._pending = self._hand.submit(act), then

    def wait(self) -> None:
        """Until it is written. Raises what the write raised."""
        if self._pending is None:
            return
        written, then = self._pending
        try:
            result = written.result()
        finally:
            if written.done():  # a worker whose time is up leaves it to whoever closes
                self._pending = None
        then(result)


# The connection of the thread that runs them, which a bound method would not be.


def _open() -> None:
    connection.ensure_connection()


def _close() -> None:
    connection.close()
