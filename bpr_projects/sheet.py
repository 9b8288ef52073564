"""The proposal sheet as one table of fields: form, page, print, comparison and export read it.

Values are JSON (``Project.sheet``, ``Revision.sheet``): text as str, counts as int, days as
ISO dates, yes/no as bool, sections and areas by code, KPI as one dict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django_stubs_ext import StrOrPromise

MOST_YEN: Final = 10_000_000_000
"""The largest amount that a form takes, of one expense and of a running total."""


class Kind(StrEnum):
    """How a value is typed, checked and shown."""

    LINE = "line"
    TEXT = "text"
    COUNT = "count"
    DECIMAL = "decimal"
    YEN = "yen"
    DAY = "day"
    FLAG = "flag"
    AREA = "area"
    SECTION = "section"
    SECTIONS = "sections"
    BUDGET = "budget"


@dataclass(frozen=True)
class Field:
    """One question of the sheet. ``limit`` is characters for text, the largest value for numbers.

    ``drives_route``: the answer is a fact by which the route is chosen.
    """

    name: str
    part: str
    kind: Kind
    label: StrOrPromise
    required: bool = True
    limit: int = 0
    unit: StrOrPromise = ""
    help: StrOrPromise = ""
    drives_route: bool = False


PARTS: Final[dict[str, StrOrPromise]] = {
    "problem": _("課題"),
    "reform": _("改革の内容"),
    "effect": _("効果の試算"),
    "plan": _("進め方・費用"),
    "care": _("個人情報・セキュリティの確認"),
    "kpi": _("めざす数値（KPI）"),
}

FIELDS: Final[tuple[Field, ...]] = (
    Field(
        "title",
        "problem",
        Kind.LINE,
        _("提案名"),
        limit=30,
        help=_("「何を」「どう変えるか」が分かる30字以内の名前"),
    ),
    Field("area", "problem", Kind.AREA, _("取組事項")),
    Field(
        "section",
        "problem",
        Kind.SECTION,
        _("所管課"),
        help=_("この業務を受け持つ課。所属長の確認を受けます。"),
    ),
    Field(
        "problem",
        "problem",
        Kind.TEXT,
        _("いまのやり方と困りごと"),
        limit=4000,
        help=_("だれが、いつ、どれだけ困っているかを書いてください。"),
    ),
    Field(
        "reform",
        "reform",
        Kind.TEXT,
        _("変えた後の姿"),
        limit=4000,
        help=_("だれの何がどう変わるかを書いてください。"),
    ),
    Field(
        "sections",
        "reform",
        Kind.SECTIONS,
        _("関係する課"),
        required=False,
        help=_("所管課のほかに業務が変わる課。2課以上にまたがると合議が加わります。"),
        drives_route=True,
    ),
    Field("volume", "effect", Kind.COUNT, _("年間の件数"), limit=10_000_000, unit=_("件")),
    Field("minutes_before", "effect", Kind.DECIMAL, _("いま（1件）"), limit=100_000, unit=_("分")),
    Field("minutes_after", "effect", Kind.DECIMAL, _("改革後（1件）"), limit=100_000, unit=_("分")),
    Field(
        "cost",
        "plan",
        Kind.YEN,
        _("費用（初年度）"),
        limit=MOST_YEN,
        unit=_("円"),
        help=_("かからないときは 0。採択は支出の許可ではありません。"),
        drives_route=True,
    ),
    Field("budget_measure", "plan", Kind.BUDGET, _("予算措置")),
    Field("starts_on", "plan", Kind.DAY, _("始める日")),
    Field("ends_on", "plan", Kind.DAY, _("終える日（自由枠の期限）")),
    Field(
        "is_pilot", "plan", Kind.FLAG, _("実証実験として行う"), required=False, drives_route=True
    ),
    Field(
        "pilot_months",
        "plan",
        Kind.COUNT,
        _("実証実験の期間"),
        required=False,
        limit=60,
        unit=_("か月"),
        drives_route=True,
    ),
    Field(
        "is_reversible",
        "plan",
        Kind.FLAG,
        _("やめれば元のやり方に戻せる"),
        required=False,
        drives_route=True,
    ),
    Field(
        "affects_citizens",
        "plan",
        Kind.FLAG,
        _("市民の手続や負担が変わる"),
        required=False,
        drives_route=True,
    ),
    Field(
        "collects_money",
        "plan",
        Kind.FLAG,
        _("公金の収納・支払の方法が変わる"),
        required=False,
        drives_route=True,
    ),
    Field(
        "has_personal_data",
        "care",
        Kind.FLAG,
        _("個人情報を取り扱う"),
        required=False,
        drives_route=True,
    ),
    Field(
        "has_my_number",
        "care",
        Kind.FLAG,
        _("特定個人情報（マイナンバー）を取り扱う"),
        required=False,
        drives_route=True,
    ),
    Field(
        "uses_cloud",
        "care",
        Kind.FLAG,
        _("クラウドサービスを使う"),
        required=False,
        drives_route=True,
    ),
    Field("uses_ai", "care", Kind.FLAG, _("生成AI・AIを使う"), required=False, drives_route=True),
    Field(
        "crosses_networks",
        "care",
        Kind.FLAG,
        _("ネットワーク系統をまたぐデータのやり取りがある"),
        required=False,
        drives_route=True,
    ),
    Field("kpi_name", "kpi", Kind.LINE, _("指標の名前"), limit=60, help=_("例：平均手続時間")),
    Field("kpi_unit", "kpi", Kind.LINE, _("単位"), limit=12, help=_("例：分、%、件")),
    Field("kpi_baseline", "kpi", Kind.DECIMAL, _("いまの値"), limit=1_000_000_000),
    Field("kpi_target", "kpi", Kind.DECIMAL, _("めざす値"), limit=1_000_000_000),
    Field("kpi_target_on", "kpi", Kind.DAY, _("いつまでに")),
    Field("kpi_source", "kpi", Kind.LINE, _("測り方"), limit=60, help=_("例：発券機の記録")),
)

BY_NAME: Final = {field.name: field for field in FIELDS}


@dataclass(frozen=True)
class Effect:
    """Yearly effect; negative when the work grows, and that may be honest (plan 2-5(3))."""

    hours: int
    yen: int
    payback_years: Decimal | None


def effect_of(sheet: Mapping[str, Any], *, yen_per_hour: int) -> Effect:
    """count × (minutes before − after) ÷ 60; payback is cost ÷ yen a year, one decimal."""
    saved = Decimal(str(sheet.get("minutes_before") or 0)) - Decimal(
        str(sheet.get("minutes_after") or 0)
    )
    hours = round(int(sheet.get("volume") or 0) * saved / 60)
    yen = hours * yen_per_hour
    cost = int(sheet.get("cost") or 0)
    payback = (Decimal(cost) / yen).quantize(Decimal("0.1")) if yen > 0 and cost > 0 else None
    return Effect(hours=hours, yen=yen, payback_years=payback)


def missing(sheet: Mapping[str, Any]) -> list[Field]:
    """Required fields without an answer, in the order of the sheet; 0 and False are answers."""
    return [field for field in FIELDS if field.required and sheet.get(field.name) in (None, "", [])]


def malformed(sheet: Mapping[str, Any]) -> Iterator[tuple[str, StrOrPromise]]:
    """Answers that are not of their kind, as (field name, what is wrong).

    Forms never produce them; imports and later callers might.
    """
    for field in FIELDS:
        value = sheet.get(field.name)
        if value not in (None, "", []) and not _fits(field, value):
            yield field.name, _("%(label)sの書き方が正しくありません。") % {"label": field.label}


def _fits(field: Field, value: Any) -> bool:
    match field.kind:
        case Kind.LINE | Kind.TEXT:
            return isinstance(value, str) and len(value) <= field.limit and "\0" not in value
        case Kind.COUNT | Kind.YEN:
            return isinstance(value, int) and 0 <= value <= field.limit
        case Kind.DECIMAL:
            return _is_number(value, field.limit)
        case Kind.DAY:
            return _is_day(value)
        case _:
            return True


def _is_number(value: Any, most: int) -> bool:
    try:
        return abs(Decimal(str(value))) <= most
    except InvalidOperation:
        return False


def _is_day(value: Any) -> bool:
    try:
        return date.fromisoformat(str(value)) is not None
    except ValueError:
        return False


def contradictions(sheet: Mapping[str, Any], on: date) -> Iterator[tuple[str, StrOrPromise]]:
    """Answers that do not fit together or that day, as (field name, what is wrong)."""
    starts, ends = _day(sheet.get("starts_on")), _day(sheet.get("ends_on"))
    if starts and ends and ends <= starts:
        yield "ends_on", _("終える日は、始める日より後の日を入れてください。")
    elif ends and ends <= on:
        yield "ends_on", _("終える日は、明日以降の日を入れてください。")
    if sheet.get("is_pilot") and not sheet.get("pilot_months"):
        yield "pilot_months", _("実証実験の期間（か月）を入れてください。")
    if sheet.get("has_my_number") and not sheet.get("has_personal_data"):
        yield (
            "has_personal_data",
            _("特定個人情報を取り扱うときは、個人情報にも印を付けてください。"),
        )
    if sheet.get("cost") and sheet.get("budget_measure") == "NONE":
        yield "budget_measure", _("費用がかかるときは、予算措置を選んでください。")
    if sheet.get("kpi_baseline") not in (None, "") and sheet.get("kpi_baseline") == sheet.get(
        "kpi_target"
    ):
        yield "kpi_target", _("いまの値と違う値を入れてください。")


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else None


@dataclass(frozen=True)
class Difference:
    """One field that differs between two texts."""

    field: Field
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Fields whose answers differ, in the order of the sheet."""
    return [
        Difference(field, before.get(field.name), after.get(field.name))
        for field in FIELDS
        if before.get(field.name) != after.get(field.name)
    ]
