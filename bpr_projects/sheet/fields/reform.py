"""課題 and 改革の内容: what is wrong today, and how it is to be."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from bpr_projects.enums import Evidence, KnownTool, Simplification, StepFlag, Trigger
from bpr_projects.sheet.kinds import Field, Kind, Lookup, Materiality, column, optional

LONG: Final = 4000
MINUTES: Final = 100_000

STEP: Final = (
    column("what", Kind.LINE, _("すること"), limit=60),
    column("who", Kind.LINE, _("だれが"), limit=30, required=False),
    column("minutes", Kind.DECIMAL, _("時間"), limit=MINUTES, unit=_("分"), required=False),
    column("flags", Kind.CHOICES, _("つまずき"), choices=StepFlag, required=False),
)
"""A step of the work as it is or as it will be."""

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
