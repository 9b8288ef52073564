"""不在登録: who may register what, what is refused beside which field, what ends when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from records import ledger
from records.models import LedgerEntry
from roles.actions import (
    AbsenceRefused,
    NotEntitled,
    delegate,
    deputy_field,
    end_absence,
    register_absence,
)
from roles.actions.appointments import DeputyCannotAct
from roles.enums import Basis, Role
from roles.models import Absence, Capacity, Delegation, Post, User, capacities_of, places_of
from tests.make import (
    AT,
    TODAY,
    a_delegation,
    a_department,
    a_holder,
    a_post,
    a_section,
    a_suspension,
    a_user,
    an_absence,
    an_appointment,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

TOMORROW = TODAY + timedelta(days=1)
LATER = TODAY + timedelta(days=5)


@dataclass
class Hall:
    """A section with its head, above it a department head, beside them the 事務局."""

    head: User
    seat: Post
    member: User
    above: User
    secretary: User
    other: User


@pytest.fixture
def hall() -> Hall:
    department = a_department()
    section = a_section(department=department)
    seat = a_post(Role.SECTION_HEAD, title="市民課長", section=section)
    return Hall(
        head=an_appointment(post=seat, person=a_user(name="石川 真由美")).person,
        seat=seat,
        member=a_holder(Role.STAFF, section=section),
        above=a_holder(Role.DEPARTMENT_HEAD, department=department),
        secretary=a_holder(Role.SECRETARIAT),
        other=a_holder(Role.SECTION_HEAD, section=a_section()),
    )


def register(person: User, **more: Any) -> Absence:
    wanted = {
        "starts_on": TODAY,
        "ends_on": LATER,
        "reason": "県外研修",
        "by": person,
        "at": AT,
        **more,
    }
    return register_absence(person=person, **wanted)


def rows() -> tuple[int, int, int]:
    return Absence.objects.count(), Delegation.objects.count(), LedgerEntry.objects.count()


def problems(person: User, **more: Any) -> dict[str, str]:
    """What is refused, and that nothing changed."""
    before = rows()
    with pytest.raises(AbsenceRefused) as refusal:
        register(person, **more)
    assert rows() == before
    return refusal.value.problems


# --- by whom -------------------------------------------------------------------------------------


def test_one_registers_the_own_absence_with_a_deputy(hall: Hall) -> None:
    absence = register(hall.head, deputies={hall.seat: hall.other})

    delegation = Delegation.objects.get()
    payload = LedgerEntry.objects.get(pk=absence.ledger_entry_id).payload
    assert {key: payload[key] for key in payload if key != "texts"} == {
        "person": hall.head.pk,
        "recorded_by": hall.head.pk,
        "starts_on": "2026-05-11",
        "ends_on": "2026-05-16",
        "ended_at": None,
        "by": hall.head.pk,
    }
    assert (absence.basis, absence.last_day) == ("", date(2026, 5, 15))
    assert (delegation.absence, delegation.deputy, delegation.reason) == (
        absence,
        hall.other,
        "不在のため",
    )
    assert [each.post for each in capacities_of(hall.other, TODAY) if each.delegation] == [
        hall.seat
    ]
    assert ledger.verify().ok


@pytest.mark.parametrize("who", ["head", "above", "secretary"])
def test_for_somebody_ill_the_superior_or_the_secretariat_registers(hall: Hall, who: str) -> None:
    by = getattr(hall, who)

    absence = register(hall.member, by=by, basis="本人から電話で連絡")

    assert (absence.recorded_by, absence.is_by_another) == (by, True)
    texts = {each.name: each.text for each in absence.ledger_entry.texts.all()}
    assert texts == {"reason": "県外研修", "basis": "本人から電話で連絡"}


@pytest.mark.parametrize("who", ["member", "other"])
def test_nobody_else_registers_it(hall: Hall, who: str) -> None:
    before = rows()

    with pytest.raises(NotEntitled):
        register(hall.head, by=getattr(hall, who), basis="聞いたため")

    assert rows() == before


def test_another_s_absence_needs_its_basis(hall: Hall) -> None:
    found = problems(hall.member, by=hall.head, basis=" ")

    assert found == {
        "basis": "本人に代わって登録する根拠を入力してください（例：本人から電話で連絡）。"
    }


# --- which days ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "expected"),
    [
        (TODAY, TODAY, {"ends_on": "終わりの日は、始まりの日以後の日にしてください。"}),
        (LATER, TODAY, {"ends_on": "終わりの日は、始まりの日以後の日にしてください。"}),
        (
            TODAY - timedelta(days=1),
            LATER,
            {"starts_on": "始まりの日は、本日以後の日にしてください。"},
        ),
        (
            TODAY,
            TODAY + timedelta(days=367),
            {"ends_on": "1年を超える不在は、休職等として事務局が登録します。"},
        ),
    ],
)
def test_crossed_and_impossible_days_are_refused(
    hall: Hall, starts_on: date, ends_on: date, expected: dict[str, str]
) -> None:
    found = problems(
        hall.head, starts_on=starts_on, ends_on=ends_on, deputies={hall.seat: hall.other}
    )

    assert found == expected


def test_one_day_and_a_whole_year_are_fine(hall: Hall) -> None:
    register(hall.head, ends_on=TOMORROW)
    register(hall.head, starts_on=TOMORROW, ends_on=TOMORROW + timedelta(days=366))

    assert Absence.objects.count() == 2


def test_the_same_days_are_registered_once(hall: Hall) -> None:
    register(hall.head)

    found = problems(hall.head, starts_on=TOMORROW)

    assert found == {"starts_on": "5/11から5/15までの不在が、すでに登録されています。"}


def test_a_reason_is_needed(hall: Hall) -> None:
    assert problems(hall.head, reason=" ") == {
        "reason": "不在の理由を入力してください（例：出張、休暇、病気）。"
    }


def test_whoever_holds_nothing_is_not_absent(hall: Hall) -> None:
    leaver = a_user()

    found = problems(leaver, by=hall.secretary, basis="届出")

    assert found == {"starts_on": "始まりの日に、職に就いていません。"}


# --- which deputy ----------------------------------------------------------------------------


def refused_deputy(hall: Hall, deputy: User, **more: Any) -> str:
    found = problems(hall.head, deputies={hall.seat: deputy}, **more)
    assert list(found) == [deputy_field(hall.seat.pk)]
    return found[deputy_field(hall.seat.pk)]


def test_nobody_deputises_at_the_own_seat(hall: Hall) -> None:
    assert refused_deputy(hall, hall.head) == "ご本人は、ご自身の代理になれません。"


def test_another_holder_of_the_seat_needs_no_deputising(hall: Hall) -> None:
    second = an_appointment(post=hall.seat).person

    assert refused_deputy(hall, second) == "この職員はその職に就いています。代理は不要です。"


def test_a_deputy_is_on_the_staff_on_all_days(hall: Hall) -> None:
    stranger, leaving = a_user(name="髙橋 花"), a_user(name="駒ヶ嶺 潤")
    an_appointment(person=leaving, ends_on=TOMORROW)

    assert refused_deputy(hall, stranger) == "髙橋 花さんは、この期間を通じて在籍していません。"
    assert refused_deputy(hall, leaving) == "駒ヶ嶺 潤さんは、この期間を通じて在籍していません。"
    assert refused_deputy(hall, a_user(is_active=False)) == "この職員は無効になっています。"


def test_a_deputy_is_there_on_these_days(hall: Hall) -> None:
    an_absence(person=hall.other, starts_on=LATER - timedelta(days=1))
    a_suspension(person=hall.member, starts_on=LATER - timedelta(days=1))

    assert refused_deputy(hall, hall.other) == (
        "成田 花子さんは、5/15から5/17まで不在のため、代理になれません。"
    )
    assert refused_deputy(hall, hall.member) == (
        "成田 花子さんは、この期間に育休のため、代理になれません。"
    )
    register(hall.head, ends_on=LATER - timedelta(days=1), deputies={hall.seat: hall.other})


def test_two_do_not_deputise_for_each_other_on_the_same_days(hall: Hall) -> None:
    theirs = hall.other.appointments.get().post
    a_delegation(post=theirs, deputy=hall.head, starts_on=TOMORROW, ends_on=LATER)

    assert refused_deputy(hall, hall.other) == (
        f"5/12から5/15まで、石川 真由美さんが成田 花子さん（{theirs.title}）の代理です。"
        "互いに代理にはなれません。"
    )
    register(hall.head, ends_on=TOMORROW, deputies={hall.seat: hall.other})


def test_a_seat_that_one_deputises_is_not_passed_on(hall: Hall) -> None:
    """A → B → C: B may provide for the own seat, not for A's."""
    a_delegation(post=hall.seat, deputy=hall.other)
    own = hall.other.appointments.get().post

    found = problems(hall.other, deputies={hall.seat: hall.member})
    assert found == {
        deputy_field(hall.seat.pk): (
            "この職には就いていないため、代理を置けません。代理している職は委ねられません。"
        )
    }

    register(hall.other, deputies={own: hall.member})
    in_place = [
        each.post for each in capacities_of(hall.member, TODAY) if each.basis == Basis.DEPUTY
    ]
    assert in_place == [own]


