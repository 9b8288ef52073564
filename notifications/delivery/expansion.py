"""Posts become the persons of the day: one mail a person and fact, or a digest of several.

A digest joins the facts of a bundle, or what one person wants gathered for one morning. Facts are
added to such a digest until a sweep has taken it; what comes later goes into the next one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Min
from django.utils.timezone import localdate

from bpr_projects.calendar import JST
from notifications.catalogue import MORNING, OF_A_DAY, ON_THE_LIST
from notifications.delivery.ways import Wishes
from notifications.enums import GATHERED, DeliveryState, Event, MessageState, Reason, Way
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from notifications.outbox import message_id
from roles.enums import Basis
from roles.models import Capacity, User, holders_of
from workflow import access
from workflow.charts import closing_days
from workflow.enums import OWN_WORK

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from datetime import date
    from uuid import UUID

BATCH: Final = 500
VACANCY: Final = timedelta(hours=1)
"""How often a post without a holder is looked at again: its successor is asked."""


@dataclass
class Expansion:
    """What comes of a batch of messages. ``spoken``: those that had told somebody before."""

    at: datetime
    told: set[tuple[str, int]]
    left_out: dict[tuple[str, int], int]
    spoken: set[int]
    again: list[DeliveredFact] = field(default_factory=list)
    tells: list[DeliveredFact] = field(default_factory=list)
    ends: dict[tuple[MessageState, str], list[int]] = field(default_factory=dict)

    def end(self, message: OutboxMessage, state: MessageState, reason: str = "") -> None:
        """Remember how a message ends; written in one update a kind."""
        self.ends.setdefault((state, reason), []).append(message.pk)

    def tell(self, message: OutboxMessage, person: User, basis: str) -> None:
        """Once more, or by the mail that was left out while the person held no post."""
        self.told.add((message.fact, person.pk))
        told = DeliveredFact(
            message=message,
            fact=message.fact,
            person=person,
            basis=basis,
            rings=message.event not in ON_THE_LIST,
        )
        if (message.fact, person.pk) in self.left_out:
            told.delivery_id = self.left_out[message.fact, person.pk]
            self.again.append(told)
        else:
            self.tells.append(told)


def expand(at: datetime) -> int:
    """Turn facts that are ready into mails for the persons of the day. Returns how many facts."""
    with transaction.atomic():
        messages = _take(at)
        if not messages:
            return 0
        expansion = _begin(messages, at)
        holders = holders_of({row.post_id for row in messages if row.post_id}, localdate(at))
        excluded = _excluded(messages, localdate(at))
        standing = _standing(messages, localdate(at))
        for message in messages:
            if message.person is not None:
                _to_person(message, message.person, expansion)
            else:
                held = [*holders[message.post_id or 0], *standing.get(message.pk, ())]
                _to_post(message, held, excluded, expansion)
        _write(expansion)
        return len(messages)


def _take(at: datetime) -> list[OutboxMessage]:
    """Messages that no other sweep is just expanding; of a bundle all or none."""
    ready = (
        OutboxMessage.objects.ready(at)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("person", "slot__step_run", "slot__post", "reading")
        .order_by("pk")
    )
    messages = list(ready.filter(bundle=None)[:BATCH])
    if bundles := _bundles(at):
        messages += ready.filter(bundle__in=bundles)
    return messages


def _bundles(at: datetime) -> list[UUID]:
    """Bundles that wait and are this sweep's: whoever holds the first message has them all."""
    ready = OutboxMessage.objects.ready(at).exclude(bundle=None).order_by("pk")
    waiting = set(ready.values_list("bundle", flat=True)[:BATCH])
    if not waiting:
        return []
    of_these = OutboxMessage.objects.filter(bundle__in=waiting).order_by()
    firsts = of_these.values("bundle").annotate(first=Min("pk")).values("first")
    held = OutboxMessage.objects.filter(pk__in=firsts).select_for_update(skip_locked=True)
    return [row.bundle for row in held.only("bundle") if row.bundle is not None]


def _begin(messages: Iterable[OutboxMessage], at: datetime) -> Expansion:
    """Who has a mail about these facts already, and whose was left out as no holder."""
    told: set[tuple[str, int]] = set()
    left_out: dict[tuple[str, int], int] = {}
    spoken: set[int] = set()
    rows = DeliveredFact.objects.filter(fact__in={row.fact for row in messages}).values_list(
        "fact", "person", "delivery", "delivery__reason", "message"
    )
    for fact, person, delivery, reason, message in rows:
        if reason == Reason.NOT_HOLDER:
            left_out[fact, person] = delivery
        else:
            told.add((fact, person))
            spoken.add(message)
    return Expansion(at, told, left_out, spoken)


