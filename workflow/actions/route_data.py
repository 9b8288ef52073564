"""Shipped routes: they fill an empty table once; afterwards the rows of the secretariat win."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from records import ledger
from workflow.enums import Mode, RouteState, RunKind
from workflow.models import Route, RouteStep

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


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
    ledger.append(kind="ROUTES", payload={"file": ledger.sha256_of(content)}, at=at)
    return True


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
