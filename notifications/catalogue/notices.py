"""How each fact is told, and why the rest is not."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from notifications import recipients
from notifications.catalogue.lines import (
    CONDITIONS,
    DISCUSSION,
    DISPOSAL,
    EDIT,
    JOINING,
    LEDGER,
    PAPER,
    REASSIGN,
    STANDING,
    Notice,
)
from notifications.catalogue.turns import TURNS
from notifications.enums import Event, Urgency
from workflow.enums import Outcome, StepKind
from workflow.outcomes import STATIONS

NOTICES: Final[dict[Event, Notice]] = {
    Event.YOUR_TURN: Notice(
        subject=_("%(ask)s：%(case)s%(until)s"),
        heading=_("次の件について、あなたの番になりました。"),
        template="your_turn",
        recipients=recipients.holders_of_work,
        kinds=tuple(TURNS),
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.SENT_BACK: Notice(
        subject=_("差戻し：%(case)s %(ask)s%(until)s"),
        heading=_("次の件が差し戻されました。"),
        template="sent_back",
        recipients=recipients.proposers_and_actors_of_round,
        outcomes=(Outcome.SENT_BACK,),
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.ADOPTED: Notice(
        subject=_("採択されました：%(case)s"),
        heading=_("次の件が採択されました。"),
        template="adopted",
        recipients=recipients.proposers_and_actors,
        outcomes=(Outcome.ADOPTED,),
    ),
    Event.ADOPTED_WITH_CONDITIONS: Notice(
        subject=_("条件付きで採択されました（条件%(count)s件）：%(case)s"),
        heading=_("次の件が条件付きで採択されました。"),
        template="adopted",
        recipients=recipients.proposers_and_actors,
        outcomes=(Outcome.ADOPTED_WITH_CONDITIONS,),
    ),
    Event.NOT_ADOPTED: Notice(
        subject=_("不採択となりました：%(case)s"),
        heading=_("次の件は不採択となりました。"),
        template="not_adopted",
        recipients=recipients.proposers_and_actors,
        outcomes=(Outcome.NOT_ADOPTED,),
    ),
    Event.CORRECTED: Notice(
        subject=_("決裁が訂正されました：%(case)s"),
        heading=_("次の件の決裁の文言又は条件が、同じ職の新しい決裁で訂正されました。"),
        template="corrected",
        recipients=recipients.proposers_and_actors,
    ),
    Event.WITHDRAWN: Notice(
        subject=_("取り下げられました：%(case)s"),
        heading=_("次の件は、提案者が取り下げました。"),
        template="ended",
        recipients=recipients.everybody_involved,
        outcomes=(Outcome.WITHDRAWN,),
    ),
    Event.ABANDONED: Notice(
        subject=_("廃案となりました：%(case)s"),
        heading=_("次の件は、本部長の了承を得て廃案となりました。"),
        template="ended",
        recipients=recipients.everybody_involved,
        outcomes=(Outcome.ABANDONED,),
    ),
    Event.HELD: Notice(
        subject=_("保留になりました（%(day)sまで）：%(case)s"),
        heading=_("次の件の手続が保留になりました。"),
        template="held",
        recipients=recipients.proposers,
        outcomes=(Outcome.HELD,),
    ),
    Event.PULLED_BACK: Notice(
        subject=_("引き戻されました（対応は不要です）：%(case)s"),
        heading=_("先にお願いした次の件は、引き戻されました。"),
        template="pulled_back",
        recipients=recipients.told_in_vain,
        outcomes=(Outcome.PULLED_BACK,),
        urgency=Urgency.NOW,
    ),
    Event.OBJECTED: Notice(
        subject=_("合議で不同意がありました：%(case)s"),
        heading=_("次の件の合議で、不同意の回答がありました。"),
        template="objected",
        recipients=recipients.proposers,
        outcomes=(Outcome.OBJECTED,),
    ),
    Event.REASSIGNED: Notice(
        subject=_("担当が替わりました（対応は不要です）：%(case)s"),
        heading=_("先にお願いした次の件は、事務局が担当を付け替えました。"),
        template="reassigned",
        recipients=recipients.relieved,
        outcomes=(Outcome.REASSIGNED,),
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.UNHELD: Notice(
        subject=_("担当できる職がありません：%(case)s"),
        heading=_("次の件は、判断できる方がいないため止まっています。"),
        template="unheld",
        recipients=recipients.keepers_of_slot,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        path=REASSIGN,
        button=_("担当を付け替える"),
    ),
    Event.POST_READING: Notice(
        subject=_("後閲をお願いします：%(case)s%(until)s"),
        heading=_("次の件の後閲をお願いします。"),
        template="reading",
        recipients=recipients.readers,
        kinds=(StepKind.POST_READING,),
        may_be_switched_off=False,
        button=_("内容を読む"),
    ),
    Event.CIRCULATION: Notice(
        subject=_("供覧：%(case)s%(until)s"),
        heading=_("次の件を供覧します。"),
        template="reading",
        recipients=recipients.readers,
        kinds=(StepKind.CIRCULATION,),
        button=_("内容を読む"),
    ),
    Event.REMINDED: Notice(
        subject=_("%(name)sさんから確認のお願いです：%(case)s"),
        heading=_("次の件について、確認のお願いが届いています。"),
        template="reminded",
        recipients=recipients.holders_asked_again,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.HANDED_OVER: Notice(
        subject=_("%(name)sさんから担当のお願いです：%(case)s%(until)s"),
        heading=_("次の件の担当になりました。"),
        template="handed_over",
        recipients=recipients.who_was_named,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.MENTIONED: Notice(
        subject=_("議論で呼ばれました：%(case)s"),
        heading=_("次の件の議論で、あなたの名前が呼ばれました。"),
        template="comment",
        recipients=recipients.called,
        path=DISCUSSION,
        button=_("議論を読む"),
    ),
    Event.QUESTIONED: Notice(
        subject=_("質問が届いています：%(case)s"),
        heading=_("次の件について、提案した側への質問が届いています。"),
        template="comment",
        recipients=recipients.those_who_answer,
        path=DISCUSSION,
        button=_("質問を読んで回答する"),
    ),
    Event.ANSWERED: Notice(
        subject=_("質問に回答がありました：%(case)s"),
        heading=_("次の件について、あなたの質問に回答がありました。"),
        template="comment",
        recipients=recipients.who_asked,
        path=DISCUSSION,
        button=_("回答を読む"),
    ),
    Event.ADVISED: Notice(
        subject=_("事務局から助言が届いています：%(case)s"),
        heading=_("次の件について、事務局から助言が届いています。"),
        template="comment",
        recipients=recipients.those_who_answer,
        path=DISCUSSION,
        button=_("助言を読む"),
    ),
    Event.JOIN_ASKED: Notice(
        subject=_("%(section)sが参加を申し出ています：%(case)s"),
        heading=_("次の件に、ほかの課が参加を申し出ています。"),
        template="join_asked",
        recipients=recipients.those_who_admit,
        path=JOINING,
        button=_("理由を読んで返事をする"),
    ),
    Event.JOIN_ANSWERED: Notice(
        subject=_("参加の申出に返事がありました：%(case)s"),
        heading=_("次の件への参加の申出に、返事がありました。"),
        template="join_answered",
        recipients=recipients.who_wants_to_join,
        path=JOINING,
        button=_("返事を読む"),
    ),
    Event.PARTNERED: Notice(
        subject=_("いっしょに提案する人に加えられました：%(case)s"),
        heading=_("次の件の、いっしょに提案する人に加えられました。"),
        template="partnered",
        recipients=recipients.those_named,
        path=EDIT,
        button=_("下書きを開く"),
    ),
    Event.CONDITION_REPORTED: Notice(
        subject=_("条件の報告が届いています：%(case)s"),
        heading=_("次の件の採択の条件について、報告が届いています。"),
        template="condition_reported",
        recipients=recipients.keepers,
        path=CONDITIONS,
        button=_("報告を読んで確認する"),
    ),
    Event.CONDITION_CHECKED: Notice(
        subject=_("条件の報告への返事（%(found)s）：%(case)s"),
        heading=_("次の件の採択の条件について、事務局から報告への返事がありました（%(found)s）。"),
        template="condition_checked",
        recipients=recipients.who_meets,
        path=CONDITIONS,
        button=_("返事を読む"),
    ),
    Event.PAPER_WAITING: Notice(
        subject=_("紙の決裁の確認をお願いします：%(case)s"),
        heading=_("次の件について、紙の決裁が登録されました。確認をお願いします。"),
        template="paper_waiting",
        recipients=recipients.keepers_of_paper,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        path=PAPER,
        button=_("スキャンと見比べて確認する"),
    ),
    Event.PAPER_RECORDED: Notice(
        subject=_("あなたの紙の決裁が登録されました：%(case)s"),
        heading=_("次の件について、あなたの紙の決裁が登録されました。"),
        template="paper_recorded",
        recipients=recipients.who_decided_on_paper,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        button=_("登録された内容を見る"),
    ),
    Event.PAPER_CLOSED: Notice(
        subject=_("紙の決裁の登録は、確認されずに終わりました：%(case)s"),
        heading=_("次の件の紙の決裁の登録は、確認されずに終わりました。"),
        template="paper_closed",
        recipients=recipients.those_about_paper,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.ABSENCE_REGISTERED: Notice(
        subject=_("%(absentee)sさんの不在が登録されました（%(period)s）"),
        heading=_("%(absentee)sさんの不在が、ご本人に代わって登録されました。"),
        template="absence",
        recipients=recipients.absentee_and_registrar,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        path=STANDING,
        button=_("不在と代理を見る"),
    ),
    Event.ABSENCE_ENDED: Notice(
        subject=_("%(absentee)sさんの不在が終わりました（%(period)sの登録）"),
        heading=_("%(absentee)sさんの不在の登録が、終了になりました。"),
        template="absence",
        recipients=recipients.those_who_stood_in,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        path=STANDING,
        button=_("不在と代理を見る"),
    ),
    Event.STANDS_IN: Notice(
        subject=_("代決・代理のお願い：%(absentee)sさんが不在です（%(period)s）"),
        heading=_("%(absentee)sさんが不在の間、代理又は代決をお願いします。"),
        template="standing_in",
        recipients=recipients.those_who_stand_in,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        path=STANDING,
        button=_("代わりを務める職を見る"),
    ),
    Event.DUE_SOON: Notice(
        subject=_("期限が近づいています%(until)s：%(case)s"),
        heading=_("次の件の期限が近づいています。"),
        template="due",
        recipients=recipients.holders_of_work,
    ),
    Event.DUE_TODAY: Notice(
        subject=_("期限は本日です：%(case)s"),
        heading=_("次の件の期限は本日です。"),
        template="due",
        recipients=recipients.holders_of_work,
    ),
    Event.OVERDUE: Notice(
        subject=_("期限を過ぎています%(late)s：%(case)s"),
        heading=_("次の件が、期限を過ぎています。"),
        template="due",
        recipients=recipients.holders_of_work,
    ),
    Event.DELAY_TOLD: Notice(
        subject=_("期限を過ぎた手続のお知らせ%(late)s：%(case)s"),
        heading=_("次の件の手続が、期限を過ぎています。"),
        template="delay_told",
        recipients=recipients.told_of_delay,
    ),
    Event.NOT_REMINDED: Notice(
        subject=_("期限の督促ができません：%(case)s"),
        heading=_("次の件は、期限の督促を作成できませんでした。"),
        template="not_reminded",
        recipients=recipients.keepers_of_work,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.NOT_RESUMED: Notice(
        subject=_("保留を終えられません：%(case)s"),
        heading=_("次の件は、保留の期間が過ぎても再開できませんでした。"),
        template="not_resumed",
        recipients=recipients.keepers_of_work,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.LEDGER_CHECKED: Notice(
        subject=_("台帳の月次検証：%(found)s"),
        heading=_("台帳の全行を検証しました（%(found)s）。"),
        template="ledger_checked",
        recipients=recipients.who_audits,
        may_be_switched_off=False,
        path=LEDGER,
        button=_("台帳の画面を開く"),
    ),
    Event.ANCHOR_FAILED: Notice(
        subject=_("台帳の控えを書き出せません"),
        heading=_("本日の台帳の控えを、システムの外に書き出せませんでした。"),
        template="anchor_failed",
        recipients=recipients.who_mends,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        path=LEDGER,
        button=_("台帳の画面を開く"),
    ),
    Event.DISPOSAL_ASKED: Notice(
        subject=_("本文の廃棄の承認のお願い：%(case)s"),
        heading=_("次の案件の本文の廃棄について、承認をお願いします。"),
        template="disposal_asked",
        recipients=recipients.who_approves_disposal,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        path=DISPOSAL,
        button=_("理由を見て承認する"),
    ),
    Event.DISPOSAL_APPROVED: Notice(
        subject=_("本文の廃棄が承認されました：%(case)s"),
        heading=_("求めのあった次の案件の本文は、承認により廃棄されました。"),
        template="disposal_approved",
        recipients=recipients.who_asked_for_disposal,
        path=DISPOSAL,
        button=_("行われた廃棄を見る"),
    ),
}
"""Event -> how it is told. ``Event.SECRET`` brings its own words (``outbox.post_secret``)."""

OF_OUTCOME: Final[dict[Outcome, Event]] = {
    outcome: event for event, notice in NOTICES.items() for outcome in notice.outcomes
}
"""Outcome of a decision -> the event that tells it."""

OF_READING: Final[dict[StepKind, Event]] = {
    StepKind.POST_READING: Event.POST_READING,
    StepKind.CIRCULATION: Event.CIRCULATION,
}
"""Kind of a reading -> the event that tells it."""

NO_MAIL: Final[dict[tuple[Outcome, StepKind | None], str]] = {
    (Outcome.SUBMITTED, None): "the next station is told that it is its turn",
    (Outcome.RESUBMITTED, StepKind.REVISION): "as SUBMITTED",
    (Outcome.APPROVED, StepKind.CONFIRMATION): "intermediate: the page shows it, the next is asked",
    (Outcome.APPROVED, StepKind.APPROVAL): "as the confirmation",
    (Outcome.RECEIVED, StepKind.RECEPTION): "intermediate",
    (Outcome.SCORED, StepKind.REVIEW): "hidden from the others until their own is in",
    **{
        (Outcome.RECUSED, kind): "the next is asked; a seat that nobody may answer for: UNHELD"
        for kind, outcomes in STATIONS.items()
        if Outcome.RECUSED in outcomes
    },
    (Outcome.REFERRED, StepKind.REFERRAL): "intermediate",
    (Outcome.REFERRED_CONDITIONALLY, StepKind.REFERRAL): "an opinion, not the result",
    (Outcome.REFERRED_AGAINST, StepKind.REFERRAL): "an opinion, not the result",
    (Outcome.AGREED, StepKind.CONCURRENCE): "intermediate",
    (Outcome.AGREED_WITH_OPINION, StepKind.CONCURRENCE): "the decider reads it",
    (Outcome.AGREED, StepKind.DELIBERATION): "intermediate",
    (Outcome.AGREED_WITH_OPINION, StepKind.DELIBERATION): "the decider reads it",
    (Outcome.OBJECTED, StepKind.DELIBERATION): "a member's vote; nobody has to arrange anything",
    (Outcome.SETTLED, StepKind.MEDIATION): "those who took part in the 協議 know",
    (Outcome.UNSETTLED, StepKind.MEDIATION): "as SETTLED; the decider must answer it",
    (Outcome.ESCALATED, StepKind.STANDING_DECISION): "the 本部長 is told that it is the turn",
    (Outcome.RECORDED, StepKind.OBSERVE): "the same seat goes on",
    (Outcome.RECORDED, StepKind.ORIENT): "the same seat goes on",
    (Outcome.RECORDED, StepKind.DECIDE): "the 所属長 gets 供覧, or headquarters is asked",
    (Outcome.RECORDED, StepKind.ACT): "the same seat goes on, or headquarters is asked",
    (Outcome.SKIPPED, None): "the rule's doing, on the record",
    (Outcome.CARRIED_OVER, None): "as SKIPPED",
    (Outcome.CLOSED, None): "the next station is asked; unsent requests are superseded",
    (Outcome.HALTED, None): "the leader is told that it is the turn again, with the reason",
    (Outcome.RESTRICTED, None): "nobody has to do anything; the page and its history show it",
    (Outcome.UNRESTRICTED, None): "as RESTRICTED",
}
"""(Outcome, kind of step) -> why nobody is mailed. No kind: not an answer at a step."""


def event_of(outcome: Outcome, kind: StepKind | None) -> Event | None:
    """The event that tells an outcome at a kind of step, or none by ``NO_MAIL``."""
    if (outcome, kind) in NO_MAIL:
        return None
    return OF_OUTCOME.get(outcome)
