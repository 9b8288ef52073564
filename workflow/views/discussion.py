"""議論: what is said about a case, for whom, and what waits for an answer."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bpr_projects import discussion as talk
from bpr_projects import joining
from bpr_projects.access import voice_in, voices
from bpr_projects.enums import CommentKind, CommentLevel
from bpr_projects.forms import CommentForm, Directory, Named, SayForm
from bpr_projects.models import Comment
from roles.models import User, everybody, read_all_once
from workflow.actions.refusals import NotAllowed, Refusal, Unanswered
from workflow.engine.locking import refusing
from workflow.steps import refused
from workflow.views.case_frame import frame_of
from workflow.views.lookup import person_of, project_or_404
from workflow.views.threads import Thread, page_with, threads_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.access import Ties, Voice
    from bpr_projects.models import Project
    from roles.models import Capacity

TAB: Final = "project-discussion"

ADVISING: Final = tuple(CommentKind)
SPEAKING: Final = (CommentKind.REMARK, CommentKind.QUESTION)


# --- the page --------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def discussion(request: HttpRequest, ref: str) -> HttpResponse:
    """The tab; a POST is a new remark, or an answer when it names its thread."""
    at = now()
    if request.method != "POST":
        return _page(request, ref, at)
    project = project_or_404(request, ref, at)
    parent = request.POST.get("parent", "")
    return _answered(request, project, parent, at) if parent else _written(request, project, at)


def _page(
    request: HttpRequest,
    ref: str,
    at: datetime,
    *,
    form: CommentForm | None = None,
    answering: tuple[int, SayForm] | None = None,
) -> HttpResponse:
    """``form``, ``answering``: what was sent and refused; it comes back with every word."""
    on = localdate(at)
    with read_all_once(on):
        frame = frame_of(request, ref, at, is_whole=False)
        ties, voice = frame.ties, frame.voice
        after = request.GET.get("after", "")
        if "thread" in request.GET:
            after = page_with(frame.project, voice, request.GET["thread"])
        threads = threads_of(frame.project, frame.reader, voice, after)
        for thread in threads.rows:
            _give_form(thread, answering)
        context = {
            **frame.context(TAB),
            "voice": voice,
            "form": form or _form(voice),
            "threads": threads,
            "is_first": not after,
            "after": after,
            "people": _people(ties, on) if voice.writes else [],
            "why_not": talk.why_not(voice, CommentLevel.EVERYONE) if voice else "",
            "asking": len(ties.asking),
            "may_answer_joins": joining.may_answer(voice),
            "may_join": bool(_joinable(voice, ties)),
        }
        status = 422 if form or answering else 200
        return render(request, "workflow/discussion.html", context, status=status)


def _joinable(voice: Voice, ties: Ties) -> frozenset[int]:
    if ties.project.stage not in joining.JOINABLE:
        return frozenset()
    return voice.leads - ties.sections - ties.represented - set(ties.asking)


def _form(voice: Voice, **sent: Any) -> CommentForm:
    kinds = ADVISING if voice.advises else SPEAKING
    return CommentForm(kinds=kinds, levels=voice.writes, auto_id="say_%s", **sent)


def _answer_form(thread_id: int, **sent: Any) -> SayForm:
    return SayForm(auto_id=f"a{thread_id}_%s", **sent)


def _give_form(thread: Thread, answering: tuple[int, SayForm] | None) -> None:
    pk = thread.first.comment.pk
    if thread.may_answer:
        thread.form = answering[1] if answering and answering[0] == pk else _answer_form(pk)


def _people(ties: Ties, on: date) -> list[str]:
    """Who can be called: people with a post who read the case, by section."""
    return [Named(person, _places(held)).label for person, held, _voice in voices(ties, on)]


def _places(held: Iterable[Capacity]) -> tuple[str, ...]:
    """Where somebody works, as one tells people of the same name apart."""
    posts = [each.post for each in held if each.delegation is None]
    return tuple(
        dict.fromkeys(
            [post.section.name for post in posts if post.section]
            + [post.title for post in posts if not post.section]
        )
    )


def _directory(on: date) -> Directory:
    """Everybody who can log in, with or without a post."""
    seats: dict[int, list[Capacity]] = {}
    for each in everybody(on):
        seats.setdefault(each.person.pk, []).append(each)
    return Directory(
        Named(person, _places(seats.get(person.pk, []))) for person in User.objects.active()
    )


# --- saying something ------------------------------------------------------------------------


def _written(request: HttpRequest, project: Project, at: datetime) -> HttpResponse:
    voice = voice_in(project, person_of(request), at)
    if not voice.writes:
        reason = talk.why_not(voice, CommentLevel.EVERYONE) if voice else _no_discussion()
        return refused(request, NotAllowed(reason), project)
    form = _form(voice, data=request.POST, people=_directory(localdate(at)))
    if form.is_valid():
        try:
            with hearing():
                said = talk.write(
                    project=project,
                    kind=CommentKind(form.cleaned_data["kind"]),
                    level=CommentLevel(form.cleaned_data["level"]),
                    text=form.cleaned_data["text"],
                    mentions=form.told,
                    by=person_of(request),
                    at=at,
                )
        except Unanswered as problem:
            form.add_problems(problem.problems)
        except Refusal as refusal:
            return refused(request, refusal, project)
        else:
            return _said(request, said, form)
    return _page(request, project.reference, at, form=form)


def _answered(request: HttpRequest, project: Project, parent: str, at: datetime) -> HttpResponse:
    thread = comment_or_404(request, project, parent, at)
    form = _answer_form(thread.pk, data=request.POST, people=_directory(localdate(at)))
    voice = voice_in(project, person_of(request), at)
    if thread.level not in voice.writes:
        reason = talk.why_not(voice, CommentLevel(thread.level))
        return refused(request, NotAllowed(reason), project)
    if form.is_valid():
        try:
            with hearing():
                said = talk.answer(
                    thread=thread,
                    text=form.cleaned_data["text"],
                    mentions=form.told,
                    by=person_of(request),
                    at=at,
                )
        except Unanswered as problem:
            form.add_problems(problem.problems)
        except Refusal as refusal:
            return refused(request, refusal, project)
        else:
            return _said(request, said, form)
    return _page(request, project.reference, at, answering=(thread.pk, form))


def _said(request: HttpRequest, said: Comment, form: SayForm) -> HttpResponse:
    """Back to the remark, with who is told of it."""
    sentence = _("「%s」として書きました。") % said.get_level_display()
    if form.told:
        names = _("さん、").join(person.name for person in form.told)
        sentence += _("%sさんにメールで知らせます。") % names
    messages.success(request, sentence)
    return redirect(place_of(said))


def place_of(comment: Comment) -> str:
    """The address of a remark, on whichever page it stands."""
    page = reverse(TAB, args=[comment.project.reference])
    return f"{page}?thread={comment.pk}#c{comment.pk}"


def _no_discussion() -> str:
    return _("議論は、提出のあとに始められます。")


# --- a question's end, and taking back -------------------------------------------------------


@login_required
@require_POST
def comment_settle(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """回答済みにする: by who asked, and by the 事務局."""
    at = now()
    project = project_or_404(request, ref, at)
    comment = comment_or_404(request, project, str(pk), at)
    try:
        with hearing():
            talk.settle(question=comment, by=person_of(request), at=at)
    except Refusal as refusal:
        return refused(request, refusal, project)
    messages.success(request, _("質問を回答済みにしました。"))
    return redirect(place_of(comment))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def comment_take_back(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """取消し of one's own remark. GET asks and changes nothing."""
    at = now()
    project = project_or_404(request, ref, at)
    comment = comment_or_404(request, project, str(pk), at)
    if comment.written_by_id != person_of(request).pk:
        sentence = _("取り消せるのは、書いたご本人（%s さん）だけです。")
        return refused(request, NotAllowed(sentence % comment.written_by.name), project)
    back = place_of(comment)
    if comment.taken_back_at is not None:
        return redirect(back)
    if request.method != "POST":
        context = {"project": project, "comment": comment, "back": back, "now": at}
        return render(request, "workflow/comment_take_back.html", context)
    try:
        with hearing():
            talk.take_back(comment=comment, by=person_of(request), at=at)
    except Refusal as refusal:
        return refused(request, refusal, project)
    messages.success(request, _("コメントを取り消しました。"))
    return redirect(back)


# --- what all of them need -------------------------------------------------------------------


def comment_or_404(request: HttpRequest, project: Project, pk: str, at: datetime) -> Comment:
    """A remark that this person may read; to everybody else it does not exist."""
    voice = voice_in(project, person_of(request), at)
    is_id = pk.isascii() and pk.isdecimal() and len(pk) < 19  # fits a BigAutoField
    among = Comment.objects.filter(project=project, level__in=voice.reads)
    found = among.select_related("project", "written_by").filter(pk=pk).first() if is_id else None
    if found is None:
        raise Http404
    return found


@contextmanager
def hearing() -> Iterator[None]:
    """What the verbs of the discussion refuse, as the engine says it; a busy case likewise."""
    try:
        with refusing():
            yield
    except talk.NotAllowed as no:
        raise NotAllowed(no.message) from no
    except talk.Unclear as no:
        raise Unanswered(no.problems) from no
    except talk.Refused as no:
        raise Refusal(no.message) from no
