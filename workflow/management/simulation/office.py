"""People come and go: deputies, absences, transfers, posts that stand empty for some days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef
from django.utils.timezone import localdate

from roles import actions
from roles.enums import AppointmentKind, Basis, Role, SuspensionKind
from roles.models import (
    Absence,
    Appointment,
    Delegation,
    Post,
    Suspension,
    User,
    holders_of,
    people_who,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random

    from workflow.management.simulation.tally import Tally

MOVING: Final = (
    Role.DX_LEADER,
    Role.SECTION_HEAD,
    Role.DEPARTMENT_HEAD,
    Role.PT_MEMBER,
    Role.PT_CHAIR,
    Role.HQ_MEMBER,
    Role.HQ_CHAIR,
)
"""Posts whose holders change here. The 事務局 stays: somebody has to register the changes."""


DECIDERS: Final = 0.4
"""Share of the absences that concern the head of the 事務局."""


class Office:
    """The city hall's personnel, changing at random. ``authors``: who may not be moved now."""

    def __init__(self, random: Random, tally: Tally, authors: Callable[[], set[int]]) -> None:
        self.random = random
        self.tally = tally
        self.authors = authors

    def change(self, at: datetime) -> None:
        """One change of who may act, or none when the dice name an impossible one."""
        change = self.random.choice(
            (
                self._delegate,
                self._revoke,
                self._suspend,
                self._transfer,
                self._go_away,
                self._come_back,
            )
        )
        if change(at, localdate(at)):
            self.tally.changes[change.__name__.strip("_")] += 1

    def fill(self, at: datetime) -> None:
        """Seats that stand empty for good get a holder, once the 事務局 sees that work waits."""
        today = localdate(at)
        kept = Appointment.objects.filter(post=OuterRef("pk")).exclude(ends_on__lte=today)
        empty = Post.objects.in_force(today).filter(~Exists(kept), role__in=MOVING)
        for post in empty.order_by("pk"):
            able = self._able(post, today)
            if able:
                actions.appoint(
                    post=post,
                    person=self.random.choice(able),
                    kind=AppointmentKind.CONCURRENT,
                    starts_on=today,
                    by=self._secretary(today),
                    at=at,
                )
                self.tally.changes["fill"] += 1

    def _post(self) -> Post:
        return self.random.choice(list(Post.objects.filter(role__in=MOVING).order_by("pk")))

    def _secretary(self, today: date) -> User:
        return self.random.choice(people_who(Role.SECRETARIAT, today))

    def _delegate(self, at: datetime, today: date) -> bool:
        post = self._post()
        own = [each for each in holders_of([post.pk], today)[post.pk] if each.basis == Basis.OWN]
        deputy = self.random.choice(list(User.objects.active().order_by("pk")))
        try:
            actions.delegate(
                post=post,
                deputy=deputy,
                starts_on=today,
                ends_on=today + timedelta(days=self.random.randint(1, 14)),
                reason="出張のため",
                by=own[0].person if own else self._secretary(today),
                at=at,
            )
        except actions.DeputyCannotAct:
            self.tally.refusals["DeputyCannotAct"] += 1
            return False
        return True

    def _revoke(self, at: datetime, today: date) -> bool:
        rows = list(Delegation.objects.in_force(today).order_by("pk"))
        if not rows:
            return False
        actions.revoke_delegation(
            delegation=self.random.choice(rows), by=self._secretary(today), at=at
        )
        return True

    def _suspend(self, at: datetime, today: date) -> bool:
        person = self._appointment(today).person
        if Suspension.objects.in_force(today).filter(person=person).exists():
            return False
        actions.suspend(
            person=person,
            kind=SuspensionKind.LEAVE,
            starts_on=today,
            ends_on=today + timedelta(days=self.random.randint(2, 12)),
            by=self._secretary(today),
            at=at,
        )
        return True

    def _go_away(self, at: datetime, today: date) -> bool:
        """不在 from today on, by oneself or by the 事務局, with a deputy or without."""
        decides = self._deciding(today) if self.random.random() < DECIDERS else None
        seat = decides or self._appointment(today)
        ill = self.random.random() < 0.3
        named = self.random.choice(list(User.objects.active().order_by("pk")))
        try:
            actions.register_absence(
                person=seat.person,
                starts_on=today,
                ends_on=today + timedelta(days=self.random.randint(1, 10)),
                reason="病気" if ill else "出張",
                basis="本人から電話で連絡" if ill else "",
                deputies={seat.post: named} if self.random.random() < 0.5 else {},
                by=self._secretary(today) if ill else seat.person,
                at=at,
            )
        except actions.AbsenceRefused:
            self.tally.refusals["AbsenceRefused"] += 1
            return False
        return True

    def _deciding(self, today: date) -> Appointment | None:
        """The head of the 事務局, whose 専決 others take by the order of 代決."""
        rows = Appointment.objects.in_force(today).filter(post__role=Role.SECTION_HEAD)
        rows = rows.filter(post__section__is_secretariat=True).order_by("pk")
        return rows.select_related("post", "person").first()

    def _come_back(self, at: datetime, today: date) -> bool:
        rows = list(Absence.objects.in_force(today).select_related("person").order_by("pk"))
        if not rows:
            return False
        row = self.random.choice(rows)
        actions.end_absence(absence=row, by=row.person, at=at)
        return True

    def _transfer(self, at: datetime, today: date) -> bool:
        """The holder leaves the post tomorrow; the successor comes then, or some days later."""
        leaving = self._appointment(today)
        if leaving.ends_on is not None or leaving.starts_on > today:
            return False
        successor = self._successor(leaving, today)
        if successor is None:
            return False
        tomorrow = today + timedelta(days=1)
        gap = self.random.choice((0, 0, 0, self.random.randint(2, 8)))
        by = self._secretary(today)
        why = "任期満了のため"
        actions.end_appointment(appointment=leaving, ends_on=tomorrow, by=by, at=at, reason=why)
        actions.appoint(
            post=leaving.post,
            person=successor,
            kind=AppointmentKind.CONCURRENT,
            starts_on=tomorrow + timedelta(days=gap),
            by=by,
            at=at,
        )
        return True

    def _appointment(self, today: date) -> Appointment:
        rows = Appointment.objects.in_force(today).filter(post__role__in=MOVING, ends_on=None)
        return self.random.choice(list(rows.select_related("post", "person").order_by("pk")))

    def _successor(self, leaving: Appointment, today: date) -> User | None:
        able = [each for each in self._able(leaving.post, today) if each.pk != leaving.person_id]
        return self.random.choice(able) if able else None

    def _able(self, post: Post, today: date) -> list[User]:
        """Nobody who proposed a live case: only then could a step be left without anybody."""
        if post.role == Role.HQ_CHAIR:
            able = people_who(Role.DEPARTMENT_HEAD, today)
        else:
            able = list(User.objects.active().order_by("pk"))
        barred = self.authors() | {each.pk for each in people_who(Role.SECRETARIAT, today)}
        return [each for each in able if each.pk not in barred]
