"""What a line of the catalogue says, and the addresses to which mails lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _

from notifications.enums import Topic, Urgency

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_stubs_ext import StrOrPromise

    from notifications.recipients import Addressee
    from workflow.enums import Outcome, StepKind

INBOX: Final = "/inbox/"
CASE: Final = "/p/{reference}/"
DECIDE: Final = "/p/{reference}/decide/"
EDIT: Final = "/p/{reference}/edit/"
CORRECT: Final = "/p/{reference}/steps/{slot}/correct/"
BOARD: Final = "/p/{reference}/ooda/"
DISCUSSION: Final = "/p/{reference}/discussion/"
JOINING: Final = "/p/{reference}/join/"
CONDITIONS: Final = "/p/{reference}/conditions/"
STANDING: Final = "/me/deputy/"
REASSIGN: Final = "/p/{reference}/steps/{slot}/reassign/"
PAPER: Final = "/p/{reference}/steps/{slot}/paper/"
LEDGER: Final = "/ledger/"
DISPOSAL: Final = "/p/{reference}/disposal/"
ANNOUNCEMENT: Final = "/announcements/{announcement}/"

OPEN_CASE: Final = _("案件を見る")


@dataclass(frozen=True)
class Turn:
    """How the holders of a kind of step are asked."""

    ask: StrOrPromise
    sentence: StrOrPromise
    button: StrOrPromise
    path: str = DECIDE


@dataclass(frozen=True)
class Notice:
    """How a fact is told. ``subject`` may use ask, case, until, count, day, days, name, section.

    ``subject`` and ``heading`` may use found: what came of a report; absentee and period.
    ``whom``: the addressees in words. ``template`` names the body in
    templates/notifications/email/body/. ``path`` and ``button``
    are where the mail leads when it asks for no step; opening a link never acts.
    """

    subject: StrOrPromise
    heading: StrOrPromise
    template: str
    topic: Topic
    whom: StrOrPromise
    recipients: Callable[[Any], list[Addressee]]
    outcomes: tuple[Outcome, ...] = ()
    kinds: tuple[StepKind, ...] = ()
    urgency: Urgency = Urgency.DIGEST
    may_be_switched_off: bool = True
    path: str = CASE
    button: StrOrPromise = OPEN_CASE
