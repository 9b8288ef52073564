"""基本理念の確認 and めざす数値・提出先: what it heeds, what it aims at."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import DigitalRule, Frequency
from bpr_projects.sheet.kinds import Field, Kind, Lookup, Materiality, column, optional

CARE: Final = (
    Field(
        "principles",
        "care",
        Kind.NOTES,
        _("基本理念"),
        materiality=Materiality.CONTENT,
        lookup=Lookup.PRINCIPLE,
        limit=200,
        help=_("ひとことずつ。この提案と関係しない理念は空欄で構いません。"),
    ),
    optional(
        "articles",
        "care",
        Kind.CHOICES,
        _("サービス設計12箇条"),
        materiality=Materiality.CONTENT,
        lookup=Lookup.ARTICLE,
        help=_("心がけたものに印を付けてください。"),
    ),
    optional(
        "digital_rules",
        "care",
        Kind.CHOICES,
        _("デジタル3原則"),
        materiality=Materiality.CONTENT,
        choices=DigitalRule,
    ),
    optional(
        "alternative",
        "care",
        Kind.TEXT,
        _("デジタルを使えない方への手立て"),
        materiality=Materiality.CONTENT,
        limit=1000,
        help=_("市民の手続や負担が変わるときは、必ず書いてください。"),
    ),
    optional(
        "has_personal_data",
        "care",
        Kind.FLAG,
        _("個人情報を取り扱う"),
        materiality=Materiality.DATA,
        drives_route=True,
    ),
    optional(
        "has_my_number",
        "care",
        Kind.FLAG,
        _("特定個人情報（マイナンバー）を取り扱う"),
        materiality=Materiality.DATA,
        drives_route=True,
    ),
    optional(
        "uses_cloud",
        "care",
        Kind.FLAG,
        _("クラウドサービスを使う"),
        materiality=Materiality.DATA,
        drives_route=True,
    ),
    optional(
        "uses_ai",
        "care",
        Kind.FLAG,
        _("生成AI・AIを使う"),
        materiality=Materiality.DATA,
        drives_route=True,
    ),
    optional(
        "crosses_networks",
        "care",
        Kind.FLAG,
        _("ネットワーク系統をまたぐデータのやり取りがある"),
        materiality=Materiality.DATA,
        drives_route=True,
    ),
    optional(
        "safeguards",
        "care",
        Kind.TEXT,
        _("情報の守り方"),
        materiality=Materiality.DATA,
        limit=1000,
        help=_(
            "入れない情報、使う範囲、確認する人など。"
            "マイナンバー・クラウド・AI・網またぎのときは、必ず書いてください。"
        ),
    ),
)

KPI: Final = (
    column("name", Kind.LINE, _("指標の名前"), limit=60, help=_("例：平均手続時間")),
    column("unit", Kind.LINE, _("単位"), limit=12, help=_("例：分、%、件")),
    column("baseline", Kind.DECIMAL, _("いまの値"), limit=1_000_000_000, may_be_negative=True),
    column("target", Kind.DECIMAL, _("めざす値"), limit=1_000_000_000, may_be_negative=True),
    column("target_on", Kind.DAY, _("いつまでに")),
    column("source", Kind.LINE, _("測り方"), limit=60, help=_("例：発券機の記録")),
    column("frequency", Kind.CHOICE, _("測る頻度"), choices=Frequency, required=False),
    column(
        "steps",
        Kind.PATH,
        _("年度ごとの目標"),
        limit=1_000_000_000,
        most=6,
        required=False,
        help=_("年度をまたぐときに。例：R8=38、R9=30"),
    ),
)
"""An indicator; a row becomes a ``Kpi`` at 採択."""

GOAL: Final = (
    Field(
        "kpis",
        "goal",
        Kind.ROWS,
        _("めざす数値（KPI）"),
        materiality=Materiality.EFFECT,
        columns=KPI,
        most=5,
        noun=_("指標"),
        help=_("1つから5つまで。採択されると、この数値で進み具合を見ます。"),
    ),
    optional(
        "upper_plans",
        "goal",
        Kind.CHOICES,
        _("関係する上位計画・目標"),
        materiality=Materiality.WORDING,
        lookup=Lookup.UPPER_PLAN,
    ),
    optional(
        "policy_no",
        "goal",
        Kind.LINE,
        _("業務改革実施方針書の番号"),
        materiality=Materiality.WORDING,
        limit=40,
        help=_("方針書にある取組のときに。例：第2版 個別取組3"),
    ),
    optional(
        "partners",
        "goal",
        Kind.PEOPLE,
        _("いっしょに提案する人"),
        materiality=Materiality.WORDING,
        most=10,
        help=_("職員番号を「、」で区切って。この下書きをいっしょに書けるようになります。"),
    ),
)
