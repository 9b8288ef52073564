from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roles.enums import Basis, Role
from roles.models import (
    Appointment,
    Capacity,
    Delegation,
    Post,
    User,
    capacities_of,
    held_by,
    holders_of,
    people_who,
    read_once,
)
from tests.make import (
    AT,
    SINCE,
    TODAY,
    a_delegation,
    a_post,
    a_section,
    a_suspension,
    a_user,
    an_appointment,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
SPANS = st.none() | st.integers(1, 400)
in_the_database = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def acting(post: Post, on: date = TODAY) -> list[tuple[User, Basis]]:
    """Who may act for the post; asked from both sides, which must agree."""
    holders = [(capacity.person, capacity.basis) for capacity in holders_of([post.pk], on)[post.pk]]
    for person in User.objects.all():
        own = [c.basis for c in capacities_of(person, on) if c.post == post]
        assert own == [basis for holder, basis in holders if holder == person]
    return holders


# --- days --------------------------------------------------------------------------------------


@in_the_database
@given(starts_on=DAYS, span=SPANS, on=DAYS)
def test_an_appointment_counts_from_its_first_day_up_to_but_not_on_its_last(
    starts_on: date, span: int | None, on: date
) -> None:
    ends_on = None if span is None else starts_on + timedelta(days=span)
    expected = starts_on <= on and (ends_on is None or on < ends_on)

    with transaction.atomic():
        appointment = an_appointment(
            post=a_post(starts_on=date(2020, 4, 1)), starts_on=starts_on, ends_on=ends_on
        )
        assert appointment.is_in_force(on) == expected
        assert Appointment.objects.in_force(on).exists() == expected
        assert bool(acting(appointment.post, on)) == expected
        transaction.set_rollback(True)


@in_the_database
@given(
    post_span=SPANS,
    leave_starts=DAYS,
    leave_span=SPANS,
    deputy_starts=DAYS,
    deputy_span=st.integers(1, 400),
    on=DAYS,
)
def test_holder_and_deputy_act_on_exactly_their_days(
    post_span: int | None,
    leave_starts: date,
    leave_span: int | None,
    deputy_starts: date,
    deputy_span: int,
    on: date,
) -> None:
    def within(starts_on: date, span: int | None) -> bool:
        return starts_on <= on and (span is None or on < starts_on + timedelta(days=span))

    def end(starts_on: date, span: int | None) -> date | None:
        return None if span is None else starts_on + timedelta(days=span)

    with transaction.atomic():
        post = a_post(ends_on=end(SINCE, post_span))
        holder = an_appointment(post=post).person
        a_suspension(person=holder, starts_on=leave_starts, ends_on=end(leave_starts, leave_span))
        deputy = a_delegation(
            post=post,
            deputy=a_user(),
            starts_on=deputy_starts,
            ends_on=deputy_starts + timedelta(days=deputy_span),
        ).deputy

        living = within(SINCE, post_span)
        expected = []
        if living and not within(leave_starts, leave_span):
            expected.append((holder, Basis.OWN))
        if living and within(deputy_starts, deputy_span):
            expected.append((deputy, Basis.DEPUTY))
        assert acting(post, on) == expected
        transaction.set_rollback(True)


# --- holders -----------------------------------------------------------------------------------


def test_a_shared_post_has_several_holders_and_an_empty_one_none() -> None:
    shared, empty = a_post(Role.SECRETARIAT, is_shared=True), a_post()
    people = [an_appointment(post=shared).person for _ in range(3)]

    assert acting(shared) == [(person, Basis.OWN) for person in people]
    assert holders_of([empty.pk], TODAY) == {empty.pk: []}
    assert holders_of([], TODAY) == {}


def test_a_person_holds_several_posts_at_once() -> None:
    person = a_user()
    posts = [an_appointment(post=a_post(), person=person).post for _ in range(3)]

    assert [capacity.post for capacity in capacities_of(person, TODAY)] == posts


def test_a_leaver_and_a_successor_change_over_night() -> None:
    post = a_post()
    change = date(2027, 4, 1)
    old = an_appointment(post=post, ends_on=change).person
    new = an_appointment(post=post, starts_on=change).person

    assert acting(post, date(2027, 3, 31)) == [(old, Basis.OWN)]
    assert acting(post, change) == [(new, Basis.OWN)]


def test_an_inactive_holder_does_not_act() -> None:
    post = an_appointment(person=a_user(is_active=False)).post

    assert acting(post) == []


def test_a_suspended_holder_returns_with_the_day() -> None:
    appointment = an_appointment()
    a_suspension(person=appointment.person, ends_on=TODAY)

    assert acting(appointment.post, TODAY - timedelta(days=1)) == []
    assert acting(appointment.post, TODAY) == [(appointment.person, Basis.OWN)]


# --- deputies ----------------------------------------------------------------------------------


def test_a_deputy_comes_after_the_holder_and_is_named_as_deputy() -> None:
    post = a_post()
    deputy = a_user()
    delegation = a_delegation(post=post, deputy=deputy)
    holder = an_appointment(post=post).person

    assert acting(post) == [(holder, Basis.OWN), (deputy, Basis.DEPUTY)]
    assert capacities_of(deputy, TODAY)[1:] == [
        Capacity(post, deputy, Basis.DEPUTY, delegation=delegation)
    ]


def test_a_deputy_of_a_deputy_has_no_right() -> None:
    first, second = a_post(), a_post()
    an_appointment(post=first)
    middle = an_appointment(post=second).person
    last = a_user()
    a_delegation(post=first, deputy=middle)
    a_delegation(post=second, deputy=last)

    assert [capacity.post for capacity in capacities_of(last, TODAY)][1:] == [second]
    assert [capacity.post for capacity in capacities_of(middle, TODAY)] == [second, first]


def test_a_deputy_loses_the_right_with_the_post() -> None:
    post = a_post(ends_on=TODAY)
    deputy = a_delegation(post=post, deputy=a_user()).deputy

    assert [capacity.basis for capacity in capacities_of(deputy, TODAY)] == [Basis.OWN]
    assert acting(post) == []


@pytest.mark.parametrize("why", ["inactive", "left", "suspended", "revoked"])
def test_a_deputy_who_cannot_act_does_not(why: str) -> None:
    post = a_post()
    delegation = a_delegation(post=post, deputy=a_user())
    if why == "inactive":
        User.objects.filter(pk=delegation.deputy.pk).update(is_active=False)
    elif why == "left":
        delegation.deputy.appointments.update(ends_on=TODAY)
    elif why == "suspended":
        a_suspension(person=delegation.deputy)
    else:
        Delegation.objects.filter(pk=delegation.pk).update(revoked_at=AT)

    assert acting(post) == []
    delegation.refresh_from_db()
    assert delegation.is_in_force(TODAY) == (why != "revoked")


def test_a_holder_who_is_also_named_deputy_acts_as_holder_only() -> None:
    appointment = an_appointment()
    a_delegation(post=appointment.post, deputy=appointment.person)

    assert acting(appointment.post) == [(appointment.person, Basis.OWN)]


# --- roles and price ---------------------------------------------------------------------------


def test_people_of_a_role_are_its_own_holders_of_the_day() -> None:
    first, second = (an_appointment(post=a_post(Role.PT_MEMBER)) for _ in range(2))
    an_appointment(post=a_post(Role.PT_MEMBER), person=first.person)
    an_appointment(post=a_post(Role.PT_MEMBER), ends_on=TODAY)
    an_appointment(post=a_post(Role.PT_CHAIR))
    a_delegation(post=first.post, deputy=a_user())

    assert people_who(Role.PT_MEMBER, TODAY) == [first.person, second.person]


@pytest.mark.parametrize("size", [1, 3])
def test_asking_costs_two_queries_and_one_about_a_person(
    size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    person = a_user()
    posts = [a_post(section=a_section()) for _ in range(size)]
    for post in posts:
        an_appointment(post=post, person=person)
        a_delegation(post=post, deputy=a_user())

    with django_assert_num_queries(2):
        found = holders_of([post.pk for post in posts], TODAY)
        names = [(c.person.name, c.post.section) for row in found.values() for c in row]
    with django_assert_num_queries(1):
        departments = [
            c.post.section and c.post.section.department for c in capacities_of(person, TODAY)
        ]

    assert (len(names), len(departments)) == (2 * size, size)


def test_whoever_deputises_is_asked_about_twice(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    own, other = an_appointment(), an_appointment()
    a_delegation(post=other.post, deputy=own.person)

    with django_assert_num_queries(2):
        found = capacities_of(own.person, TODAY)
    with django_assert_num_queries(2):
        held = held_by(own.person, TODAY)
    with django_assert_num_queries(1):
        held_by(other.person, TODAY)

    assert [each.post for each in found] == [own.post, other.post]
    assert (list(held.own), list(held.deputised)) == ([own.post.pk], [other.post.pk])


def test_a_deputy_whose_own_post_is_gone_still_deputises() -> None:
    """The appointment keeps the person on the staff; the post itself is no more."""
    gone = an_appointment(post=a_post(ends_on=TODAY))
    post = an_appointment().post
    a_delegation(post=post, deputy=gone.person)

    assert [each.post for each in capacities_of(gone.person, TODAY)] == [post]
    assert list(held_by(gone.person, TODAY).deputised) == [post.pk]


def test_while_a_page_is_drawn_a_person_is_asked_for_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    person = an_appointment().person

    with django_assert_num_queries(1), read_once():
        first = capacities_of(person, TODAY)
        assert capacities_of(person, TODAY) == first
    with django_assert_num_queries(1):
        assert capacities_of(person, TODAY) == first
