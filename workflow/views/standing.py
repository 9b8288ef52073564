"""不在と代理・代決: when one is away, who acts meanwhile, and in whose place one acts oneself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from roles import actions
from roles.enums import Basis, Role
from roles.grants import covers, permits
from roles.models import (
    Absence,
    Appointment,
    Capacity,
    Delegation,
    Post,
    StandIn,
    User,
    everybody,
    read_all_once,
)
from roles.permissions import Perm
from workflow.access import NO_POST
from workflow.actions.refusals import NotAllowed
from workflow.forms import AbsenceForm, PersonForm
from workflow.inbox import desk_of
from workflow.steps import refused
from workflow.views.lookup import person_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from django.http import HttpRequest, HttpResponse

UNDEPUTISED: Final = frozenset({Role.STAFF, Role.HQ_CHAIR})
"""Seats for which no deputy is named: nothing waits there, or decisions alone (代決)."""


@dataclass
class Seat:
    """A seat of a person: who acts there while the person is away."""

    post: Post
    order: list[tuple[Post, str]] = field(default_factory=list)
    deputies: list[Delegation] = field(default_factory=list)

    @property
    def takes_deputies(self) -> bool:
        """Whether a deputy may be named for it."""
        return self.post.role not in UNDEPUTISED and not self.post.is_shared


@dataclass
class Away:
    """An absence that the reader may end. ``is_told_why``: knows its reason and basis."""

    absence: Absence
    deputies: list[Delegation]
    is_now: bool
    is_told_why: bool


@dataclass
class Standing:
    """All that the page shows. ``whose``: of whom the form is, when not of the reader."""

    person: User
    whose: User
    seats: list[Seat]
    absences: list[Away]
    of_others: list[Away]
    acting: list[Capacity]
    named_next: list[Delegation]
    orders: list[StandIn]
    people: list[tuple[str, Any]]
    wards: list[tuple[str, Any]]
    staff: list[User]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def standing_in(request: HttpRequest) -> HttpResponse:
    """Who stands in for me, and for whom I do; POST registers an absence."""
    at = now()
    reader = person_of(request)
    with read_all_once(localdate(at)):
        if desk_of(request).has_left:
            return refused(request, NotAllowed(str(NO_POST)))
        shown = _standing(request, reader, at)
    if shown is None:
        raise Http404
    form = _form(shown, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _register(form, shown, at)
        except actions.AbsenceRefused as refusal:
            form.refuse(refusal.problems)
        except actions.NotEntitled as refusal:
            return refused(request, NotAllowed(str(refusal)))
        else:
            messages.success(request, _done(shown, form))
            return redirect("standing-in")
    picked = PersonForm(people=shown.wards, auto_id="who_%s", initial={"person": shown.whose.pk})
    context = {
        "now": at,
        "shown": shown,
        "form": form,
        "picker": picked if shown.wards else None,
        "is_other": shown.whose != reader,
    }
    status = 422 if form.errors else 200
    return render(request, "workflow/standing.html", context, status=status)


def _form(shown: Standing, sent: Mapping[str, Any] | None) -> AbsenceForm:
    return AbsenceForm(
        sent,
        seats=[each.post for each in shown.seats if each.takes_deputies],
        people=shown.people,
        is_other=shown.whose != shown.person,
        auto_id="away_%s",
    )


def _register(form: AbsenceForm, shown: Standing, at: datetime) -> None:
    actions.register_absence(
        person=shown.whose,
        starts_on=form.days[0],
        ends_on=form.ends_on,
        reason=form.cleaned_data["reason"],
        basis=form.cleaned_data.get("basis", ""),
        deputies=form.deputies(shown.staff),
        by=shown.person,
        at=at,
    )


def _done(shown: Standing, form: AbsenceForm) -> str:
    days = actions.days_of(*form.days)
    if shown.whose == shown.person:
        return _("不在を登録しました（%s）。") % days
    return _("%(name)sさんの不在を登録しました（%(days)s）。ご本人にメールでお知らせします。") % {
        "name": shown.whose.name,
        "days": days,
    }


@login_required
@require_POST
def absence_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Back early: nobody stands in any more."""
    at = now()
    reader = person_of(request)
    absence = Absence.objects.select_related("person").filter(pk=pk).first()
    if absence is None or not _may_end(reader, absence, at):
        raise Http404
    actions.end_absence(absence=absence, by=reader, at=at)
    messages.success(request, _("%sさんの不在を終えました。") % absence.person.name)
    return redirect("standing-in")


@login_required
@require_POST
def deputy_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """The deputy may not act any more."""
    at = now()
    reader = person_of(request)
    row = Delegation.objects.select_related("deputy", "post").filter(pk=pk).first()
    held = [each.post.pk for each in desk_of(request).capacities.values() if each.appointment]
    if row is None or (row.made_by_id != reader.pk and row.post_id not in held):
        raise Http404
    actions.revoke_delegation(delegation=row, by=reader, at=at)
    messages.success(request, _("%sさんの代理を取り消しました。") % row.deputy.name)
    return redirect("standing-in")


def _may_end(reader: User, absence: Absence, at: datetime) -> bool:
    if reader.pk == absence.recorded_by_id:
        return True
    return actions.may_register(reader, absence.person, at)


# --- what the page shows -----------------------------------------------------------------------


