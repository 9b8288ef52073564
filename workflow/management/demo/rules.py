"""The rules of the sample city change too: one version is decided, another is being written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.timezone import localdate

from bpr_projects import calendar
from roles.models import Post, holders_of
from workflow import engine
from workflow.actions import route_versions
from workflow.enums import Outcome
from workflow.models import Route, Slot
from workflow.outcomes import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from roles.models import User
    from workflow.models import Run

DECIDED: Final = "RT2"
WRITTEN: Final = "RT3"
REVIEW_DAYS: Final = 6
LIMITS: Final = [
    {"fact": "cost", "op": ">=", "value": 1_000_000, "text": "費用が100万円以上"},
    {"fact": "section_count", "op": ">=", "value": 3, "text": "3課以上にまたがる"},
]
MEETING_DAYS: Final = 3


def moments(first: datetime, closures: frozenset[date]) -> Iterator[datetime]:
    """The life of both versions: each moment, and after it what happens then."""
    days = [_later(first, number, closures) for number in (0, 2, 4, 5)]
    yield days[0]
    run = _propose(days[0])
    for at, outcome in zip(days[1:3], (Outcome.APPROVED, Outcome.ADOPTED), strict=True):
        yield at
        _answer(run, outcome, at)
    yield days[3]
    _write(days[3])


def _later(first: datetime, days: int, closures: frozenset[date]) -> datetime:
    day = calendar.add_business_days(localdate(first), days, closures)
    return first + timedelta(days=(day - localdate(first)).days)


def _holder(post: Post, on: date) -> User:
    return holders_of([post.pk], on)[post.pk][0].person


def _draft(code: str, at: datetime, **head: Any) -> Route:
    """A copy of the version in force with another text, by the 事務局."""
    by = _holder(Post.objects.get(code="SECRETARIAT"), localdate(at))
    now = Route.objects.filter(code=code).latest("version")
    begins = calendar.first_of_next_month(calendar.first_of_next_month(localdate(at)))
    draft = route_versions.start_draft(of=now, by=by, effective_from=begins)
    draft = route_versions.write(draft, draft.draft_version, by)
    kept = {name: getattr(draft, name) for name in route_versions.HEAD}
    route_versions.save_head(draft, {**kept, **head})
    return draft


@transaction.atomic
def _propose(at: datetime) -> Run:
    draft = _draft(
        DECIDED,
        at,
        purpose="審査の期限を8営業日から6営業日に縮め、期限を過ぎたらPT長に知らせる。"
        "上半期の審査は平均5営業日で終わっており、遅れた案件だけが目立っていたため。",
    )
    draft.steps.filter(kind="REVIEW").update(
        standard_days=REVIEW_DAYS, at_deadline="ESCALATE", escalate_to="PT_CHAIR"
    )
    by = draft.authors.get()
    return engine.propose_route(route=draft, draft_version=draft.draft_version, by=by, at=at)


def _answer(run: Run, outcome: Outcome, at: datetime) -> None:
    slot = Slot.objects.select_related("post", "step_run__revision").get(
        step_run__run=run, closed_at=None
    )
    revision = slot.step_run.revision
    engine.decide(
        project=None,
        slot_id=slot.pk,
        revision_hash=revision.content_hash if revision else "",
        outcome=outcome,
        answer=Answer(comment="実績から見て無理のない日数と認める。"),
        by=_holder(slot.post, localdate(at)),
        at=at,
    )


@transaction.atomic
def _write(at: datetime) -> None:
    """Still a draft: cases below the new limits would take another route."""
    draft = _draft(
        WRITTEN,
        at,
        condition={"any": LIMITS},
        purpose="合議と本部会議を要する範囲を、費用100万円以上又は3課以上に改める。"
        "あわせて、本部会議（持ち回り）の期限を5営業日から3営業日に縮める。",
    )
    draft.steps.filter(kind="DELIBERATION").update(standard_days=MEETING_DAYS)
