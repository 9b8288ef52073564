"""決裁票: the paper of a decision as a print page, and as a PDF that a worker makes."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bpr_projects.sheet import effect_of
from records.actions import enqueue
from records.enums import RunState
from records.models import BackgroundRun
from workflow import sheet
from workflow.enums import ASIDE, Outcome, RunKind
from workflow.models import Decision, Run
from workflow.outcomes import FINAL
from workflow.views.case import find
from workflow.views.lookup import person_of
from workflow.views.sheet_rows import rows_by_part

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase
    from django_stubs_ext import StrOrPromise

    from bpr_projects.models import Project
    from workflow.sheet import Dossier

PDF: Final = "kessai-pdf"
"""Kind of the background run; its subject is ``decision:<id>``."""

FOLDER: Final = "kessai"
EVERYONE: Final = -1
"""Nobody's post: the paper shows only what everybody who may read the case may know."""


class LibraryMissing(Exception):
    """WeasyPrint or its system library (pango) is not installed here."""


class GlyphsMissing(Exception):
    """The fonts of this machine lack characters of the paper."""


REASONS: Final[dict[str, StrOrPromise]] = {
    "LibraryMissing": gettext_lazy("PDFを作る部品（pango）が、このサーバーにありません。"),
    "GlyphsMissing": gettext_lazy("このサーバーの書体に、決裁票の文字の一部がありません。"),
    "WorkerLost": gettext_lazy("作成の途中で処理が止まりました。"),
}
"""Why a PDF was not made, by the kind of failure that the run keeps."""


def reason_of(run: BackgroundRun) -> str:
    """The failure of a run as a sentence; empty while there is none."""
    if not run.error:
        return ""
    return str(REASONS.get(run.error, gettext_lazy("作成中に問題が起きました。")))


# --- the paper -----------------------------------------------------------------------------


@login_required
@require_safe
def kessai(request: HttpRequest, ref: str) -> HttpResponse:
    """The paper as a page to print; it is there whether or not a PDF can be made."""
    at = timezone.now()
    case = find(request, ref, at)
    if case.revision is None:
        raise Http404
    dossier = sheet.dossier_of(case, at, posts=[EVERYONE])
    context = {**paper_of(dossier), "is_screen": True}
    return render(request, "workflow/kessai.html", context)


def paper_of(dossier: Dossier) -> dict[str, Any]:
    """What stands on the paper: of the proposal's decision, from the record alone."""
    case, run = dossier.project, dossier.run_of(RunKind.PROJECT)
    if run is None or case.revision is None:
        raise Http404
    aside = ASIDE - {Outcome.CARRIED_OVER}
    said = [each for each in dossier.said_in(run) if each.outcome not in aside]
    said += [
        each
        for each in dossier.decisions
        if each.run_id == run.pk and each.pk in dossier.superseded and each.outcome in FINAL
    ]
    final = final_of(dossier, run)
    return {
        "now": dossier.at,
        "project": case,
        "run": run,
        "revision": case.revision,
        "columns": sheet.columns_of(dossier, run),
        "answers": case.revision.sheet,
        "effect": effect_of(case.revision.sheet, yen_per_hour=dossier.rate.yen),
        "rate": dossier.rate,
        "parts": rows_by_part(case.revision.sheet, dossier.belongings.lists),
        "review": sheet.review_of(dossier, {EVERYONE}),
        "lines": sheet.lines_of(dossier, said, {EVERYONE})[::-1],
        "skipped": sheet.lines_of(
            dossier,
            [each for each in dossier.said_in(run) if each.outcome == Outcome.SKIPPED],
            set(),
        )[::-1],
        "files": dossier.belongings.files,
        "final": final,
        "paper": sheet.paper_of(final) if final else None,
        "final_day": sheet.day_of(final) if final else None,
        "final_who": sheet.who_of(final) if final else "",
        "outcome": final.get_outcome_display() if final else "",
        "conditions": dossier.belongings.conditions.get(final.pk, []) if final else [],
        "number": grouped(final.entry.hash) if final else "",
    }


