"""Codes of a case: where it stands, what kind of text is decided, where its OODA loop is."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Stage(TextChoices):
    """Where a case stands; moved only by ``Project.move_to``."""

    DRAFT = "DRAFT", _("起案中")
    WITH_HEAD = "WITH_HEAD", _("所属長確認")
    RECEPTION = "RECEPTION", _("受付待ち")
    IN_REVIEW = "IN_REVIEW", _("PT審査中")
    REFERRAL = "REFERRAL", _("上申待ち")
    DELIBERATION = "DELIBERATION", _("本部審議中")
    RETURNED = "RETURNED", _("差戻し")
    RUNNING = "RUNNING", _("実行中")
    NOT_ADOPTED = "NOT_ADOPTED", _("不採択")
    WITHDRAWN = "WITHDRAWN", _("取下げ")
    ABANDONED = "ABANDONED", _("廃案")
    COMPLETED = "COMPLETED", _("完了")
    STOPPED = "STOPPED", _("中止")
    ROLLED_OUT = "ROLLED_OUT", _("横展開")


IN_DECISION = frozenset(
    {Stage.WITH_HEAD, Stage.RECEPTION, Stage.IN_REVIEW, Stage.REFERRAL, Stage.DELIBERATION}
)
"""Submitted and not yet decided: the proposer may still withdraw."""

UNDERWAY = IN_DECISION | {Stage.RETURNED}
"""Has an open ``ProjectFlow``."""

ADOPTED = frozenset({Stage.RUNNING, Stage.COMPLETED, Stage.STOPPED, Stage.ROLLED_OUT})
"""Adopted at some time; shared with all staff (plan 2-5(5)) unless confidential."""

ALLOWED: dict[Stage, frozenset[Stage]] = {
    Stage.DRAFT: IN_DECISION | {Stage.WITHDRAWN},
    **{
        stage: IN_DECISION
        | {
            Stage.DRAFT,
            Stage.RETURNED,
            Stage.RUNNING,
            Stage.NOT_ADOPTED,
            Stage.WITHDRAWN,
            Stage.ABANDONED,
        }
        for stage in IN_DECISION
    },
    Stage.RETURNED: IN_DECISION | {Stage.WITHDRAWN, Stage.ABANDONED, Stage.DRAFT},
    Stage.RUNNING: frozenset({Stage.COMPLETED, Stage.STOPPED, Stage.ROLLED_OUT}),
    Stage.ROLLED_OUT: frozenset(),
    Stage.NOT_ADOPTED: frozenset(),
    Stage.WITHDRAWN: frozenset(),
    Stage.ABANDONED: frozenset(),
    Stage.COMPLETED: frozenset(),
    Stage.STOPPED: frozenset(),
}
"""Stage -> the stages it may move to."""


class Phase(TextChoices):
    """The four steps of the OODA loop (plan 2-7)."""

    OBSERVE = "OBSERVE", _("観察")
    ORIENT = "ORIENT", _("方向づけ")
    DECIDE = "DECIDE", _("意思決定")
    ACT = "ACT", _("行動")


class CycleResult(TextChoices):
    """What the section wants after a cycle; the last three need a decision of headquarters."""

    CONTINUE = "CONTINUE", _("続ける")
    PIVOT = "PIVOT", _("方向を変える")
    SCALE = "SCALE", _("広げる")
    STOP = "STOP", _("やめる")
    COMPLETE = "COMPLETE", _("完了")


class RevisionKind(TextChoices):
    """What a frozen text asks to be decided."""

    PROJECT = "PROJECT", _("提案")
    CHANGE = "CHANGE", _("変更")
    STOP = "STOP", _("中止")
    ROLLOUT = "ROLLOUT", _("横展開")
    COMPLETION = "COMPLETION", _("完了")
    PLAN = "PLAN", _("実行編")
    ROUTE = "ROUTE", _("経路")


class ObservationKind(TextChoices):
    """Where an observation comes from (plan 2-7)."""

    FIGURE = "FIGURE", _("数値")
    VOICE = "VOICE", _("利用者・市民の声")
    NOTICE = "NOTICE", _("職員の気づき")


class ParticipantReason(TextChoices):
    """Why a post or section may read a case."""

    STEP = "STEP", _("経路上の担当")
    READING = "READING", _("後閲・供覧")
    RELATED = "RELATED", _("関係課")
    JOINED = "JOINED", _("参加を申し出た課")


class BudgetMeasure(TextChoices):
    """How the money is provided; 採択 is not permission to spend."""

    NONE = "NONE", _("なし（費用なし）")
    INITIAL = "INITIAL", _("当初予算")
    SUPPLEMENTARY = "SUPPLEMENTARY", _("補正予算")
    DIVERSION = "DIVERSION", _("流用")


class CommentLevel(TextChoices):
    """Who may read a remark of the discussion, among those who may read the case."""

    PARTIES = "PARTIES", _("関係者")
    REVIEW = "REVIEW", _("事務局・PTのみ")
    EVERYONE = "EVERYONE", _("全庁")


class CommentKind(TextChoices):
    """What a remark is for. A question stays open until it is answered (plan 2-6(2), (4))."""

    REMARK = "REMARK", _("コメント")
    QUESTION = "QUESTION", _("質問")
    ADVICE = "ADVICE", _("事務局の助言")


# Choices as named callables: rewording a label makes no migration.


def budget_measure_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in BudgetMeasure]


def comment_kind_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in CommentKind]


def comment_level_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in CommentLevel]


def cycle_result_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in CycleResult]


def observation_kind_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in ObservationKind]


def participant_reason_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in ParticipantReason]


def phase_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Phase]


def revision_kind_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in RevisionKind]


def stage_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Stage]
