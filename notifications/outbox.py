"""Write facts into the outbox, in the transaction that makes them; take them back unsent.

Nothing here renders, looks up a person or talks to a server: a request pays one insert.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypedDict, Unpack
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils.timezone import localdate

from notifications.catalogue import NOTICES
from notifications.enums import GATHERED, DeliveryState, Event, MessageState, Reason, Why
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from roles.models import capacities_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from notifications.models import OutboxMessageQuerySet
    from notifications.recipients import Addressee
    from roles.models import User
    from workflow.models import Slot

NAMESPACE: Final = uuid.UUID("6f1d0f2e-6a0b-5d0e-9a53-3f3d1c8c7a10")
"""Never changes: a mail that is sent again keeps its Message-ID."""

GATHERING: Final = timedelta(minutes=1)
"""Longer than any request lasts: what several acts tell in one mail waits for the last of them."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened, by ids. ``key`` is told at most once to each addressee."""

    event: Event
    key: str
    addressees: Sequence[Addressee]
    project_id: int | None = None
    run_id: int | None = None
    decision_id: int | None = None
    reading_id: int | None = None
    comment_id: int | None = None
    join_request_id: int | None = None
    report_id: int | None = None
    absence_id: int | None = None
    paper_id: int | None = None
    ledger_check_id: int | None = None
    anchor_day_id: int | None = None
    disposal_id: int | None = None
    announcement_id: int | None = None


class Telling(TypedDict, total=False):
    """How an act wants its facts told.

    ``bundle``: whoever is told of several facts of one kind and bundle gets one mail.
    ``may_be_taken_back``: by 引戻し, so the mails wait for a while. ``not_before``: 発表日時.
    """

    bundle: UUID | None
    may_be_taken_back: bool
    not_before: datetime | None


def post(
    facts: Iterable[Fact], *, at: datetime, actor: User | None = None, **how: Unpack[Telling]
) -> None:
    """Remember to tell these facts. Told before to the same addressee: nothing happens."""
    hold_until = held_until(at, **how)
    bundle = how.get("bundle")
    is_told_later = actor is not None and how.get("not_before") is not None
    rows = [
        OutboxMessage(
            event=fact.event,
            fact=fact.key,
            post_id=addressee.post_id,
            person_id=addressee.person_id,
            why=addressee.why,
            actor=actor,
            project_id=fact.project_id,
            run_id=fact.run_id,
            slot_id=addressee.slot_id,
            decision_id=fact.decision_id,
            reading_id=fact.reading_id,
            comment_id=fact.comment_id,
            join_request_id=fact.join_request_id,
            report_id=fact.report_id,
            absence_id=fact.absence_id,
            paper_id=fact.paper_id,
            ledger_check_id=fact.ledger_check_id,
            anchor_day_id=fact.anchor_day_id,
            disposal_id=fact.disposal_id,
            announcement_id=fact.announcement_id,
            urgency=NOTICES[fact.event].urgency,
            hold_until=hold_until,
            is_told_later=is_told_later,
            bundle=bundle,
            created_at=at,
        )
        for fact in facts
        for addressee in fact.addressees
    ]
    if rows:
        OutboxMessage.objects.bulk_create(rows, ignore_conflicts=True)


def held_until(at: datetime, **how: Unpack[Telling]) -> datetime | None:
    """Until when the mails wait, or None where they do not."""
    moments = [how.get("not_before")]
    if how.get("bundle") is not None:
        moments.append(at + GATHERING)
    if how.get("may_be_taken_back"):
        moments.append(at + settings.MAIL_HOLD)
    return max((moment for moment in moments if moment and moment > at), default=None)


def unheld(slot: Slot) -> Fact:
    """Nobody may answer for an open slot: told once, by the act that left it so or by a sweep."""
    return Fact(
        event=Event.UNHELD,
        key=f"unheld:{slot.pk}",
        addressees=NOTICES[Event.UNHELD].recipients(slot),
        project_id=slot.step_run.project_id,
        run_id=slot.step_run.run_id,
    )


def supersede(slot_ids: Collection[int], *, at: datetime) -> None:
    """The work is closed: what was not sent yet about it is not sent any more.

    Messages first, mails second: a sweep that is just expanding a message is waited for, and
    the mails it made are then found. Of a digest nothing is taken back here: what is over drops
    out of it at the moment of sending.
    """
    _supersede(OutboxMessage.objects.filter(slot__in=slot_ids), Reason.WORK_CLOSED, at)


