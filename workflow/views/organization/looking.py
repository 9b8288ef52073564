"""Pages that only read: chart, terms, deputies, change log, one person."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from bpr_projects import calendar
from roles import charts
from roles.charts.board import stand_ins
from roles.models import Delegation, Suspension, User, holders_of
from workflow.access.rehearsal import review_quorum
from workflow.views.lookup import person_of
from workflow.views.organization.frame import Frame, frame_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from roles.models import Appointment

LARGEST = 2**63 - 1


@login_required
@require_safe
def chart(request: HttpRequest) -> HttpResponse:
    """部 → 課 → posts with the holders of a day, 本部 and PT, and what is vacant."""
    frame = frame_of(request)
    drawn = charts.chart_of(frame.on)
    vacant = charts.vacancies_of(drawn, quorum=review_quorum(frame.on))
    context = {"frame": frame, "tab": "org", "chart": drawn, "vacancies": vacant}
    return render(request, "workflow/organization/chart.html", context)


@login_required
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Terms of office over the months of the fiscal year of the day."""
    frame = frame_of(request)
    year = calendar.fiscal_year(frame.on)
    first = date(year, calendar.FISCAL_YEAR_FIRST_MONTH, 1)
    this_year = calendar.fiscal_year(frame.today) == year
    context = {
        "frame": frame,
        "tab": "org-terms",
        "lines": charts.terms_of(first, frame.today),
        "year": year,
        "months": [(month + 2) % 12 + 1 for month in range(1, 13)],
        "this_month": frame.today.month if this_year else 0,
        "column": charts.column_of(frame.today, first) if this_year else 0,
        "before": first.replace(year=year - 1).isoformat(),
        "after": first.replace(year=year + 1).isoformat(),
    }
    return render(request, "workflow/organization/terms.html", context)


@login_required
@require_safe
def deputies(request: HttpRequest) -> HttpResponse:
    """代理 in force, and the order in which others decide for an absent post."""
    frame = frame_of(request)
    rules = stand_ins()
    posts = set(rules) | {row.stand_in_post_id for rows in rules.values() for row in rows}
    held = holders_of(posts, frame.on)
    rows = (
        Delegation.objects.in_force(frame.on)
        .select_related("post", "deputy", "made_by")
        .order_by("post__order", "starts_on", "pk")
    )
    effective = set(Delegation.objects.effective(frame.on).values_list("pk", flat=True))
    context = {
        "frame": frame,
        "tab": "org-deputies",
        "delegations": [(row, row.pk in effective) for row in rows],
        "orders": [
            (found[0].post, held[post], [(each, held[each.stand_in_post_id]) for each in found])
            for post, found in rules.items()
        ],
    }
    return render(request, "workflow/organization/deputies.html", context)


@login_required
@require_safe
def change_log(request: HttpRequest) -> HttpResponse:
    """What was changed, newest first, thirty a page."""
    frame = frame_of(request)
    text = request.GET.get("before", "")
    is_number = text.isascii() and text.isdecimal() and len(text) < 19
    before = int(text) if is_number else None
    rows, older = charts.changes(before=before, sees_all=frame.may_edit)
    context = {
        "frame": frame,
        "tab": "org-changes",
        "rows": rows,
        "older": older,
        "is_first": before is None,
    }
    return render(request, "workflow/organization/changes.html", context)


@login_required
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Posts past, present and future; why somebody is away is read by the 事務局 and by oneself."""
    frame = frame_of(request)
    shown = person_or_404(pk)
    sees_all = frame.may_edit or shown == person_of(request)
    rows = shown.appointments.select_related("post__section", "post__department")
    leave = Suspension.objects.filter(person=shown).order_by("-starts_on", "-pk")
    context = {
        "frame": frame,
        "shown": shown,
        "periods": periods_of(list(rows.order_by("-starts_on", "-pk")), frame),
        "leave": list(leave) if sees_all else [],
        "is_away": any(each.is_in_force(frame.today) for each in leave),
        "delegations": shown.delegations.filter(revoked_at=None, ends_on__gt=frame.today)
        .select_related("post")
        .order_by("starts_on", "pk"),
        "sees_all": sees_all,
        "needs_password": not shown.has_usable_password() and shown.last_login is None,
    }
    return render(request, "workflow/organization/person.html", context)


def person_or_404(pk: int) -> User:
    """Somebody by number, whether or not they still work here."""
    if pk > LARGEST:
        raise Http404
    return get_object_or_404(User, pk=pk)


def periods_of(rows: list[Appointment], frame: Frame) -> list[tuple[str, list[Appointment]]]:
    """Present, future and past appointments, each under its word."""
    present = [each for each in rows if each.is_in_force(frame.today)]
    future = [each for each in rows if each.revoked_at is None and each.starts_on > frame.today]
    past = [each for each in rows if each not in present and each not in future]
    named = [("now", present), ("plan", future[::-1]), ("done", past)]
    return [(name, found) for name, found in named if found]
