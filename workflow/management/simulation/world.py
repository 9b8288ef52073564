"""The clock, the people and the cases of a simulation."""

from __future__ import annotations

import traceback
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from django.utils.timezone import localdate

from bpr_projects.models import Closure
from roles.enums import Basis, Role
from roles.models import Capacity, Post, Section, User, holders_of, people_who
from workflow import engine
from workflow.management.hours import OPENING, later, moment
from workflow.management.simulation import sheets
from workflow.management.simulation.life import Life
from workflow.management.simulation.office import Office
from workflow.management.simulation.rulebook import Rulebook
from workflow.management.simulation.tally import Failure, Tally
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW: Final = 30
"""Cases that live at the same time."""
TOGETHER: Final = 9
"""At most so many minutes pass between two acts of different cases."""
CHANGES: Final = 0.03
PATIENCE: Final = 400
"""So many acts in a row that nobody could do mean that something is stuck."""
FIRST: Final = date(2026, 4, 6)


def engine_only(at: datetime) -> None:
    """A world that has nothing but cases."""


class World:
    """Runs lives side by side on one clock that only goes forward, in working time.

    ``daily`` is called in the first minute of each new day.
    """

    def __init__(
        self, *, seed: int, tally: Tally, daily: Callable[[datetime], None] = engine_only
    ) -> None:
        self.random = Random(seed)  # noqa: S311 -- a simulation
        self.tally = tally
        self.daily = daily
        self.closures = Closure.days()
        self.now = self._begin()
        self.lives: list[Life] = []
        self.idle = 0
        self.office = Office(self.random, tally, self._authors)
        self.rules = Rulebook(seed, tally)

    def _begin(self) -> datetime:
        last = Decision.objects.order_by("-decided_at").values_list("decided_at", flat=True).first()
        first = moment(FIRST, OPENING)
        return later(max(first, last or first), 5, self.closures)

    def run(self, cases: int, *, check: Callable[[], None], every: int = 100) -> None:
        """Live ``cases`` cases to their ends; ``check`` now and then while others are alive."""
        begun = ended = 0
        while ended < cases:
            while begun < cases and len(self.lives) < WINDOW:
                begun += 1
                self.lives.append(Life(begun, self))
            life = self.random.choice(self.lives)
            self._let_live(life)
            if life.is_over():
                self.lives.remove(life)
                self.tally.endings[life.project.stage] += 1
                ended += 1
                if ended % every == 0 and self.lives:
                    check()
        self.rules.finish(self.now)

    def _let_live(self, life: Life) -> None:
        try:
            if self.random.random() < CHANGES:
                self.office.change(self.now)
            self.rules.live(self.now)
            moved = life.live(self.now)
        except Failure:
            raise
        except Exception as error:
            raise Failure(life.name, traceback.format_exc()) from error
        self.idle = 0 if moved else self.idle + 1
        if self.idle == PATIENCE // 2:
            self.office.fill(self.now)
        if self.idle > PATIENCE:
            raise Failure(life.name, f"nobody could act on any case for {PATIENCE} turns")
        self._pass_time(moved=moved)

    def _pass_time(self, *, moved: bool) -> None:
        """Working minutes; half a day when everybody waits."""
        before = localdate(self.now)
        minutes = self.random.randint(1, TOGETHER) if moved else 260 // len(self.lives or [0])
        self.now = later(self.now, max(minutes, 1), self.closures)
        if localdate(self.now) != before:
            engine.resume_due(at=self.now)
            self.daily(self.now)

    # --- people ----------------------------------------------------------------------------

    def _authors(self) -> set[int]:
        return {person for life in self.lives for person in life.authors()}

    def anybody(self) -> User:
        people: list[User] = list(User.objects.active().order_by("pk"))
        return self.random.choice(people)

    def secretary(self, at: datetime) -> User:
        return self.random.choice(people_who(Role.SECRETARIAT, localdate(at)))

    def holders(self, post_id: int, at: datetime) -> list[Capacity]:
        return holders_of([post_id], localdate(at))[post_id]

    def unmovable(self, at: datetime) -> set[int]:
        """The head of headquarters proposes nothing: nobody is above."""
        return {each.pk for each in people_who(Role.HQ_CHAIR, localdate(at))}

    # --- proposals -------------------------------------------------------------------------

    def proposal(self, number: int, at: datetime) -> tuple[Capacity, dict[str, Any]]:
        """Who proposes, and what. Mostly leaders, sometimes those who would judge it."""
        roles = (Role.DX_LEADER,) * 7 + (Role.SECTION_HEAD, Role.PT_MEMBER, Role.SECRETARIAT)
        posts = list(Post.objects.filter(role=self.random.choice(roles)).order_by("pk"))
        leaders = list(Post.objects.filter(role=Role.DX_LEADER).order_by("pk"))
        if number <= len(leaders):  # every section, so that none is left out
            posts = [leaders[number - 1]]
        barred = self.unmovable(at)
        while True:
            post = self.random.choice(posts)
            held = [
                each
                for each in self.holders(post.pk, at)
                if each.basis == Basis.OWN and each.person.pk not in barred
            ]
            if held:
                break
            posts = list(Post.objects.filter(role=Role.SECRETARIAT))
        capacity = self.random.choice(held)
        own = capacity.post.section
        sections = list(Section.objects.order_by("pk").values_list("code", flat=True))
        code = own.code if own and capacity.post.role != Role.SECRETARIAT else ""
        code = code or self.random.choice(sections)
        others = [each for each in sections if each != code]
        return capacity, sheets.sheet(number, code, others, localdate(at), self.random)

    def correction(self, project: Any, at: datetime) -> dict[str, Any]:
        """What changes on a sheet that came back: words, work, effect, days, money or the route."""
        today = localdate(at)
        mark = f"（{at:%m%d%H%M}修正）"
        changes: dict[str, Any] = self.random.choice(
            (
                {"policy_no": f"第2版 {at:%m%d%H%M}"},
                {"problem": f"同じことを何度も書いている。{mark}"},
                {"volume": self.random.randint(100, 4000)},
                {"starts_on": (today + timedelta(days=self.random.randint(1, 30))).isoformat()},
                {"safeguards": f"番号と氏名は入れない。{mark}"},
                {"reform": f"一度だけ書けば済むようにする。{mark}"},
            )
        )
        if self.random.random() < 0.3:
            cost = self.random.choice((0, 90_000, 700_000))
            changes |= {"cost": cost, "budget_measure": "INITIAL" if cost else "NONE"}
        if project.sheet["ends_on"] <= (today + timedelta(days=31)).isoformat():
            changes["ends_on"] = (today + timedelta(days=200)).isoformat()
        return changes
