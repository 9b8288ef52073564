"""Who may read which case, and what of its discussion: behind every list, page, mail and export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from django.db.models import BigIntegerField, CharField, Expression, Q, Value
from django.utils.timezone import localdate
from guardian.shortcuts import get_users_with_perms

from bpr_projects.enums import ADOPTED, CommentKind, CommentLevel
from bpr_projects.models import (
    Comment,
    JoinRequest,
    Participant,
    Project,
    ProjectQuerySet,
    ProjectUserObjectPermission,
)
from roles.enums import Role, Scope
from roles.grants import GRANTS
from roles.models import User, capacities_of, everybody, is_on_the_staff, places_of
from roles.permissions import Perm

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from roles.models import Capacity


def visible_to(user: User, at: datetime) -> ProjectQuerySet:
    """Cases that this person may read at this moment. Inactive people and leavers see nothing.

    Own and co-proposed cases always; drafts nobody else's. Submitted cases by the scope of the
    posts of the day, by participation of a post (also of one that the rule of 代決 names the
    person for) or section, by an explicit grant. Adopted cases are shared with all staff
    (plan 2-5(5)) unless confidential.
    """
    on = localdate(at)
    capacities = capacities_of(user, on)
    if has_left(user, capacities, on):
        return Project.objects.none()
    return in_sight(user, capacities, places_of(user, on, capacities))


def in_sight(
    user: User, capacities: Collection[Capacity], places: Iterable[Capacity]
) -> ProjectQuerySet:
    """``visible_to`` for whoever knows the posts of the day: of a person who has not left."""
    posts = [each.post.pk for each in capacities]
    mine = Q(proposer=user) | Q(proposer_post__in=posts) | Q(pk__in=granted(user, "edit_draft"))
    submitted = Q(number__isnull=False)
    readable = _readable(user, capacities, [*posts, *(each.post.pk for each in places)])
    return Project.objects.filter(mine | (submitted & readable))


def has_left(user: User, capacities: Collection[Capacity], on: date) -> bool:
    """Nothing is read without a post of that day; who is on leave from one keeps what is the own.

    ``capacities``: those of the day, so that only who has none is asked for.
    """
    return not capacities and not is_on_the_staff(user, on)


def _readable(user: User, capacities: Iterable[Capacity], posts: list[int]) -> Q:
    sections: set[int] = set()
    departments: set[int] = set()
    for each in capacities:
        scope = GRANTS[Role(each.post.role)].get(Perm.VIEW_PROJECT)
        if scope == Scope.ALL:
            return Q()
        if scope == Scope.OWN_SECTION:
            if each.post.section_id:
                sections.add(each.post.section_id)
            elif each.post.department_id:
                departments.add(each.post.department_id)
    own = {each.post.section_id for each in capacities if each.post.section_id}
    return (
        Q(section__in=sections)
        | Q(section__department__in=departments)
        | Q(
            pk__in=Participant.objects.filter(Q(post__in=posts) | Q(section__in=own)).values(
                "project"
            )
        )
        | Q(pk__in=granted(user, "read_project"))
        | Q(stage__in=ADOPTED, is_confidential=False)
    )


def granted(user: User, permission: str) -> QuerySet[ProjectUserObjectPermission, Any]:
    """Cases on which a person holds an explicit grant, as keys; model-wide rights do not count.

    What guardian's list says with ``accept_global_perms=False`` and no groups, in one subquery.
    """
    grants = ProjectUserObjectPermission.objects.filter(user=user, permission__codename=permission)
    return grants.order_by().values("content_object")


def proposed_by(user: User) -> ProjectQuerySet:
    """Cases of which a person is an author: what their reviewers say is not for this person."""
    return Project.objects.filter(
        Q(proposer=user)
        | Q(pk__in=granted(user, "edit_draft"))
        | Q(pk__in=granted(user, "wrote_draft"))
    )


AUTHORING: Final = ("edit_draft", "wrote_draft")
"""What makes somebody an author who never decides: may write the draft, or has written it.

