"""Several people (or one person with several windows) at the same moment, in real threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

import pytest
from django.db import connection
from django.utils import translation

from workflow.actions.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from _pytest.mark import ParameterSet

T = TypeVar("T")


def several(first: int, *others: int) -> list[int | ParameterSet]:
    """Values of a parameter: SQLite has one writer, there the first of them shows all."""
    return [first, *(pytest.param(each, marks=pytest.mark.postgres_only) for each in others)]


CROWDS = several(5, 2, 20)


def at_once(acts: Sequence[Callable[[], T]]) -> tuple[list[T], list[Refusal]]:
    """Run the acts together; what came back, and the refusals. Anything else is raised."""
    start = Barrier(len(acts), timeout=30)

    def act(each: Callable[[], T]) -> T | Refusal:
        try:
            with translation.override("ja"):
                connection.ensure_connection()
                start.wait()
                return each()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        results = list(pool.map(act, acts))
    refusals = [each for each in results if isinstance(each, Refusal)]
    return [each for each in results if not isinstance(each, Refusal)], refusals
