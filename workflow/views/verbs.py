"""The HTTP of what is done to a case outside its steps: GET asks, POST does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from workflow import access, engine
from workflow.actions.refusals import NotAllowed, Refusal, Unanswered
from workflow.enums import Outcome
from workflow.forms import ReasonForm
from workflow.outcomes import RULES, Answer
from workflow.steps import is_repeated, recorded_before, refused
from workflow.views.case import find
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import Project
    from workflow.models import Run


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pull_back(request: HttpRequest, ref: str) -> HttpResponse:
    """引戻し: take one's own act back while nobody of the next station has seen it."""

    def verb(project: Project, said: Answer, at: datetime) -> Run:
        return engine.pull_back(project=project, by=person_of(request), at=at)

    return _act(request, ref, Outcome.PULLED_BACK, verb)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, ref: str) -> HttpResponse:
    """取下げ by the proposer."""

    def verb(project: Project, said: Answer, at: datetime) -> Run:
        return engine.withdraw(project=project, answer=said, by=person_of(request), at=at)

    return _act(request, ref, Outcome.WITHDRAWN, verb)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def abandon(request: HttpRequest, ref: str) -> HttpResponse:
    """廃案 by the 事務局, with the consent of the 本部長."""

    def verb(project: Project, said: Answer, at: datetime) -> Run:
        return engine.abandon(project=project, answer=said, by=person_of(request), at=at)

    return _act(request, ref, Outcome.ABANDONED, verb)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def close_region(request: HttpRequest, ref: str) -> HttpResponse:
    """締切 of a body's step with the answers that are in."""

    def verb(project: Project, said: Answer, at: datetime) -> Run:
        return engine.close_region(
            project=project, reason=said.comment, by=person_of(request), at=at
        )

    return _act(request, ref, Outcome.CLOSED, verb)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def halt(request: HttpRequest, ref: str) -> HttpResponse:
    """停止: the 所属長 stops what was decided inside the bounds."""

    def verb(project: Project, said: Answer, at: datetime) -> Run:
        return engine.halt(project=project, reason=said.comment, by=person_of(request), at=at)

    return _act(request, ref, Outcome.HALTED, verb)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def restrict(request: HttpRequest, ref: str) -> HttpResponse:
    """関係者限りにする by the 事務局."""

    def verb(project: Project, said: Answer, at: datetime) -> Run:
        return engine.restrict(project=project, reason=said.comment, by=person_of(request), at=at)

    return _act(request, ref, Outcome.RESTRICTED, verb)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unrestrict(request: HttpRequest, ref: str) -> HttpResponse:
    """関係者限りを解く by the 事務局."""

    def verb(project: Project, said: Answer, at: datetime) -> Run:
        return engine.unrestrict(project=project, reason=said.comment, by=person_of(request), at=at)

    return _act(request, ref, Outcome.UNRESTRICTED, verb)


VERBS: Final = {
    Outcome.HALTED: "halt",
    Outcome.PULLED_BACK: "pull_back",
    Outcome.WITHDRAWN: "withdraw",
    Outcome.ABANDONED: "abandon",
    Outcome.CLOSED: "close_region",
    Outcome.RESTRICTED: "restrict",
    Outcome.UNRESTRICTED: "unrestrict",
}
"""Act -> the verb that ``access.may`` knows."""


def _act(
    request: HttpRequest,
    ref: str,
    outcome: Outcome,
    verb: Callable[[Project, Answer, datetime], Run],
) -> HttpResponse:
    """GET asks and changes nothing; POST does it."""
    at = timezone.now()
    project = find(request, ref, at)
    rule = RULES[outcome]
    sent = request.POST if request.method == "POST" else None
    form = ReasonForm(sent, rule=rule) if rule.needs_comment else None
    if sent is None or (form is not None and not form.is_valid()):
        return _ask(request, project, outcome, form, at)
    try:
        verb(project, form.answer() if form else Answer(), at)
    except Unanswered as refusal:
        for sentence in refusal.problems.values():
            (form or ReasonForm(sent, rule=rule)).add_error(None, sentence)
        return _ask(request, project, outcome, form, at)
    except Refusal as refusal:
        if is_repeated(request, refusal, outcome, None):
            return recorded_before(request, project)
        return refused(request, refusal, project)
    done = _("「%(title)s」を「%(outcome)s」として記録しました。")
    messages.success(request, done % {"title": project.title, "outcome": outcome.label})
    return redirect("project", ref=project.reference)


def _ask(
    request: HttpRequest,
    project: Project,
    outcome: Outcome,
    form: ReasonForm | None,
    at: datetime,
) -> HttpResponse:
    permit = access.may(person_of(request), VERBS[outcome], project, at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), project)
    context = {
        "now": at,
        "project": project,
        "outcome": outcome,
        "rule": RULES[outcome],
        "form": form,
    }
    is_wrong = form is not None and form.is_bound
    return render(request, "workflow/act.html", context, status=422 if is_wrong else 200)
