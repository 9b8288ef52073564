"""Is every addressee of every fact accounted for: told, no longer to be told, or why not?

Facts are what the engine wrote (asked slots, decisions, readings); the outbox and its mails are
compared with them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from bpr_projects.enums import CommentKind
from bpr_projects.models import Comment, JoinRequest
from notifications.catalogue import NO_MAIL, OF_OUTCOME, OF_READING, TURNS
from notifications.enums import DeliveryState, Event, MessageState, Reason
from notifications.models import Announcement, DeliveredFact, Delivery, OutboxMessage
from workflow.enums import StepKind
from workflow.management.worklist import BATCH, Fault
from workflow.models import ConditionReport, Decision, Disposal, Nudge, Reading, Slot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

PROMPT: Final = timedelta(hours=1)
"""A sweep comes every 30 seconds, or every minute by cron: what is older was forgotten."""

MAYBE_NOBODY: Final = frozenset({Event.PULLED_BACK})
"""Told only to those who had been asked by mail before, which may be nobody."""


def faults(at: datetime) -> Iterator[Fault]:
    """Every addressee that is not accounted for, rule by rule, each rule by row number."""
    for rule, (sentence, rows) in _rules(at).items():
        for row in rows.order_by("pk").values_list("pk", flat=True).iterator(BATCH):
            yield Fault(rule, row, sentence % row)


def _rules(at: datetime) -> dict[str, tuple[str, QuerySet[Any]]]:
    about = OutboxMessage.objects.filter
    late = at - PROMPT
    return {
        "turn-untold": (
            "未処理になった席 #%s のお願いが、通知の台帳にありません。",
            Slot.objects.filter(step_run__kind__in=TURNS, task_id__isnull=False).exclude(
                Exists(about(slot=OuterRef("pk"), event=Event.YOUR_TURN))
            ),
        ),
        "correction-untold": (
            "差し戻された席 #%s への修正のお願いが、通知の台帳にありません。",
            Slot.objects.filter(
                step_run__kind=StepKind.REVISION, step_run__snapshot__reopened=False
            ).exclude(
                Exists(about(slot=OuterRef("pk"), post=OuterRef("post"), event=Event.SENT_BACK))
            ),
        ),
        "decision-untold": (
            "決定 #%s のお知らせが、通知の台帳にありません。",
            Decision.objects.filter(_mailed()).exclude(Exists(about(decision=OuterRef("pk")))),
        ),
        "reading-untold": (
            "後閲・供覧 #%s のお知らせが、通知の台帳にありません。",
            Reading.objects.filter(kind__in=OF_READING).exclude(
                Exists(about(reading=OuterRef("pk")))
            ),
        ),
        "nudge-untold": (
            "お願い #%s のお知らせが、通知の台帳にありません。",
            Nudge.objects.exclude(
                Exists(
                    about(
                        slot=OuterRef("slot"),
                        event=Event.REMINDED,
                        created_at=OuterRef("asked_at"),
                    )
                )
            ),
        ),
        "comment-untold": (
            "コメント #%s のお知らせが、通知の台帳にありません。",
            Comment.objects.filter(_calls_somebody())
            .exclude(Exists(about(comment=OuterRef("pk"))))
            .distinct(),
        ),
        "join-untold": (
            "参加の申出 #%s のお知らせが、通知の台帳にありません。",
            JoinRequest.objects.exclude(
                Exists(about(join_request=OuterRef("pk"), event=Event.JOIN_ASKED))
            ),
        ),
        "join-answer-untold": (
            "参加の申出 #%s への返事が、通知の台帳にありません。",
            JoinRequest.objects.exclude(is_accepted=None).exclude(
                Exists(about(join_request=OuterRef("pk"), event=Event.JOIN_ANSWERED))
            ),
        ),
        "report-untold": (
            "条件の報告 #%s のお知らせが、通知の台帳にありません。",
            ConditionReport.objects.exclude(
                Exists(about(report=OuterRef("pk"), event=Event.CONDITION_REPORTED))
            ),
        ),
        "check-untold": (
            "条件の報告 #%s の確認の結果が、通知の台帳にありません。",
            ConditionReport.objects.exclude(is_enough=None).exclude(
                Exists(about(report=OuterRef("pk"), event=Event.CONDITION_CHECKED))
            ),
        ),
        "disposal-untold": (
            "廃棄の求め #%s の承認のお願いが、通知の台帳にありません。",
            Disposal.objects.exclude(
                Exists(about(disposal=OuterRef("pk"), event=Event.DISPOSAL_ASKED))
            ),
        ),
        "disposal-approval-untold": (
            "廃棄 #%s の承認のお知らせが、通知の台帳にありません。",
            Disposal.objects.exclude(approved_at=None).exclude(
                Exists(about(disposal=OuterRef("pk"), event=Event.DISPOSAL_APPROVED))
            ),
        ),
        "announcement-waiting-untold": (
            "全庁周知 #%s の公開の確認のお願いが、通知の台帳にありません。",
            Announcement.objects.exclude(
                Exists(about(announcement=OuterRef("pk"), event=Event.ANNOUNCEMENT_WAITING))
            ),
        ),
        "announcement-untold": (
            "公開された全庁周知 #%s のお知らせが、通知の台帳にありません。",
            Announcement.objects.exclude(released_at=None).exclude(
                Exists(about(announcement=OuterRef("pk"), event=Event.ANNOUNCED))
            ),
        ),
        "message-late": (
            "通知 #%s の宛先が、確定しないままです。",
            OutboxMessage.objects.ready(late).filter(created_at__lt=late),
        ),
        "message-without-reason": (
            "通知 #%s が、理由の記録なしに送られていません。",
            about(reason="").exclude(state__in=[MessageState.PENDING, MessageState.EXPANDED]),
        ),
        "request-given-up": (
            "空席へのお願い #%s が、後任の方を待たずに終わっています。",
            about(reason=Reason.NOBODY).of_open_work(),
        ),
        "successor-untold": (
            "通知 #%s は、職を離れた方にだけ宛てられ、後任の方に届いていません。",
            about(state=MessageState.EXPANDED, post__isnull=False)
            .filter(Exists(_told(left=True)))
            .exclude(Exists(_told(left=False))),
        ),
        "message-without-mail": (
            "宛先の確定した通知 #%s に、メールがありません。",
            about(state=MessageState.EXPANDED).exclude(
                Exists(DeliveredFact.objects.filter(message=OuterRef("pk")))
            ),
        ),
        "mail-without-fact": (
            "メール #%s が、何のお知らせか分かりません。",
            Delivery.objects.exclude(Exists(DeliveredFact.objects.filter(delivery=OuterRef("pk")))),
        ),
        "mail-late": (
            "メール #%s が、予定の時刻を過ぎても送られていません。",
            Delivery.objects.filter(
                Q(state=DeliveryState.QUEUED, due_at__lt=late)
                | Q(state=DeliveryState.SENDING, lease_until__lt=late)
            ),
        ),
    }


def _told(*, left: bool) -> QuerySet[DeliveredFact]:
    """The persons of a message who had left its post when the mail was to go out, or the others."""
    facts = DeliveredFact.objects.filter(message=OuterRef("pk"))
    by_leaving = Q(delivery__reason=Reason.NOT_HOLDER)
    return facts.filter(by_leaving) if left else facts.exclude(by_leaving)


def _mailed() -> Q:
    """Decisions that somebody is told of by the catalogue."""
    silent = Q(pk__in=[])
    for outcome, kind in NO_MAIL:
        at_step = Q(step_run=None) if kind is None else Q(step_run__kind=kind)
        silent |= Q(outcome=outcome) & at_step
    told = [outcome for outcome, event in OF_OUTCOME.items() if event not in MAYBE_NOBODY]
    return Q(outcome__in=told) & ~silent


def _calls_somebody() -> Q:
    """Remarks that somebody is told of: questions, 助言, answers that settle, and calls."""
    return (
        Q(kind__in=[CommentKind.QUESTION, CommentKind.ADVICE])
        | Q(mentions__isnull=False)
        | Q(parent__settled_at=F("written_at"), parent__settled_by=F("written_by"))
    )
