"""Codes of facts, of their urgency, and of how a message and a mail ended."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Event(TextChoices):
    """What somebody is told. ``catalogue.NOTICES`` says whom, how and how urgently."""

    YOUR_TURN = "YOUR_TURN", _("あなたの番")
    SENT_BACK = "SENT_BACK", _("差戻し")
    ADOPTED = "ADOPTED", _("採択")
    ADOPTED_WITH_CONDITIONS = "ADOPTED_WITH_CONDITIONS", _("条件付き採択")
    NOT_ADOPTED = "NOT_ADOPTED", _("不採択")
    CORRECTED = "CORRECTED", _("決裁の訂正")
    WITHDRAWN = "WITHDRAWN", _("取下げ")
    ABANDONED = "ABANDONED", _("廃案")
    HELD = "HELD", _("保留")
    PULLED_BACK = "PULLED_BACK", _("引戻し")
    OBJECTED = "OBJECTED", _("合議の不同意")
    REASSIGNED = "REASSIGNED", _("担当の付替え")
    UNHELD = "UNHELD", _("担当できる職がない手続")
    POST_READING = "POST_READING", _("後閲")
    CIRCULATION = "CIRCULATION", _("供覧")
    REMINDED = "REMINDED", _("確認のお願い")
    HANDED_OVER = "HANDED_OVER", _("担当のお願い")
    DUE_SOON = "DUE_SOON", _("期限の前")
    DUE_TODAY = "DUE_TODAY", _("期限の日")
    OVERDUE = "OVERDUE", _("期限の超過")
    DELAY_TOLD = "DELAY_TOLD", _("期限超過の知らせ")
    NOT_REMINDED = "NOT_REMINDED", _("督促できない手続")
    NOT_RESUMED = "NOT_RESUMED", _("保留を終えられない手続")
    MENTIONED = "MENTIONED", _("議論で呼ばれました")
    QUESTIONED = "QUESTIONED", _("議論での質問")
    ANSWERED = "ANSWERED", _("質問への回答")
    ADVISED = "ADVISED", _("事務局の助言")
    JOIN_ASKED = "JOIN_ASKED", _("参加の申出")
    JOIN_ANSWERED = "JOIN_ANSWERED", _("参加の申出への返事")
    PARTNERED = "PARTNERED", _("共同の提案者")
    CONDITION_REPORTED = "CONDITION_REPORTED", _("条件の報告")
    CONDITION_CHECKED = "CONDITION_CHECKED", _("条件の確認")
    PAPER_WAITING = "PAPER_WAITING", _("紙の決裁の確認")
    PAPER_RECORDED = "PAPER_RECORDED", _("紙の決裁の登録")
    PAPER_CLOSED = "PAPER_CLOSED", _("紙の決裁の登録の終了")
    ABSENCE_REGISTERED = "ABSENCE_REGISTERED", _("不在の登録")
    ABSENCE_ENDED = "ABSENCE_ENDED", _("不在の終了")
    STANDS_IN = "STANDS_IN", _("代決・代理のお願い")
    LEDGER_CHECKED = "LEDGER_CHECKED", _("台帳の月次検証")
    ANCHOR_FAILED = "ANCHOR_FAILED", _("台帳の控えの書出し失敗")
    DISPOSAL_ASKED = "DISPOSAL_ASKED", _("廃棄の承認のお願い")
    DISPOSAL_APPROVED = "DISPOSAL_APPROVED", _("廃棄の承認")
    ANNOUNCED = "ANNOUNCED", _("全庁周知")
    ANNOUNCEMENT_WAITING = "ANNOUNCEMENT_WAITING", _("全庁周知の公開の確認")
    SUMMARY = "SUMMARY", _("お知らせのまとめ")
    SECRET = "SECRET", _("認証に関する連絡")


class Urgency(TextChoices):
    """When a mail goes out unless the person chose otherwise."""

    NOW = "NOW", _("すぐに")
    DIGEST = "DIGEST", _("まとめてよい")


class Way(TextChoices):
    """How a person is told of a kind of fact."""

    NOW = "NOW", _("すぐに")
    MORNING = "MORNING", _("朝8:30にまとめて")
    WEEKLY = "WEEKLY", _("週に一度まとめて")
    SCREEN = "SCREEN", _("画面のみ")


GATHERED: Final = frozenset({Way.MORNING, Way.WEEKLY})
"""Ways that put many facts into one mail."""


class Topic(TextChoices):
    """What a kind of fact is about: the parts of the catalogue and of a person's settings."""

    TURN = "TURN", _("あなたの番と期限")
    READING = "READING", _("後閲・供覧")
    RESULT = "RESULT", _("審査・決裁の結果")
    TALK = "TALK", _("議論・助言・参加の申出")
    CONDITION = "CONDITION", _("採択の条件と紙の決裁")
    ABSENCE = "ABSENCE", _("不在と代理・代決")
    CITY = "CITY", _("庁内へのお知らせ")
    KEEPING = "KEEPING", _("事務局・監査の仕事")


