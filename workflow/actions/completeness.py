"""What an answer lacks, in sentences that stand beside its fields."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from bpr_projects.models import Principle
from roles.enums import Basis
from roles.models import Section
from workflow.actions import steps
from workflow.enums import DeputyPolicy, Outcome, SendBackTarget, Station, StepKind
from workflow.models import Decision
from workflow.outcomes import RULES, Answer, send_back_targets, standing_objections

if TYPE_CHECKING:
    from workflow.access import Permit
    from workflow.models import Run, Slot

SCORE_KEYS: Final = ("effect", "feasibility")
SCORE_RANGE: Final = range(1, 6)


def problems_of(  # noqa: C901 -- one line for each thing an answer may lack
    slot: Slot, outcome: Outcome, answer: Answer, permit: Permit, today: date
) -> list[tuple[str, str]]:
    """Field and sentence of everything that is missing or does not fit."""
    rule = RULES[outcome]
    found: list[tuple[str, str]] = []
    if rule.needs_comment and not answer.comment.strip():
        found.append(("comment", _("理由・意見を入力してください。")))
    found += _unfit(answer)
    if rule.needs_until and not _later(answer.until, today, LONGEST_HOLD):
        found.append(("until", _("いつまで保留するか、明日から1年以内の日を入れてください。")))
    if rule.needs_confirmation and not answer.confirmed:
        found.append(("confirmed", _("確認の欄に印を付けてください。")))
    if rule.needs_scores:
        found += _score_problems(answer.scores)
    if rule.needs_conditions:
        found += condition_problems(answer, today)
    if outcome == Outcome.SENT_BACK and answer.target not in targets_of(slot):
        found.append(("target", _("差戻し先を選んでください。")))
    if rule.ends and objections(slot.step_run.run) and not answer.reply.strip():
        found.append(("reply", _("残っている不同意への回答を入力してください。")))
    if rule.ends and answer.tell_at and not _soon(answer.tell_at, today):
        found.append(("tell_at", _("発表日時は、本日から31日以内の日時を入れてください。")))
    if outcome != Outcome.RECUSED and _urgent(slot, permit) and not answer.urgent_reason.strip():
        found.append(
            ("urgent_reason", _("代決・代理で行う理由（事前の指示又は緊急）を入力してください。"))
        )
    return found


LONGEST_HOLD: Final = timedelta(days=366)
"""What has to wait longer is 廃案, and proposed again when its time has come."""
MINUTE: Final = "%Y-%m-%dT%H:%M"
LONGEST_SECRECY: Final = timedelta(days=31)
"""From the decision to the moment at which its result is told."""
LONGEST_TERM: Final = timedelta(days=3660)
"""From the adoption to the last day of a condition."""

LONGEST: Final = 4000
"""Characters of a comment, a reply or a reason."""


def _unfit(answer: Answer) -> list[tuple[str, str]]:
    """Texts that are too long, or hold a character that no database keeps."""
    texts = {
        "comment": answer.comment,
        "reply": answer.reply,
        "urgent_reason": answer.urgent_reason,
    }
    return [
        (name, _("%s字以内で、制御文字を含めずに入力してください。") % LONGEST)
        for name, text in texts.items()
        if len(text) > LONGEST or "\0" in text
    ]


def _soon(moment: str, today: date) -> bool:
    try:
        found = datetime.strptime(moment, MINUTE).date()  # noqa: DTZ007 -- the city's time
    except ValueError:
        return False
    return timedelta(0) <= found - today <= LONGEST_SECRECY


def _later(until: str, today: date, within: timedelta) -> bool:
    try:
        return timedelta(0) < date.fromisoformat(until) - today <= within
    except ValueError:
        return False


def _score_problems(scores: dict[str, int]) -> list[tuple[str, str]]:
    wanted = [*Principle.objects.values_list("code", flat=True), *SCORE_KEYS]
    if set(scores) == set(wanted) and all(value in SCORE_RANGE for value in scores.values()):
        return []
    return [("scores", _("すべての項目を1から5で採点してください。"))]


LONGEST_CONDITION: Final = 200


def condition_problems(answer: Answer, today: date) -> list[tuple[str, str]]:
    """What the conditions of an adoption lack."""
    if not answer.conditions:
        return [("conditions", _("条件を1つ以上入力してください。"))]
    known = set(Section.objects.values_list("code", flat=True))
    complete = all(
        0 < len(text.strip()) <= LONGEST_CONDITION
        and "\0" not in text
        and section in known
        and _later(due, today, LONGEST_TERM)
        for text, section, due in answer.conditions
    )
    if complete:
        return []
    sentence = _("条件ごとに、内容・担当課・期限（明日から10年以内）を入れてください。")
    return [("conditions", sentence)]


def _urgent(slot: Slot, permit: Permit) -> bool:
    return (
        permit.capacity is not None
        and permit.capacity.basis != Basis.OWN
        and slot.step_run.deputy == DeputyPolicy.URGENT
    )


def targets_of(slot: Slot) -> tuple[SendBackTarget, ...]:
    """Where the holder of this slot may send the case back to."""
    run = slot.step_run.run
    before = [Station(step.station) for step in steps.plan_steps(run)[: run.position]]
    allowed = slot.step_run.snapshot.get("may_return_to", tuple(SendBackTarget))
    possible = send_back_targets(StepKind(slot.step_run.kind), frozenset(before))
    return tuple(target for target in possible if target in allowed)


def objections(run: Run) -> list[Decision]:
    """不同意 on the present text that 協議 did not settle: the decider has to answer them."""
    said = (
        Decision.objects.effective()
        .filter(run=run, round=run.round)
        .select_related("decided_by", "post", "entry", "step_run")
        .order_by("pk")
    )
    return standing_objections(list(said))
