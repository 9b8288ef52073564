"""提出 and 再提出: a text is frozen, its route is chosen, the first step opens."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from bpr_projects import actions as cases
from bpr_projects import calendar
from bpr_projects.enums import ParticipantReason, RevisionKind
from bpr_projects.models import Participant, Project, Revision
from bpr_projects.sheet import MOST_YEN
from roles.models import Section
from workflow import routing
from workflow.actions import steps
from workflow.actions.acts import Act, Saying
from workflow.actions.refusals import Unanswered
from workflow.enums import Outcome, RunKind, SlotState
from workflow.models import Run
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.models import Slot


def submit(project: Project, act: Act) -> Run:
    """The first submit: number, revision 1, run and first step."""
    cases.check_sheet(project.sheet, act.on)
    revision = cases.freeze(project=project, by=act.by, at=act.at)
    run = Run.objects.create(
        kind=RunKind.PROJECT,
        project=project,
        revision=revision,
        started_by=act.by,
        started_at=act.at,
    )
    act.say(Saying(run=run, outcome=Outcome.SUBMITTED, capacity=act.capacity, clause=""))
    choose_way(run, act)
    return run


def resubmit(slot: Slot, act: Act, comment: str, corrections: Mapping[str, Any]) -> None:
    """A corrected text: a new round on a route that is chosen anew.

    ``corrections`` changes the text of a change, stop, roll-out or completion; the text of a
    proposal is its working copy.
    """
    run = slot.step_run.run
    assert run.project is not None and run.revision is not None  # noqa: S101, PT018 -- submitted
    if run.kind == RunKind.PROJECT:
        cases.check_sheet(run.project.sheet, act.on)
        run.revision = cases.freeze(project=run.project, by=act.by, at=act.at)
    elif corrections:
        run.revision = cases.freeze(
            project=run.project,
            kind=RevisionKind(run.revision.kind),
            answers={**run.revision.sheet, **_fit(corrections, act.on)},
            by=act.by,
            at=act.at,
        )
    hand_in_again(slot, comment, act)


CORRECTABLE: Final = ("what", "reason", "effect", "lesson")
"""Words of a change, stop, roll-out or completion that a 差戻し may have asked to correct."""


def _fit(corrections: Mapping[str, Any], on: date) -> dict[str, Any]:
    """Only what may be corrected, checked by kind."""
    found: dict[str, Any] = {
        name: str(corrections[name])[:4000] for name in CORRECTABLE if corrections.get(name)
    }
    problems = {}
    cost = corrections.get("cost")
    if isinstance(cost, int) and 0 <= cost <= MOST_YEN:
        found["cost"] = cost
    elif cost not in (None, ""):
        problems["cost"] = _("費用は0以上%s以下の整数で入力してください。") % f"{MOST_YEN:,}"
    if corrections.get("ends_on"):
        try:
            ends_on = date.fromisoformat(str(corrections["ends_on"]))
        except ValueError:
            problems["ends_on"] = _("日付を入力してください。")
        else:
            found["ends_on"] = ends_on.isoformat()
            if not on < ends_on <= calendar.LAST_DAY:
                problems["ends_on"] = _("期限は、明日から2100年までの日を入れてください。")
    if problems:
        raise Unanswered(problems)
    return found


def hand_in_again(slot: Slot, comment: str, act: Act) -> None:
    """The step of correction is done: a new round from the first step."""
    run = slot.step_run.run
    act.say(
        Saying(
            run=run,
            step_run=slot.step_run,
            slot=slot,
            outcome=Outcome.RESUBMITTED,
            capacity=act.capacity,
            clause="",
            answer=Answer(comment=comment),
        )
    )
    slot.state = SlotState.DONE
    slot.closed_at = act.at
    slot.save(update_fields=["state", "closed_at"])
    steps.close_work([slot.pk], act)
    steps.close_step(slot.step_run, Outcome.RESUBMITTED, act)
    run.round += 1
    run.position = 0
    choose_way(run, act)


def choose_way(run: Run, act: Act) -> None:
    """Choose the route. A case stays on the versions of the day on which it was first submitted."""
    act.authors = frozenset({act.by.pk})
    case = steps.case_for(run, act)
    choice = routing.choose_route(case, localdate(run.started_at))
    run.route = choice.route
    run.route_reason = choice.reason[:200]
    run.plan = [step.to_json() for step in routing.plan_of(choice, case)]
    _let_related_read(run, case, act)
    steps.advance(run, act, case)


def _let_related_read(run: Run, case: routing.Case, act: Act) -> None:
    act.readers += [
        Participant(
            project=run.project,
            section=section,
            revision=run.revision,
            reason=ParticipantReason.RELATED,
            since=act.at,
        )
        for section in Section.objects.filter(code__in=case.related)
    ]


def ask(project: Project, kind: RevisionKind, answers: Mapping[str, Any], act: Act) -> Run:
    """Ask for the decision of a change, stop, roll-out or completion of a running case."""
    revision: Revision = cases.freeze(
        project=project, kind=kind, answers=answers, by=act.by, at=act.at
    )
    run = Run.objects.create(
        kind=RunKind.APPROVAL,
        project=project,
        revision=revision,
        started_by=act.by,
        started_at=act.at,
    )
    act.say(Saying(run=run, outcome=Outcome.SUBMITTED, capacity=act.capacity, clause=""))
    choose_way(run, act)
    return run
