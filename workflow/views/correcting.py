"""A change, stop, roll-out or completion came back: correct its text and ask again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bpr_projects.enums import RevisionKind
from bpr_projects.forms import CountField, DayField, TextField
from bpr_projects.sheet import MOST_YEN
from workflow import access, engine
from workflow.actions.refusals import NotAllowed, Refusal
from workflow.enums import Outcome, RunKind, StepKind
from workflow.models import Decision, Slot
from workflow.steps import refused
from workflow.views.case import find
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import Project

LONG = 4000


class QuestionForm(forms.Form):
    """The words of a question to headquarters; which of them it has depends on its kind."""

    use_required_attribute = False

    what = TextField(
        label=gettext_lazy("内容"), max_length=LONG, widget=forms.Textarea(attrs={"rows": 3})
    )
    reason = TextField(
        label=gettext_lazy("理由"), max_length=LONG, widget=forms.Textarea(attrs={"rows": 3})
    )
    effect = TextField(
        label=gettext_lazy("結果"), max_length=LONG, widget=forms.Textarea(attrs={"rows": 3})
    )
    lesson = TextField(
        label=gettext_lazy("学んだこと（次に活かすこと）"),
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    cost = CountField(
        label=gettext_lazy("費用の上限"),
        help_text=gettext_lazy("これまでの費用を含めた合計です。"),
        most=MOST_YEN,
        unit=gettext_lazy("円"),
    )
    ends_on = DayField(label=gettext_lazy("自由枠の期限"))
    comment = TextField(
        label=gettext_lazy("修正した点"), max_length=LONG, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, kind: RevisionKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_change = kind == RevisionKind.CHANGE
        for name in ("effect", "lesson") if is_change else ("reason", "cost", "ends_on"):
            del self.fields[name]

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """What the engine complains of, beside the field."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, sentence)

    def corrections(self) -> dict[str, Any]:
        """The text as the engine takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "comment"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def question_correct(request: HttpRequest, ref: str, slot: int) -> HttpResponse:
    """The returned question with its reason on top; POST asks again."""
    at = timezone.now()
    project = find(request, ref, at)
    asked = (
        Slot.objects.filter(
            pk=slot,
            step_run__project=project,
            step_run__kind=StepKind.REVISION,
            step_run__run__kind=RunKind.APPROVAL,
        )
        .select_related("post", "step_run__revision", "step_run__project", "step_run__run")
        .first()
    )
    if asked is None or asked.step_run.revision is None:
        raise Http404
    kind = RevisionKind(asked.step_run.revision.kind)
    if request.method != "POST":
        permit = access.may_answer(person_of(request), asked, at)
        if not permit:
            return refused(request, NotAllowed(permit.reason), project)
        return _page(
            request, project, asked, QuestionForm(initial=asked.step_run.revision.sheet, kind=kind)
        )
    form = QuestionForm(request.POST, kind=kind)
    if not form.is_valid():
        return _page(request, project, asked, form)
    try:
        engine.resubmit(
            project=project,
            slot_id=slot,
            draft_version=project.draft_version,
            comment=form.cleaned_data["comment"],
            by=person_of(request),
            at=at,
            corrections=form.corrections(),
        )
    except Refusal as refusal:
        again = partial(_again, request, project, asked, form)
        return refused(request, refusal, project, on_unanswered=again)
    messages.success(request, _("「%s」を再提出しました。") % kind.label)
    return redirect("project", ref=project.reference)


def _again(
    request: HttpRequest,
    project: Project,
    asked: Slot,
    form: QuestionForm,
    problems: dict[str, str],
) -> HttpResponse:
    form.add_problems(problems)
    return _page(request, project, asked, form)


def _page(request: HttpRequest, project: Project, asked: Slot, form: QuestionForm) -> HttpResponse:
    back = (
        Decision.objects.filter(run=asked.step_run.run, outcome=Outcome.SENT_BACK)
        .select_related("decided_by", "post", "entry")
        .order_by("-pk")
        .first()
    )
    words = back.entry.texts.filter(name="comment").first() if back else None
    context = {
        "project": project,
        "kind": RevisionKind(asked.step_run.revision.kind) if asked.step_run.revision else "",
        "form": form,
        "back": back,
        "why": words.shown if words else "",
        "now": timezone.now(),
    }
    return render(
        request, "workflow/question_correct.html", context, status=422 if form.is_bound else 200
    )
