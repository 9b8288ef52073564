"""引継書 of a person: a page to print, a spreadsheet, and a PDF that a worker makes."""

from __future__ import annotations

import io
import uuid
from typing import TYPE_CHECKING, Final

import xlsxwriter
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from records.actions import enqueue
from records.enums import RunState
from records.models import BackgroundRun
from roles import actions
from roles.models import User
from workflow.sheet.handover import handover_of
from workflow.views.kessai import pdf_of, reason_of
from workflow.views.lookup import person_of
from workflow.views.organization.frame import frame_of, may_edit, must_edit
from workflow.views.organization.importing import XLSX
from workflow.views.organization.looking import person_or_404

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from workflow.sheet.handover import Handover

PDF: Final = "handover-pdf"
"""Kind of the background run; its subject is ``<person>:<reader>``."""

FOLDER: Final = "handover"


def _of(request: HttpRequest, pk: int) -> User:
    """The person; one reads the own paper, the 事務局 everybody's."""
    frame_of(request)
    shown = person_or_404(pk)
    if shown != person_of(request) and not may_edit(request):
        raise PermissionDenied(_("引継書を見られるのは、本人と事務局です。"))
    return shown


@login_required
@require_safe
def handover(request: HttpRequest, pk: int) -> HttpResponse:
    """The page to print."""
    paper = handover_of(_of(request, pk), person_of(request), timezone.now())
    context = {"paper": paper, "is_screen": True}
    return render(request, "workflow/organization/handover.html", context)


@login_required
@require_safe
def handover_xlsx(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a spreadsheet, a sheet for each table."""
    paper = handover_of(_of(request, pk), person_of(request), timezone.now())
    response = HttpResponse(workbook_of(paper), content_type=XLSX)
    name = f"handover-{paper.person.employee_number}.xlsx"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def workbook_of(paper: Handover) -> bytes:
    """Every cell is written as text: what somebody typed never becomes a formula."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E8F1FE", "border": 1})
        cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        for part in paper.parts:
            sheet = book.add_worksheet(str(part.title)[:31].replace("/", "・"))
            for column, head in enumerate(part.heads):
                sheet.write_string(0, column, str(head), bold)
            for number, row in enumerate(part.rows, 1):
                for column, text in enumerate(row):
                    sheet.write_string(number, column, text, cell)
            sheet.set_column(0, len(part.heads) - 1, 26)
            sheet.freeze_panes(1, 0)
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
    return content.getvalue()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def handover_pdf(request: HttpRequest, pk: int) -> HttpResponseBase:
    """POST asks for a new one; GET downloads the last one, or says how far it is."""
    shown = _of(request, pk)
    subject = f"{shown.pk}:{person_of(request).pk}"
    if request.method == "POST":
        enqueue(kind=PDF, subject=subject, by_id=person_of(request).pk, at=timezone.now())
        return redirect("org-handover-pdf", pk=shown.pk)
    run = BackgroundRun.objects.filter(kind=PDF, subject=subject).first()
    is_ready = run is not None and run.state == RunState.DONE
    if run is not None and is_ready and "file" in request.GET:
        return _download(shown, run)
    context = {
        "shown": shown,
        "job": run,
        "is_ready": is_ready,
        "reason": reason_of(run) if run else "",
        "now": timezone.now(),
    }
    return render(request, "workflow/organization/handover_state.html", context)


def _download(shown: User, run: BackgroundRun) -> FileResponse:
    if not default_storage.exists(run.result_path):
        raise Http404
    return FileResponse(
        default_storage.open(run.result_path),
        as_attachment=True,
        filename=f"handover-{shown.employee_number}.pdf",
        content_type="application/pdf",
    )


def make_pdf(run: BackgroundRun, progress: Callable[[int], None]) -> str:
    """The runner: as the one who asked may see it at this moment."""
    person, reader = (User.objects.get(pk=int(part)) for part in run.subject.split(":"))
    paper = handover_of(person, reader, timezone.now())
    progress(30)
    page = render_to_string("workflow/organization/handover.html", {"paper": paper})
    content = pdf_of(page)
    progress(90)
    return default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}.pdf", ContentFile(content))


# --- a first password ------------------------------------------------------------------------


@login_required
@require_POST
def issue_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A provisional password for somebody new, shown this once."""
    must_edit(request)
    shown = person_or_404(pk)
    try:
        password = actions.issue_password(person=shown, by=person_of(request), at=timezone.now())
    except ValidationError as refusal:
        why = {"reason": " ".join(refusal.messages), "typed": []}
        return render(request, "409.html", why, status=409)
    context = {"shown": shown, "password": password}
    return render(request, "workflow/organization/password.html", context)
