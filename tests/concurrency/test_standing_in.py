"""The holder comes back and decides while somebody decides in that place: one effect."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from roles.actions import AbsenceRefused, end_absence, register_absence
from roles.models import Absence
from tests.concurrency.at_once import at_once, several
from tests.make import AT, TODAY, a_project, an_absence, holder, say, the_slot
from tests.proof import assert_sound
from workflow.actions.refusals import AlreadyDone, Busy, NotAllowed
from workflow.enums import Outcome, StepKind
from workflow.models import Decision, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures_city import City

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.mark.parametrize("crowd", several(6, 2))
def test_the_holder_and_the_stand_in_decide_at_once(real_office: City, crowd: int) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    head, second = holder("HEAD-DIGITAL"), holder("DEPT-SOMUBU")
    absence = an_absence(person=head)
    slot = the_slot(case)
    before = Decision.objects.count()
    acts: list[Callable[[], object]] = [
        partial(say, case, Outcome.ADOPTED, slot=slot, by=head),
        partial(say, case, Outcome.ADOPTED, slot=slot, by=second, urgent_reason="緊急のため"),
    ]

    comes_back: Callable[[], object] = partial(end_absence, absence=absence, by=head, at=AT)

    done, refusals = at_once([comes_back, *acts * (crowd // 2)])

    decisions = [each for each in done if isinstance(each, Decision)]
    assert len(decisions) == 1
    assert len(refusals) == crowd - 1
    assert {type(each) for each in refusals} <= {AlreadyDone, Busy, NotAllowed}
    assert Decision.objects.count() == before + 1
    owed = Reading.objects.filter(is_after_acting=True).count()
    assert owed == int(decisions[0].decided_by == second)
    assert_sound()


def test_one_form_sent_often_registers_one_absence(real_office: City) -> None:
    person = holder("HEAD-SHIMIN")

    def send() -> str:
        try:
            register_absence(
                person=person,
                starts_on=TODAY,
                ends_on=TODAY + timedelta(days=3),
                reason="出張",
                by=person,
                at=AT,
            )
        except AbsenceRefused as refusal:
            return str(refusal)
        return ""

    answers, refusals = at_once([send] * 4)

    assert refusals == []
    assert sorted(answers) == ["", *["5/11から5/13までの不在が、すでに登録されています。"] * 3]
    assert Absence.objects.count() == 1
