"""Change the ledger the way an administrator of the database could: past every protection."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterator

protection = import_module("records.migrations.0002_protect_ledger")


@contextmanager
def protections_off() -> Iterator[None]:
    """Switch off triggers and foreign keys; needs a test with ``transaction=True``."""
    off, on = {
        "postgresql": (
            ["SET session_replication_role = replica"],
            ["SET session_replication_role = DEFAULT"],
        ),
        "sqlite": (
            ["PRAGMA foreign_keys = OFF", *protection.SQLITE_REVERSE],
            [*protection.SQLITE, "PRAGMA foreign_keys = ON"],
        ),
    }[connection.vendor]
    run(*off)
    try:
        yield
    finally:
        run(*on)


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def tamper(*statements: str) -> None:
    """Run statements with the protections off."""
    with protections_off():
        run(*statements)


def set_of(table: str, **values: str | int) -> str:
    """An UPDATE of all rows of a table, in words."""
    pairs = ", ".join(f"{name} = '{value}'" for name, value in values.items())
    return f"UPDATE {table} SET {pairs}"  # noqa: S608 -- the values are the test's own
