"""提出 and 再提出."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from bpr_projects.enums import Stage
from bpr_projects.models import Project
from workflow import access
from workflow.actions import answers, submission
from workflow.actions.refusals import AlreadyDone, Refusal
from workflow.engine.locking import locked, refusing, run_of, slot_of
from workflow.engine.settling import act_of, allowed, settle
from workflow.engine.tokens import execute
from workflow.enums import Outcome, SlotState, StepKind
from workflow.flows import ProjectFlow
from workflow.models import Decision, Run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from roles.models import User


def submit(*, project: Project, draft_version: int, by: User, at: datetime) -> Run:
    """提出: exactly once. A draft saved elsewhere meanwhile is a ``Refusal``."""
    with refusing(), transaction.atomic():
        project = (
            Project.objects.select_for_update(of=("self",))
            .select_related("section__department", "area", "proposer_post")
            .get(pk=project.pk)
        )
        _still_draft(project)
        permit = allowed(access.may(by, "submit", project, at))
        _same_draft(project, draft_version)
        act = act_of(by, at, permit)
        run = submission.submit(project, act)
        ProjectFlow.submit.run(run=run)
        settle(run, act)
        return run


def _same_draft(project: Project, draft_version: int) -> None:
    if project.draft_version != draft_version:
        raise Refusal(_("提出の前に、下書きが別の画面で保存されています。内容を確かめてください。"))


def _still_draft(project: Project) -> None:
    if project.stage == Stage.DRAFT and project.number is None:
        return
    first = (
        Decision.objects.filter(project=project, outcome=Outcome.SUBMITTED)
        .select_related("decided_by", "post")
        .first()
    )
    raise AlreadyDone(first)


def resubmit(
    *,
    project: Project,
    slot_id: int,
    draft_version: int,
    comment: str,
    by: User,
    at: datetime,
    corrections: Mapping[str, Any] | None = None,
) -> Run:
    """再提出 after 差戻し or 引戻し: the working copy becomes the next revision.

    ``corrections`` changes the text of a change, stop, roll-out or completion.
    """
    with locked(run_of(slot_id, project)) as run:
        slot = slot_of(slot_id, run)
        if slot.state != SlotState.OPEN or slot.step_run.kind != StepKind.REVISION:
            raise AlreadyDone(answers.standing(slot))
        permit = allowed(access.may_answer(by, slot, at))
        assert run.project is not None  # noqa: S101 -- revision steps belong to cases
        draft = Project.objects.select_for_update(no_key=True).get(pk=run.project.pk)
        _same_draft(draft, draft_version)
        act = act_of(by, at, permit)
        submission.resubmit(slot, act, comment, corrections or {})
        execute(slot, by)
        settle(slot.step_run.run, act)
        return slot.step_run.run