def final_of(dossier: Dossier, run: Run) -> Decision | None:
    """The decision that ended a run."""
    said = [each for each in dossier.said_in(run) if each.outcome in FINAL]
    return said[-1] if said else None


def grouped(digest: str) -> str:
    """The ledger's hash in blocks of four, so that people can compare it."""
    upper = digest.upper()
    return "-".join(upper[start : start + 4] for start in range(0, len(upper), 4))


# --- the PDF -------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def kessai_pdf(request: HttpRequest, ref: str) -> HttpResponseBase:
    """POST asks for the PDF; GET downloads it, or says how far it is and why it is not there.

    The page that asks by itself gets a link when it is ready: a script can draw no PDF.
    """
    at = timezone.now()
    case = find(request, ref, at)
    final = _final_decision(case)
    if request.method == "POST":
        ask_for_pdf(final, by_id=person_of(request).pk, at=at)
        return redirect("kessai-pdf", ref=case.reference)
    run = BackgroundRun.objects.filter(kind=PDF, subject=subject_of(final)).first()
    is_ready = run is not None and run.state == RunState.DONE
    if run is not None and is_ready and "HX-Request" not in request.headers:
        return _download(case, run)
    context = {
        "now": at,
        "project": case,
        "job": run,
        "is_ready": is_ready,
        "reason": reason_of(run) if run else "",
    }
    return render(request, "workflow/kessai_state.html", context)


def _final_decision(case: Project) -> Decision:
    final = (
        Decision.objects.effective()
        .filter(project=case, run__kind=RunKind.PROJECT, outcome__in=FINAL)
        .order_by("-pk")
        .first()
    )
    if final is None:
        raise Http404
    return final


def subject_of(final: Decision) -> str:
    """What the background run is about."""
    return f"decision:{final.pk}"


def ask_for_pdf(final: Decision, *, by_id: int, at: datetime) -> BackgroundRun:
    """Queue the PDF of a decision once: what is made or being made is not made again."""
    with transaction.atomic():
        made = BackgroundRun.objects.filter(
            kind=PDF, subject=subject_of(final), state=RunState.DONE
        ).first()
        return made or enqueue(kind=PDF, subject=subject_of(final), by_id=by_id, at=at)


def _download(case: Project, run: BackgroundRun) -> FileResponse:
    if not default_storage.exists(run.result_path):
        raise Http404
    return FileResponse(
        default_storage.open(run.result_path),
        as_attachment=True,
        filename=f"kessai-{case.reference}.pdf",
        content_type="application/pdf",
    )


def make_pdf(run: BackgroundRun, progress: Callable[[int], None]) -> str:
    """The runner: draw the paper of a decision and keep it as a PDF; returns where it is."""
    decision = Decision.objects.select_related(
        "project__section", "project__area", "project__proposer", "project__revision"
    ).get(pk=int(run.subject.removeprefix("decision:")))
    assert decision.project is not None  # noqa: S101 -- plan and route versions have no paper
    dossier = sheet.dossier_of(decision.project, timezone.now(), posts=[EVERYONE])
    progress(20)
    page = render_to_string("workflow/kessai.html", paper_of(dossier))
    progress(40)
    content = pdf_of(page)
    progress(90)
    return default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}.pdf", ContentFile(content))


def pdf_of(page: str) -> bytes:
    """A page as PDF. Nothing is fetched: the style sheet is given, pictures are in the page."""
    try:
        import weasyprint  # noqa: PLC0415 -- needs pango, which a small machine may not have
    except (ImportError, OSError) as error:
        raise LibraryMissing from error
    style = finders.find("css/print.css") or str(Path(settings.BASE_DIR) / "static/css/print.css")
    document = weasyprint.HTML(string=page, url_fetcher=_fetch_nothing).render(
        stylesheets=[weasyprint.CSS(filename=style)]
    )
    content: bytes = document.write_pdf()
    if any(font.missing for font in document.fonts.values()):
        raise GlyphsMissing
    return content


def _fetch_nothing(url: str, *args: object, **kwargs: object) -> dict[str, Any]:
    raise ValueError(url)
