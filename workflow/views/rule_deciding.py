"""改正案を決める: 提出, 回答, 再提出, 引戻し, お願い, 取下げ. Each asks one verb of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bpr_projects.calendar import wareki
from roles.models import capacities_of
from workflow import access, engine
from workflow.actions.refusals import AlreadyDone, NotAllowed, Refusal, Unanswered
from workflow.enums import Outcome, RouteState, StepKind
from workflow.forms import AgainForm, ReasonForm
from workflow.models import Slot
from workflow.outcomes import RULES
from workflow.steps import is_repeated, next_in_list, refused
from workflow.views.freshness import refusal_of_password
from workflow.views.lookup import person_of
from workflow.views.rule_desk import answer_form, run_of, slots_of
from workflow.views.rule_drafting import page_of, sent_version
from workflow.views.rules import version_or_404, version_page

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from workflow.forms import AnswerForm
    from workflow.models import Route

DECIDE: Final = "#decide"


def _find(request: HttpRequest, code: str, version: int, at: datetime) -> tuple[Route, list[Route]]:
    return version_or_404(code, version, capacities_of(person_of(request), localdate(at)))


@login_required
@require_POST
def propose(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """提出; what the checks find is shown on the page of the draft, and nothing is proposed."""
    at = now()
    route, versions = _find(request, code, version, at)
    try:
        engine.propose_route(
            route=route, draft_version=sent_version(request), by=person_of(request), at=at
        )
    except engine.Unclean as unclean:
        messages.error(request, unclean.message)
        context = version_page(request, route, versions)
        return render(request, "workflow/route.html", context, status=unclean.status)
    except Refusal as refusal:
        return refused(request, refusal, back_url=page_of(route))
    messages.success(request, _("改正案を提出しました。承認と決裁の後、施行日から適用されます。"))
    return redirect(page_of(route))


@login_required
@require_POST
def propose_again(request: HttpRequest, code: str, version: int, slot: int) -> HttpResponse:
    """再提出 of a version that came back."""
    at = now()
    route, versions = _find(request, code, version, at)
    seat = _slot_or_404(route, slot)
    permit = access.may_answer(person_of(request), seat, at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), back_url=page_of(route))
    form = AgainForm(request.POST)
    if not form.is_valid():
        context = version_page(request, route, versions, again=form)
        return render(request, "workflow/route.html", context, status=422)
    try:
        engine.propose_route_again(
            route=route,
            slot_id=slot,
            draft_version=form.cleaned_data["draft_version"],
            comment=form.cleaned_data["comment"],
            by=person_of(request),
            at=at,
        )
    except engine.Unclean as unclean:
        messages.error(request, unclean.message)
        context = version_page(request, route, versions, again=form)
        return render(request, "workflow/route.html", context, status=unclean.status)
    except Refusal as refusal:
        return refused(request, refusal, back_url=page_of(route))
    messages.success(request, _("改正案をもう一度提出しました。"))
    return redirect(page_of(route))


def _slot_or_404(route: Route, pk: int) -> Slot:
    found = (
        Slot.objects.select_related("post__section", "step_run__revision", "step_run__run__rule")
        .filter(pk=pk, step_run__run__rule=route)
        .first()
    )
    if found is None:
        raise Http404
    return found


@login_required
@require_POST
def answer(request: HttpRequest, code: str, version: int, slot: int) -> HttpResponse:
    """承認, 差戻し, 保留, 決裁 of a version."""
    at = now()
    route, versions = _find(request, code, version, at)
    seat = _slot_or_404(route, slot)
    if seat.step_run.kind == StepKind.REVISION:
        raise Http404
    permit = access.may_answer(person_of(request), seat, at)
    form = answer_form(request, seat, permit, at, is_sent=True)

    def again() -> HttpResponse:
        context = version_page(request, route, versions, form=form)
        return render(request, "workflow/route.html", context, status=422)

    if not form.is_valid():
        return _not_now(request, route, seat, permit.reason) or again()
    if form.question.needs_password and (
        problem := refusal_of_password(request, form.cleaned_data["password"])
    ):
        form.add_error("password", problem)
        return again()
    try:
        return _decided(request, route, seat, form, at)
    except Unanswered as unanswered:
        form.add_problems(unanswered.problems)
        return again()


def _not_now(request: HttpRequest, route: Route, seat: Slot, reason: str) -> HttpResponse | None:
    """Why an incomplete answer is not even asked for again."""
    if seat.step_run.closed_at is not None:
        return refused(request, AlreadyDone(None), back_url=page_of(route))
    return refused(request, NotAllowed(reason), back_url=page_of(route)) if reason else None


def _decided(
    request: HttpRequest, route: Route, seat: Slot, form: AnswerForm, at: datetime
) -> HttpResponse:
    chosen = Outcome(form.cleaned_data["outcome"])
    try:
        said = engine.decide(
            project=None,
            slot_id=seat.pk,
            revision_hash=form.cleaned_data["revision_hash"],
            outcome=chosen,
            answer=form.answer(),
            by=person_of(request),
            at=at,
        )
    except Unanswered:
        raise
    except Refusal as refusal:
        if is_repeated(request, refusal, chosen, seat.pk):
            messages.success(request, _("すでに記録済みです。二重には記録されていません。"))
            return redirect(page_of(route))
        return refused(request, refusal, back_url=page_of(route))
    words = {"title": said.revision.title if said.revision else "", "outcome": chosen.label}
    sentence = _("「%(title)s」を「%(outcome)s」として記録しました。") % words
    route.refresh_from_db(fields=["state"])
    if route.state == RouteState.ACTIVE:
        sentence += _("%sから、この版になります。") % wareki(route.effective_from)
    messages.success(request, sentence)
    following = next_in_list(request, form.cleaned_data["return_to"], seat, at)
    return redirect(following or page_of(route))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pull_back(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """引戻し: take one's own act back while nobody of the next seat has seen it."""
    at = now()
    route, _versions = _find(request, code, version, at)
    run = run_of(route)
    if run is None:
        nothing = AlreadyDone(None, _("決裁を求めている改正案ではありません。"))
        return refused(request, nothing, back_url=page_of(route))
    if request.method == "POST":
        try:
            engine.pull_back_route(route=route, by=person_of(request), at=at)
        except Refusal as refusal:
            return refused(request, refusal, back_url=page_of(route))
        messages.success(request, _("引き戻しました。改めて判断又は提出ができます。"))
        return redirect(page_of(route))
    permit = access.may_pull_back(person_of(request), run, at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), back_url=page_of(route))
    context = {"route": route, "rule": RULES[Outcome.PULLED_BACK]}
    return render(request, "workflow/route_pull_back.html", context)


