"""Codes stored by the records."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunState(models.TextChoices):
    """The life of a background run."""

    QUEUED = "QUEUED", _("待機中")
    RUNNING = "RUNNING", _("実行中")
    DONE = "DONE", _("完了")
    FAILED = "FAILED", _("失敗")


class Flaw(models.TextChoices):
    """What the verification of the ledger can find: in the chain, in the rows, in authority."""

    MISSING_ROW = "MISSING_ROW", _("行が欠けています")
    BROKEN_LINK = "BROKEN_LINK", _("前の行とつながっていません")
    ALTERED_ROW = "ALTERED_ROW", _("行の内容が変わっています")
    ALTERED_TEXT = "ALTERED_TEXT", _("本文が変わっているか、欠けています")
    WRONG_HEAD = "WRONG_HEAD", _("先頭の記録と一致しません")
    WRONG_ANCHOR = "WRONG_ANCHOR", _("外部に保管した控えと一致しません")
    CUT_TAIL = "CUT_TAIL", _("外部に保管した控えより後ろの行がありません")
    WRONG_EVIDENCE = "WRONG_EVIDENCE", _("記録のもとになった行が、記録なしに変わっています")
    UNRECORDED = "UNRECORDED", _("記録のない行があります")
    NO_AUTHORITY = (
        "NO_AUTHORITY",
        _("権限の根拠として示された任用・代理が、その前の台帳にありません"),
    )
    NOT_IN_FORCE = "NOT_IN_FORCE", _("根拠の任用・代理が、その時点で効力を持っていません")
    WRONG_BASIS = "WRONG_BASIS", _("権限の区分（本人・代理・代決・専決）が、根拠と合いません")
    WRONG_SEAT = "WRONG_SEAT", _("その段階で判断を求められた職ではありません")
    WRONG_RULE = (
        "WRONG_RULE",
        _("その段階の規則（根拠条項・担当の定め）が、施行中の経路にありません"),
    )
    NO_DEPUTY = "NO_DEPUTY", _("規則により代理を認めない段階で、代理の者が判断しています")
    CONFLICT = "CONFLICT", _("提案に関わった者が判断しています")
    SECOND_SLOT = "SECOND_SLOT", _("同じ者が同じ段階で2つの席から判断しています")
    NO_PAPER = "NO_PAPER", _("紙の決裁の登録が、その前の台帳にないか、判断の内容と合いません")
    WRONG_DAY = "WRONG_DAY", _("紙の決裁の日が、その段階の開始から登録までの間にありません")
    ONE_PERSON = (
        "ONE_PERSON",
        _("紙の決裁を、決裁者でない事務局の2人が登録し、確認していません"),
    )
    NOT_THEIRS = "NOT_THEIRS", _("本人以外の者が、ほかの者の操作を取り消しています")
    NO_APPROVAL = "NO_APPROVAL", _("本文の廃棄に、求めた者とは別の者の承認がありません")


def run_states() -> list[tuple[str, str]]:
    """Choices as a named callable: rewording a label makes no migration."""
    return [(state.value, str(state.label)) for state in RunState]


def flaws() -> list[tuple[str, str]]:
    """The same for what a verification finds."""
    return [(flaw.value, str(flaw.label)) for flaw in Flaw]
