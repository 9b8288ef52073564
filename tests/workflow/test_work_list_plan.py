"""How PostgreSQL answers the lists when much is open: by index, and past few rows that it drops."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records.models import LedgerEntry, LedgerHead
from roles.enums import Basis
from tests.make import AT
from tests.workflow.pages import client_of
from workflow.enums import Outcome, StepKind
from workflow.inbox.cursors import cursor_of
from workflow.inbox.desk import Desk, Listing
from workflow.inbox.sieve import Sieve
from workflow.inbox.statement import statement
from workflow.management import worklist
from workflow.management.bench.filling import ITEMS, fill
from workflow.models import Decision, Nudge, Reading, Run, Seen, Slot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

    from roles.models import User
    from tests.fixtures_city import City
    from workflow.management.bench.filling import Reader

pytestmark = [pytest.mark.postgres_only, pytest.mark.slow]

OPEN: Final = 20_000
SAID: Final = 3_000
MOST_REMOVED: Final = 1_000
LARGE: Final = frozenset(
    {
        "bpr_projects_participant",
        "bpr_projects_project",
        "bpr_projects_revision",
        "workflow_decision",
        "workflow_nudge",
        "workflow_reading",
        "workflow_run",
        "workflow_seen",
        "workflow_slot",
        "workflow_steprun",
        "workflow_workitem",
    }
)
"""Tables that grow with the work."""


@pytest.fixture(scope="module")
def reader(loaded_office: City, django_db_blocker: DjangoDbBlocker) -> Iterator[Reader]:
    """Somebody with five seats and forty items among twenty thousand, who has said much."""
    with django_db_blocker.unblock():
        found = fill(at=AT, wanted=OPEN, users=100)
        said_much(found.person, found.posts[0])
        asked_and_read_much(found)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(sorted(LARGE))}")
        yield found


def said_much(person: User, post: int) -> None:
    """Answers in the cases that others are asked about; one in three a rule's consequence."""
    head = LedgerHead.objects.get().seq
    entries = LedgerEntry.objects.bulk_create(
        LedgerEntry(
            seq=seq,
            previous_id=seq - 1,
            kind="load",
            payload={},
            prev_hash="",
            hash=f"{seq:064}",
            recorded_at=AT,
        )
        for seq in range(head + 1, head + 1 + SAID)
    )
    runs = list(Run.objects.order_by("-pk")[:SAID].values_list("pk", "project"))
    Decision.objects.bulk_create(
        Decision(
            entry=entry,
            run_id=runs[n % len(runs)][0],
            project_id=runs[n % len(runs)][1],
            round=1,
            outcome=Outcome.SKIPPED if n % 3 == 0 else Outcome.APPROVED,
            decided_by=person,
            post_id=post,
            basis=Basis.OWN,
            clause="",
            authority={},
            decided_at=AT + timedelta(minutes=n),
        )
        for n, entry in enumerate(entries)
    )


def asked_and_read_much(reader: Reader) -> None:
    """Half of what is open was seen, asked about; and many readings are over, a few are owed."""
    slots = list(Slot.objects.order_by("pk")[:SAID])
    Seen.objects.bulk_create(Seen(slot=slot, person=reader.person, seen_at=AT) for slot in slots)
    Nudge.objects.bulk_create(
        Nudge(slot=slot, asked_by=reader.person, asked_at=AT) for slot in slots
    )
    runs = Run.objects.select_related("project", "revision").order_by("-pk")[:SAID]
    Reading.objects.bulk_create(
        Reading(
            project=run.project,
            revision=run.revision,
            run=run,
            post_id=reader.posts[0],
            kind=StepKind.CIRCULATION,
            why="",
            opened_at=AT,
            read_at=AT if n % 100 else None,
        )
        for n, run in enumerate(runs)
        if run.project is not None and run.revision is not None
    )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def plan_of(sql: str, parameters: Any = None) -> list[dict[str, Any]]:
    """Every node of the plan, as the statement ran."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
        (found,) = cursor.fetchone() or [None]
    rows = json.loads(found) if isinstance(found, str) else found
    return list(nodes(rows[0]["Plan"]))


def amiss(plan: list[dict[str, Any]]) -> list[str]:
    """Scans of a whole large table, and nodes that read much more than they give."""
    found = []
    for node in plan:
        name = f"{node['Node Type']} {node.get('Relation Name', '')}"
        if node["Node Type"].endswith("Seq Scan") and node["Relation Name"] in LARGE:
            found.append(name)
        loops = node.get("Actual Loops", 1)
        for why in ("Filter", "Join Filter", "Index Recheck"):
            removed = node.get(f"Rows Removed by {why}", 0) * loops
            if removed > MOST_REMOVED:
                found.append(f"{name}: {removed} removed by {why}")
    return found


@pytest.mark.parametrize(
    "listing",
    [
        Listing(),
        Listing(sieve=Sieve(due="late")),
        Listing(sieve=Sieve(due="week")),
        Listing(sieve=Sieve(q="窓口", unread="1", amount="large", held="nobody")),
        Listing(bases=(Basis.OWN, Basis.DEPUTY)),
        None,
    ],
    ids=["page", "late", "week", "sieve", "home", "badges"],
)
def test_the_inbox_asks_by_index(reader: Reader, db: None, listing: Listing | None) -> None:
    desk = Desk(reader.person, AT)

    assert amiss(plan_of(*statement(desk, listing))) == []
    assert desk.read(Listing()).counts.own == ITEMS


def test_the_next_page_of_the_inbox_asks_by_index(reader: Reader, db: None) -> None:
    desk = Desk(reader.person, AT)
    after = cursor_of(desk.read(Listing()).items[-1].cursor)
    assert after is not None

    assert amiss(plan_of(*statement(desk, Listing(after=after)))) == []
    assert len(desk.read(Listing(after=after)).items) == ITEMS - 25


@pytest.mark.parametrize(
    "path",
    ["/inbox/", "/inbox/?tab=done", "/inbox/?tab=done&before={middle}", "/inbox/?tab=reading", "/"],
)
def test_all_that_the_pages_ask(reader: Reader, db: None, path: str) -> None:
    middle = Decision.objects.filter(decided_by=reader.person).order_by("pk")[100].pk
    client = client_of(reader.person)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path.format(middle=middle)).status_code == 200

    plans = {each["sql"]: amiss(plan_of(each["sql"])) for each in asked if "SELECT" in each["sql"]}

    assert {sql: found for sql, found in plans.items() if found} == {}
    assert len(asked) <= 8


@pytest.mark.parametrize("name", ["project-list", "running"])
def test_a_list_of_cases_far_down(reader: Reader, db: None, name: str) -> None:
    client = client_of(reader.person)
    url = f"{reverse(name)}?after={AT - timedelta(minutes=3000):%Y%m%dT%H%M%S.%f}-5"
    with CaptureQueriesContext(connection) as asked:
        response = client.get(url)

    plans = {each["sql"]: amiss(plan_of(each["sql"])) for each in asked if "SELECT" in each["sql"]}
    found = {sql: each for sql, each in plans.items() if each}

    assert len(response.context["rows"]) == (25 if name == "project-list" else 0)
    assert [sql for sql in found if "LIMIT 1001" not in sql] == []  # it stops there, in any order
    assert not [each for scans in found.values() for each in scans if "removed" in each]


def test_the_filled_list_is_sound(reader: Reader, db: None) -> None:
    assert Slot.objects.filter(state="OPEN").count() == OPEN
    assert list(worklist.faults(AT)) == []
