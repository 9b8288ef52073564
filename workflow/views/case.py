"""The page of a case, its whole history, and the deep link of mails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from bpr_projects.access import visible_to
from bpr_projects.enums import ADOPTED, Stage
from bpr_projects.sheet import effect_of
from roles.models import read_once
from workflow import access, engine, sheet
from workflow.enums import ASIDE, RunKind
from workflow.models import Decision
from workflow.outcomes import FINAL
from workflow.views.case_frame import frame_for, frame_of, label_of
from workflow.views.desk import Came, Desk, desk_of
from workflow.views.freshness import recently_authenticated
from workflow.views.lookup import person_of, project_or_404
from workflow.views.sheet_rows import rows_by_part
from workflow.views.threads import threads_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import Project, ProjectQuerySet
    from workflow.forms import AnswerForm
    from workflow.models import Run
    from workflow.sheet import Dossier
    from workflow.sheet.belongings import ConditionLine, Look
    from workflow.views.case_frame import Frame
    from workflow.views.threads import Thread

NEWEST: Final = 6
"""So many lines of the history stand on the page."""

THREADS: Final = 2
"""So many threads of the discussion."""

IN_HEADER: Final = ("title", "area", "section")
"""Answers that the header of the page says already."""

PAGE: Final = 50
"""So many lines a page of the whole history has."""


@login_required
@require_safe
def project(request: HttpRequest, ref: str) -> HttpResponse:
    """The case with everything the reader may know and do."""
    return _seen_page(request, ref, is_deep_link=False)


@login_required
@require_safe
def decide(request: HttpRequest, ref: str) -> HttpResponse:
    """Where mails lead: the same page, at the decision; who acted, if it was decided already."""
    return _seen_page(request, ref, is_deep_link=True)


def _seen_page(request: HttpRequest, ref: str, *, is_deep_link: bool) -> HttpResponse:
    at = timezone.now()
    among = visible_to(person_of(request), at)
    case = project_or_404(request, ref, at, among)
    context = context_of(request, case, at, among=among)
    mark_seen(request, context["desk"], at)
    return render(request, "workflow/case.html", {**context, "is_deep_link": is_deep_link})


def find(request: HttpRequest, ref: str, at: datetime) -> Project:
    """The case with its present text, or 404."""
    return project_or_404(request, ref, at)


def refilled(request: HttpRequest, case: Project, bound: Mapping[int, AnswerForm]) -> HttpResponse:
    """The page again with the forms as they were sent: what is wrong stands beside the fields."""
    at = timezone.now()
    is_wrong = any(form.errors for form in bound.values())
    with read_once():
        context = context_of(request, case, at, bound)
        context["sent"] = next(iter(bound.values()))
        return render(request, "workflow/case.html", context, status=422 if is_wrong else 200)


def context_of(
    request: HttpRequest,
    case: Project,
    at: datetime,
    bound: Mapping[int, AnswerForm] | None = None,
    among: ProjectQuerySet | None = None,
) -> dict[str, Any]:
    """What the page shows, in a fixed number of queries. ``among``: the cases that may be read."""
    frame = frame_for(request, case, at, among=among)
    dossier, posts = frame.dossier, frame.posts
    desk = desk_of(
        dossier,
        frame.reader,
        frame.capacities,
        is_fresh=recently_authenticated(request, at),
        bound=bound,
        came=Came(chosen=request.GET.get("outcome", ""), back_to=request.GET.get("from", "")),
    )
    run = frame.run
    review = sheet.review_of(dossier, posts, is_weighing=sheet.weighs(frame.capacities))
    newest = dossier.decisions[-NEWEST:]
    return {
        **frame.context("project"),
        "desk": desk,
        "review": review,
        "place": review.place(label_of(case)) if review else [],
        "lines": sheet.lines_of(dossier, newest, posts),
        "has_more": len(dossier.decisions) > NEWEST,
        "done": _said_on_the_way(dossier, run, posts),
        "coming": sheet.coming_of(dossier, run) if run else (),
        "final": _final(dossier),
        "files": dossier.belongings.files,
        "kin": dossier.belongings.kin,
        "conditions": _conditions(dossier),
        "may_talk": bool(frame.voice),
        "talk": _talk(frame),
        "last": _last(dossier, posts),
        **_text(frame),
    }


def _talk(frame: Frame) -> list[Thread]:
    """The first threads of the discussion, open questions before the newest."""
    if not frame.voice:
        return []
    return threads_of(frame.project, frame.reader, frame.voice, most=THREADS).rows


def _conditions(dossier: Dossier) -> list[tuple[ConditionLine, Look]]:
    """Conditions of decisions that count, each with how it stands."""
    today, gone = localdate(dossier.at), dossier.superseded
    return [
        (line, line.look(today))
        for decision, lines in dossier.belongings.conditions.items()
        if decision not in gone
        for line in lines
    ]


def _text(frame: Frame) -> dict[str, Any]:
    """The proposal in words."""
    case, answers, rate = frame.project, frame.answers, frame.dossier.rate
    lists = frame.dossier.belongings.lists
    return {
        "answers": answers,
        "parts": [
            (code, title, [row for row in rows if row.name not in IN_HEADER])
            for code, title, rows in rows_by_part(answers, lists)
        ],
        "flows": sheet.flows_of(answers),
        "effects": sheet.effect_rows(answers),
        "effect": effect_of(answers, yen_per_hour=rate.yen),
        "rate": rate,
        "is_adopted": case.stage in ADOPTED,
        "is_draft": case.stage == Stage.DRAFT,
        "may_edit": case.stage == Stage.DRAFT
        and frame.reader.pk in frame.dossier.belongings.authors,
    }


def _said_on_the_way(dossier: Dossier, run: Run | None, posts: set[int]) -> list[sheet.Line]:
    """What counts of the present round, newest first: the way behind the case."""
    return sheet.lines_of(dossier, dossier.said_in(run), posts) if run else []


def _final(dossier: Dossier) -> sheet.Line | None:
    """The decision that ended the proposal's run, for its 決裁票."""
    gone = dossier.superseded
    said = [
        each
        for each in dossier.decisions
        if each.outcome in FINAL and each.pk not in gone and each.run.kind == RunKind.PROJECT
    ]
    lines = sheet.lines_of(dossier, said[-1:], set())
    return lines[0] if lines else None


