"""廃棄 by the ledger: every blanking rests on an approval by another person than who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from records.enums import Flaw
from records.ledger import TEXT_DISPOSAL, Link
from records.models import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ASKED: Final = "DISPOSAL_ASKED"
APPROVED: Final = "DISPOSAL_APPROVED"


class _Request(NamedTuple):
    """What an approval repeats of the row that it answers; 0 where that is no number."""

    disposal: int
    project: int
    by: int


class Grounds:
    """Judges the rows of 廃棄 by those before them, in four queries a batch that has any."""

    derived = 0
    """Decisions are counted; no row of 廃棄 is one."""

    def read(self, entries: Sequence[Link]) -> tuple[int, Flaw] | None:
        """The first blanking without its ground."""
        blankings = [entry for entry in entries if entry.kind == TEXT_DISPOSAL]
        if not blankings:
            return None
        known = _known(blankings)
        wrong = (each.seq for each in blankings if not known.hold(each))
        seq = next(wrong, None)
        return None if seq is None else (seq, Flaw.NO_APPROVAL)


class _Known(NamedTuple):
    """What the ledger says about some blankings: approvals, requests, and whose words they were."""

    approvals: dict[int, LedgerEntry]
    requests: dict[_Request, int]
    cases: dict[int, object]

    def hold(self, blanking: Link) -> bool:
        """Whether the approval that the row names allowed it."""
        approval = self.approvals.get(_approval_of(blanking))
        if approval is None or approval.seq > blanking.seq:
            return False
        told = approval.payload
        request = _request(told, told.get("asked_by"))
        asked = self.requests.get(request)
        is_asked = all(request) and asked is not None and asked < approval.seq
        is_another = _int(told.get("by")) not in {0, request.by}
        case = self.cases.get(_int(blanking.payload.get("entry")))
        return is_asked and is_another and case is not None and case == told.get("project")


def _known(blankings: Iterable[Link]) -> _Known:
    entries = LedgerEntry.objects.order_by("-seq")
    named = {_approval_of(each) for each in blankings}
    approvals = {each.seq: each for each in entries.filter(kind=APPROVED, seq__in=named)}
    disposals = {_int(each.payload.get("disposal")) for each in approvals.values()}
    asked = entries.filter(kind=ASKED, payload__disposal__in=disposals)
    requests = {
        _request(told, told.get("by")): seq for seq, told in asked.values_list("seq", "payload")
    }
    words = {_int(each.payload.get("entry")) for each in blankings}
    cases = entries.filter(seq__in=words).values_list("seq", "payload__project")
    return _Known(approvals, requests, dict(cases))


def _request(told: Mapping[str, Any], by: object) -> _Request:
    return _Request(_int(told.get("disposal")), _int(told.get("project")), _int(by))


def _approval_of(blanking: Link) -> int:
    ground = blanking.payload.get("ground")
    return _int(ground.get("approval")) if isinstance(ground, dict) else 0


def _int(value: object) -> int:
    """The number of a row, as it should be; 0 is none."""
    return value if type(value) is int and value > 0 else 0
