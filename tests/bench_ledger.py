"""A million rows of the ledger: how long its two passes take, and in how much memory.

A real case is lived once and then copied in the database, row by row as it stands, with a chain
over all copies: every hash, every row and every authority is really derived.

python -m tests.bench_ledger [--entries N]                        SQLite, in a scratch directory
python -m tests.servers --durable python -m tests.bench_ledger    PostgreSQL: there the bars hold
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Max  # noqa: E402

from bpr_projects.models import Project, Revision  # noqa: E402
from records.ledger import chain  # noqa: E402
from records.models import LedgerEntry, LedgerHead, LedgerText  # noqa: E402
from tests.fixtures_city import load_office  # noqa: E402
from tests.make import a_project, walk  # noqa: E402
from workflow.enums import RunKind  # noqa: E402
from workflow.models import Decision, Run, Slot, StepRun  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db import models

MOST_SECONDS: Final = {"hashes": 60.0, "authority": 300.0}
MOST_MEGABYTES: Final = 400
CHUNK: Final = 20_000
STRIDE: Final = 100_000
"""Added to every id of a copy: more than the lived case has rows."""

COPIED: Final[dict[type[models.Model], dict[str, str]]] = {
    Project: {"number": "'Z' || copy.n", "revision_id": "revision_id + {n}"},
    Revision: {"project_id": "project_id + {n}"},
    Run: {
        "process_id": "NULL",
        "cycle_id": "NULL",
        "step_id": "NULL",
        "project_id": "project_id + {n}",
        "revision_id": "revision_id + {n}",
    },
    StepRun: {name: f"{name} + {{n}}" for name in ("run_id", "project_id", "revision_id")},
    Slot: {"step_run_id": "step_run_id + {n}"},
    Decision: {
        "entry_id": "{first} + (SELECT count(*) FROM lived WHERE lived.id < workflow_decision.id)",
        **{
            name: f"{name} + {{n}}"
            for name in (
                "project_id",
                "revision_id",
                "run_id",
                "step_run_id",
                "slot_id",
                "supersedes_id",
            )
        },
    },
}
"""Model -> what differs in a copy; all its other columns are the same."""

IDS: Final = ("project", "revision", "run", "step_run", "slot", "supersedes")
"""What the payload of a copy says differently."""


@dataclass(frozen=True)
class Lived:
    """The case that was lived, by the rows of each model."""

    rows: dict[type[models.Model], list[int]]
    entries: list[LedgerEntry]
    texts: dict[int, list[tuple[str, str, str]]]


def live() -> Lived:
    """One case by the real verbs, from its submit to its adoption."""
    load_office()
    case = a_project(route="RT3")
    walk(case)
    run = Run.objects.get(project=case, kind=RunKind.PROJECT)
    decisions = list(Decision.objects.filter(run=run).order_by("pk"))
    entries = [each.entry for each in decisions]
    steps = list(run.steps.values_list("pk", flat=True))
    texts: dict[int, list[tuple[str, str, str]]] = {}
    for text in LedgerText.objects.filter(entry__in=entries):
        texts.setdefault(text.entry_id, []).append((text.name, text.text, text.sha256))
    return Lived(
        rows={
            Project: [case.pk],
            Revision: [run.revision_id or 0],
            Run: [run.pk],
            StepRun: steps,
            Slot: list(Slot.objects.filter(step_run__in=steps).values_list("pk", flat=True)),
            Decision: [each.pk for each in decisions],
        },
        entries=entries,
        texts=texts,
    )


def copy(lived: Lived, copies: int) -> None:
    """The rows of every copy, by the database alone."""
    head = LedgerHead.objects.get().seq
    size = len(lived.entries)
    with connection.cursor() as cursor:
        quiet = {"postgresql": "SET session_replication_role = replica"}
        cursor.execute(quiet.get(connection.vendor, "PRAGMA foreign_keys = OFF"))
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")
        cursor.execute("CREATE TEMPORARY TABLE lived (id bigint)")
        cursor.executemany("INSERT INTO lived VALUES (%s)", [(pk,) for pk in lived.rows[Decision]])
        for model, changes in COPIED.items():
            words = {"n": f"copy.n * {STRIDE}", "first": f"{head} + (copy.n - 1) * {size} + 1"}
            table = model._meta.db_table
            columns = [str(field.column) for field in model._meta.concrete_fields]
            values = [
                f"{table}.id + copy.n * {STRIDE}"
                if column == "id"
                else changes.get(column, f"{table}.{column}").format(**words)
                for column in columns
            ]
            names = ", ".join(f'"{column}"' for column in columns)
            ids = ", ".join(map(str, lived.rows[model]))
            cursor.execute(
                "WITH RECURSIVE copy(n) AS (SELECT CAST(1 AS bigint) UNION ALL "  # noqa: S608
                f"SELECT n + 1 FROM copy WHERE n < {copies}) INSERT INTO {table} ({names}) "
                f"SELECT {', '.join(values)} FROM {table} CROSS JOIN copy "
                f"WHERE {table}.id IN ({ids})"
            )


def chain_over(lived: Lived, copies: int) -> None:
    """The rows of the ledger for every copy, each linked to the one before."""
    head = LedgerHead.objects.get()
    entries: list[tuple[Any, ...]] = []
    texts: list[tuple[Any, ...]] = []
    seq, previous = head.seq, head.hash
    for entry, payload in _payloads(lived, copies):
        seq += 1
        made = chain.hash_of(
            prev_hash=previous, seq=seq, at=entry.recorded_at, kind=entry.kind, payload=payload
        )
        row = (seq, seq - 1, entry.kind, chain.canonical(payload), previous, made)
        entries.append((*row, entry.recorded_at))
        texts += [(seq, *text, None) for text in lived.texts.get(entry.seq, ())]
        previous = made
        if len(entries) == CHUNK:
            _write(entries, texts)
            entries, texts = [], []
    _write(entries, texts)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_ledgerhead SET last_id = %s, hash = %s", [seq, previous])
        cursor.execute("ANALYZE")


def _payloads(lived: Lived, copies: int) -> Iterator[tuple[LedgerEntry, dict[str, Any]]]:
    for n in range(1, copies + 1):
        for entry in lived.entries:
            payload = dict(entry.payload)
            for name in IDS:
                if payload[name] is not None:
                    payload[name] += n * STRIDE
            yield entry, payload


ENTRY: Final = "seq, previous_id, kind, payload, prev_hash, hash, recorded_at"
TEXT: Final = "entry_id, name, text, sha256, blanked_at"


def _write(entries: list[tuple[Any, ...]], texts: list[tuple[Any, ...]]) -> None:
    for table, columns, rows in (
        ("records_ledgerentry", ENTRY, entries),
        ("records_ledgertext", TEXT, texts),
    ):
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as into:
                    for row in rows:
                        into.write_row(row)
            else:
                marks = ", ".join("%s" for _column in columns.split(","))
                cursor.executemany(
                    f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608
                    rows,
                )


@dataclass(frozen=True)
class Measured:
    """One verification in a process of its own. ``cpu``: seconds that the process itself worked."""

    found: dict[str, Any]
    seconds: float
    cpu: float
    megabytes: int


def measured(*options: str) -> Measured:
    """Verify as an operator does."""
    began = time.monotonic()
    command = [sys.executable, "manage.py", "verify_ledger", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said
    return Measured(
        found=json.loads(said.splitlines()[-1]),
        seconds=time.monotonic() - began,
        cpu=usage.ru_utime + usage.ru_stime,
        megabytes=usage.ru_maxrss // 1024,
    )


def main() -> int:
    """Fill, verify twice, and say whether the bars hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=1_000_000)
    wanted = parser.parse_args().entries
    Path(environment.scratch, "var").mkdir(exist_ok=True)
    call_command("migrate", verbosity=0)
    began = time.monotonic()
    lived = live()
    copies = -(-(wanted - LedgerHead.objects.get().seq) // len(lived.entries))
    copy(lived, copies)
    chain_over(lived, copies)
    filled = LedgerEntry.objects.aggregate(Max("seq"))["seq__max"]
    print(f"{connection.vendor}: {filled} rows in {time.monotonic() - began:.0f} s", flush=True)
    connection.close()

    hashes, whole = measured("--hashes-only"), measured()
    seconds = {"hashes": hashes.seconds, "authority": whole.seconds - hashes.seconds}
    memory = max(hashes.megabytes, whole.megabytes)
    result = {
        "database": connection.vendor,
        "entries": whole.found["count"],
        "derived": whole.found["derived"],
        **{f"{name}_s": round(each, 1) for name, each in seconds.items()},
        "hashes_cpu_s": round(hashes.cpu, 1),
        "authority_cpu_s": round(whole.cpu - hashes.cpu, 1),
        "megabytes": memory,
    }
    print(json.dumps(result), flush=True)
    assert hashes.found["count"] == whole.found["count"] == filled
    assert whole.found["derived"] == Decision.objects.count()
    fast = all(seconds[name] <= most for name, most in MOST_SECONDS.items())
    return 0 if memory <= MOST_MEGABYTES and (fast or connection.vendor == "sqlite") else 1


if __name__ == "__main__":
    sys.exit(main())
