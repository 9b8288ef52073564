"""What would be wrong if it were another day already. Only reads."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from django.db.models import CharField, Count, Max, Q, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roles.charts import chart_of, vacancies_of
from roles.enums import Basis
from roles.models import Post, holders_of
from workflow.charts.seats import people_of, seating, united
from workflow.enums import RouteState, SlotState, StepKind
from workflow.models import Reading, RouteStep, Slot

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from bpr_projects.models import Project
    from roles.charts import Chart
    from roles.models import User
    from workflow.charts.seats import People, Row


class Rule(StrEnum):
    """What can be wrong on a day."""

    ORPHAN = "open-work-without-holder"
    READING = "reading-without-holder"
    SELF = "self-approval"
    DOUBLE = "double-holder"
    VACANT = "vacant-post"
    BROKEN = "broken-delegation"


TITLES: Final[dict[Rule, StrOrPromise]] = {
    Rule.ORPHAN: gettext_lazy("担当者がいなくなる手続"),
    Rule.READING: gettext_lazy("読む人がいなくなる後閲・供覧"),
    Rule.SELF: gettext_lazy("自分の提案を判断する立場になる職員"),
    Rule.DOUBLE: gettext_lazy("1人の席に2人以上"),
    Rule.VACANT: gettext_lazy("空席になる職"),
    Rule.BROKEN: gettext_lazy("効かなくなる代理"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that would be wrong, and what it is about."""

    rule: Rule
    text: str
    project: Project | None = None
    post: Post | None = None
    person: User | None = None


@dataclass
class Rehearsal:
    """What was found for a day, by rule; ``slots``: how much open work was looked at."""

    on: date
    slots: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing would be wrong."""
        return not self.findings

    @property
    def counts(self) -> dict[str, int]:
        """How many by rule, every rule named."""
        found = Counter(each.rule for each in self.findings)
        return {rule.value: found[rule] for rule in Rule}

    @property
    def groups(self) -> list[tuple[Rule, StrOrPromise, list[Finding]]]:
        """Findings under their titles, in the order of the rules."""
        return [
            (rule, TITLES[rule], [each for each in self.findings if each.rule == rule])
            for rule in Rule
        ]


def rehearse(on: date, *, today: date) -> Rehearsal:
    """Look at all open work as its holders of that day would find it: a fixed number of queries."""
    rehearsal = Rehearsal(on)
    slots = list(
        Slot.objects.filter(state=SlotState.OPEN, step_run__closed_at=None)
        .select_related("post", "step_run__project")
        .order_by("step_run__project__number", "pk")
    )
    rehearsal.slots = len(slots)
    chart, rows = chart_of(on), _read(slots, on)
    people = people_of(rows)
    rehearsal.findings += _of_slots(slots, people, chart, today)
    rehearsal.findings += _unread(rows, people)
    rehearsal.findings += _doubles(chart)
    quorum = max((row[4] for row in rows if row[0] == QUORUM), default=0)
    rehearsal.findings += [
        Finding(Rule.VACANT, each.text, post=each.post)
        for each in vacancies_of(chart, quorum=quorum)
    ]
    rehearsal.findings += _broken(chart)
    order = list(Rule)
    rehearsal.findings.sort(key=lambda each: order.index(each.rule))
    return rehearsal


UNREAD: Final = "unread"
QUORUM: Final = "quorum"


def _read(slots: list[Slot], on: date) -> list[Row]:
    """Who may answer for these slots that day, what is unread at which posts, and the quorums."""
    unread = Reading.objects.filter(read_at=None)
    asked = Q(pk__in={slot.post_id for slot in slots}) | Q(pk__in=unread.values("post"))
    deciding = [slot for slot in slots if slot.step_run.admits(Basis.ACTING)]
    parts = seating(
        on,
        Post.objects.filter(asked).values("pk"),
        {slot.step_run.run_id for slot in slots},
        {slot.post_id for slot in deciding},
        {slot.step_run.run_id for slot in deciding},
    )
    counted = unread.order_by().values("post", "post__order", "post__title")
    counted = counted.annotate(kind=Value(UNREAD, CharField()), n=Count("pk"))
    parts.append(counted.values_list("kind", "post", "post__order", "post__title", "n"))
    parts.append(
        _reviews(on).values_list(
            Value(QUORUM, CharField()), "pk", "route", Value("", CharField()), "quorum"
        )
    )
    return list(united(parts))


def _unread(rows: list[Row], people: People) -> list[Finding]:
    """What nobody would read, in the order of the posts."""
    unread = sorted((row for row in rows if row[0] == UNREAD), key=lambda row: (row[2], row[1]))
    return [
        Finding(Rule.READING, _("%(post)s：%(n)s件") % {"post": title, "n": n})
        for _kind, post, _order, title, n in unread
        if not people.own.get(post) and not people.deputies.get(post)
    ]


def _of_slots(slots: list[Slot], people: People, chart: Chart, today: date) -> list[Finding]:
    """Work that nobody could answer, and people who would come to sit over what they proposed."""
    appointed = [each.appointment for seat in chart.seats for each in seat.holdings]
    staff = {each.person_id: each.person for each in appointed}
    now = _own_holders({slot.post_id for slot in slots}, today)
    found = []
    for slot in slots:
        step = slot.step_run
        where = {"number": step.project.reference if step.project else "", "step": step.title}
        if not people.seat(slot).is_held:
            words = _("%(number)s　%(step)s（%(post)s）") % {**where, "post": slot.post.title}
            found.append(Finding(Rule.ORPHAN, words, step.project, slot.post))
        for person, _name in people.own.get(slot.post_id, ()):
            if person in people.excluded(step) and person not in now[slot.post_id]:
                words = _("%(number)s　%(step)s（%(name)s さん）") % {
                    **where,
                    "name": staff[person].name,
                }
                found.append(Finding(Rule.SELF, words, step.project, slot.post, staff[person]))
    return found


def _own_holders(posts: set[int], on: date) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for post, holders in holders_of(posts, on).items():
        found[post] = {each.person.pk for each in holders if each.basis == Basis.OWN}
    return found


def _doubles(chart: Chart) -> list[Finding]:
    found = []
    for seat in chart.seats:
        if seat.post.is_shared or len(seat.holdings) < 2:
            continue
        names = "、".join(each.appointment.person.name for each in seat.holdings)
        words = _("%(post)s：%(names)s") % {"post": seat.post.title, "names": names}
        found.append(Finding(Rule.DOUBLE, words, post=seat.post))
    return found


def _broken(chart: Chart) -> list[Finding]:
    """代理 in force whose deputy has left, is on leave, or whose post is closed."""
    found = []
    for row in chart.broken:
        words = _("%(post)sの代理 %(name)s さん（%(why)s）") % {
            "post": row.post.title,
            "name": row.deputy.name,
            "why": _why_broken(row, chart.on),
        }
        found.append(Finding(Rule.BROKEN, words, post=row.post, person=row.deputy))
    return found


def _why_broken(row: Any, on: date) -> str:
    if not row.post.is_in_force(on):
        return _("職がなくなる")
    return _("休職・育休中") if row.is_staffed else _("在籍しなくなる")


def review_quorum(on: date) -> int:
    """How many PT members a review needs, by the routes in force that day."""
    return _reviews(on).aggregate(most=Max("quorum"))["most"] or 0


def _reviews(on: date) -> QuerySet[RouteStep]:
    return RouteStep.objects.filter(
        Q(route__effective_to=None) | Q(route__effective_to__gt=on),
        kind=StepKind.REVIEW,
        route__state=RouteState.ACTIVE,
        route__effective_from__lte=on,
    ).order_by()
