"""Shipped routes: they fill an empty table once; afterwards the rows of the secretariat win."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from records import ledger
from records.models import LedgerEntry
from workflow.enums import Mode, RouteState, RunKind
from workflow.models import Route, RouteStep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

LEDGER_KIND: Final = "ROUTES"

ROUTE_COLUMNS: Final = (
    "id",
    "code",
    "version",
    "name",
    "kind",
    "revision_kinds",
    "priority",
    "condition",
    "clause",
    "effective_from",
    "effective_to",
    "state",
)
STEP_COLUMNS: Final = (
    "id",
    "route_id",
    "order",
    "kind",
    "station",
    "title",
    "who",
    "who_argument",
    "condition",
    "mode",
    "quorum",
    "standard_days",
    "clause",
    "deputy",
    "may_skip",
    "fallback",
)
"""A data format, like the names of nodes: a later column gets a key of its own in the payload."""


def load_routes(path: Path, *, at: datetime) -> bool:
    """Create the routes of a file as active first versions, with one ledger row for the file."""
    if Route.objects.exists():
        return False
    content = path.read_text(encoding="utf-8")
    data = tomllib.loads(content)
    for row in data["routes"]:
        route = Route.objects.create(
            code=row["code"],
            name=row["name"],
            kind=row.get("kind", RunKind.PROJECT),
            revision_kinds=row.get("revision_kinds", []),
            priority=row["priority"],
            condition=row.get("condition", {}),
            clause=row["clause"],
            effective_from=data["effective_from"],
            state=RouteState.ACTIVE,
        )
        RouteStep.objects.bulk_create(
            _step(route, order, data["steps"][name]) for order, name in enumerate(row["steps"], 1)
        )
    payload = {"file": ledger.sha256_of(content), "rows": rows_hash()}
    ledger.append(kind=LEDGER_KIND, payload=payload, at=at)
    return True


def rows_hash() -> str:
    """What the chain fixes of the routes: every version and its steps, column by column."""
    tables = [
        Route.objects.order_by("pk").values_list(*ROUTE_COLUMNS),
        RouteStep.objects.order_by("pk").values_list(*STEP_COLUMNS),
    ]
    rows = [[[_plain(value) for value in row] for row in table] for table in tables]
    return ledger.sha256_of(ledger.canonical(rows))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def recompute_routes(entries: Sequence[LedgerEntry]) -> dict[int, dict[str, Any]]:
    """What the newest payload should say, from the rows; an older one speaks of older rows."""
    newest = LedgerEntry.objects.filter(kind=LEDGER_KIND).order_by("-seq")[0]
    return {
        entry.seq: {"rows": rows_hash()} if entry == newest and "rows" in entry.payload else {}
        for entry in entries
    }


def _step(route: Route, order: int, row: dict[str, Any]) -> RouteStep:
    return RouteStep(
        route=route,
        order=order,
        kind=row["kind"],
        station=row["station"],
        title=row["title"],
        who=row["who"],
        who_argument=row.get("argument", []),
        condition=row.get("condition", {}),
        mode=row.get("mode", Mode.ALL),
        quorum=row.get("quorum", 1),
        standard_days=row["days"],
        clause=route.clause,
        deputy=row.get("deputy", "ALLOWED"),
        may_skip=row.get("may_skip", False),
        fallback=row.get("fallback", []),
    )
