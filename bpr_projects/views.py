"""Files of a case, for those who may read the case; glossary, plan and guides, for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate, now
from django.views.decorators.http import require_safe

from bpr_projects import guides
from bpr_projects.access import visible_to
from bpr_projects.models import (
    Attachment,
    DesignArticle,
    GlossaryTerm,
    NationalTrend,
    PlanFigure,
    Principle,
    UpperPlanItem,
)
from roles.models import User, capacities_of
from roles.permissions import Perm

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models.fields.files import FieldFile
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

DOWNLOAD_POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""Content policy of a download: whatever a browser makes of it, nothing in it runs."""


@login_required
@require_safe
def attachment(request: HttpRequest, ref: str, key: UUID) -> HttpResponseBase:
    """A file as a download, never inline. Removed ones too: revisions were decided on them."""
    found = get_object_or_404(Attachment.objects.select_related("project"), key=key)
    may_read = visible_to(request.user, now()).filter(pk=found.project_id)  # type: ignore[arg-type]
    if found.project.reference != ref or not may_read.exists():
        raise Http404
    return download(found.file, found.name)


def download(file: FieldFile, name: str) -> FileResponse:
    """What somebody uploaded, in a way that nothing of it runs."""
    response = FileResponse(
        file.open("rb"),
        as_attachment=True,
        filename=name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = DOWNLOAD_POLICY
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """用語集: every term under its letter or kana."""
    terms = list(GlossaryTerm.objects.all())
    may_edit = request.user.has_perm(Perm.MANAGE_PLAN)
    return render(request, "bpr_projects/glossary.html", {"terms": terms, "may_edit": may_edit})


@login_required
@require_safe
def plan(request: HttpRequest) -> HttpResponse:
    """計画と国の動向: what the plan stands on, and what of it has still to be made sure of."""
    context = {
        "trends": NationalTrend.objects.prefetch_related("areas"),
        "upper_plans": UpperPlanItem.objects.all(),
        "principles": Principle.objects.prefetch_related("articles"),
        "articles": DesignArticle.objects.filter(principle=None),
        "figures": PlanFigure.objects.all(),
        "may_edit": request.user.has_perm(Perm.MANAGE_PLAN),
    }
    return render(request, "bpr_projects/plan.html", context)


@login_required
@require_safe
def guide(request: HttpRequest, name: str = guides.FIRST) -> HttpResponse:
    """A guide beside the list of all; those for the person's own posts are marked."""
    if name not in guides.names():
        raise Http404
    assert isinstance(request.user, User)  # noqa: S101 -- the page demands a login
    roles = {each.post.role for each in capacities_of(request.user, localdate())}
    context = {
        "guide": guides.guide(name),
        "guides": [guides.guide(each) for each in guides.names()],
        "own": guides.guides_of(roles),
    }
    return render(request, "bpr_projects/guide.html", context)
