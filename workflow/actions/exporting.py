"""Taking a copy of the ledger out of the system. The ledger itself says who did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from records import ledger
from records.actions import enqueue
from records.models import BackgroundRun
from roles.grants import permits
from roles.models import capacities_of
from roles.permissions import Perm
from workflow.actions.refusals import NotAllowed

if TYPE_CHECKING:
    from datetime import datetime

    from roles.models import User

EXPORT: Final = "ledger-export"
"""Kind of the background run; its subject is ``ledger:<number of the last line>``."""


def export_ledger(*, by: User, at: datetime) -> BackgroundRun:
    """Queue a copy up to the entry that records it; a second click finds the open one."""
    if not permits(capacities_of(by, localdate(at)), Perm.VIEW_LEDGER):
        raise NotAllowed(_("台帳を書き出せるのは、監査と事務局です。"))
    with transaction.atomic():
        waiting = BackgroundRun.objects.open().filter(kind=EXPORT, owner_id=by.pk).first()
        if waiting is not None:
            return waiting
        entry = ledger.append(kind=ledger.LEDGER_EXPORT, payload={"by": by.pk}, at=at)
        return enqueue(kind=EXPORT, subject=f"ledger:{entry.seq}", by_id=by.pk, at=at)


def last_of(run: BackgroundRun) -> int:
    """The number of the last line that the copy holds: of the export itself."""
    return int(run.subject.removeprefix("ledger:"))
