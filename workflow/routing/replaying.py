"""A rule change tried on submitted cases: what would be different, and nothing is written.

Both sides are computed for the same day and the same people, so every difference comes from the
rules. The queries are those of reading the rules, the cases and the city, however many cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from django.utils.translation import gettext as _

from workflow.routing.plans import NoRoute, choose, with_version
from workflow.routing.resolution import NoHolder, preview

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from bpr_projects.models import Project
    from workflow.routing.plans import Case, Version
    from workflow.routing.resolution import Preview

Seated: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""Title of a step -> the seats that it asks."""


@dataclass(frozen=True)
class Way:
    """The route of a case and its steps: title and seats of each. ``gap``: where it would halt."""

    code: str = ""
    name: str = ""
    steps: tuple[tuple[str, tuple[str, ...]], ...] = ()
    days: int = 0
    gap: str = ""


@dataclass(frozen=True)
class Outlook:
    """A case under today's rules and under the draft, and what differs in words."""

    project: Project
    before: Way
    after: Way
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Replay:
    """What a rule change would do to cases. ``of_route``: how many take the changed route now."""

    outlooks: tuple[Outlook, ...]

    @property
    def count(self) -> int:
        """How many cases were tried."""
        return len(self.outlooks)

    @property
    def different(self) -> list[Outlook]:
        """The cases for which something would differ."""
        return [each for each in self.outlooks if each.differences]

    @property
    def moved(self) -> int:
        """How many would take another route."""
        return sum(each.before.code != each.after.code for each in self.outlooks)

    @property
    def halted(self) -> int:
        """How many would halt that do not halt today."""
        return sum(bool(each.after.gap) and not each.before.gap for each in self.outlooks)


def replay(
    cases: Iterable[tuple[Project, Case]], rules: Sequence[Version], draft: Version, on: date
) -> Replay:
    """Try the draft in the place of its code's version. Read the city once around this."""
    changed = with_version(rules, draft)
    outlooks = []
    for project, case in cases:
        before, after = _way(case, rules, on), _way(case, changed, on)
        outlooks.append(Outlook(project, before, after, tuple(_differences(before, after))))
    return Replay(tuple(outlooks))


def _way(case: Case, rules: Sequence[Version], on: date) -> Way:
    try:
        choice = choose(case, rules)
    except NoRoute:
        return Way(gap=_("当てはまる経路がない"))
    code, name = choice.route.code, choice.route.name
    try:
        found = preview(case, on, choice, with_stand_ins=False)
    except NoHolder as gap:
        return Way(code, name, gap=_("「%s」で担当が足りない") % gap.title)
    return Way(code, name, tuple(_steps(found)), found.standard_days)


def _steps(found: Preview) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The steps that ask somebody; the same title twice is told apart."""
    titles: dict[str, int] = {}
    for step, resolution in found.steps:
        if not resolution.posts:
            continue
        titles[step.title] = titles.get(step.title, 0) + 1
        again = {"title": step.title, "n": titles[step.title]}
        title = step.title if again["n"] == 1 else _("%(title)s（%(n)s回目）") % again
        yield title, tuple(post.title for post in resolution.posts)


def _differences(before: Way, after: Way) -> Iterator[str]:
    """In words, the weightiest first."""
    if before.gap != after.gap:
        halts = _("進められない：%s") % after.gap
        yield halts if after.gap else _("進められるようになる（いまは%s）") % before.gap
    if before.code != after.code and after.code:
        yield _("経路：%(before)s → %(after)s") % {
            "before": _named(before),
            "after": _named(after),
        }
    if not before.gap and not after.gap:
        yield from _of_steps(dict(before.steps), dict(after.steps))
        if before.days != after.days:
            days = {"before": before.days, "after": after.days}
            yield _("標準日数：%(before)s → %(after)s営業日") % days


def _of_steps(was: Seated, now: Seated) -> Iterator[str]:
    """Steps that come and go, and steps that ask others."""
    for title, seats in now.items():
        if title not in was:
            come = {"title": title, "seats": _seats(seats)}
            yield _("加わる段階：%(title)s（%(seats)s）") % come
    for title in was:
        if title not in now:
            yield _("なくなる段階：%s") % title
    for title, seats in was.items():
        if title in now and seats != now[title]:
            asked = {"title": title, "before": _seats(seats), "after": _seats(now[title])}
            yield _("「%(title)s」の担当：%(before)s → %(after)s") % asked


def _named(way: Way) -> str:
    return f"{way.code} {way.name}".strip() or _("なし")


NAMED: Final = 3


def _seats(seats: Sequence[str]) -> str:
    if len(seats) <= NAMED:
        return "、".join(seats)
    return _("%(first)s ほか、合わせて%(count)s席") % {"first": seats[0], "count": len(seats)}
