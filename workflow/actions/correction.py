"""訂正: a new decision by the same post on the words or conditions of a final one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from workflow.actions.acts import Act, Saying
from workflow.actions.completeness import LONGEST, condition_problems
from workflow.actions.refusals import Unanswered
from workflow.enums import Outcome
from workflow.models import Condition, ConditionReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from workflow.models import Decision
    from workflow.outcomes import Answer


Row = tuple[str, str, str]
"""A condition as an answer has it: text, code of the section, day."""


CONDITIONS: Final = Prefetch("conditions", Condition.objects.select_related("owner").order_by("pk"))
"""What ``rows_of`` reads of a decision."""


def rows_of(final: Decision) -> tuple[Row, ...]:
    """The conditions of a decision that was read with ``CONDITIONS``, as its answer had them."""
    return tuple(
        (each.text, each.owner.code, each.due_on.isoformat()) for each in final.conditions.all()
    )


def words_of(final: Decision) -> str:
    """理由・意見 of a decision."""
    return next((each.text for each in final.entry.texts.all() if each.name == "comment"), "")


def reply_of(final: Decision) -> str:
    """回答 to what stayed 不同意: it goes with the decision as it was given."""
    texts = final.entry.texts.filter(name="reply").values_list("text", flat=True)
    return texts.first() or ""


def correct(final: Decision, answer: Answer, act: Act) -> None:
    """Put the corrected decision in place of the standing one; adopted stays adopted."""
    if problems := dict(_problems(final, answer, act.on)):
        raise Unanswered(problems)
    refused = final.outcome == Outcome.NOT_ADOPTED
    with_conditions = Outcome.ADOPTED_WITH_CONDITIONS if answer.conditions else Outcome.ADOPTED
    act.say(
        Saying(
            run=final.run,
            step_run=final.step_run,
            slot=final.slot,
            outcome=Outcome.NOT_ADOPTED if refused else with_conditions,
            capacity=act.capacity,
            clause=final.clause,
            answer=replace(
                answer,
                conditions=() if refused else answer.conditions,
                reply=reply_of(final),
            ),
            supersedes=final,
        )
    )


def _problems(final: Decision, answer: Answer, today: date) -> Iterator[tuple[str, str]]:
    before = rows_of(final)
    texts = {"comment": answer.comment, "correction": answer.correction}
    for name, text in texts.items():
        if len(text) > LONGEST or "\0" in text:
            yield name, _("%s字以内で、制御文字を含めずに入力してください。") % LONGEST
    if not answer.correction.strip():
        yield "correction", _("訂正の理由を入力してください。")
    if final.outcome == Outcome.NOT_ADOPTED and not answer.comment.strip():
        yield "comment", _("理由・意見を入力してください。")
    new = tuple(row for row in answer.conditions if row not in before)
    if new:
        yield from condition_problems(replace(answer, conditions=new), today)
    if set(before) == set(answer.conditions) and words_of(final) == answer.comment:
        yield (
            "comment",
            _("文言も条件も、いまの決裁と同じです。訂正するところを書き直してください。"),
        )


def move_reports(before: Decision, after: Decision) -> None:
    """What was reported about a condition that stays goes with it."""
    kept: dict[Any, Condition] = {_key(each): each for each in after.conditions.all()}
    for old in before.conditions.all():
        if _key(old) in kept:
            ConditionReport.objects.filter(condition=old).update(condition=kept[_key(old)])


def _key(condition: Condition) -> tuple[str, int, date]:
    return condition.text, condition.owner_id, condition.due_on
