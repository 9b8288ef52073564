"""The change log: rows of the ledger about people and posts, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from records.models import LedgerEntry, LedgerText
from roles.enums import AppointmentKind, SuspensionKind
from roles.models import Post, User

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PAGE: Final = 30
KINDS: Final = (
    "APPOINTMENT",
    "DELEGATION",
    "SUSPENSION",
    "REORGANIZATION",
    "PERSONNEL_FILE",
    "PASSWORD_ISSUED",
    "CITY",
)
"""What is told; a SUCCESSION follows from its reorganization."""


@dataclass(frozen=True)
class Change:
    """One line: what was done, to whom, for which post and days, by whom and when."""

    seq: int
    at: datetime
    what: str
    person: User | None
    post: Post | None
    detail: str
    starts_on: date | None
    ends_on: date | None
    by: User | None

    @property
    def last_day(self) -> date | None:
        """The last day in force, as people count."""
        return self.ends_on and date.fromordinal(self.ends_on.toordinal() - 1)


def changes(*, before: int | None, sees_all: bool) -> tuple[list[Change], int | None]:
    """A page, newest first, and where the next one begins: five queries.

    ``sees_all``: the 事務局, which reads why somebody is on leave and why somebody deputises.
    """
    entries = LedgerEntry.objects.filter(kind__in=KINDS).order_by("-seq")
    if before is not None:
        entries = entries.filter(seq__lt=before)
    found = list(entries[: PAGE + 1])
    shown = found[:PAGE]
    earlier = {each.payload["supersedes"] for each in shown if "supersedes" in each.payload}
    past = {each.seq: each.payload for each in LedgerEntry.objects.filter(seq__in=earlier)}
    told = _Told(shown, sees_all=sees_all)
    rows = [told.change(each, past.get(each.payload.get("supersedes"), {})) for each in shown]
    return rows, shown[-1].seq if len(found) > PAGE else None


class _Told:
    """Names behind the numbers of some entries."""

    def __init__(self, entries: list[LedgerEntry], *, sees_all: bool) -> None:
        people = {each.payload.get(key) for each in entries for key in ("person", "deputy", "by")}
        posts = {each.payload.get("post") for each in entries}
        self.people = User.objects.in_bulk([pk for pk in people if pk])
        self.posts = Post.objects.in_bulk([pk for pk in posts if pk])
        texts = LedgerText.objects.filter(entry__in=[each.seq for each in entries])
        self.texts = {(each.entry_id, each.name): each.shown for each in texts}
        self.sees_all = sees_all

    def change(self, entry: LedgerEntry, past: Mapping[str, Any]) -> Change:
        said = entry.payload
        who = said.get("person") or said.get("deputy")
        return Change(
            seq=entry.seq,
            at=entry.recorded_at,
            what=_what(entry.kind, said, past),
            person=self.people.get(who or 0),
            post=self.posts.get(said.get("post") or 0),
            detail=self._detail(entry),
            starts_on=_day(said.get("starts_on") or said.get("on")),
            ends_on=_day(said.get("ends_on")),
            by=self.people.get(said.get("by") or 0),
        )

    def _detail(self, entry: LedgerEntry) -> str:
        said = entry.payload
        match entry.kind:
            case "APPOINTMENT":
                return str(AppointmentKind(said["kind"]).label)
            case "SUSPENSION" if self.sees_all:
                return str(SuspensionKind(said["kind"]).label)
            case "DELEGATION" if self.sees_all:
                return self.texts.get((entry.seq, "reason"), "")
            case "REORGANIZATION":
                names = [self.texts.get((entry.seq, name), "") for name in ("former", "formed")]
                return " → ".join(names)
            case "PERSONNEL_FILE":
                name = self.texts.get((entry.seq, "name"), "")
                words = _("%(name)s（変更 %(count)s件、SHA-256 %(hash)s…）")
                count, digest = said["changes"], said["sha256"][:12]
                return words % {"name": name, "count": count, "hash": digest}
        return ""


def _what(kind: str, said: Mapping[str, Any], past: Mapping[str, Any]) -> str:
    if said.get("revoked_at"):
        return _("任命の取消し") if kind == "APPOINTMENT" else _("代理の取消し")
    match kind:
        case "APPOINTMENT":
            return _("任期の終わり") if past else _("任命")
        case "SUSPENSION":
            return _("休職・育休の終わり") if past else _("休職・育休")
        case "DELEGATION":
            return _("代理")
        case "REORGANIZATION":
            return _("組織の改正")
        case "PERSONNEL_FILE":
            return _("異動の取込み")
        case "PASSWORD_ISSUED":
            return _("仮パスワードの発行")
    return _("市の最初の登録")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
