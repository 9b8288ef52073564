"""Who may answer what, and what is asked besides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from bpr_projects.calendar import JST
from bpr_projects.enums import RevisionKind, Stage
from workflow.enums import Outcome, SendBackTarget, Station, StepKind
from workflow.outcomes.rules import BACK_TARGETS, RULES, Effect, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_stubs_ext import StrOrPromise

    from workflow.models import Decision

STATIONS: Final[dict[StepKind, tuple[Outcome, ...]]] = {
    StepKind.CONFIRMATION: (Outcome.APPROVED, Outcome.SENT_BACK, Outcome.RECUSED),
    StepKind.RECEPTION: (Outcome.RECEIVED, Outcome.SENT_BACK, Outcome.RECUSED),
    StepKind.REVIEW: (Outcome.SCORED, Outcome.RECUSED),
    StepKind.REFERRAL: (
        Outcome.REFERRED,
        Outcome.REFERRED_CONDITIONALLY,
        Outcome.REFERRED_AGAINST,
        Outcome.SENT_BACK,
        Outcome.HELD,
        Outcome.RECUSED,
    ),
    StepKind.APPROVAL: (Outcome.APPROVED, Outcome.SENT_BACK, Outcome.RECUSED),
    StepKind.CONCURRENCE: (
        Outcome.AGREED,
        Outcome.AGREED_WITH_OPINION,
        Outcome.OBJECTED,
        Outcome.RECUSED,
    ),
    StepKind.MEDIATION: (Outcome.SETTLED, Outcome.UNSETTLED, Outcome.RECUSED),
    StepKind.DELIBERATION: (
        Outcome.AGREED,
        Outcome.AGREED_WITH_OPINION,
        Outcome.OBJECTED,
        Outcome.RECUSED,
    ),
    StepKind.STANDING_DECISION: (
        Outcome.ADOPTED,
        Outcome.ADOPTED_WITH_CONDITIONS,
        Outcome.SENT_BACK,
        Outcome.HELD,
        Outcome.ESCALATED,
        Outcome.RECUSED,
    ),
    StepKind.DECISION: (
        Outcome.ADOPTED,
        Outcome.ADOPTED_WITH_CONDITIONS,
        Outcome.SENT_BACK,
        Outcome.HELD,
        Outcome.NOT_ADOPTED,
        Outcome.RECUSED,
    ),
    StepKind.POST_READING: (),
    StepKind.CIRCULATION: (),
    StepKind.REVISION: (Outcome.RESUBMITTED,),
    StepKind.OBSERVE: (Outcome.RECORDED,),
    StepKind.ORIENT: (Outcome.RECORDED,),
    StepKind.DECIDE: (Outcome.RECORDED,),
    StepKind.ACT: (Outcome.RECORDED,),
}
"""Kind of step -> the answers its holder may give, in the order of the buttons."""

UNFIT: Final[dict[RevisionKind, frozenset[Outcome]]] = {
    RevisionKind.ROUTE: frozenset({Outcome.ADOPTED_WITH_CONDITIONS, Outcome.RECUSED}),
}
"""What cannot be answered to a kind of text: a rule holds or does not, and is nobody's case."""


def answers_at(kind: StepKind, text: RevisionKind) -> tuple[Outcome, ...]:
    """The answers that may be given at a step to such a text, in the order of the buttons."""
    unfit = UNFIT.get(text, frozenset())
    return tuple(outcome for outcome in STATIONS[kind] if outcome not in unfit)


MEASURES: Final[dict[str, tuple[StrOrPromise, StrOrPromise]]] = {
    "effect": (_("効果の大きさ"), _("市民や職員への効果はどれだけ大きいか")),
    "feasibility": (
        _("実現しやすさ"),
        _("人・費用・技術の面から、実現できそうか"),
    ),
}
"""What is scored besides the principles."""

PASSING: Final = 60
"""Points of 100 from which the PT refers a case without more words. A hint, never a gate."""

FINAL: Final = frozenset({Outcome.ADOPTED, Outcome.ADOPTED_WITH_CONDITIONS, Outcome.NOT_ADOPTED})
"""決裁: never undone; another text has to be decided."""

ON_PAPER: Final = FINAL | {Outcome.SENT_BACK}
"""What a decision on paper may say. 保留 and 上申 leave the case open: they are said here."""

OBJECTING: Final = frozenset({StepKind.CONCURRENCE, StepKind.DELIBERATION})
"""Steps at which 不同意 can be said: it is mediated, and what stays is answered at 決裁."""

PULLABLE: Final = frozenset(
    {
        StepKind.CONFIRMATION,
        StepKind.RECEPTION,
        StepKind.REFERRAL,
        StepKind.APPROVAL,
        StepKind.REVISION,
    }
)
"""Steps whose holder may take the own act back until a holder of the next step has seen it."""

NEVER_PULLED: Final = frozenset({Outcome.PULLED_BACK, Outcome.CLOSED, Outcome.RECUSED})
"""Acts that opened a step and are not taken back: somebody else was asked, or nobody by name."""


def may_be_taken_back(outcome: Outcome, kind: StepKind | None) -> bool:
    """Whether 引戻し knows such an act at such a step. No kind: it was no answer at a step."""
    if outcome in NEVER_PULLED:
        return False
    return outcome == Outcome.SUBMITTED if kind is None else kind in PULLABLE


AT_ONCE: Final[dict[StepKind, Outcome]] = {
    StepKind.CONFIRMATION: Outcome.APPROVED,
    StepKind.RECEPTION: Outcome.RECEIVED,
    StepKind.APPROVAL: Outcome.APPROVED,
    StepKind.CONCURRENCE: Outcome.AGREED,
    StepKind.DELIBERATION: Outcome.AGREED,
}
"""Kind of step -> the plain yes that may be given to several cases at once (まとめて承認)."""

