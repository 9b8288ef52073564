"""お知らせ: which facts a person finds behind the bell, and which of them are unread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, Value

from bpr_projects.access import in_sight, proposed_by
from bpr_projects.enums import CommentLevel
from notifications.enums import DeliveryState, Event
from notifications.models import DeliveredFact
from workflow.inbox.statement import CAP
from workflow.models import WorkItem

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from django.db.models import QuerySet

    from bpr_projects.models import ProjectQuerySet
    from workflow.inbox import Desk

NEWEST: Final = 500
"""So many unread facts are looked through for the badge: those of closed work stay unread."""

NOT_TOLD: Final = (DeliveryState.SUPERSEDED, DeliveryState.SKIPPED)

ASKED_NO_MORE: Final = Q(message__slot__isnull=False) & ~Exists(
    WorkItem.objects.filter(slot=OuterRef("message__slot"))
)
"""It asked for work that is closed: nobody has to read it any more."""

UNREAD: Final = Q(read_at=None) & ~ASKED_NO_MORE

BY_ITS_OWN_BUTTON: Final = frozenset({Event.ANNOUNCED})
"""Read by a button of the page itself, below its text: a click on the way there is none."""


def notices_of(desk: Desk) -> QuerySet[DeliveredFact]:
    """What this person was told and may still read, with ``is_unread``; a leaver finds nothing.

    As in the mailbox, nobody is shown what reviewers say among themselves of one's own proposal.
    """
    if desk.has_left:
        return DeliveredFact.objects.none()
    readable = in_sight(desk.user, desk.capacities.values(), desk.places.values())
    own = proposed_by(desk.user)
    return (
        DeliveredFact.objects.filter(person=desk.user, rings=True)
        .exclude(delivery__state__in=NOT_TOLD)
        .exclude(message__comment__taken_back_at__isnull=False)
        .exclude(Q(message__comment__level=CommentLevel.REVIEW) & _of_the_fact(own))
        .filter(Q(message__project=None) | _of_the_fact(readable))
        .annotate(is_unread=ExpressionWrapper(UNREAD, output_field=BooleanField()))
    )


def _of_the_fact(cases: ProjectQuerySet) -> Exists:
    """Whether its case is among these: one case is looked up, not all of them."""
    return Exists(cases.filter(pk=OuterRef("message__project")).order_by())


Rows: TypeAlias = "tuple[str, Sequence[Any]]"

PREPARED: Final = 1000
_prepared: Final[dict[Hashable, Rows]] = {}
"""Statements of the badge by what they are made of: making one takes longer than asking it."""


def unread_rows(desk: Desk) -> Rows:
    """The statement of 承認・確認 counts them along: at most ``CAP``, among the newest."""
    made_of = (
        desk.user.pk,
        *(
            (each.post.pk, each.post.role, each.post.section_id, each.post.department_id)
            for each in desk.capacities.values()
        ),
        *desk.places,
    )
    found = _prepared.get(made_of)
    if found is None:
        if len(_prepared) >= PREPARED:
            _prepared.clear()
        found = _prepared[made_of] = _statement(desk)
    return found


def _statement(desk: Desk) -> Rows:
    mine = DeliveredFact.objects.filter(person=desk.user, rings=True, read_at=None).order_by("-pk")
    rows = (
        notices_of(desk)
        .filter(UNREAD, pk__in=mine.values("pk")[:NEWEST])
        .order_by()
        .values_list(Value(1))[:CAP]
    )
    return rows.query.sql_with_params()
