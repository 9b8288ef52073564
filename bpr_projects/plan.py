"""The plan's own content: lists that a file fills once and the secretariat edits afterwards."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bpr_projects.models import (
    Area,
    DesignArticle,
    GlossaryTerm,
    NationalTrend,
    PlanFigure,
    Principle,
    Tool,
    UnitPrice,
    UpperPlanItem,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from django.db.models import Model

Row: TypeAlias = dict[str, Any]


def load_plan(path: Path) -> bool:
    """Fill every list that is empty; rows that are there already win. False: nothing was empty."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    filled = [_fill(model, make, content[name]) for name, (model, make) in LISTS.items()]
    return any(filled)


def _fill(model: type[Model], make: Callable[[Row, int], Model], rows: list[Row]) -> bool:
    if model._default_manager.exists():  # noqa: SLF001 -- Django's documented name
        return False
    model._default_manager.bulk_create(make(row, order) for order, row in enumerate(rows, 1))  # noqa: SLF001
    return True


def _area(row: Row, order: int) -> Area:
    return Area(code=row["code"], name=row["name"], is_priority=row["priority"], order=order)


def _principle(row: Row, order: int) -> Principle:
    return Principle(
        code=row["code"],
        name=row["name"],
        subtitle=row.get("subtitle", ""),
        question=row["question"],
        order=order,
        is_unchecked=row.get("unchecked", False),
    )


def _article(row: Row, order: int) -> DesignArticle:
    return DesignArticle(
        number=row["number"],
        name=row["name"],
        principle=Principle.objects.filter(code=row.get("principle")).first(),
        is_unchecked=row.get("unchecked", False),
    )


def _upper_plan(row: Row, order: int) -> UpperPlanItem:
    return UpperPlanItem(
        code=row["code"],
        plan=row["plan"],
        name=row["name"],
        source=row["source"],
        order=order,
        is_unchecked=row.get("unchecked", False),
    )


def _trend(row: Row, order: int) -> NationalTrend:
    return NationalTrend(
        month=row["month"], title=row["title"], source=row["source"], url=row.get("url", "")
    )


def _figure(row: Row, order: int) -> PlanFigure:
    return PlanFigure(
        place=row["place"],
        title=row["title"],
        text=row.get("text", ""),
        is_unchecked=row.get("unchecked", False),
    )


def _tool(row: Row, order: int) -> Tool:
    return Tool(
        code=row["code"],
        name=row["name"],
        purpose=row["purpose"],
        order=order,
        is_unchecked=row.get("unchecked", False),
    )


def _term(row: Row, order: int) -> GlossaryTerm:
    return GlossaryTerm(
        word=row["word"],
        heading=row["heading"],
        meaning=row["meaning"],
        source=row["source"],
        order=order,
        is_unchecked=row.get("unchecked", False),
    )


def _unit_price(row: Row, order: int) -> UnitPrice:
    return UnitPrice(
        starts_on=row["starts_on"],
        yen_per_hour=row["yen_per_hour"],
        basis=row["basis"],
        is_unchecked=row.get("unchecked", False),
    )


LISTS: Final[dict[str, tuple[type[Model], Callable[[Row, int], Model]]]] = {
    "areas": (Area, _area),
    "principles": (Principle, _principle),
    "articles": (DesignArticle, _article),
    "upper_plans": (UpperPlanItem, _upper_plan),
    "trends": (NationalTrend, _trend),
    "figures": (PlanFigure, _figure),
    "tools": (Tool, _tool),
    "terms": (GlossaryTerm, _term),
    "unit_prices": (UnitPrice, _unit_price),
}
"""Name of the list in the file -> its table, and what makes one of its rows."""
