"""Bare Django pages that show the rows of a case's tabs: no rules, no look, no words.

What a beginner writes in an hour: ``login_required``, queries, a template with loops. Above the
rows of a tab stands what stands above each of ours: who is asked, who said what, what waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template import engines
from django.urls import path

from bpr_projects.enums import CommentKind
from bpr_projects.models import Comment, Project
from config.urls import handler403, handler404, handler500, urlpatterns
from roles.models import Appointment
from workflow.enums import SlotState
from workflow.models import Decision, Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest

__all__ = ["BARE", "handler403", "handler404", "handler500", "urlpatterns"]

PAGE: Final = """<!doctype html><html lang="ja"><title>{{ project.title }}</title>
<h1>{{ project.number }} {{ project.title }}</h1><p>{{ project.section }} {{ project.proposer }}</p>
<p>{{ files }} {{ questions }}
{% for each in holders %}{{ each.post }} {{ each.person }}{% endfor %}</p>
<table>{% for row in head %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>
<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table></html>"""

Rows: TypeAlias = "Iterable[Iterable[Any]]"


def _head(project: Project) -> Rows:
    """Seats that were asked, and what they said: 決裁欄, stepper and the line of who holds it."""
    said = Decision.objects.filter(project=project).select_related("decided_by", "post")
    return [
        *_steps(project),
        *((each.decided_at, each.decided_by, each.post, each.outcome) for each in said),
    ]


def _holders(project: Project) -> Iterable[Appointment]:
    asked = Slot.objects.filter(step_run__project=project, state=SlotState.OPEN)
    held = Appointment.objects.filter(post__in=asked.values("post"))
    return held.select_related("post", "person")


def _sheet(project: Project) -> Rows:
    return [
        *project.revisions.latest("number").sheet.items(),
        *_files(project),
        *_words(Decision.objects.filter(project=project).order_by("-pk")[:6]),
        *((each.written_by, each.text) for each in _talk(project).order_by("-pk")[:2]),
    ]


def _said(project: Project) -> Rows:
    return _words(Decision.objects.filter(project=project))


def _words(said: QuerySet[Decision]) -> Rows:
    for each in said.select_related("decided_by", "step_run").prefetch_related("entry__texts"):
        words = [text.text for text in each.entry.texts.all()]
        yield each.decided_at, each.decided_by, each.step_run, each.outcome, *words


def _talk(project: Project) -> QuerySet[Comment]:
    return Comment.objects.filter(project=project).select_related("written_by")


def _comments(project: Project) -> Rows:
    staff = Appointment.objects.select_related("person", "post__section")
    return [
        *((each.written_at, each.written_by, each.level, each.text) for each in _talk(project)),
        *((each.person, each.post.section) for each in staff),
    ]


def _files(project: Project) -> Rows:
    files = project.attachments.select_related("uploaded_by")
    return ((each.name, each.uploaded_by, each.uploaded_at, each.size) for each in files)


def _versions(project: Project) -> Rows:
    revisions = list(project.revisions.select_related("created_by").order_by("number"))
    first, last = revisions[0].sheet, revisions[-1].sheet
    return [
        *((each.number, each.created_by, each.created_at) for each in revisions),
        *((name, first.get(name), last.get(name)) for name in last),
    ]


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
    context = {
        "project": project,
        "files": project.attachments.count(),
        "questions": project.comments.filter(kind=CommentKind.QUESTION).count(),
        "holders": _holders(project),
        "head": _head(project),
        "rows": rows,
    }
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render(context, request))


urlpatterns = [*urlpatterns, path("bare/<str:ref>/", bare)]
