"""紙決裁の後登録: one page registers, the same page is confirmed by somebody else; the scan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bpr_projects.enums import RevisionKind
from bpr_projects.views import download
from roles.models import Section
from workflow import access, engine
from workflow.actions import answers
from workflow.actions.completeness import objections, targets_of
from workflow.actions.papers import texts_of
from workflow.actions.refusals import AlreadyDone, NotAllowed, Refusal
from workflow.enums import DECIDING_KINDS, Outcome, PaperState, SendBackTarget, SlotState, StepKind
from workflow.forms import ADD_CONDITION, ConfirmPaperForm, PaperForm, RefusePaperForm
from workflow.models import PaperDecision, Slot
from workflow.outcomes import RULES, answers_on_paper
from workflow.steps import refused
from workflow.views.case import find
from workflow.views.freshness import recently_authenticated, refusal_of_password
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from bpr_projects.models import Project


# --- registering ---------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, ref: str, slot: int) -> HttpResponse:
    """The form; or, while a paper waits, the paper beside its scan. POST registers."""
    at = timezone.now()
    project = find(request, ref, at)
    place = _place(project, slot)
    papers = place.papers.all()
    waiting = next((each for each in papers if each.state == PaperState.WAITING), None)
    may_see = waiting is not None and access.may_see_paper(person_of(request), waiting, at)
    if waiting is not None and may_see and request.method != "POST":
        return _waiting_page(request, project, waiting, at)
    permit = access.may_record_paper(person_of(request), place, at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), project)
    if place.state != SlotState.OPEN:
        last = answers.standing(place) or answers.last_of(place.step_run.run)
        return refused(request, AlreadyDone(last), project)
    form = _form(request, place, at)
    if ADD_CONDITION in request.POST:
        form.leave_unchecked()
    elif form.is_bound and form.is_valid():
        return _register(request, project, place, form, at)
    elif waiting is not None:
        return refused(request, AlreadyDone(None, access.standing_paper(waiting)), project)
    return _form_page(request, project, place, form, at, status=422 if form.errors else 200)


def _register(
    request: HttpRequest, project: Project, place: Slot, form: PaperForm, at: datetime
) -> HttpResponse:
    try:
        engine.record_paper(
            project=project,
            slot_id=place.pk,
            revision_hash=form.cleaned_data["revision_hash"],
            paper=form.paper(),
            by=person_of(request),
            at=at,
        )
    except Refusal as refusal:
        again = partial(_again, request, project, place, form, at)
        return refused(request, refusal, project, on_unanswered=again)
    messages.success(
        request,
        _(
            "紙の決裁を登録しました。事務局のほかの方が確認すると、決裁として記録され、手続が進みます。"
        ),
    )
    return redirect("paper", ref=project.reference, slot=place.pk)


def _place(project: Project, slot_id: int) -> Slot:
    found = (
        Slot.objects.filter(
            pk=slot_id, step_run__project=project, step_run__kind__in=DECIDING_KINDS
        )
        .select_related("post__section", "step_run__revision", "step_run__run__revision")
        .prefetch_related(Prefetch("papers", PaperDecision.objects.for_pages()))
        .first()
    )
    if found is None:
        raise Http404
    found.step_run.project = found.step_run.run.project = project
    return found


def _form(request: HttpRequest, place: Slot, at: datetime) -> PaperForm:
    step = place.step_run
    assert step.revision is not None  # noqa: S101 -- a case's 決裁 decides a revision
    text = RevisionKind(step.revision.kind)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return PaperForm(
        *sent,
        people=access.holders_since(place, localdate(at)),
        outcomes=answers_on_paper(StepKind(step.kind), text),
        targets=targets_of(place),
        needs_reply=bool(objections(step.run)),
        initial={"revision_hash": step.revision.content_hash},
    )


def _again(
    request: HttpRequest,
    project: Project,
    place: Slot,
    form: PaperForm,
    at: datetime,
    problems: dict[str, str],
) -> HttpResponse:
    form.add_problems(problems)
    return _form_page(request, project, place, form, at, status=422)


def _form_page(
    request: HttpRequest,
    project: Project,
    place: Slot,
    form: PaperForm,
    at: datetime,
    *,
    status: int = 200,
) -> HttpResponse:
    sections = Section.objects.in_force(localdate(at)).order_by("code")
    past = [each for each in place.papers.all() if each.state != PaperState.WAITING]
    context = {
        "now": at,
        "project": project,
        "place": place,
        "form": form,
        "sections": dict(sections.values_list("code", "name")),
        "past": [(each, access.standing_paper(each)) for each in past],
    }
    return render(request, "workflow/paper.html", context, status=status)


# --- the second person ---------------------------------------------------------------------------


@login_required
@require_POST
def paper_confirm(request: HttpRequest, ref: str, key: UUID) -> HttpResponse:
    """Let it count."""
    at = timezone.now()
    project = find(request, ref, at)
    found = _paper(project, key)
    by = person_of(request)
    form = ConfirmPaperForm(request.POST, is_fresh=recently_authenticated(request, at))
    if found.state == PaperState.WAITING and (page := _unready(request, project, found, form, at)):
        return page
    try:
        said = engine.confirm_paper(project=project, key=key, by=by, at=at)
    except Refusal as refusal:
        return refused(request, refusal, project)
    sentence = _("「%(title)s」の紙の決裁を確認し、「%(outcome)s」として記録しました。")
    facts = {"title": project.title, "outcome": said.get_outcome_display()}
    messages.success(request, sentence % facts)
    return redirect("project", ref=project.reference)


def _unready(
    request: HttpRequest,
    project: Project,
    found: PaperDecision,
    form: ConfirmPaperForm,
    at: datetime,
) -> HttpResponse | None:
    """The refusal, or the page with what is missing; nothing when all is there."""
    permit = access.may_confirm_paper(person_of(request), found, at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), project)
    if form.is_valid() and "password" in form.fields:
        problem = refusal_of_password(request, form.cleaned_data["password"])
        if problem:
            form.add_error("password", problem)
    if form.errors:
        return _waiting_page(request, project, found, at, confirming=form)
    return None


@login_required
@require_POST
def paper_refuse(request: HttpRequest, ref: str, key: UUID) -> HttpResponse:
    """Refuse it, or take the own registration back."""
    at = timezone.now()
    project = find(request, ref, at)
    found = _paper(project, key)
    by = person_of(request)
    form = RefusePaperForm(request.POST)
    permit = access.may_refuse_paper(by, found, at)
    if found.state == PaperState.WAITING and not permit:
        return refused(request, NotAllowed(permit.reason), project)
    if found.state == PaperState.WAITING and not form.is_valid():
        return _waiting_page(request, project, found, at, refusing=form)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        engine.refuse_paper(project=project, key=key, reason=reason, by=by, at=at)
    except Refusal as refusal:

        def again(problems: dict[str, str]) -> HttpResponse:
            form.add_error("reason", problems["reason"])
            return _waiting_page(request, project, found, at, refusing=form)

        return refused(request, refusal, project, on_unanswered=again)
    done = (
        _("紙の決裁の登録を取り下げました。登録した内容と理由は残ります。")
        if found.recorded_by_id == by.pk
        else _("紙の決裁を、確認しないで終えました。登録した内容と理由は残ります。")
    )
    messages.success(request, done)
    return redirect("project", ref=project.reference)


def _paper(project: Project, key: UUID) -> PaperDecision:
    found = PaperDecision.objects.filter(project=project, key=key).for_pages()
    paper = found.select_related("slot__step_run__run__revision").first()
    if paper is None:
        raise Http404
    paper.slot.step_run.project = paper.slot.step_run.run.project = project
    return paper


def _waiting_page(
    request: HttpRequest,
    project: Project,
    found: PaperDecision,
    at: datetime,
    *,
    confirming: ConfirmPaperForm | None = None,
    refusing: RefusePaperForm | None = None,
) -> HttpResponse:
    """What was registered beside the scan, and what this reader may do about it."""
    found = _paper(project, found.key)
    reader = person_of(request)
    if not access.may_see_paper(reader, found, at):
        reason = _("確認を待つ紙の決裁を見るのは、事務局・監査と、決裁する職の方です。")
        return refused(request, NotAllowed(reason), project)
    may_confirm = access.may_confirm_paper(reader, found, at)
    may_refuse = access.may_refuse_paper(reader, found, at)
    if may_confirm and confirming is None:
        confirming = ConfirmPaperForm(is_fresh=recently_authenticated(request, at))
    if may_refuse and refusing is None:
        refusing = RefusePaperForm()
    context: dict[str, Any] = {
        "now": at,
        "project": project,
        "paper": found,
        "rule": RULES[Outcome(found.outcome)],
        "words": _words(found),
        "permit": may_confirm,
        "confirming": confirming if may_confirm else None,
        "refusing": refusing if may_refuse else None,
        "is_mine": found.recorded_by_id == reader.pk,
        "form": next((each for each in (confirming, refusing) if each and each.errors), None),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "workflow/paper_waiting.html", context, status=status)


def _words(found: PaperDecision) -> list[tuple[str, str]]:
    """What the paper says, in the order of the form."""
    texts = texts_of(found)
    names = dict(Section.objects.values_list("code", "name"))
    conditions = [
        f"{texts.get(f'condition_{n}', '')}（{names.get(section, section)}・{due}）"
        for n, (section, due) in enumerate(found.conditions, 1)
    ]
    target = str(SendBackTarget(found.target).label) if found.target else ""
    rows = [
        (_("差戻し先"), target),
        (_("条件"), "\n".join(conditions)),
        (_("不同意への回答"), texts.get("reply", "")),
        (_("紙に書かれた理由・意見"), texts.get("comment", "")),
        (_("紙で決裁した理由"), texts.get("why_on_paper", "")),
    ]
    return [(label, text) for label, text in rows if text]


@login_required
@require_safe
def paper_scan(request: HttpRequest, ref: str, key: UUID) -> HttpResponseBase:
    """The scan as a download, for whoever may see the paper."""
    at = timezone.now()
    project = find(request, ref, at)
    found = _paper(project, key)
    if not access.may_see_paper(person_of(request), found, at):
        raise Http404
    return download(found.scan, found.scan_name)
