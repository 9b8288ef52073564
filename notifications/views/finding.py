"""Whose mails a person may read, and how they are found among them.

The secretariat sees all but one kind: who proposed a case learns nothing of what its reviewers say
among themselves. Of what was never submitted it sees that there is a mail, and not what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Case, Exists, OuterRef, Q, Value, When

from bpr_projects.access import proposed_by, visible_to
from bpr_projects.enums import CommentLevel
from bpr_projects.models import Project
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from workflow.inbox.sieve import spellings

if TYPE_CHECKING:
    from datetime import datetime

    from bpr_projects.models import ProjectQuerySet
    from notifications.models import DeliveryQuerySet, OutboxMessageQuerySet
    from roles.models import User

WORDS: Final = 5
"""So many words are looked for."""

OPEN: Final = Value(value=False)
"""``is_sealed`` of what everybody who sees it may read."""


def mails_to(person: User) -> DeliveryQuerySet:
    """What was sent to oneself, the newest first."""
    return Delivery.objects.filter(person=person).annotate(is_sealed=OPEN).order_by("-pk")


def all_mails(person: User, at: datetime) -> DeliveryQuerySet:
    """What somebody of the secretariat may see, the newest first.

    ``is_sealed``: it tells of a draft of others, so its words are not for this person.
    """
    told = OutboxMessage.objects.filter(told__delivery=OuterRef("pk"))
    hidden = Exists(told.filter(_among_reviewers(person)))
    drafted = Exists(told.filter(_of_a_draft(person, at)))
    sealed = Case(When(person=person, then=OPEN), default=drafted)
    seen = Delivery.objects.filter(Q(person=person) | ~hidden)
    return seen.annotate(is_sealed=sealed).order_by("-pk")


def all_facts(person: User, at: datetime) -> OutboxMessageQuerySet:
    """The same of facts, whether or not they have become mails."""
    sealed = Case(When(_of_a_draft(person, at), then=Value(value=True)), default=OPEN)
    seen = OutboxMessage.objects.exclude(_among_reviewers(person))
    return seen.annotate(is_sealed=sealed).order_by("-pk")


def _among_reviewers(person: User) -> Q:
    return Q(comment__level=CommentLevel.REVIEW, project__in=proposed_by(person))


def _of_a_draft(person: User, at: datetime) -> Q:
    never_submitted = Q(project__isnull=False, project__number=None)
    return never_submitted & ~Q(project__in=visible_to(person, at))


def among_mails(mails: DeliveryQuerySet, text: str, *, sees_all: bool) -> DeliveryQuerySet:
    """Every word somewhere: in person, address, subject, or in a case that the mail tells of.

    A secret has no subject to look in, nor has what is sealed. What a case is called now is looked
    for only by those who see every mail: others find a case by its number, and by what was written
    to them.
    """
    for word in text.split()[:WORDS]:
        told = DeliveredFact.objects.filter(message__project__in=_cases(word, by_title=sees_all))
        found = Q(pk__in=told.values("delivery"))
        for written in spellings(word):
            found |= Q(subject__icontains=written, is_secret=False, is_sealed=False)
            found |= Q(address__icontains=written) | _called(written)
        mails = mails.filter(found)
    return mails


def among_facts(facts: OutboxMessageQuerySet, text: str) -> OutboxMessageQuerySet:
    """Every word somewhere: in the post or person, or in the case."""
    for word in text.split()[:WORDS]:
        found = Q(project__in=_cases(word, by_title=True))
        for written in spellings(word):
            found |= Q(post__title__icontains=written) | _called(written)
        facts = facts.filter(found)
    return facts


def _called(written: str) -> Q:
    return (
        Q(person__family_name__icontains=written)
        | Q(person__given_name__icontains=written)
        | Q(person__employee_number__icontains=written)
    )


def _cases(word: str, *, by_title: bool) -> ProjectQuerySet:
    """Cases with a word in their number or title, drafts never; asked for inside the statement."""
    found = Q()
    for written in spellings(word):
        found |= Q(number__icontains=written)
        if by_title:
            found |= Q(title__icontains=written, number__isnull=False)
    return Project.objects.filter(found).order_by()
