"""What the reform is worth, as the rows of one table: now, afterwards, in a year, how known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpr_projects import calendar
from bpr_projects.sheet import change, effect_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class EffectRow:
    """One thing that gets better or worse."""

    name: str
    before: str
    after: str
    yearly: str = ""
    source: str = ""


CALCULATED: Final[tuple[tuple[str, str, StrOrPromise, StrOrPromise, StrOrPromise], ...]] = (
    (
        "minutes",
        "hours",
        gettext_lazy("職員の処理時間（1件）"),
        gettext_lazy("分"),
        gettext_lazy("時間"),
    ),
    (
        "citizen_minutes",
        "citizen_hours",
        gettext_lazy("市民の手続時間（1件）"),
        gettext_lazy("分"),
        gettext_lazy("時間"),
    ),
    ("visits", "visits", gettext_lazy("来庁の回数（1件）"), gettext_lazy("回"), gettext_lazy("回")),
)
"""Question of the sheet, its yearly sum, name, unit of one case and of the year."""


def effect_rows(answers: Mapping[str, Any]) -> list[EffectRow]:
    """All that the sheet claims; nothing for what was not answered."""
    return [*_calculated(answers), *_indicators(answers)]


def _calculated(answers: Mapping[str, Any]) -> Iterator[EffectRow]:
    effect = effect_of(answers, yen_per_hour=0)
    for question, total, name, unit, yearly_unit in CALCULATED:
        before, after = answers.get(f"{question}_before"), answers.get(f"{question}_after")
        if before in (None, "") or after in (None, ""):
            continue
        yearly = change(getattr(effect, total), str(yearly_unit))
        yield EffectRow(str(name), figure(before, unit), figure(after, unit), yearly)


def _indicators(answers: Mapping[str, Any]) -> Iterator[EffectRow]:
    for row in answers.get("kpis") or ():
        if not row.get("name"):
            continue
        unit = row.get("unit") or ""
        until = row.get("target_on")
        said = [row.get("source") or ""]
        if until:
            said.append(_("%sまで") % calendar.wareki(date.fromisoformat(until)))
        yield EffectRow(
            str(row["name"]),
            figure(row.get("baseline"), unit),
            figure(row.get("target"), unit),
            source="・".join(each for each in said if each),
        )


def figure(value: Any, unit: StrOrPromise) -> str:
    """A number with its unit: 2,760件; a dash for none."""
    return f"{value:,}{unit}" if isinstance(value, (int, float)) else "－"
