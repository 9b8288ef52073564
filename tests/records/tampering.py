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
    off, on = {"postgresql": _replica, "sqlite": _without_triggers}[connection.vendor]()
    run(*off)
    try:
        yield
    finally:
        run(*on)


def _replica() -> tuple[list[str], list[str]]:
    role = "SET session_replication_role = "
    return [f"{role}replica"], [f"{role}DEFAULT"]


def _without_triggers() -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    dropped = [f"DROP TRIGGER {name}" for name, _sql in triggers]
    made = [sql for _name, sql in triggers]
    return ["PRAGMA foreign_keys = OFF", *dropped], [*made, "PRAGMA foreign_keys = ON"]


@contextmanager
def sealed() -> Iterator[None]:
    """The seal as it is in production; the databases of tests are emptied after every test."""
    run("INSERT INTO records_seal VALUES (1)")
    try:
        yield
    finally:
        lift_the_seal()


def lift_the_seal() -> None:
    """Let this database be emptied."""
    run("DELETE FROM records_seal")


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
