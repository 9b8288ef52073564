"""Which posts an ask means on a day, and who of them could answer. Pure reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from roles.enums import Basis, Role
from roles.models import (
    Section,
    closed_heads,
    holders_of,
    names_of_sections,
    posts_named,
    seats_of,
)
from workflow.enums import DeputyPolicy, StepKind, WhoRule
from workflow.routing.plans import Ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from roles.models import Capacity, Post
    from workflow.routing.plans import Case

Holders = dict[int, list["Capacity"]]


def holders_at(posts: Iterable[Post], kind: str, deputy: DeputyPolicy, on: date) -> Holders:
    """Who may act for these posts at a step: no deputies where the step admits none.

    Who stands in by the order of 代決 depends on the day of the decision: see ``order_of``.
    """
    return {
        post: [each for each in seated if deputy.admits(each.basis, kind)]
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


def stepped_aside(holders: list[Capacity], case: Case) -> bool:
    """Whether somebody who holds the seat stepped aside in the case."""
    own = {each.person.pk for each in holders if each.basis == Basis.OWN}
    return not own.isdisjoint(case.recused)


def followed(case: Case, on: date) -> Case:
    """The case of the section that has the work of the 所管課 on that day."""
    return replace(case, section=Section.objects.followed(case.section, on))


class Seats:
    """The seats of a day, each role read at the first question."""

    def __init__(self, case: Case, kind: str, deputy: DeputyPolicy, on: date) -> None:
        self.case, self.kind, self.deputy, self.on = case, kind, deputy, on
        self._of_role: dict[Role, list[Post]] = {}

    def meant(self, ask: Ask) -> list[Post]:
        """The posts that an ask means."""
        rule = WhoRule(ask.who)
        if rule == WhoRule.PT_ON_DUTY:
            return in_turn(self.case, self.on, self.deputy)[:ON_DUTY]
        if rule == WhoRule.NAMED_POST:
            return posts_named(ask.argument, self.on)
        if rule == WhoRule.HEADS_OF:
            return self._heads(lambda section: section.code in ask.argument)
        return [post for post in self._of(ROLE_OF[rule]) if _is_asked(rule, post, ask, self.case)]

    def heads_in(self, department: int) -> list[Post]:
        """The heads of all sections of a 部."""
        return self._heads(lambda section: section.department_id == department)

    def _heads(self, is_meant: Callable[[Section], bool]) -> list[Post]:
        """The heads of sections, or else of those that took over from them."""
        heads = self._of(Role.SECTION_HEAD)
        meant = [post for post in heads if post.section and is_meant(post.section)]
        if meant:
            return meant
        heirs = {
            each.heir_id
            for each in closed_heads(self.on)
            if each.post.section and is_meant(each.post.section)
        }
        return [post for post in heads if post.pk in heirs]

    def _of(self, role: Role) -> list[Post]:
        if role not in self._of_role:
            self._of_role[role] = seats_of(role, self.on)
        return self._of_role[role]


def posts_meant(rule: str, case: Case, on: date) -> list[Post]:
    """The posts that a rule without named sections or posts means for a case."""
    seats = Seats(followed(case, on), StepKind.CIRCULATION, DeputyPolicy.ALLOWED, on)
    return seats.meant(Ask(rule))


def by_section(ask: Ask, case: Case) -> list[Ask]:
    """Where sections are named, one ask for each: none stands for another."""
    named = {WhoRule.RELATED_HEADS: case.related, WhoRule.HEADS_OF: ask.argument}
    codes = named.get(WhoRule(ask.who), ())
    return [replace(ask, who=WhoRule.HEADS_OF, argument=(code,)) for code in codes] or [ask]


def section_of(ask: Ask, on: date) -> str:
    """The section that an ask names; empty where the title of the step says who is asked."""
    if ask.who != WhoRule.HEADS_OF:
        return ""
    return "、".join(names_of_sections(ask.argument, on)) or "、".join(ask.argument)


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
        case WhoRule.PT_PARTS:
            return post.part in ask.argument
        case WhoRule.SECRETARIAT_HEAD:
            return post.section is not None and post.section.is_secretariat
        case _:
            return True


ROLE_OF: Final[dict[WhoRule, Role]] = {
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
    WhoRule.PT_PARTS: Role.PT_MEMBER,
}


ON_DUTY: Final = 2


def in_turn(case: Case, on: date, deputy: DeputyPolicy) -> list[Post]:
    """PT posts in the order in which their turn comes for this case, authors left out."""
    posts = seats_of(Role.PT_MEMBER, on)
    holders = holders_at(posts, StepKind.REVIEW, deputy, on)
    free = [post for post in posts if able(holders[post.pk], case)]
    if not free:
        return []
    first = ((case.project.pk if case.project else 0) * ON_DUTY) % len(free)
    return free[first:] + free[:first]
