"""The ledger for those who audit it: how it stands, its anchors and checks, a copy to take."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bpr_projects.access import visible_to
from records import ledger
from records.enums import RunState
from records.models import AnchorDay, BackgroundRun, LedgerCheck, LedgerHead
from roles.permissions import Perm
from workflow.actions.exporting import EXPORT, export_ledger, last_of
from workflow.models import Disposal, PaperDecision
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

VERIFIER: Final = Path(settings.BASE_DIR) / "docs" / "verify_ledger.py"
FOLDER: Final = "ledger"
SHOWN: Final = 7
"""So many days and months the page goes back."""

REASONS: Final[dict[str, StrOrPromise]] = {
    "AnchorDisagrees": gettext_lazy(
        "保存先の最後の控えと、台帳が一致しません（作り直し・切取りの疑い）"
    ),
    "FileNotFoundError": gettext_lazy("控えの保存先のフォルダがありません"),
    "PermissionError": gettext_lazy("控えの保存先に書き込む権限がありません"),
    "UnreadableAnchor": gettext_lazy("保存先のファイルに、控えとして読めない行があります"),
}
"""Kind of a failure -> what an officer reads; any other could not be written."""


def reason_of(day: AnchorDay) -> str:
    """Why there is no anchor of the day; empty while nothing failed."""
    if not day.error:
        return ""
    return str(REASONS.get(day.error, gettext_lazy("控えを書き出せませんでした")))


@login_required
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """How the ledger stands, and what may be done with it."""
    _must_audit(request)
    reader, days = person_of(request), AnchorDay.objects.all()[:SHOWN]
    runs = BackgroundRun.objects.filter(kind=EXPORT, owner_id=reader.pk)[:SHOWN]
    context = {
        "now": timezone.now(),
        "head": LedgerHead.objects.filter(pk=1).first() or LedgerHead(),
        "checks": LedgerCheck.objects.all()[:SHOWN],
        "days": [(day, reason_of(day)) for day in days],
        "disposals": Disposal.objects.filter(approved_at=None).select_related(
            "project", "asked_by"
        )[:SHOWN],
        "papers": PaperDecision.objects.waiting()
        .filter(project__in=visible_to(reader, timezone.now()))
        .for_pages()[:SHOWN],
        "exports": [(run, last_of(run)) for run in runs],
    }
    return render(request, "workflow/ledger.html", context)


def _must_audit(request: HttpRequest) -> None:
    if not request.user.has_perm(Perm.VIEW_LEDGER):
        raise PermissionDenied(_("台帳の画面を見られるのは、監査と事務局です。"))


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Ask for a copy; who asked stands in the ledger."""
    _must_audit(request)
    export_ledger(by=person_of(request), at=timezone.now())
    messages.success(
        request, _("台帳の書出しを始めました。書き出したことは、台帳に記録されました。")
    )
    return redirect("ledger")


@login_required
@require_safe
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """One's own copy; who else wants one takes one, which is recorded."""
    _must_audit(request)
    run = BackgroundRun.objects.filter(
        pk=pk, kind=EXPORT, owner_id=person_of(request).pk, state=RunState.DONE
    ).first()
    if run is None or not default_storage.exists(run.result_path):
        raise Http404
    return FileResponse(
        default_storage.open(run.result_path),
        as_attachment=True,
        filename=f"ledger-{last_of(run)}.jsonl",
        content_type="application/x-ndjson",
    )


@login_required
@require_safe
def verifier(request: HttpRequest) -> FileResponse:
    """The program that verifies a copy without this system."""
    _must_audit(request)
    return FileResponse(
        VERIFIER.open("rb"),
        as_attachment=True,
        filename=VERIFIER.name,
        content_type="text/x-python",
    )


def make_export(run: BackgroundRun, progress: Callable[[int], None]) -> str:
    """The runner: line by line into a file; returns where it is."""
    last = last_of(run)
    with tempfile.NamedTemporaryFile("w+", encoding="utf-8", suffix=".jsonl") as file:
        for seq, line in enumerate(ledger.lines_of(last), start=1):
            file.write(f"{line}\n")
            if seq % 10_000 == 0:
                progress(min(99, 100 * seq // last))
        file.flush()
        with Path(file.name).open("rb") as written:
            return default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}.jsonl", File(written))
