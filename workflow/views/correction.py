"""訂正 of a 決裁: its words and conditions as they stand, to be decided anew by the same post."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bpr_projects.forms import TextField
from roles.models import Section
from workflow import access, engine, sheet
from workflow.actions.correction import CONDITIONS, rows_of, words_of
from workflow.actions.refusals import AlreadyDone, NotAllowed, Refusal
from workflow.enums import Outcome
from workflow.forms import ADD_CONDITION, LONG, ConditionRow, ConditionsField, WithConditions
from workflow.models import Decision
from workflow.outcomes import Answer
from workflow.sheet.belongings import ConditionLine
from workflow.steps import recorded_before, refused
from workflow.views.case import find
from workflow.views.freshness import recently_authenticated, refusal_of_password
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from bpr_projects.models import Project

READ_WITH: Final = ("run", "slot", "entry")


class CorrectionForm(WithConditions, forms.Form):
    """The words of the decision, its conditions unless it was 不採択, and why they change."""

    use_required_attribute = False

    comment = TextField(
        label=gettext_lazy("理由・意見"),
        required=False,
        max_length=LONG,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    conditions = ConditionsField(label=gettext_lazy("条件"), required=False)
    correction = TextField(
        label=gettext_lazy("訂正の理由"),
        max_length=LONG,
        help_text=gettext_lazy("どこを、なぜ訂正するかを書いてください。記録に残ります。"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("訂正の理由を入力してください。")},
    )
    password = forms.CharField(
        label=gettext_lazy("パスワード"),
        required=False,
        strip=False,
        help_text=gettext_lazy("ログインから30分を過ぎたため、訂正の前に本人を確かめます。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, final: Decision, is_fresh: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if final.outcome == Outcome.NOT_ADOPTED:
            del self.fields["conditions"]
        if is_fresh:
            del self.fields["password"]

    def add_problems(self, problems: dict[str, str]) -> None:
        """What the engine misses, beside the field where it is missing."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, sentence)

    def answer(self) -> Answer:
        """What was filled in, as the engine takes it."""
        said = self.cleaned_data
        return Answer(
            comment=said["comment"],
            conditions=tuple(map(tuple, said.get("conditions", ()))),
            correction=said["correction"],
        )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decision_correct(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """GET shows the decision as it stands; POST decides its words and conditions anew."""
    at = timezone.now()
    project = find(request, ref, at)
    decisions = Decision.objects.of_project(project).select_related(*READ_WITH)
    final = decisions.prefetch_related(CONDITIONS, "entry__texts").filter(pk=pk).first()
    if final is None:
        raise Http404
    permit = access.may_correct(person_of(request), final, at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), project)
    standing = access.standing_for(final)
    if standing.pk != final.pk:
        return _replaced(request, project, standing)
    form = _form(request, final, at)
    if request.method != "POST":
        return _page(request, project, final, form, at)
    if ADD_CONDITION in request.POST:
        form.leave_unchecked()
        return _page(request, project, final, form, at)
    if not form.is_valid() or _is_somebody_else(request, form):
        return _page(request, project, final, form, at, status=422)
    return _correct(request, project, final, form, at)


def _form(request: HttpRequest, final: Decision, at: datetime) -> CorrectionForm:
    is_fresh = recently_authenticated(request, at)
    if request.method == "POST":
        return CorrectionForm(request.POST, final=final, is_fresh=is_fresh)
    initial = {
        "comment": words_of(final),
        "conditions": [ConditionRow(*row) for row in rows_of(final)],
    }
    return CorrectionForm(initial=initial, final=final, is_fresh=is_fresh)


def _replaced(request: HttpRequest, project: Project, standing: Decision) -> HttpResponse:
    """Another decision counts by now: one's own second click, or what somebody decided before."""
    if request.method == "POST" and standing.decided_by_id == person_of(request).pk:
        return recorded_before(request, project)
    return refused(request, AlreadyDone(standing), project)


def _is_somebody_else(request: HttpRequest, form: CorrectionForm) -> bool:
    """決裁 asks for the password when the last one is old, and so does its 訂正."""
    if "password" not in form.fields:
        return False
    problem = refusal_of_password(request, form.cleaned_data["password"])
    if problem:
        form.add_error("password", problem)
    return bool(problem)


def _correct(
    request: HttpRequest, project: Project, final: Decision, form: CorrectionForm, at: datetime
) -> HttpResponse:
    by = person_of(request)
    try:
        engine.correct(
            project=project,
            decision_id=final.pk,
            answer=form.answer(),
            by=by,
            at=at,
        )
    except AlreadyDone as refusal:
        return _replaced(request, project, refusal.decision or final)
    except Refusal as refusal:
        again = partial(_again, request, project, final, form, at)
        return refused(request, refusal, project, on_unanswered=again)
    messages.success(
        request, _("「%s」の決裁を訂正しました。前の決裁も記録に残ります。") % project.title
    )
    return redirect("project", ref=project.reference)


def _as_it_stands(final: Decision) -> sheet.Line:
    """The decision in words, with its conditions, beside the form that changes them."""
    texts = {each.name: each.shown for each in final.entry.texts.all()}
    conditions = (
        ConditionLine(each.text, each.owner.name, each.due_on) for each in final.conditions.all()
    )
    return sheet.line_of(final, texts, tuple(conditions), is_superseded=False)


def _again(
    request: HttpRequest,
    project: Project,
    final: Decision,
    form: CorrectionForm,
    at: datetime,
    problems: dict[str, str],
) -> HttpResponse:
    form.add_problems(problems)
    return _page(request, project, final, form, at, status=422)


def _page(
    request: HttpRequest,
    project: Project,
    final: Decision,
    form: CorrectionForm,
    at: datetime,
    *,
    status: int = 200,
) -> HttpResponse:
    sections = Section.objects.in_force(localdate(at)).order_by("code")
    context = {
        "now": at,
        "project": project,
        "final": final,
        "line": _as_it_stands(final),
        "form": form,
        "sections": dict(sections.values_list("code", "name")),
    }
    return render(request, "workflow/decision_correct.html", context, status=status)
