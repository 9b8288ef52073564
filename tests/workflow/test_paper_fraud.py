"""A decision on paper that was tampered with past the verbs is found and named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from records import ledger
from records.enums import Flaw
from records.models import LedgerEntry
from roles.models import Appointment
from tests.make import a_project
from tests.records.tampering import protections_off, run
from tests.workflow.papers import confirm, refuse, register
from tests.workflow.test_fraud import rewrite, verdict
from workflow.enums import StepKind

if TYPE_CHECKING:
    from tests.fixtures_city import City
    from workflow.models import Decision

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


def a_decision() -> Decision:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    return confirm(register(case))


@pytest.mark.parametrize(
    ("flaw", "statement"),
    [
        (Flaw.WRONG_EVIDENCE, "UPDATE workflow_paperdecision SET decided_on = '2026-05-11'"),
        (Flaw.WRONG_EVIDENCE, "UPDATE workflow_paperdecision SET outcome = 'NOT_ADOPTED'"),
        (Flaw.WRONG_EVIDENCE, "UPDATE workflow_paperdecision SET scan_sha256 = 'x'"),
        (Flaw.WRONG_EVIDENCE, "DELETE FROM workflow_paperdecision"),
        (
            Flaw.ALTERED_TEXT,
            "UPDATE records_ledgertext SET text = 'x' WHERE name = 'why_on_paper'",
        ),
    ],
)
def test_a_registered_paper_that_was_changed_is_found(
    real_office: City, flaw: Flaw, statement: str
) -> None:
    decision = a_decision()
    registered = LedgerEntry.objects.get(kind="PAPER_RECORDED")
    assert ledger.verify().ok

    with protections_off():
        run(statement)

    assert verdict() == (False, registered.seq, flaw)
    assert decision.entry_id > registered.seq


def test_a_refused_paper_that_waits_again_is_found(real_office: City) -> None:
    case = a_project(route="RT1", to=StepKind.STANDING_DECISION)
    over = refuse(register(case))
    assert over.closing is not None

    with protections_off():
        run(
            "UPDATE workflow_paperdecision SET state = 'WAITING', settled_by_id = NULL, "
            "settled_at = NULL, closing_id = NULL"
        )

    assert verdict() == (False, over.closing.seq, Flaw.WRONG_EVIDENCE)


def test_a_decision_that_one_person_confirmed_alone_is_found(real_office: City) -> None:
    decision = a_decision()
    told = decision.authority
    told["paper"]["confirmed_by"] = told["paper"]["recorded_by"]

    with protections_off():
        run(
            "UPDATE workflow_decision SET authority = "  # noqa: S608 -- the values are the test's own
            f"'{json.dumps(told)}' WHERE id = {decision.pk}"
        )
        rewrite()

    assert verdict() == (False, decision.entry_id, Flaw.ONE_PERSON)


def test_a_confirmer_of_no_office_is_found(real_office: City) -> None:
    decision = a_decision()
    row = Appointment.objects.get(
        person=decision.authority["paper"]["confirmed_by"], post__code="SECRETARIAT"
    )

    with protections_off():
        run(f"UPDATE roles_appointment SET ends_on = '2026-04-02' WHERE id = {row.pk}")  # noqa: S608
        rewrite()

    assert verdict() == (False, decision.entry_id, Flaw.ONE_PERSON)
