"""One sweep: everything that is due, in short transactions, SMTP outside of all of them."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction

from notifications.delivery.checking import Situation, load
from notifications.delivery.claims import (
    LEASE,
    claim,
    is_anything_due,
    is_ours,
    postpone,
    release,
    settle,
)
from notifications.delivery.digests import letter_for
from notifications.delivery.expansion import expand
from notifications.delivery.transport import Line
from notifications.delivery.write_behind import WriteBehind
from notifications.enums import DeliveryState, Reason, Way
from notifications.outbox import leave_out, reopen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from notifications.delivery.checking import Ending
    from notifications.delivery.letters import Letter
    from notifications.models import DeliveredFact, Delivery

logger = logging.getLogger(__name__)

BATCH: Final = 200
BUDGET: Final = 60.0
"""Seconds after which a sweep leaves the rest to the next one."""

STEPS: Final = 5
"""Answers that a mail waits for on a fresh line: EHLO, MAIL, RCPT, DATA, the text."""


@dataclass
class Report:
    """What a sweep did."""

    expanded: int = 0
    settled: dict[str, int] = field(default_factory=dict)
    unreachable: str = ""

    def count(self, state: str) -> None:
        self.settled[state] = self.settled.get(state, 0) + 1

    @property
    def sent(self) -> int:
        return self.settled.get(DeliveryState.SENT, 0)


def sweep(*, at: datetime, worker: str) -> Report:
    """Tell everything that is due. ``worker`` names this sweep and nobody else's."""
    report = Report()
    while found := expand(at):
        report.expanded += found
    ends = time.monotonic() + BUDGET
    with Line() as line, WriteBehind() as behind:
        while not report.unreachable and time.monotonic() < ends and is_anything_due(at):
            if not line.is_ready():
                report.unreachable = line.error
                break
            began = time.monotonic()
            keys = claim(worker=worker, at=at, limit=BATCH)
            _Batch(keys, line, behind, worker, at, report, began).run()
    if report.unreachable:
        logger.warning("the mail server takes no mail: %s", report.unreachable)
    return report


class _Batch:
    """Mails that one claim took."""

    def __init__(
        self,
        keys: list[int],
        line: Line,
        behind: WriteBehind,
        worker: str,
        at: datetime,
        report: Report,
        began: float,
    ) -> None:
        self.keys, self.line, self.behind = keys, line, behind
        self.worker, self.at, self.report = worker, at, report
        # The last mail begins early enough to be over, or timed out, within the lease.
        margin = STEPS * float(settings.EMAIL_TIMEOUT or 0)
        self.ends = began + max(LEASE.total_seconds() - margin, 1.0)

    def run(self) -> None:
        """Send one after the other; give back what cannot be tried any more."""
        left = set(self.keys)
        try:
            self.behind.begin(len(left))
            for delivery, letter in self._letters():
                self.behind.wait()
                # The clock last: opening the line again may have taken long.
                if not self.line.is_ready() or time.monotonic() > self.ends:
                    break
                left.discard(delivery.pk)
                if not self._send(delivery, letter):
                    left.add(delivery.pk)
                    break
            self.behind.wait()
        finally:
            if left:
                release(left, self.worker)

    def _letters(self) -> Iterator[tuple[Delivery, Letter]]:
        """What is still to be said, in words; the rest is settled with its reason."""
        mails = load(self.keys)
        situation = Situation.of(mails, self.at)
        for delivery in mails:
            endings = {fact: ending for fact in delivery.told if (ending := situation.ending(fact))}
            alive = [fact for fact in delivery.told if fact not in endings]
            if not self._drop(delivery, endings, is_empty=not alive) or not alive:
                continue
            try:
                letter = letter_for(delivery, alive, situation.matters)
            except SoftTimeLimitExceeded:  # the worker's time is up; the mail is well
                raise
            except Exception as error:  # noqa: BLE001 -- one bad mail may not stop the others
                logger.error("mail %s has no words: %s", delivery.pk, type(error).__name__)  # noqa: TRY400
                self._settle(
                    delivery,
                    state=DeliveryState.DEAD,
                    reason=Reason.UNRENDERED,
                    error=type(error).__name__,
                )
                continue
            yield delivery, letter

    def _drop(
        self, delivery: Delivery, endings: Mapping[DeliveredFact, Ending], *, is_empty: bool
    ) -> bool:
        """Each fact that is not said any more ends with its own reason, the last with the mail.

        False: another sweep has taken the mail over, and says what it finds.
        """
        for n, (fact, (state, reason)) in enumerate(endings.items(), 1):
            with transaction.atomic():
                if not is_ours(delivery, self.worker):
                    return False
                if reason == Reason.NOT_HOLDER:
                    reopen(fact, at=self.at)
                if is_empty and n == len(endings):
                    self._settle(delivery, state=state, reason=reason)
                else:
                    leave_out(fact, state, reason)
        return True

    def _send(self, delivery: Delivery, letter: Letter) -> bool:
        """Hand it over and settle it. False: the server refuses us, the mail was not tried."""
        words = {"subject": letter.subject, "text": letter.text, "html": letter.html}
        if delivery.way == Way.SCREEN:
            self._settle(delivery, state=DeliveryState.SHOWN, reason="", error="", **words)
            return True
        address = delivery.person.email
        if not address:
            self._settle(delivery, state=DeliveryState.DEAD, reason=Reason.NO_ADDRESS, **words)
            return True
        result = self.line.send(delivery, letter)
        words["address"] = address
        if result.is_of_the_line:
            self.report.unreachable = result.error
            return False
        if result.state == DeliveryState.SENT:
            sent = {"state": result.state, "reason": "", "error": "", "sent_at": self.at, **words}
            self.behind.write(
                partial(settle, delivery, self.worker, **sent),
                partial(self._count, delivery, result.state),
            )
        elif result.state == DeliveryState.DEAD:
            self._settle(
                delivery, state=result.state, reason=result.reason, error=result.error, **words
            )
        else:
            postpone(delivery, self.worker, error=result.error, at=self.at)
            self.report.count(result.state)
        return True

    def _settle(self, delivery: Delivery, **fields: object) -> None:
        self._count(delivery, str(fields["state"]), settle(delivery, self.worker, **fields))

    def _count(self, delivery: Delivery, state: str, is_settled: bool) -> None:  # noqa: FBT001
        if is_settled:
            self.report.count(state)
        else:
            logger.warning("mail %s was taken over", delivery.pk)
