"""What is wrong with a route version: every finding names the field where it is put right.

Pure functions of the text and the ``Ground`` it stands on. ``CHECKS`` is the table; only a version
without any finding is proposed.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from bpr_projects.enums import RevisionKind
from workflow.enums import (
    DECIDING_KINDS,
    STATION_OF,
    DeadlineAction,
    DeputyPolicy,
    Mode,
    Outcome,
    SendBackTarget,
    Station,
    StepKind,
    WhoRule,
)
from workflow.outcomes import STATIONS, send_back_targets
from workflow.routing.choosing import choice_findings
from workflow.routing.findings import Finding, Ground, wrong_in
from workflow.routing.terms import TAKES_ARGUMENT, Names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from workflow.routing.texts import RouteText, StepText


class Check(StrEnum):
    """The checks, in the order in which their findings are shown."""

    WORDS = "words"
    DAY = "day"
    STEPS = "steps"
    DECISION = "decision"
    ORDER = "order"
    CONDITIONS = "conditions"
    WHO = "who"
    QUORUM = "quorum"
    DAYS = "days"
    DEADLINE = "deadline"
    RETURN = "return"
    FALLBACK = "fallback"
    FLOW = "flow"
    CHOICE = "choice"


def findings_of(text: RouteText, ground: Ground) -> list[Finding]:
    """Everything that is wrong, check by check."""
    return [finding for check in Check for finding in CHECKS[check](text, ground)]


# --- words and days ---------------------------------------------------------------------------


def _words(text: RouteText, _ground: Ground) -> Iterator[Finding]:
    needed = {
        "name": (text.name, _("名称を入力してください。")),
        "clause": (text.clause, _("根拠条項を入力してください。")),
        "purpose": (text.purpose, _("改める理由を入力してください。")),
    }
    for name, (words, sentence) in needed.items():
        if not words.strip():
            yield Finding(name, sentence)
    for step in text.steps:
        if not step.title.strip():
            yield Finding("title", _("段階の名称を入力してください。"), step.order)
        if not step.clause.strip():
            yield Finding("clause", _("根拠条項を入力してください。"), step.order)


def _day(text: RouteText, ground: Ground) -> Iterator[Finding]:
    if text.effective_from <= ground.today:
        yield Finding("effective_from", _("施行日は、明日以降の日にしてください。"))
    if any(text.effective_from <= begun for begun in ground.begun):
        sentence = _("施行日は、この経路のほかの版が始まる日より後にしてください。")
        yield Finding("effective_from", sentence)


# --- the steps and their order ----------------------------------------------------------------


def _steps(text: RouteText, _ground: Ground) -> Iterator[Finding]:
    if not text.steps:
        yield Finding("steps", _("段階が1つもありません。"))
    for step in text.steps:
        if step.kind not in set(STATION_OF):
            yield Finding("kind", _("経路に置けない種類の段階です。"), step.order)


def _decision(text: RouteText, _ground: Ground) -> Iterator[Finding]:
    deciding = [step for step in text.steps if step.kind in DECIDING_KINDS]
    if text.steps and len(deciding) != 1:
        sentence = _("決裁又は専決の段階を、1つだけ置いてください（いま%s）。") % len(deciding)
        yield Finding("steps", sentence)
    for step in deciding:
        if step.condition:
            yield Finding(
                "condition", _("決裁又は専決の段階に、条件は付けられません。"), step.order
            )
        if step.may_skip:
            yield Finding("may_skip", _("決裁又は専決の段階は、省略できません。"), step.order)
    last = deciding[-1].order if deciding else None
    for step in text.steps:
        if last is not None and step.order > last and not step.is_reading:
            sentence = _("決裁又は専決より後に置けるのは、後閲と供覧だけです。")
            yield Finding("kind", sentence, step.order)
        if last is not None and step.order < last and step.is_reading:
            sentence = _("後閲と供覧は、決裁又は専決より後に置いてください。")
            yield Finding("kind", sentence, step.order)


RANK: Final = {
    station: place
    for place, station in enumerate(
        (
            Station.LINE,
            Station.RECEPTION,
            Station.REVIEW,
            Station.REFERRAL,
            Station.HEADQUARTERS,
        )
    )
}
"""The order of the stations in the flows."""


def _order(text: RouteText, _ground: Ground) -> Iterator[Finding]:
    known = [step for step in text.steps if step.station]
    for before, step in pairwise(known):
        if RANK[Station(step.station)] < RANK[Station(before.station)]:
            places = {"step": step.title, "before": before.title}
            sentence = _("「%(step)s」は、「%(before)s」より前に置いてください。") % places
            yield Finding("kind", sentence, step.order)
    yield from _once(known)
    if text.is_of_cases:
        yield from _first_two(known)
    if any(step.station == Station.REFERRAL for step in known) and not any(
        step.station == Station.REVIEW for step in known
    ):
        yield Finding("steps", _("PT長の上申の前に、PT審査の段階を置いてください。"))


def _once(known: Sequence[StepText]) -> Iterator[Finding]:
    """Stations that a case enters once; what stands there is always asked."""
    for station in (Station.RECEPTION, Station.REVIEW, Station.REFERRAL):
        there = [step for step in known if step.station == station]
        for step in there[1:]:
            sentence = _("「%s」の段階は、1つだけ置けます。") % station.label
            yield Finding("kind", sentence, step.order)
    for step in known:
        if step.station == Station.HEADQUARTERS:
            continue
        if step.condition:
            sentence = _("条件を付けられるのは、本部審議の段階だけです。")
            yield Finding("condition", sentence, step.order)
        if step.may_skip:
            sentence = _("省略できるのは、本部審議の段階だけです。")
            yield Finding("may_skip", sentence, step.order)


def _first_two(known: Sequence[StepText]) -> Iterator[Finding]:
    stations = [step.station for step in known]
    if known and Station.LINE not in stations:
        yield Finding("steps", _("最初に、所属長の確認の段階を置いてください。"))
    if known and Station.RECEPTION not in stations:
        yield Finding("steps", _("所属長の確認の次に、事務局の受付の段階を置いてください。"))


# --- conditions -------------------------------------------------------------------------------


def _conditions(text: RouteText, _ground: Ground) -> Iterator[Finding]:
    for sentence in wrong_in(text.condition):
        yield Finding("condition", sentence)
    for step in text.steps:
        for sentence in wrong_in(step.condition):
            yield Finding("condition", sentence, step.order)


# --- who is asked -----------------------------------------------------------------------------

WHO_FITS: Final[dict[StepKind, frozenset[WhoRule]]] = {
    StepKind.RECEPTION: frozenset({WhoRule.SECRETARIAT}),
    StepKind.REVIEW: frozenset({WhoRule.PT_MEMBERS, WhoRule.PT_ON_DUTY, WhoRule.PT_PARTS}),
    StepKind.REFERRAL: frozenset({WhoRule.PT_CHAIR}),
    StepKind.DELIBERATION: frozenset({WhoRule.HQ_MEMBERS}),
    StepKind.DECISION: frozenset({WhoRule.HQ_CHAIR}),
    StepKind.STANDING_DECISION: frozenset(
        {WhoRule.SECRETARIAT_HEAD, WhoRule.DEPARTMENT_HEAD, WhoRule.NAMED_POST}
    ),
}
"""Kinds that only some may answer; who is not named here asks whomever the rule names."""


def _who(text: RouteText, ground: Ground) -> Iterator[Finding]:
    for step in text.steps:
        if step.who not in WhoRule.values:
            yield Finding("who", _("担当を選んでください。"), step.order)
            continue
        fitting = WHO_FITS.get(StepKind(step.kind)) if step.kind in StepKind.values else None
        if fitting is not None and step.who not in fitting:
            facts = {
                "kind": StepKind(step.kind).label,
                "who": "・".join(str(rule.label) for rule in WhoRule if rule in fitting),
            }
            sentence = _("「%(kind)s」の担当にできるのは、%(who)sです。") % facts
            yield Finding("who", sentence, step.order)
        yield from _argument(step, ground.names)


def _argument(step: StepText, names: Names) -> Iterator[Finding]:
    rule = WhoRule(step.who)
    if rule not in TAKES_ARGUMENT:
        return
    offered: dict[WhoRule, Collection[str]] = {
        WhoRule.HEADS_OF: names.sections,
        WhoRule.NAMED_POST: names.posts,
        WhoRule.PT_PARTS: names.parts,
    }
    if not step.who_argument:
        sentence = _("「%s」の相手を、1つ以上選んでください。") % rule.label
        yield Finding("who_argument", sentence, step.order)
    for code in step.who_argument:
        if code not in offered[rule]:
            sentence = _("「%s」は、施行日にはありません。") % code
            yield Finding("who_argument", sentence, step.order)


def _quorum(text: RouteText, ground: Ground) -> Iterator[Finding]:
    for step in text.steps:
        if step.quorum < 1:
            yield Finding("quorum", _("人数は1人以上にしてください。"), step.order)
        elif step.mode == Mode.ONE and step.quorum != 1:
            sentence = _("「だれか1人」のときは、人数を1にしてください。")
            yield Finding("quorum", sentence, step.order)
        seats = _seats(step, ground)
        if seats is not None and step.quorum > max(seats, 1):
            numbers = {"needed": step.quorum, "seats": seats}
            sentence = _("%(needed)s人以上とありますが、担当は%(seats)s席です。") % numbers
            yield Finding("quorum", sentence, step.order)


def _seats(step: StepText, ground: Ground) -> int | None:
    """How many seats the step finds on the first day; None where the rule is unknown."""
    if step.who not in WhoRule.values:
        return None
    if step.who in (WhoRule.HEADS_OF, WhoRule.NAMED_POST):
        return len(step.who_argument)
    if step.who == WhoRule.PT_PARTS:
        return sum(ground.names.parts.count(part) for part in step.who_argument)
    return ground.seats.get(step.who, 1)


def _fallback(text: RouteText, ground: Ground) -> Iterator[Finding]:
    for step in text.steps:
        for code in step.fallback:
            if code not in ground.names.sections:
                sentence = _("代わりの課「%s」は、施行日にはありません。") % code
                yield Finding("fallback", sentence, step.order)


# --- time, and the way back -------------------------------------------------------------------


def _days(text: RouteText, _ground: Ground) -> Iterator[Finding]:
    for step in text.steps:
        if step.standard_days < 1:
            yield Finding("standard_days", _("標準日数は1日以上にしてください。"), step.order)


def _deadline(text: RouteText, _ground: Ground) -> Iterator[Finding]:
    for step in text.steps:
        is_told = step.at_deadline == DeadlineAction.ESCALATE
        if is_told and (step.escalate_to not in WhoRule.values or _needs_codes(step.escalate_to)):
            yield Finding("escalate_to", _("知らせる相手の職を選んでください。"), step.order)
        elif is_told and step.escalate_to == step.who:
            sentence = _("期限に知らせる相手は、担当とは別の職にしてください。")
            yield Finding("escalate_to", sentence, step.order)
        elif not is_told and step.escalate_to:
            sentence = _("知らせる相手は、「上位の職へ知らせる」のときだけ選べます。")
            yield Finding("escalate_to", sentence, step.order)


def _needs_codes(rule: str) -> bool:
    return WhoRule(rule) in TAKES_ARGUMENT


def may_send_back(kind: str) -> bool:
    """Whether the kind has 差戻し among its answers."""
    return kind in StepKind.values and Outcome.SENT_BACK in STATIONS[StepKind(kind)]


def _return(text: RouteText, _ground: Ground) -> Iterator[Finding]:
    for step in text.steps:
        if not may_send_back(step.kind):
            continue
        if SendBackTarget.PROPOSER not in step.may_return_to:
            sentence = _("差戻し先には、少なくとも「提案者」を選んでください。")
            yield Finding("may_return_to", sentence, step.order)


def targets_in(text: RouteText, step: StepText) -> tuple[SendBackTarget, ...]:
    """Where the step really sends back to: what the rule allows, of what stands before it."""
    if not may_send_back(step.kind):
        return ()
    before = frozenset(
        Station(each.station) for each in text.steps if each.order < step.order and each.station
    )
    possible = send_back_targets(StepKind(step.kind), before)
    return tuple(target for target in possible if target in step.may_return_to)


# --- what the flow of questions about rules can do --------------------------------------------


def _flow(text: RouteText, _ground: Ground) -> Iterator[Finding]:
    """A rule is decided without a case: nothing of it can be circulated, scored or shared out."""
    if RevisionKind.ROUTE not in text.revision_kinds:
        return
    if len(text.revision_kinds) > 1:
        yield Finding("steps", _("経路の改正の経路は、ほかの種類と兼ねられません。"))
    for step in text.steps:
        if step.kind not in (StepKind.APPROVAL, StepKind.CONCURRENCE, StepKind.DECISION):
            sentence = _("経路の改正に置けるのは、承認・合議・決裁の段階です。")
            yield Finding("kind", sentence, step.order)
        if step.who in (WhoRule.DEPARTMENT_HEAD, WhoRule.RELATED_HEADS, WhoRule.SECTION_HEAD):
            sentence = _("経路の改正には所管課がないため、この担当は選べません。")
            yield Finding("who", sentence, step.order)
        if step.kind == StepKind.DECISION and step.deputy != DeputyPolicy.NEVER:
            yield Finding("deputy", _("経路の改正の決裁は、代決できません。"), step.order)


CHECKS: Final[dict[Check, Callable[[RouteText, Ground], Iterator[Finding]]]] = {
    Check.WORDS: _words,
    Check.DAY: _day,
    Check.STEPS: _steps,
    Check.DECISION: _decision,
    Check.ORDER: _order,
    Check.CONDITIONS: _conditions,
    Check.WHO: _who,
    Check.QUORUM: _quorum,
    Check.DAYS: _days,
    Check.DEADLINE: _deadline,
    Check.RETURN: _return,
    Check.FALLBACK: _fallback,
    Check.FLOW: _flow,
    Check.CHOICE: choice_findings,
}
"""Check -> what it looks for."""
