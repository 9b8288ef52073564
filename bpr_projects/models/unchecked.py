"""要確認: what neither the plan's text nor the city has said yet, marked wherever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Concat

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

MARK: Final = "（要確認）"
"""Stands behind what nobody has made sure of."""


def marked(*parts: str | Combinable) -> Concat:
    """Columns in a row with the mark behind them where a row has it; nothing behind nothing."""
    behind = Case(When(is_unchecked=True, then=Value(MARK)), default=Value(""))
    columns = [F(part) if isinstance(part, str) else part for part in parts]
    return Concat(*columns, behind, output_field=CharField())
