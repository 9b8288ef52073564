"""紙決裁の後登録: the 事務局 registers a decision on paper, a second person of it confirms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workflow import access
from workflow.actions import answers, papers
from workflow.actions.refusals import AlreadyDone, NotAllowed, NotFound
from workflow.engine.locking import locked, run_of, slot_of
from workflow.engine.settling import settle
from workflow.engine.tokens import go_on
from workflow.enums import DECIDING_KINDS, Outcome, PaperState
from workflow.models import PaperDecision

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from bpr_projects.models import Project
    from roles.models import User
    from workflow.models import Decision, Run


def record_paper(
    *,
    project: Project,
    slot_id: int,
    revision_hash: str,
    paper: papers.Paper,
    by: User,
    at: datetime,
) -> PaperDecision:
    """Register what was decided on paper at an open 決裁 step. It counts once it is confirmed.

    One waits at a time; the same click is the same paper. Raises ``NotFound`` at any other step,
    ``AlreadyDone``, ``NotAllowed``, ``StaleText`` or ``Unanswered``.
    """
    paper = replace(paper, answer=answers.needed(paper.answer, paper.outcome))
    with locked(run_of(slot_id, project)) as run:
        slot = slot_of(slot_id, run)
        if slot.step_run.kind not in DECIDING_KINDS:
            raise NotFound
        waiting = PaperDecision.objects.waiting([slot.pk]).for_pages().first()
        if waiting is not None and papers.is_repeat(waiting, paper, by):
            return waiting
        if waiting is not None and access.may_record_paper(by, slot, at):
            raise AlreadyDone(None, access.standing_paper(waiting))
        seat = papers.check(slot=slot, paper=paper, revision_hash=revision_hash, by=by, at=at)
        return papers.record(slot=slot, paper=paper, seat=seat, at=at)


def confirm_paper(*, project: Project, key: UUID, by: User, at: datetime) -> Decision:
    """Let a registered paper count, as a second person; the same click is the same decision."""
    with locked(_run_of(project, key)) as run:
        paper = _again(key, run)
        if paper.state == PaperState.CONFIRMED and paper.settled_by_id == by.pk:
            assert paper.decision is not None  # noqa: S101 -- a confirmed paper is a decision
            return paper.decision
        papers.must_wait(paper)
        slot, outcome = paper.slot, Outcome(paper.outcome)
        before = answers.standing(slot)
        answers.still_open(slot, outcome, before)
        act = papers.act_of(paper, slot, by, at)
        answers.same_text(slot, paper.revision.content_hash)
        texts = papers.texts_of(paper)
        answer = papers.answer_of(paper, texts)
        finished = answers.answer(
            slot=slot,
            outcome=outcome,
            answer=answer,
            before=before,
            permit=access.yes(act.capacity),
            act=act,
            why_on_paper=texts.get("why_on_paper", ""),
        )
        go_on(slot, act, finished=finished)
        said = settle(run, act)[0]
        papers.settle(paper, said, act)
        return said


def refuse_paper(
    *, project: Project, key: UUID, reason: str, by: User, at: datetime
) -> PaperDecision:
    """Refuse a registered paper with a reason; who registered it may take it back so."""
    with locked(_run_of(project, key)) as run:
        paper = _again(key, run)
        if paper.state == PaperState.REFUSED and paper.settled_by_id == by.pk:
            return paper
        papers.must_wait(paper)
        permit = access.may_refuse_paper(by, paper, at)
        if not permit:
            raise NotAllowed(permit.reason)
        papers.refuse(paper, reason, by, at)
        return paper


def _run_of(project: Project, key: UUID) -> Run:
    found = PaperDecision.objects.filter(project=project, key=key)
    slot_id = found.values_list("slot", flat=True).first()
    if slot_id is None:
        raise NotFound
    return run_of(slot_id, project)


def _again(key: UUID, run: Run) -> PaperDecision:
    """The paper as it is inside the lock, with the ``Run`` object that the verbs change."""
    found = PaperDecision.objects.select_related(
        "decided_by",
        "recorded_by",
        "settled_by",
        "revision",
        "entry",
        "decision__decided_by",
        "decision__post",
    )
    paper = found.get(key=key)
    paper.slot = slot_of(paper.slot_id, run)
    return paper
