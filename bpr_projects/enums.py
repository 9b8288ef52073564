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
    Stage.DRAFT: IN_DECISION | {Stage.WITHDRAWN, Stage.ABANDONED},
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


FEWEST_OPTIONS = 2
"""So many ways are compared at 方向づけ: one is no choice."""


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


class RolloutState(TextChoices):
    """How far a section is with what another one tried (plan 3: from a part to the whole)."""

    IN_USE = "IN_USE", _("実施中")
    PREPARING = "PREPARING", _("準備中")
    PLANNED = "PLANNED", _("予定")
    NOT_CONCERNED = "NONE", _("対象外")


class Trigger(TextChoices):
    """What gave rise to a proposal (plan 1-1)."""

    TRAINING = "TRAINING", _("研修")
    WORKSHOP = "WORKSHOP", _("ワークショップ")
    HEARING = "HEARING", _("ヒアリング")
    SURVEY = "SURVEY", _("アンケート")
    DAILY = "DAILY", _("日常観察（現場の気づき）")
    TREND = "TREND", _("国の動向")
    VOICE = "VOICE", _("市民の声")


class Evidence(TextChoices):
    """What the figures of a proposal rest on (plan 2-1)."""

    MEASURED = "MEASURED", _("実測（数えた・計った値）")
    ESTIMATED = "ESTIMATED", _("推計（聞き取りなどからの見積り）")


class Simplification(TextChoices):
    """What was tried before digitising (plan 2-5(4))."""

    STOP = "STOP", _("やめる")
    REDUCE = "REDUCE", _("減らす")
    MERGE = "MERGE", _("まとめる")
    KEEP = "KEEP", _("検討したが、いまの手順が必要")


class StepFlag(TextChoices):
    """What breaks the digital flow at a step of the work (plan 2-5(2))."""

    PAPER = "PAPER", _("紙")
    SEAL = "SEAL", _("押印")
    RETYPE = "RETYPE", _("再入力")


class KnownTool(TextChoices):
    """Answers about the city's tools beside the tools themselves (plan 3-1(3))."""

    NONE = "NONE", _("使えるものはない")
    UNKNOWN = "UNKNOWN", _("分からない（事務局に相談したい）")


class Reallocation(TextChoices):
    """Where the hours go that the reform sets free (plan 2-1)."""

    CITIZENS = "CITIZENS", _("市民の相談・訪問")
    POLICY = "POLICY", _("政策の立案・企画")
    QUALITY = "QUALITY", _("業務の質の向上・引継ぎ")
    OVERTIME = "OVERTIME", _("時間外勤務の縮減")
    NONE = "NONE", _("時間は生まれない")


class BudgetRequest(TextChoices):
    """When the money is asked for."""

    JUNE = "JUNE", _("6月補正")
    SEPTEMBER = "SEPTEMBER", _("9月補正")
    DECEMBER = "DECEMBER", _("12月補正")
    MARCH = "MARCH", _("3月補正")
    INITIAL = "INITIAL", _("翌年度の当初予算")


class DigitalRule(TextChoices):
    """デジタル3原則 (plan 3)."""

    FIRST = "FIRST", _("デジタルファースト（手続がデジタルで完結する）")
    ONCE = "ONCE", _("ワンスオンリー（一度出した情報は二度求めない）")
    ONESTOP = "ONESTOP", _("コネクテッド・ワンストップ（一か所で済む）")


class Frequency(TextChoices):
    """How often an indicator is measured."""

    WEEKLY = "WEEKLY", _("毎週")
    MONTHLY = "MONTHLY", _("毎月")
    QUARTERLY = "QUARTERLY", _("四半期ごと")
    YEARLY = "YEARLY", _("毎年")
    EACH = "EACH", _("実施のたび")


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


def rollout_state_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in RolloutState]


def stage_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Stage]