def _to_person(message: OutboxMessage, person: User, expansion: Expansion) -> None:
    if person.pk == message.actor_id:
        expansion.end(message, MessageState.SKIPPED, Reason.ACTOR)
    elif not person.is_active:
        expansion.end(message, MessageState.SKIPPED, Reason.INACTIVE)
    elif (message.fact, person.pk) in expansion.told:
        expansion.end(message, MessageState.SKIPPED, Reason.ALREADY_TOLD)
    else:
        expansion.tell(message, person, "")
        expansion.end(message, MessageState.EXPANDED)


def _to_post(
    message: OutboxMessage,
    holders: list[Capacity],
    excluded: dict[int, frozenset[int]],
    expansion: Expansion,
) -> None:
    """Holders first, then deputies; nobody who may not answer, nobody twice, not who acted."""
    barred = excluded.get(message.pk, frozenset())
    admitted = [each for each in holders if _admits(message, each)]
    entitled = [each for each in admitted if each.person.pk not in barred]
    others = [each for each in entitled if each.person.pk != message.actor_id]
    fresh = [each for each in others if (message.fact, each.person.pk) not in expansion.told]
    for each in fresh:
        expansion.tell(message, each.person, each.basis)
    if fresh or message.pk in expansion.spoken:
        expansion.end(message, MessageState.EXPANDED)
    elif others:
        expansion.end(message, MessageState.SKIPPED, Reason.ALREADY_TOLD)
    elif entitled:
        expansion.end(message, MessageState.SKIPPED, Reason.ACTOR)
    elif message.is_request:
        expansion.end(message, MessageState.PENDING, Reason.VACANT)
    else:
        expansion.end(message, MessageState.SKIPPED, Reason.NOBODY)


def _admits(message: OutboxMessage, capacity: Capacity) -> bool:
    """Where nobody may stand in, a deputy is not asked to decide."""
    if message.reading is not None and message.reading.is_after_acting:
        return capacity.basis == Basis.OWN
    return message.slot is None or message.slot.step_run.admits(capacity.basis)


def _standing(messages: Iterable[OutboxMessage], on: date) -> dict[int, list[Capacity]]:
    """By message: who decides by the order of 代決 what it asks for."""
    slots = {
        message.pk: message.slot
        for message in messages
        if message.slot is not None and message.slot.post_id == message.post_id
    }
    found = access.standing_at(list({slot.pk: slot for slot in slots.values()}.values()), on)
    people = User.objects.in_bulk({pk for persons in found.values() for pk in persons})
    return {
        key: [
            Capacity(slot.post, people[pk], Basis.ACTING) for pk in sorted(found.get(slot.pk, ()))
        ]
        for key, slot in slots.items()
    }


def _excluded(messages: Iterable[OutboxMessage], on: date) -> dict[int, frozenset[int]]:
    """By message: nobody is asked to decide on what they proposed."""
    runs = {
        message.pk: message.slot.step_run.run_id
        for message in messages
        if message.slot is not None and message.slot.step_run.kind not in OWN_WORK
    }
    conflicts = access.conflicted_by_run(set(runs.values()), on) if runs else {}
    return {pk: conflicts.get(run, frozenset()) for pk, run in runs.items()}


def _write(expansion: Expansion) -> None:
    """Two sweeps may meet at one person who is addressed twice: the first row stands."""
    told = [*expansion.tells, *expansion.again]
    wishes = Wishes.of({each.person_id for each in told}, closing_days())
    for each in expansion.again:
        _tell_again(each, wishes, expansion.at)
    alone: dict[Hashable, list[DeliveredFact]] = {}
    gathered: dict[tuple[int, Way, datetime], list[DeliveredFact]] = {}
    for each in expansion.tells:
        way = wishes.way(each.person_id, Event(each.message.event))
        if way in GATHERED:
            hour = wishes.hour(way, _since(each.message, expansion.at))
            gathered.setdefault((each.person_id, way, hour), []).append(each)
        else:
            # What acts given at once tell a person of one kind goes into one mail.
            one = (each.message.bundle or each.fact, each.message.event, each.person_id, way)
            alone.setdefault(one, []).append(each)
    _post_alone(list(alone.values()), wishes, expansion.at)
    _gather(gathered, wishes, expansion.at)
    DeliveredFact.objects.bulk_create(expansion.tells, ignore_conflicts=True)
    _give_way(expansion)
    for (state, reason), keys in expansion.ends.items():
        waits = state == MessageState.PENDING
        OutboxMessage.objects.filter(pk__in=keys).update(
            state=state,
            reason=reason,
            hold_until=expansion.at + VACANCY if waits else None,
            settled_at=None if waits else expansion.at,
        )


