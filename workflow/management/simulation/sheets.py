"""Sheets at random that reach every route."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random


def sheet(
    number: int, section: str, others: list[str], today: date, random: Random
) -> dict[str, Any]:
    """A complete sheet; one of five shapes, so that RT1 to RT5 are all taken."""
    shape = random.choice(("own", "money", "wide", "secure", "pilot"))
    cost = {"own": 0, "money": 180_000, "pilot": 50_000}.get(shape, random.choice((0, 900_000)))
    return {
        "title": f"手続の見直し その{number}",
        "area": random.choice(("P1", "P2", "P5", "E3")),
        "section": section,
        "trigger": random.choice(("DAILY", "HEARING", "VOICE")),
        "users": "窓口の利用者と職員",
        "problem": "同じことを何度も書いている。",
        "evidence": "昨年度の受付簿。",
        "evidence_kind": random.choice(("MEASURED", "ESTIMATED")),
        "simplify": ["REDUCE"],
        "tool": "UNKNOWN",
        "reform": "一度だけ書けば済むようにする。",
        "sections": random.sample(others, random.randint(1, 3)) if shape == "wide" else [],
        "volume": random.randint(100, 4000),
        "minutes_before": 20,
        "minutes_after": 12,
        "reallocation": "CITIZENS",
        "cost": cost,
        "budget_measure": "INITIAL" if cost else "NONE",
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=300)).isoformat(),
        "is_pilot": shape == "pilot",
        "pilot_months": 2 if shape == "pilot" else None,
        "is_reversible": True,
        "affects_citizens": False,
        "collects_money": shape == "wide" and random.random() < 0.4,
        "has_personal_data": shape in ("money", "secure"),
        "has_my_number": shape == "secure" and random.random() < 0.5,
        "uses_cloud": shape == "secure",
        "uses_ai": False,
        "crosses_networks": False,
        "principles": {"N1": "書く回数を減らす。"},
        "safeguards": "番号と氏名は入れない。",
        "kpis": [_indicator(today + timedelta(days=300))],
    }


def _indicator(until: date) -> dict[str, Any]:
    return {
        "name": "処理時間",
        "unit": "分",
        "baseline": 20,
        "target": 12,
        "target_on": until.isoformat(),
        "source": "作業の記録",
        "frequency": "MONTHLY",
        "steps": [],
    }
