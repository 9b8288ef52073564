"""Who may answer what today: seats with their people, for any number of open steps in one query."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.db.models import CharField, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Cast
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from roles.enums import Basis
from roles.models import Absence, Appointment, Delegation, PreparedLists, Succession
from workflow.access.conflicts import conflicts, facts, recused_by_run
from workflow.access.standing import PREFIX, Standing
from workflow.access.standing import parts as standing_parts
from workflow.enums import OWN_WORK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from workflow.models import Slot, StepRun

Row: TypeAlias = tuple[Any, ...]
"""Kind, post or run, person, name, number: the columns that every part of a union fills."""


@dataclass(frozen=True)
class Seat:
    """A post that is asked, and the people who may act for it today.

    ``stand_ins``: who decides in place of the holders (代決). ``away_until``: until when every
    holder is registered as absent.
    """

    post_id: int
    title: str
    is_shared: bool
    names: tuple[str, ...] = ()
    deputies: tuple[str, ...] = ()
    nudged_at: datetime | None = None
    nudged_by: str = ""
    stand_ins: tuple[str, ...] = ()
    away_until: date | None = None
    barred: tuple[tuple[str, str], ...] = ()
    """Who holds the seat and may not answer, each with the reason."""

    @property
    def is_held(self) -> bool:
        """Whether anybody may answer today."""
        return bool(self.names or self.deputies or self.stand_ins)

    @property
    def why_unheld(self) -> str:
        """市民課長（空席）, or 市民課長 戸舘さん（辞退）: why nobody may."""
        if not self.barred:
            return _("%s（空席）") % self.title
        people = "、".join(
            _("%(name)sさん（%(why)s）") % {"name": name, "why": why} for name, why in self.barred
        )
        return f"{self.title} {people}"

    @property
    def text(self) -> str:
        """市民課長 戸舘さん（代理 成田さん）; 室長 安保さん（不在中 11/30まで・代決 児玉さん）.

        A shared seat by its title; 空席 says so.
        """
        if not self.is_held:
            return self.why_unheld
        if self.is_shared:
            return self.title
        notes = [self._away(), _in_place(_("代決"), self.stand_ins)]
        notes += [_in_place(_("代理"), self.deputies)]
        own = " ".join([self.title, "、".join(_("%sさん") % name for name in self.names)]).strip()
        said = "・".join(filter(None, notes))
        return _("%(own)s（%(notes)s）") % {"own": own, "notes": said} if said else own

    def _away(self) -> str:
        until = self.away_until
        return _("不在中 %(m)s/%(d)sまで") % {"m": until.month, "d": until.day} if until else ""


def _in_place(word: str, names: Iterable[str]) -> str:
    people = "、".join(_("%sさん") % name for name in names)
    return f"{word} {people}" if people else ""


@dataclass
class People:
    """Who may act for a post today: (person, family name) pairs; who may not decide in a run.

    ``away``: person -> first day after the absence.
    """

    own: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    deputies: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    conflicted: dict[int, frozenset[int]] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    away: dict[int, date] = field(default_factory=dict)
    recused: dict[int, frozenset[int]] = field(default_factory=dict)

    def excluded(self, step: StepRun) -> frozenset[int]:
        """Who may not answer a step although the seat is theirs."""
        if step.kind in OWN_WORK:
            return frozenset()
        return self.conflicted.get(step.run_id, frozenset())

    def seat(self, slot: Slot) -> Seat:
        """The seat of a slot, with those who may answer it."""
        excluded = self.excluded(slot.step_run)
        seated = [each for each in self.own.get(slot.post_id, ()) if each[0] not in excluded]
        own = [name for _pk, name in seated]
        standing = self.deputies if slot.step_run.admits(Basis.DEPUTY) else {}
        acting = [name for pk, name in standing.get(slot.post_id, ()) if pk not in excluded]
        back = [self.away.get(pk) for pk, _name in seated]
        last = min((day for day in back if day), default=None) if all(back) else None
        gone = self.recused.get(slot.step_run.run_id, frozenset())
        barred = [
            (name, str(_("辞退") if pk in gone else _("提案に関わっているため")))
            for pk, name in self.own.get(slot.post_id, ())
            if pk in excluded
        ]
        return Seat(
            slot.post_id,
            slot.post.title,
            slot.post.is_shared,
            tuple(own),
            tuple(acting),
            getattr(slot, "nudged_at", None),
            getattr(slot, "nudged_by", None) or "",
            tuple(self.standing.names[pk] for pk in sorted(self.standing.at(slot))),
            last - timedelta(days=1) if last else None,
            tuple(barred),
        )


def seats_today(slots: Collection[Slot], at: datetime) -> People:
    """Holders and deputies of the posts of slots on the day, and who is excluded: one query."""
    if not slots:
        return People()
    deciding = [slot for slot in slots if slot.step_run.admits(Basis.ACTING)]
    rows = SEATED.rows(
        localdate(at),
        {slot.post_id for slot in slots},
        {slot.step_run.run_id for slot in slots},
        {slot.post_id for slot in deciding},
        {slot.step_run.run_id for slot in deciding},
    )
    return people_of(rows)


def people_of(rows: Iterable[Row]) -> People:
    """From the rows of ``seating``; what else a statement has read beside them is left alone."""
    people, rows = People(), sorted(rows, key=lambda row: (row[0], row[4]))
    for kind, post_id, person_id, name, _pk in rows:
        if kind == ABSENT:
            day = date.fromisoformat(name)
            people.away[person_id] = max(day, people.away.get(person_id, day))
        if not kind.startswith("seated"):
            continue
        found = people.own if kind == "seated" else people.deputies
        if (person_id, name) not in people.own.get(post_id, ()):
            found.setdefault(post_id, []).append((person_id, name))
    told = [row[:3] for row in rows if not row[0].startswith(PREFIX)]
    people.conflicted, people.recused = conflicts(told), recused_by_run(told)
    people.standing = Standing.of(rows, people.conflicted)
    return people


def seating(
    on: date,
    posts: Collection[int] | QuerySet[Any, Any],
    runs: Collection[int],
    deciding_posts: Collection[int],
    deciding_runs: Collection[int],
) -> list[QuerySet[Any, Row]]:
    """All that is to be known of the seats, to be united; of those that decide, who stands in."""
    own = Appointment.objects.effective(on).filter(post__in=posts)
    acting = Delegation.objects.effective(on).filter(post__in=posts)
    closed = Succession.objects.in_force(on).filter(post__in=posts)
    parts = [
        _seated(own, "seated", "person"),
        _seated(acting, "seated as deputy", "deputy"),
        _absent(own, on),
        _seated(inheriting(Appointment.objects.effective(on), closed), "seated", "person", HEIR),
        _seated(
            inheriting(Delegation.objects.effective(on), closed),
            "seated as deputy",
            "deputy",
            HEIR,
        ),
        *facts(runs, on, Value("", CharField()), NO_NUMBER),
    ]
    if deciding_posts:
        parts += standing_parts(deciding_posts, deciding_runs, on)
    return parts


def united(parts: Sequence[QuerySet[Any, Row]]) -> QuerySet[Any, Row]:
    """One statement for all parts."""
    return parts[0].union(*parts[1:], all=True)


SEATED: Final = PreparedLists(lambda on, *lists: united(seating(on, *lists)))


ABSENT: Final = "absent"


def _absent(own: QuerySet[Any], on: date) -> QuerySet[Any, tuple[Any, ...]]:
    """Holders who are away today, with the first day after it."""
    away = Absence.objects.in_force(on).filter(person=OuterRef("person")).order_by("-ends_on")
    absent = own.order_by().annotate(back=Cast(Subquery(away.values("ends_on")[:1]), CharField()))
    columns = (Value(ABSENT, CharField()), "post", "person", "back", NO_NUMBER)
    rows: QuerySet[Any, tuple[Any, ...]] = absent.filter(back__isnull=False).values_list(*columns)
    return rows


NO_NUMBER: Final = Value(0, IntegerField())


HEIR: Final = "post__inherited__post"
"""From what holds an heir to the closed post."""


def inheriting(rows: QuerySet[Any], closed: QuerySet[Succession]) -> QuerySet[Any]:
    """Who holds the heirs of closed posts, once for each of these (``HEIR``)."""
    return rows.filter(post__inherited__in=closed)


def _seated(
    rows: QuerySet[Any], kind: str, person: str, post: str = "post"
) -> QuerySet[Any, tuple[Any, ...]]:
    columns = (post, person, f"{person}__family_name", "pk")
    return rows.order_by().values_list(Value(kind, CharField()), *columns)
