from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from records.models import PermanentRow
from roles.enums import Role
from roles.models import Appointment, Department, Post, Section, StandIn, User
from tests.make import (
    SINCE,
    a_delegation,
    a_department,
    a_post,
    a_section,
    a_suspension,
    a_user,
    an_appointment,
)

pytestmark = pytest.mark.django_db


def test_a_user_has_a_number_a_name_and_a_stamp() -> None:
    user = a_user(name="髙橋 恵", employee_number="100112")

    assert user.check_password("correct-horse-battery")
    assert (user.get_username(), str(user)) == ("100112", "髙橋 恵")
    assert (user.get_full_name(), user.get_short_name()) == ("髙橋 恵", "髙橋")
    assert list(User.objects.active()) == [user]


def test_a_user_without_a_password_cannot_log_in() -> None:
    user = a_user(password=None)

    assert not user.has_usable_password()


def test_nobody_is_deleted() -> None:
    user = a_user()

    with pytest.raises(PermanentRow):
        user.delete()
    with pytest.raises(PermanentRow):
        User.objects.filter(pk=user.pk).delete()

    assert User.objects.get() == user


def test_nothing_of_the_organization_is_deleted() -> None:
    an_appointment(post=a_post(section=a_section()))

    for model in (Department, Section, Post, Appointment):
        with pytest.raises(PermanentRow):
            model.objects.all().delete()
        row = model.objects.get()
        with pytest.raises(PermanentRow):
            row.delete()


def test_there_is_no_superuser() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        a_user(is_superuser=True)


def test_an_employee_number_is_plain_and_unique() -> None:
    with pytest.raises(ValidationError, match="employee_number"):
        User(employee_number="1 2\n3", family_name="成田", given_name="花子").full_clean()

    a_user(employee_number="1")
    with pytest.raises(IntegrityError), transaction.atomic():
        a_user(employee_number="1")


@pytest.mark.parametrize("ends_on", [SINCE, date(2026, 3, 31)])
def test_what_is_dated_ends_after_it_starts(ends_on: date) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        a_section(ends_on=ends_on)
    with pytest.raises(IntegrityError), transaction.atomic():
        a_post(ends_on=ends_on)
    with pytest.raises(ValidationError), transaction.atomic():
        an_appointment(ends_on=ends_on)
    with pytest.raises(ValidationError), transaction.atomic():
        a_suspension(person=a_user(), ends_on=ends_on)
    with pytest.raises(ValidationError), transaction.atomic():
        a_delegation(post=a_post(), deputy=a_user(), ends_on=ends_on)


def test_a_post_stands_in_once_in_one_rank_and_never_for_itself() -> None:
    chair, first, second = a_post(Role.HQ_CHAIR), a_post(), a_post()
    StandIn.objects.create(post=chair, stand_in_post=first, order=1)

    for stand_in, order in [(second, 1), (first, 2), (chair, 3)]:
        with pytest.raises(IntegrityError), transaction.atomic():
            StandIn.objects.create(post=chair, stand_in_post=stand_in, order=order)


def test_sections_and_posts_of_a_day() -> None:
    old = a_section(ends_on=date(2027, 4, 1))
    new = a_section(starts_on=date(2027, 4, 1))
    a_post(Role.STAFF, section=old, ends_on=date(2027, 4, 1))
    new_post = a_post(Role.DX_LEADER, section=new, starts_on=date(2027, 4, 1))

    assert list(Section.objects.in_force(date(2027, 3, 31))) == [old]
    assert list(Section.objects.in_force(date(2027, 4, 1))) == [new]
    assert list(Post.objects.in_force(date(2027, 4, 1)).of_role(Role.DX_LEADER)) == [new_post]


def test_rows_introduce_themselves() -> None:
    person = a_user()
    post = a_post(Role.HQ_CHAIR)
    appointment = an_appointment(post=post, person=person)
    suspension = a_suspension(person=person)
    delegation = a_delegation(post=post, deputy=person)
    stand_in = StandIn(post=post, stand_in_post=a_post(Role.HQ_MEMBER), order=1)

    assert [str(a_department()), str(a_section()), str(post)] == ["市民部", "市民課", "本部長"]
    assert str(stand_in) == "本部長 1 本部員"
    assert str(appointment) == f"{post.pk} {person.pk} 2026-04-01"
    assert str(suspension) == f"{person.pk} PARENTAL 2026-04-01"
    assert str(delegation) == f"{post.pk} {person.pk} 2026-04-01"
