"""引戻し, 取下げ, 廃案 and the closing of a region: what ends or turns back a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from bpr_projects.enums import Stage
from workflow import access
from workflow.actions import route_versions, steps
from workflow.actions.acts import Act, Saying
from workflow.actions.answers import complete
from workflow.actions.refusals import NotAllowed, Unanswered
from workflow.enums import GONE, Outcome, RunKind, RunState, SlotState, StepKind
from workflow.outcomes import RULES, Answer

if TYPE_CHECKING:
    from bpr_projects.models import Project
    from workflow.models import Decision, Run


def pull_back(run: Run, act: Act) -> Decision:
    """Take the last act back and ask the same seat again. Returns the act that was taken back.

    ``access.may`` has been asked inside the lock; here only the rows change.
    """
    last = access.last_act(run)
    if last is None or run.step is None:
        raise NotAllowed(_("引き戻せる操作がありません。"))
    steps.close_step(run.step, Outcome.PULLED_BACK, act)
    act.say(
        Saying(
            run=run,
            step_run=last.step_run,
            slot=None,
            outcome=Outcome.PULLED_BACK,
            capacity=act.capacity,
            clause="",
            supersedes=last,
        )
    )
    note = str(_("引戻し"))
    if last.step_run is None or last.step_run.kind == StepKind.REVISION:
        opened = steps.open_revision(run, act, note=note)
        if run.kind == RunKind.PROJECT and run.project is not None:
            run.project.move_to(Stage.DRAFT, at=act.at)
        if run.rule_id is not None:
            route_versions.reopen(run)
    else:
        if run.rule_id is not None and last.outcome == Outcome.SENT_BACK:
            route_versions.shut(run)
        run.position = last.step_run.position
        plan = steps.plan_steps(run)
        asked = last.step_run.slots.exclude(state__in=GONE)
        asked = asked.exclude(decisions__outcome=Outcome.CARRIED_OVER)
        posts = [slot.post for slot in asked.select_related("post")]
        opened = steps.open_step(run, plan[run.position], posts, act, note, reopened=True)
    opened.snapshot["reopened"] = True
    opened.save(update_fields=["snapshot"])
    return last


def stop(run: Run, outcome: Outcome, answer: Answer, act: Act) -> None:
    """取下げ by the proposer or 廃案 by the 事務局: the case ends, its record stays."""
    rule = RULES[outcome]
    problems = {}
    if rule.needs_comment and not answer.comment.strip():
        problems["comment"] = _("理由を入力してください。")
    if rule.needs_confirmation and not answer.confirmed:
        problems["confirmed"] = _("確認の欄に印を付けてください。")
    if problems:
        raise Unanswered(problems)
    if run.step is not None:
        steps.close_step(run.step, outcome, act)
    act.say(Saying(run=run, outcome=outcome, capacity=act.capacity, clause="", answer=answer))
    run.step = None
    run.ended_at = act.at
    run.state = RunState.WITHDRAWN if outcome == Outcome.WITHDRAWN else RunState.ABANDONED
    run.save()
    if run.kind == RunKind.PROJECT and run.project is not None:
        end_case(run.project, outcome, act)


def end_case(project: Project, outcome: Outcome, act: Act) -> None:
    """Move the case to the stage that the ending has."""
    stage = Stage.WITHDRAWN if outcome == Outcome.WITHDRAWN else Stage.ABANDONED
    project.move_to(stage, at=act.at)
    project.ended_at = act.at
    project.save(update_fields=["ended_at"])


def close_region(run: Run, reason: str, act: Act) -> None:
    """締切: go on with the scores that are in. Never below the quorum."""
    step = run.step
    if step is None or step.kind not in access.CLOSABLE:
        raise NotAllowed(_("締め切れる審査・審議がありません。"))
    if not reason.strip():
        raise Unanswered({"comment": _("締め切る理由を入力してください。")})
    done = step.slots.filter(state=SlotState.DONE).count()
    if done < step.quorum:
        raise NotAllowed(
            _("回答が%(done)s人分です。定足数の%(quorum)s人に満たないため、締め切れません。")
            % {"done": done, "quorum": step.quorum}
        )
    act.say(
        Saying(
            run=run,
            step_run=step,
            outcome=Outcome.CLOSED,
            capacity=act.capacity,
            clause=step.snapshot.get("clause", ""),
            answer=Answer(comment=reason),
        )
    )
    complete(run, Outcome.CLOSED, act)
