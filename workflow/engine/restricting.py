"""関係者限り: a case that is not for all staff, or is again. It goes on meanwhile as it stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from workflow import access
from workflow.actions.acts import Saying, record
from workflow.actions.refusals import AlreadyDone, Unanswered
from workflow.engine.locking import locked, open_run
from workflow.engine.settling import act_of, allowed
from workflow.enums import RESTRICTING, Outcome
from workflow.models import Decision
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Project
    from roles.models import User
    from workflow.models import Run


def restrict(*, project: Project, reason: str, by: User, at: datetime) -> Run:
    """関係者限りにする by the 事務局: all staff no longer read the case, adopted or not."""
    return _change(project, Outcome.RESTRICTED, reason, by, at)


def unrestrict(*, project: Project, reason: str, by: User, at: datetime) -> Run:
    """関係者限りを解く by the 事務局: adopted, the case is for all staff again."""
    return _change(project, Outcome.UNRESTRICTED, reason, by, at)


def _change(project: Project, outcome: Outcome, reason: str, by: User, at: datetime) -> Run:
    wanted = outcome == Outcome.RESTRICTED
    with locked(open_run(project)) as run:
        assert run.project is not None  # noqa: S101 -- asked for by project
        last = _last(run.project)
        if run.project.is_confidential == wanted and last is not None:
            raise AlreadyDone(last)
        verb = "restrict" if wanted else "unrestrict"
        act = act_of(by, at, allowed(access.may(by, verb, run.project, at)))
        if not reason.strip():
            raise Unanswered({"comment": _("理由を入力してください。")})
        run.project.is_confidential = wanted
        run.project.save(update_fields=["is_confidential"])
        answer = Answer(comment=reason)
        act.say(Saying(run, outcome, act.capacity, clause="", answer=answer))
        record(act)
        return run


def _last(project: Project) -> Decision | None:
    said = Decision.objects.filter(project=project, outcome__in=RESTRICTING)
    return said.select_related("decided_by", "post").order_by("-pk").first()