def supersede_decision(decision_id: int, reason: Reason, *, at: datetime) -> None:
    """The act was taken back or corrected: what was not sent yet about it is not sent any more."""
    _supersede(OutboxMessage.objects.filter(decision=decision_id), reason, at)


def untold_until(decision_id: int, *, at: datetime) -> datetime | None:
    """The 発表日時 of a decision of which nobody was told yet."""
    waiting = OutboxMessage.objects.filter(
        decision=decision_id, state=MessageState.PENDING, is_told_later=True, hold_until__gt=at
    )
    found: datetime | None = waiting.aggregate(latest=Max("hold_until"))["latest"]
    return found


def supersede_comment(comment_id: int, *, at: datetime) -> None:
    """The remark was taken back: what was not sent yet about it is not sent any more."""
    _supersede(OutboxMessage.objects.filter(comment=comment_id), Reason.TAKEN_BACK, at)


def supersede_paper(paper_id: int, *, at: datetime) -> None:
    """It came to nothing: what was not sent yet about the paper is not sent any more."""
    _supersede(OutboxMessage.objects.filter(paper=paper_id), Reason.WORK_CLOSED, at)


def _supersede(messages: OutboxMessageQuerySet, reason: Reason, at: datetime) -> None:
    messages.filter(state=MessageState.PENDING).update(
        state=MessageState.SUPERSEDED, reason=reason, settled_at=at
    )
    alone = DeliveredFact.objects.filter(message__in=messages, message__bundle=None)
    Delivery.objects.filter(pk__in=alone.values("delivery"), state=DeliveryState.QUEUED).exclude(
        way__in=GATHERED
    ).update(state=DeliveryState.SUPERSEDED, reason=reason)


def leave_out(fact: DeliveredFact, state: DeliveryState, reason: Reason) -> None:
    """Take a fact out of a digest, which goes out without it: it ends as a mail of its own."""
    mail = fact.delivery
    alone = Delivery(
        person=mail.person,
        event=fact.message.event,
        project_id=fact.message.project_id,
        state=state,
        reason=reason,
        message_id=message_id(fact.fact, fact.person_id),
        due_at=mail.due_at,
        created_at=mail.created_at,
    )
    with transaction.atomic():
        Delivery.objects.bulk_create([alone], ignore_conflicts=True)
        ended = Delivery.objects.get(message_id=alone.message_id)
        DeliveredFact.objects.filter(pk=fact.pk, delivery=mail).update(delivery=ended)


def reopen(fact: DeliveredFact, *, at: datetime) -> None:
    """The person left the post before the mail went out: whoever holds it now is told instead.

    So is the person, whom the same fact concerns for another post, or by name, as well.
    """
    held = [each.post.pk for each in capacities_of(fact.person, localdate(at))]
    ended = Q(state=MessageState.EXPANDED) | Q(
        state=MessageState.SKIPPED, reason=Reason.ALREADY_TOLD
    )
    beside = Q(fact=fact.fact) & ended & (Q(post__in=held) | Q(person=fact.person))
    OutboxMessage.objects.filter(Q(pk=fact.message_id, post__isnull=False) | beside).update(
        state=MessageState.PENDING, reason="", settled_at=None, hold_until=None
    )


def post_secret(*, key: str, person: User, subject: str, text: str, at: datetime) -> Delivery:
    """A mail that holds a secret (a link to log in, a code): its words come with it.

    They stay in the row until the mail is settled, are shown to nobody, and are then erased.
    """
    with transaction.atomic():
        message = OutboxMessage.objects.create(
            event=Event.SECRET,
            fact=key,
            person=person,
            why=Why.ACCOUNT,
            state=MessageState.EXPANDED,
            created_at=at,
            settled_at=at,
        )
        delivery = Delivery.objects.create(
            person=person,
            event=Event.SECRET,
            is_secret=True,
            subject=subject,
            text=text,
            message_id=message_id(key, person.pk),
            due_at=at,
            created_at=at,
        )
        DeliveredFact.objects.create(
            delivery=delivery, message=message, fact=key, person=person, rings=False
        )
    return delivery


def message_id(fact: str, person_id: int) -> str:
    """The same on every copy of a mail, whoever sends it and how often."""
    return f"<{uuid.uuid5(NAMESPACE, f'{fact}:{person_id}')}@{mail_host()}>"


def mail_host() -> str:
    """The name that stands in identifiers of mails: the host of the one fixed address."""
    return urlsplit(settings.BASE_URL).hostname or "localhost"


def worker_name() -> str:
    """Names one sweep: no two sweeps of any host share it."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