``wrote_draft`` opens nothing; it stays with whoever was taken off the sheet.
"""


def authors_of(project: Project) -> frozenset[int]:
    """Persons who proposed, whether or not they still may edit: none of them decides."""
    return _holding(project, AUTHORING)


def partners_of(project: Project) -> frozenset[int]:
    """The author and those who may edit the draft now: whom the case is told and shown."""
    return _holding(project, ["edit_draft"])


def _holding(project: Project, permissions: Iterable[str]) -> frozenset[int]:
    people = cast(
        "QuerySet[User]",
        get_users_with_perms(project, only_with_perms_in=list(permissions), with_group_users=False),
    )
    return frozenset({project.proposer_id, *people.values_list("pk", flat=True)})


# --- the discussion --------------------------------------------------------------------------

REVIEWING: Final = frozenset(
    {Role.SECRETARIAT, Role.PT_MEMBER, Role.PT_CHAIR, Role.HQ_MEMBER, Role.HQ_CHAIR}
)
"""Whose posts speak among themselves (事務局・PTのみ)."""

OVERSEEING: Final = REVIEWING | {Role.AUDITOR}
"""Whose posts read that; 監査 reads everything and says nothing."""

LEADING: Final = frozenset({Role.DX_LEADER, Role.SECTION_HEAD})
"""Whose posts speak for their section."""


@dataclass(frozen=True)
class Ties:
    """What ties posts, sections and persons to a case, and what its discussion waits for.

    ``sections`` take part by themselves, ``represented`` by one of their posts as well; ``wrote``:
    who wrote the proposal, perhaps no longer among its ``authors``;
    ``asking`` are open requests to join by section, ``questions`` the levels of open questions.
    """

    project: Project
    posts: frozenset[int]
    sections: frozenset[int]
    represented: frozenset[int]
    authors: frozenset[int]
    wrote: frozenset[int]
    invited: frozenset[int]
    asking: dict[int, int]
    questions: tuple[CommentLevel, ...]


@dataclass(frozen=True)
class Voice:
    """What somebody may read and say in the discussion of a case.

    ``is_proposing``: answers for the case. ``advises``: the 事務局. ``leads``: sections for which
    the person may ask to join.
    """

    reads: frozenset[CommentLevel] = frozenset()
    writes: frozenset[CommentLevel] = frozenset()
    is_proposing: bool = False
    advises: bool = False
    leads: frozenset[int] = frozenset()
    open_questions: int = 0

    def __bool__(self) -> bool:
        return bool(self.reads)


SILENT: Final = Voice()
"""Of whoever may not see the case, and of everybody while it is a draft."""

Column: TypeAlias = str | Expression


def ties_of(project: Project) -> Ties:
    """Read them, in one query."""
    first, *others = [
        rows.order_by().values_list(Value(kind, CharField()), *columns)
        for rows, kind, *columns in tie_parts(project)
    ]
    return ties_from(project, first.union(*others, all=True))


def ties_from(project: Project, rows: Iterable[tuple[Any, ...]]) -> Ties:
    """Ties from the rows of ``tie_parts``: kind, three numbers, a word."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for kind, *columns in rows:
        found.setdefault(kind, []).append(tuple(columns))
    parts = found.get("part", [])
    grants = found.get("grant", [])
    sections = {section for _post, section, _of_post, _word in parts if section}
    own = {pk for pk in (project.section_id, project.proposer_post.section_id) if pk}
    return Ties(
        project=project,
        posts=frozenset(post for post, *_rest in parts if post),
        sections=frozenset(sections),
        represented=frozenset({of_post for *_ids, of_post, _word in parts if of_post} | own),
        authors=frozenset(
            {project.proposer_id, *(who for who, *_ids, word in grants if word == "edit_draft")}
        ),
        wrote=frozenset(who for who, *_ids, word in grants if word == "wrote_draft"),
        invited=frozenset(who for who, *_ids, word in grants if word == "read_project"),
        asking={section: pk for pk, section, *_rest in found.get("join", [])},
        questions=tuple(CommentLevel(word) for *_ids, word in found.get("question", [])),
    )


TiePart: TypeAlias = "tuple[QuerySet[Any], str, Column, Column, Column, Column]"


def tie_parts(project: Project) -> list[TiePart]:
    """Rows, their kind, three numbers and a word: for this union, or as a part of a larger one."""
    nothing = Value(None, BigIntegerField())
    no_word = Value("", CharField())
    questions = Comment.objects.filter(
        project=project, kind=CommentKind.QUESTION, settled_at=None, taken_back_at=None
    )
    return [
        (
            Participant.objects.filter(project=project),
            "part",
            "post_id",
            "section_id",
            "post__section_id",
            no_word,
        ),
        (
            ProjectUserObjectPermission.objects.filter(content_object=project),
            "grant",
            "user_id",
            nothing,
            nothing,
            "permission__codename",
        ),
        (
            JoinRequest.objects.filter(project=project, is_accepted=None),
            "join",
            "pk",
            "section_id",
            nothing,
            no_word,
        ),
        (questions, "question", "pk", nothing, nothing, "level"),
    ]


def voice_in(project: Project, user: User, at: datetime) -> Voice:
    """What this person may read and say at this moment."""
    on = localdate(at)
    return voice_of(user, capacities_of(user, on), ties_of(project), on)


