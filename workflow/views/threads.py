"""What the page of 議論 shows: threads, open questions first, a page in one query."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import BooleanField, Case, CharField, ExpressionWrapper, Q, Value, When
from django.db.models.functions import Concat

from bpr_projects import discussion
from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.models import Comment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from bpr_projects.access import Voice
    from bpr_projects.forms import SayForm
    from bpr_projects.models import Project
    from roles.models import User

PAGE: Final = 15
"""Threads on a page, each with its answers."""

CURSOR: Final = re.compile(r"([01])-([0-9]{1,18})")

NAME: Final = Case(
    When(
        mentions__isnull=False,
        then=Concat("mentions__family_name", Value(" "), "mentions__given_name"),
    ),
    default=None,
    output_field=CharField(),
)

LEVEL_LOOKS: Final = {
    CommentLevel.PARTIES: ("", "users"),
    CommentLevel.REVIEW: ("warn", "lock"),
    CommentLevel.EVERYONE: ("info", "building-2"),
}
"""Level -> tone and icon of its chip."""


@dataclass(frozen=True)
class Remark:
    """One comment as a reader sees it; the words of one that was taken back are not in here."""

    comment: Comment
    pieces: tuple[tuple[str, bool], ...]
    told: tuple[str, ...]
    is_mine: bool

    @property
    def is_gone(self) -> bool:
        """Taken back."""
        return self.comment.taken_back_at is not None


@dataclass
class Thread:
    """A remark with its answers."""

    first: Remark
    answers: list[Remark] = field(default_factory=list)
    may_answer: bool = False
    may_settle: bool = False
    form: SayForm | None = None

    @property
    def is_open(self) -> bool:
        """A question that waits."""
        return discussion.is_open(self.first.comment)

    @property
    def look(self) -> tuple[str, str]:
        """Tone and icon of the level."""
        return LEVEL_LOOKS[CommentLevel(self.first.comment.level)]


@dataclass(frozen=True)
class Threads:
    """A page of them; ``after`` leads to the next one."""

    rows: list[Thread]
    after: str

    @property
    def waiting(self) -> list[Thread]:
        """Open questions."""
        return [each for each in self.rows if each.is_open]

    @property
    def others(self) -> list[Thread]:
        """Everything else, newest first."""
        return [each for each in self.rows if not each.is_open]


def threads_of(
    project: Project, reader: User, voice: Voice, after: str = "", *, most: int = PAGE
) -> Threads:
    """Open questions first, then the newest; only levels that the reader may read."""
    readable = Comment.objects.filter(project=project, level__in=voice.reads)
    page = _after(_firsts(readable), after).values("pk")[: most + 1]
    rows = (
        readable.filter(Q(pk__in=page) | Q(parent__in=page))
        .select_related("written_by", "post", "settled_by")
        .annotate(called=NAME)
        .order_by("pk", "called")
    )
    shown = _remarks(rows, reader)
    found = {each.comment.pk: Thread(each) for each in shown if each.comment.parent_id is None}
    for each in shown:
        if each.comment.parent_id in found:
            found[each.comment.parent_id].answers.append(each)
    ordered = sorted(found.values(), key=lambda each: (not each.is_open, -each.first.comment.pk))
    for thread in ordered:
        _allow(thread, reader, voice)
    last = ordered[most - 1] if len(ordered) > most else None
    return Threads(
        ordered[:most], _cursor(last.first.comment.pk, last.is_open) if last is not None else ""
    )


def page_with(project: Project, voice: Voice, remark: str) -> str:
    """``after`` of the page that holds a remark or an answer; empty when it is the first page.

    Threads change their page when others come and when a question is settled, so links name the
    remark.
    """
    readable = Comment.objects.filter(project=project, level__in=voice.reads)
    is_id = remark.isascii() and remark.isdecimal() and len(remark) < 19  # fits a BigAutoField
    found = readable.filter(pk=remark).values_list("pk", "parent").first() if is_id else None
    if found is None:
        return ""
    ordered = list(_firsts(readable).values_list("pk", "waits"))
    pks = [pk for pk, _waits in ordered]
    thread = found[1] or found[0]
    begin = pks.index(thread) // PAGE * PAGE if thread in pks else 0
    return _cursor(*ordered[begin - 1]) if begin else ""


WAITS: Final = Q(kind=CommentKind.QUESTION, settled_at=None, taken_back_at=None)
"""An open question."""


def _firsts(readable: QuerySet[Comment]) -> QuerySet[Any]:
    """The remarks with which threads begin, in the order of the pages."""
    firsts = readable.filter(parent=None)
    firsts = firsts.annotate(waits=ExpressionWrapper(WAITS, BooleanField()))
    return firsts.order_by("-waits", "-pk")


def _cursor(pk: int, waits: bool) -> str:  # noqa: FBT001 -- a row of ``_firsts``
    return f"{int(waits)}-{pk}"


def _after(first: QuerySet[Any], after: str) -> QuerySet[Any]:
    cursor = CURSOR.fullmatch(after)
    if cursor is None:
        return first
    older = Q(pk__lt=int(cursor[2]))
    return first.filter(WAITS & older | ~WAITS if cursor[1] == "1" else ~WAITS & older)


def _allow(thread: Thread, reader: User, voice: Voice) -> None:
    comment = thread.first.comment
    thread.may_answer = not thread.first.is_gone and comment.level in voice.writes
    thread.may_settle = thread.is_open and discussion.may_settle(comment, voice, reader)


def _remarks(rows: Iterable[Comment], reader: User) -> list[Remark]:
    """A row comes once for each person it calls."""
    told: dict[int, list[str]] = {}
    comments: dict[int, Comment] = {}
    for row in rows:
        comments[row.pk] = row
        told.setdefault(row.pk, []).append(row.called)  # type: ignore[attr-defined]  # annotated
    return [
        _remark(each, [name for name in told[pk] if name], reader) for pk, each in comments.items()
    ]


def _remark(comment: Comment, told: list[str], reader: User) -> Remark:
    if comment.taken_back_at is not None:
        comment.text = ""
        return Remark(comment, (), (), is_mine=False)
    return Remark(
        comment,
        pieces=tuple(_pieces(comment.text, told)),
        told=tuple(told),
        is_mine=comment.written_by_id == reader.pk,
    )


def _pieces(text: str, names: list[str]) -> Iterable[tuple[str, bool]]:
    """The text cut at the names that it calls; those are marked."""
    called = [r"\s?".join(map(re.escape, name.split())) for name in names]
    if not called:
        return [(text, False)]
    parts = re.split(rf"([@\uff20](?:{'|'.join(called)}))", text)
    return [(part, n % 2 == 1) for n, part in enumerate(parts) if part]
