"""Verbs of 議論: write, answer, settle a question, take one's own remark back.

Each verb is one transaction that holds the case's row, asks ``access`` inside it and refuses with
facts. A remark that the same person sent within a minute is the same click, not a second remark.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from bpr_projects.access import SILENT, Ties, Voice, ties_of, voice_of
from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.models import Comment, Project
from bpr_projects.signals import comment_taken_back, comment_written
from roles.enums import Role
from roles.models import capacities_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from roles.models import Capacity, Post, User

MOMENT: Final = timedelta(minutes=1)
"""The same words of the same person within this time are one click."""

MOST_MENTIONS: Final = 20

CHAIRS: Final = frozenset({Role.PT_CHAIR, Role.HQ_CHAIR})
"""As what somebody speaks who sits on other seats of the same body too."""


class Refused(Exception):
    """A verb that did nothing, and why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class NotAllowed(Refused):
    """Not you."""


class NotNow(Refused):
    """Somebody was first, or the case has moved on."""


class Unclear(Refused):
    """``problems`` maps field names to sentences."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(problems.values()))


class Room:
    """A case's discussion inside the lock, as one person meets it."""

    def __init__(self, project: Project, by: User, at: datetime) -> None:
        self.at, self.by = at, by
        self.project = (
            Project.objects.select_for_update(of=("self",), no_key=True)
            .select_related("section", "proposer_post")
            .get(pk=project.pk)
        )
        self.ties: Ties = ties_of(self.project)
        on = localdate(at)
        self.capacities: list[Capacity] = capacities_of(by, on)
        self.voice: Voice = voice_of(by, self.capacities, self.ties, on)

    def demand(self) -> None:
        """Somebody who may read may come in."""
        if self.voice == SILENT:
            raise NotAllowed(_("この案件の議論は閲覧できません。"))

    def thread(self, comment: Comment) -> Comment:
        """The row of a thread's first remark, locked; unread ones do not exist."""
        found = (
            Comment.objects.select_for_update(of=("self",), no_key=True)
            .select_related("written_by", "settled_by")
            .filter(project=self.project, pk=comment.pk, level__in=self.voice.reads)
            .first()
        )
        if found is None:
            raise NotAllowed(_("このコメントは閲覧できません。"))
        return found

    def answers(self, question: Comment) -> bool:
        """Whether the person stands on the other side than who asked: the proposing one or not.

        Who asked and has left stands on no side: any answer will do.
        """
        asker, on = question.written_by, localdate(self.at)
        asked = voice_of(asker, capacities_of(asker, on), self.ties, on)
        return not asked.reads or asked.is_proposing != self.voice.is_proposing

    def post(self, role: Role | None = None) -> Post | None:
        """As what the person speaks: a wanted role, the proposing seat, else the first post."""
        posts = [each.post for each in self.capacities]
        if role is not None:
            return next((post for post in posts if post.role == role), None)
        speaking = [post for post in posts if post.role not in (Role.STAFF, Role.AUDITOR)]
        mine = [post for post in posts if post.pk == self.project.proposer_post_id]
        speaking.sort(key=lambda post: post.role not in CHAIRS)
        return next(iter([*mine, *speaking, *posts]), None)


@transaction.atomic
def write(
    *,
    project: Project,
    kind: CommentKind,
    level: CommentLevel,
    text: str,
    mentions: Collection[User] = (),
    by: User,
    at: datetime,
) -> Comment:
    """A new remark, question or 助言 for those who read the level."""
    room = Room(project, by, at)
    room.demand()
    _may_write(room, kind, level)
    if again := _same(room, kind=kind, level=level, text=text, parent=None):
        return again
    _may_be_told(room, level, mentions)
    is_advice = kind == CommentKind.ADVICE
    comment = Comment.objects.create(
        project=room.project,
        kind=kind,
        level=level,
        text=text,
        written_by=by,
        post=room.post(Role.SECRETARIAT if is_advice else None),
        written_at=at,
    )
    comment.mentions.set(mentions)
    comment_written.send(sender=write, comment=comment, settles=None, at=at)
    return comment


def _may_write(room: Room, kind: CommentKind, level: CommentLevel) -> None:
    if level not in room.voice.writes:
        raise NotAllowed(why_not(room.voice, level))
    if kind == CommentKind.ADVICE and not room.voice.advises:
        raise NotAllowed(_("「事務局の助言」を書けるのは、事務局です。"))
    if kind != CommentKind.REMARK and level == CommentLevel.REVIEW:
        sentence = _(
            "%sは、提案者が読める範囲で書いてください（「事務局・PTのみ」は提案者に見えません）。"
        )
        raise Unclear({"level": sentence % kind.label})


def why_not(voice: Voice, level: CommentLevel) -> str:
    """Why somebody who may read the case may not write at a level."""
    if level in voice.reads:
        return _("監査の職の方は、議論を読むことだけができます。")
    if level == CommentLevel.REVIEW:
        return _("「事務局・PTのみ」は、事務局・PT・本部の方だけが読み書きできます。")
    return _("「関係者」は、提案した課と、この案件に関わる課・職の方だけが読み書きできます。")