def _tell_again(told: DeliveredFact, wishes: Wishes, at: datetime) -> None:
    """The mail that was left out goes out after all, for the post that the person holds now."""
    person, way = told.person_id, wishes.way(told.person_id, Event(told.message.event))
    hour = max(wishes.hour(way, at), at)
    left_out = Delivery.objects.filter(
        pk=told.delivery_id, state=DeliveryState.SKIPPED, reason=Reason.NOT_HOLDER
    )
    if left_out.update(
        state=DeliveryState.QUEUED,
        reason="",
        way=Way.SCREEN if way == Way.SCREEN else Way.NOW,
        due_at=hour if way == Way.SCREEN else wishes.awake(person, hour),
    ):
        mine = DeliveredFact.objects.filter(delivery=told.delivery_id, fact=told.fact)
        mine.filter(person=person).update(message=told.message, basis=told.basis)


def _since(message: OutboxMessage, at: datetime) -> datetime:
    """From when on a fact waits for the next digest. What is true for a day has no other one."""
    since = message.hold_until or message.created_at
    if message.event in OF_A_DAY:
        return min(since, datetime.combine(localdate(at), MORNING, JST))
    return since


def _give_way(expansion: Expansion) -> None:
    """What another sweep told just before, by another message of the same fact, it has told.

    A message without a fact of its own ends as that; a mail of which nothing is left is none.
    """
    asked = {each.message_id for each in expansion.tells}
    told = DeliveredFact.objects.filter(message__in=asked).values_list("message", flat=True)
    if late := asked.difference(told):
        kept = [pk for pk in expansion.ends[MessageState.EXPANDED, ""] if pk not in late]
        expansion.ends[MessageState.EXPANDED, ""] = kept
        ends = expansion.ends.setdefault((MessageState.SKIPPED, Reason.ALREADY_TOLD), [])
        ends.extend(sorted(late))
    mails = {each.delivery_id for each in expansion.tells}
    untouched = Delivery.objects.filter(pk__in=mails, state=DeliveryState.QUEUED, attempts=0)
    untouched.filter(facts=None).delete()


def _post_alone(told: Sequence[list[DeliveredFact]], wishes: Wishes, at: datetime) -> None:
    """One mail for each of these lists of facts; which ones they are names it."""
    mails = {}
    for facts in told:
        first = facts[0]
        cases = {each.message.project_id for each in facts}
        way = wishes.way(first.person_id, Event(first.message.event))
        mail = Delivery(
            person=first.person,
            event=first.message.event,
            project_id=first.message.project_id if len(cases) == 1 else None,
            way=way,
            message_id=message_id("|".join(each.fact for each in facts), first.person_id),
            due_at=at if way == Way.SCREEN else wishes.awake(first.person_id, at),
            created_at=at,
        )
        mails[mail.message_id] = mail
    Delivery.objects.bulk_create(mails.values(), ignore_conflicts=True)
    by_name = dict(Delivery.objects.filter(message_id__in=mails).values_list("message_id", "pk"))
    for facts, name in zip(told, mails, strict=True):
        for each in facts:
            each.delivery_id = by_name[name]


def _gather(
    gathered: dict[tuple[int, Way, datetime], list[DeliveredFact]], wishes: Wishes, at: datetime
) -> None:
    """Put facts into the digest of their hour: the first that no sweep has begun to send."""
    left, n = dict(gathered), 0
    while left:
        mails = {}
        for (person, way, hour), facts in sorted(left.items(), key=lambda item: item[0]):
            name = message_id(f"{way}:{hour.timestamp():.0f}:{n}", person)
            mails[name] = Delivery(
                person=facts[0].person,
                event=Event.SUMMARY,
                way=way,
                message_id=name,
                due_at=wishes.awake(person, max(hour, at)),
                created_at=at,
            )
        Delivery.objects.bulk_create(mails.values(), ignore_conflicts=True)
        # Locked until these facts are in it: a sweep that takes it after that finds them.
        rows = Delivery.objects.filter(message_id__in=mails).order_by("pk").select_for_update()
        stand = {row.message_id: row for row in rows.defer("text", "html")}
        for key, name in zip(sorted(left), mails, strict=True):
            digest = stand.get(name)  # none: another sweep found it empty just now
            if digest is not None and digest.is_open:
                for each in left.pop(key):
                    each.delivery_id = digest.pk
        n += 1
