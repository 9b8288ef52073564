"""What would be wrong if it were another day already. Only reads."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roles.charts import chart_of, vacancies_of
from roles.enums import Basis
from roles.models import Appointment, Delegation, holders_of
from workflow.access.conflicts import conflicted_by_run
from workflow.access.standing import standing_at
from workflow.enums import OWN_WORK, RouteState, SlotState, StepKind
from workflow.models import Reading, RouteStep, Slot

if TYPE_CHECKING:
    from datetime import date

    from django_stubs_ext import StrOrPromise

    from bpr_projects.models import Project
    from roles.charts import Chart
    from roles.models import Capacity, Post, User


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
    unread = list(
        Reading.objects.filter(read_at=None)
        .order_by("post")
        .values_list("post", "post__title")
        .annotate(n=Count("pk"))
    )
    posts = {slot.post_id for slot in slots} | {post for post, _title, _n in unread}
    held = holders_of(posts, on)
    rehearsal.findings += _of_slots(slots, held, on, today)
    chart = chart_of(on)
    rehearsal.findings += [
        Finding(Rule.READING, _("%(post)s：%(n)s件") % {"post": title, "n": n})
        for post, title, n in unread
        if not held[post]
    ]
    rehearsal.findings += _doubles(chart)
    rehearsal.findings += [
        Finding(Rule.VACANT, each.text, post=each.post)
        for each in vacancies_of(chart, quorum=review_quorum(on))
    ]
    rehearsal.findings += _broken(on)
    order = list(Rule)
    rehearsal.findings.sort(key=lambda each: order.index(each.rule))
    return rehearsal


def _of_slots(
    slots: list[Slot], held: dict[int, list[Capacity]], on: date, today: date
) -> list[Finding]:
    """Work that nobody could answer, and people who would come to sit over what they proposed."""
    runs = {slot.step_run.run_id for slot in slots if slot.step_run.kind not in OWN_WORK}
    conflicts = conflicted_by_run(runs, on)
    standing = standing_at(slots, on)
    now = _own_holders({slot.post_id for slot in slots}, today)
    found = []
    for slot in slots:
        step = slot.step_run
        judged = step.kind not in OWN_WORK
        excluded = conflicts.get(step.run_id, frozenset()) if judged else frozenset()
        seated = [each for each in held[slot.post_id] if step.admits(each.basis)]
        where = {"number": step.project.reference if step.project else "", "step": step.title}
        if all(each.person.pk in excluded for each in seated) and not standing.get(slot.pk):
            words = _("%(number)s　%(step)s（%(post)s）") % {**where, "post": slot.post.title}
            found.append(Finding(Rule.ORPHAN, words, step.project, slot.post))
        for each in seated:
            arises = each.basis == Basis.OWN and each.person.pk not in now[slot.post_id]
            if arises and each.person.pk in excluded:
                words = _("%(number)s　%(step)s（%(name)s さん）") % {
                    **where,
                    "name": each.person.name,
                }
                found.append(Finding(Rule.SELF, words, step.project, slot.post, each.person))
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


def _broken(on: date) -> list[Finding]:
    """代理 in force whose deputy has left, is on leave, or whose post is closed."""
    effective = Delegation.objects.effective(on).order_by().values("pk")
    rows = Delegation.objects.in_force(on).exclude(pk__in=effective)
    on_the_staff = set(
        Appointment.objects.in_force(on)
        .filter(person__in=rows.order_by().values("deputy"), person__is_active=True)
        .values_list("person", flat=True)
    )
    found = []
    for row in rows.select_related("post", "deputy").order_by("pk"):
        why = _why_broken(row, on, row.deputy_id in on_the_staff)
        words = _("%(post)sの代理 %(name)s さん（%(why)s）") % {
            "post": row.post.title,
            "name": row.deputy.name,
            "why": why,
        }
        found.append(Finding(Rule.BROKEN, words, post=row.post, person=row.deputy))
    return found


def _why_broken(row: Delegation, on: date, is_on_the_staff: bool) -> str:  # noqa: FBT001
    if not row.post.is_in_force(on):
        return _("職がなくなる")
    return _("休職・育休中") if is_on_the_staff else _("在籍しなくなる")


def review_quorum(on: date) -> int:
    """How many PT members a review needs, by the routes in force that day."""
    rows = RouteStep.objects.filter(
        Q(route__effective_to=None) | Q(route__effective_to__gt=on),
        kind=StepKind.REVIEW,
        route__state=RouteState.ACTIVE,
        route__effective_from__lte=on,
    )
    return rows.aggregate(most=Max("quorum"))["most"] or 0