@login_required
@require_POST
def nudge(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """お願いする: ask each seat that is open now. Asked lately: said so, and sent nothing twice."""
    at = now()
    route, _versions = _find(request, code, version, at)
    asked: list[str] = []
    refusal: Refusal = AlreadyDone(None, _("いま、お願いする相手はいません。"))
    for seat in slots_of(route):
        try:
            engine.nudge(slot_id=seat.pk, project=None, by=person_of(request), at=at)
        except Refusal as found:
            refusal = found
        else:
            asked.append(seat.post.title)
    if asked:
        words = {"route": route, "who": "、".join(asked)}
        messages.success(
            request,
            _("「%(route)s」の確認を、%(who)sにお願いしました。メールでもお知らせします。") % words,
        )
    elif isinstance(refusal, AlreadyDone) and refusal.decision is None:
        messages.info(request, refusal.message)
    else:
        return refused(request, refusal, back_url=page_of(route))
    return redirect(page_of(route))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """取下げ by the 事務局: the version is a draft again."""
    at = now()
    route, _versions = _find(request, code, version, at)
    permit = access.may_write_rules(person_of(request), at)
    if not permit:
        return refused(request, NotAllowed(permit.reason), back_url=page_of(route))
    if not route.runs.filter(ended_at=None).exists():
        nothing = AlreadyDone(None, _("決裁を求めている改正案ではありません。"))
        return refused(request, nothing, back_url=page_of(route))
    rule = RULES[Outcome.WITHDRAWN]
    form = ReasonForm(request.POST if request.method == "POST" else None, rule=rule)
    form.fields["confirmed"].label = _("改正案を取り下げ、案に戻すことを確認しました")
    if request.method == "POST" and form.is_valid():
        try:
            engine.withdraw_route(route=route, answer=form.answer(), by=person_of(request), at=at)
        except Refusal as refusal:
            return refused(request, refusal, back_url=page_of(route))
        messages.success(request, _("改正案を取り下げました。案として直せます。"))
        return redirect(page_of(route))
    context = {"route": route, "form": form, "rule": rule}
    status = 422 if request.method == "POST" else 200
    return render(request, "workflow/route_withdraw.html", context, status=status)
