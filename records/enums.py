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
    """What the verification of the ledger can find."""

    MISSING_ROW = "MISSING_ROW", _("行が欠けています")
    BROKEN_LINK = "BROKEN_LINK", _("前の行とつながっていません")
    ALTERED_ROW = "ALTERED_ROW", _("行の内容が変わっています")
    ALTERED_TEXT = "ALTERED_TEXT", _("本文が変わっているか、欠けています")
    WRONG_HEAD = "WRONG_HEAD", _("先頭の記録と一致しません")
    WRONG_ANCHOR = "WRONG_ANCHOR", _("外部に保管した控えと一致しません")
    CUT_TAIL = "CUT_TAIL", _("外部に保管した控えより後ろの行がありません")
    WRONG_EVIDENCE = "WRONG_EVIDENCE", _("記録のもとになった行が、記録なしに変わっています")
    UNRECORDED = "UNRECORDED", _("記録のない行があります")


def run_states() -> list[tuple[str, str]]:
    """Choices as a named callable: rewording a label makes no migration."""
    return [(state.value, str(state.label)) for state in RunState]
