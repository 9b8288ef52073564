"""The OODA loop as steps: one run a cycle, one step a phase, held by the section's leader."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from bpr_projects import actions as cases
from bpr_projects.enums import FEWEST_OPTIONS, CycleResult, Phase, RevisionKind, Stage
from bpr_projects.sheet import MOST_YEN
from roles.enums import Role
from roles.models import Post
from workflow.actions import steps
from workflow.actions.acts import Act, Saying
from workflow.actions.refusals import Unanswered
from workflow.actions.submission import ask
from workflow.enums import Outcome, RunKind, RunState, SlotState, Station, StepKind
from workflow.models import Run
from workflow.outcomes import Answer
from workflow.routing import Ask, PlanStep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bpr_projects.models import Cycle, Project
    from workflow.models import Slot

STANDARD_DAYS: Final = {Phase.OBSERVE: 10, Phase.ORIENT: 5, Phase.DECIDE: 5, Phase.ACT: 20}
"""Business days that a phase should take: "as fast as can be" (plan 2-7), our assumption."""

NEEDED: Final[dict[Phase, tuple[tuple[str, str], ...]]] = {
    Phase.OBSERVE: (("findings", "観察したことを入力してください。"),),
    Phase.ORIENT: (
        ("causes", "原因・状況の見立てを入力してください。"),
        ("options", "選択肢を2つ以上入力してください。「いまのまま続ける」も1つの案です。"),
    ),
    Phase.DECIDE: (
        ("choice", "選んだ案を入力してください。"),
        ("reason", "決めた理由を入力してください。"),
        ("actor", "行動する人を入力してください。"),
        ("until", "いつまでに行うかを入力してください。"),
    ),
    Phase.ACT: (
        ("done", "実施した内容を入力してください。"),
        ("effect", "結果を入力してください。"),
    ),
}
"""Phase -> what must be recorded, with the sentence that asks for it."""

ASKS: Final = {
    CycleResult.SCALE: RevisionKind.ROLLOUT,
    CycleResult.STOP: RevisionKind.STOP,
    CycleResult.COMPLETE: RevisionKind.COMPLETION,
}
"""Results that the section cannot decide alone -> what headquarters is asked."""


def leader_post(project: Project, act: Act) -> Post:
    """The seat that runs the case: the section's leader, or the proposer's seat without one."""
    post = (
        Post.objects.acting_for(project.section, act.on)
        .of_role(Role.DX_LEADER)
        .order_by("order", "pk")
        .first()
    )
    return post or project.proposer_post


def begin(cycle: Cycle, act: Act) -> Run:
    """The run of a new cycle with its first phase open."""
    run = Run.objects.create(
        kind=RunKind.CYCLE,
        project=cycle.project,
        revision=cycle.project.revision,
        cycle=cycle,
        started_by=act.by,
        started_at=act.at,
    )
    open_phase(run, Phase.OBSERVE, act)
    return run


def open_phase(run: Run, phase: Phase, act: Act, note: str = "") -> None:
    """Ask the leader for the next phase."""
    cycle = run.cycle
    assert cycle is not None and run.project is not None  # noqa: S101, PT018 -- set by begin
    cases.move_cycle(cycle, phase)
    run.position = list(Phase).index(phase)
    step = PlanStep(
        kind=StepKind(phase.value),
        station=Station.CYCLE,
        title=str(
            _("第%(number)sサイクル　%(phase)s") % {"number": cycle.number, "phase": phase.label}
        ),
        asks=(Ask("DX_LEADER"),),
        clause="",
        standard_days=STANDARD_DAYS[phase],
    )
    steps.open_step(run, step, [leader_post(run.project, act)], act, note)


def check_phase(cycle: Cycle, content: Mapping[str, Any], on: date) -> None:
    """Raise ``Unanswered`` unless the record of the cycle's phase is complete that day."""
    phase = Phase(cycle.phase)
    problems = {name: str(_(sentence)) for name, sentence in NEEDED[phase] if not content.get(name)}
    if phase == Phase.ORIENT and len(content.get("options") or ()) < FEWEST_OPTIONS:
        problems["options"] = str(_(dict(NEEDED[phase])["options"]))
    if phase == Phase.ACT and content.get("result") not in CycleResult.values:
        problems["result"] = _("このサイクルの結論を選んでください。")
    if phase == Phase.DECIDE:
        problems |= _unfit(cycle, content, on)
    if content.get("result") in ASKS and not content.get("lesson"):
        problems["lesson"] = _("学んだこと（次に活かすこと）を入力してください。")
    if problems:
        raise Unanswered(problems)


def _unfit(cycle: Cycle, content: Mapping[str, Any], on: date) -> dict[str, str]:
    problems = {}
    try:
        until = date.fromisoformat(str(content.get("until") or ""))
    except ValueError:
        problems["until"] = _("いつまでに行うかを日付で入力してください。")
    else:
        if until < on:
            problems["until"] = _("いつまでに行うかは、今日以降の日を入れてください。")
    cost = content.get("cost")
    if cost not in (None, "") and not (isinstance(cost, int) and cost >= 0):
        problems["cost"] = _("費用は0以上の数字で入力してください。")
    elif cases.total_cost(cycle.project, cycle, content) > MOST_YEN:
        problems["cost"] = _("費用の合計が%s円以下になるように入力してください。") % f"{MOST_YEN:,}"
    return problems


