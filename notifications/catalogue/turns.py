"""How the holders of a step are asked."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from notifications.catalogue.lines import (
    BOARD,
    CORRECT,
    EDIT,
    Turn,
)
from workflow.enums import RunKind, StepKind

TURNS: Final[dict[StepKind, Turn]] = {
    StepKind.CONFIRMATION: Turn(
        _("所属長確認のお願い"),
        _("内容を確認し、承認又は差戻しをお願いします。"),
        _("内容を見て確認する"),
    ),
    StepKind.RECEPTION: Turn(
        _("受付のお願い"), _("形式を確認し、受付をお願いします。"), _("内容を見て受け付ける")
    ),
    StepKind.REVIEW: Turn(
        _("審査のお願い"),
        _("6つの基本理念に沿った採点と意見をお願いします。"),
        _("内容を見て審査する"),
    ),
    StepKind.REFERRAL: Turn(
        _("上申のお願い"),
        _("審査の結果をまとめ、意見を付して上申をお願いします。"),
        _("内容を見て上申する"),
    ),
    StepKind.APPROVAL: Turn(
        _("承認のお願い"), _("承認又は差戻しをお願いします。"), _("内容を見て承認する")
    ),
    StepKind.CONCURRENCE: Turn(
        _("合議のお願い"),
        _("関係する立場からの同意・意見をお願いします。"),
        _("内容を見て合議する"),
    ),
    StepKind.MEDIATION: Turn(
        _("協議調整のお願い"),
        _("合議で不同意がありました。協議を調整し、結果の記録をお願いします。"),
        _("内容を見て記録する"),
    ),
    StepKind.DELIBERATION: Turn(
        _("持ち回り審議のお願い"),
        _("本部員としての意見をお願いします。"),
        _("内容を見て審議する"),
    ),
    StepKind.STANDING_DECISION: Turn(
        _("決裁（専決）のお願い"), _("専決による決裁をお願いします。"), _("内容を見て決裁する")
    ),
    StepKind.DECISION: Turn(_("決裁のお願い"), _("決裁をお願いします。"), _("内容を見て決裁する")),
    StepKind.OBSERVE: Turn(
        _("観察の記録をお願いします"),
        _("現場の変化（数値・声・気づき）を観察し、記録をお願いします。"),
        _("観察を記録する"),
        BOARD,
    ),
    StepKind.ORIENT: Turn(
        _("方向づけの記録をお願いします"),
        _("観察の結果から、原因の見立てと選択肢の記録をお願いします。"),
        _("方向づけを記録する"),
        BOARD,
    ),
    StepKind.DECIDE: Turn(
        _("意思決定の記録をお願いします"),
        _("選んだ案と、いつまでにだれが行うかの記録をお願いします。"),
        _("意思決定を記録する"),
        BOARD,
    ),
    StepKind.ACT: Turn(
        _("行動の記録をお願いします"),
        _("実施した内容と結果、このサイクルの結論の記録をお願いします。"),
        _("行動を記録する"),
        BOARD,
    ),
}
"""Kind of step -> how its holders are asked."""

NO_TURN: Final[dict[StepKind, str]] = {
    StepKind.REVISION: "the mail about the 差戻し asks for it; after 引戻し it is one's own act",
    StepKind.POST_READING: "a reading, told by POST_READING",
    StepKind.CIRCULATION: "a reading, told by CIRCULATION",
}
"""Kind of step -> why opening it is not mailed as somebody's turn."""

TO_CORRECT: Final = (_("修正をお願いします"), _("指摘への対応と再提出をお願いします。"))

CORRECTIONS: Final[dict[RunKind, Turn]] = {
    RunKind.PROJECT: Turn(*TO_CORRECT, _("提案を直す"), EDIT),
    RunKind.APPROVAL: Turn(*TO_CORRECT, _("直して再提出する"), CORRECT),
}
"""Kind of run -> how whoever has to correct its text is asked."""
