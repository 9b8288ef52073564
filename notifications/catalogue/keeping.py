"""What is told to those who keep the system in order: 事務局 and 監査."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from notifications import recipients
from notifications.catalogue.lines import (
    ANNOUNCEMENT,
    CONDITIONS,
    DISPOSAL,
    LEDGER,
    PAPER,
    REASSIGN,
    Notice,
)
from notifications.enums import Event, Topic, Urgency

OF_KEEPING: Final[dict[Event, Notice]] = {
    Event.UNHELD: Notice(
        subject=_("担当できる職がありません：%(case)s"),
        heading=_("次の件は、判断できる方がいないため止まっています。"),
        template="unheld",
        topic=Topic.KEEPING,
        whom=_("事務局"),
        recipients=recipients.keepers_of_slot,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        path=REASSIGN,
        button=_("担当を付け替える"),
    ),
    Event.CONDITION_REPORTED: Notice(
        subject=_("条件の報告が届いています：%(case)s"),
        heading=_("次の件の採択の条件について、報告が届いています。"),
        template="condition_reported",
        topic=Topic.KEEPING,
        whom=_("事務局"),
        recipients=recipients.keepers,
        path=CONDITIONS,
        button=_("報告を読んで確認する"),
    ),
    Event.PAPER_WAITING: Notice(
        subject=_("紙の決裁の確認をお願いします：%(case)s"),
        heading=_("次の件について、紙の決裁が登録されました。確認をお願いします。"),
        template="paper_waiting",
        topic=Topic.KEEPING,
        whom=_("登録した方を除く事務局"),
        recipients=recipients.keepers_of_paper,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        path=PAPER,
        button=_("スキャンと見比べて確認する"),
    ),
    Event.NOT_REMINDED: Notice(
        subject=_("期限の督促ができません：%(case)s"),
        heading=_("次の件は、期限の督促を作成できませんでした。"),
        template="not_reminded",
        topic=Topic.KEEPING,
        whom=_("事務局"),
        recipients=recipients.keepers_of_work,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.NOT_RESUMED: Notice(
        subject=_("保留を終えられません：%(case)s"),
        heading=_("次の件は、保留の期間が過ぎても再開できませんでした。"),
        template="not_resumed",
        topic=Topic.KEEPING,
        whom=_("事務局"),
        recipients=recipients.keepers_of_work,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
    ),
    Event.LEDGER_CHECKED: Notice(
        subject=_("台帳の月次検証：%(found)s"),
        heading=_("台帳の全行を検証しました（%(found)s）。"),
        template="ledger_checked",
        topic=Topic.KEEPING,
        whom=_("監査（異常があるときは事務局も）"),
        recipients=recipients.who_audits,
        may_be_switched_off=False,
        path=LEDGER,
        button=_("台帳の画面を開く"),
    ),
    Event.ANCHOR_FAILED: Notice(
        subject=_("台帳の控えを書き出せません"),
        heading=_("本日の台帳の控えを、システムの外に書き出せませんでした。"),
        template="anchor_failed",
        topic=Topic.KEEPING,
        whom=_("事務局"),
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
        topic=Topic.KEEPING,
        whom=_("監査"),
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
        topic=Topic.KEEPING,
        whom=_("廃棄を求めた事務局の方"),
        recipients=recipients.who_asked_for_disposal,
        path=DISPOSAL,
        button=_("行われた廃棄を見る"),
    ),
    Event.ANNOUNCEMENT_WAITING: Notice(
        subject=_("全庁周知の公開の確認をお願いします：%(announcement)s"),
        heading=_("次の全庁周知が作成されました。内容の確認と公開をお願いします。"),
        template="announcement_waiting",
        topic=Topic.KEEPING,
        whom=_("作成した方を除く事務局"),
        recipients=recipients.keepers_of_announcement,
        urgency=Urgency.NOW,
        may_be_switched_off=False,
        path=ANNOUNCEMENT,
        button=_("内容を確認して公開する"),
    ),
}
"""Event -> how it is told."""
