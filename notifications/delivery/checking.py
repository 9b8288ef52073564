"""Is it still to be said, and to this person? Asked again at the moment of sending."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.timezone import localdate

from bpr_projects.access import visible_to, voice_in
from notifications.catalogue import event_on
from notifications.enums import DeliveryState, Event, Reason
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from roles.enums import Basis
from roles.models import Capacity, holders_of
from workflow import access
from workflow.charts import ball_lines, closing_days
from workflow.enums import ASIDE, Outcome, PaperState
from workflow.models import Condition, Decision, WorkItem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from django.db.models import QuerySet

    from bpr_projects.access import Voice
    from bpr_projects.models import Comment
    from roles.models import User
    from workflow.charts import Ball

Ending = tuple[DeliveryState, Reason]

DEADLINES: Final = {
    Event.DUE_SOON: Event.DUE_SOON,
    Event.DUE_TODAY: Event.DUE_TODAY,
    Event.OVERDUE: Event.OVERDUE,
    Event.DELAY_TOLD: Event.OVERDUE,
}
"""What is told of a deadline -> the reminder that its day is for."""

MATTERS: Final = (
    "post",
    "project__section",
    "project__proposer_post",
    "actor",
    "run__revision",
    "run__rule",
    "run__step",
    "slot__step_run",
    "slot__post",
    "decision__post",
    "decision__decided_by",
    "decision__on_behalf_of",
    "decision__step_run",
    "decision__superseded_by",
    "decision__entry",
    "reading",
)
"""What a fact may be about, joined to its row."""

SELDOM: Final = {
    "comment": ("written_by", "post"),
    "join_request": ("section",),
    "report": ("condition__owner",),
    "paper": ("decided_by", "recorded_by", "settled_by", "closing", "slot__post"),
    "absence": ("person", "recorded_by"),
    "ledger_check": (),
    "anchor_day": (),
    "disposal": ("asked_by", "approved_by"),
    "announcement": ("written_by", "released_by"),
}
"""What few facts are about, with what is joined to it: read apart, where there is any of it.

