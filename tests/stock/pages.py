"""Bare Django pages that show the rows of a case's tabs: no rules, no look, no words.

What a beginner writes in an hour: ``login_required``, a query, a template with a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template import engines
from django.urls import path

from bpr_projects.models import Project
from config.urls import handler403, handler404, handler500, urlpatterns
from workflow.models import Decision, Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest

__all__ = ["BARE", "handler403", "handler404", "handler500", "urlpatterns"]

PAGE: Final = """<!doctype html><html lang="ja"><title>{{ project.title }}</title>
<h1>{{ project.number }} {{ project.title }}</h1><p>{{ project.section }} {{ project.proposer }}</p>
<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table></html>"""

Rows: TypeAlias = "Iterable[Iterable[Any]]"


def _sheet(project: Project) -> Rows:
    revision = project.revisions.latest("number")
    slots = Slot.objects.filter(step_run__project=project).select_related("post", "step_run")
    return [
        *revision.sheet.items(),
        *((each.step_run.title, each.post.title, each.state) for each in slots),
    ]


def _said(project: Project) -> Rows:
    said = Decision.objects.filter(project=project).select_related("decided_by", "step_run")
    for each in said.prefetch_related("entry__texts"):
        words = [text.text for text in each.entry.texts.all()]
        yield each.decided_at, each.decided_by, each.step_run, each.outcome, *words


def _comments(project: Project) -> Rows:
    talk = project.comments.select_related("written_by")
    return ((each.written_at, each.written_by, each.level, each.text) for each in talk)


def _files(project: Project) -> Rows:
    files = project.attachments.select_related("uploaded_by")
    return ((each.name, each.uploaded_by, each.uploaded_at, each.size) for each in files)


def _versions(project: Project) -> Rows:
    first, last = project.revisions.filter(number__in=[1, 10]).order_by("number")
    return ((name, first.sheet.get(name), last.sheet.get(name)) for name in last.sheet)


def _steps(project: Project) -> Rows:
    slots = Slot.objects.filter(step_run__project=project).select_related("post", "step_run")
    return ((each.step_run.title, each.post.title, each.state, each.closed_at) for each in slots)


BARE: Final[dict[str, Callable[[Project], Rows]]] = {
    "": _sheet,
    "review/": _said,
    "discussion/": _comments,
    "history/": _said,
    "files/": _files,
    "versions/?from=1&to=10&all=1": _versions,
    "flow/": _steps,
}
"""Address of a tab -> what it shows."""


@login_required
def bare(request: HttpRequest, ref: str) -> HttpResponse:
    """The tab that ``tab`` names."""
    cases = Project.objects.select_related("section", "proposer")
    project = get_object_or_404(cases, number=ref)
    rows = BARE[request.GET["tab"]](project)
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render({"project": project, "rows": rows}, request))


urlpatterns = [*urlpatterns, path("bare/<str:ref>/", bare)]