def test_delegating_alone_is_refused_for_the_same_reasons(hall: Hall) -> None:
    an_absence(person=hall.other)
    before = rows()

    with pytest.raises(DeputyCannotAct):
        delegate(
            post=hall.seat,
            deputy=hall.other,
            starts_on=TODAY,
            ends_on=TOMORROW,
            reason="出張",
            by=hall.head,
            at=AT,
        )

    assert rows() == before


# --- the end -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["member", "head", "above", "secretary"])
def test_it_is_ended_early_with_its_deputies_once(hall: Hall, who: str) -> None:
    own = hall.member.appointments.get().post
    absence = register(hall.member, by=hall.head, basis="電話", deputies={own: hall.other})
    apart = a_delegation(post=hall.seat, deputy=hall.other)

    end_absence(absence=absence, by=getattr(hall, who), at=AT)
    before = rows()
    again = end_absence(absence=absence, by=getattr(hall, who), at=AT + timedelta(hours=1))

    assert rows() == before
    assert again.ended_at == AT
    assert not Absence.objects.in_force(TODAY).exists()
    assert list(Delegation.objects.in_force(TODAY)) == [apart]
    assert ledger.verify().ok


def test_nobody_else_ends_it(hall: Hall) -> None:
    absence = register(hall.head)
    before = rows()

    with pytest.raises(NotEntitled):
        end_absence(absence=absence, by=hall.other, at=AT)

    absence.refresh_from_db()
    assert (absence.ended_at, rows()) == (None, before)