def _standing(request: HttpRequest, reader: User, at: datetime) -> Standing | None:
    """In a fixed number of queries; None when the address names somebody else's person."""
    on = localdate(at)
    staff = _staff(on)
    mine = [each for each in everybody(on) if each.person.pk == reader.pk]
    own = [each for each in mine if each.basis == Basis.OWN]
    wards = _wards(staff, own)
    whose = _whose(request, reader, wards)
    if whose is None:
        return None
    posts = _seats_of(whose, staff)
    order = list(StandIn.objects.select_related("post", "stand_in_post").order_by("post", "order"))
    absences = _absences(reader, wards, on)
    deputies = list(
        Delegation.objects.filter(revoked_at=None, ends_on__gt=on)
        .filter(
            Q(deputy=reader)
            | Q(post__in=[each.pk for each in posts])
            | Q(absence__in=[each.pk for each in absences])
        )
        .select_related("post", "deputy", "made_by")
        .order_by("starts_on", "pk")
    )
    away = [_away(each, deputies, reader, on) for each in absences]
    mine_posts = {each.post.pk for each in own}
    return Standing(
        person=reader,
        whose=whose,
        seats=_lines(posts, order, deputies, _names(on)),
        absences=[each for each in away if each.absence.person_id == reader.pk],
        of_others=[each for each in away if each.absence.person_id != reader.pk],
        acting=[
            *(each for each in mine if each.basis == Basis.DEPUTY),
            *desk_of(request).places.values(),
        ],
        named_next=[
            each for each in deputies if each.deputy_id == reader.pk and each.starts_on > on
        ],
        orders=[each for each in order if each.stand_in_post_id in mine_posts],
        people=_choices(staff, without=whose),
        wards=_choices(wards, without=reader),
        staff=[person for person, _posts in staff],
    )


Staff = list[tuple[User, list[Post]]]


def _staff(on: date) -> Staff:
    """Everybody who holds a post that day, also who is on leave from it."""
    rows = Appointment.objects.in_force(on).filter(person__is_active=True)
    rows = rows.select_related("person", "post__section").order_by("post__order", "post", "pk")
    found: dict[int, tuple[User, list[Post]]] = {}
    for row in rows:
        found.setdefault(row.person_id, (row.person, []))[1].append(row.post)
    return list(found.values())


def _wards(staff: Staff, own: Iterable[Capacity]) -> Staff:
    """For whom the reader may register an absence: ``actions.may_register``, for all at once."""
    own = list(own)
    if permits(own, Perm.MANAGE_ORGANIZATION):
        return staff
    headed = [each.post for each in own if each.post.role in actions.HEADS]
    return [
        (person, posts)
        for person, posts in staff
        if any(
            post.section is not None and covers(head, post.section)
            for post in posts
            for head in headed
        )
    ]


def _whose(request: HttpRequest, reader: User, wards: Staff) -> User | None:
    wanted = request.GET.get("person", "")
    if wanted in ("", str(reader.pk)):
        return reader
    return next((person for person, _posts in wards if str(person.pk) == wanted), None)


def _seats_of(person: User, staff: Staff) -> list[Post]:
    return next((posts for each, posts in staff if each == person), [])


def _names(on: date) -> dict[int, str]:
    """Seat -> who holds it today."""
    names: dict[int, str] = {}
    for each in everybody(on):
        if each.basis == Basis.OWN:
            names.setdefault(each.post.pk, each.person.name)
    return names


def _lines(
    posts: Iterable[Post],
    order: Iterable[StandIn],
    deputies: Iterable[Delegation],
    names: Mapping[int, str],
) -> list[Seat]:
    lines = {post.pk: Seat(post) for post in posts}
    for row in order:
        if row.post_id in lines:
            name = names.get(row.stand_in_post_id, _("空席"))
            lines[row.post_id].order.append((row.stand_in_post, name))
    for each in deputies:
        if each.post_id in lines:
            lines[each.post_id].deputies.append(each)
    return [line for line in lines.values() if line.order or line.deputies or line.takes_deputies]


def _absences(reader: User, wards: Staff, on: date) -> list[Absence]:
    """Of the reader and of whom the reader looks after, present ones and those to come."""
    looked_after = {person.pk for person, _posts in wards}
    return list(
        Absence.objects.filter(ended_at=None, ends_on__gt=on)
        .filter(Q(person__in=[*looked_after, reader.pk]) | Q(recorded_by=reader))
        .select_related("person", "recorded_by")
        .order_by("starts_on", "pk")
    )


def _away(absence: Absence, deputies: Iterable[Delegation], reader: User, on: date) -> Away:
    return Away(
        absence=absence,
        deputies=[each for each in deputies if each.absence_id == absence.pk],
        is_now=absence.is_in_force(on),
        is_told_why=reader.pk in (absence.person_id, absence.recorded_by_id),
    )


def _choices(staff: Staff, *, without: User) -> list[tuple[str, Any]]:
    """People by section, as a select lists them."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for person, posts in staff:
        if person == without:
            continue
        section = next((post.section for post in posts if post.section is not None), None)
        title = next((post.title for post in posts if post.role != Role.STAFF), posts[0].title)
        place = section.name if section else _("本部・部長")
        groups.setdefault(place, []).append((str(person.pk), f"{person.name}（{title}）"))
    return list(groups.items())