ONE_BY_ONE: Final[dict[StepKind, StrOrPromise]] = {
    StepKind.REVIEW: _("採点は、案件ごとに行います。"),
    StepKind.REFERRAL: _("上申には、案件ごとの意見が要ります。"),
    StepKind.MEDIATION: _("協議の結果は、案件ごとに記録します。"),
    StepKind.STANDING_DECISION: _("専決は、1件ずつ行います。"),
    StepKind.DECISION: _("決裁は、1件ずつ行います。"),
    StepKind.POST_READING: _("後閲は、1件ずつ行います。"),
    StepKind.CIRCULATION: _("供覧は、1件ずつ確認します。"),
    StepKind.REVISION: _("修正と再提出は、案件ごとに行います。"),
    StepKind.OBSERVE: _("OODAの記録は、案件ごとに行います。"),
    StepKind.ORIENT: _("OODAの記録は、案件ごとに行います。"),
    StepKind.DECIDE: _("OODAの記録は、案件ごとに行います。"),
    StepKind.ACT: _("OODAの記録は、案件ごとに行います。"),
}
"""Kind of step -> why it is never answered together with others."""

CAVEATS: Final = frozenset(
    outcome
    for outcome, rule in RULES.items()
    if rule.effect == Effect.COUNT and rule.tone in (Tone.COND, Tone.BAD)
)
"""Words that count and yet say "if" or "no": whoever comes after reads them first."""

STAGE_OF: Final[dict[StepKind, Stage]] = {
    StepKind.CONFIRMATION: Stage.WITH_HEAD,
    StepKind.RECEPTION: Stage.RECEPTION,
    StepKind.REVIEW: Stage.IN_REVIEW,
    StepKind.REFERRAL: Stage.REFERRAL,
    StepKind.APPROVAL: Stage.DELIBERATION,
    StepKind.CONCURRENCE: Stage.DELIBERATION,
    StepKind.MEDIATION: Stage.DELIBERATION,
    StepKind.DELIBERATION: Stage.DELIBERATION,
    StepKind.STANDING_DECISION: Stage.DELIBERATION,
    StepKind.DECISION: Stage.DELIBERATION,
    StepKind.REVISION: Stage.RETURNED,
}
"""Kind of an open step of a ``ProjectFlow`` -> the stage that the case shows."""

TARGET_STATION: Final[dict[SendBackTarget, Station]] = {
    SendBackTarget.PROPOSER: Station.REVISION,
    SendBackTarget.PROJECT_TEAM: Station.REVIEW,
    SendBackTarget.PT_CHAIR: Station.REFERRAL,
}


def send_back_targets(kind: StepKind, stations: frozenset[Station]) -> tuple[SendBackTarget, ...]:
    """Targets that the holder of a step may choose, given the stations its plan really has."""
    if kind not in (StepKind.DECISION, StepKind.APPROVAL, StepKind.REFERRAL):
        return (SendBackTarget.PROPOSER,)
    own = {StepKind.REFERRAL: SendBackTarget.PT_CHAIR}.get(kind)
    return tuple(
        target
        for target in BACK_TARGETS
        if target is not own
        and (target is SendBackTarget.PROPOSER or TARGET_STATION[target] in stations)
    )


def answers_on_paper(kind: StepKind, text: RevisionKind) -> tuple[Outcome, ...]:
    """``answers_at``, as far as they may have been given on paper."""
    return tuple(outcome for outcome in answers_at(kind, text) if outcome in ON_PAPER)


@dataclass(frozen=True)
class Answer:
    """What a holder fills in. Which parts must be there is said by the outcome's rule.

    ``scores``: principle code -> 1..5, and ``effect``, ``feasibility`` 1..5 under these keys.
    ``conditions``: (text, section code, due day ISO). ``reply`` answers a standing 不同意.
    ``correction``: why a 決裁 is corrected (訂正). ``tell_at``: ISO minute, in the city's time,
    before which nobody is mailed about a result (発表日時).
    """

    comment: str = ""
    target: SendBackTarget = SendBackTarget.PROPOSER
    until: str = ""
    tell_at: str = ""
    scores: dict[str, int] = field(default_factory=dict)
    conditions: tuple[tuple[str, str, str], ...] = ()
    reply: str = ""
    urgent_reason: str = ""
    correction: str = ""
    confirmed: bool = False

    @property
    def not_before(self) -> datetime | None:
        """The moment before which nobody is mailed about it (発表日時)."""
        return datetime.fromisoformat(self.tell_at).replace(tzinfo=JST) if self.tell_at else None


def caveats_in(said: Sequence[Decision]) -> list[Decision]:
    """What whoever answers next has to read first, of the effective decisions of a round in order.

    A 不同意 that 協議 settled is none any more; an answer on an earlier text that stands is one.
    """
    objections = standing_objections(said)
    return [
        each
        for each in said
        if each in objections
        or (each.outcome in CAVEATS and each.outcome != Outcome.OBJECTED)
        or (each.carries is not None and each.carries.outcome in CAVEATS)
    ]


def standing_objections(said: Sequence[Decision]) -> list[Decision]:
    """不同意 that the decider must answer, from the effective decisions of a round in order.

    The last answer of each section or member counts; a settled 協議 answers what came before it.
    """
    last: dict[int, Decision] = {}
    settled = 0
    for each in said:
        if each.outcome == Outcome.SETTLED:
            settled = each.pk
        elif each.step_run is not None and each.step_run.kind in OBJECTING:
            last[each.post_id] = each
    return [
        each for each in last.values() if each.outcome == Outcome.OBJECTED and each.pk > settled
    ]