class Why(TextChoices):
    """Why an addressee is told; the footer of the mail says it in words."""

    HOLDER = "HOLDER", _("担当の職にあるため")
    PROPOSER = "PROPOSER", _("提案者であるため")
    ACTED = "ACTED", _("この案件の手続に関わったため")
    TOLD = "TOLD", _("この件のお願いをお送りしていたため")
    READER = "READER", _("後閲・供覧の対象の職にあるため")
    CALLED = "CALLED", _("議論であなたの名前が呼ばれたため")
    ASKER = "ASKER", _("あなたが質問・申出・報告・提出をしたため")
    PARTNER = "PARTNER", _("いっしょに提案する人に加えられたため")
    SECTION = "SECTION", _("あなたの課の申出・報告であるため")
    KEEPER = "KEEPER", _("事務局として確認をお願いするため")
    DECIDER = "DECIDER", _("あなたの紙の決裁として登録されたため")
    ABSENT = "ABSENT", _("あなたの不在が、ご本人に代わって登録・変更されたため")
    REGISTRAR = "REGISTRAR", _("あなたが、この不在を登録・変更したため")
    STANDS_IN = "STANDS_IN", _("不在の間、代理又は代決をお願いするため")
    ABOVE = "ABOVE", _("期限を過ぎたときにお知らせする職にあるため")
    AUDITOR = "AUDITOR", _("監査として記録の確かさを見ていただくため")
    STAFF = "STAFF", _("庁内へのお知らせの対象の職にあるため")
    ACCOUNT = "ACCOUNT", _("ご本人のアカウントに関する連絡のため")


class MessageState(TextChoices):
    """Where a fact stands for one addressee."""

    PENDING = "PENDING", _("宛先の確定待ち")
    EXPANDED = "EXPANDED", _("宛先確定")
    SUPERSEDED = "SUPERSEDED", _("送信前に不要")
    SKIPPED = "SKIPPED", _("宛先なし")


class DeliveryState(TextChoices):
    """Where one mail to one person stands."""

    QUEUED = "QUEUED", _("送信待ち")
    SENDING = "SENDING", _("送信中")
    SENT = "SENT", _("送信済み")
    SHOWN = "SHOWN", _("画面でお知らせ")
    DEAD = "DEAD", _("送信できません")
    SUPERSEDED = "SUPERSEDED", _("送信前に不要")
    SKIPPED = "SKIPPED", _("送信対象外")


class Reason(TextChoices):
    """Why something was not sent, or not yet."""

    VACANT = "VACANT", _("職が空席です。後任の方が決まると送ります")
    NOBODY = "NOBODY", _("宛先の職に就いている方がいません")
    ACTOR = "ACTOR", _("操作したご本人のため")
    INACTIVE = "INACTIVE", _("退職等で利用を終えた方のため")
    NOT_HOLDER = "NOT_HOLDER", _("送信時にその職に就いていないため")
    NOT_ENTITLED = "NOT_ENTITLED", _("送信時に案件を閲覧できないため")
    TAKEN_BACK = "TAKEN_BACK", _("送信前に、書いた方がコメントを取り消したため")
    PULLED_BACK = "PULLED_BACK", _("送信前に、操作した方が引き戻したため")
    CORRECTED = "CORRECTED", _("送信前に、決裁などが改められたため")
    WORK_CLOSED = "WORK_CLOSED", _("送信前に処理・引戻し等が済んだため")
    DEADLINE_PASSED = "DEADLINE_PASSED", _("送信前に、期限の前・当日・超過の別が変わったため")
    ALREADY_READ = "ALREADY_READ", _("送信前に既読となったため")
    ALREADY_TOLD = "ALREADY_TOLD", _("同じ件を別の立場で受け取る方のため")
    NO_ADDRESS = "NO_ADDRESS", _("メールアドレスが登録されていません")
    LATER = "LATER", _("一時的に送れなかったため、時間をおいて送り直します")
    REFUSED = "REFUSED", _("相手のメールサーバーが受け取りを拒否しました")
    MALFORMED = "MALFORMED", _("宛先又は本文がメールの形式に合いません")
    EXHAUSTED = "EXHAUSTED", _("くり返しても送れませんでした")
    WORKER_LOST = "WORKER_LOST", _("送信中に処理が止まることが続きました")
    DISCARDED = "DISCARDED", _("事務局が送信を取りやめたため")
    UNRENDERED = "UNRENDERED", _("メールの文面を作れませんでした")


class Act(TextChoices):
    """What the secretariat did to a mail by hand."""

    RESEND = "RESEND", _("再送")
    DISCARD = "DISCARD", _("送信の取りやめ")
    RELEASE = "RELEASE", _("送信の繰上げ")


# Choices as named callables: rewording a label makes no migration.


def event_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Event]


def urgency_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Urgency]


def way_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Way]


def why_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Why]


def message_state_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in MessageState]


def delivery_state_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in DeliveryState]


def reason_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Reason]


def act_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Act]
