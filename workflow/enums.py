"""Codes of the engine: kinds of steps, outcomes, how posts are found. Stored, never shown."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from roles.enums import Basis


class Station(TextChoices):
    """Where in a flow a step is worked on; one region of ``flows.py`` each."""

    LINE = "LINE", _("所属長の確認")
    RECEPTION = "RECEPTION", _("受付")
    REVIEW = "REVIEW", _("PT審査")
    REFERRAL = "REFERRAL", _("上申")
    HEADQUARTERS = "HEADQUARTERS", _("本部審議")
    REVISION = "REVISION", _("修正")
    CYCLE = "CYCLE", _("実行（OODA）")


class StepKind(TextChoices):
    """What is asked of the holders of a step; ``outcomes.STATIONS`` says what they may answer."""

    CONFIRMATION = "CONFIRMATION", _("所属長の確認")
    RECEPTION = "RECEPTION", _("受付")
    REVIEW = "REVIEW", _("PT審査")
    REFERRAL = "REFERRAL", _("PT長の上申")
    APPROVAL = "APPROVAL", _("部長の承認")
    CONCURRENCE = "CONCURRENCE", _("合議")
    MEDIATION = "MEDIATION", _("協議の調整")
    DELIBERATION = "DELIBERATION", _("本部会議（持ち回り）")
    STANDING_DECISION = "STANDING_DECISION", _("専決")
    DECISION = "DECISION", _("決裁")
    POST_READING = "POST_READING", _("後閲")
    CIRCULATION = "CIRCULATION", _("供覧")
    REVISION = "REVISION", _("修正と再提出")
    OBSERVE = "OBSERVE", _("観察")
    ORIENT = "ORIENT", _("方向づけ")
    DECIDE = "DECIDE", _("意思決定")
    ACT = "ACT", _("行動")


READING_KINDS = frozenset({StepKind.POST_READING, StepKind.CIRCULATION})
"""Never engine tasks, never hold a case: they become ``Reading`` rows."""

CYCLE_KINDS = frozenset({StepKind.OBSERVE, StepKind.ORIENT, StepKind.DECIDE, StepKind.ACT})

OWN_WORK = CYCLE_KINDS | {StepKind.REVISION}
"""Steps that belong to the authors; everywhere else authors are excluded."""

DECIDING_KINDS = frozenset({StepKind.DECISION, StepKind.STANDING_DECISION})
"""Steps whose answer ends the matter: 決裁 and 専決."""

BODY_KINDS = frozenset({StepKind.REVIEW, StepKind.DELIBERATION})
"""Steps of a body: who leaves it is missed only below the quorum."""


class Outcome(TextChoices):
    """What somebody said at a step, or did to a case. Words: final = 採択 …, never 否認."""

    SUBMITTED = "SUBMITTED", _("提出")
    RESUBMITTED = "RESUBMITTED", _("再提出")
    APPROVED = "APPROVED", _("承認")
    RECEIVED = "RECEIVED", _("受付")
    SCORED = "SCORED", _("採点")
    RECUSED = "RECUSED", _("辞退")
    REFERRED = "REFERRED", _("上申（可）")
    REFERRED_CONDITIONALLY = "REFERRED_CONDITIONALLY", _("上申（条件付き可）")
    REFERRED_AGAINST = "REFERRED_AGAINST", _("上申（不可）")
    AGREED = "AGREED", _("同意")
    AGREED_WITH_OPINION = "AGREED_WITH_OPINION", _("意見付き同意")
    OBJECTED = "OBJECTED", _("不同意")
    SETTLED = "SETTLED", _("協議成立")
    UNSETTLED = "UNSETTLED", _("不同意のまま決裁へ")
    ADOPTED = "ADOPTED", _("採択")
    ADOPTED_WITH_CONDITIONS = "ADOPTED_WITH_CONDITIONS", _("条件付き採択")
    NOT_ADOPTED = "NOT_ADOPTED", _("不採択")
    ESCALATED = "ESCALATED", _("本部長へ上申")
    SENT_BACK = "SENT_BACK", _("差戻し")
    HELD = "HELD", _("保留")
    PULLED_BACK = "PULLED_BACK", _("引戻し")
    WITHDRAWN = "WITHDRAWN", _("取下げ")
    ABANDONED = "ABANDONED", _("廃案")
    SKIPPED = "SKIPPED", _("省略")
    CARRIED_OVER = "CARRIED_OVER", _("引継ぎ")
    CLOSED = "CLOSED", _("締切")
    RECORDED = "RECORDED", _("記録")
    HALTED = "HALTED", _("所属長による停止")
    RESTRICTED = "RESTRICTED", _("関係者限り")
    UNRESTRICTED = "UNRESTRICTED", _("関係者限りの解除")
    REASSIGNED = "REASSIGNED", _("担当の付替え")


RESTRICTING = frozenset({Outcome.RESTRICTED, Outcome.UNRESTRICTED})
"""Who reads a case besides its parties: settled beside its way, which goes on as it stood."""

BY_RULE = frozenset({Outcome.SKIPPED, Outcome.CARRIED_OVER})
"""What the rules do with an act: who is left out, whose earlier answer stands."""

ASIDE = RESTRICTING | BY_RULE | {Outcome.REASSIGNED}
"""On record, but no move of the case: what a rule did, who may read, who is asked instead."""


class Mode(TextChoices):
    """When a step with several posts is complete."""

    ALL = "ALL", _("全員")
    ONE = "ONE", _("だれか1人")
    QUORUM = "QUORUM", _("定足数")


class SlotState(TextChoices):
    """The place of one post in one step."""

    OPEN = "OPEN", _("未処理")
    DONE = "DONE", _("処理済み")
    CANCELED = "CANCELED", _("取消し")
    RECUSED = "RECUSED", _("辞退")
    MOVED = "MOVED", _("付替え")


GONE = frozenset({SlotState.RECUSED, SlotState.MOVED})
"""Places that left their step while it was open: nobody counts them any more."""


class PaperState(TextChoices):
    """What became of a decision that was made on paper and registered afterwards."""

    WAITING = "WAITING", _("確認待ち")
    CONFIRMED = "CONFIRMED", _("確認済み")
    REFUSED = "REFUSED", _("確認せず")
    LAPSED = "LAPSED", _("確認の前に終了")


class WhoRule(TextChoices):
    """How the posts of a route step are found from the case."""

    SECTION_HEAD = "SECTION_HEAD", _("所管課の所属長")
    DEPARTMENT_HEAD = "DEPARTMENT_HEAD", _("所管部の部長")
    SECRETARIAT = "SECRETARIAT", _("事務局")
    PT_MEMBERS = "PT_MEMBERS", _("PT員")
    PT_ON_DUTY = "PT_ON_DUTY", _("PT輪番")
    PT_CHAIR = "PT_CHAIR", _("PT長")
    RELATED_HEADS = "RELATED_HEADS", _("関係課の所属長")
    HEADS_OF = "HEADS_OF", _("指定した課の所属長")
    SECRETARIAT_HEAD = "SECRETARIAT_HEAD", _("事務局の室長")
    HQ_MEMBERS = "HQ_MEMBERS", _("本部員")
    HQ_CHAIR = "HQ_CHAIR", _("本部長")
    PT_PARTS = "PT_PARTS", _("PTの関係パート（指定した担当）")
    NAMED_POST = "NAMED_POST", _("指定した職")


class DeputyPolicy(TextChoices):
    """Whether somebody may stand in at a step."""

    ALLOWED = "ALLOWED", _("可")
    URGENT = "URGENT", _("事前指示又は緊急のみ")
    NEVER = "NEVER", _("不可")

    def admits(self, basis: Basis, kind: str) -> bool:
        """Whether somebody may answer a step of this kind on this basis: holders always may.

        At 決裁 and 専決 the rule's order stands in (代決), elsewhere a named deputy (代理).
        """
        if basis == Basis.OWN:
            return True
        wanted = Basis.ACTING if kind in DECIDING_KINDS else Basis.DEPUTY
        return basis == wanted and self != DeputyPolicy.NEVER


class RouteState(TextChoices):
    """Life of a route version: only what is ACTIVE is a rule, from its day on."""

    DRAFT = "DRAFT", _("案")
    PROPOSED = "PROPOSED", _("決裁中")
    ACTIVE = "ACTIVE", _("施行")
    REFUSED = "REFUSED", _("不採択")


class DeadlineAction(TextChoices):
    """What happens when the standard days of a step are over. It never decides."""

    REMIND = "REMIND", _("督促する")
    ESCALATE = "ESCALATE", _("上位の職へ知らせる")
    NOTHING = "NOTHING", _("何もしない")


class RunKind(TextChoices):
    """Which flow a run follows."""

    PROJECT = "PROJECT", _("提案の決裁")
    APPROVAL = "APPROVAL", _("変更等の決裁")
    CYCLE = "CYCLE", _("OODAサイクル")


class RunState(TextChoices):
    """How a run ended, or that it has not."""

    OPEN = "OPEN", _("進行中")
    ADOPTED = "ADOPTED", _("採択")
    NOT_ADOPTED = "NOT_ADOPTED", _("不採択")
    WITHDRAWN = "WITHDRAWN", _("取下げ")
    ABANDONED = "ABANDONED", _("廃案")
    FINISHED = "FINISHED", _("終了")


class SendBackTarget(TextChoices):
    """Where a 差戻し goes."""

    PROPOSER = "PROPOSER", _("提案者")
    PROJECT_TEAM = "PROJECT_TEAM", _("プロジェクトチーム（再審査）")
    PT_CHAIR = "PT_CHAIR", _("PT長（再上申）")


STATION_OF = {
    StepKind.CONFIRMATION: Station.LINE,
    StepKind.RECEPTION: Station.RECEPTION,
    StepKind.REVIEW: Station.REVIEW,
    StepKind.REFERRAL: Station.REFERRAL,
    StepKind.APPROVAL: Station.HEADQUARTERS,
    StepKind.CONCURRENCE: Station.HEADQUARTERS,
    StepKind.DELIBERATION: Station.HEADQUARTERS,
    StepKind.STANDING_DECISION: Station.HEADQUARTERS,
    StepKind.DECISION: Station.HEADQUARTERS,
    StepKind.POST_READING: Station.HEADQUARTERS,
    StepKind.CIRCULATION: Station.HEADQUARTERS,
}
"""Kinds that a route may ask for, in the order of the flow -> where they are worked on."""


# Choices as named callables: rewording a label makes no migration.


def deadline_action_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in DeadlineAction]


def deputy_policy_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in DeputyPolicy]


def mode_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Mode]


def outcome_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Outcome]


def paper_state_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in PaperState]


def route_state_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in RouteState]


def run_kind_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in RunKind]


def run_state_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in RunState]


def slot_state_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in SlotState]


def station_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in Station]


def step_kind_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in StepKind]


def who_rule_choices() -> list[tuple[str, str]]:
    return [(each.value, str(each.label)) for each in WhoRule]
