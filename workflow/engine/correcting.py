"""訂正: 決裁 is never undone, but its post may decide its words and conditions anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow import access
from workflow.actions import correction
from workflow.actions.acts import record
from workflow.actions.refusals import AlreadyDone, NotFound
from workflow.engine.locking import locked
from workflow.engine.settling import act_of, allowed
from workflow.enums import RunKind
from workflow.models import Decision, Run

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Project
    from roles.models import User
    from workflow.outcomes import Answer


def correct(
    *, project: Project, decision_id: int, answer: Answer, by: User, at: datetime
) -> Decision:
    """Decide the words and conditions of the proposal's 決裁 anew; returns what counts now.

    ``decision_id``: the decision that the form showed. Raises ``AlreadyDone`` when another one
    stands in its place meanwhile, ``NotAllowed``, ``Unanswered`` or ``NotFound``.
    """
    run = Run.objects.filter(project=project, kind=RunKind.PROJECT).order_by("-pk").first()
    if run is None:
        raise NotFound
    with locked(run) as held:
        assert held.project is not None  # noqa: S101 -- asked for by project
        act = act_of(by, at, allowed(access.may(by, "correct", held.project, at)))
        final = access.standing_final(held.project)
        if final is None or final.pk != decision_id:
            raise AlreadyDone(final)
        final.run = held
        correction.correct(final, answer, act)
        [said] = record(act)
        correction.move_reports(final, said)
        return said
