"""Which posts a step asks on a day, and why somebody is left out. Pure reads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from roles.enums import Basis
from workflow.enums import DECIDING_KINDS, READING_KINDS, DeputyPolicy, StepKind, WhoRule
from workflow.routing.carrying import carry
from workflow.routing.plans import Ask, Case, Choice, PlanStep, escalation, plan_of
from workflow.routing.seats import Holders, Seats, able, by_section, holders_at, section_of

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
    """

    def __init__(
        self,
        title: str,
        *,
        left_out: tuple[LeftOut, ...] = (),
        needed: int = 1,
        able: int = 0,
    ) -> None:
        self.title, self.left_out, self.needed, self.able = title, left_out, needed, able
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

    ``left_out``: 省略, seat by seat. ``gap``: what the step has to ask and cannot.
    ``carried``: seats that are not asked again after a 差戻し; ``again``: why the others are.
    """

    posts: tuple[Post, ...] = ()
    holders: Holders = field(default_factory=dict)
    note: str = ""
    left_out: tuple[LeftOut, ...] = ()
    gap: NoHolder | None = None
    carried: tuple[Carried, ...] = ()
    again: tuple[str, ...] = ()


def settle(step: PlanStep, case: Case, on: date) -> tuple[PlanStep, Resolution]:
    """The step with its posts; 専決 by an author becomes 決裁 by the 本部長.

    Raises ``NoHolder`` when somebody has to be asked and cannot, and the rules know no way on.
    """
    found = resolve(step, case, on)
    if step.kind == StepKind.STANDING_DECISION and found.left_out and not found.posts:
        step = escalation(str(_("専決者が提案に関わっているため")), step, inserted=False)
        found = resolve(step, case, on)
    if found.gap is not None:
        raise found.gap
    asked = len(found.posts)
    if 0 < asked < step.quorum:
        raise NoHolder(step.title, left_out=found.left_out, needed=step.quorum, able=asked)
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
        self.step, self.case, self.on = step, case, on
        self.seats = Seats(case, DeputyPolicy(step.deputy), on)
        self.holders: Holders = {}
        self.posts: list[Post] = []
        self.persons: frozenset[int] = frozenset()
        self.left_out: list[LeftOut] = []
        self.note = ""
        self.gap: NoHolder | None = None

    @property
    def resolution(self) -> Resolution:
        posts = self.posts[:1] if self.step.kind in SINGLE else self.posts
        left_out = tuple(dict.fromkeys(self.left_out))
        return Resolution(tuple(posts), self.holders, self.note, left_out, self.gap)

    def read(self, posts: Iterable[Post]) -> None:
        """Look up who may act for these posts."""
        self.holders |= holders_at(posts, self.seats.deputy, self.on)

    def ask(self, ask: Ask, posts: list[Post]) -> None:
        """Ask those of the posts who may be asked, or somebody else in their place."""
        is_met = self.step.kind in READING_KINDS or not all(map(self._is_barred, posts))
        if posts and not is_met and self._ask_instead(ask):
            return
        left_out = [(post.title, reason) for post in posts if (reason := self._add(post))]
        self.left_out += left_out
        if is_met:
            return
        seat = section_of(ask)
        if not ask.may_skip:
            self.gap = self.gap or NoHolder(
                self.step.titled(seat), left_out=tuple(left_out), needed=self.step.quorum
            )
        elif not posts:
            self.left_out.append((seat, str(_("職が置かれていないため省略"))))

    def _ask_instead(self, ask: Ask) -> bool:
        """Everybody who should be asked is an author: the first seat of those who may instead."""
        others, note = _others(ask, self.step)
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
            return str(_("提案に関わっているため"))
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


def _others(ask: Ask, step: PlanStep) -> tuple[list[Ask], str]:
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


def preview(case: Case, on: date, choice: Choice) -> Preview:
    """What would happen if the case were submitted that day and took this route."""
    asked = case
    steps: list[tuple[PlanStep, Resolution]] = []
    for planned in plan_of(choice, case):
        step, found = settle(planned, case, on)
        steps.append((step, found))
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
