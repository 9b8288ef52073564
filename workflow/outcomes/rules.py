"""What each answer needs and does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from workflow.enums import Outcome, SendBackTarget

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


IT_ENDS: Final = _("案件が終了することを確認しました")


class Effect(StrEnum):
    """What an answer does to the run."""

    COUNT = "count"  # fills the slot; the step closes when its mode says so
    BACK = "back"  # closes the step, the run goes back to a target
    HOLD = "hold"  # the clock stops, the step stays open
    LEAVE = "leave"  # the person leaves; somebody else of the seat or of the rule is asked
    ESCALATE = "escalate"  # closes the step and adds 決裁 by the 本部長
    ADOPT = "adopt"  # ends the run
    REFUSE = "refuse"  # ends the run
    NONE = "none"  # not an answer at a step


class Tone(StrEnum):
    """Colour family of a button, chip or stamp."""

    OK = "ok"
    COND = "cond"
    BACK = "back"
    BAD = "bad"
    INFO = "info"


@dataclass(frozen=True)
class Rule:
    """What an outcome needs and means. ``button`` is the verb; ``stamp`` at most three characters.

    ``consequence`` is the sentence beside the choice: what will happen.
    """

    button: StrOrPromise
    stamp: str
    effect: Effect
    tone: Tone
    consequence: StrOrPromise
    needs_comment: bool = False
    needs_conditions: bool = False
    needs_until: bool = False
    needs_scores: bool = False
    needs_confirmation: bool = False
    confirmation: StrOrPromise = IT_ENDS
    targets: tuple[SendBackTarget, ...] = ()

    @property
    def ends(self) -> bool:
        """Whether it is a final word on the case: a standing 不同意 has to be answered by it."""
        return self.effect in (Effect.ADOPT, Effect.REFUSE)


BACK_TARGETS: Final = tuple(SendBackTarget)

RULES: Final[dict[Outcome, Rule]] = {
    Outcome.SUBMITTED: Rule(
        _("提出する"), "起案", Effect.NONE, Tone.INFO, _("所属長の確認へ進みます。")
    ),
    Outcome.RESUBMITTED: Rule(
        _("再提出する"),
        "再提出",
        Effect.COUNT,
        Tone.INFO,
        _("新しい版で、もう一度確認を受けます。"),
    ),
    Outcome.APPROVED: Rule(_("承認する"), "承認", Effect.COUNT, Tone.OK, _("次の段階へ進みます。")),
    Outcome.RECEIVED: Rule(
        _("受け付ける"), "受付", Effect.COUNT, Tone.OK, _("形式を確認し、次の段階へ進めます。")
    ),
    Outcome.SCORED: Rule(
        _("採点を提出する"),
        "審査",
        Effect.COUNT,
        Tone.OK,
        _("締切までは採点を直せます。提出すると、ほかの委員の採点が見られます。"),
        needs_comment=True,
        needs_scores=True,
    ),
    Outcome.RECUSED: Rule(
        _("辞退する"),
        "辞退",
        Effect.LEAVE,
        Tone.BACK,
        _(
            "利害関係があるときに辞退し、この手続が決まるまで判断に加わりません。"
            "理由は記録に残り、規則による次の担当にお願いします。"
        ),
        needs_comment=True,
    ),
    Outcome.REFERRED: Rule(
        _("「可」の意見を付して上申する"),
        "上申",
        Effect.COUNT,
        Tone.OK,
        _("本部の審議へ進みます。"),
        needs_comment=True,
    ),
    Outcome.REFERRED_CONDITIONALLY: Rule(
        _("「条件付き可」の意見を付して上申する"),
        "上申",
        Effect.COUNT,
        Tone.COND,
        _("本部の審議へ進みます。条件の案を意見に書いてください。"),
        needs_comment=True,
    ),
    Outcome.REFERRED_AGAINST: Rule(
        _("「不可」の意見を付して上申する"),
        "上申",
        Effect.COUNT,
        Tone.BAD,
        _("本部の審議へ進みます。不採択とするかどうかは本部長が決めます。"),
        needs_comment=True,
    ),
    Outcome.AGREED: Rule(_("同意する"), "同意", Effect.COUNT, Tone.OK, _("合議に同意します。")),
    Outcome.AGREED_WITH_OPINION: Rule(
        _("意見を付けて同意する"),
        "同意",
        Effect.COUNT,
        Tone.COND,
        _("意見は決裁の画面に表示されます。"),
        needs_comment=True,
    ),
    Outcome.OBJECTED: Rule(
        _("同意しない"),
        "不同意",
        Effect.COUNT,
        Tone.BAD,
        _("案件は終わりません。事務局が協議を調整し、残る不同意には決裁で必ず回答します。"),
        needs_comment=True,
    ),
    Outcome.SETTLED: Rule(
        _("協議が成立した"),
        "協議",
        Effect.COUNT,
        Tone.OK,
        _("協議の結果を記録し、次の段階へ進めます。"),
        needs_comment=True,
    ),
    Outcome.UNSETTLED: Rule(
        _("不同意のまま決裁へ進める"),
        "協議",
        Effect.COUNT,
        Tone.COND,
        _("決裁の画面に赤字で示し、決裁者が回答します。"),
        needs_comment=True,
    ),
    Outcome.ADOPTED: Rule(
        _("採択する"), "採択", Effect.ADOPT, Tone.OK, _("実行（OODA第1サイクル）を始めます。")
    ),
    Outcome.ADOPTED_WITH_CONDITIONS: Rule(
        _("条件付きで採択する"),
        "条件付",
        Effect.ADOPT,
        Tone.COND,
        _("実行に進み、条件は期限までに事務局が確認します。"),
        needs_conditions=True,
    ),
    Outcome.NOT_ADOPTED: Rule(
        _("不採択とする"),
        "不採択",
        Effect.REFUSE,
        Tone.BAD,
        _("終了します。理由は提案者に伝わります。直して再び提案できます。"),
        needs_comment=True,
        needs_confirmation=True,
    ),
    Outcome.ESCALATED: Rule(
        _("本部長へ上申する"),
        "上申",
        Effect.ESCALATE,
        Tone.COND,
        _("異例又は疑義があるときに、本部長の決裁を求めます。"),
        needs_comment=True,
    ),
    Outcome.SENT_BACK: Rule(
        _("差し戻す"),
        "差戻",
        Effect.BACK,
        Tone.BACK,
        _("指摘を付けて、選んだ段階に戻します。案件は続きます。"),
        needs_comment=True,
        targets=(SendBackTarget.PROPOSER,),
    ),
    Outcome.HELD: Rule(
        _("保留する"),
        "保留",
        Effect.HOLD,
        Tone.INFO,
        _("期日まで止めます。その間、期限の日数は数えません。"),
        needs_comment=True,
        needs_until=True,
    ),
    Outcome.PULLED_BACK: Rule(
        _("引き戻す"), "引戻", Effect.NONE, Tone.BACK, _("自分の番に戻します。記録は残ります。")
    ),
    Outcome.WITHDRAWN: Rule(
        _("取り下げる"),
        "取下",
        Effect.NONE,
        Tone.BAD,
        _("案件を終了します。元には戻せません。"),
        needs_comment=True,
        needs_confirmation=True,
    ),
    Outcome.ABANDONED: Rule(
        _("廃案とする"),
        "廃案",
        Effect.NONE,
        Tone.BAD,
        _("本部長の了承を得て、動かない案件を終了します。了承を得た日を理由に書いてください。"),
        needs_comment=True,
        needs_confirmation=True,
        confirmation=_("本部長の了承を得ており、案件が終了することを確認しました"),
    ),
    Outcome.SKIPPED: Rule(
        _("省略"), "省略", Effect.NONE, Tone.INFO, _("規則により省略されました。")
    ),
    Outcome.CARRIED_OVER: Rule(
        _("引継ぎ"),
        "引継",
        Effect.NONE,
        Tone.OK,
        _("関わる変更がないため、前の版への回答を引き継ぎました。"),
    ),
    Outcome.CLOSED: Rule(
        _("審査を締め切る"),
        "締切",
        Effect.NONE,
        Tone.INFO,
        _("提出された採点で次へ進めます。"),
        needs_comment=True,
    ),
    Outcome.RECORDED: Rule(
        _("記録して次へ進む"), "記録", Effect.COUNT, Tone.INFO, _("OODAの次の段階へ進みます。")
    ),
    Outcome.HALTED: Rule(
        _("この意思決定を止める"),
        "停止",
        Effect.NONE,
        Tone.BAD,
        _("自由枠の中の意思決定を止め、担当の「意思決定」に戻します。"),
        needs_comment=True,
    ),
    Outcome.RESTRICTED: Rule(
        _("関係者限りにする"),
        "限定",
        Effect.NONE,
        Tone.INFO,
        _(
            "採択の後も全職員には公開せず、関係する課・職と、事務局・PT長・本部・監査だけが"
            "見られるようにします。手続は止まりません。"
        ),
        needs_comment=True,
    ),
    Outcome.UNRESTRICTED: Rule(
        _("関係者限りを解く"),
        "解除",
        Effect.NONE,
        Tone.INFO,
        _("採択された案件として、全職員が見られるようにします。手続は止まりません。"),
        needs_comment=True,
    ),
    Outcome.REASSIGNED: Rule(
        _("担当を付け替える"),
        "付替",
        Effect.NONE,
        Tone.INFO,
        _("この段階の担当を、規則が認める別の職に移します。前の担当と新しい担当に知らせます。"),
        needs_comment=True,
    ),
}
"""Outcome -> what it needs and does."""
