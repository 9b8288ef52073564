"""Whose mails a person may read, and how they are found among them.

The secretariat sees all but two kinds: who proposed a case learns nothing of what its reviewers say
among themselves, and what was never submitted is its authors' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef, Q

from bpr_projects.access import proposed_by
from bpr_projects.enums import CommentLevel
from bpr_projects.models import Project
from notifications.models import DeliveredFact, Delivery, OutboxMessage
from workflow.inbox.sieve import spellings

if TYPE_CHECKING:
    from bpr_projects.models import ProjectQuerySet
    from notifications.models import DeliveryQuerySet, OutboxMessageQuerySet
    from roles.models import User

WORDS: Final = 5
"""So many words are looked for."""


def mails_to(person: User) -> DeliveryQuerySet:
    """What was sent to oneself, the newest first."""
    return Delivery.objects.filter(person=person).order_by("-pk")


def all_mails(person: User) -> DeliveryQuerySet:
    """What somebody of the secretariat may read, the newest first."""
    sealed = OutboxMessage.objects.filter(_is_sealed(person), told__delivery=OuterRef("pk"))
    return Delivery.objects.filter(Q(person=person) | ~Exists(sealed)).order_by("-pk")


def all_facts(person: User) -> OutboxMessageQuerySet:
    """The same of facts, whether or not they have become mails."""
    return OutboxMessage.objects.exclude(_is_sealed(person)).order_by("-pk")


def _is_sealed(person: User) -> Q:
    among_reviewers = Q(comment__level=CommentLevel.REVIEW, project__in=proposed_by(person))
    return among_reviewers | Q(project__isnull=False, project__number=None)


def among_mails(mails: DeliveryQuerySet, text: str, *, sees_all: bool) -> DeliveryQuerySet:
    """Every word somewhere: in person, address, subject, or in a case that the mail tells of.

    A secret has no subject to look in. What a case is called now is looked for only by those who
    see every mail: others find a case by its number, and by what was written to them.
    """
    for word in text.split()[:WORDS]:
        told = DeliveredFact.objects.filter(message__project__in=_cases(word, by_title=sees_all))
        found = Q(pk__in=told.values("delivery"))
        for written in spellings(word):
            found |= Q(subject__icontains=written, is_secret=False)
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
    """Cases with a word in their number or title; asked for inside the statement."""
    found = Q()
    for written in spellings(word):
        found |= Q(number__icontains=written)
        if by_title:
            found |= Q(title__icontains=written)
    return Project.objects.filter(found).order_by()
