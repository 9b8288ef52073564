"""Answers at random, weighted as city halls answer, complete as the rules want them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from bpr_projects import calendar
from bpr_projects.enums import CycleResult, Phase
from roles.enums import Basis
from workflow.actions import completeness
from workflow.enums import Outcome, StepKind
from workflow.outcomes import RULES, Answer, Effect

if TYPE_CHECKING:
    from random import Random

    from bpr_projects.models import Cycle
    from roles.models import Capacity
    from workflow.models import Slot

SCORES: Final = ("N1", "N2", "N3", "N4", "N5", "N6", *completeness.SCORE_KEYS)
LAST_ROUND: Final = 4
LAST_CYCLE: Final = 3

WEIGHTS: Final[dict[StepKind, dict[Outcome, int]]] = {
    StepKind.CONFIRMATION: {Outcome.APPROVED: 90, Outcome.SENT_BACK: 10, Outcome.RECUSED: 2},
    StepKind.RECEPTION: {Outcome.RECEIVED: 92, Outcome.SENT_BACK: 8, Outcome.RECUSED: 2},
    StepKind.REVIEW: {Outcome.SCORED: 96, Outcome.RECUSED: 4},
    StepKind.REFERRAL: {
        Outcome.REFERRED: 62,
        Outcome.REFERRED_CONDITIONALLY: 14,
        Outcome.REFERRED_AGAINST: 8,
        Outcome.SENT_BACK: 8,
        Outcome.HELD: 8,
        Outcome.RECUSED: 2,
    },
    StepKind.APPROVAL: {Outcome.APPROVED: 92, Outcome.SENT_BACK: 8, Outcome.RECUSED: 2},
    StepKind.CONCURRENCE: {
        Outcome.AGREED: 72,
        Outcome.AGREED_WITH_OPINION: 18,
        Outcome.OBJECTED: 10,
        Outcome.RECUSED: 2,
    },
    StepKind.MEDIATION: {Outcome.SETTLED: 70, Outcome.UNSETTLED: 30, Outcome.RECUSED: 4},
    StepKind.DELIBERATION: {
        Outcome.AGREED: 80,
        Outcome.AGREED_WITH_OPINION: 15,
        Outcome.OBJECTED: 5,
        Outcome.RECUSED: 2,
    },
    StepKind.STANDING_DECISION: {
        Outcome.ADOPTED: 64,
        Outcome.ADOPTED_WITH_CONDITIONS: 14,
        Outcome.SENT_BACK: 8,
        Outcome.HELD: 6,
        Outcome.ESCALATED: 8,
        Outcome.RECUSED: 2,
    },
    StepKind.DECISION: {
        Outcome.ADOPTED: 62,
        Outcome.ADOPTED_WITH_CONDITIONS: 14,
        Outcome.SENT_BACK: 8,
        Outcome.HELD: 7,
        Outcome.NOT_ADOPTED: 9,
        Outcome.RECUSED: 1,
    },
}
"""How often a kind of step is answered how."""


def outcome_for(slot: Slot, random: Random) -> Outcome:
    """What the holder says. A case that came back often is not sent back again."""
    weights = WEIGHTS[StepKind(slot.step_run.kind)]
    tired = slot.step_run.round >= LAST_ROUND or slot.step_run.attempt >= LAST_ROUND
    usable = {
        outcome: weight
        for outcome, weight in weights.items()
        if not (tired and RULES[outcome].effect in (Effect.BACK, Effect.HOLD))
    }
    return random.choices(list(usable), list(usable.values()))[0]


def answer_for(
    slot: Slot, outcome: Outcome, capacity: Capacity, today: date, random: Random
) -> Answer:
    """Everything that the outcome's rule asks for."""
    rule = RULES[outcome]
    soon = (today + timedelta(days=random.randint(1, 9))).isoformat()
    deputy = capacity.basis != Basis.OWN
    return Answer(
        comment="確認した。" if rule.needs_comment or random.random() < 0.3 else "",
        target=random.choice(completeness.targets_of(slot))
        if outcome == Outcome.SENT_BACK
        else Answer.target,
        until=soon if rule.needs_until else "",
        scores={name: random.randint(1, 5) for name in SCORES} if rule.needs_scores else {},
        conditions=(("実施前に手順を定めること", "DIGITAL", soon),)
        if rule.needs_conditions
        else (),
        reply="協議を続ける。" if completeness.objections(slot.step_run.run) else "",
        urgent_reason="出張中のため、事前の指示による。" if deputy else "",
        confirmed=rule.needs_confirmation,
    )


def phase_content(cycle: Cycle, today: date, random: Random) -> dict[str, Any]:
    """A complete record of the open phase; every fifth decision goes beyond the bounds."""
    match Phase(cycle.phase):
        case Phase.OBSERVE:
            return {"findings": "待ち時間が午前に集中している。"}
        case Phase.ORIENT:
            return {"causes": "受付が一つの窓口に偏る。", "options": ["予約制", "窓口の増設"]}
        case Phase.DECIDE:
            return _decision(cycle, today, random)
        case Phase.ACT:
            return _act(cycle, random)


def _decision(cycle: Cycle, today: date, random: Random) -> dict[str, Any]:
    bounds = cycle.project.bounds
    beyond = random.random() < 0.2
    until = calendar.add_business_days(today, random.randint(3, 20))
    return {
        "choice": "予約制",
        "reason": "人を増やさずに始められる。",
        "actor": "窓口係",
        "until": until.isoformat(),
        "cost": bounds.cost_limit + 10_000 if beyond else 0,
    }


def _act(cycle: Cycle, random: Random) -> dict[str, Any]:
    results = [CycleResult.SCALE, CycleResult.STOP, CycleResult.COMPLETE, CycleResult.COMPLETE]
    if cycle.number < LAST_CYCLE:
        results += [CycleResult.CONTINUE, CycleResult.CONTINUE, CycleResult.PIVOT]
    return {
        "done": "予約制を始めた。",
        "effect": "待ち時間が半分になった。",
        "result": random.choice(results).value,
        "lesson": "繁忙期の前に始めるとよい。",
        "next_aim": "午後の利用を増やす",
    }
