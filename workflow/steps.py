"""The HTTP of every human act. Each asks one verb of the engine and tells what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bpr_projects.access import visible_to
from bpr_projects.enums import Stage
from bpr_projects.sheet import Lists
from roles.models import capacities_of
from roles.views import typed_texts
from workflow import access, engine, sheet
from workflow.actions.refusals import (
    AlreadyDone,
    Busy,
    NotAllowed,
    NotFound,
    Refusal,
    StaleText,
    Unanswered,
)
from workflow.enums import ASIDE, CYCLE_KINDS, Outcome, RunKind, SlotState, StepKind
from workflow.forms import ADD_CONDITION, AnswerForm
from workflow.inbox import Desk, came_from
from workflow.models import FAR_FUTURE, Decision, Reading
from workflow.outcomes import FINAL, PULLABLE, RULES
from workflow.views.case import find, refilled
from workflow.views.desk import question_of
from workflow.views.freshness import recently_authenticated, refusal_of_password
from workflow.views.lookup import person_of
from workflow.views.sheet_rows import changed_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest

    from bpr_projects.models import Project
    from workflow.models import Slot
    from workflow.sheet import Dossier


# --- refusals ------------------------------------------------------------------------------


def refused(
    request: HttpRequest,
    refusal: Refusal,
    project: Project | None = None,
    *,
    back_url: str = "",
    on_unanswered: Callable[[dict[str, str]], HttpResponse] | None = None,
) -> HttpResponse:
    """The page that a refusal becomes; what was typed comes back on every one of them.

    ``on_unanswered`` draws the form again with the problems beside its fields.
    """
    if isinstance(refusal, NotFound):
        raise Http404
    if isinstance(refusal, Unanswered) and on_unanswered is not None:
        return on_unanswered(refusal.problems)
    back = back_url or reverse("home")
    if project is not None:
        back = reverse("project", args=[project.reference])
    context: dict[str, Any] = {
        "reason": refusal.message,
        "typed": typed_texts(request),
        "back_url": back,
        "now": timezone.now(),
    }
    if isinstance(refusal, Busy):
        response = render(request, "workflow/busy.html", context, status=refusal.status)
        response.headers["Retry-After"] = "3"
        return response
    if isinstance(refusal, NotAllowed):
        context["acts"] = _newest(project)
        return render(request, "workflow/refused.html", context, status=refusal.status)
    if isinstance(refusal, StaleText):
        return render(request, "workflow/stale.html", {**context, **_stale(refusal)}, status=409)
    if isinstance(refusal, AlreadyDone) and refusal.decision is not None:
        context["acts"] = [_told(refusal.decision)]
    return render(request, "409.html", context, status=refusal.status)


def is_repeated(request: HttpRequest, refusal: Refusal, outcome: Outcome, slot: int | None) -> bool:
    """A second click, tab or retry of an act that this person has on record already."""
    before = refusal.decision if isinstance(refusal, AlreadyDone) else None
    if before is None or before.decided_by_id != person_of(request).pk:
        return False
    return before.outcome == outcome and before.slot_id in (slot, None)


def recorded_before(request: HttpRequest, project: Project) -> HttpResponse:
    """Nothing happened again, and that is good news."""
    messages.success(request, _("すでに記録済みです。二重には記録されていません。"))
    return redirect("project", ref=project.reference)


def _told(said: Decision) -> tuple[str, str, datetime]:
    """Who did what and when, for the pages of refusals."""
    return sheet.who_of(said), said.get_outcome_display(), said.decided_at


def _newest(project: Project | None) -> list[tuple[str, str, datetime]]:
    """The last thing that was done to a case: whoever lost a race sees who won it."""
    if project is None:
        return []
    said = Decision.objects.filter(project=project).exclude(outcome__in=ASIDE)
    newest = said.select_related("decided_by", "post", "on_behalf_of").order_by("-pk").first()
    return [_told(newest)] if newest else []


def _stale(refusal: StaleText) -> dict[str, Any]:
    before = refusal.shown.sheet if refusal.shown else {}
    lists = Lists.read(localdate(refusal.current.created_at))
    return {
        "shown": refusal.shown,
        "current": refusal.current,
        "changes": changed_rows(before, refusal.current.sheet, lists) if refusal.shown else [],
    }


# --- answering a step ----------------------------------------------------------------------


@login_required
@require_POST
def answer(request: HttpRequest, ref: str, slot: int) -> HttpResponse:
    """Answer an open step: score, opinion, 承認, 差戻し, 決裁 …"""
    at = timezone.now()
    project = find(request, ref, at)
    asked = _slot_of(request, project, slot, at)
    form = _form(request, asked, at)
    if ADD_CONDITION in request.POST:
        form.leave_unchecked()
        return refilled(request, project, {slot: form})
    if not form.is_valid():
        return _incomplete(request, project, asked, form)
    if form.question.needs_password and (
        problem := refusal_of_password(request, form.cleaned_data["password"])
    ):
        form.add_error("password", problem)
        return _incomplete(request, project, asked, form)
    chosen = Outcome(form.cleaned_data["outcome"])
    try:
        said = engine.decide(
            project=project,
            slot_id=slot,
            revision_hash=form.cleaned_data["revision_hash"],
            outcome=chosen,
            answer=form.answer(),
            by=person_of(request),
            at=at,
        )
    except Refusal as refusal:
        if is_repeated(request, refusal, chosen, slot):
            return recorded_before(request, project)
        return refused(
            request, refusal, project, on_unanswered=_again(request, project, slot, form)
        )
    _tell(request, said, asked.slot)
    return redirect(
        next_in_list(request, form.cleaned_data["return_to"], asked.slot, at)
        or reverse("project", args=[project.reference])
    )


class Asked:
    """A slot with the case around it."""

    def __init__(self, dossier: Dossier, slot: Slot) -> None:
        self.dossier, self.slot = dossier, slot

    @property
    def is_open(self) -> bool:
        """Whether an answer can still be given, a revised score included."""
        step = self.slot.step_run
        revisable = step.kind == StepKind.REVIEW and self.slot.state == SlotState.DONE
        return step.closed_at is None and (self.slot.state == SlotState.OPEN or revisable)


def _slot_of(request: HttpRequest, project: Project, slot_id: int, at: datetime) -> Asked:
    posts = [each.post.pk for each in capacities_of(person_of(request), localdate(at))]
    dossier = sheet.dossier_of(project, at, reader=person_of(request), posts=posts)
    for step in dossier.steps:
        for slot in step.slots:
            if slot.pk == slot_id and step.run.kind not in CYCLE_KINDS | {StepKind.REVISION}:
                return Asked(dossier, slot)
    raise Http404


def _form(request: HttpRequest, asked: Asked, at: datetime) -> AnswerForm:
    """The form as it was sent. Who may not answer is refused by the engine, with the reason."""
    permit = access.may_answer(person_of(request), asked.slot, at)
    question = question_of(
        asked.dossier,
        asked.slot,
        permit,
        is_fresh=recently_authenticated(request, at) or not permit,
    )
    return AnswerForm(question, request.POST, auto_id=f"a{asked.slot.pk}_%s")


def _incomplete(
    request: HttpRequest, project: Project, asked: Asked, form: AnswerForm
) -> HttpResponse:
    """The form again, unless somebody answered meanwhile or it is not this person's turn."""
    if not asked.is_open:
        last = asked.dossier.answer_of(asked.slot)
        return refused(request, AlreadyDone(last), project)
    permit = access.may_answer(person_of(request), asked.slot, timezone.now())
    if not permit:
        return refused(request, NotAllowed(permit.reason), project)
    return refilled(request, project, {asked.slot.pk: form})


