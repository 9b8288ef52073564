"""版の比較: two frozen texts of a case side by side in one reading, and why the later one came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Prefetch, Subquery
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bpr_projects.enums import RevisionKind
from bpr_projects.models import Attachment, Revision
from records.models import LedgerText
from workflow import sheet
from workflow.enums import Outcome
from workflow.views.case_frame import frame_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from workflow.models import Decision
    from workflow.sheet import Dossier
    from workflow.views.case_frame import Frame

PREFIX: Final = {RevisionKind.PROJECT: "", RevisionKind.CHANGE: "c"}
"""Kinds that are compared -> how the address tells them apart: 3 is a 版, c1 a 変更."""


@dataclass(frozen=True)
class Version:
    """A frozen text: who submitted it when, and which decision had asked for it."""

    revision: Revision
    text: dict[str, Any]
    asked: Decision | None
    asked_words: str

    @property
    def key(self) -> str:
        """How the address names it."""
        return f"{PREFIX[RevisionKind(self.revision.kind)]}{self.revision.number}"

    @property
    def label(self) -> str:
        """第3版, 変更 第1版"""
        number = _("第%s版") % self.revision.number
        if self.revision.kind == RevisionKind.PROJECT:
            return number
        return f"{self.revision.get_kind_display()} {number}"

    @property
    def by(self) -> str:
        """Who submitted it."""
        return self.revision.created_by.name

    @property
    def at(self) -> datetime:
        """When it was submitted."""
        return self.revision.created_at

    @property
    def asked_by(self) -> str:
        """Whose decision asked for it."""
        return sheet.who_of(self.asked) if self.asked else ""


@login_required
@require_safe
def compare(request: HttpRequest, ref: str) -> HttpResponse:
    """?from=1&to=3; the last two versions when the address names none; ?all=1 for every field."""
    frame = frame_of(request, ref, timezone.now(), is_whole=False)
    versions = versions_of(frame)
    earlier, later = _chosen(versions, request.GET.get("from", ""), request.GET.get("to", ""))
    is_whole = request.GET.get("all") == "1"
    context = {
        **frame.context("project-compare"),
        "versions": versions,
        "earlier": earlier,
        "later": later,
        "is_whole": is_whole,
        **(
            _compared(frame, versions, earlier, later, is_whole=is_whole)
            if earlier and later
            else {}
        ),
    }
    return render(request, "workflow/case_compare.html", context)


def versions_of(frame: Frame) -> list[Version]:
    """All of them, oldest first; one query for texts and reasons, one for the files."""
    reason = LedgerText.objects.filter(
        entry__decision__revision=OuterRef("pk"),
        entry__decision__outcome=Outcome.SENT_BACK,
        name="comment",
        blanked_at=None,
    ).order_by("-pk")
    found = (
        Revision.objects.filter(project=frame.project, kind__in=PREFIX)
        .select_related("created_by")
        .annotate(returned_with=Subquery(reason.values("text")[:1]))
        .prefetch_related(
            Prefetch("attachments", Attachment.objects.only("key", "name").order_by("pk"))
        )
        .order_by("created_at", "pk")
    )
    versions: list[Version] = []
    base: dict[str, Any] = {}
    last: Revision | None = None
    for revision in found:
        is_proposal = revision.kind == RevisionKind.PROJECT
        base = revision.sheet if is_proposal else base
        asked = _asked(frame.dossier, last) if last and last.kind == revision.kind else None
        words = getattr(last, "returned_with", "") if asked else ""
        text = revision.sheet if is_proposal else {**base, **revision.sheet}
        versions.append(Version(revision, text, asked, words or ""))
        last = revision
    return versions


def _asked(dossier: Dossier, before: Revision) -> Decision | None:
    """The 差戻し or 引戻し that followed a version: why there is a later one."""
    gone = dossier.superseded
    said = [
        each
        for each in dossier.decisions
        if each.revision_id == before.pk
        and each.outcome in (Outcome.SENT_BACK, Outcome.PULLED_BACK)
        and each.pk not in gone
    ]
    return said[-1] if said else None


def _chosen(
    versions: list[Version], earlier: str, later: str
) -> tuple[Version | None, Version | None]:
    """What the address names, in the order of time; the last two for what it does not."""
    by_key = {version.key: version for version in versions}
    last = by_key.get(later) or (versions[-1] if versions else None)
    if last is None:
        return None, None
    index = versions.index(last)
    first = by_key.get(earlier) or (versions[index - 1] if index else None)
    if first is not None and versions.index(first) > index:
        first, last = last, first
    return first, last


def _compared(
    frame: Frame, versions: list[Version], earlier: Version, later: Version, *, is_whole: bool
) -> dict[str, Any]:
    lists = frame.dossier.belongings.lists
    before = {file.key: file.name for file in earlier.revision.attachments.all()}
    after = {file.key: file.name for file in later.revision.attachments.all()}
    span = versions[versions.index(earlier) + 1 : versions.index(later) + 1]
    return {
        "parts": sheet.compared(earlier.text, later.text, lists, is_whole=is_whole),
        "came": [name for key, name in after.items() if key not in before],
        "went": [name for key, name in before.items() if key not in after],
        "stayed": [name for key, name in after.items() if key in before],
        "span": span[::-1],
    }
