from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records import ledger
from records.enums import Flaw
from records.models import LedgerEntry
from roles.actions import (
    DeputyCannotAct,
    NotEntitled,
    appoint,
    delegate,
    end_appointment,
    end_suspension,
    revoke_appointment,
    revoke_delegation,
    suspend,
)
from roles.enums import AppointmentKind, Basis, Role, SuspensionKind
from roles.models import Appointment, Delegation, Post, Suspension, User, capacities_of
from tests.make import (
    AT,
    SINCE,
    TODAY,
    a_delegation,
    a_holder,
    a_post,
    a_suspension,
    a_user,
    an_appointment,
)

pytestmark = pytest.mark.django_db

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def secretary() -> User:
    return a_holder(Role.SECRETARIAT)


def last_entry() -> LedgerEntry:
    return LedgerEntry.objects.order_by("seq").reverse()[0]


# --- appointments ------------------------------------------------------------------------------


def test_an_appointment_is_a_row_and_an_entry(secretary: User) -> None:
    post, person = a_post(Role.PT_CHAIR), a_user()

    appointment = appoint(
        post=post,
        person=person,
        kind=AppointmentKind.CONCURRENT,
        starts_on=TODAY,
        by=secretary,
        at=AT,
    )

    entry = last_entry()
    assert appointment.ledger_entry == entry
    assert (entry.kind, entry.recorded_at) == ("APPOINTMENT", AT)
    assert entry.payload == {
        "post": post.pk,
        "person": person.pk,
        "kind": "CONCURRENT",
        "starts_on": "2026-05-11",
        "ends_on": None,
        "by": secretary.pk,
    }
    assert ledger.verify().ok


def test_ending_an_appointment_supersedes_its_entry(secretary: User) -> None:
    appointment = an_appointment()
    first = appointment.ledger_entry

    ended = end_appointment(appointment=appointment, ends_on=TOMORROW, by=secretary, at=AT)

    assert ended.ends_on == TOMORROW
    assert ended.ledger_entry.payload["supersedes"] == first.seq
    assert ended.ledger_entry.payload["ends_on"] == TOMORROW.isoformat()
    assert Appointment.objects.get(pk=appointment.pk).ledger_entry == last_entry()
    assert ledger.verify().ok


def test_an_appointment_cannot_end_before_it_starts(secretary: User) -> None:
    appointment = an_appointment()
    entries = LedgerEntry.objects.count()

    with pytest.raises(ValidationError):
        end_appointment(appointment=appointment, ends_on=SINCE, by=secretary, at=AT)

    appointment.refresh_from_db()
    assert (appointment.ends_on, LedgerEntry.objects.count()) == (None, entries)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SECRETARIAT])
def test_only_the_secretariat_appoints(role: Role) -> None:
    somebody = a_holder(role)
    appointment = an_appointment()
    suspension = a_suspension(person=a_user())
    entries = LedgerEntry.objects.count()

    with pytest.raises(NotEntitled):
        appoint(post=a_post(), person=somebody, starts_on=TODAY, by=somebody, at=AT)
    with pytest.raises(NotEntitled):
        end_appointment(appointment=appointment, ends_on=TOMORROW, by=somebody, at=AT)
    with pytest.raises(NotEntitled):
        suspend(person=somebody, kind=SuspensionKind.LEAVE, starts_on=TODAY, by=somebody, at=AT)
    with pytest.raises(NotEntitled):
        end_suspension(suspension=suspension, ends_on=TOMORROW, by=somebody, at=AT)

    assert LedgerEntry.objects.count() == entries


# --- suspensions -------------------------------------------------------------------------------


def test_a_suspension_takes_the_power_and_its_end_gives_it_back(secretary: User) -> None:
    person = an_appointment().person

    suspension = suspend(
        person=person, kind=SuspensionKind.LEAVE, starts_on=TODAY, by=secretary, at=AT
    )
    assert capacities_of(person, TOMORROW) == []
    end_suspension(suspension=suspension, ends_on=TOMORROW, by=secretary, at=AT)

    assert [capacity.person for capacity in capacities_of(person, TOMORROW)] == [person]
    assert capacities_of(person, TODAY) == []
    assert last_entry().kind == "SUSPENSION"
    assert ledger.verify().ok


# --- delegations -------------------------------------------------------------------------------


def posts_in_place_of_others(person: User, on: date) -> list[Post]:
    return [each.post for each in capacities_of(person, on) if each.basis == Basis.DEPUTY]