def _again(
    request: HttpRequest, project: Project, slot: int, form: AnswerForm
) -> Callable[[dict[str, str]], HttpResponse]:
    def draw(problems: dict[str, str]) -> HttpResponse:
        form.add_problems(problems)
        return refilled(request, project, {slot: form})

    return draw


def _tell(request: HttpRequest, said: Decision, slot: Slot) -> None:
    """What was recorded, and whether it can still be taken back: the tag is the way to do it."""
    undo = ""
    sentence = _("「%(title)s」を「%(outcome)s」として記録しました。") % {
        "title": said.project.title if said.project else "",
        "outcome": said.get_outcome_display(),
    }
    if said.outcome in FINAL:
        sentence += _afterwards(said)
    elif slot.step_run.kind in PULLABLE and RULES[Outcome(said.outcome)].effect == "count":
        sentence += _("次の担当者が開くまでは、引き戻せます。")
        undo = reverse("pull-back", args=[said.project.reference]) if said.project else ""
    messages.success(request, sentence, extra_tags=undo)


def _afterwards(said: Decision) -> str:
    """What can still be done about a 決裁: nothing to itself, but something after it."""
    if said.project is not None and said.project.stage == Stage.RUNNING:
        return _(
            "決裁は取り消せません。改めるときは、"
            "所管課がOODAボードで変更や中止を提案し、決裁を受けます。"
        )
    if said.outcome == Outcome.NOT_ADOPTED and said.run.kind == RunKind.PROJECT:
        return _("決裁は取り消せません。提案者は、案件を複製し、直して再び提案できます。")
    return _("決裁は取り消せません。")


def next_in_list(request: HttpRequest, mark: str, slot: Slot, at: datetime) -> str:
    """The item after ``slot`` in the work list, if the act began there; otherwise nothing."""
    desk = Desk(person_of(request), at)
    here = came_from(mark, desk)
    return here.next_to(desk, slot.step_run.due_at or FAR_FUTURE, slot.pk) if here else ""


# --- readings ------------------------------------------------------------------------------


@login_required
@require_POST
def reading_read(request: HttpRequest, pk: int) -> HttpResponse:
    """後閲 or 供覧: the holder of the post has read it."""
    at = timezone.now()
    seen = Reading.objects.filter(pk=pk, project__in=visible_to(person_of(request), at))
    if not seen.exists():
        raise Http404
    try:
        reading = engine.mark_read(reading_id=pk, by=person_of(request), at=at)
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, _("「%s」を確認済みにしました。") % reading.project.title)
    if request.POST.get("return_to") == "inbox":
        return redirect(f"{reverse('inbox')}?tab=reading")
    return redirect("project", ref=reading.project.reference)
