"""The proposal sheet (要件整理) as one table of questions in six parts.

Twenty answers are required before 提出; everything else helps whoever has more to say.
``materiality`` says who is asked again when an answer changes after a 差戻し.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import (
    BudgetMeasure,
    BudgetRequest,
    DigitalRule,
    Evidence,
    Frequency,
    KnownTool,
    Reallocation,
    Simplification,
    StepFlag,
    Trigger,
)
from bpr_projects.sheet.kinds import (
    MOST_YEN,
    Field,
    Kind,
    Lookup,
    Materiality,
    column,
    optional,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PARTS: Final[dict[str, StrOrPromise]] = {
    "problem": _("課題"),
    "reform": _("改革の内容"),
    "effect": _("効果の試算"),
    "plan": _("進め方・費用"),
    "care": _("基本理念の確認"),
    "goal": _("めざす数値・提出先"),
}

LONG: Final = 4000
MINUTES: Final = 100_000

STEP: Final = (
    column("what", Kind.LINE, _("すること"), limit=60),
    column("who", Kind.LINE, _("だれが"), limit=30, required=False),
    column("minutes", Kind.DECIMAL, _("時間"), limit=MINUTES, unit=_("分"), required=False),
    column("flags", Kind.CHOICES, _("つまずき"), choices=StepFlag, required=False),
)
"""A step of the work as it is or as it will be."""

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

PROBLEM: Final = (
    Field(
        "title",
        "problem",
        Kind.LINE,
        _("提案名"),
        materiality=Materiality.WORDING,
        limit=30,
        help=_("「何を」「どう変えるか」が分かる30字以内の名前"),
    ),
    Field(
        "area",
        "problem",
        Kind.CHOICE,
        _("取組事項"),
        materiality=Materiality.CONTENT,
        lookup=Lookup.AREA,
    ),
    Field(
        "section",
        "problem",
        Kind.CHOICE,
        _("所管課"),
        materiality=Materiality.SCOPE,
        lookup=Lookup.SECTION,
        help=_("この業務を受け持つ課。所属長の確認を受けます。"),
    ),
    Field(
        "trigger",
        "problem",
        Kind.CHOICE,
        _("契機"),
        materiality=Materiality.WORDING,
        choices=Trigger,
    ),
    Field(
        "users",
        "problem",
        Kind.LINE,
        _("対象者"),
        materiality=Materiality.CONTENT,
        limit=60,
        help=_("だれのための改革か。例：転入する世帯、窓口の職員"),
    ),
    Field(
        "problem",
        "problem",
        Kind.TEXT,
        _("いまのやり方と困りごと"),
        materiality=Materiality.WORK,
        limit=LONG,
        help=_("だれが、いつ、どれだけ困っているかを書いてください。"),
    ),
    optional(
        "journey",
        "problem",
        Kind.TEXT,
        _("利用者のたどる流れ"),
        materiality=Materiality.WORK,
        limit=2000,
        help=_("気づいてから用が済むまで。待つ、書く、また来る、などの場面を順に。"),
    ),
    optional(
        "whys",
        "problem",
        Kind.ROWS,
        _("なぜなぜ"),
        materiality=Materiality.WORK,
        columns=(column("why", Kind.LINE, _("なぜ"), limit=100),),
        most=5,
        noun=_("なぜ"),
        help=_("困りごとの原因を、順に掘り下げます。"),
    ),
    Field(
        "evidence",
        "problem",
        Kind.TEXT,
        _("根拠"),
        materiality=Materiality.EFFECT,
        limit=2000,
        help=_("件数・時間・声を、どこから得たか。"),
    ),
    Field(
        "evidence_kind",
        "problem",
        Kind.CHOICE,
        _("根拠の確かさ"),
        materiality=Materiality.EFFECT,
        choices=Evidence,
    ),
)

REFORM: Final = (
    Field(
        "simplify",
        "reform",
        Kind.CHOICES,
        _("手順の見直し"),
        materiality=Materiality.CONTENT,
        choices=Simplification,
        help=_("デジタル化の前に、手順そのものを、やめる・減らす・まとめることができますか。"),
    ),
    optional(
        "simplify_note",
        "reform",
        Kind.LINE,
        _("やめる・減らす・まとめる中身"),
        materiality=Materiality.CONTENT,
        limit=200,
    ),
    Field(
        "tool",
        "reform",
        Kind.CHOICE,
        _("すでにあるツール"),
        materiality=Materiality.CONTENT,
        choices=KnownTool,
        lookup=Lookup.TOOL,
        help=_("庁内にあるもので、できませんか。"),
    ),
    Field(
        "reform",
        "reform",
        Kind.TEXT,
        _("変えた後の姿"),
        materiality=Materiality.CONTENT,
        limit=LONG,
        help=_("だれの何がどう変わるかを書いてください。"),
    ),
    optional(
        "as_is",
        "reform",
        Kind.ROWS,
        _("いまの流れ"),
        materiality=Materiality.WORK,
        columns=STEP,
        most=12,
        noun=_("手順"),
        help=_("受付から提供まで、手順を順に。時間は1件あたりです。"),
    ),
    optional(
        "to_be",
        "reform",
        Kind.ROWS,
        _("変えた後の流れ"),
        materiality=Materiality.CONTENT,
        columns=STEP,
        most=12,
        noun=_("手順"),
        help=_("なくなる手順は書かず、残る手順と新しい手順を順に。"),
    ),
    optional(
        "sections",
        "reform",
        Kind.CHOICES,
        _("関係する課"),
        materiality=Materiality.SCOPE,
        lookup=Lookup.SECTION,
        help=_("所管課のほかに業務が変わる課。2課以上にまたがると合議が加わります。"),
        drives_route=True,
    ),
)

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

FIELDS: Final[tuple[Field, ...]] = (*PROBLEM, *REFORM, *EFFECT, *PLAN, *CARE, *GOAL)

BY_NAME: Final = {field.name: field for field in FIELDS}
