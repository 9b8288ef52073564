"""参加の申出: a section asks to take part in a case; the proposing side or the 事務局 answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bpr_projects import joining
from bpr_projects.access import ties_of, voice_of
from bpr_projects.enums import CommentLevel
from bpr_projects.forms import JoinForm, ReplyForm
from roles.models import Section, capacities_of
from workflow.actions.refusals import NotAllowed, Refusal
from workflow.steps import refused
from workflow.views.discussion import hearing
from workflow.views.lookup import person_of, project_or_404

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.access import Voice
    from bpr_projects.models import JoinRequest, Project


@dataclass(frozen=True)
class Desk:
    """The requests of a case as one person meets them."""

    project: Project
    voice: Voice
    shown: list[JoinRequest]
    sections: list[Section]
    why_not: str


def _desk(request: HttpRequest, ref: str, at: datetime) -> Desk:
    """Reasons are for 関係者, and for the section that wrote them."""
    project = project_or_404(request, ref, at)
    person = person_of(request)
    on = localdate(at)
    capacities = capacities_of(person, on)
    ties = ties_of(project)
    voice = voice_of(person, capacities, ties, on)
    made = joining.requests_of(project)
    shown = [
        each
        for each in made
        if CommentLevel.PARTIES in voice.reads or each.section_id in voice.leads
    ]
    led = {
        each.post.section_id: each.post.section
        for each in capacities
        if each.post.section is not None and each.post.section_id in voice.leads
    }
    open_to = joining.sections_to_ask(voice, ties, made)
    reasons = [joining.why_not(section, ties, made) for section in led.values()]
    return Desk(
        project=project,
        voice=voice,
        shown=shown,
        sections=[section for pk, section in led.items() if pk in open_to],
        why_not=next(filter(None, reasons), _nobody(voice)),
    )


def _nobody(voice: Voice) -> str:
    if not voice:
        return _("参加は、提出のあとに申し出られます。")
    return _("参加を申し出られるのは、まだ関わっていない課の所属長とDX推進リーダーです。")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_join(request: HttpRequest, ref: str) -> HttpResponse:
    """What was asked and answered; POST asks."""
    at = now()
    desk = _desk(request, ref, at)
    if request.method != "POST":
        return _page(request, desk, at)
    if not desk.sections and not _mine_again(request, desk):
        return refused(request, NotAllowed(desk.why_not), desk.project)
    form = _join_form(desk, data=request.POST)
    if not form.is_valid():
        return _page(request, desk, at, form=form)
    section = Section.objects.get(pk=form.cleaned_data["section"])
    try:
        with hearing():
            joining.ask_to_join(
                project=desk.project,
                section=section,
                reason=form.cleaned_data["reason"],
                by=person_of(request),
                at=at,
            )
    except Refusal as refusal:
        return refused(request, refusal, desk.project)
    messages.success(
        request, _("%s の参加を申し出ました。返事はメールでも届きます。") % section.name
    )
    return redirect("project-join", desk.project.reference)


def _mine_again(request: HttpRequest, desk: Desk) -> bool:
    """The second click of what this person asked."""
    mine = [each for each in desk.shown if each.asked_by_id == person_of(request).pk]
    desk.sections.extend(each.section for each in mine)
    return bool(mine)


def _join_form(desk: Desk, **sent: Any) -> JoinForm:
    choices = [(str(section.pk), section.name) for section in desk.sections]
    return JoinForm(sections=choices, auto_id="join_%s", **sent)


def _reply_form(pk: int, **sent: Any) -> ReplyForm:
    return ReplyForm(
        auto_id=f"r{pk}_%s",
        yes=gettext_lazy("参加を受け入れる"),
        no=gettext_lazy("今回は断る"),
        why=gettext_lazy("断る理由を入力してください。"),
        **sent,
    )


def _page(
    request: HttpRequest,
    desk: Desk,
    at: datetime,
    *,
    form: JoinForm | None = None,
    answering: tuple[int, ReplyForm] | None = None,
) -> HttpResponse:
    may_answer = joining.may_answer(desk.voice)
    waiting = [each for each in desk.shown if each.is_accepted is None]
    context = {
        "now": at,
        "project": desk.project,
        "rows": [each for each in desk.shown if each.is_accepted is not None],
        "waiting": [(each, _form_for(each, answering) if may_answer else None) for each in waiting],
        "form": form or (_join_form(desk) if desk.sections else None),
        "why_not": "" if may_answer and waiting else desk.why_not,
    }
    status = 422 if form or answering else 200
    return render(request, "workflow/joining.html", context, status=status)


def _form_for(asked: JoinRequest, answering: tuple[int, ReplyForm] | None) -> ReplyForm:
    return answering[1] if answering and answering[0] == asked.pk else _reply_form(asked.pk)


@login_required
@require_POST
def join_answer(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """Accept or decline, with a reply."""
    at = now()
    desk = _desk(request, ref, at)
    asked = next((each for each in desk.shown if each.pk == pk), None)
    if asked is None:
        raise Http404
    if not joining.may_answer(desk.voice):
        sentence = _("参加の申出に答えられるのは、提案した側と事務局です。")
        return refused(request, NotAllowed(sentence), desk.project)
    form = _reply_form(pk, data=request.POST)
    if not form.is_valid():
        if asked.is_accepted is not None:
            return refused(request, Refusal(joining.said_of(asked)), desk.project)
        return _page(request, desk, at, answering=(pk, form))
    try:
        with hearing():
            joining.answer_join(
                request=asked,
                is_accepted=form.is_yes,
                reply=form.cleaned_data["reply"],
                by=person_of(request),
                at=at,
            )
    except Refusal as refusal:
        return refused(request, refusal, desk.project)
    done = _("%s の参加を受け入れました。") if form.is_yes else _("%s の参加の申出を断りました。")
    messages.success(request, done % asked.section.name)
    return redirect("project-join", desk.project.reference)