def _last(dossier: Dossier, posts: set[int]) -> sheet.Line | None:
    """What was said last, for whoever comes by an old link."""
    said = [each for each in dossier.decisions if each.outcome not in ASIDE]
    lines = sheet.lines_of(dossier, said[-1:], posts)
    return lines[0] if lines else None


def mark_seen(request: HttpRequest, desk: Desk, at: datetime) -> None:
    """The one write of a GET: a holder who may answer has the page open. No prefetch, no HEAD."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    if request.method != "GET" or "prefetch" in purpose:
        return
    for slot in desk.to_see:
        engine.mark_seen(slot=slot, by=person_of(request), at=at)


@login_required
@require_safe
def history(request: HttpRequest, ref: str) -> HttpResponse:
    """All that was said on a case, newest first, by pages that stay the same while it grows."""
    frame = frame_of(request, ref, timezone.now())
    before = request.GET.get("before", "")
    is_key = before.isascii() and before.isdecimal()
    said = _said(frame.dossier, int(before[:18]) if is_key else None)
    shown = said[:PAGE]
    context = {
        **frame.context("project-history"),
        "lines": _history_lines(frame, shown),
        "older": shown[-1].pk if len(said) > PAGE else None,
        "is_first": not before,
        "correctable": access.correctable(
            frame.reader,
            [each for each in shown if not _is_gone(frame.dossier, each)],
            frame.capacities,
            frame.dossier.at,
        ),
    }
    return render(request, "workflow/case_history.html", context)


def _said(dossier: Dossier, before: int | None) -> list[Decision]:
    """A page of what was said and one more, newest first; asked for again of a very long case."""
    if len(dossier.decisions) < sheet.NEWEST:
        known = reversed(dossier.decisions)
        return [each for each in known if before is None or each.pk < before][: PAGE + 1]
    decisions = sheet.rows_of(Decision.objects.filter(project=dossier.project)).order_by("-pk")
    if before is not None:
        decisions = decisions.filter(pk__lt=before)
    taken_back = Exists(Decision.objects.filter(supersedes=OuterRef("pk")))
    decisions = decisions.select_related("carries__post", "carries__decided_by")
    return list(decisions.annotate(is_superseded=taken_back)[: PAGE + 1])


def _is_gone(dossier: Dossier, said: Decision) -> bool:
    """Whether a later row took it back; a row that was asked for alone says so itself."""
    return bool(getattr(said, "is_superseded", said.pk in dossier.superseded))


def _history_lines(frame: Frame, shown: Sequence[Decision]) -> list[sheet.Line]:
    hidden = sheet.hidden_steps(frame.dossier, frame.posts)
    texts = sheet.texts_of(shown)
    return [
        sheet.line_of(
            each,
            texts.get(each.pk, {}),
            tuple(frame.dossier.belongings.conditions.get(each.pk, ())),
            is_superseded=_is_gone(frame.dossier, each),
            is_hidden=each.step_run_id in hidden,
            is_outdated=sheet.is_outdated(frame.dossier, each),
        )
        for each in shown
    ]
