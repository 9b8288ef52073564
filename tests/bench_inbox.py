"""The work list with 10,000 to a million open tasks: ours, the least that does it, stock viewflow.

All sides answer the same person about the same rows of the same database, in turns. At the largest
size also: pages far down, the check of the list, and writing it anew while somebody reads.

python -m tests.bench_inbox --open 10000                     SQLite: reported
python -m tests.servers --durable python -m tests.bench_inbox    PostgreSQL: there the bars hold
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from dataclasses import asdict
from datetime import UTC
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

os.environ |= {"DEMO": "1"}  # a production takes no made-up cases

from tests import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.conf import settings

settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.stock"]
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from viewflow.urls import Site  # noqa: E402
from viewflow.workflow.flow import FlowAppViewset  # noqa: E402

from bpr_projects.models import Project  # noqa: E402
from records.models import LedgerHead  # noqa: E402
from tests.stock.flows import StockFlow  # noqa: E402
from workflow.enums import Outcome  # noqa: E402
from workflow.inbox.desk import Desk, Listing  # noqa: E402
from workflow.management import worklist  # noqa: E402
from workflow.management.bench.filling import fill  # noqa: E402
from workflow.management.bench.sides import DJANGOS_OWN, Meters, beside_the_city  # noqa: E402
from workflow.management.bench.timing import in_turns  # noqa: E402
from workflow.management.commands.bench_inbox import measure, missed  # noqa: E402
from workflow.management.made_up import open_office  # noqa: E402
from workflow.models import Decision, WorkItem  # noqa: E402
from workflow.views.paging import PAGE, cursor  # noqa: E402

if TYPE_CHECKING:
    from datetime import datetime

SIZES: Final = [10_000, 100_000, 1_000_000]
USERS: Final = 500
ROUNDS: Final = 60
STOCK_ROUNDS: Final = 7
STATION: Final = "stock/flows.StockFlow.review_1"
STOCK_PAGES: Final = ("/stock/stock/inbox/", "/stock/stock/queue/")
FAR: Final = 10_000
"""The page far down, where there are as many."""
MOST_GROWTH: Final = 1.5
MOST_FAR: Final = 1.5
MOST_REBUILD: Final = 120.0
MOST_WAIT: Final = 1_000.0
"""Milliseconds that somebody may wait for the list while it is written anew."""
TIMES_FASTER: Final = {10_000: 8, 1_000_000: 100}
"""Than stock viewflow's two pages, at so many open tasks."""
PLAIN: Final = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
"""What a new Django project has: our own middlewares do not slow the stock pages down."""

OUTCOME: Final = f"CASE WHEN i % 3 = 0 THEN '{Outcome.SKIPPED}' ELSE '{Outcome.APPROVED}' END"
SAID: Final = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
    INSERT INTO {table} ({columns}) SELECT {values} FROM n"""


class Stock:
    """viewflow's own inbox and queue, as its site shows them."""

    def __init__(self, meters: Meters) -> None:
        self.client = Client()
        with override_settings(AUTHENTICATION_BACKENDS=[DJANGOS_OWN], MIDDLEWARE=PLAIN):
            self.client.force_login(meters.reader.person, DJANGOS_OWN)
            self.pages()  # the client keeps the middlewares of its first request

    def pages(self) -> list[int]:
        """What waits for a person stands on two pages."""
        with override_settings(AUTHENTICATION_BACKENDS=[DJANGOS_OWN]):
            answers = [self.client.get(url) for url in STOCK_PAGES]
        assert [each.status_code for each in answers] == [200, 200]
        return [len(each.content) for each in answers]


def at_size(size: int, at: datetime, rounds: int) -> tuple[dict[str, Any], Meters]:
    """Fill up to a size, then time every side."""
    began = time.monotonic()
    reader = fill(at=at, wanted=size, users=USERS, station=STATION)
    seconds = time.monotonic() - began
    meters = Meters(reader, at, StockFlow)
    found = measure(meters, rounds)
    stock = Stock(meters)
    took = in_turns(
        {"page": lambda: meters.page(meters.inbox), "stock_pages": stock.pages}, STOCK_ROUNDS
    )
    found["stock_pages"] = {name: asdict(each) for name, each in took.items()}
    found["times_faster"] = round(took["stock_pages"].p50 / took["page"].p50, 1)
    found["filled_s"] = round(seconds)
    return found, meters


