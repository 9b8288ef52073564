"""Which posts a step asks on a day, and why somebody is left out. Pure reads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from roles.enums import Basis, Role
from roles.models import holders_of, seats_of
from workflow.enums import DECIDING_KINDS, READING_KINDS, DeputyPolicy, StepKind, WhoRule
from workflow.routing.plans import Ask, Case, Choice, PlanStep, escalation, plan_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from roles.models import Capacity, Post


class NoHolder(Exception):
    """A step would ask nobody, or fewer than its quorum.

    ``left_out``: posts that exist and may not be asked, and why. ``able``: how many may be asked.
    """

    def __init__(
        self,
        title: str,
        *,
        left_out: tuple[tuple[Post, str], ...] = (),
        needed: int = 1,
        able: int = 0,
    ) -> None:
        self.title, self.left_out, self.needed, self.able = title, left_out, needed, able
        super().__init__(title)


Holders = dict[int, list["Capacity"]]

SINGLE: Final = frozenset({StepKind.RECEPTION, StepKind.REFERRAL})
"""Stations without a split: one seat is asked, however many of its kind there are."""

SERIAL: Final = frozenset({StepKind.APPROVAL, StepKind.CONCURRENCE})
"""Steps that are 省略 for somebody who has said yes on this text already."""

YES_COUNTS: Final = SERIAL | {StepKind.CONFIRMATION}
"""Steps whose yes makes a later serial step of the same person 省略."""

BODIES: Final = frozenset({StepKind.REVIEW, StepKind.DELIBERATION})
"""Steps of a body: a member with a conflict is left out, the others go on."""


@dataclass(frozen=True)
class Resolution:
    """The posts that a step asks on a day.

    ``skipped``: why it asks nobody (省略). ``left_out``: posts that are not asked, and why.
    """

    posts: tuple[Post, ...] = ()
    holders: Holders = field(default_factory=dict)
    skipped: str = ""
    note: str = ""
    left_out: tuple[tuple[Post, str], ...] = ()


def _holders(posts: Iterable[Post], step: PlanStep, on: date) -> Holders:
    """Who may act for these posts at the step: no deputies where nobody stands in."""
    policy = DeputyPolicy(step.deputy)
    return {
        post: [each for each in seated if policy.admits(each.basis)]
        for post, seated in holders_of([post.pk for post in posts], on).items()
    }


def able(holders: list[Capacity], case: Case) -> frozenset[int]:
    """Persons who could answer for a seat: no authors, no deputies of an author."""
    own = {each.person.pk for each in holders if each.basis == Basis.OWN}
    tainted = bool(own & case.excluded)
    return frozenset(
        each.person.pk
        for each in holders
        if each.person.pk not in case.excluded and not (each.basis == Basis.DEPUTY and tainted)
    )


def settle(step: PlanStep, case: Case, on: date) -> tuple[PlanStep, Resolution]:
    """The step with its posts; 専決 by an author becomes 決裁 by the 本部長.

    Raises ``NoHolder`` when nobody could be asked and the rules know no way on.
    """
    resolution = resolve(step, case, on)
    if step.kind == StepKind.STANDING_DECISION and resolution.left_out and not resolution.posts:
        step = escalation(str(_("専決者が提案に関わっているため")), step, inserted=False)
        resolution = resolve(step, case, on)
    asked = len(resolution.posts)
    passes = step.kind in READING_KINDS or resolution.skipped
    if asked < step.quorum if asked else not passes:
        raise NoHolder(step.title, left_out=resolution.left_out, needed=step.quorum, able=asked)
    return step, resolution


def resolve(step: PlanStep, case: Case, on: date) -> Resolution:
    """Who is asked and who is left out, without judging whether that is enough."""
    posts = _posts(step, case, on)
    holders = _holders(posts, step, on)
    asked, left_out = _sorted(step, case, posts, holders)
    if not asked and left_out:
        others = _others(step, case, on)
        if others.posts:
            return others
    if step.kind in SINGLE:
        asked = asked[:1]
    may_skip = step.may_skip and step.kind not in READING_KINDS
    reason = left_out[0][1] if left_out else str(_("職が置かれていないため省略"))
    return Resolution(
        posts=tuple(asked),
        holders=holders,
        skipped=reason if may_skip and not asked else "",
        left_out=tuple(left_out),
    )


def _sorted(
    step: PlanStep, case: Case, posts: list[Post], holders: Holders
) -> tuple[list[Post], list[tuple[Post, str]]]:
    asked: list[Post] = []
    left_out: list[tuple[Post, str]] = []
    persons: set[int] = set()
    for post in posts:
        of_seat = able(holders.get(post.pk, []), case)
        reason = _left_out(step, case, post, holders.get(post.pk, []))
        if not reason and of_seat and of_seat <= persons:
            reason = str(_("同じ者が別の職で回答するため省略"))
        if reason:
            left_out.append((post, reason))
        else:
            asked.append(post)
            persons |= of_seat if len(of_seat) == 1 else frozenset()
    return asked, left_out


def _left_out(step: PlanStep, case: Case, post: Post, holders: list[Capacity]) -> str:
    """Why this post is not asked, or an empty string."""
    if step.kind in READING_KINDS:
        return ""
    if holders and not able(holders, case):
        return str(_("提案に関わっているため"))
    if step.kind == StepKind.CONCURRENCE and post.section_id == case.section.pk:
        return str(_("所管課の案件のため省略"))
    own = {each.person.pk for each in holders if each.basis == Basis.OWN}
    if step.kind in SERIAL and own and own <= case.approved_by:
        return str(_("同じ者が先に承認しているため省略"))
    return ""


def _others(step: PlanStep, case: Case, on: date) -> Resolution:
    """Who is asked when everybody who should be may not."""
    if step.kind == StepKind.CONFIRMATION:
        return _above(step, case, on)
    return _instead(step, case, on) if step.fallback else Resolution()


def _above(step: PlanStep, case: Case, on: date) -> Resolution:
    """起案者 is the 所属長: the 部長 confirms instead; without one, the 事務局."""
    for who in (WhoRule.DEPARTMENT_HEAD, WhoRule.SECRETARIAT):
        found = _able_posts(replace(step, asks=(Ask(who),)), case, on)
        if found.posts:
            return replace(found, note=str(_("起案者が所属長のため、上位の職が確認します。")))
    return Resolution()


def _instead(step: PlanStep, case: Case, on: date) -> Resolution:
    """Everybody who should be asked is an author: the heads that the rule names."""
    ask = Ask(WhoRule.HEADS_OF, step.fallback)
    found = _able_posts(replace(step, asks=(ask,)), case, on)
    return replace(found, note=str(_("本来の担当が提案に関わっているため、別の職が担当します。")))


def _able_posts(step: PlanStep, case: Case, on: date) -> Resolution:
    posts = _posts(step, case, on)
    holders = _holders(posts, step, on)
    found = [post for post in posts if able(holders.get(post.pk, []), case)]
    return Resolution(posts=tuple(found[:1]), holders=holders)


def _posts(step: PlanStep, case: Case, on: date) -> list[Post]:
    found: dict[int, Post] = {}
    for ask in step.asks:
        found |= {post.pk: post for post in _asked(ask, case, on)}
    return list(found.values())


def _asked(ask: Ask, case: Case, on: date) -> list[Post]:
    rule = WhoRule(ask.who)
    seats = [post for post in seats_of(_ROLE_OF[rule], on) if _is_asked(rule, post, ask, case)]
    return in_turn(case, on)[:ON_DUTY] if rule == WhoRule.PT_ON_DUTY else seats


def _is_asked(rule: WhoRule, post: Post, ask: Ask, case: Case) -> bool:
    """Of the seats of a role, is this one meant?"""
    code = post.section.code if post.section else ""
    match rule:
        case WhoRule.SECTION_HEAD:
            return post.section_id == case.section.pk
        case WhoRule.DEPARTMENT_HEAD:
            return post.department_id == case.section.department_id
        case WhoRule.RELATED_HEADS:
            return code in case.related
        case WhoRule.HEADS_OF:
            return code in ask.argument
        case WhoRule.SECRETARIAT_HEAD:
            return post.section is not None and post.section.is_secretariat
        case _:
            return True


_ROLE_OF: Final[dict[WhoRule, Role]] = {
    WhoRule.SECTION_HEAD: Role.SECTION_HEAD,
    WhoRule.DEPARTMENT_HEAD: Role.DEPARTMENT_HEAD,
    WhoRule.RELATED_HEADS: Role.SECTION_HEAD,
    WhoRule.HEADS_OF: Role.SECTION_HEAD,
    WhoRule.SECRETARIAT_HEAD: Role.SECTION_HEAD,
    WhoRule.PT_ON_DUTY: Role.PT_MEMBER,
    WhoRule.SECRETARIAT: Role.SECRETARIAT,
    WhoRule.PT_MEMBERS: Role.PT_MEMBER,
    WhoRule.PT_CHAIR: Role.PT_CHAIR,
    WhoRule.HQ_MEMBERS: Role.HQ_MEMBER,
    WhoRule.HQ_CHAIR: Role.HQ_CHAIR,
}


ON_DUTY: Final = 2


def in_turn(case: Case, on: date) -> list[Post]:
    """PT posts in the order in which their turn comes for this case, authors left out."""
    posts = seats_of(Role.PT_MEMBER, on)
    holders = holders_of([post.pk for post in posts], on)
    free = [post for post in posts if able(holders.get(post.pk, []), case)]
    if not free:
        return []
    first = (case.project.pk * ON_DUTY) % len(free)
    return free[first:] + free[:first]


@dataclass(frozen=True)
class Preview:
    """The whole route before submit: each step with its posts, holders, reasons."""

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
    steps: list[tuple[PlanStep, Resolution]] = []
    for planned in plan_of(choice, case):
        step, found = settle(planned, case, on)
        steps.append((step, found))
        if step.kind in YES_COUNTS:
            case = replace(case, approved_by=case.approved_by | _sole_answerers(found, case))
    deciders = frozenset[int]().union(
        *(_sole_answerers(found, case) for step, found in steps if step.kind in DECIDING_KINDS)
    )
    return Preview(
        choice, tuple((step, _unread_by(deciders, step, found)) for step, found in steps)
    )


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