def test_a_changed_row_without_its_entry_is_found(hall: Hall) -> None:
    absence = register(hall.head)
    Absence.objects.filter(pk=absence.pk).update(ends_on=LATER + timedelta(days=9))

    assert ledger.verify().first_bad_seq == absence.ledger_entry_id


# --- seats that nobody attends -------------------------------------------------------------------


def places(person: User, on: date) -> list[Capacity]:
    return places_of(person, on, capacities_of(person, on))


def test_the_order_names_seats_only_while_nobody_attends(hall: Hall) -> None:
    above = hall.above.appointments.get().post
    row = above.stand_ins.create(stand_in_post=hall.seat, order=1)
    assert places(hall.head, TODAY) == []

    an_absence(person=hall.above, days=2)

    (place,) = places(hall.head, TODAY)
    assert (place.post, place.basis, place.stand_in, place.last_day) == (
        above,
        Basis.ACTING,
        row,
        date(2026, 5, 12),
    )
    assert places(hall.other, TODAY) == []
    assert places(hall.head, TODAY + timedelta(days=2)) == []
    an_absence(person=hall.head)
    assert places(hall.head, TODAY) == []


def test_it_costs_nothing_for_whoever_stands_in_nowhere(
    hall: Hall, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    above = hall.above.appointments.get().post
    above.stand_ins.create(stand_in_post=hall.seat, order=1)

    with django_assert_num_queries(1):
        places(hall.head, TODAY)
    an_absence(person=hall.above)
    with django_assert_num_queries(2):
        places(hall.head, TODAY)
