"""効果の試算 and 進め方・費用: what it is worth, what it takes."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import BudgetMeasure, BudgetRequest, Reallocation
from bpr_projects.sheet.fields.reform import MINUTES
from bpr_projects.sheet.kinds import MOST_YEN, Field, Kind, Materiality, column, optional

EFFECT: Final = (
    Field(
        "volume",
        "effect",
        Kind.COUNT,
        _("年間の件数"),
        materiality=Materiality.EFFECT,
        limit=10_000_000,
        unit=_("件"),
    ),
    Field(
        "minutes_before",
        "effect",
        Kind.DECIMAL,
        _("いま（1件）"),
        materiality=Materiality.EFFECT,
        limit=MINUTES,
        unit=_("分"),
    ),
    Field(
        "minutes_after",
        "effect",
        Kind.DECIMAL,
        _("改革後（1件）"),
        materiality=Materiality.EFFECT,
        limit=MINUTES,
        unit=_("分"),
    ),
    optional(
        "citizen_minutes_before",
        "effect",
        Kind.DECIMAL,
        _("市民の時間：いま（1件）"),
        materiality=Materiality.EFFECT,
        limit=MINUTES,
        unit=_("分"),
    ),
    optional(
        "citizen_minutes_after",
        "effect",
        Kind.DECIMAL,
        _("市民の時間：改革後（1件）"),
        materiality=Materiality.EFFECT,
        limit=MINUTES,
        unit=_("分"),
    ),
    optional(
        "visits_before",
        "effect",
        Kind.DECIMAL,
        _("来庁回数：いま（1件）"),
        materiality=Materiality.EFFECT,
        limit=100,
        unit=_("回"),
    ),
    optional(
        "visits_after",
        "effect",
        Kind.DECIMAL,
        _("来庁回数：改革後（1件）"),
        materiality=Materiality.EFFECT,
        limit=100,
        unit=_("回"),
    ),
    optional(
        "reallocation",
        "effect",
        Kind.CHOICE,
        _("生まれた時間の使いみち"),
        materiality=Materiality.EFFECT,
        choices=Reallocation,
        help=_("減らせる時間があるときは、必ず選んでください。"),
    ),
    optional(
        "reallocation_note",
        "effect",
        Kind.LINE,
        _("使いみちの中身"),
        materiality=Materiality.WORK,
        limit=100,
    ),
    optional(
        "workplace",
        "effect",
        Kind.TEXT,
        _("職員の働く環境"),
        materiality=Materiality.EFFECT,
        limit=1000,
        help=_("負担、安全、やりがいなど、時間では表せない変化。"),
    ),
)

PLAN: Final = (
    optional(
        "is_pilot",
        "plan",
        Kind.FLAG,
        _("実証実験として行う"),
        materiality=Materiality.SCOPE,
        drives_route=True,
    ),
    optional(
        "pilot_months",
        "plan",
        Kind.COUNT,
        _("実証実験の期間"),
        materiality=Materiality.SCOPE,
        limit=60,
        unit=_("か月"),
        drives_route=True,
    ),
    optional(
        "is_reversible",
        "plan",
        Kind.FLAG,
        _("やめれば元のやり方に戻せる"),
        materiality=Materiality.SCOPE,
        drives_route=True,
    ),
    Field("starts_on", "plan", Kind.DAY, _("始める日"), materiality=Materiality.SCHEDULE),
    Field(
        "ends_on", "plan", Kind.DAY, _("終える日（自由枠の期限）"), materiality=Materiality.SCHEDULE
    ),
    Field(
        "cost",
        "plan",
        Kind.YEN,
        _("費用（初年度）"),
        materiality=Materiality.COST,
        limit=MOST_YEN,
        unit=_("円"),
        help=_("かからないときは 0。採択は支出の許可ではありません。"),
        drives_route=True,
    ),
    optional(
        "running_cost",
        "plan",
        Kind.YEN,
        _("2年目からの費用（1年あたり）"),
        materiality=Materiality.COST,
        limit=MOST_YEN,
        unit=_("円"),
    ),
    Field(
        "budget_measure",
        "plan",
        Kind.CHOICE,
        _("予算措置"),
        materiality=Materiality.COST,
        choices=BudgetMeasure,
    ),
    optional(
        "budget_request",
        "plan",
        Kind.CHOICE,
        _("予算要求の時期"),
        materiality=Materiality.COST,
        choices=BudgetRequest,
        help=_("補正予算のときは、必ず選んでください。"),
    ),
    optional(
        "waves",
        "plan",
        Kind.ROWS,
        _("広げる順番"),
        materiality=Materiality.SCHEDULE,
        columns=(
            column("what", Kind.LINE, _("課・窓口・手続"), limit=60),
            column("starts_on", Kind.DAY, _("始める日"), required=False),
        ),
        most=12,
        noun=_("段階"),
        help=_("一部から始めて全体へ。課ごと、窓口ごと、手続ごとに。"),
    ),
    optional(
        "affects_citizens",
        "plan",
        Kind.FLAG,
        _("市民の手続や負担が変わる"),
        materiality=Materiality.SCOPE,
        drives_route=True,
    ),
    optional(
        "collects_money",
        "plan",
        Kind.FLAG,
        _("公金の収納・支払の方法が変わる"),
        materiality=Materiality.COST,
        drives_route=True,
    ),
)