def voice_of(person: User, capacities: Collection[Capacity], ties: Ties, on: date) -> Voice:
    """The rule, on facts that were read before.

    A reader of the case reads 全庁. 関係者 are the proposing side, whoever holds or deputises a
    post that takes part, the people of its section and of the 所管課, invited readers, 事務局, PT,
    本部 and 監査. 事務局・PTのみ is for 事務局, PT, 本部 and 監査, but not for the authors of the
    very case. Who reads a level writes it; whoever audits only reads.
    """
    if ties.project.number is None or has_left(person, capacities, on):
        return SILENT
    reads = _levels(person, capacities, ties)
    audits = any(each.post.role == Role.AUDITOR for each in capacities)
    is_mute = audits and person.pk not in ties.authors
    return Voice(
        reads=reads,
        writes=frozenset() if is_mute else reads,
        is_proposing=bool(reads) and _proposes(person, capacities, ties),
        advises=bool(reads) and any(each.post.role == Role.SECRETARIAT for each in capacities),
        leads=frozenset(_led(capacities)) if reads else frozenset(),
        open_questions=sum(level in reads for level in ties.questions),
    )


def _levels(person: User, capacities: Collection[Capacity], ties: Ties) -> frozenset[CommentLevel]:
    if not sees(person, capacities, ties):
        return frozenset()
    roles = {Role(each.post.role) for each in capacities}
    is_author = _is_author(person, capacities, ties)
    levels = {CommentLevel.EVERYONE}
    if is_author or roles & OVERSEEING or _takes_part(person, capacities, ties):
        levels.add(CommentLevel.PARTIES)
    if roles & OVERSEEING and not is_author:
        levels.add(CommentLevel.REVIEW)
    return frozenset(levels)


def sees(person: User, capacities: Collection[Capacity], ties: Ties) -> bool:
    """``visible_to`` for one submitted case and somebody who works here, on facts read before."""
    case = ties.project
    own = {each.post.section_id for each in capacities}
    return (
        person.pk in ties.authors | ties.invited
        or (case.stage in ADOPTED and not case.is_confidential)
        or any(each.post.pk in {case.proposer_post_id, *ties.posts} for each in capacities)
        or bool(own & ties.sections)
        or any(_reaches(each, case) for each in capacities)
    )


def _reaches(capacity: Capacity, case: Project) -> bool:
    post = capacity.post
    match GRANTS[Role(post.role)].get(Perm.VIEW_PROJECT):
        case Scope.ALL:
            return True
        case Scope.OWN_SECTION:
            return _is_of(capacity, case)
    return False


def _is_of(capacity: Capacity, case: Project) -> bool:
    """A post of the 所管課, or of the department above it."""
    post, section = capacity.post, case.section
    if section is None:
        return False
    if post.section_id:
        return post.section_id == section.pk
    return bool(post.department_id) and post.department_id == section.department_id


def _is_author(person: User, capacities: Iterable[Capacity], ties: Ties) -> bool:
    """Who proposed, and who sits on the proposing seat today; the 事務局 is a seat of several."""
    seat = ties.project.proposer_post
    return person.pk in ties.authors | ties.wrote or (
        not seat.is_shared and any(each.post.pk == seat.pk for each in capacities)
    )


def _proposes(person: User, capacities: Collection[Capacity], ties: Ties) -> bool:
    """Authors, the proposing seat, and whoever leads the 所管課."""
    case = ties.project
    return person.pk in ties.authors or any(
        each.post.pk == case.proposer_post_id
        or (each.post.role in LEADING and each.post.section_id == case.section_id)
        for each in capacities
    )


def _takes_part(person: User, capacities: Iterable[Capacity], ties: Ties) -> bool:
    sections = ties.sections | ties.represented
    return person.pk in ties.invited or any(
        each.post.pk in ties.posts or each.post.section_id in sections or _is_of(each, ties.project)
        for each in capacities
    )


def _led(capacities: Iterable[Capacity]) -> Iterable[int]:
    return (
        each.post.section_id
        for each in capacities
        if each.post.role in LEADING and each.post.section_id
    )


def voices(ties: Ties, on: date) -> list[tuple[User, list[Capacity], Voice]]:
    """Everybody who holds a post that day and may read the discussion, with what each may."""
    seats: dict[int, list[Capacity]] = {}
    for each in everybody(on):
        seats.setdefault(each.person.pk, []).append(each)
    heard = [
        (held[0].person, held, voice_of(held[0].person, held, ties, on)) for held in seats.values()
    ]
    return [row for row in heard if row[2]]
