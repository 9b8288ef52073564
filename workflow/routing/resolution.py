"""Which posts a step asks on a day, and why somebody is left out. Pure reads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roles.enums import Basis
from workflow.access.standing import read as read_standing
from workflow.enums import DECIDING_KINDS, READING_KINDS, DeputyPolicy, StepKind, WhoRule
from workflow.routing.carrying import carry
from workflow.routing.plans import Ask, Case, Choice, PlanStep, escalation, plan_of
from workflow.routing.seats import (
    Holders,
    Seats,
    able,
    by_section,
    followed,
    holders_at,
    section_of,
    stepped_aside,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from roles.models import Post
    from workflow.routing.carrying import Carried

LeftOut = tuple[str, str]
"""A seat and why it is not asked; a seat without a name is all that its step asks."""


class NoHolder(Exception):
    """A step would ask nobody, or fewer than its quorum.

    ``left_out``: seats that exist and may not be asked, and why. ``able``: how many may be asked.
    ``waiting``: what the step would be if it were opened nevertheless, to wait for somebody else;
    nothing where there is no seat to wait at.
    """

    def __init__(
        self,
        title: str,
        *,
        left_out: tuple[LeftOut, ...] = (),
        needed: int = 1,
        able: int = 0,
        waiting: tuple[PlanStep, Resolution] | None = None,
    ) -> None:
        self.title, self.left_out, self.needed, self.able = title, left_out, needed, able
        self.waiting = waiting
        super().__init__(title)


SINGLE: Final = frozenset({StepKind.RECEPTION, StepKind.REFERRAL})
"""Stations without a split: one seat is asked, however many of its kind there are."""

SERIAL: Final = frozenset({StepKind.APPROVAL, StepKind.CONCURRENCE})
"""Steps that are 省略 for somebody who has said yes on this text already."""

YES_COUNTS: Final = SERIAL | {StepKind.CONFIRMATION}
"""Steps whose yes makes a later serial step of the same person 省略."""


@dataclass(frozen=True)
class Resolution:
    """The posts that a step asks on a day.

    ``left_out``: 省略, seat by seat. ``gap``: what the step has to ask and cannot. ``barred``: the
    seats that exist and whose people may not answer. ``stand_ins``: family names of who would
    decide if the step were open today (``preview`` alone looks).
    ``carried``: seats that are not asked again after a 差戻し; ``again``: why the others are.
    """

    posts: tuple[Post, ...] = ()
    holders: Holders = field(default_factory=dict)
    note: str = ""
    left_out: tuple[LeftOut, ...] = ()
    gap: NoHolder | None = None
    stand_ins: tuple[str, ...] = ()
    barred: tuple[Post, ...] = ()
    carried: tuple[Carried, ...] = ()
    again: tuple[str, ...] = ()

    def waiting(self) -> Resolution:
        """The same with the seats that may not be asked: they wait in the open."""
        asked = tuple(dict.fromkeys((*self.posts, *self.barred)))
        titles = {post.title for post in self.barred}
        left_out = tuple(each for each in self.left_out if each[0] not in titles)
        return replace(self, posts=asked, note=str(WAITS), left_out=left_out, gap=None, barred=())


STANDING_BARRED: Final = gettext_lazy("専決者が提案に関わっているため")
STANDING_RECUSED: Final = gettext_lazy("専決者が辞退したため")
WAITS: Final = gettext_lazy("担当できる職がないため、事務局の担当の付替えを待ちます。")


def settle(step: PlanStep, case: Case, on: date) -> tuple[PlanStep, Resolution]:
    """The step with its posts; 専決 by an author becomes 決裁 by the 本部長.

    Raises ``NoHolder`` when somebody has to be asked and cannot, and the rules know no way on.
    """
    found = resolve(step, case, on)
    if step.kind == StepKind.STANDING_DECISION and found.left_out and not found.posts:
        seats = found.holders.values()
        has_recused = any(stepped_aside(holders, case) for holders in seats)
        step = escalation(
            str(STANDING_RECUSED if has_recused else STANDING_BARRED), step, inserted=False
        )
        found = resolve(step, case, on)
    waiting = found.waiting()
    enough = (step, waiting) if found.barred and len(waiting.posts) >= step.quorum else None
    if found.gap is not None:
        found.gap.waiting = enough
        raise found.gap
    asked = len(found.posts)
    if 0 < asked < step.quorum:
        raise NoHolder(
            step.title,
            left_out=found.left_out,
            needed=step.quorum,
            able=asked,
            waiting=enough,
        )
    return step, carry(step, found, case)


def resolve(step: PlanStep, case: Case, on: date) -> Resolution:
    """Who is asked and who is left out, without judging whether that is enough."""
    asking = _Asking(step, case, on)
    asks = [each for ask in step.asks for each in by_section(ask, case)]
    meant = [asking.seats.meant(ask) for ask in asks]
    asking.read({post.pk: post for posts in meant for post in posts}.values())
    for ask, posts in zip(asks, meant, strict=True):
        asking.ask(ask, posts)
    return asking.resolution


class _Asking:
    """Whom a step asks, put together ask by ask: each finds somebody, or is left out and says so.

    An ask whose seats said yes elsewhere has found somebody; their 省略 is on record all the same.
    """

    def __init__(self, step: PlanStep, case: Case, on: date) -> None:
        self.step, self.case, self.on = step, followed(case, on), on
        self.seats = Seats(self.case, step.kind, DeputyPolicy(step.deputy), on)
        self.holders: Holders = {}
        self.posts: list[Post] = []
        self.persons: frozenset[int] = frozenset()
        self.left_out: list[LeftOut] = []
        self.note = ""
        self.gap: NoHolder | None = None
        self.barred: list[Post] = []

    @property
    def resolution(self) -> Resolution:
        is_single = self.step.kind in SINGLE
        posts = self.posts[:1] if is_single else self.posts
        barred = self.barred[:1] if is_single else self.barred
        left_out = tuple(dict.fromkeys(self.left_out))
        return Resolution(
            tuple(posts), self.holders, self.note, left_out, self.gap, barred=tuple(barred)
        )

    def read(self, posts: Iterable[Post]) -> None:
        """Look up who may act for these posts."""
        self.holders |= holders_at(posts, self.step.kind, self.seats.deputy, self.on)

    def ask(self, ask: Ask, posts: list[Post]) -> None:
        """Ask those of the posts who may be asked, or somebody else in their place."""
        is_met = self.step.kind in READING_KINDS or not all(map(self._is_barred, posts))
        if posts and not is_met and self._ask_instead(ask):
            return
        if not is_met and self._waits(posts):
            self.posts += posts
            self.note = str(WAITS)
            return
        if not ask.may_skip:
            self.barred += [post for post in posts if self._is_barred(post)]
        left_out = [(post.title, reason) for post in posts if (reason := self._add(post))]
        self.left_out += left_out
        if is_met:
            return
        seat = section_of(ask, self.on)
        if not ask.may_skip:
            self.gap = self.gap or NoHolder(
                self.step.titled(seat), left_out=tuple(left_out), needed=self.step.quorum
            )
        elif not posts:
            self.left_out.append((seat, str(_("職が置かれていないため省略"))))

    def _waits(self, posts: list[Post]) -> bool:
        """Whether somebody stepped aside: no reason to pass the seat; 専決 becomes 決裁 instead."""
        if self.step.kind == StepKind.STANDING_DECISION:
            return False
        return any(stepped_aside(self.holders[post.pk], self.case) for post in posts)

    def _ask_instead(self, ask: Ask) -> bool:
        """Everybody who should be asked is an author: the first seat of those who may instead."""
        others, note = others_of(ask, self.step)
        for post in (post for other in others for post in self.seats.meant(other)):
            self.read([post])
            if able(self.holders[post.pk], self.case) and not self._add(post):
                self.note = note
                return True
        return False

    def _add(self, post: Post) -> str:
        """Ask the post, or say why it is not asked."""
        if post in self.posts:
            return ""
        reason = self._why_not(post)
        if not reason:
            of_seat = able(self.holders[post.pk], self.case)
            self.posts.append(post)
            self.persons |= of_seat if len(of_seat) == 1 else frozenset()
        return reason

    def _why_not(self, post: Post) -> str:
        """Why this post is not asked, or an empty string."""
        holders = self.holders[post.pk]
        if self._is_barred(post):
            has_recused = stepped_aside(holders, self.case)
            return str(_("辞退しているため") if has_recused else _("提案に関わっているため"))
        if self.step.kind == StepKind.CONCURRENCE and post.section_id == self.case.section.pk:
            return str(_("所管課の案件のため省略"))
        own = {each.person.pk for each in holders if each.basis == Basis.OWN}
        if self.step.kind in SERIAL and own and own <= self.case.approved_by:
            return str(_("同じ者が先に承認しているため省略"))
        of_seat = able(holders, self.case)
        if of_seat and of_seat <= self.persons:
            return str(_("同じ者が別の職で回答するため省略"))
        return ""

    def _is_barred(self, post: Post) -> bool:
        """Whether everybody of the seat has a conflict of interest; who only reads has none."""
        holders = self.holders[post.pk]
        return (
            self.step.kind not in READING_KINDS and bool(holders) and not able(holders, self.case)
        )


def others_of(ask: Ask, step: PlanStep) -> tuple[list[Ask], str]:
    """Who is asked in place of authors, in this order, and what is said about it.

    起案者 is the 所属長: the 部長 confirms instead; without one, the 事務局.
    """
    if step.kind == StepKind.CONFIRMATION:
        above = [Ask(WhoRule.DEPARTMENT_HEAD), Ask(WhoRule.SECRETARIAT)]
        return above, str(_("起案者が所属長のため、上位の職が確認します。"))
    heads = [Ask(WhoRule.HEADS_OF, (code,)) for code in ask.fallback]
    return heads, str(_("本来の担当が提案に関わっているため、別の職が担当します。"))


@dataclass(frozen=True)
class Preview:
    """The whole route before submit: each step with its posts, holders, reasons."""

    case: Case
    choice: Choice
    steps: tuple[tuple[PlanStep, Resolution], ...]

    @property
    def standard_days(self) -> int:
        """Business days from submit to 決裁 if every step takes its standard time."""
        return sum(
            step.standard_days
            for step, resolution in self.steps
            if resolution.posts and step.kind not in READING_KINDS
        )


def preview(case: Case, on: date, choice: Choice, *, with_stand_ins: bool = True) -> Preview:
    """What would happen if the case were submitted that day and took this route.

    ``with_stand_ins``: also who would decide where nobody is there, a query for each such step.
    """
    asked = case
    steps: list[tuple[PlanStep, Resolution]] = []
    for planned in plan_of(choice, case):
        step, found = settle(planned, case, on)
        steps.append((step, _stood_in(step, found, case, on) if with_stand_ins else found))
        if found.posts:
            case = replace(case, asked=case.asked | {step.kind})
        if step.kind in YES_COUNTS:
            yes = _sole_answerers(found, case) | approvers(found)
            case = replace(case, approved_by=case.approved_by | yes)
    deciders = frozenset[int]().union(
        *(_sole_answerers(found, case) for step, found in steps if step.kind in DECIDING_KINDS)
    )
    return Preview(
        asked, choice, tuple((step, _unread_by(deciders, step, found)) for step, found in steps)
    )


def _stood_in(step: PlanStep, found: Resolution, case: Case, on: date) -> Resolution:
    """With who would decide today by the order of 代決; one query where nobody is there."""
    admits = DeputyPolicy(step.deputy).admits(Basis.ACTING, step.kind)
    empty = {
        post.pk
        for post in found.posts
        if not any(each.until is None for each in found.holders.get(post.pk, []))
    }
    if not admits or not empty:
        return found
    standing = read_standing(empty, (), on)
    barred = {"conflicted": case.excluded, "approved": case.approved_by}
    persons = [pk for post in sorted(empty) for pk in sorted(standing.who(post, **barred))]
    return replace(found, stand_ins=tuple(standing.names[pk] for pk in persons))


def approvers(found: Resolution) -> frozenset[int]:
    """Who said yes on an earlier text that still stands."""
    return frozenset(each.earlier.decision.decided_by_id for each in found.carried)


def _sole_answerers(found: Resolution, case: Case) -> frozenset[int]:
    """Who is certain to answer: the one person who could for a seat."""
    each_seat = [able(found.holders.get(post.pk, []), case) for post in found.posts]
    return frozenset[int]().union(*(persons for persons in each_seat if len(persons) == 1))


def _unread_by(deciders: frozenset[int], step: PlanStep, found: Resolution) -> Resolution:
    """Who decides has nothing left to read."""
    if step.kind not in READING_KINDS or not deciders:
        return found
    readers = [
        post
        for post in found.posts
        if {each.person.pk for each in found.holders.get(post.pk, [])} != deciders
    ]
    return replace(found, posts=tuple(readers))
