"""A decision on paper at the open 決裁 step of a case, as the 事務局 registers it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localdate

from bpr_projects.forms import CheckedFile
from bpr_projects.forms.files import digest_of
from roles.models import Post, holders_of
from tests.make import ANSWERS, AT, holder, the_slot
from workflow import engine
from workflow.actions.papers import Paper
from workflow.enums import Outcome
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import Project
    from roles.models import User
    from workflow.models import Decision, PaperDecision

LATER: Final = AT + timedelta(days=3)
"""When the paper is registered and confirmed."""

ON: Final = date(2026, 5, 12)
"""The day of the paper: a day after the step was opened."""

SCAN: Final = b"%PDF-1.4 signed"
WHY: Final = "出張先で急ぎの決裁を受けたため"
WORDS: Final = "趣旨に賛同する。"


def keepers(at: datetime = LATER) -> list[User]:
    """The people of the 事務局, in the order of their appointments."""
    post = Post.objects.get(code="SECRETARIAT")
    return [each.person for each in holders_of([post.pk], localdate(at))[post.pk]]


def upload(content: bytes = SCAN, name: str = "決裁.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def a_scan(content: bytes = SCAN, name: str = "決裁.pdf") -> CheckedFile:
    file = upload(content, name)
    return CheckedFile(name, name.rpartition(".")[2], len(content), digest_of(file), file)


def a_paper(outcome: Outcome = Outcome.ADOPTED, **more: Any) -> Paper:
    """Whatever is not named is as it should be."""
    said = {"comment": WORDS, **ANSWERS.get(outcome, {}), **more.pop("answer", {})}
    known: dict[str, Any] = {"decided_on": ON, "reason": WHY, **more}
    known.setdefault("decided_by", holder("HQ-CHAIR", LATER))
    known.setdefault("scan", a_scan())
    return Paper(outcome=outcome, answer=Answer(**said), **known)


def register(
    case: Project, paper: Paper | None = None, *, by: User | None = None, at: datetime = LATER
) -> PaperDecision:
    slot = the_slot(case)
    revision = slot.step_run.revision
    assert revision is not None
    day = min(ON, localdate(at))
    return engine.record_paper(
        project=case,
        slot_id=slot.pk,
        revision_hash=revision.content_hash,
        paper=paper or a_paper(decided_by=holder(slot.post.code, at), decided_on=day),
        by=by or keepers()[0],
        at=at,
    )


def confirm(paper: PaperDecision, *, by: User | None = None, at: datetime = LATER) -> Decision:
    return engine.confirm_paper(project=paper.project, key=paper.key, by=by or keepers()[1], at=at)


def refuse(
    paper: PaperDecision, *, by: User | None = None, reason: str = "日付の誤り。"
) -> PaperDecision:
    return engine.refuse_paper(
        project=paper.project, key=paper.key, reason=reason, by=by or keepers()[1], at=LATER
    )