def record(slot: Slot, content: Mapping[str, Any], act: Act) -> Run | None:
    """Write a phase. Returns the approval run when headquarters has to be asked."""
    run = slot.step_run.run
    cycle, project = run.cycle, run.project
    assert cycle is not None and project is not None  # noqa: S101, PT018 -- set by begin
    phase = Phase(cycle.phase)
    check_phase(cycle, content, act.on)
    decides = phase == Phase.DECIDE
    beyond = cases.outside_bounds(project, cycle, content, act.on) if decides else []
    entry = cases.record_phase(
        cycle=cycle,
        content=content,
        opened_at=slot.step_run.opened_at,
        by=act.by,
        at=act.at,
        within_bounds=not beyond,
    )
    act.say(
        Saying(
            run=run,
            step_run=slot.step_run,
            slot=slot,
            outcome=Outcome.RECORDED,
            capacity=act.capacity,
            clause="",
            answer=Answer(comment=str(content.get(NEEDED[phase][0][0], ""))),
            record=entry,
        )
    )
    slot.state = SlotState.DONE
    slot.closed_at = act.at
    slot.save(update_fields=["state", "closed_at"])
    steps.close_work([slot.pk], act)
    steps.close_step(slot.step_run, Outcome.RECORDED, act)
    if phase == Phase.ACT:
        return _finish(run, cycle, project, content, act)
    if beyond:
        return _ask_for_change(cycle, run, project, content, beyond, act)
    if phase == Phase.DECIDE:
        _show_head(run, project, act)
    open_phase(run, cases.NEXT_PHASE[phase], act)
    return None


def _show_head(run: Run, project: Project, act: Act) -> None:
    """包括了承: a decision inside the bounds is effective at once, the 所属長 gets 供覧."""
    heads = Post.objects.acting_for(project.section, act.on).of_role(Role.SECTION_HEAD)
    step = PlanStep(
        kind=StepKind.CIRCULATION,
        station=Station.CYCLE,
        title=str(_("自由枠の中の意思決定（供覧）")),
        asks=(),
        clause="",
        standard_days=2,
    )
    steps.owe_readings(run, step, list(heads), act)


def _ask_for_change(
    cycle: Cycle,
    run: Run,
    project: Project,
    content: Mapping[str, Any],
    beyond: list[str],
    act: Act,
) -> Run:
    """RT6. The limit that is asked for is a running total: it holds what was spent before too."""
    run.step = None
    run.save()
    bounds = project.bounds
    until = max(content.get("until") or "", bounds.ends_on.isoformat())
    answers = {
        **_base(project),
        "title": project.title,
        "what": str(content["choice"]),
        "reason": str(content["reason"]),
        "beyond": beyond,
        "cost": max(cases.total_cost(project, cycle, content), bounds.cost_limit),
        "ends_on": until,
    }
    return ask(project, RevisionKind.CHANGE, answers, act)


def _base(project: Project) -> dict[str, Any]:
    """Facts of the case that drive the route of a later question too."""
    assert project.revision is not None  # noqa: S101 -- running cases have a revision
    return {
        name: project.revision.sheet.get(name)
        for name in ("section", "sections", "has_personal_data", "uses_cloud", "uses_ai")
    }


def _finish(
    run: Run, cycle: Cycle, project: Project, content: Mapping[str, Any], act: Act
) -> Run | None:
    result = CycleResult(content["result"])
    cases.end_cycle(cycle=cycle, result=result, at=act.at)
    run.state = RunState.FINISHED
    run.ended_at = act.at
    run.step = None
    run.save()
    if result not in ASKS:
        return None
    answers = {
        **_base(project),
        "title": project.title,
        "what": str(content["done"]),
        "effect": str(content["effect"]),
        "lesson": str(content["lesson"]),
        "cost": 0,
    }
    return ask(project, ASKS[result], answers, act)


def next_cycle(project: Project, aim: str, act: Act) -> Run:
    """The next lap of a running case."""
    return begin(cases.start_cycle(project=project, aim=aim, at=act.at), act)


def settle_change(project: Project, *, adopted: bool, act: Act) -> Run | None:
    """A change was decided: the waiting cycle goes on to 行動, or back to 意思決定.

    A correction may have asked for less than the section decided: what the adopted bounds still
    do not hold is decided anew.
    """
    run = (
        Run.objects.select_related("cycle", "project")
        .filter(project=project, kind=RunKind.CYCLE, state=RunState.OPEN)
        .first()
    )
    if run is None or run.step_id is not None:
        return None
    beyond = _still_beyond(run, act) if adopted else []
    note = str(_("採択された枠に収まりません：%s")) % "".join(beyond) if beyond else ""
    open_phase(run, Phase.ACT if adopted and not beyond else Phase.DECIDE, act, note)
    return run


def _still_beyond(run: Run, act: Act) -> list[str]:
    """Why the decision that waits goes beyond the bounds as they are now."""
    assert run.cycle is not None and run.project is not None  # noqa: S101, PT018 -- set by begin
    decided = run.cycle.entries.filter(phase=Phase.DECIDE).latest("pk")
    return cases.outside_bounds(run.project, run.cycle, decided.content, act.on)


def halt(run: Run, reason: str, act: Act) -> None:
    """停止 by the 所属長: what was decided inside the bounds goes back to 意思決定."""
    if not reason.strip():
        raise Unanswered({"comment": _("止める理由を入力してください。")})
    assert run.step is not None  # noqa: S101 -- access found the open step
    step = run.step
    steps.close_step(step, Outcome.HALTED, act)
    act.say(
        Saying(
            run=run,
            step_run=step,
            outcome=Outcome.HALTED,
            capacity=act.capacity,
            clause="",
            answer=Answer(comment=reason),
        )
    )
    note = _("所属長が止めた意思決定を、決め直します。")
    open_phase(run, Phase.DECIDE, act, str(note))


def still_running(project: Project) -> bool:
    """Whether the case goes on after the last decision."""
    project.refresh_from_db(fields=["stage"])
    return project.stage == Stage.RUNNING