def test_a_holder_names_a_deputy() -> None:
    appointment = an_appointment()
    deputy = a_holder(Role.STAFF)

    delegation = delegate(
        post=appointment.post,
        deputy=deputy,
        starts_on=TODAY,
        ends_on=TOMORROW,
        reason="出張のため",
        by=appointment.person,
        at=AT,
    )

    entry = last_entry()
    assert delegation.ledger_entry == entry
    assert [text.text for text in entry.texts.all()] == ["出張のため"]
    assert {key: value for key, value in entry.payload.items() if key != "texts"} == {
        "post": appointment.post.pk,
        "deputy": deputy.pk,
        "made_by": appointment.person.pk,
        "starts_on": "2026-05-11",
        "ends_on": "2026-05-12",
        "revoked_at": None,
        "by": appointment.person.pk,
    }
    assert posts_in_place_of_others(deputy, TODAY) == [appointment.post]
    assert posts_in_place_of_others(deputy, TOMORROW) == []
    assert ledger.verify().ok


def test_the_secretariat_names_a_deputy_for_anybody(secretary: User) -> None:
    deputy, post = a_holder(Role.STAFF), a_post()

    delegate(
        post=post,
        deputy=deputy,
        starts_on=TODAY,
        ends_on=TOMORROW,
        reason="急病",
        by=secretary,
        at=AT,
    )

    assert posts_in_place_of_others(deputy, TODAY) == [post]


def test_a_deputy_cannot_pass_the_post_on() -> None:
    post = an_appointment().post
    deputy = a_delegation(post=post, deputy=a_user()).deputy

    with pytest.raises(NotEntitled):
        delegate(
            post=post,
            deputy=a_user(),
            starts_on=TODAY,
            ends_on=TOMORROW,
            reason="",
            by=deputy,
            at=AT,
        )

    assert Delegation.objects.count() == 1


def test_nobody_names_a_deputy_who_holds_the_post_or_has_left(secretary: User) -> None:
    appointment = an_appointment()

    for deputy in (appointment.person, a_user(is_active=False)):
        with pytest.raises(DeputyCannotAct):
            delegate(
                post=appointment.post,
                deputy=deputy,
                starts_on=TODAY,
                ends_on=TOMORROW,
                reason="出張",
                by=secretary,
                at=AT,
            )

    assert Delegation.objects.count() == 0


def test_a_delegation_has_a_reason() -> None:
    appointment = an_appointment()

    with pytest.raises(ValidationError):
        delegate(
            post=appointment.post,
            deputy=a_holder(Role.STAFF),
            starts_on=TODAY,
            ends_on=TOMORROW,
            reason="",
            by=appointment.person,
            at=AT,
        )

    assert Delegation.objects.count() == 0


def test_a_revoked_delegation_ends_at_once_and_once() -> None:
    appointment = an_appointment()
    delegation = a_delegation(post=appointment.post, deputy=a_user())

    revoke_delegation(delegation=delegation, by=appointment.person, at=AT)
    revoked = revoke_delegation(delegation=delegation, by=appointment.person, at=AT)

    assert revoked.revoked_at == AT
    assert last_entry().payload["revoked_at"] == "2026-05-11T00:00:00.000000+00:00"
    assert LedgerEntry.objects.filter(kind="DELEGATION").count() == 2
    assert posts_in_place_of_others(delegation.deputy, TODAY) == []
    assert ledger.verify().ok


def test_who_made_a_delegation_and_the_secretariat_may_revoke_it(secretary: User) -> None:
    maker = a_user()
    first = a_delegation(post=a_post(), deputy=a_user(), made_by=maker)
    second = a_delegation(post=a_post(), deputy=a_user())

    with pytest.raises(NotEntitled):
        revoke_delegation(delegation=second, by=maker, at=AT)
    assert revoke_delegation(delegation=first, by=maker, at=AT).revoked_at == AT
    assert revoke_delegation(delegation=second, by=secretary, at=AT).revoked_at == AT


# --- evidence ----------------------------------------------------------------------------------


def test_a_change_without_an_entry_is_found() -> None:
    an_appointment()
    appointment = an_appointment()

    Appointment.objects.filter(pk=appointment.pk).update(starts_on=date(2020, 4, 1))

    found = ledger.verify()
    assert (found.first_bad_seq, found.reason) == (2, Flaw.WRONG_EVIDENCE)


def test_an_undone_revocation_is_found() -> None:
    delegation = a_delegation(post=a_post(), deputy=a_user())
    revoke_delegation(delegation=delegation, by=delegation.made_by, at=AT)

    Delegation.objects.filter(pk=delegation.pk).update(revoked_at=None)

    assert ledger.verify().reason == Flaw.WRONG_EVIDENCE


def test_a_row_that_vanished_is_found() -> None:
    suspension = a_suspension(person=a_user())

    Suspension.objects.filter(pk=suspension.pk)._raw_delete("default")

    assert ledger.verify().reason == Flaw.WRONG_EVIDENCE


def test_a_forged_row_that_borrows_a_superseded_entry_is_found(secretary: User) -> None:
    appointment = an_appointment()
    first = appointment.ledger_entry
    end_appointment(appointment=appointment, ends_on=TOMORROW, by=secretary, at=AT)

    Appointment.objects.create(
        post=appointment.post, person=appointment.person, starts_on=SINCE, ledger_entry=first
    )

    found = ledger.verify()
    assert (found.first_bad_seq, found.reason) == (first.seq, Flaw.WRONG_EVIDENCE)