def far_down(meters: Meters) -> dict[str, Any]:
    """Page 1 and page 10,000 (or the last one) of what was said and of the cases."""
    say_much(meters, FAR * PAGE * 3 // 2)
    answered = Decision.objects.filter(decided_by=meters.reader.person, outcome=Outcome.APPROVED)
    cases = Project.objects.order_by("-updated_at", "-pk")
    before = answered.order_by("-pk").values_list("pk", flat=True)[(FAR - 1) * PAGE - 1]
    place = min((FAR - 1) * PAGE, cases.count() - PAGE - 1)
    urls = {
        "said_first": "/inbox/?tab=done",
        "said_far": f"/inbox/?tab=done&before={before}",
        "cases_first": "/proposals/",
        "cases_far": f"/proposals/?after={cursor(cases[place])}",
    }
    took = in_turns(
        {name: lambda url=url: meters.page(url) for name, url in urls.items()},  # type: ignore[misc]
        ROUNDS // 3,
    )
    return {
        "ms": {name: asdict(each) for name, each in took.items()},
        "times": {
            name: round(took[f"{name}_far"].p50 / took[f"{name}_first"].p50, 2)
            for name in ("said", "cases")
        },
    }


def say_much(meters: Meters, count: int) -> None:
    """Old answers of the person, each with a row of the ledger that nobody verifies."""
    head = LedgerHead.objects.get().seq
    now = f"'{meters.desk.at.astimezone(UTC):%Y-%m-%d %H:%M:%S+00}'"
    last = Decision.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    run, project = WorkItem.objects.values_list("step_run__run", "project").latest("slot")
    rows = {
        "records_ledgerentry": {
            "seq": f"{head} + i",
            "previous_id": f"{head} + i - 1",
            "kind": "'load'",
            "payload": "'{}'",
            "prev_hash": "''",
            "hash": "'load ' || CAST(i AS varchar(20))",
            "recorded_at": now,
        },
        "workflow_decision": {
            "id": f"{last} + i",
            "entry_id": f"{head} + i",
            "project_id": str(project),
            "run_id": str(run),
            "round": "1",
            "outcome": OUTCOME,
            "decided_by_id": str(meters.reader.person.pk),
            "post_id": str(meters.reader.posts[0]),
            "basis": "'OWN'",
            "clause": "''",
            "authority": "'{}'",
            "target": "''",
            "decided_at": now,
        },
    }
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = 0")
        for table, columns in rows.items():
            names, values = ", ".join(columns), ", ".join(columns.values())
            cursor.execute(SAID.format(count=count, table=table, columns=names, values=values))
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("RESET statement_timeout")


def rebuilt(meters: Meters) -> dict[str, Any]:
    """Write the list anew, once over rows that are right and once from nothing, beside a reader."""
    found: dict[str, Any] = {}
    for name in ("right", "empty"):
        if name == "empty":
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE workflow_workitem")
        waits: list[float] = []
        counts: list[int] = []
        is_over = threading.Event()
        reading = threading.Thread(target=_read_on, args=(meters, is_over, waits, counts))
        reading.start()
        began = time.monotonic()
        written, removed = worklist.rebuild()
        seconds = time.monotonic() - began
        is_over.set()
        reading.join()
        found[name] = {
            "seconds": round(seconds, 1),
            "written": written,
            "removed": removed,
            "reads": len(waits),
            "longest_wait_ms": round(max(waits), 1),
            "fewest_items": min(counts),
        }
    return found


def _read_on(
    meters: Meters, is_over: threading.Event, waits: list[float], counts: list[int]
) -> None:
    """Somebody who looks at the list again and again, by a connection of the own."""
    desk = Desk(meters.reader.person, meters.desk.at)
    while not is_over.is_set():
        began = time.perf_counter()
        counts.append(desk.read(Listing()).counts.own)
        waits.append((time.perf_counter() - began) * 1000)
        time.sleep(0.02)
    connection.close()


def checked() -> dict[str, Any]:
    """``check_inbox`` as an operator runs it."""
    said, began = StringIO(), time.monotonic()
    call_command("check_inbox", json=True, stdout=said)
    report = json.loads(said.getvalue().splitlines()[-1])
    return {**report, "seconds": round(time.monotonic() - began, 1)}


def bars(sizes: dict[int, dict[str, Any]], more: dict[str, Any]) -> list[str]:
    """What is missed, in words."""
    over = [f"{size}: {each}" for size, found in sizes.items() for each in missed(found)]
    smallest, largest = sizes[min(sizes)], sizes[max(sizes)]
    for name in ("query", "page"):
        growth = largest["ms"][name]["p50"] / smallest["ms"][name]["p50"]
        if growth > MOST_GROWTH:
            over.append(f"{name} grows {growth:.2f} times")
    over += [
        f"{size}: {found['times_faster']} times faster than stock, not {TIMES_FASTER[size]}"
        for size, found in sizes.items()
        if found["times_faster"] < TIMES_FASTER.get(size, 0)
    ]
    over += [
        f"{name}: {x} times far down" for name, x in more["far"]["times"].items() if x > MOST_FAR
    ]
    for name, found in more.get("rebuild", {}).items():
        if found["seconds"] > MOST_REBUILD or found["longest_wait_ms"] > MOST_WAIT:
            over.append(f"rebuild from {name}: {found}")
    return over


def main() -> int:
    """Measure on the database of DATABASE_URL; 1 when a bar is missed there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--open", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    Path(environment.scratch, "var").mkdir(exist_ok=True)
    call_command("migrate", verbosity=0)
    open_office()
    at = timezone.now()
    site = Site(title="stock", viewsets=[FlowAppViewset(StockFlow, icon="assignment")])
    sizes: dict[int, dict[str, Any]] = {}
    with beside_the_city(path("stock/", site.urls)):
        for size in sorted(options.open):
            sizes[size], meters = at_size(size, at, options.rounds)
            print(json.dumps(sizes[size], ensure_ascii=False), flush=True)
        more: dict[str, Any] = {"far": far_down(meters), "check": checked()}
        if connection.vendor == "postgresql":
            more |= {"rebuild": rebuilt(meters), "check_again": checked()}
    over = bars(sizes, more)
    print(json.dumps({**more, "missed": over}, ensure_ascii=False), flush=True)
    return 1 if over and connection.vendor == "postgresql" else 0


if __name__ == "__main__":
    sys.exit(main())
