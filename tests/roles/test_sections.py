"""Sections that are merged, split and renamed: old rows stay, new ones act."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from records import ledger
from records.models import LedgerEntry
from roles.actions import Formed, NotEntitled, appoint, reorganize
from roles.enums import Basis, Role
from roles.models import (
    Appointment,
    Post,
    Section,
    Succession,
    User,
    capacities_of,
    everybody,
    held_by,
    holders_of,
    seats_of,
)
from tests.make import AT, SINCE, a_delegation, a_holder, a_post, a_section, a_user, an_appointment

if TYPE_CHECKING:
    from roles.models import Department

pytestmark = pytest.mark.django_db

DAY = date(2027, 4, 1)
BEFORE = DAY - timedelta(days=1)


@pytest.fixture
def secretary() -> User:
    return a_holder(Role.SECRETARIAT)


def a_staffed_section(name: str) -> Section:
    """With head, leader and two more people."""
    section = a_section(name=name)
    for role in (Role.SECTION_HEAD, Role.DX_LEADER):
        an_appointment(post=a_post(role, section=section, title=f"{name}の{role.label}"))
    staff = a_post(Role.STAFF, section=section, title=f"{name} 職員", is_shared=True)
    for _number in range(2):
        an_appointment(post=staff)
    return section


def formed(name: str, department: Department) -> Formed:
    return Formed(name, name[:4], f"{name}長", department)


def post_of(section: Section, role: Role) -> Post:
    return Post.objects.get(section=section, role=role)


def names_at(post: Post, on: date) -> list[str]:
    return [each.person.employee_number for each in holders_of([post.pk], on)[post.pk]]


def holder_of(section: Section, role: Role) -> User:
    return Appointment.objects.filter(post=post_of(section, role)).earliest("pk").person


def test_a_renamed_section_is_a_new_row_with_the_same_people(secretary: User) -> None:
    old = a_staffed_section("市民課")
    head = holder_of(old, Role.SECTION_HEAD)

    [new] = reorganize(
        former=[old],
        formed=[formed("市民生活課", old.department)],
        on=DAY,
        by=secretary,
        at=AT,
    )

    old.refresh_from_db()
    assert (old.name, old.ends_on, old.succeeded_by) == ("市民課", DAY, new)
    assert (new.name, new.starts_on, list(new.predecessors.all())) == ("市民生活課", DAY, [old])
    before, after = post_of(old, Role.SECTION_HEAD), post_of(new, Role.SECTION_HEAD)
    assert (before.title, after.title) == ("市民課の所属長", "市民生活課長")
    assert [each.post for each in capacities_of(head, BEFORE)] == [before]
    assert [(each.post, each.is_inherited) for each in capacities_of(head, DAY)] == [
        (after, False),
        (before, True),
    ]
    assert len(names_at(post_of(new, Role.STAFF), DAY)) == 2
    assert ledger.verify().ok


def test_until_the_day_the_old_post_acts_and_from_then_on_its_heir(secretary: User) -> None:
    old = a_staffed_section("市民課")
    before = post_of(old, Role.SECTION_HEAD)
    first = holder_of(old, Role.SECTION_HEAD)
    [new] = reorganize(
        former=[old], formed=[formed("市民生活課", old.department)], on=DAY, by=secretary, at=AT
    )
    after = post_of(new, Role.SECTION_HEAD)
    row = Appointment.objects.get(post=after)
    row.revoked_at = AT
    row.save()
    second = an_appointment(post=after, starts_on=DAY).person

    assert names_at(before, BEFORE) == [first.employee_number]
    assert names_at(before, DAY) == [second.employee_number]
    assert names_at(after, BEFORE) == []
    held = held_by(second, DAY)
    assert sorted(held.own) == sorted([before.pk, after.pk])
    capacity = held.capacity(second, before)
    assert capacity is not None
    assert (capacity.basis, capacity.is_inherited) == (Basis.OWN, True)
    assert held_by(first, DAY).capacity(first, before) is None
    both = [each.post for each in everybody(DAY) if each.person == second]
    assert both == [after, before]
    assert before not in seats_of(Role.SECTION_HEAD, DAY)


def test_merged_sections_leave_the_one_seat_of_head_and_leader_to_be_filled(
    secretary: User,
) -> None:
    first, second = a_staffed_section("農業振興課"), a_staffed_section("農地林務課")

    [new] = reorganize(
        former=[first, second],
        formed=[formed("農林課", first.department)],
        on=DAY,
        by=secretary,
        at=AT,
    )

    assert names_at(post_of(new, Role.SECTION_HEAD), DAY) == []
    assert names_at(post_of(new, Role.DX_LEADER), DAY) == []
    assert len(names_at(post_of(new, Role.STAFF), DAY)) == 4
    head = a_user()
    appoint(post=post_of(new, Role.SECTION_HEAD), person=head, starts_on=DAY, by=secretary, at=AT)
    for section in (first, second):
        assert names_at(post_of(section, Role.SECTION_HEAD), DAY) == [head.employee_number]
    assert ledger.verify().ok


def test_a_split_section_leaves_its_work_to_the_first(secretary: User) -> None:
    old = a_staffed_section("福祉課")
    leader = holder_of(old, Role.DX_LEADER)

    one, two = reorganize(
        former=[old],
        formed=[formed("長寿課", old.department), formed("子育て課", old.department)],
        on=DAY,
        by=secretary,
        at=AT,
    )

    old.refresh_from_db()
    assert old.succeeded_by == one
    assert list(old.successors.order_by("pk")) == [one, two]
    assert names_at(post_of(old, Role.DX_LEADER), DAY) == [leader.employee_number]
    assert names_at(post_of(two, Role.DX_LEADER), DAY) == []


def test_one_step_leads_from_the_oldest_post_to_who_acts(secretary: User) -> None:
    old = a_staffed_section("市民課")
    head = holder_of(old, Role.SECTION_HEAD)
    [middle] = reorganize(
        former=[old], formed=[formed("市民生活課", old.department)], on=DAY, by=secretary, at=AT
    )
    later = date(2028, 4, 1)
    [new] = reorganize(
        former=[middle], formed=[formed("くらし課", old.department)], on=later, by=secretary, at=AT
    )

    oldest = post_of(old, Role.SECTION_HEAD)
    rows = Succession.objects.filter(post=oldest).order_by("starts_on")
    assert list(rows.values_list("heir", "starts_on", "ends_on")) == [
        (post_of(middle, Role.SECTION_HEAD).pk, DAY, later),
        (post_of(new, Role.SECTION_HEAD).pk, later, None),
    ]
    assert names_at(oldest, DAY) == names_at(oldest, later) == [head.employee_number]
    old.refresh_from_db()
    assert Section.objects.followed(old, DAY) == middle
    assert Section.objects.followed(old, later) == new
    assert Section.objects.followed(old, SINCE) == old
    assert ledger.verify().ok


def test_a_deputy_of_the_heir_deputises_for_what_was_left(secretary: User) -> None:
    old = a_staffed_section("市民課")
    [new] = reorganize(
        former=[old], formed=[formed("市民生活課", old.department)], on=DAY, by=secretary, at=AT
    )
    deputy = a_user()
    a_delegation(
        post=post_of(new, Role.SECTION_HEAD),
        deputy=deputy,
        starts_on=DAY,
        ends_on=date(2028, 4, 1),
    )

    found = holders_of([post_of(old, Role.SECTION_HEAD).pk], DAY)
    [capacities] = found.values()
    assert [each.basis for each in capacities] == [Basis.OWN, Basis.DEPUTY]
    assert capacities[1].person == deputy


def test_an_appointment_that_was_reserved_goes_along(secretary: User) -> None:
    old = a_staffed_section("市民課")
    post = post_of(old, Role.DX_LEADER)
    Appointment.objects.filter(post=post).update(ends_on=DAY)
    comer = a_user()
    appoint(post=post, person=comer, starts_on=DAY, by=secretary, at=AT)

    [new] = reorganize(
        former=[old], formed=[formed("市民生活課", old.department)], on=DAY, by=secretary, at=AT
    )

    row = Appointment.objects.get(post=post_of(new, Role.DX_LEADER))
    assert (row.person, row.starts_on) == (comer, DAY)
    assert Appointment.objects.get(post=post, person=comer).revoked_at == AT


@pytest.mark.parametrize("problem", ["both", "gone", "young", "name", "twice"])
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    secretary: User, problem: str
) -> None:
    first, second = a_staffed_section("市民課"), a_staffed_section("税務課")
    department = first.department
    former, wanted, on = [first], [formed("市民生活課", department)], DAY
    if problem == "both":
        former, wanted = [first, second], [*wanted, formed("総合課", department)]
    elif problem == "gone":
        Section.objects.filter(pk=first.pk).update(ends_on=date(2027, 1, 1))
    elif problem == "young":
        on = SINCE
    elif problem == "name":
        wanted = [formed("税務課", department)]
    else:
        wanted = [formed("くらし課", department)] * 2
    entries, posts = LedgerEntry.objects.count(), Post.objects.count()

    with pytest.raises(ValidationError):
        reorganize(former=former, formed=wanted, on=on, by=secretary, at=AT)

    assert (LedgerEntry.objects.count(), Post.objects.count()) == (entries, posts)
    assert not Section.objects.exclude(succeeded_by=None).exists()


def test_only_the_secretariat_changes_sections() -> None:
    old = a_staffed_section("市民課")

    with pytest.raises(NotEntitled):
        reorganize(
            former=[old],
            formed=[formed("市民生活課", old.department)],
            on=DAY,
            by=holder_of(old, Role.SECTION_HEAD),
            at=AT,
        )

    assert Section.objects.count() == 1


def test_a_succession_that_was_changed_in_the_database_is_found(secretary: User) -> None:
    old, other = a_staffed_section("市民課"), a_staffed_section("税務課")
    reorganize(
        former=[old], formed=[formed("市民生活課", old.department)], on=DAY, by=secretary, at=AT
    )
    assert ledger.verify().ok

    Succession.objects.filter(post=post_of(old, Role.SECTION_HEAD)).update(
        heir=post_of(other, Role.SECTION_HEAD)
    )

    assert not ledger.verify().ok