Were it joined to all of them, the database would plan longer than it reads.
"""

R = TypeVar("R", OutboxMessage, DeliveredFact)


def with_matters(rows: QuerySet[R], path: str = "") -> QuerySet[R]:
    """Facts with what most of them are about; ``add_seldom`` reads the rest.

    ``path``: how the rows lead to the message.
    """
    conditions = Condition.objects.select_related("owner")
    return (
        rows.select_related(*(f"{path}{each}" for each in MATTERS))
        .defer(f"{path}run__plan", f"{path}project__sheet")
        .prefetch_related(
            f"{path}decision__entry__texts",
            Prefetch(f"{path}decision__conditions", conditions),
        )
    )


def add_seldom(messages: Sequence[OutboxMessage]) -> None:
    """Read what few of these are about into them: a query for each kind of it that occurs."""
    for name, joined in SELDOM.items():
        if told := [each for each in messages if getattr(each, f"{name}_id") is not None]:
            model: Any = OutboxMessage._meta.get_field(name).related_model  # noqa: SLF001 -- documented
            rows = model.objects.select_related(*joined) if joined else None
            prefetch_related_objects(told, Prefetch(name, rows))


def load(keys: Collection[int]) -> list[Delivery]:
    """Mails with what their words need, in as many queries for one mail as for many."""
    facts = with_matters(DeliveredFact.objects.all(), "message__")
    mails = Delivery.objects.filter(pk__in=keys).select_related("person").order_by("due_at", "pk")
    found = {mail.pk: mail for mail in mails}
    # By hand: a prefetch would copy the whole query once more for every mail.
    for mail in found.values():
        mail.told = []
    for fact in facts.filter(delivery__in=found):
        fact.delivery = found[fact.delivery_id]
        fact.delivery.told.append(fact)
    add_seldom([fact.message for mail in found.values() for fact in mail.told])
    return list(found.values())


@dataclass(frozen=True)
class Matters:
    """What is true now about the matters of some facts: all that their words need."""

    at: datetime
    holders: dict[int, list[Capacity]]
    balls: dict[int, Ball]
    before: dict[tuple[int, datetime], Decision]
    closures: frozenset[date]

    @classmethod
    def about(
        cls, messages: Sequence[OutboxMessage], at: datetime, closures: frozenset[date]
    ) -> Matters:
        """Look once for all of them."""
        posts = {message.post_id for message in messages if message.post_id}
        projects = {each.project for each in messages if each.project is not None}
        return cls(
            at=at,
            holders=holders_of(posts, localdate(at)),
            balls=ball_lines(projects, at, closures),
            before=_before(messages),
            closures=closures,
        )

    def principal(self, post_id: int) -> User | None:
        """Whose place a deputy of this post takes."""
        own = [each.person for each in self.holders.get(post_id, []) if each.delegation is None]
        return own[0] if own else None


@dataclass
class Situation:
    """Whether the facts of a batch of mails are still to be said, and to whom."""

    matters: Matters
    working: frozenset[int]
    standing: dict[int, frozenset[int]]
    projects: frozenset[int]
    _visible: dict[int, frozenset[int]] = field(default_factory=dict)
    _voices: dict[tuple[int, int], Voice] = field(default_factory=dict)

    @classmethod
    def of(cls, mails: Sequence[Delivery], at: datetime) -> Situation:
        """Look once for the whole batch."""
        messages = [fact.message for mail in mails for fact in mail.told]
        slots = {message.slot.pk: message.slot for message in messages if message.slot is not None}
        return cls(
            matters=Matters.about(messages, at, closing_days()),
            working=frozenset(
                WorkItem.objects.filter(slot__in=slots).values_list("slot", flat=True)
            ),
            standing=access.standing_at(slots.values(), localdate(at)),
            projects=frozenset(each.project_id for each in messages if each.project_id),
        )

    def ending(self, fact: DeliveredFact) -> Ending | None:
        """Why it is not said to this person any more, or nothing when it is."""
        message = fact.message
        if (over := self._over(message)) is not None:
            return DeliveryState.SUPERSEDED, over
        if not fact.delivery.person.is_active:
            return DeliveryState.SKIPPED, Reason.INACTIVE
        if message.post_id and self.capacity(fact) is None:
            return DeliveryState.SKIPPED, Reason.NOT_HOLDER
        if _has_to_be_let_in(message) and not self._may_read(fact):
            return DeliveryState.SKIPPED, Reason.NOT_ENTITLED
        if message.comment is not None and not self._may_read_comment(fact, message.comment):
            return DeliveryState.SKIPPED, Reason.NOT_ENTITLED
        return None

    def _over(self, message: OutboxMessage) -> Reason | None:
        """Why there is nothing to say any more, whoever would be told."""
        if back := _over_by_its_author(message):
            return back
        if message.slot_id is not None and message.slot_id not in self.working:
            return Reason.WORK_CLOSED
        if message.event in DEADLINES and (over := self._over_of_deadline(message)):
            return over
        if message.event == Event.NOT_RESUMED and not self._is_paused(message):
            return Reason.WORK_CLOSED
        if message.event == Event.UNHELD and not self._is_unheld(message):
            return Reason.WORK_CLOSED
        if _is_settled(message):
            return Reason.WORK_CLOSED
        if message.reading is not None and message.reading.read_at is not None:
            return Reason.ALREADY_READ
        return None

    def _over_of_deadline(self, message: OutboxMessage) -> Reason | None:
        """A step that is paused or answered, and a day that another reminder is for."""
        step = message.slot.step_run if message.slot else message.run.step if message.run else None
        if step is None or step.closed_at or step.paused_since or step.due_at is None:
            return Reason.WORK_CLOSED
        event = event_on(localdate(self.matters.at), localdate(step.due_at))
        return None if event == DEADLINES[Event(message.event)] else Reason.DEADLINE_PASSED

    def _is_paused(self, message: OutboxMessage) -> bool:
        """Whether the step still is 保留."""
        return message.slot is not None and message.slot.step_run.paused_since is not None

    def _is_unheld(self, message: OutboxMessage) -> bool:
        """Whether there still is nobody who may answer for the seat."""
        ball = self.matters.balls.get(message.project_id or 0)
        return ball is not None and bool(ball.unheld)

    def capacity(self, fact: DeliveredFact) -> Capacity | None:
        """In which capacity the person holds the addressed post today, or stands in for it."""
        held = self.matters.holders.get(fact.message.post_id or 0, [])
        found = next((each for each in held if each.person.pk == fact.person_id), None)
        slot = fact.message.slot
        if found is None and slot and fact.person_id in self.standing.get(slot.pk, ()):
            return Capacity(slot.post, fact.delivery.person, Basis.ACTING)
        return found

    def _may_read(self, fact: DeliveredFact) -> bool:
        """One question a person; holders of an addressed post read by their participation."""
        if fact.message.project_id is None:
            return True
        person = fact.delivery.person
        if person.pk not in self._visible:
            seen = visible_to(person, self.matters.at).filter(pk__in=self.projects)
            self._visible[person.pk] = frozenset(seen.values_list("pk", flat=True))
        return fact.message.project_id in self._visible[person.pk]

    def _may_read_comment(self, fact: DeliveredFact, comment: Comment) -> bool:
        """Whether the person reads the level of the remark, through a post or not."""
        project, person = fact.message.project, fact.delivery.person
        if project is None:
            return False
        if (person.pk, project.pk) not in self._voices:
            self._voices[person.pk, project.pk] = voice_in(project, person, self.matters.at)
        return comment.level in self._voices[person.pk, project.pk].reads


def _has_to_be_let_in(message: OutboxMessage) -> bool:
    """Whether being addressed is no part in the case by itself.

    Who is asked or shown something reads by that; who is told of another's delay does not, and who
    is named as having decided has to hear of it.
    """
    if message.post_id is not None:
        return message.event == Event.DELAY_TOLD
    return message.event not in (Event.SECRET, Event.PAPER_RECORDED)


def _over_by_its_author(message: OutboxMessage) -> Reason | None:
    """A remark or an act that was taken back while the mail about it waited for its morning."""
    if message.comment is not None and message.comment.taken_back_at is not None:
        return Reason.TAKEN_BACK
    later: Decision | None = getattr(message.decision, "superseded_by", None)
    if later is None:
        return None
    return Reason.PULLED_BACK if later.outcome == Outcome.PULLED_BACK else Reason.CORRECTED


def _is_settled(message: OutboxMessage) -> bool:
    """A question that was answered before the mail could ask for it, a request likewise."""
    if message.event in (Event.STANDS_IN, Event.ABSENCE_REGISTERED):
        return message.absence is not None and message.absence.ended_at is not None
    if message.event == Event.QUESTIONED and message.comment is not None:
        return message.comment.settled_at is not None
    if message.event == Event.PAPER_WAITING and message.paper is not None:
        return message.paper.state != PaperState.WAITING
    if message.event == Event.JOIN_ASKED and message.join_request is not None:
        return message.join_request.is_accepted is not None
    if message.event == Event.ANNOUNCEMENT_WAITING and message.announcement is not None:
        return not message.announcement.is_waiting
    if message.announcement is not None:
        return message.announcement.dropped_at is not None
    if message.event == Event.DISPOSAL_ASKED and message.disposal is not None:
        return message.disposal.approved_at is not None
    return (
        message.event == Event.CONDITION_REPORTED
        and message.report is not None
        and message.report.is_enough is not None
    )


def _before(messages: Sequence[OutboxMessage]) -> dict[tuple[int, datetime], Decision]:
    """The act that made it somebody's turn, or something to be read: same run, same moment."""
    opened = {
        (message.run_id, moment)
        for message in messages
        if message.run_id is not None and (moment := moment_of(message)) is not None
    }
    found = (
        Decision.objects.filter(
            run__in={run for run, _at in opened}, decided_at__in={at for _run, at in opened}
        )
        .exclude(outcome__in=ASIDE - {Outcome.REASSIGNED})
        .select_related("decided_by", "on_behalf_of", "post", "entry")
        .prefetch_related("entry__texts")
        .order_by("pk")
    )
    return {(row.run_id, row.decided_at): row for row in found}


def moment_of(message: OutboxMessage) -> datetime | None:
    """When the work or the reading was opened that the message is about."""
    if message.slot is not None:
        return message.slot.opened_at
    return message.reading.opened_at if message.reading is not None else None
