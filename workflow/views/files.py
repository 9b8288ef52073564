"""添付: every file of a case, with the versions it was submitted with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bpr_projects.enums import RevisionKind, Stage
from bpr_projects.models import Attachment, Revision
from workflow.views.case_frame import frame_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from workflow.views.case_frame import Frame


@dataclass(frozen=True)
class FileRow:
    """A file as the list shows it. ``numbers``: the revisions that hold it."""

    file: Attachment
    numbers: tuple[int, ...]
    is_current: bool

    @property
    def is_removed(self) -> bool:
        """Whether it was taken off after a revision had it."""
        return not self.is_current and self.file.removed_at is not None


@login_required
@require_safe
def files(request: HttpRequest, ref: str) -> HttpResponse:
    """The files of the text that is decided on, and those of earlier ones."""
    frame = frame_of(request, ref, timezone.now(), is_whole=False)
    rows = file_rows(frame)
    context = {
        **frame.context("project-files"),
        "current": [row for row in rows if row.is_current],
        "past": [row for row in rows if not row.is_current],
        "may_add": frame.project.stage in (Stage.DRAFT, Stage.RETURNED)
        and frame.reader.pk in frame.dossier.belongings.authors,
    }
    return render(request, "workflow/case_files.html", context)


def file_rows(frame: Frame) -> list[FileRow]:
    """Files that some revision has; of the working copy only for those who write it."""
    case = frame.project
    proposals = Revision.objects.filter(kind=RevisionKind.PROJECT)
    holding = proposals.only("number", "project_id").order_by("number")
    found = (
        Attachment.objects.filter(project=case)
        .select_related("uploaded_by")
        .prefetch_related(Prefetch("revisions", queryset=holding))
        .order_by("uploaded_at", "pk")
    )
    is_author = frame.reader.pk in frame.dossier.belongings.authors
    rows = []
    for file in found:
        numbers = {each.pk: each.number for each in file.revisions.all()}
        if not numbers and (file.removed_at is not None or not is_author):
            continue
        is_current = case.revision_id in numbers if case.revision_id else file.removed_at is None
        is_new = not numbers and is_author
        rows.append(FileRow(file, tuple(sorted(numbers.values())), is_current or is_new))
    return rows