def test_a_forged_row_that_borrows_a_foreign_entry_is_found() -> None:
    foreign = ledger.append(kind="OTHER", payload={}, at=AT)

    Appointment.objects.create(
        post=a_post(), person=a_user(), starts_on=SINCE, ledger_entry=foreign
    )

    found = ledger.verify()
    assert (found.first_bad_seq, found.reason) == (1, Flaw.UNRECORDED)


# --- what an appointment may not be ------------------------------------------------------------


def refusal_of(secretary: User, **wanted: Any) -> dict[str, list[str]]:
    """What is said by field; nothing was written."""
    before = Appointment.objects.count(), LedgerEntry.objects.count()
    with pytest.raises(ValidationError) as found:
        appoint(**{"starts_on": TODAY, "by": secretary, "at": AT, **wanted})
    assert (Appointment.objects.count(), LedgerEntry.objects.count()) == before
    return dict(found.value.message_dict)


def test_a_seat_of_one_holder_is_not_given_twice(secretary: User) -> None:
    taken = an_appointment(ends_on=date(2027, 4, 1))

    assert refusal_of(secretary, post=taken.post, person=a_user()) == {
        "starts_on": [
            (
                "この職には 成田 花子 さんが就いています（2026/4/1〜2027/3/31）。"
                "先にその任期を終えるか、始まりの日を変えてください。"
            )
        ]
    }
    appoint(post=taken.post, person=a_user(), starts_on=date(2027, 4, 1), by=secretary, at=AT)


def test_a_shared_seat_has_many_holders_each_once(secretary: User) -> None:
    taken = an_appointment(post=a_post(Role.SECRETARIAT, is_shared=True))

    appoint(post=taken.post, person=a_user(), starts_on=TODAY, by=secretary, at=AT)
    assert refusal_of(secretary, post=taken.post, person=taken.person) == {
        "person": ["成田 花子 さんは、すでにこの職にあります（2026/4/1から）。"]
    }


def test_dates_that_cross_and_days_without_the_post_are_refused(secretary: User) -> None:
    post = a_post(ends_on=date(2027, 4, 1))

    crossed = refusal_of(secretary, post=post, person=a_user(), ends_on=TODAY)
    closed = refusal_of(secretary, post=post, person=a_user(), starts_on=date(2027, 4, 1))

    assert crossed == {"ends_on": ["終わりの日は、始まりの日より後にしてください。"]}
    assert list(closed) == ["starts_on"]


def test_who_has_left_or_has_no_address_is_not_appointed(secretary: User) -> None:
    gone, silent = a_user(is_active=False), a_user(email="")

    found = [refusal_of(secretary, post=a_post(), person=each) for each in (gone, silent)]

    assert found == [
        {"person": ["成田 花子 さんの登録は無効です（退職等）。"]},
        {"person": ["成田 花子 さんのメールアドレスが登録されていないため、通知を送れません。"]},
    ]


def test_an_appointment_is_taken_back_before_its_first_day_only(secretary: User) -> None:
    post, person = a_post(), a_user()
    row = appoint(post=post, person=person, starts_on=TOMORROW, by=secretary, at=AT)

    revoked = revoke_appointment(appointment=row, by=secretary, at=AT)

    assert capacities_of(person, TOMORROW) == []
    assert revoked.ledger_entry.payload["supersedes"] == row.ledger_entry_id
    assert revoke_appointment(appointment=row, by=secretary, at=AT).ledger_entry == last_entry()
    appoint(post=post, person=a_user(), starts_on=TOMORROW, by=secretary, at=AT)
    begun = an_appointment()
    with pytest.raises(ValidationError):
        revoke_appointment(appointment=begun, by=secretary, at=AT)
    assert Appointment.objects.get(pk=begun.pk).revoked_at is None
    assert ledger.verify().ok


def test_an_appointment_that_was_brought_back_in_the_database_is_found(secretary: User) -> None:
    row = appoint(post=a_post(), person=a_user(), starts_on=TOMORROW, by=secretary, at=AT)
    revoke_appointment(appointment=row, by=secretary, at=AT)
    assert ledger.verify().ok

    Appointment.objects.filter(pk=row.pk).update(revoked_at=None)

    assert not ledger.verify().ok


def test_leave_is_not_registered_twice_for_the_same_days(secretary: User) -> None:
    away = a_suspension(person=a_user())

    with pytest.raises(ValidationError) as found:
        suspend(person=away.person, kind=SuspensionKind.LEAVE, starts_on=TODAY, by=secretary, at=AT)

    assert list(found.value.message_dict) == ["starts_on"]
    assert Suspension.objects.count() == 1
