"""Shipped routes: they fill an empty table once; afterwards the rows of the secretariat win."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from records import ledger
from records.models import LedgerEntry
from workflow.enums import DeadlineAction, Mode, RouteState, RunKind
from workflow.models import Route, RouteStep
from workflow.models.routes import every_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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

LATER_ROUTE_COLUMNS: Final = ("id", "purpose", "copied_from_id", "draft_version", "revision_id")
LATER_STEP_COLUMNS: Final = ("id", "at_deadline", "escalate_to", "may_return_to")
"""Columns that came with versions people write: under ``terms`` in the payload."""


def load_routes(path: Path, *, at: datetime) -> bool:
    """Create the routes of a file as active first versions, with one ledger row for the file.

    Of a table with rows only the codes are added that it never had: what is there wins.
    """
    content = path.read_text(encoding="utf-8")
    data = tomllib.loads(content)
    known = set(Route.objects.values_list("code", flat=True))
    missing = [row for row in data["routes"] if row["code"] not in known]
    if not missing:
        return False
    for row in missing:
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
    payload = {"file": ledger.sha256_of(content), **rules_payload()}
    ledger.append(kind=LEDGER_KIND, payload=payload, at=at)
    return True


def rules_payload() -> dict[str, Any]:
    """What the chain fixes of the rules. A draft is no rule; deciding on it fixes its text."""
    return {name: hashed() for name, hashed in HASHES.items()}


def rows_hash() -> str:
    """Every version that is or was a rule and its steps, column by column."""
    return _hash_of(ROUTE_COLUMNS, STEP_COLUMNS)


def terms_hash() -> str:
    """The same for the columns that came later."""
    return _hash_of(LATER_ROUTE_COLUMNS, LATER_STEP_COLUMNS)


HASHES: Final[dict[str, Callable[[], str]]] = {"rows": rows_hash, "terms": terms_hash}
"""Key of the payload -> what it vouches for."""


def _hash_of(route_columns: Sequence[str], step_columns: Sequence[str]) -> str:
    rules, steps = Route.objects.order_by("pk"), RouteStep.objects.order_by("pk")
    tables = [
        rules.filter(state=RouteState.ACTIVE).values_list(*route_columns),
        steps.filter(route__state=RouteState.ACTIVE).values_list(*step_columns),
    ]
    rows = [[[_plain(value) for value in row] for row in table] for table in tables]
    return ledger.sha256_of(ledger.canonical(rows))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def recompute_routes(entries: Sequence[ledger.Link]) -> dict[int, dict[str, Any]]:
    """What the newest payload should say, from the rows; an older one speaks of older rows."""
    newest = LedgerEntry.objects.filter(kind=LEDGER_KIND).latest("seq").seq
    return {
        entry.seq: {name: hashed() for name, hashed in HASHES.items() if name in entry.payload}
        if entry.seq == newest
        else {}
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
        at_deadline=row.get("at_deadline", DeadlineAction.REMIND),
        escalate_to=row.get("escalate_to", ""),
        may_return_to=row.get("may_return_to", every_target()),
    )
