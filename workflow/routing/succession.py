"""Who is asked in place of somebody, in a step that is open already. Pure reads.

``next_in_line`` is the rule by itself, after a 辞退; ``receivers`` are the seats to which the
事務局 may move a place (担当の付替え). Neither ever names an author, somebody who answered in
the step already, or a seat that nobody could answer for today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from roles.enums import Basis
from roles.models import stand_ins_for
from workflow.enums import DeputyPolicy, StepKind, WhoRule
from workflow.routing.plans import Ask
from workflow.routing.resolution import SERIAL, SINGLE, others_of
from workflow.routing.seats import Seats, able, by_section, holders_at, in_turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from roles.models import Capacity, Department, Post
    from workflow.routing.plans import Case, PlanStep


@dataclass(frozen=True)
class Receivers:
    """Whose seats may receive a place of a kind of step. ``otherwise``: when none of those can."""

    rules: tuple[WhoRule, ...]
    otherwise: tuple[WhoRule, ...] = ()


RECEIVERS: Final[dict[StepKind, Receivers]] = {
    StepKind.CONFIRMATION: Receivers(
        (WhoRule.SECTION_HEAD, WhoRule.DEPARTMENT_HEAD), (WhoRule.SECRETARIAT,)
    ),
    StepKind.RECEPTION: Receivers((WhoRule.SECRETARIAT,)),
    StepKind.REVIEW: Receivers((WhoRule.PT_MEMBERS,)),
    StepKind.REFERRAL: Receivers((WhoRule.PT_CHAIR, WhoRule.PT_MEMBERS)),
    StepKind.APPROVAL: Receivers((WhoRule.DEPARTMENT_HEAD,), (WhoRule.HQ_MEMBERS,)),
    StepKind.CONCURRENCE: Receivers((WhoRule.HEADS_OF, WhoRule.DEPARTMENT_HEAD)),
    StepKind.MEDIATION: Receivers((WhoRule.SECRETARIAT,)),
    StepKind.DELIBERATION: Receivers((WhoRule.HQ_MEMBERS,)),
    StepKind.STANDING_DECISION: Receivers((WhoRule.SECRETARIAT_HEAD, WhoRule.HQ_CHAIR)),
    StepKind.DECISION: Receivers((WhoRule.HQ_CHAIR,)),
}
"""Kind of step -> the seats that may receive it, beside those that its rule names (the ask itself,
its fallback) and those that stand in for the seat (代決の順序). 合議 stays in the 部 of its 課.
"""


@dataclass(frozen=True)
class Place:
    """A place in an open step. ``post`` holds it, ``origin`` is whom the rule asked first.

    ``posts``: the other seats that are asked or have answered; ``persons``: who did, or alone can,
    and who holds the place now.
    """

    post: Post
    origin: Post
    posts: frozenset[int] = frozenset()
    persons: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Receiver:
    """A seat that could take a place, and who could answer for it."""

    post: Post
    people: tuple[Capacity, ...]


def next_in_line(place: Place, step: PlanStep, case: Case, on: date) -> Post | None:
    """The next whom the rule asks; nobody where it knows none who is free."""
    for post in _ruled(place, step, case, on):
        if _receiver(post, place, step, case, on):
            return post
    return None


def _ruled(place: Place, step: PlanStep, case: Case, on: date) -> Iterator[Post]:
    """The seats of the rule in their order, those of the ask that meant the first holder."""
    seats = Seats(case, step.kind, DeputyPolicy(step.deputy), on)
    if step.kind == StepKind.REVIEW:
        yield from in_turn(case, on, seats.deputy)
        return
    for ask in _asks_of(place, step, case, seats):
        if step.kind in SINGLE:
            yield from seats.meant(ask)
        for other in others_of(ask, step)[0]:
            yield from seats.meant(other)


def _asks_of(place: Place, step: PlanStep, case: Case, seats: Seats) -> list[Ask]:
    """The ask that the place belongs to: it means the seat, or asked it in place of another."""
    asks = [each for ask in step.asks for each in by_section(ask, case)]
    if len(asks) == 1:
        return asks
    direct = [each for each in asks if place.origin in seats.meant(each)]
    return direct or [
        each
        for each in asks
        if any(place.origin in seats.meant(other) for other in others_of(each, step)[0])
    ]


def receivers(place: Place, step: PlanStep, case: Case, on: date) -> list[Receiver]:
    """The seats to which the place may be moved, the rule's own order first."""
    rule = RECEIVERS[StepKind(step.kind)]
    last = list(_of(rule.otherwise, place, step, case, on))
    stand_ins = (each.stand_in_post for each in stand_ins_for([place.origin.pk], on))
    ruled = [*_ruled(place, step, case, on), *stand_ins]
    others = _at_home(_of(rule.rules, place, step, case, on), place)
    first = [post for post in dict.fromkeys([*ruled, *others]) if post not in last]
    found = _able(first, place, step, case, on)
    if found:
        return found
    home = _at_home(last, place)
    return _able([post for post in last if post in ruled or post in home], place, step, case, on)


def _of(
    rules: Iterable[WhoRule], place: Place, step: PlanStep, case: Case, on: date
) -> Iterator[Post]:
    section = place.origin.section
    if step.kind == StepKind.CONCURRENCE and section is not None:
        case = replace(case, section=section)
    seats = Seats(case, step.kind, DeputyPolicy(step.deputy), on)
    for rule in rules:
        if rule == WhoRule.HEADS_OF:
            yield from seats.heads_in(case.section.department_id)
        else:
            yield from seats.meant(Ask(rule))


def _at_home(posts: Iterable[Post], place: Place) -> list[Post]:
    """A body outside the mayor's offices stays asked, whoever answers for it."""
    home = department_of(place.origin)
    if home is None or not home.is_independent:
        return list(posts)
    return [post for post in posts if department_of(post) == home]


def department_of(post: Post) -> Department | None:
    """The 部 of a seat, where it has one."""
    return post.section.department if post.section is not None else post.department


def _able(
    posts: Iterable[Post], place: Place, step: PlanStep, case: Case, on: date
) -> list[Receiver]:
    found = (_receiver(post, place, step, case, on) for post in posts)
    return [each for each in found if each is not None]


def _receiver(post: Post, place: Place, step: PlanStep, case: Case, on: date) -> Receiver | None:
    """The seat with who could answer; nothing when it is taken, barred, or one person twice."""
    if post == place.post or post.pk in place.posts:
        return None
    if step.kind == StepKind.CONCURRENCE and post.section_id == case.section.pk:
        return None
    holders = holders_at([post], step.kind, DeputyPolicy(step.deputy), on)[post.pk]
    persons = able(holders, case)
    own = {each.person.pk for each in holders if each.basis == Basis.OWN}
    said_yes = step.kind in SERIAL and bool(own) and own <= case.approved_by
    if said_yes or persons <= place.persons:
        return None
    return Receiver(post, tuple(each for each in holders if each.person.pk in persons))
