"""What is told of work: whose turn it is, what is to be read, what its deadline says."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from notifications import recipients
from notifications.catalogue.lines import (
    Notice,
)
from notifications.catalogue.turns import TURNS
from notifications.enums import Event, Topic, Urgency
from workflow.enums import Outcome, StepKind

OF_WORK: Final[dict[Event, Notice]] = {
    Event.YOUR_TURN: Notice(
        subject=_("%(ask)s：%(case)s%(until)s"),
        heading=_("次の件について、あなたの番になりました。"),
        template="your_turn",
        topic=Topic.TURN,
        whom=_("判断・記録をお願いする職に就いている方と、その代理・代決の方"),
        recipients=recipients.holders_of_work,
        kinds=tuple(TURNS),
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.SENT_BACK: Notice(
        subject=_("差戻し：%(case)s %(ask)s%(until)s"),
        heading=_("次の件が差し戻されました。"),
        template="sent_back",
        topic=Topic.TURN,
        whom=_("提案した方（直す方）と、その回に判断した方"),
        recipients=recipients.proposers_and_actors_of_round,
        outcomes=(Outcome.SENT_BACK,),
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.PULLED_BACK: Notice(
        subject=_("引き戻されました（対応は不要です）：%(case)s"),
        heading=_("先にお願いした次の件は、引き戻されました。"),
        template="pulled_back",
        topic=Topic.TURN,
        whom=_("引き戻された件のお願いを、メールで受け取っていた方"),
        recipients=recipients.told_in_vain,
        outcomes=(Outcome.PULLED_BACK,),
        urgency=Urgency.NOW,
    ),
    Event.REASSIGNED: Notice(
        subject=_("担当が替わりました（対応は不要です）：%(case)s"),
        heading=_("先にお願いした次の件は、事務局が担当を付け替えました。"),
        template="reassigned",
        topic=Topic.TURN,
        whom=_("付け替える前の職に就いている方"),
        recipients=recipients.relieved,
        outcomes=(Outcome.REASSIGNED,),
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.REMINDED: Notice(
        subject=_("%(name)sさんから確認のお願いです：%(case)s"),
        heading=_("次の件について、確認のお願いが届いています。"),
        template="reminded",
        topic=Topic.TURN,
        whom=_("お願いを待っている職に就いている方"),
        recipients=recipients.holders_asked_again,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.HANDED_OVER: Notice(
        subject=_("%(name)sさんから担当のお願いです：%(case)s%(until)s"),
        heading=_("次の件の担当になりました。"),
        template="handed_over",
        topic=Topic.TURN,
        whom=_("同じ職の方のうち、担当をお願いされた方"),
        recipients=recipients.who_was_named,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.DUE_SOON: Notice(
        subject=_("期限が近づいています%(until)s：%(case)s"),
        heading=_("次の件の期限が近づいています。"),
        template="due",
        topic=Topic.TURN,
        whom=_("お願いを待っている職に就いている方"),
        recipients=recipients.holders_of_work,
    ),
    Event.DUE_TODAY: Notice(
        subject=_("期限は本日です：%(case)s"),
        heading=_("次の件の期限は本日です。"),
        template="due",
        topic=Topic.TURN,
        whom=_("お願いを待っている職に就いている方"),
        recipients=recipients.holders_of_work,
    ),
    Event.OVERDUE: Notice(
        subject=_("期限を過ぎています%(late)s：%(case)s"),
        heading=_("次の件が、期限を過ぎています。"),
        template="due",
        topic=Topic.TURN,
        whom=_("お願いを待っている職に就いている方"),
        recipients=recipients.holders_of_work,
    ),
    Event.DELAY_TOLD: Notice(
        subject=_("期限を過ぎた手続のお知らせ%(late)s：%(case)s"),
        heading=_("次の件の手続が、期限を過ぎています。"),
        template="delay_told",
        topic=Topic.TURN,
        whom=_("期限を過ぎたときに知らせると経路の規則で定めた職の方"),
        recipients=recipients.told_of_delay,
    ),
    Event.POST_READING: Notice(
        subject=_("後閲をお願いします：%(case)s%(until)s"),
        heading=_("次の件の後閲をお願いします。"),
        template="reading",
        topic=Topic.READING,
        whom=_("後閲をする職に就いている方"),
        recipients=recipients.readers,
        kinds=(StepKind.POST_READING,),
        may_be_switched_off=False,
        button=_("内容を読む"),
    ),
    Event.CIRCULATION: Notice(
        subject=_("供覧：%(case)s%(until)s"),
        heading=_("次の件を供覧します。"),
        template="reading",
        topic=Topic.READING,
        whom=_("供覧の対象の職に就いている方"),
        recipients=recipients.readers,
        kinds=(StepKind.CIRCULATION,),
        button=_("内容を読む"),
    ),
}
"""Event -> how it is told."""