@transaction.atomic
def answer(
    *,
    thread: Comment,
    text: str,
    mentions: Collection[User] = (),
    by: User,
    at: datetime,
) -> Comment:
    """An answer under a remark, for the same readers. The other side's settles a question."""
    room = Room(thread.project, by, at)
    room.demand()
    first = room.thread(thread)
    level = CommentLevel(first.level)
    if first.parent_id is not None or first.taken_back_at is not None:
        raise NotNow(_("このコメントには、返信できません。"))
    if level not in room.voice.writes:
        raise NotAllowed(why_not(room.voice, level))
    if again := _same(room, kind=CommentKind.REMARK, level=level, text=text, parent=first):
        return again
    _may_be_told(room, level, mentions)
    said = Comment.objects.create(
        project=room.project,
        parent=first,
        level=level,
        text=text,
        written_by=by,
        post=room.post(),
        written_at=at,
    )
    said.mentions.set(mentions)
    settles = is_open(first) and room.answers(first)
    if settles:
        _settle(first, by, at)
    comment_written.send(sender=answer, comment=said, settles=first if settles else None, at=at)
    return said


@transaction.atomic
def settle(*, question: Comment, by: User, at: datetime) -> Comment:
    """「回答済みにする」 by who asked or the 事務局. Settled before: nothing happens again."""
    room = Room(question.project, by, at)
    room.demand()
    first = room.thread(question)
    if first.settled_at is not None and first.settled_by_id == by.pk:
        return first
    if not is_open(first):
        raise NotNow(_settled_words(first))
    if not may_settle(first, room.voice, by):
        raise NotAllowed(
            _("「回答済み」にできるのは、質問した %s さんと事務局です。") % first.written_by.name
        )
    _settle(first, by, at)
    return first


def is_open(comment: Comment) -> bool:
    """A question that waits for its answer."""
    return (
        comment.kind == CommentKind.QUESTION
        and comment.settled_at is None
        and comment.taken_back_at is None
    )


def may_settle(question: Comment, voice: Voice, person: User) -> bool:
    """Who asked, and the 事務局."""
    return question.level in voice.writes and (voice.advises or question.written_by_id == person.pk)


def _settle(question: Comment, by: User, at: datetime) -> None:
    question.settled_at, question.settled_by = at, by
    question.save(update_fields=["settled_at", "settled_by"])


def _settled_words(comment: Comment) -> str:
    if comment.settled_at is None or comment.settled_by is None:
        return _("このコメントは、回答を待つ質問ではありません。")
    return _("この質問は、%(name)sさんが %(when)s に回答済みにしています。") % {
        "name": comment.settled_by.name,
        "when": moment(comment.settled_at),
    }


@transaction.atomic
def take_back(*, comment: Comment, by: User, at: datetime) -> Comment:
    """取消し of one's own remark. The row stays; its text is not shown to anybody any more."""
    room = Room(comment.project, by, at)
    room.demand()
    found = room.thread(comment)
    if found.written_by_id != by.pk:
        raise NotAllowed(
            _("取り消せるのは、書いたご本人（%s さん）だけです。") % found.written_by.name
        )
    if found.taken_back_at is None:
        found.taken_back_at = at
        found.save(update_fields=["taken_back_at"])
        comment_taken_back.send(sender=take_back, comment=found, at=at)
    return found


# --- once, and to whom ---


def _same(
    room: Room, *, kind: CommentKind, level: CommentLevel, text: str, parent: Comment | None
) -> Comment | None:
    """What the same click wrote a moment ago."""
    return Comment.objects.filter(
        project=room.project,
        written_by=room.by,
        parent=parent,
        kind=kind,
        level=level,
        text=text,
        taken_back_at=None,
        written_at__gt=room.at - MOMENT,
    ).first()


def _may_be_told(room: Room, level: CommentLevel, people: Collection[User]) -> None:
    """Only persons who may read it can be called."""
    if len(people) > MOST_MENTIONS:
        raise Unclear({"mentions": _("知らせる職員は、%s人までです。") % MOST_MENTIONS})
    on = localdate(room.at)
    deaf = [
        person.name
        for person in people
        if level not in voice_of(person, capacities_of(person, on), room.ties, on).reads
    ]
    if deaf:
        sentence = _(
            "%(names)sさんは、この案件の「%(level)s」のコメントを読めないため、"
            "知らせることができません。範囲を変えるか、お名前を外してください。"
        )
        raise Unclear({"mentions": sentence % {"names": "さん、".join(deaf), "level": level.label}})


def moment(at: datetime) -> str:
    """Local month, day and time, as refusals tell it."""
    local = localtime(at)
    return f"{local.month}/{local.day} {local:%H:%M}"
