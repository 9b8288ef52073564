"""訂正: 決裁 is never undone, but its post may decide its words and conditions anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from workflow import access
from workflow.actions import correction
from workflow.actions.acts import record
from workflow.actions.refusals import AlreadyDone, NotFound
from workflow.engine.locking import locked
from workflow.engine.settling import act_of, allowed
from workflow.models import Decision, Run

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Project
    from roles.models import User
    from workflow.outcomes import Answer

READ_WITH: Final = ("post", "decided_by", "step_run", "slot", "entry")


def correct(
    *, project: Project, decision_id: int, answer: Answer, by: User, at: datetime
) -> Decision:
    """Decide the words and conditions of a 決裁 of a case anew; returns what counts now.

    ``decision_id``: the decision that the form showed. Raises ``AlreadyDone`` when another one
    stands in its place meanwhile, ``NotAllowed``, ``Unanswered`` or ``NotFound``.
    """
    run = Run.objects.filter(project=project, decisions=decision_id).first()
    if run is None:
        raise NotFound
    with locked(run) as held:
        found = Decision.objects.select_related(*READ_WITH)
        final = found.prefetch_related(correction.CONDITIONS).get(pk=decision_id)
        final.run = held
        act = act_of(by, at, allowed(access.may_correct(by, final, at)))
        standing = access.standing_for(final)
        if standing.pk != final.pk:
            raise AlreadyDone(standing)
        correction.correct(final, answer, act)
        [said] = record(act)
        correction.move_reports(final, said)
        return said
